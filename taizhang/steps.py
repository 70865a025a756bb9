"""The night's tasks, one function each: a step of the package, within its stage of the night.

They are what the DAG calls, so what they take and return goes through Airflow: plain, nothing personal.
The steps themselves are imported where they are used, as the scheduler imports this module time and again.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from upath import UPath

from taizhang import archive, night
from taizhang.division import Division, office_of, offices
from taizhang.inbox import find_division, why_empty
from taizhang.place import place
from taizhang.settings import settings
from taizhang.store import fetch

# Great Expectations tells of each of its functions at every import.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
_log = logging.getLogger(__name__)


class OpenNight(TypedDict):
    """What the tasks of one night share."""

    night_id: int
    night_date: str
    is_reproduction: bool
    inbox: str | None
    """What the run was asked to load from; the settings' inbox lies where each machine has it."""


FINAL_ERRORS = [
    "taizhang.build.BuildError",
    "taizhang.expect.StructuralFailure",
    "taizhang.night.NightError",
    "taizhang.publish.PublishError",
    "taizhang.settings.SettingsError",
]
"""Errors that come again however often a task is tried."""
PARAMETERS: dict[str, dict[str, Any]] = {
    "date": {"type": ["null", "string"], "format": "date", "description": "The night's date"},
    "division": {"type": ["null", "string"], "description": "Load one township only, by its name or code"},
    "inbox": {"type": ["null", "string"], "description": "Folder of extracts"},
    "quiet": {"type": "boolean", "default": False, "description": "Send no alert"},
}
"""What a run of the night may be asked for, as JSON schemas; unset, a parameter is null."""
DOCUMENTS = {
    "answer": "receipts/{answered}/",
    "check": "data_docs/index.html",
    "write_worklists": "worklists/{night_date}/",
}
"""What a step writes for people, and where below the outbox."""


def retries() -> dict[str, Any]:
    """How often a task is tried again, and after how many seconds: Postgres may just be starting anew.

    A task that hangs counts as failed after `execution_timeout`.
    """
    return {
        "retries": 3,
        "retry_delay": 10.0,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": 300.0,
        "execution_timeout": timedelta(seconds=settings().task_seconds),
    }


def folders(params: Mapping[str, Any] | None = None) -> list[dict[str, str]]:
    """The folders that are loaded side by side: the county's, and each township's with its villages.

    With the parameter `division`, only the one that answers for that division.
    """
    asked = (params or {}).get("division")
    return _folders_of([office_of(find_division(asked))] if asked else offices())


def folders_owed(opened: OpenNight) -> list[dict[str, str]]:
    """The folders whose divisions are owed a receipt, by this night or one before."""
    from taizhang.answer import offices_owed

    return [] if _leaves_alone(opened, "receipts") else _folders_of(offices_owed())


def _folders_of(offices: Iterable[Division]) -> list[dict[str, str]]:
    return [{"division_code": office.code, "division_name": office.name} for office in offices]


def has_news() -> bool:
    """Whether something new lies in the inbox that is finished, and no night is busy loading it."""
    from taizhang.changed import has_news

    last = night.find_night()
    if last is not None and last.ended_at is None and night.is_alive(last):
        return False
    inbox = fetch(settings().inbox_dir)
    return has_news(inbox, night.resolve_date(inbox))


def tell_lateness() -> int:
    """Returns how many were told that last night is late; none, if it is not or they know."""
    from taizhang.airflow import connection_url
    from taizhang.lateness import tell_lateness

    return tell_lateness(datetime.now(UTC), connection_url)


