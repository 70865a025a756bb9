"""The settings: what the environment may say, and what is said of what it may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from taizhang.settings import PROJECT, Settings, SettingsError, settings, variable

UNTOLD = "hunter2"


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """The settings are read anew by each test, and by what comes after it."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TAIZHANG_PROCESSES", "many", "integer"),
        ("TAIZHANG_KEEP_BACKUPS", "0", "greater than or equal to 1"),
        ("TAIZHANG_DUE_BY", "6uhr", "time"),
        ("TAIZHANG_TIMEZONE", "Asia/Nowhere", "Asia/Shanghai"),
        ("TAIZHANG_INBOX", "ftp://files.example/inbox", "s3:// or sftp://"),
        ("TAIZHANG_INBOX", f"sftp://county:{UNTOLD}@files.example/inbox", "holds no password"),
        ("TAIZHANG_DOCUMENTS_URL", "files.example", "https://"),
        ("TAIZHANG_ALERT_URLS", UNTOLD, "wecombot://"),
        ("TAIZHANG_ALERT_URLS", f"{UNTOLD}, json://alerts.example", "wecombot://"),
        ("TAIZHANG_ALERT_URLS", f"://{UNTOLD}", "wecombot://"),
        ("TAIZHANG_WAREHOUSE", UNTOLD, "postgresql://"),
        ("TAIZHANG_WAREHOUSE", f"mysql://county:{UNTOLD}@db.example/taizhang", "postgresql://"),
        ("TAIZHANG_WAREHOUSE", f"postgresql://county:{UNTOLD}@db.example:{UNTOLD}/taizhang", "postgresql://"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_it_takes_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}: .*{told}") as refused:
        settings()
    assert UNTOLD not in str(refused.value)
    assert refused.value.__suppress_context__


def test_all_settings_that_cannot_be_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIZHANG_PROCESSES", "many")
    monkeypatch.setenv("TAIZHANG_INBOX_DAYS", "a month")
    with pytest.raises(SettingsError, match=r"TAIZHANG_INBOX_DAYS.*TAIZHANG_PROCESSES"):
        settings()


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:p@db.example/taizhang", "postgres://db.example", "postgresql+psycopg2:///taizhang?host=/run/pg"],
)
def test_a_database_is_taken_in_each_spelling_of_its_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TAIZHANG_WAREHOUSE", url)
    taken = settings().warehouse
    assert taken is not None
    assert taken.get_secret_value() == url


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_operators_page_with_its_default(name: str) -> None:
    rows = _rows(PROJECT / "docs" / "operators.md")
    (row,) = [line for line in rows if f"`{variable(name)}`" in line.split("|")[1]]
    default = Settings.model_fields[name].default
    if isinstance(default, int) and not isinstance(default, bool):
        assert f"{default:,}" in row


def _rows(page: Path) -> list[str]:
    """The rows of the table of settings."""
    section = page.read_text("utf-8").partition("## Settings\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]
