"""Answering: a receipt for each file that a night read, in the outbox, for whoever handed it in."""

import os
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from taizhang.archive import kept
from taizhang.division import Division, divisions
from taizhang.extract import PROBLEM_SCHEMA
from taizhang.receipt import Handled, receipt
from taizhang.settings import settings
from taizhang.warehouse import connect


class _Answered(NamedTuple):
    path: str
    sha256: str
    division_code: str
    extract_date: date
    ledgers: list[str]
    rows_accepted: int
    rows_rejected: int
    extract_ids: list[int]


def write_receipts(night_id: int, division_code: str) -> int:
    """Write the receipts of what a night read from the county, or from a township and its villages.

    They lie in `outbox/receipts/<date>/<level>/<division>/`, readable by their owner only. Returns how many.
    """
    own = [division.code for division in divisions().values() if division_code in (division.code, division.parent_code)]
    own = [division_code] if divisions()[division_code].level == "county" else own
    with connect("loader") as connection:
        answered = connection.execute(
            "select path, sha256, division_code, extract_date,"
            " coalesce(array_agg(distinct ledger) filter (where ledger is not null), '{}'),"
            " sum(rows_accepted)::integer, sum(rows_rejected)::integer, array_agg(extract_id)"
            " from raw.extract where night_id = %s and division_code = any(%s)"
            " group by path, sha256, division_code, extract_date order by path",
            [night_id, own],
        ).fetchall()
        for file in map(_Answered._make, answered):
            problems = connection.execute(
                "select sheet, row_number, column_name, cell, rule, severity, value, message"
                " from raw.problem where extract_id = any(%s)",
                [file.extract_ids],
            ).fetchall()
            _write(file, pl.DataFrame(problems, schema=PROBLEM_SCHEMA, orient="row"))
    return len(answered)


def _write(file: _Answered, problems: pl.DataFrame) -> None:
    division = divisions()[file.division_code]
    handled = Handled(
        Path(file.path).name, division, tuple(file.ledgers), file.rows_accepted, file.rows_rejected, problems
    )
    # A refused file may be too large for memory, and there is nothing in it to mark.
    content = kept(file.sha256) if file.ledgers else b""
    save(folder_of(division, file.extract_date) / handled.receipt_name, receipt(content, handled))


def folder_of(division: Division, extract_date: date) -> Path:
    """Where the receipts of what a division handed in on a date lie."""
    names = (divisions()[division.parent_code].name, division.name) if division.level == "village" else (division.name,)
    return settings().outbox_dir.joinpath("receipts", extract_date.isoformat(), division.level, *names)


def save(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
