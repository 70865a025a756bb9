"""Sixty nights in a row of a county in which something changes every day."""

import csv
import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import LiteralString

import psutil
import pytest
from python_calamine import CalamineWorkbook

from tests.chaos.county import Found, Shaken
from tests.chaos.invariants import Examination

pytestmark = pytest.mark.soak
FIRST = date(2020, 12, 31)
_TOWNSHIPS = 4
_DAYS_WITH_NEWS = 0.4  # more than a county that restates its ledgers every month has
_LOOKED_AT_EVERY = 10
_MEGABYTE = 1024 * 1024


_PAGES = "select blks_hit + blks_read from pg_stat_database where datname = 'taizhang'"


@dataclass(frozen=True)
class Measured:
    """A night: how long it took, how many pages Postgres went through for it, and what there is after it, in bytes."""

    seconds: float
    pages: int
    memory: int
    archive: int
    warehouse: int


def test_sixty_nights_of_changes_lose_nothing_and_grow_by_what_is_handed_in(
    found: Found, chance: random.Random, soaked: list[str]
) -> None:
    county, nights = found(), int(os.environ.get("SOAK_NIGHTS", "60"))
    county.shrink(_TOWNSHIPS)
    assert county.night().status == 0  # through Airflow; what follows is its tasks, in one process
    measured: list[Measured] = []
    with (county.home / "nights.log").open("wb") as log:
        process = county.start(module="tests.chaos.nights", stdin=subprocess.PIPE, stderr=log)
        for number in range(1, nights):
            day = FIRST + timedelta(days=number)
            if chance.random() < _DAYS_WITH_NEWS:
                _hand_in(county, day, chance)
            measured.append(_night(county, process, day))
            if number % _LOOKED_AT_EVERY == 0:
                soaked[:] = [_told(measured, county.examine())]
        process.communicate()
    assert county.night().status == 0
    soaked[:] = [_told(measured, county.examine())]
    early, late = measured[: nights // 3], measured[-nights // 3 :]
    assert _median(late, "memory") < 1.2 * _median(early, "memory")
    assert _median(late, "pages") < 2 * _median(early, "pages"), "what a night has to do"
    assert measured[-1].archive <= _size(county.home / "inbox")
    grown = measured[-1].warehouse - measured[0].warehouse
    assert grown < nights * _MEGABYTE, "what a night leaves in the warehouse"


def _night(county: Shaken, process: "subprocess.Popen[str]", day: date) -> Measured:
    began, before = time.monotonic(), _ask(county, _PAGES)
    assert process.stdin is not None
    assert process.stdout is not None
    print(day.isoformat(), file=process.stdin, flush=True)
    assert process.stdout.readline() == "published\n", (county.home / "nights.log").read_text("utf-8")[-4000:]
    seconds = time.monotonic() - began
    pages, size = _ask(county, _PAGES) - before, _ask(county, "select pg_database_size('taizhang')")
    memory = psutil.Process(process.pid).memory_info().rss
    return Measured(seconds, pages, memory, _size(county.home / "archive"), size)


def _ask(county: Shaken, query: LiteralString) -> int:
    with county.connect() as connection:
        ((number,),) = connection.execute(query).fetchall()
    return int(number)


def _hand_in(county: Shaken, day: date, chance: random.Random) -> None:
    """A tenth of the divisions hand in anew, the others are late: rows corrected, spoilt, withdrawn, brought back."""
    first = county.home / "inbox" / FIRST.isoformat()
    files = sorted(path for path in first.rglob("*") if path.suffix == ".xlsx")
    for path in chance.sample(files, max(1, len(files) // 10)):
        target = county.home / "inbox" / day.isoformat() / path.relative_to(first)
        target.parent.mkdir(parents=True, exist_ok=True)
        if chance.random() < 0.3:
            shutil.copy(path, target)  # as it was
        else:
            _change(path, target.with_suffix(".csv"), chance)


def _change(path: Path, target: Path, chance: random.Random) -> None:
    """Write the first sheet of a workbook as a text table, with a row withdrawn or a cell spoilt."""
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    rows = [[str(cell) for cell in row] for row in sheet.to_python()]
    number = chance.randrange(len(rows))
    if chance.random() < 0.5:
        del rows[number]
    else:
        rows[number][chance.randrange(len(rows[number]))] = "同上"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _median(measured: list[Measured], name: str) -> float:
    return sorted(float(getattr(one, name)) for one in measured)[len(measured) // 2]


def _told(measured: list[Measured], examined: Examination) -> str:
    """Some nights from the first to the last, and what there was in the end, for docs/reliability.md."""
    steps = 6
    chosen = sorted({round(step * (len(measured) - 1) / (steps - 1)) for step in range(steps)})
    lines = [
        f"| {number + 2} | {one.seconds:.0f} | {one.pages:,} | {one.memory // _MEGABYTE}"
        f" | {one.archive / _MEGABYTE:.1f} | {one.warehouse // _MEGABYTE} |"
        for number, one in ((number, measured[number]) for number in chosen)
    ]
    found = f"{examined.rows:,} rows of {examined.files} files, {examined.lost} lost, {examined.doubled} loaded twice."
    head = "| night | seconds | pages read | MB of memory | MB of archive | MB of warehouse |"
    return "\n".join([f"After {len(measured) + 1} nights: {found}", "", head, "| --- " * 6 + "|", *lines])
