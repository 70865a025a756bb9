"""The publish: what readers see before it, meanwhile and after it, and what stops it."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import sql

from taizhang import publish as publishing
from taizhang.publish import PublishError, publish
from taizhang.warehouse import connect

TABLES = {"dim_labourer": "marts", "fct_employment": "marts", "agreement": "reconciliation"}
MAKE_TABLE = """
create table {table} as select {night} as night;
comment on table {table} is {night};
comment on column {table}.night is 'Of which night it is. 哪一晚';
grant select on {table} to analyst;
"""


def make(night: str, *tables: str, suffix: str = "") -> None:
    """Make tables as a build does: to be read by analysts, described, each telling of which night it is."""
    with connect("transformer") as connection:
        for name in tables:
            table = sql.Identifier(TABLES[name] + suffix, name)
            connection.execute(sql.SQL(MAKE_TABLE).format(table=table, night=sql.Literal(night)))


def read(reader: psycopg.Connection[Any], name: str) -> str:
    query = sql.SQL("select night from {}").format(sql.Identifier(TABLES[name], name))
    ((night,),) = reader.execute(query).fetchall()
    return str(night)


def seen_by_analysts() -> dict[str, str]:
    with connect("analyst") as reader:
        return {name: read(reader, name) for name in TABLES}


def tell(query: str) -> list[Any]:
    with connect() as connection:
        return [value for (value,) in connection.execute(query).fetchall()]


@pytest.fixture
def built(clean_warehouse: None) -> None:
    make("yesterday", *TABLES)
    make("tonight", *TABLES, suffix="_next")


ALL_YESTERDAY = dict.fromkeys(TABLES, "yesterday")
ALL_TONIGHT = dict.fromkeys(TABLES, "tonight")


def test_every_table_takes_the_place_of_yesterdays_and_analysts_read_it(built: None) -> None:
    assert seen_by_analysts() == ALL_YESTERDAY
    publish(1)
    assert seen_by_analysts() == ALL_TONIGHT
    assert tell("select tablename from pg_tables where schemaname in ('marts_next', 'reconciliation_next')") == []


def test_tables_keep_their_descriptions(built: None) -> None:
    publish(1)
    assert tell("select obj_description('marts.fct_employment'::regclass)") == ["tonight"]
    assert tell("select col_description('marts.fct_employment'::regclass, 1)") == ["Of which night it is. 哪一晚"]


def test_the_first_night_has_nothing_to_take_the_place_of(clean_warehouse: None) -> None:
    make("tonight", *TABLES, suffix="_next")
    publish(1)
    assert seen_by_analysts() == ALL_TONIGHT


def test_a_night_on_which_nothing_changed_leaves_the_marts_as_they_are(clean_warehouse: None) -> None:
    make("yesterday", *TABLES)
    make("tonight", "agreement", suffix="_next")
    publish(1)
    assert seen_by_analysts() == ALL_YESTERDAY | {"agreement": "tonight"}


def test_a_task_that_is_run_again_publishes_nothing_more(built: None) -> None:
    publish(1)
    publish(1)
    assert seen_by_analysts() == ALL_TONIGHT


def test_the_records_of_the_nights_themselves_stay(built: None) -> None:
    with connect() as connection:
        connection.execute("insert into reconciliation.night (night_date) values ('2020-12-31')")
    publish(1)
    assert tell("select night_date::text from reconciliation.night") == ["2020-12-31"]


# Readers who are at work meanwhile


def wait_until_it_waits(published: Future[None]) -> None:
    with connect(autocommit=True) as connection:
        while not published.done():
            if connection.execute("select from pg_locks where not granted").rowcount:
                return


@pytest.mark.parametrize("read_first", TABLES)
def test_a_transaction_that_has_begun_to_read_sees_yesterdays_tables_to_its_end(built: None, read_first: str) -> None:
    with ThreadPoolExecutor(1) as pool, connect("analyst") as reader:
        read(reader, read_first)
        published = pool.submit(publish, 1)
        wait_until_it_waits(published)
        seen = {name: read(reader, name) for name in TABLES}
    published.result()
    assert seen == ALL_YESTERDAY
    assert seen_by_analysts() == ALL_TONIGHT


def test_a_reader_who_does_not_let_go_stops_the_publish(built: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_ATTEMPTS", 1)
    with connect("analyst") as reader:
        read(reader, "fct_employment")
        with pytest.raises(PublishError, match="night 7 is not published: a reader kept its lock"):
            publish(7)
    assert seen_by_analysts() == ALL_YESTERDAY


def test_a_view_that_is_not_ours_stops_the_publish_and_is_named(built: None) -> None:
    with connect() as connection:
        connection.execute("create view marts.my_own_view as select * from marts.fct_employment")
    with pytest.raises(PublishError, match=r"night 7 is not published: view marts\.my_own_view .* drop or move"):
        publish(7)
    assert seen_by_analysts() == ALL_YESTERDAY
