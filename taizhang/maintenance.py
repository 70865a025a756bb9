"""Maintenance: what has grown old goes, so that a warehouse that runs for years stays as large as it has to be.

What an extract said goes only when a newer one took its place so long ago that nobody asks any more; that it was
handed in, by whom, and how many rows it had, stays for ever in `raw.extract`.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from upath import UPath

from taizhang import archive
from taizhang.contract import LEDGERS
from taizhang.settings import settings
from taizhang.store import remove_folder
from taizhang.warehouse import connect

_DATED_OUTBOX = ("receipts", "worklists", "alerts")
_PARTS = (*LEDGERS, "rejected_row", "problem")
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Pruned:
    """What history lost: extracts whose rows went, those rows, and files of the archive."""

    extracts: int
    rows: int
    files: int


def prune_history(today: date) -> Pruned:
    """Remove the rows and the bytes of extracts that were superseded `keep_history_days` ago or longer."""
    before = today - timedelta(days=settings().keep_history_days)
    with connect("loader") as connection:
        _keep_loads_out(connection)
        old = _superseded(connection, before)
        rows = sum(_delete(connection, part, old) for part in _PARTS)
        connection.execute("update raw.extract set pruned_on = %s where extract_id = any(%s)", [today, old])
    with connect("loader") as connection:
        # Bytes do not come back as rows do: they go once it is certain that nothing refers to them.
        _keep_loads_out(connection)
        files = archive.remove(_unneeded(connection))
    return Pruned(len(old), rows, files)


def _keep_loads_out(connection: psycopg.Connection[TupleRow]) -> None:
    """Until the transaction ends; a load asks what is known of a file and what is kept, and then relies on it."""
    connection.execute("lock table raw.extract in share row exclusive mode")


def _superseded(connection: psycopg.Connection[TupleRow], before: date) -> list[int]:
    """Extracts whose place a newer one took before a day; a refused file's, when its path was read again."""
    rows = connection.execute(
        """
        select old.extract_id
        from raw.extract as old
        where
            old.pruned_on is null
            and exists (
                select from raw.extract as newer
                where
                    newer.division_code = old.division_code
                    and newer.loaded_at < %(before)s
                    and case old.status
                        when 'rejected' then newer.path = old.path and newer.extract_id > old.extract_id
                        else
                            (newer.status, newer.ledger, newer.level, newer.period)
                            = (old.status, old.ledger, old.level, old.period)
                            and (newer.extract_date, newer.extract_id) > (old.extract_date, old.extract_id)
                    end
            )
        """,
        {"before": before},
    ).fetchall()
    return [extract_id for (extract_id,) in rows]


def _delete(connection: psycopg.Connection[TupleRow], part: str, extract_ids: list[int]) -> int:
    statement = sql.SQL("delete from {} where extract_id = any(%s)").format(sql.Identifier("raw", part))
    return connection.execute(statement, [extract_ids]).rowcount


def _unneeded(connection: psycopg.Connection[TupleRow]) -> set[str]:
    """The bytes to which only pruned extracts refer."""
    rows = connection.execute("select sha256 from raw.extract group by sha256 having bool_and(pruned_on is not null)")
    return {sha256 for (sha256,) in rows}


def prune_outbox(today: date) -> int:
    """Remove receipts, worklists and alerts of dates older than `keep_outbox_days`. Returns how many entries."""
    before = today - timedelta(days=settings().keep_outbox_days)
    old = [path for path, day in _dated(settings().outbox_dir) if day < before]
    for path in old:
        remove_folder(path) if path.is_dir() else path.unlink()
    return len(old)


def _dated(outbox: UPath) -> Iterator[tuple[UPath, date]]:
    """Everything in the outbox that is named by a date, as `2020-12-31` or `2020-12-31.md`."""
    for folder in (outbox / name for name in _DATED_OUTBOX):
        for path in folder.iterdir() if folder.is_dir() else ():
            try:
                yield path, date.fromisoformat(path.name[:10])
            except ValueError:
                continue


_OLD_REPRODUCTIONS = """
select nspname
from pg_namespace
where
    nspname ~ '^(staging|intermediate|marts|reconciliation)_[0-9]{8}$'
    and not exists (
        select from reconciliation.night
        where is_reproduction and to_char(night_date, 'YYYYMMDD') = right(nspname, 8) and started_at >= %s
    )
order by nspname
"""


def drop_reproductions(today: date) -> list[str]:
    """Drop the schemas of nights that were reproduced more than `keep_outbox_days` ago. Returns their names."""
    before = today - timedelta(days=settings().keep_outbox_days)
    with connect() as connection:
        schemas = [schema for (schema,) in connection.execute(_OLD_REPRODUCTIONS, [before])]
        for schema in schemas:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
    return schemas


def prune_logs() -> int:
    """Remove log files that nobody has written to for `keep_logs_days`. Returns how many."""
    before = time.time() - settings().keep_logs_days * _DAY_SECONDS
    folders = (settings().airflow_home / "logs", settings().home / "dbt" / "logs")
    files = [Path(at) / name for folder in folders for at, _, names in os.walk(folder) for name in names]
    old = [path for path in files if not path.is_symlink() and path.stat().st_mtime < before]
    for path in old:
        path.unlink()
    return len(old)


def vacuum() -> None:
    """Give room back to Postgres, and tell its planner how the tables have grown."""
    with connect(autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
