"""Time travel: two nights with a correction between them, then the first one again, as it stood."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import sql

from taizhang import build, maintenance, night, steps
from taizhang.accept import accept
from taizhang.cli import main
from taizhang.reproduction import compare, differing, reproduce
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import DAY, ROWS, text_table

FIRST, SECOND, THIRD, FOURTH = (DAY + timedelta(days=days) for days in range(4))
PLACES = ("county", "township/黄桥镇", "village/黄桥镇/清风村")
Snapshot = dict[str, list[str]]
DAY_BEFORE = FIRST - timedelta(days=1)
BUILT = {
    ("reconciliation", "ledger_break"): "break_id text, status text",
    ("intermediate", "int_reconciliation__break_night"): (
        "break_id text, night_date date, is_open boolean, is_accepted boolean"
    ),
}
"""What counting a reproduction's breaks reads."""


def hand_in(inbox: Path, day: date, ledger: str, *places: str, **changed: str) -> None:
    for place in places:
        folder = inbox / day.isoformat() / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{ledger}.csv").write_bytes(text_table([ROWS[ledger] | changed]))


def run_night(inbox: Path, day: date | None) -> int:
    """Every task of a night as its DAG calls it; of the checks, only a reproduction's."""
    params = {"date": day and day.isoformat(), "inbox": str(inbox), "quiet": False}
    opened = steps.open_night(params, SimpleNamespace(run_type="manual"))
    for folder in (*steps.folders({"division": "洞口县"}), *steps.folders({"division": "黄桥镇"})):
        steps.load(opened, **folder)
    for folder in steps.folders_owed(opened):
        steps.answer(opened, **folder)
    steps.register_people(opened)
    marts_schema = steps.build(opened)
    if opened["is_reproduction"]:
        steps.check(opened, marts_schema)
    steps.publish(opened, marts_schema)
    steps.write_worklists(opened)
    steps.alert(opened, params)
    steps.close_night(opened)
    return opened["night_id"]


def accept_all(until: date) -> None:
    with connect() as connection:
        found = connection.execute("select break_id from reconciliation.ledger_break where status = 'open'").fetchall()
    for (break_id,) in found:
        accept(break_id, reason="口径不同", by="李科长", until=until)


def snapshot(suffix: str = "") -> Snapshot:
    """Every row of what dbt built into marts and reconciliation, but for when it was built."""
    with connect() as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where tableowner = 'transformer'"
            " and schemaname in ('marts' || %(suffix)s, 'reconciliation' || %(suffix)s)",
            {"suffix": suffix},
        ).fetchall()
        return {
            f"{schema.removesuffix(suffix)}.{table}": [
                row
                for (row,) in connection.execute(
                    sql.SQL("select (to_jsonb(t) - 'built_at')::text from {} as t order by 1").format(
                        sql.Identifier(schema, table)
                    )
                )
            ]
            for schema, table in tables
        }


def left_alone() -> Mapping[str, object]:
    """Whatever else a reproduction must not touch."""
    with connect() as connection:
        counts = connection.execute(
            "select (select count(*) from raw.extract), (select count(*) from raw.receipt),"
            " (select count(*) from reconciliation.alert_delivery),"
            " (select array_agg(found order by break_id)::text"
            " from intermediate.int_reconciliation__break_night as found)"
        ).fetchall()
    files = {path: path.stat().st_mtime_ns for path in settings().outbox_dir.rglob("*") if path.is_file()}
    return {"rows": counts, "files": files}


