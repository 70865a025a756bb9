"""Every option in one place, read from the environment (`TAIZHANG_…`), each with a default that works."""

import re
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from upath import UPath

from taizhang.place import checked_place, is_remote, place

_SECRETS = Path("/run/secrets")
"""Where containers find secrets: a file `taizhang_warehouse` there is the setting `TAIZHANG_WAREHOUSE`."""
PROJECT = Path(__file__).resolve().parent.parent
_PREFIX = "TAIZHANG_"


class SettingsError(ValueError):
    """The environment sets what cannot be; the message names the variables and never their values."""


def _checked_database(url: SecretStr) -> SecretStr:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        is_postgres = make_url(url.get_secret_value()).get_backend_name() in ("postgres", "postgresql")
    except (ArgumentError, ValueError):
        is_postgres = False
    if not is_postgres:
        raise ValueError("it is the URL of a Postgres database: postgresql://…@host/database")
    return url


def _checked_site(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.password:
        raise ValueError("it is a URL that begins with https:// or http:// and holds no password")
    return url


def _checked_alert_urls(urls: SecretStr) -> SecretStr:
    """Their form alone: what kinds there are only Apprise knows, which every command would have to wait for."""
    text = urls.get_secret_value().strip()
    if text and not re.match(r"[A-Za-z0-9]+://\S", text):
        raise ValueError("it is one or several URLs that Apprise takes, as wecombot://KEY")
    return urls


def _checked_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("it is the name of a time zone: Asia/Shanghai")
    return name


Place = Annotated[str, AfterValidator(checked_place)]
"""A path of this machine, or a URL of S3 or an SFTP server."""
Site = Annotated[str, AfterValidator(_checked_site)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_checked_database)]
AlertUrls = Annotated[SecretStr, AfterValidator(_checked_alert_urls)]
TimeZone = Annotated[str, AfterValidator(_checked_timezone)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, secrets_dir=_SECRETS if _SECRETS.is_dir() else None
    )

    home: Path = Field(PROJECT / "var", description="Folder for everything a run writes")
    warehouse: DatabaseUrl | None = Field(None, description="Postgres URL; unset, the embedded server is used")
    airflow_database: DatabaseUrl | None = Field(
        None, description="SQLAlchemy URL of Airflow's own tables; unset, the embedded server's"
    )
    inbox: Place | None = Field(None, description="Folder of extracts, s3:// or sftp://; unset, HOME/inbox")
    archive: Place | None = Field(None, description="Folder of original files, s3:// or sftp://; unset, HOME/archive")
    outbox: Place | None = Field(None, description="Folder of receipts and more, s3:// or sftp://; unset, HOME/outbox")
    documents_url: Site | None = Field(
        None, description="Where a web server shows the outbox: tasks link to what they wrote"
    )
    inbox_days: int = Field(31, ge=1, description="How many days back of inbox folders a night looks at")
    max_file_mb: int = Field(100, ge=1, description="Larger files are refused: a county's largest ledger has 10 MB")
    settled_seconds: int = Field(60, ge=0, description="By day, seconds that a file lies untouched before it is read")
    citus: bool = Field(False, description="Whether the warehouse is a Citus cluster, over which marts are spread")
    timezone: TimeZone = Field("Asia/Shanghai", description="Time zone of the county")
    alert_urls: AlertUrls | None = Field(None, description="Apprise URLs, separated by blanks or commas")
    keep_history_days: int = Field(1096, ge=1, description="Days after which what a newer extract replaced is removed")
    keep_outbox_days: int = Field(400, ge=1, description="Days after which receipts, worklists and alerts are removed")
    keep_logs_days: int = Field(90, ge=1, description="Days after which logs and Airflow's own records are removed")
    keep_backups: int = Field(14, ge=1, description="How many backups are kept")
    backup: Path | None = Field(None, description="Folder of backups, best on another disk; unset, HOME/backup")
    contacts: Path | None = Field(None, description="File of contacts; unset, HOME/contacts.yaml if it is there")
    overdue_days: int = Field(7, ge=1, description="Days after which an open break is overdue")
    due_by: time = Field(time(6), description="A night that is not published by this hour is told to the county")
    late_after_days: int = Field(7, ge=1, description="Days after which a ledger once handed in is asked for")
    escalate_after_days: int = Field(14, ge=1, description="Days after which the county is told of it, too")
    task_seconds: int = Field(
        14_400, ge=1, description="Seconds after which a task that hangs is ended and tried again"
    )
    processes: int = Field(
        1, ge=1, description="Processes that read extracts and write receipts; of `taizhang night`, up to four"
    )

    @property
    def inbox_dir(self) -> UPath:
        return place(self.inbox or self.home / "inbox")

    @property
    def contacts_file(self) -> Path:
        return self.contacts or self.home / "contacts.yaml"

    @property
    def archive_dir(self) -> UPath:
        return place(self.archive or self.home / "archive")

    @property
    def outbox_dir(self) -> UPath:
        return place(self.outbox or self.home / "outbox")

    @property
    def data_docs_dir(self) -> Path:
        """Great Expectations writes to this machine only; a remote outbox is sent a copy."""
        outbox = self.home / "outbox" if is_remote(self.outbox_dir) else Path(self.outbox_dir.path)
        return outbox / "data_docs"

    @property
    def backup_dir(self) -> Path:
        return self.backup or self.home / "backup"

    @property
    def postgres_dir(self) -> Path:
        return self.home / "postgres"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    def today(self) -> date:
        """The date in the county, whatever the machine's clock is set to."""
        return datetime.now(ZoneInfo(self.timezone)).date()


@cache
def settings() -> Settings:
    """The settings of this process; `settings.cache_clear()` reads the environment again. Raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{variable(str(found['loc'][0]))}: {_reason(found['msg'])}" for found in error.errors()]
        raise SettingsError(f"Cannot read the settings. {'; '.join(wrong)}.") from None


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{_PREFIX}{name}".upper()


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
