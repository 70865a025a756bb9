"""What a night is for, that there is only one, and what it says of itself."""

import os
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Barrier, Thread
from time import sleep

import pytest

from taizhang import night, steps
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import record_extract

ON = date(2020, 12, 31)


@pytest.fixture
def inbox(clean_warehouse: None, tmp_path: Path) -> Path:
    for name in ("2020-12-30", "2020-12-31", "2021-01-32", "旧表"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_night_is_for_the_date_that_was_asked_for(inbox: Path) -> None:
    assert night.resolve_date(inbox, date(2020, 12, 30)) == date(2020, 12, 30)


def test_a_night_is_for_the_newest_dated_folder_of_the_inbox(inbox: Path) -> None:
    assert night.resolve_date(inbox) == ON


def test_a_folder_dated_after_today_is_not_taken(inbox: Path) -> None:
    (inbox / (settings().today() + timedelta(days=1)).isoformat()).mkdir()
    assert night.resolve_date(inbox) == ON


def test_what_comes_late_is_news_of_the_newest_published_night_and_none_of_an_earlier_one(inbox: Path) -> None:
    after = ON + timedelta(days=1)
    _publish(after)
    assert night.resolve_date(inbox) == after


def test_a_night_for_a_date_before_the_newest_published_one_is_a_reproduction(clean_warehouse: None) -> None:
    failed_later = night.open_night(ON + timedelta(days=1))
    night.close_night(failed_later)
    _publish(ON)
    again, before = _publish(ON), _publish(ON - timedelta(days=1))
    assert (_status(again), _status(before)) == ("published", "reproduced")
    assert night.newest_published() == ON
    last = night.find_night(reproductions=False)
    assert last is not None
    assert last.night_id == again


def test_what_was_published_before_anything_was_handed_in_stands_in_nobodys_way(inbox: Path) -> None:
    _publish(ON + timedelta(days=7), handed_in=False)
    assert night.resolve_date(inbox) == ON
    assert _status(_publish(ON)) == "published"


def test_without_a_dated_folder_a_night_is_for_today(clean_warehouse: None, tmp_path: Path) -> None:
    assert night.resolve_date(tmp_path / "nothing here") == settings().today()


def test_there_is_no_last_night_before_the_first(clean_warehouse: None) -> None:
    assert night.find_night() is None


def test_a_night_is_refused_while_a_task_of_another_is_at_work(clean_warehouse: None) -> None:
    first = night.open_night(ON)
    with night.stage(first, "load"), pytest.raises(night.NightError, match=f"Night {first}.*still running"):
        night.open_night(ON, patience=0)
    assert _status(first) == "running"


def test_of_nights_that_begin_at_the_same_moment_one_goes_on_and_the_others_say_so(clean_warehouse: None) -> None:
    ready, told = Barrier(4), SimpleQueue[str]()

    def begin() -> None:
        ready.wait()
        try:
            night.open_night(ON)
        except Exception as error:
            told.put(str(error))
        else:
            told.put("")

    threads = [Thread(target=begin, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    hanging = [thread for thread in threads if thread.is_alive()]
    _end_all_other_sessions()
    assert not hanging
    assert sorted(told.get() for _ in threads) == [
        "",
        *3 * ["Another night began at the same moment; wait until it ends."],
    ]


def test_a_night_that_crashed_does_not_block_the_next(clean_warehouse: None) -> None:
    crashed = night.open_night(ON)
    following = night.open_night(ON, patience=0)
    assert (_status(crashed), _status(following)) == ("failed", "running")


def test_by_day_a_night_that_crashed_keeps_nothing_back_that_was_handed_in_since(clean_warehouse: Path) -> None:
    folder = settings().inbox_dir / settings().today().isoformat() / "county"
    folder.mkdir(parents=True)
    (folder / "务工.csv").write_bytes(b"x")
    os.utime(folder / "务工.csv", (0, 0))
    night_id = night.open_night(ON)
    with night.stage(night_id, "load"):
        assert not steps.has_news()
    crashed = steps.has_news()
    shutil.rmtree(settings().inbox_dir)
    assert crashed


def test_what_fails_because_postgres_went_away_is_told_apart_from_a_fault(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    with pytest.raises(ZeroDivisionError), night.stage(night_id, "build"):
        _fail()
    told = f"during the build of night {night_id}"
    with pytest.raises(night.WarehouseGoneError, match=told), night.stage(night_id, "build"):
        _fail(without_postgres=True)


def test_a_clock_that_lies_before_the_last_night_is_refused(clean_warehouse: None) -> None:
    night.refuse_jumped_clock()
    night.open_night(ON)
    night.refuse_jumped_clock()
    _move_nights("20 years")
    with pytest.raises(night.NightError, match="set the clock"):
        night.refuse_jumped_clock()


def test_a_clock_that_stands_months_ahead_is_refused_by_who_asks_for_it(clean_warehouse: None) -> None:
    night.open_night(ON)
    _move_nights("-90 days")
    night.refuse_jumped_clock()
    with pytest.raises(night.NightError, match="--date"):
        night.refuse_jumped_clock(night.LONGEST_PAUSE)


def test_a_night_given_up_for_another_does_not_go_on(clean_warehouse: None) -> None:
    given_up = night.open_night(ON)
    night.open_night(ON, patience=0)
    with pytest.raises(night.NightError, match="has been closed"), night.stage(given_up, "build"):
        pass


def test_a_night_is_published_once_its_publish_has_come_through(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    with night.stage(night_id, "publish"):
        pass
    assert night.close_night(night_id) == "published"


def test_a_night_whose_publish_broke_off_has_failed(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    with pytest.raises(ZeroDivisionError), night.stage(night_id, "publish"):
        raise ZeroDivisionError
    assert night.close_night(night_id) == "failed"


def test_the_summary_adds_up_the_folders_and_counts_a_repeated_load_once(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    counts = {"received": 3, "loaded": 2, "unchanged": 0, "rejected": 1}
    rows = {"rows_read": 30, "rows_accepted": 29, "rows_rejected": 1}
    for division_code in ("430525000000", "430525104000", "430525104000"):
        with night.stage(night_id, "load"):
            night.record_load(night_id, division_code, counts | rows)
    night.record_alerts(night_id, 2)
    night.close_night(night_id)
    summary = night.summarise(night_id)
    assert summary["date"] == "2020-12-31"
    assert summary["files"] == {"received": 6, "loaded": 4, "unchanged": 0, "rejected": 2}
    assert summary["rows"] == {"read": 60, "accepted": 58, "rejected": 2}
    assert summary["expectations"] == {"evaluated": 0, "failed": 0}
    assert summary["alerts_sent"] == 2
    assert list(summary["seconds"]) == ["load", "build", "check", "publish", "alert", "total"]
    assert summary["seconds"]["total"] >= summary["seconds"]["load"] > 0 == summary["seconds"]["build"]


def test_the_slowest_models_are_told_the_slowest_first(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    assert night.slowest_models(night_id) == []
    night.record_build(night_id, {"dim_date": 0.1, "fct_subsidy": 2.5, "fct_training": 1.0})
    assert night.slowest_models(night_id, 2) == [("fct_subsidy", 2.5), ("fct_training", 1.0)]


def test_breaks_are_new_or_closed_against_those_published_before(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    _write_breaks("reconciliation", ["a", "b", "c"])
    _write_breaks("reconciliation_next", ["b", "c", "d", "e"])
    night.record_breaks(night_id)
    assert night.summarise(night_id)["breaks"] == {"open": 4, "new": 2, "closed": 1}


def test_all_breaks_of_the_first_night_are_new(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    _write_breaks("reconciliation_next", ["a", "b"])
    night.record_breaks(night_id)
    assert night.summarise(night_id)["breaks"] == {"open": 2, "new": 2, "closed": 0}


def test_a_failed_night_tells_the_breaks_that_are_still_published(clean_warehouse: None) -> None:
    _write_breaks("reconciliation", ["a", "b"])
    night_id = night.open_night(ON)
    assert night.summarise(night_id)["breaks"] == {"open": 2, "new": 0, "closed": 0}


def _fail(*, without_postgres: bool = False) -> None:
    if without_postgres:
        _end_all_other_sessions()
    raise ZeroDivisionError


def _end_all_other_sessions() -> None:
    with connect() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and backend_type = 'client backend'"
        )


def _move_nights(by: str) -> None:
    with connect() as connection:
        connection.execute("update reconciliation.night set started_at = started_at + %s::interval", [by])


def _publish(night_date: date, *, handed_in: bool = True) -> int:
    night_id = night.open_night(night_date)
    if handed_in:
        record_extract(night_id)
    with night.stage(night_id, "publish"):
        pass
    night.close_night(night_id)
    return night_id


def _status(night_id: int) -> str:
    found = night.find_night(night_id)
    assert found is not None
    return found.status


def _write_breaks(schema: str, open_breaks: Iterable[str]) -> None:
    with connect() as connection:
        connection.execute(f"create table {schema}.ledger_break (break_id text, status text)")
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into {schema}.ledger_break values (%s, 'open')", [[name] for name in open_breaks]
            )


def test_a_night_that_is_still_to_come_is_refused(inbox: Path) -> None:
    with pytest.raises(night.NightError, match="still to come"):
        night.resolve_date(inbox, settings().today() + timedelta(days=1))


def test_the_work_of_receipts_is_counted_without_what_lies_between_them(clean_warehouse: None) -> None:
    night_id = night.open_night(ON)
    for _ in range(2):
        with night.stage(night_id, "answer"):
            pass
        with night.stage(night_id, "build"):
            sleep(0.5)
    opened = night.find_night(night_id)
    assert opened is not None
    marks = opened.summary["stages"]["answer"]
    assert 0 < night.answer_seconds(night_id) <= marks["ended"] - marks["began"] - 0.5
