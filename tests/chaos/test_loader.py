"""What strikes while files are loaded: after each, whole extracts only, and the next loader brings the rest."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.county import Found, Shaken, end
from tests.chaos.disk import LARGE, disk
from tests.chaos.invariants import Examination
from tests.chaos.project import broken_project
from tests.chaos.tally import Tally

_TOWNSHIPS = 3
_READER_FAILS = """

_read_sheets = read_sheets


def read_sheets(content, *arguments):
    if b"poison" in content:
        raise ZeroDivisionError
    return _read_sheets(content, *arguments)
"""


@pytest.fixture(scope="module")
def whole(county: Shaken) -> tuple[float, Examination]:
    """How long it takes to load everything, and what there is then."""
    county.shrink(_TOWNSHIPS)
    loader, began = county.loader(), time.monotonic()
    ended = end(loader)
    assert ended.status == 0, ended.told
    return time.monotonic() - began, county.examine(after_night=False)


def test_a_loader_killed_at_any_moment_leaves_whole_extracts_and_the_next_one_loads_the_rest(
    county: Shaken, whole: tuple[float, Examination], tally: Tally, tries: int, chance: random.Random
) -> None:
    seconds, all_of_it = whole
    for _ in range(tries):
        county.forget()
        loader = county.loader()
        time.sleep(chance.uniform(0, seconds))
        kill(loader)
        tally.setdefault("the loader is killed with SIGKILL", []).append(county.examine(after_night=False))
        assert county.load().status == 0
    assert county.examine(after_night=False) == all_of_it


def test_a_file_that_breaks_the_reader_is_refused_and_no_other(
    county: Shaken, whole: tuple[float, Examination], tally: Tally, tmp_path: Path
) -> None:
    county.forget()
    poisoned = county.home / "inbox" / "2020-12-31" / "county" / "poisoned.csv"
    poisoned.write_bytes(b"poison")
    broken = Shaken(county.home, {}, broken_project(tmp_path, "taizhang/extract/opening.py", _READER_FAILS))
    ended = broken.load()
    poisoned.unlink()
    assert ended.status == 0, ended.told
    with county.connect() as connection:
        refused = connection.execute("select path from raw.extract where status = 'rejected'").fetchall()
    assert refused == [("2020-12-31/county/poisoned.csv",)]
    _record(county, whole, tally, "a poisoned extract among the others")


def test_a_database_whose_making_was_cut_off_is_made_anew(
    found: Found, whole: tuple[float, Examination], tally: Tally
) -> None:
    county = found()
    county.shrink(_TOWNSHIPS)
    loader = county.start(module="tests.chaos.load")
    while not (county.home / "postgres" / "PG_VERSION").exists():
        assert loader.poll() is None
        time.sleep(0.001)
    kill(loader)
    assert not (county.home / "postgres" / "base" / "5").exists(), "it was made before it could be cut off"
    county.taizhang("down")
    assert county.load().status == 0
    _record(county, whole, tally, "the making of the database is cut off")


@pytest.mark.chaos
def test_a_loader_outlives_no_postgres_but_nothing_is_lost(
    county: Shaken, whole: tuple[float, Examination], tally: Tally, tries: int, chance: random.Random
) -> None:
    seconds, _ = whole
    for _ in range(tries):
        county.forget()
        loader = county.loader()
        time.sleep(chance.uniform(0, seconds / 2))
        county.stop_postgres()
        end(loader)
        assert county.load().status == 0
        _record(county, whole, tally, "Postgres stops while a loader is at work")


@pytest.mark.chaos
def test_a_file_that_is_replaced_time_and_again_is_read_whole(
    county: Shaken, whole: tuple[float, Examination], tally: Tally
) -> None:
    county.forget()
    with _replacing(min((county.home / "inbox" / "2020-12-31" / "county").iterdir())):
        assert county.load().status == 0
        county.examine(after_night=False)
    assert county.load().status == 0
    _record(county, whole, tally, "a file is replaced while it is read", may_be_more=True)


@pytest.mark.chaos
def test_a_full_archive_stops_the_loader_and_the_next_one_loads_the_rest(
    county: Shaken, whole: tuple[float, Examination], tally: Tally
) -> None:
    county.forget()
    with disk(county.home / "archive", "64k") as full:
        ended = county.load()
        assert ended.status == 1
        assert f"No space left on device: '{county.home / 'archive'}" in ended.told
        county.examine(after_night=False)
        full.resize(LARGE)
        assert county.load().status == 0
        _record(county, whole, tally, "the disk is full while a file is archived")


@pytest.mark.chaos
def test_a_full_warehouse_stops_the_loader_and_the_next_one_loads_the_rest(
    found: Found, whole: tuple[float, Examination], tally: Tally
) -> None:
    county = found()
    county.shrink(_TOWNSHIPS)
    with disk(county.home / "postgres", LARGE) as full:
        assert county.load().status == 0
        county.forget()
        loader = county.loader()
        full.fill()
        ended = end(loader)
        assert ended.status == 1
        assert "No space left on device" in ended.told or "closed the connection" in ended.told
        full.resize(LARGE)
        assert county.load().status == 0
        _record(county, whole, tally, "the disk is full while rows are written")
        county.taizhang("down")


def kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _record(
    county: Shaken, whole: tuple[float, Examination], tally: Tally, fault: str, *, may_be_more: bool = False
) -> None:
    examined, (_, all_of_it) = county.examine(after_night=False), whole
    assert examined.rows >= all_of_it.rows if may_be_more else examined.rows == all_of_it.rows
    tally.setdefault(fault, []).append(examined)


@contextmanager
def _replacing(path: Path) -> Iterator[None]:
    """Meanwhile, write a file anew without a pause, sometimes in place and sometimes as another of its name."""
    content, done = path.read_bytes(), threading.Event()

    def replace() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            if turn % 2:
                path.write_bytes(content + b"\n" * (turn % 7))
            else:
                (path.parent / ".new.part").write_bytes(content)
                (path.parent / ".new.part").replace(path)
            time.sleep(0.001)

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        path.write_bytes(content)