def open_night(params: dict[str, Any], dag_run: Any) -> OpenNight:
    """Begin the night that a run asks for; a scheduled run is for the county's date at its time."""
    from taizhang.channel import check_channels

    check_channels()
    asked_inbox = str(Path(params["inbox"]).resolve()) if params["inbox"] else None
    inbox = fetch(_inbox(asked_inbox))
    asked = date.fromisoformat(params["date"]) if params["date"] else None
    if asked is None and dag_run.run_type in ("scheduled", "backfill"):
        due = dag_run.logical_date if dag_run.run_type == "backfill" else dag_run.run_after
        asked = due.astimezone(ZoneInfo(settings().timezone)).date()
    if not params["date"] and dag_run.run_type != "backfill":
        night.refuse_jumped_clock(*([night.LONGEST_PAUSE] if asked else []))
    night_date = night.resolve_date(inbox, asked)
    night_id = night.open_night(night_date, quiet=params["quiet"])
    archive.discard_unfinished()  # there is no other night, so nobody is writing one
    opened = night.find_night(night_id)
    return {
        "night_id": night_id,
        "night_date": night_date.isoformat(),
        "is_reproduction": opened is not None and opened.is_reproduction,
        "inbox": asked_inbox,
    }


def load(opened: OpenNight, division_code: str, division_name: str) -> None:
    from taizhang.load import load_folder

    if _leaves_alone(opened, "what has been handed in since"):
        return
    with night.stage(opened["night_id"], "load"):
        counts = asdict(
            load_folder(
                opened["night_id"],
                division_code,
                inbox=fetch(_inbox(opened["inbox"]), once_for=opened["night_id"]),
                night_date=_date(opened),
            )
        )
        night.record_load(opened["night_id"], division_code, counts)
    _log.info("%s: %s", division_name, counts)


def answer(opened: OpenNight, division_code: str, division_name: str) -> None:
    from taizhang.answer import write_receipts

    with night.stage(opened["night_id"], "answer"):
        written = write_receipts(opened["night_id"], division_code)
    _log.info("%s: %s receipts, which lie in %s", division_name, written, _where("answer", opened))


def register_people(opened: OpenNight) -> int:
    from taizhang.load import register_people

    with night.stage(opened["night_id"], "load"):
        return register_people()


def build(opened: OpenNight) -> str:
    """Returns the schema in which tonight's marts are."""
    from taizhang.build import build
    from taizhang.reproduction import reproduce

    with night.stage(opened["night_id"], "build"):
        if opened["is_reproduction"]:
            return reproduce(_date(opened))
        result = build(opened["night_id"], _date(opened))
        night.record_build(opened["night_id"], result.seconds)
        return result.marts_schema


def check(opened: OpenNight, marts_schema: str) -> None:
    """A reproduction is checked against what was published then."""
    from taizhang.airflow import connection_url
    from taizhang.alert import alert
    from taizhang.expect import StructuralFailure, check
    from taizhang.reproduction import compare

    try:
        with night.stage(opened["night_id"], "check"):
            if opened["is_reproduction"]:
                night.record_reproduction(opened["night_id"], compare(_date(opened)))
                return
            _log.info("What is checked is shown in %s", _where("check", opened))
            check(opened["night_id"], _date(opened), marts_schema)
    except StructuralFailure:
        # The alert's own task comes after the publish, which there will be none of.
        night.record_alerts(opened["night_id"], alert(opened["night_id"], _date(opened), connection_url))
        raise


def publish(opened: OpenNight, marts_schema: str) -> None:
    from taizhang.publish import publish
    from taizhang.reproduction import checksums, show

    with night.stage(opened["night_id"], "publish"):
        if opened["is_reproduction"]:
            show(_date(opened))
            return
        night.record_breaks(opened["night_id"])
        night.record_checksums(opened["night_id"], checksums("_next"))
        publish(opened["night_id"], is_whole=marts_schema == "marts_next")


def write_worklists(opened: OpenNight) -> int:
    """Returns how many divisions have one."""
    from taizhang.assign import write_worklists

    if _leaves_alone(opened, "worklists"):
        return 0
    with night.stage(opened["night_id"], "worklists"):
        written = write_worklists(_date(opened))
    _log.info("%s worklists, which lie in %s", written, _where("write_worklists", opened))
    return written


