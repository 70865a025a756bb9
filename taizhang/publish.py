"""Publish: analysts see tonight's tables all at once, or go on seeing the old ones."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from taizhang.view import ViewError, make_again, remember_views
from taizhang.warehouse import connect, wait_for_dump

_SCHEMAS = {"marts_next": "marts", "reconciliation_next": "reconciliation"}
# Shorter than `deadlock_timeout` (1s): a reader who waits for us while we wait for it never has to be cancelled.
_LOCK_TIMEOUT = "500ms"
_ATTEMPTS = 12
# A snapshot from before the tables were filled would find them empty.
_OLD_SNAPSHOTS = """
select from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
and age(backend_xmin) >= (
    select min(age(c.xmin)) from pg_class c where c.relnamespace = any(%s::regnamespace[]) and c.relkind = 'r'
)
"""


class PublishError(RuntimeError):
    """The new tables could not take the place of the old ones, which stay."""


class _Table(NamedTuple):
    schema: str
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def publish(night_id: int, *, is_whole: bool = False) -> None:
    """Move what the night built into the schemas that people read, in one transaction.

    What a night that built everything (`is_whole`) has not built is of a model that is no more, and goes. Tables keep
    the grants, policies, keys and comments that they were built with; others' views on the old ones are made again on
    the new. Readers are waited for in short turns, so that other readers do not queue behind this transaction. Raises
    `PublishError` where a reader does not let go, or something stands on a table that cannot be carried over.
    """
    wait_for_dump()
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if not _is_read_by_old_snapshots():
                with connect("transformer") as connection:
                    _swap(connection, is_whole=is_whole)
                return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            pass
        except ViewError as error:
            raise PublishError(f"night {night_id} is not published: {error}, then run again") from error
        time.sleep(attempt)
    raise PublishError(f"night {night_id} is not published: a reader kept its lock; end its session, then run again")


def _is_read_by_old_snapshots() -> bool:
    """Whether a transaction is open that began to read before tonight's tables were built.

    Asked as who connects, as a role does not see what other roles do.
    """
    with connect() as connection:
        return connection.execute(_OLD_SNAPSHOTS, [list(_SCHEMAS)]).rowcount > 0


def _swap(connection: psycopg.Connection[TupleRow], *, is_whole: bool) -> None:
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
    published, built = _tables(connection, tuple(_SCHEMAS.values())), _tables(connection, tuple(_SCHEMAS))
    if not built:
        return
    # All of them, replaced or not: whoever has read one of them sees this night to the end of the transaction.
    if published:
        connection.execute(
            sql.SQL("lock table {} in access exclusive mode").format(
                sql.SQL(", ").join(table.identifier for table in published)
            )
        )
    gone = [table for table in published if is_whole or table in {_published(new) for new in built}]
    views = remember_views(connection, [table.identifier.as_string(connection) for table in gone])
    for table in gone:
        connection.execute(sql.SQL("drop table {} cascade").format(table.identifier))
    for table in built:
        connection.execute(
            sql.SQL("alter table {} set schema {}").format(table.identifier, sql.Identifier(_SCHEMAS[table.schema]))
        )
    make_again(connection, views)


def _published(table: _Table) -> _Table:
    return _Table(_SCHEMAS[table.schema], table.name)


def _tables(connection: psycopg.Connection[TupleRow], schemas: Sequence[str]) -> list[_Table]:
    """The tables in these schemas that dbt built; the nights' own records are another's."""
    rows = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) and tableowner = 'transformer'"
        " order by schemaname, tablename",
        [list(schemas)],
    ).fetchall()
    return [_Table(*row) for row in rows]
