"""What must hold of a county whatever happened to it.

Nothing is taken from what the loader counted: the files are read again, from the archive.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from taizhang import archive
from taizhang.contract import LEDGERS
from taizhang.division import divisions
from taizhang.extract import Extract, HandedIn, read_files
from taizhang.settings import settings
from taizhang.warehouse import connect

Connection: TypeAlias = psycopg.Connection[Any]
Key: TypeAlias = tuple[str, str, str, date]
"""Path, sha256, ledger and period of an extract."""
Places: TypeAlias = set[tuple[str, int]]
"""Sheet and row."""


@dataclass
class Examination:
    """What was found: rows of the loaded files, how many of them the warehouse has not, and what does not hold.

    `facts` are counts of what analysts read; two counties of the same extracts have the same.
    """

    files: int = 0
    rows: int = 0
    lost: int = 0
    partial: int = 0
    doubled: int = 0
    broken: list[str] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)


def examine(*, after_night: bool) -> Examination:
    """Look at the county of this process; `after_night`, at what a whole night has to leave behind, too."""
    found = Examination()
    with connect() as connection:
        _compare_with_archive(connection, found)
        _find_doubles(connection, found)
        _compare_with_audit(connection, found)
        if after_night:
            found.broken += _left_undone(connection)
            found.facts = _facts(connection)
    if after_night:
        found.broken += [f"{path} was left behind" for path in _leftovers()]
    return found


def _compare_with_archive(connection: Connection, found: Examination) -> None:
    """Every loaded file has all the extracts, and every extract all the rows, that its archived bytes have."""
    kept, rejected = _rows_kept(connection), _rows_of(connection, "rejected_row")
    in_files = _read_again(connection)
    found.files = len({(path, sha256) for path, sha256, _, _ in in_files})
    for key, extract in in_files.items():
        accepted, refused = _places(extract, "accepted"), _places(extract, "rejected")
        found.rows += len(accepted) + len(refused)
        loaded = _ids(connection, key)
        if not loaded:
            found.partial += 1
            found.lost += len(accepted) + len(refused)
            found.broken.append(f"{key}: the file is loaded without this extract")
        for extract_id in loaded:
            missing = (accepted - kept[extract_id]) | (refused - rejected[extract_id])
            added = (kept[extract_id] - accepted) | (rejected[extract_id] - refused)
            if missing or added:
                found.partial += 1
                found.lost += len(missing)
                found.broken.append(f"{key}: {len(missing)} rows are missing, {len(added)} are of no file")
            del kept[extract_id], rejected[extract_id]
    found.broken += [f"{len(rows)} rows belong to the extract {number}, which is not there"
                     for rest in (kept, rejected) for number, rows in rest.items() if rows]  # fmt: skip


def _read_again(connection: Connection) -> dict[Key, Extract]:
    files = connection.execute(
        "select distinct path, sha256, division_code, extract_date from raw.extract where ledger is not null"
    ).fetchall()
    handed_in = [
        HandedIn(_whole(sha256), divisions()[code], day, name=Path(path).name) for path, sha256, code, day in files
    ]
    return {
        (path, sha256, extract.ledger, extract.period): extract
        for (path, sha256, _, _), file in zip(files, read_files(handed_in), strict=True)
        for extract in file.extracts
    }


def _whole(sha256: str) -> bytes:
    content = archive.kept(sha256)
    assert hashlib.sha256(content).hexdigest() == sha256, f"{archive.path_of(sha256)} is damaged"
    return content


def _places(extract: Extract, part: str) -> Places:
    return set(getattr(extract, part).select("sheet", "row_number").iter_rows())


def _rows_kept(connection: Connection) -> dict[int, Places]:
    kept: dict[int, Places] = defaultdict(set)
    for ledger in LEDGERS:
        kept.update(_rows_of(connection, ledger))
    return kept


def _rows_of(connection: Connection, table: str) -> dict[int, Places]:
    places: dict[int, Places] = defaultdict(set)
    query = sql.SQL("select extract_id, sheet, row_number from {}").format(sql.Identifier("raw", table))
    for extract_id, sheet, row_number in connection.execute(query):
        places[extract_id].add((sheet, row_number))
    return places


def _ids(connection: Connection, key: Key) -> list[int]:
    rows = connection.execute(
        "select extract_id from raw.extract where (path, sha256, ledger, period) = (%s, %s, %s, %s)",
        key,
    )
    return [number for (number,) in rows]


def _find_doubles(connection: Connection, found: Examination) -> None:
    doubles = connection.execute(
        """
        with known as (
            select path, sha256, lag(sha256) over (
                partition by division_code, path, ledger, period order by extract_id
            ) as before
            from raw.extract
        )
        select path from known where sha256 = before
        """
    ).fetchall()
    found.doubled = len(doubles)
    found.broken += [f"{path} is loaded twice" for (path,) in doubles]


def _compare_with_audit(connection: Connection, found: Examination) -> None:
    """What is loaded was recorded, and what was recorded is loaded."""
    unlike = connection.execute(
        """
        with recorded as (
            select (details ->> 'extract_id')::bigint as extract_id, details ->> 'sha256' as sha256
            from audit.event
            where action = 'insert' and subject = 'raw.extract'
        )
        select extract_id from recorded full join raw.extract using (extract_id, sha256)
        where recorded.sha256 is null or extract.path is null
        """
    ).fetchall()
    found.broken += [f"the extract {number} and the audit disagree" for (number,) in unlike]


_LEFT_UNDONE = {
    "the last night is not published": "select from (select status from reconciliation.night"
    " order by night_id desc limit 1) as night where status <> 'published'",
    "a night has not been closed": "select from reconciliation.night where ended_at is null",
    "a receipt is owed": "select from raw.extract left join raw.receipt using (extract_id)"
    " where receipt.extract_id is null",
    "tables are left in the schemas of the build": "select from pg_tables"
    " where schemaname in ('marts_next', 'reconciliation_next')",
    "a person of the ledgers is not registered": "select id_no from raw.employment except select id_no"
    " from vault.person",
    "a session holds a lock of a night": "select from pg_locks where locktype = 'advisory'",
}
"""What is wrong if the query has a row."""


def _left_undone(connection: Connection) -> Iterator[str]:
    yield from (told for told, query in _LEFT_UNDONE.items() if connection.execute(query).rowcount)
    # What a division says once more, in another file, need not be read again.
    read = {sha256 for (sha256,) in connection.execute("select distinct sha256 from raw.extract")}
    for path in settings().inbox_dir.rglob("*"):
        relative = path.relative_to(settings().inbox_dir)
        if path.is_file() and len(relative.parts) > 1:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            if sha256 not in read:
                yield f"{relative} was never read"


def _facts(connection: Connection) -> dict[str, int]:
    tables = ("marts.dim_labourer", *(f"marts.fct_{ledger}" for ledger in LEDGERS))
    counts = {table: f"select count(*) from {table}" for table in tables}
    counts["open breaks"] = "select count(*) from reconciliation.ledger_break where status = 'open'"
    counts["fen paid"] = "select coalesce(sum(amount * 100), 0)::bigint from marts.fct_subsidy"
    return {name: connection.execute(query).fetchall()[0][0] for name, query in counts.items()}


def _leftovers() -> Iterator[Path]:
    yield from settings().archive_dir.glob("*/.*")
    yield from settings().outbox_dir.rglob(".partial-*")
