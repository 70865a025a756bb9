"""What Postgres does for a model, counted in rows: one that it plans badly takes minutes of a county's night.

Of each statement it writes the plan with the rows that went through it. Where it guessed a join wrong it reads one side
anew for each row of the other, and so handles far more rows than there are.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from taizhang import build, night
from taizhang.demo import DATE, write_demo
from taizhang.division import children, county
from taizhang.load import load_folder, register_people
from taizhang.settings import settings
from taizhang.warehouse import DATABASE, connect

_PEOPLE = 3000
_TOWNSHIPS = 6
"""All levels of a part of the county: its other files would take long to read and change no plan."""
_MOST = 50
"""A good plan handles a row that it reads three to ten times over: it filters, sorts, joins and counts it."""
_FEW = 1000
"""Whatever is done with fewer rows is soon done."""
_EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "log_min_messages": "log",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
}
_PLAN = re.compile(r"plan:\n((?:\t.*\n)+)")
_NAME = re.compile(r'"node_id": "(?:model|test)\.taizhang\.(\w+)')


def test_no_model_handles_far_more_rows_than_it_reads(effort: Mapping[str, float]) -> None:
    assert _tables() <= set(effort)
    assert {name: times for name, times in effort.items() if times > _MOST} == {}


def test_a_join_that_is_guessed_wrong_is_seen(warehouse: Path) -> None:
    with _effort() as effort, connect() as connection:
        connection.execute("set local enable_hashjoin = off; set local enable_mergejoin = off")
        connection.execute(
            'select /* "node_id": "model.taizhang.guessed_wrong" */ * from generate_series(1, 1000) as one'
            " inner join generate_series(1, 1000) as other on one = other"
        )
    assert effort["guessed_wrong"] > _MOST


@pytest.fixture
def effort(clean_warehouse: Path, tmp_path: Path) -> Mapping[str, float]:
    """How often each model and each data test handled a row that it read, in a night's build."""
    write_demo(tmp_path, people=_PEOPLE)
    night_id = night.open_night(DATE)
    for division in (county(), *children(county().code)[:_TOWNSHIPS]):
        load_folder(night_id, division.code, inbox=tmp_path, night_date=DATE)
    register_people()
    with _effort() as effort:
        build.build(night_id, DATE)
    return effort


@contextmanager
def _effort() -> Iterator[dict[str, float]]:
    """By what dbt is about to run, how often a row that it reads is handled; known once it has run."""
    effort: dict[str, float] = {}
    log = settings().postgres_dir / "log"
    written = log.stat().st_size
    role = sql.SQL("alter role current_user in database {} ").format(sql.Identifier(DATABASE))
    with connect() as connection:
        for name, value in _EXPLAINED.items():
            connection.execute(role + sql.SQL("set {} = {}").format(sql.SQL(name), sql.Literal(value)))
    try:
        yield effort
    finally:
        with connect() as connection:
            connection.execute(role + sql.SQL("reset all"))
    for plan in _PLAN.finditer(log.read_bytes()[written:].decode()):
        explained = json.loads(plan[1])
        if name := _NAME.search(explained["Query Text"]):
            effort[name[1]] = max(effort.get(name[1], 0), _times_handled(explained["Plan"]))


def _times_handled(plan: Mapping[str, Any]) -> float:
    nodes = list(_nodes(plan))
    handled = sum(_rows(node) * node["Actual Loops"] for node in nodes)
    read = sum(_rows(node) for node in nodes if "Plans" not in node)
    return handled / max(read, _FEW)


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _rows(node: Mapping[str, Any]) -> float:
    """What went through a part of a plan in one loop, kept or not."""
    return node["Actual Rows"] + sum(rows for name, rows in node.items() if name.startswith("Rows Removed by"))


def _tables() -> set[str]:
    """What the models have made."""
    with connect() as connection:
        made = connection.execute(
            "select tablename from pg_tables where schemaname in ('intermediate', 'marts_next', 'reconciliation_next')"
        )
        return {name for (name,) in made}
