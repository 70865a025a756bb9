"""The same extracts in another order: whoever hands in first, the tables say the same."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from psycopg import sql

from taizhang.build import run_dbt
from taizhang.demo import write_demo
from taizhang.demo.figures import FEWEST_PEOPLE
from taizhang.load import load_folder, register_people
from taizhang.night import close_night, open_night
from taizhang.steps import folders
from taizhang.warehouse import connect

NIGHTS = date(2020, 12, 31), date(2021, 1, 1)
HANDED_IN = "2020-12-31"
OF_PERSONS = ("labourer_key", "payee_key", "person_key", "candidate_key")
# A person's key is a number in the order of arrival, so that it tells nothing of whom it stands for; what is made of
# it follows. An extract has its number in that order too.
OF_THE_ORDER = ["break_id", "suspicion_id", "county_extract_id", "township_extract_id", "village_extract_id"]

Rows = dict[str, list[str]]


@pytest.fixture(scope="module")
def orders(empty_warehouse: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Rows]:
    """What is built where the villages come a night after the others, and where they come a night before."""
    demo = tmp_path_factory.mktemp("demo")
    write_demo(demo, people=FEWEST_PEOPLE)

    def build_of(*arrivals: tuple[str, ...]) -> Rows:
        empty_warehouse()
        inbox = tmp_path_factory.mktemp("inbox")
        for night_date, levels in zip(NIGHTS, arrivals, strict=True):
            _arrive(demo, inbox, levels, night_date)
        run_dbt(NIGHTS[-1], "build", "--exclude-resource-types", "test", "unit_test")
        return _rows()

    above, villages = ("county", "township"), ("village",)
    return build_of(above, villages), build_of(villages, above)


def test_marts_and_breaks_are_the_same_whoever_hands_in_first(orders: tuple[Rows, Rows]) -> None:
    one, other = orders
    assert one["marts_next.fct_employment"]
    assert one["reconciliation_next.ledger_break"]
    assert set(one) == set(other)
    assert {table: unlike for table in one if (unlike := sorted({*one[table]} ^ {*other[table]}))} == {}
    assert {table: len(rows) for table, rows in one.items()} == {table: len(rows) for table, rows in other.items()}


def _arrive(demo: Path, inbox: Path, levels: tuple[str, ...], night_date: date) -> None:
    """Some levels hand in, all for the same date, and a night loads it."""
    for level in levels:
        shutil.copytree(demo / HANDED_IN / level, inbox / HANDED_IN / level)
    night_id = open_night(night_date)
    for folder in folders():
        load_folder(night_id, folder["division_code"], inbox=inbox, night_date=night_date)
    register_people()
    close_night(night_id)


def _rows() -> Rows:
    """The rows of every table that was built, persons by their number and without what tells the order."""
    with connect() as connection:
        tables = connection.execute(
            "select table_schema, table_name, array_agg(column_name::text) from information_schema.columns"
            " where table_schema in ('marts_next', 'reconciliation_next') and table_name <> 'night'"
            " group by table_schema, table_name"
        ).fetchall()
        found = {}
        for schema, table, columns in tables:
            persons = sql.SQL(", ").join(
                sql.SQL("{}, (select id_no from vault.person where person_key = built.{})").format(
                    sql.Literal(column), sql.Identifier(column)
                )
                for column in OF_PERSONS
                if column in columns
            )
            query = sql.SQL(
                "select ((to_jsonb(built) - %s::text[]) || jsonb_build_object({}))::text from {} as built order by 1"
            )
            rows = connection.execute(query.format(persons, sql.Identifier(schema, table)), [OF_THE_ORDER]).fetchall()
            found[f"{schema}.{table}"] = [row for (row,) in rows]
        return found
