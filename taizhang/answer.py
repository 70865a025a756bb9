"""Answering: a receipt for each file that was read, in the outbox, for whoever handed it in.

Which receipts are owed is known from the warehouse: one that could not be written is owed still on the next night.
"""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import psycopg
from upath import UPath

from taizhang.archive import kept
from taizhang.division import Division, divisions, office_of
from taizhang.extract import PROBLEM_SCHEMA
from taizhang.parallel import worked_ahead
from taizhang.receipt import Handled, folder_name, receipt
from taizhang.settings import settings
from taizhang.store import write
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)
_NONE = pl.DataFrame(schema=PROBLEM_SCHEMA)
# A division's folders may bear several names, and so hold several files of one name: the first keeps the plain one.
_OWED = """
with first_read as (
    select division_code, extract_date, path, min(extract_id) as extract_id
    from raw.extract
    where division_code = any(%(own)s)
    group by division_code, extract_date, path
),
named as (
    select
        division_code,
        extract_date,
        path,
        row_number() over (
            partition by division_code, extract_date, regexp_replace(path, '.*/', '') order by extract_id
        ) > 1 as has_namesake
    from first_read
)
select
    path,
    sha256,
    division_code,
    extract_date,
    coalesce(array_agg(ledger order by ledger, period) filter (where ledger is not null), '{}'),
    coalesce(array_agg(period order by ledger, period) filter (where ledger is not null), '{}'),
    sum(rows_accepted)::integer,
    sum(rows_rejected)::integer,
    array_agg(extract_id),
    bool_or(status = 'worklist'),
    has_namesake
from raw.extract
join named using (division_code, extract_date, path)
left join raw.receipt using (extract_id)
where receipt.extract_id is null
group by path, sha256, division_code, extract_date, extract.night_id, has_namesake
order by max(extract_id)
"""


class UnansweredError(RuntimeError):
    """Some receipts could not be written; they are owed."""


class _Answered(NamedTuple):
    path: str
    sha256: str
    division_code: str
    extract_date: date
    ledgers: list[str]
    periods: list[date]
    rows_accepted: int
    rows_rejected: int
    extract_ids: list[int]
    is_worklist: bool
    has_namesake: bool


def offices_owed() -> list[Division]:
    """The county and the townships that are owed a receipt for a file of their own or of one of their villages."""
    with connect("loader") as connection:
        owed = connection.execute(
            "select distinct division_code from raw.extract left join raw.receipt using (extract_id)"
            " where receipt.extract_id is null"
        ).fetchall()
    offices = {office_of(divisions()[code]) for (code,) in owed}
    return sorted(offices, key=lambda office: office.code)


def write_receipts(night_id: int, division_code: str) -> int:
    """Write the receipts that are owed to the county, or to a township and its villages. Returns how many.

    They lie in `outbox/receipts/<date>/<level>/<division>/`, readable by their owner only. One that cannot be
    written does not keep the others back; `UnansweredError` tells of it at the end.
    """
    with connect("loader", autocommit=True) as connection:
        owed = _owed(connection, division_code)
        problems = _problems(connection, [number for file in owed for number in file.extract_ids])
        failed: list[_Answered] = []
        for group, failures in worked_ahead(_write_each, _by_division(owed, problems)):
            failed += _note(connection, night_id, [file for file, _ in group], failures)
    if failed:
        first = failed[0].extract_ids[0]
        raise UnansweredError(
            f"{len(failed)} of {len(owed)} receipts could not be written, the first of extract {first};"
            " see the task's log. The next night writes them."
        )
    return len(owed)


def _owed(connection: psycopg.Connection[Any], division_code: str) -> list[_Answered]:
    """The files without a receipt, in the order in which they came: of a file that came twice the later one stays."""
    own = [division.code for division in divisions().values() if division_code in (division.code, division.parent_code)]
    own = [division_code] if divisions()[division_code].level == "county" else own
    rows = connection.execute(_OWED, {"own": own}).fetchall()
    return [_Answered._make(row) for row in rows]


def _problems(connection: psycopg.Connection[Any], extract_ids: list[int]) -> dict[int, pl.DataFrame]:
    """Those of each extract, from its first row to its last and from the left to the right, as clerks go through it."""
    rows = connection.execute(
        "select extract_id, sheet, row_number, column_name, cell, rule, severity, value, message"
        " from raw.problem where extract_id = any(%s) order by"
        " extract_id, sheet nulls first, row_number nulls first, length(cell) nulls first, cell, rule, message",
        [extract_ids],
    ).fetchall()
    problems = pl.DataFrame(rows, schema={"extract_id": pl.Int64, **PROBLEM_SCHEMA}, orient="row")
    parts = problems.partition_by("extract_id", as_dict=True, include_key=False)
    return {number: part for (number,), part in parts.items()}


def _by_division(
    owed: list[_Answered], problems: dict[int, pl.DataFrame]
) -> Iterator[list[tuple[_Answered, pl.DataFrame]]]:
    """Each file with what is told of it; those that lie in one folder, of which a later one may replace another."""
    by_division: dict[str, list[tuple[_Answered, pl.DataFrame]]] = {}
    for file in owed:
        told = pl.concat([_NONE, *(problems.get(number, _NONE) for number in file.extract_ids)])
        by_division.setdefault(file.division_code, []).append((file, told))
    yield from by_division.values()


def _write_each(group: list[tuple[_Answered, pl.DataFrame]]) -> list[str | None]:
    """Write receipts, one after the other; of each that cannot be written, what kind of error says so."""
    failures: list[str | None] = []
    for file, told in group:
        try:
            _write(file, told)
            failures.append(None)
        except Exception as error:  # whatever one file does, the others are to be answered
            # The error's text and its trace could show what is in the file.
            failures.append(type(error).__name__)
    return failures


def _note(
    connection: psycopg.Connection[Any], night_id: int, files: list[_Answered], failures: list[str | None]
) -> list[_Answered]:
    """Note whose receipts are written. Returns those of which they are not, which the log tells."""
    answered = list(zip(files, failures, strict=True))
    connection.execute(
        "insert into raw.receipt (extract_id, night_id) select unnest(%s::bigint[]), %s on conflict do nothing",
        [[number for file, failure in answered if failure is None for number in file.extract_ids], night_id],
    )
    failed = [(file, failure) for file, failure in answered if failure is not None]
    for file, failure in failed:
        _log.error("No receipt for extract %s: %s", file.extract_ids[0], failure)
    return [file for file, _ in failed]


def _write(file: _Answered, problems: pl.DataFrame) -> None:
    division, path = divisions()[file.division_code], Path(file.path)
    handled = Handled(
        path.name,
        division,
        tuple(zip(file.ledgers, file.periods, strict=True)),
        file.rows_accepted,
        file.rows_rejected,
        problems,
        file.is_worklist,
        folder=folder_name(path.parent.parts[1:] or path.parent.parts) if file.has_namesake else "",
    )
    # A refused file may be too large for memory, and there is nothing in it to mark.
    content = kept(file.sha256) if file.ledgers or file.is_worklist else b""
    write(folder_of(division, file.extract_date) / handled.receipt_name, receipt(content, handled))


def folder_of(division: Division, extract_date: date) -> UPath:
    """Where the receipts of what a division handed in on a date lie."""
    names = (divisions()[division.parent_code].name, division.name) if division.level == "village" else (division.name,)
    return settings().outbox_dir.joinpath("receipts", extract_date.isoformat(), division.level, *names)