def alert(opened: OpenNight, params: Mapping[str, Any]) -> int:
    """By day nobody is told: what a resubmission closes or opens is told with the next night."""
    if params["quiet"] or _leaves_alone(opened, "alerts"):
        return 0
    from taizhang.airflow import connection_url
    from taizhang.alert import alert

    with night.stage(opened["night_id"], "alert"):
        sent = alert(opened["night_id"], _date(opened), connection_url)
        night.record_alerts(opened["night_id"], sent)
    return sent


def documents_of(step: str, opened: OpenNight) -> str:
    """The address of what a step of a night wrote; empty if it wrote nothing, or no web server shows it."""
    url, written = settings().documents_url, _written(step, opened)
    if not url or opened["is_reproduction"] or not (settings().outbox_dir / written).exists():
        return ""
    return f"{url.rstrip('/')}/{written}"


def close_night(opened: OpenNight) -> str:
    return night.close_night(opened["night_id"])


def make_backup() -> dict[str, str]:
    """Returns the folder of the backup, and what is to be told of files that the archive had lost, if it had."""
    from taizhang.backup import make_backup, told_of_lost

    night.refuse_jumped_clock()  # a backup that is dated long ago would be the first to go
    made = make_backup(settings().backup_dir, keep=settings().keep_backups)
    return {"folder": made.folder, "lost": told_of_lost(made)}


def refuse_lost_files(backed_up: Mapping[str, str]) -> None:
    """Fails where the archive had lost files as a backup was made; what follows the backup is done all the same.

    It may run on another machine than the backup, which it does not look for.
    """
    from taizhang.backup import BackupError

    if backed_up["lost"]:
        raise BackupError(backed_up["lost"])


def prune_history() -> dict[str, int]:
    from taizhang.maintenance import prune_history

    return asdict(prune_history(_trusted_today()))


def prune_outbox() -> int:
    from taizhang.maintenance import prune_outbox

    return prune_outbox(_trusted_today())


def drop_reproductions() -> list[str]:
    from taizhang.maintenance import drop_reproductions

    return drop_reproductions(_trusted_today())


def prune_logs() -> int:
    from taizhang.maintenance import prune_logs

    return prune_logs()


def clean_airflow() -> None:
    from taizhang.airflow import clean_database

    clean_database(_trusted_today())


def vacuum() -> None:
    from taizhang.maintenance import vacuum

    vacuum()


def _trusted_today() -> date:
    """Today, for what removes all that is older: not by a clock that nobody believes."""
    night.refuse_jumped_clock(night.LONGEST_PAUSE)
    return settings().today()


def explain_empty(opened: OpenNight) -> str:
    """Why a night found no file in its inbox, in a sentence."""
    inbox = _inbox(opened["inbox"])
    return why_empty(fetch(inbox, once_for=opened["night_id"]), _date(opened), called=inbox)


def _leaves_alone(opened: OpenNight, what: str) -> bool:
    """Whether the night is a reproduction, which says what it does not do."""
    if opened["is_reproduction"]:
        _log.info("%s is reproduced; it leaves %s alone", opened["night_date"], what)
    return opened["is_reproduction"]


def _inbox(asked: str | None) -> UPath:
    return place(asked) if asked else settings().inbox_dir


def _where(step: str, opened: OpenNight) -> str:
    """Where a person who reads a task's log finds what it wrote; the address of an outbox elsewhere stays out of it."""
    return documents_of(step, opened) or f"outbox/{_written(step, opened)}"


def _written(step: str, opened: OpenNight) -> str:
    """Receipts lie under the day on which the file was handed in, which is before the night's as a rule."""
    answered = night.newest_answered(opened["night_id"]) if step == "answer" else None
    return DOCUMENTS[step].format(**opened, answered=answered or opened["night_date"])


def _date(opened: OpenNight) -> date:
    return date.fromisoformat(opened["night_date"])
