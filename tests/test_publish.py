"""The publish: what readers see before it, meanwhile and after it, and what stops it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
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


def test_a_table_whose_model_is_no_more_goes_once_everything_is_built(clean_warehouse: None) -> None:
    make("yesterday", *TABLES)
    make("tonight", "dim_labourer", "fct_employment", suffix="_next")
    with connect() as connection:
        connection.execute("insert into reconciliation.night (night_date) values ('2020-12-31')")
    publish(1, is_whole=True)
    assert tell("select tablename from pg_tables where schemaname = 'marts' order by 1") == [
        "dim_labourer",
        "fct_employment",
    ]
    assert tell("select to_regclass('reconciliation.agreement')") == [None]
    assert tell("select count(*) from reconciliation.night") == [1]


def test_a_publish_of_everything_that_is_run_again_drops_nothing(built: None) -> None:
    publish(1, is_whole=True)
    publish(1, is_whole=True)
    assert seen_by_analysts() == ALL_TONIGHT


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


def test_a_transaction_that_has_read_anything_published_sees_that_night_to_its_end(clean_warehouse: None) -> None:
    """Also on a night that replaces less than it reads."""
    make("yesterday", *TABLES)
    make("tonight", "agreement", suffix="_next")
    with ThreadPoolExecutor(1) as pool, connect("analyst") as reader:
        read(reader, "fct_employment")
        published = pool.submit(publish, 1)
        wait_until_it_waits(published)
        assert read(reader, "agreement") == "yesterday"
    published.result()
    assert seen_by_analysts()["agreement"] == "tonight"


def test_a_snapshot_from_before_the_build_never_finds_the_new_tables_empty(
    clean_warehouse: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_ATTEMPTS", 1)
    make("yesterday", *TABLES)
    with connect("analyst") as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("select 1")
        make("tonight", *TABLES, suffix="_next")
        with pytest.raises(PublishError, match="a reader kept its lock"):
            publish(7)
        assert {name: read(reader, name) for name in TABLES} == ALL_YESTERDAY
    publish(8)
    assert seen_by_analysts() == ALL_TONIGHT


NIGHT_OF_EACH = " union all ".join(f"select night from {schema}.{name}" for name, schema in TABLES.items())


def read_until(stop: Event, isolation: psycopg.IsolationLevel) -> list[set[str]]:
    """Which nights each transaction of one analyst saw, in one statement of all tables or in one for each."""
    seen = []
    with connect("analyst") as reader:
        reader.isolation_level = isolation
        while not stop.is_set():
            with reader.transaction():
                together = {night for (night,) in reader.execute(NIGHT_OF_EACH.encode()).fetchall()}
            with reader.transaction():
                one_by_one = [read(reader, name) for name in TABLES]
            seen += [together, set(one_by_one)]
            reader.commit()
    return seen


def test_ten_analysts_who_read_while_nights_are_published_see_no_error_and_no_mixed_night(built: None) -> None:
    stop = Event()
    isolations = [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ] * 5
    nights = [f"night {number}" for number in range(6)]
    with ThreadPoolExecutor(len(isolations)) as pool:
        analysts = [pool.submit(read_until, stop, isolation) for isolation in isolations]
        try:
            for number, night in enumerate(nights):
                publish(number)
                make(night, *TABLES, suffix="_next")
            publish(len(nights))
        finally:
            stop.set()
    seen = [transaction for analyst in analysts for transaction in analyst.result()]
    assert {len(transaction) for transaction in seen} == {1}
    assert len(set.union(*seen)) > 2
    assert seen_by_analysts() == dict.fromkeys(TABLES, nights[-1])


# What comes with a table


def test_policies_keys_and_indexes_come_with_the_table_night_after_night(clean_warehouse: None) -> None:
    kept = []
    for night in ("yesterday", "tonight"):
        make(night, *TABLES, suffix="_next")
        with connect("transformer") as connection:
            connection.execute(
                "alter table marts_next.fct_employment add primary key (night);"
                "create index by_night on marts_next.fct_employment (night);"
                "create policy own on marts_next.fct_employment for select to analyst using (night <> 'x');"
                "alter table marts_next.fct_employment enable row level security"
            )
        publish(1)
        kept.append(
            tell("select indexname from pg_indexes where schemaname = 'marts' order by 1")
            + tell("select policyname from pg_policies where schemaname = 'marts'")
            + tell("select relrowsecurity from pg_class where oid = 'marts.fct_employment'::regclass")
        )
    assert kept == [["by_night", "fct_employment_pkey", "own", True]] * 2


# What others have made of the tables


@pytest.fixture
def others_schema(built: None) -> Iterator[None]:
    """A schema of an analyst's own, who is a role of her own."""
    with connect() as connection:
        connection.execute("create role li in role analyst; create schema li authorization li")
        connection.execute("grant usage on schema li to analyst")
    yield
    with connect() as connection:
        connection.execute("drop schema li cascade; drop role li")


