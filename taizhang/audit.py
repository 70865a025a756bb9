"""The audit trail: who did what, in a table that is only ever added to.

What changes a table that matters is recorded by the table itself, whoever changes it (`sql/audit.sql`). Here is
recorded what changes none: what was read, and by whom.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from taizhang.warehouse import connect, migrate

_BLOCK = 1024 * 1024
_LEFT_OUT = "…"
# A name is kept where it is Postgres' own or of one of our tables: those are told, and not who is asked for.
_KNOWN = """
with ours as (
    select oid from pg_namespace
    where nspname in ('pg_catalog', 'information_schema', 'audit')
    or pg_get_userbyid(nspowner) in ('loader', 'transformer')
),
known as (
    select word from pg_get_keywords()
    union all
    select nspname from pg_namespace where oid in (select oid from ours)
    union all
    select proname from pg_proc where pronamespace in (select oid from ours)
    union all
    select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace
    union all
    select relname from pg_class where relnamespace in (select oid from ours)
    union all
    select attname from pg_attribute
    where attrelid in (select oid from pg_class where relnamespace in (select oid from ours))
)
select word from unnest(%s::text[]) as word where word in (select word from known)
"""
Action = Literal["sql", "trace", "backup", "restore", "revoke"]


def record(action: Action, subject: str, **details: object) -> None:
    """Record what somebody does, before it is done. Nothing of a person may be in it but surrogate keys."""
    with connect() as connection:
        if connection.execute("select to_regclass('audit.event')").fetchone() == (None,):
            migrate()  # a warehouse that has had no night of this version
        connection.execute(
            "insert into audit.event (action, subject, details) values (%s, %s, %s)", [action, subject, Jsonb(details)]
        )


def outline(query: str) -> str:
    """A query as it is recorded: words of SQL and names of our tables, columns and functions, and nothing else.

    No literal, comment, alias or quoted name is in it. What is no SQL is left out whole.
    """
    from sqlglot.errors import TokenError

    try:
        pieces = list(_pieces(query))
    except TokenError:
        return _LEFT_OUT
    with connect() as connection:
        words = [word for piece in pieces for word in piece.lower().split()]
        known = {word for (word,) in connection.execute(_KNOWN, [words])}
    kept = (piece if _is_sign(piece) or known.issuperset(piece.lower().split()) else _LEFT_OUT for piece in pieces)
    return re.sub(f"{_LEFT_OUT}+", _LEFT_OUT, "".join(kept))


def _pieces(query: str) -> Iterator[str]:
    """The tokens of a query, and a blank for whatever stands between two of them."""
    from sqlglot.dialects.postgres import Postgres

    class Tokenizer(Postgres.Tokenizer):
        COMMANDS: ClassVar = set()  # else what follows `explain` would be one token

    end = -1
    for token in Tokenizer().tokenize(query):
        yield from [" "] * (0 <= end < token.start - 1)
        yield query[token.start : token.end + 1]
        end = token.end


def _is_sign(piece: str) -> bool:
    """Whether it is an operator or the like: no word, no number, nothing quoted."""
    return re.search(r"""[\w'"$]|[^\x00-\x7f]""", piece) is None


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
