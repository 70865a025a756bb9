"""Everybody at once: all divisions hand in while a night runs and ten analysts query."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg
import pytest

from tests.chaos.county import Found, Shaken, end
from tests.chaos.tally import Tally

pytestmark = pytest.mark.chaos
ANALYSTS, CLERKS, PEOPLE = 10, 16, 6000
_DAY = "2020-12-31"
_ONE_LOOK = """
select
    (select count(*) from marts.fct_employment),
    (select count(*) from marts.fct_training),
    (select count(*) from marts.fct_subsidy),
    (select count(*) from marts.dim_labourer)
"""
Look = tuple[int, ...]


def test_all_divisions_hand_in_while_a_night_runs_and_ten_analysts_query(found: Found, tally: Tally) -> None:
    county = found()
    _have_all_of_them_hand_in(county)
    files = _take_back(county)
    assert county.night().status == 0
    night, over = county.start("night", "--json"), Event()
    with ThreadPoolExecutor(ANALYSTS + CLERKS) as people:
        analysts = [people.submit(_query, county, over) for _ in range(ANALYSTS)]
        try:
            county.wait_until("select from reconciliation.night where ended_at is null", night)
            for clerk in [people.submit(_hand_in, county, path) for path in files]:
                clerk.result()
            meanwhile = end(night)
            after = county.night()
        finally:
            over.set()
        looks = [analyst.result() for analyst in analysts]
    assert (meanwhile.status, after.status) == (0, 0), (meanwhile.told, after.told)
    assert all(looks), "an analyst got no answer"
    # Before, of the night meanwhile, after.
    assert len(set(_states(looks))) <= 3, "an analyst saw a mixture of two nights"
    examined = county.examine()
    assert examined.facts["marts.dim_labourer"] == PEOPLE
    with county.connect() as connection:
        assert connection.execute("select path from raw.extract where status = 'rejected'").fetchall() == []
        handed_in = connection.execute("select count(distinct division_code) from raw.extract").fetchall()
    assert handed_in == [(1 + 24 + 364,)]
    tally.setdefault("all 389 divisions hand in while a night runs and ten analysts query", []).append(examined)


def _have_all_of_them_hand_in(county: Shaken) -> None:
    """With few people, some villages would have nobody to tell of."""
    inbox = county.home / "inbox"
    shutil.rmtree(inbox)
    county.taizhang("demo", str(inbox), "--people", str(PEOPLE))


def _take_back(county: Shaken) -> list[Path]:
    """All files but the county's and those of one township, taken out of the inbox, to be handed in later."""
    inbox, desk = county.home / "inbox", county.home / "desk"
    shutil.copytree(inbox / _DAY, desk)
    for level in ("township", "village"):
        for folder in sorted((inbox / _DAY / level).iterdir())[1:]:
            shutil.rmtree(folder)
    return [path for path in desk.rglob("*") if path.is_file() and not _in_inbox(county, path).exists()]


def _in_inbox(county: Shaken, path: Path) -> Path:
    return county.home / "inbox" / _DAY / path.relative_to(county.home / "desk")


def _hand_in(county: Shaken, path: Path) -> None:
    """As a file manager copies over the network: under another name, and then its own."""
    target = _in_inbox(county, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    shutil.copyfile(path, unfinished)
    unfinished.rename(target)


def _query(county: Shaken, over: Event) -> set[Look]:
    """Look at the marts time and again; each look has to be of one night."""
    seen: set[Look] = set()
    with county.connect(options="-c role=analyst", autocommit=True) as analyst:
        while not over.is_set():
            seen.add(_look(analyst))
            over.wait(0.05)
    return seen


def _look(analyst: "psycopg.Connection[tuple[int, ...]]") -> Look:
    ((*counts,),) = analyst.execute(_ONE_LOOK).fetchall()
    return tuple(counts)


def _states(looks: list[set[Look]]) -> Iterator[Look]:
    for seen in looks:
        yield from seen