@dataclass(frozen=True)
class Journey:
    """What stood after the first night; what stood before and after that night was reproduced."""

    inbox: Path
    first: Snapshot
    before: tuple[Snapshot, Mapping[str, object]]
    after: tuple[Snapshot, Mapping[str, object]]
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def journey(empty_warehouse: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    empty_warehouse()
    inbox = tmp_path_factory.mktemp("inbox")
    hand_in(inbox, FIRST, "employment", *PLACES)
    hand_in(inbox, FIRST, "training", *PLACES[:2])
    hand_in(inbox, FIRST, "training", PLACES[2], 培训工种="电工")
    run_night(inbox, None)
    first = snapshot()
    accept_all(FIRST)  # nobody has read of it by then
    hand_in(inbox, SECOND, "training", PLACES[1], 备注="照旧")
    hand_in(inbox, SECOND, "training", PLACES[2])
    hand_in(inbox, FIRST, "employment", *PLACES, 务工省份="浙江省")  # late: for the first night's date, after it
    run_night(inbox, None)
    before = snapshot(), left_alone()
    hand_in(inbox, FIRST, "subsidy", *PLACES)  # nobody has read it yet
    reproduced = run_night(inbox, FIRST)
    yield Journey(inbox, first, before, (snapshot(), left_alone()), night.summarise(reproduced))
    shutil.rmtree(settings().outbox_dir)
    empty_warehouse()


@pytest.mark.parametrize(
    ("status", "was_found", "was_accepted", "counted"),
    [
        ("open", True, False, "open"),
        ("open", True, None, "open"),  # an earlier version kept nothing of acceptances
        ("open", False, False, "open new"),  # first seen, or back
        ("open", True, True, "open new"),  # accepted no longer
        ("accepted", True, True, ""),
        ("closed", True, False, "closed"),
        ("closed", True, True, ""),  # nobody was waiting for it
        ("closed", False, False, ""),  # found and put right within the day
    ],
)
def test_its_breaks_are_new_or_closed_as_those_of_a_night_are(
    clean_warehouse: Path, status: str, was_found: bool, was_accepted: bool | None, counted: str
) -> None:
    with connect() as connection:
        for (layer, table), columns in BUILT.items():
            connection.execute(f"create schema {layer}_20210101 authorization transformer".encode())
            connection.execute(f"create table {layer}_20210101.{table} ({columns})".encode())
            connection.execute(f"alter table {layer}_20210101.{table} owner to transformer".encode())
        connection.execute(
            "insert into reconciliation.night (night_date, status) select unnest(%s::date[]), 'published'",
            [[DAY_BEFORE, FIRST]],
        )
        connection.execute("insert into reconciliation_20210101.ledger_break values ('b', %s)", [status])
        connection.execute(
            "insert into intermediate_20210101.int_reconciliation__break_night values"
            " ('b', %s, true, false), ('b', %s, %s, %s)",
            [DAY_BEFORE, FIRST, was_found, was_accepted],
        )
    counts = compare(SECOND)["breaks"]
    assert " ".join(name for name, count in counts.items() if count) == counted


def test_what_is_published_and_all_that_was_said_of_it_stays_as_it_is(journey: Journey) -> None:
    assert journey.first != journey.before[0]
    assert journey.after == journey.before


def test_the_night_is_reproduced_as_it_was_published(journey: Journey) -> None:
    assert snapshot("_20201231") == journey.first


def test_its_summary_says_that_it_is_equal_and_where_it_stands(journey: Journey) -> None:
    assert journey.summary["reproduction"] == {
        "of_night": 1 + _night_before_the_first(),
        "schemas": ["marts_20201231", "reconciliation_20201231"],
        "differing": [],
    }
    assert journey.summary["breaks"] == {"open": 1, "new": 1, "closed": 0}
    assert journey.summary["files"]["received"] == 0


def _night_before_the_first() -> int:
    with connect() as connection:
        return int(connection.execute("select min(night_id) - 1 from reconciliation.night").fetchall()[0][0])


def test_analysts_ask_about_that_day_by_a_tables_name_alone(
    journey: Journey, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def ask(query: str, day: date) -> tuple[int, str]:
        arguments = ["sql", "--as-of", day.isoformat(), "--json", "-c", query]
        monkeypatch.setattr(sys, "argv", ["taizhang", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return int(ended.value.code or 0), captured.out or captured.err

    query = "select work_province from fct_employment"
    assert json.loads(ask(query, FIRST)[1]) == [{"work_province": "广东省"}]
    assert json.loads(ask(query, SECOND)[1]) == [{"work_province": "浙江省"}]
    assert "taizhang night --date 2020-12-30" in ask(query, FIRST - timedelta(days=1))[1]
    status, refused = ask("select 1 from marts.fct_employment", FIRST)
    assert status == 2
    assert "leave it out" in refused


def test_what_it_was_built_on_is_gone(journey: Journey) -> None:
    with connect() as connection:
        left = connection.execute("select nspname from pg_namespace where nspname ~ '_[0-9]{8}$' order by 1").fetchall()
    assert left == [("marts_20201231",), ("reconciliation_20201231",)]


def test_a_table_whose_rows_are_not_those_that_were_published_is_named(journey: Journey) -> None:
    with connect() as connection:
        connection.execute("update marts_20201231.fct_training set training_type = 'x'")
    assert differing(FIRST) == ["marts.fct_training"]


def test_the_next_night_goes_on_from_the_last_published_one(journey: Journey) -> None:
    night_id = night.open_night(THIRD)
    assert build.build(night_id, THIRD).skipped
    with connect() as connection:
        lives = connection.execute(
            "select status, nights_open, closed_on from reconciliation_next.ledger_break"
        ).fetchall()
    night.close_night(night_id)
    assert lives == [("closed", 1, SECOND)]


def test_who_had_put_right_what_was_gone_by_then_is_known_still(journey: Journey) -> None:
    for day in (THIRD, FOURTH, THIRD):
        run_night(journey.inbox, day)
    with connect() as connection:
        closed = connection.execute("select closed_on, closed_by from reconciliation_20210102.ledger_break").fetchall()
    assert closed == [(SECOND, "village")]
    assert differing(THIRD) == []


def test_a_night_whose_rows_have_been_pruned_is_not_reproduced(journey: Journey) -> None:
    with connect() as connection:
        connection.execute("update raw.extract set pruned_on = %s where extract_date = %s", [THIRD, FIRST])
    with pytest.raises(night.NightError, match="pruned"):
        reproduce(FIRST)


def test_maintenance_drops_what_was_reproduced_long_ago(journey: Journey) -> None:
    today = settings().today()
    assert maintenance.drop_reproductions(today) == []
    later = today + timedelta(days=settings().keep_outbox_days + 2)
    assert {"marts_20201231", "reconciliation_20201231"} <= set(maintenance.drop_reproductions(later))
    assert maintenance.drop_reproductions(later) == []
