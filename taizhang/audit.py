"""The audit trail: who did what, in a table that is only ever added to.

What changes a table that matters is recorded by the table itself, whoever changes it (`sql/audit.sql`). Here is
recorded what changes none: what was read, and by whom.
"""

from pathlib import Path
from typing import Literal

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from taizhang.warehouse import connect, migrate

_BLOCK = 1024 * 1024
Action = Literal["sql", "trace", "backup", "restore", "revoke"]


def record(action: Action, subject: str, **details: object) -> None:
    """Record what somebody does, before it is done. Nothing of a person may be in it but surrogate keys."""
    with connect() as connection:
        if connection.execute("select to_regclass('audit.event')").fetchone() == (None,):
            migrate()  # a warehouse that has had no night of this version
        connection.execute(
            "insert into audit.event (action, subject, details) values (%s, %s, %s)", [action, subject, Jsonb(details)]
        )


def write_events(connection: psycopg.Connection[TupleRow], path: Path) -> None:
    """Write every event to a file, as the transaction sees them."""
    with path.open("wb") as file, connection.cursor().copy("copy audit.event to stdout (format csv, header)") as copy:
        for block in copy:
            file.write(block)


def bring_back_events(path: Path) -> None:
    """Add the events of a file that are not there; none that is there goes."""
    statement = "copy brought_back from stdin (format csv, header)"
    with connect() as connection, path.open("rb") as file:
        connection.execute("create temporary table brought_back (like audit.event) on commit drop")
        with connection.cursor().copy(statement) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        connection.execute("insert into audit.event select * from brought_back on conflict (event_id) do nothing")
