"""The build: dbt in the warehouse's own Postgres, the models' unit tests, and what a failure may say."""

import socket
from contextlib import nullcontext, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest
from sqlalchemy.engine import make_url

from taizhang import build, night
from taizhang.warehouse import connect
from tests.extracts import DAY, MALE, record_extract


@pytest.fixture
def empty_models(clean_warehouse: Path) -> None:
    """Every seed as it is and every model without a row: what dbt's unit tests learn the columns from."""
    build.run_dbt(DAY, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


def test_the_models_unit_tests_pass(empty_models: None) -> None:
    assert build.run_dbt(DAY, "test", "--select", "test_type:unit")


@pytest.mark.parametrize(
    "failing",
    [
        "perform name::integer from staging.row_of_a_person",
        "insert into staging.row_of_a_person select name, null from staging.row_of_a_person",
    ],
    ids=["a value in the message", "a row in the detail"],
)
def test_a_failure_names_what_failed_but_no_value(warehouse: Path, failing: str) -> None:
    body = f"begin {failing}; return 1; end"
    with connect("transformer") as connection:
        connection.execute("create table staging.row_of_a_person (name text, rows integer not null)")
        connection.execute("insert into staging.row_of_a_person values (%s, 1)", [f"张三 {MALE}"])
        connection.execute(f"create function staging.fails() returns int language plpgsql as $${body}$$".encode())
    with pytest.raises(build.BuildError, match=r"invalid input syntax|null value in column") as failure:
        build.run_dbt(DAY, "show", "--inline", "select staging.fails()")
    with connect("transformer") as connection:
        connection.execute("drop function staging.fails; drop table staging.row_of_a_person")
    told = [str(failure.value), *(path.read_text("utf-8", "replace") for path in _logs(warehouse))]
    assert "inline_query" in told[1]
    assert not [text for text in told if MALE in text or "张三" in text]


def _logs(home: Path) -> list[Path]:
    """What dbt and Postgres leave behind in text, the newest lines of all."""
    return [*(home / "dbt" / "logs").iterdir(), home / "postgres" / "log", *(home / "dbt").glob("target/*.json")]


@pytest.mark.parametrize(("days", "is_fresh"), [(34, True), (71, False)])
def test_the_ledgers_are_stale_when_nothing_came_for_two_months(
    clean_warehouse: Path, days: int, is_fresh: bool
) -> None:
    record_extract(1, is_rejected=True)
    with connect() as connection:
        connection.execute("update raw.extract set loaded_at = now() - make_interval(days => %s)", [days])
    with nullcontext() if is_fresh else pytest.raises(build.BuildError, match="extract"):
        build.run_dbt(DAY, "source", "freshness")


def test_a_view_in_which_the_nights_date_stands_is_made_anew_each_night(empty_models: None) -> None:
    """Else it keeps the date of the last night on which something was handed in; and so do those that stand on it."""
    with connect() as connection:
        dated = connection.execute(
            """
            with recursive dated as (
                select viewname::text as name from pg_views
                where schemaname in ('staging', 'intermediate') and definition like %s
                union
                select view_name::text from information_schema.view_table_usage inner join dated on name = table_name
            )
            select name from dated
            """,
            [f"%{DAY}%"],
        ).fetchall()
    models = (build.DBT_PROJECT / "models").rglob("*.sql")
    nightly = {(path.stem,) for path in models if "tags=['nightly']" in path.read_text("utf-8")}
    assert {("stg_worklist_answer",), ("int_report__submission",)} <= set(dated) <= nightly


def test_what_an_unpublished_night_left_behind_is_not_built_upon(empty_models: None) -> None:
    with connect("transformer") as connection:
        connection.execute("create table marts_next.left_behind ()")
    result = build.build(night.open_night(DAY), DAY)
    assert (result.marts_schema, result.skipped) == ("marts_next", False)
    assert result.seconds["fct_employment"] > 0
    assert not [name for name in result.seconds if name.startswith(("not_null_", "unique_", "subsidy_policy"))]
    with connect() as connection:
        assert connection.execute("select to_regclass('marts_next.left_behind')").fetchone() == (None,)


def test_dbt_says_nothing_to_a_server_that_cannot_be_verified(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = SimpleQueue[bytes]()

    def pretend(server: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = server.accept()
                client.recv(8)  # it asks for TLS
                client.sendall(b"N")
                said.put(client.recv(1000))
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=pretend, args=[server], daemon=True).start()
        port = server.getsockname()[1]
        url = f"postgresql://li:{MALE}@127.0.0.1:{port}/taizhang?sslmode=verify-full"  # pragma: allowlist secret
        monkeypatch.setattr(build, "warehouse_url", lambda: make_url(url))
        with pytest.raises(build.BuildError, match="server does not support SSL"):
            build.run_dbt(DAY, "show", "--inline", "select 1")
    assert said.get(timeout=10) == b""