def as_li(statements: str) -> None:
    with connect() as connection:
        connection.execute("set local role li")
        connection.execute(statements.encode())


def test_views_of_analysts_go_on_with_the_new_tables(others_schema: None) -> None:
    as_li(
        "create view li.low with (security_invoker = true) as select night, 'a' as letter from marts.fct_employment;"
        "create view li.high as select low.night, night.night as other from li.low, reconciliation.agreement as night;"
        "comment on view li.low is '我的视图'; comment on column li.high.other is '另一列';"
        "grant select on li.low to analyst, public; grant select (other) on li.high to work_team with grant option"
    )
    told = (
        "select array[relname::text, relowner::regrole::text, relacl::text, reloptions::text,"
        " obj_description(c.oid),"
        " string_agg(concat(attname, attacl, col_description(c.oid, attnum)), ',' order by attnum)]"
        " from pg_class c join pg_attribute on attrelid = c.oid and attnum > 0"
        " where relnamespace = 'li'::regnamespace group by c.oid order by relname"
    )
    before = tell(told)
    publish(1)
    assert tell(told) == before
    assert tell("select row(low, high)::text from li.low, li.high") == ['("(tonight,a)","(tonight,tonight)")']


def test_a_view_that_does_not_fit_the_new_tables_stops_the_publish_and_is_named(others_schema: None) -> None:
    as_li("create view li.mine as select night from marts.fct_employment")
    with connect("transformer") as connection:
        connection.execute("alter table marts_next.fct_employment rename night to evening")
    with pytest.raises(PublishError, match=r"night 7 .* view li\.mine, of li, does not fit .*night.* mend or drop it"):
        publish(7)
    assert seen_by_analysts() == ALL_YESTERDAY
    assert tell("select night from li.mine") == ["yesterday"]


def test_a_view_on_a_table_whose_model_is_no_more_stops_the_publish_and_is_named(others_schema: None) -> None:
    as_li("create view li.mine as select night from reconciliation.agreement")
    with connect("transformer") as connection:
        connection.execute("drop table reconciliation_next.agreement")
    with pytest.raises(PublishError, match=r"view li\.mine, of li, does not fit .*agreement.* mend or drop it"):
        publish(7, is_whole=True)
    assert tell("select night from li.mine") == ["yesterday"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("create materialized view li.kept as select night from marts.fct_employment", "view li.kept"),
        (
            "create function li.nights() returns bigint begin atomic select count(*) from marts.fct_employment; end",
            r"function li\.nights\(\)",
        ),
    ],
)
def test_what_cannot_be_carried_over_stops_the_publish_and_is_named(
    others_schema: None, statement: str, named: str
) -> None:
    as_li(statement)
    with pytest.raises(PublishError, match=f"night 7 is not published: {named} stands on .* drop or move it"):
        publish(7)
    assert seen_by_analysts() == ALL_YESTERDAY


@pytest.mark.parametrize(
    "statement",
    [
        "create temporary view mine as select night from marts.fct_employment",
        "create function pg_temp.mine() returns text begin atomic select night from marts.fct_employment; end",
    ],
)
def test_what_one_session_has_made_for_itself_does_not_stop_the_publish(built: None, statement: str) -> None:
    with connect("analyst", autocommit=True) as analyst:
        analyst.execute(statement.encode())
        publish(1)
    assert seen_by_analysts() == ALL_TONIGHT
