"""Publish: analysts see tonight's tables all at once, or go on seeing the old ones."""

import time

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from taizhang.warehouse import connect

_SCHEMAS = {"marts_next": "marts", "reconciliation_next": "reconciliation"}
# Shorter than `deadlock_timeout` (1s): a reader who waits for us while we wait for it never has to be cancelled.
_LOCK_TIMEOUT = "500ms"
_ATTEMPTS = 12


class PublishError(RuntimeError):
    """The new tables could not take the place of the old ones, which stay."""


def publish(night_id: int) -> None:
    """Move what the night built into the schemas that people read, in one transaction.

    A reader's lock is waited for in short turns, so that other readers do not queue behind this transaction.
    Raises `PublishError` where a reader does not let go, or a view that is not ours stands on a table.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with connect("transformer") as connection:
                _swap(connection)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(attempt)
        except psycopg.errors.DependentObjectsStillExist as error:
            raise PublishError(
                f"night {night_id} is not published: {error.diag.message_detail};"
                " drop or move that view, then run again"
            ) from error
        else:
            return
    raise PublishError(f"night {night_id} is not published: a reader kept its lock; end its session, then run again")


def _swap(connection: psycopg.Connection[TupleRow]) -> None:
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
    built = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by tablename",
        [list(_SCHEMAS)],
    ).fetchall()
    for schema, table in built:
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(_SCHEMAS[schema], table)))
        connection.execute(
            sql.SQL("alter table {} set schema {}").format(
                sql.Identifier(schema, table), sql.Identifier(_SCHEMAS[schema])
            )
        )
