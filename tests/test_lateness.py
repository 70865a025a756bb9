"""A night that is not published by the hour at which people begin to work: the county hears of it, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.json import Jsonb

from taizhang.alert import alert
from taizhang.lateness import Lateness, compose_lateness, find_lateness, tell_lateness
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import record_extract
from tests.receivers import web_hook

TODAY = date(2021, 1, 4)
HERE = ZoneInfo("Asia/Shanghai")
TOO_EARLY, MORNING = (datetime(2021, 1, 4, hour, minute, tzinfo=HERE) for hour, minute in ((5, 59), (6, 0)))
TOLD = {"stages": {"alert": {"began": 5, "ended": 6}}}
YESTERDAY, TONIGHT = (datetime(2021, 1, day, 2, tzinfo=HERE) for day in (3, 4))


def add_night(began: datetime, status: str, *, quiet: bool = False, **summary: object) -> None:
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.night (night_date, status, started_at, ended_at, is_quiet, summary)"
            " values (%s, %s, %s, %s, %s, %s)",
            [began.date(), status, began, None if status == "running" else began, quiet, Jsonb(summary)],
        )


@pytest.fixture
def yesterday(clean_warehouse: Path) -> None:
    add_night(YESTERDAY, "published")
    record_extract(1)


def test_a_night_that_did_not_begin_is_late_from_the_hour_on(yesterday: None) -> None:
    assert find_lateness(TOO_EARLY) is None
    assert find_lateness(MORNING) == Lateness(TODAY, "absent")
    assert find_lateness(MORNING.astimezone(UTC)) == Lateness(TODAY, "absent")


def test_a_night_that_is_refused_as_the_clock_was_ahead_is_late(yesterday: None) -> None:
    add_night(TONIGHT + timedelta(days=3), "published")
    assert find_lateness(MORNING) == Lateness(TODAY, "absent")


def test_a_warehouse_that_has_never_had_a_night_is_not_late(clean_warehouse: Path) -> None:
    assert find_lateness(MORNING) is None


def test_a_night_that_is_published_is_not_late(yesterday: None) -> None:
    add_night(TONIGHT, "published", **TOLD)
    assert find_lateness(MORNING) is None


def test_a_night_that_is_still_at_work_is_late_and_its_stage_is_known(yesterday: None) -> None:
    add_night(TONIGHT, "running", stages={"load": {"began": 1, "ended": 2}, "build": {"began": 3}})
    assert find_lateness(MORNING) == Lateness(TODAY, "running", "build")


@pytest.mark.parametrize("status", ["running", "failed"])
def test_after_a_night_that_was_published_and_told_none_of_the_same_day_is_late(yesterday: None, status: str) -> None:
    add_night(TONIGHT, "published", **TOLD)
    add_night(TONIGHT + timedelta(hours=8), status, stages={"load": {"began": 7}})
    assert find_lateness(MORNING + timedelta(hours=5)) is None
    assert find_lateness(MORNING + timedelta(days=1)) == Lateness(TODAY + timedelta(days=1), "absent")


def test_a_night_that_failed_is_told_of_unless_its_own_alert_did(yesterday: None) -> None:
    add_night(TONIGHT, "failed", stages={"build": {"began": 3}})
    assert find_lateness(MORNING) == Lateness(TODAY, "failed", "build")
    add_night(TONIGHT, "failed", stages={"check": {"began": 4}}, alerts_sent=1)
    assert find_lateness(MORNING) is None


def test_a_night_that_is_published_and_could_not_tell_of_it_is_told_of(yesterday: None) -> None:
    add_night(TONIGHT, "published", stages={"publish": {"began": 3, "ended": 4}, "worklists": {"began": 5}})
    assert find_lateness(MORNING) == Lateness(TODAY, "failed", "worklists")


def test_what_is_loaded_by_day_is_no_night(yesterday: None) -> None:
    add_night(TONIGHT + timedelta(hours=3), "published", quiet=True)
    assert find_lateness(MORNING) == Lateness(TODAY, "absent")


def test_the_county_hears_once_a_day_whatever_else_becomes_of_the_night(yesterday: None) -> None:
    assert tell_lateness(MORNING) == 1
    assert tell_lateness(MORNING + timedelta(minutes=10)) == 0
    add_night(TONIGHT + timedelta(hours=5), "running")
    assert tell_lateness(MORNING + timedelta(hours=5)) == 0
    assert tell_lateness(MORNING + timedelta(days=1)) == 1


def test_the_copy_says_what_to_do_and_what_people_read_meanwhile(yesterday: None) -> None:
    tell_lateness(MORNING)
    said = (settings().outbox_dir / "alerts" / "2021-01-04-late.md").read_text(encoding="utf-8")
    assert "洞口县台账核对 2021-01-04 没有按时完成" in said
    assert "今天的核对没有开始" in said
    assert "2021-01-03 的数据" in said


@pytest.fixture
def no_outbox(yesterday: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An outbox that takes nothing, as there is a file where its folder should be."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("TAIZHANG_OUTBOX", str(tmp_path / "file" / "outbox"))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_an_outbox_that_takes_nothing_keeps_nobody_from_being_told(
    no_outbox: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_hook() as hook:
        monkeypatch.setenv("TAIZHANG_ALERT_URLS", f"json://127.0.0.1:{hook.port}/")
        settings.cache_clear()
        assert [tell_lateness(MORNING), tell_lateness(MORNING)] == [1, 0]
    assert len(hook.received) == 1


def test_where_the_outbox_is_all_there_is_its_failure_is_one(no_outbox: None) -> None:
    with pytest.raises(OSError, match="file"):
        tell_lateness(MORNING)


def test_a_night_that_is_late_still_sends_its_own_alert(yesterday: None) -> None:
    """What was told of its being late does not count as its digest."""
    tell_lateness(MORNING)
    add_night(TONIGHT, "running")
    with connect() as connection:
        ((night_id,),) = connection.execute("select max(night_id) from reconciliation.night").fetchall()
    assert alert(night_id, TODAY) == 1
    with connect() as connection:
        told = connection.execute("select night_id, status from reconciliation.alert_delivery order by 1").fetchall()
    assert told == [(night_id, "sent"), (None, "sent")]


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (Lateness(TODAY, "running", "build"), "还没有结束，进行到“建表”"),
        (Lateness(TODAY, "running"), "还没有结束，才刚开始。"),
        (Lateness(TODAY, "failed", "publish"), "在“发布”这一步失败了"),
        (Lateness(TODAY, "failed"), "今天的核对刚开始就失败了"),
    ],
)
def test_the_message_names_the_step(late: Lateness, words: str) -> None:
    message = compose_lateness(late, None)
    assert words in message.lines[0]
    assert message.urgent
