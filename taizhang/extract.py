"""An extract: one file that one division hands in for one ledger, read into typed rows, rejected rows and problems.

No database is needed: the night and `taizhang check` read a file in the same way.
"""

import logging
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import groupby
from pathlib import Path

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from taizhang.contract import Contract, contracts
from taizhang.division import Division
from taizhang.header import Header, HeaderError, find_header, period_of
from taizhang.records import filled_cells, lay_out
from taizhang.rules import RULES
from taizhang.settings import settings
from taizhang.sheet import Sheet, read_sheets
from taizhang.unreadable import UnreadableFileError, is_fault
from taizhang.validate import Validated, validate
from taizhang.worklist import filled_in

_log = logging.getLogger(__name__)
_WHOSE = ("id_no", "name", "village_code", "record_no")
_DIGITS_KEPT = 14  # a workbook keeps fifteen digits of a number, and may have rounded the last of them
RECEIPT_SHEET = "回执"
"""Name of the sheet that a receipt adds; a clerk may correct the receipt itself and hand it in."""
PROBLEM_SCHEMA = {
    "sheet": pl.String,
    "row_number": pl.Int64,
    "column_name": pl.String,
    "cell": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "message": pl.String,
}


@dataclass(frozen=True)
class Extract:
    """Rows of one ledger and period in one file.

    `accepted` has `sheet`, `row_number` (the sheet's own, from 1), `extra` (JSON of what the contract does not
    know) and the contract's raw columns; `rejected` has `sheet`, `row_number`, `cells` (JSON of every cell by its
    header) and what could be read of whose record it is. Every row read is in exactly one of these two. `problems`
    follows `PROBLEM_SCHEMA`; `damaged` has `sheet`, `row_number`, `name`, `village_code` and the `digits` that are
    left of numbers damaged in a workbook.
    """

    ledger: str
    period: date
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    problems: pl.DataFrame
    damaged: pl.DataFrame
    unknown_headers: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        return self.accepted.height + self.rejected.height


@dataclass(frozen=True)
class File:
    """What a file holds: its extracts, and problems that belong to none (of the file, or of a sheet left aside).

    `filled` is set where it is a worklist that comes back: the rows of it that are filled in.
    """

    extracts: tuple[Extract, ...]
    problems: pl.DataFrame
    filled: pl.DataFrame | None = None


@dataclass(frozen=True)
class HandedIn:
    """A file's bytes, who hands it in, and on which date; `problem` (rule and value) if it is not to be read."""

    content: bytes
    division: Division
    extract_date: date
    problem: tuple[str, str | None] | None = None


@dataclass(frozen=True)
class _Part:
    """A sheet that is a ledger."""

    sheet: Sheet
    header: Header
    period: date
    cells: pl.DataFrame
    records: pl.DataFrame

    @property
    def layout(self) -> tuple[str, tuple[str, ...]]:
        """What must be the same in sheets that are validated together."""
        columns = self.header.columns
        return self.header.contract.ledger, tuple(sorted(columns[p].name for p in self.header.in_ten_thousands))

    @property
    def letters(self) -> dict[str, str]:
        return {column.name: xl_col_to_name(int(position)) for position, column in self.header.columns.items()}


@dataclass(frozen=True)
class _Opened:
    parts: tuple[_Part, ...]
    problems: pl.DataFrame
    filled: pl.DataFrame | None = None


def read_file(content: bytes, division: Division, extract_date: date) -> File:
    """Read every ledger in a file that `division` handed in on `extract_date`.

    A file that cannot be taken as a whole has no extracts and a problem of severity `error`.
    """
    return read_files([HandedIn(content, division, extract_date)])[0]


def read_files(handed_in: Sequence[HandedIn]) -> list[File]:
    """Read several files as `read_file` does, in the same order; together they cost far less than one by one.

    Where a fault of ours (or of a library's) breaks a file, that file is refused, and no other.
    """
    try:
        return _read_together(handed_in)
    except BaseException as error:
        if not is_fault(error):
            raise
        if len(handed_in) == 1:
            _log.error("a file of %s is refused: %s", handed_in[0].division.code, _without_values(error))
            return [File((), file_problem("file_unreadable"))]
    return [file for one in handed_in for file in read_files([one])]


def _without_values(error: BaseException) -> str:
    """What failed and where, without the error's message, which may hold what a cell holds."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {Path(last.filename).name}"


def _read_together(handed_in: Sequence[HandedIn]) -> list[File]:
    with ThreadPoolExecutor(settings().readers) as readers:
        opened = list(readers.map(_open, handed_in, range(len(handed_in))))
    extracts = iter(_extracts([part for file in opened for part in file.parts]))
    return [_file(file, [next(extracts) for _ in file.parts]) for file in opened]


def _open(handed_in: HandedIn, number: int) -> _Opened:
    """Find the ledgers in a file, one of several; a file that cannot be taken as a whole has none."""
    if handed_in.problem:
        return _Opened((), file_problem(*handed_in.problem))
    parts: list[_Part] = []
    aside = [pl.DataFrame(schema=PROBLEM_SCHEMA)]
    try:
        sheets = read_sheets(handed_in.content)
        if filled := [rows for sheet in sheets if (rows := filled_in(sheet)) is not None]:
            return _Opened((), aside[0], pl.concat(filled))
        for sheet in sheets:
            if sheet.name == RECEIPT_SHEET:
                continue
            part = _part(sheet, handed_in, number) if sheet.visible else None
            if part:
                parts.append(part)
            elif sheet.cells.height or not sheet.visible:
                aside.append(file_problem("sheet_unrecognised" if sheet.visible else "sheet_hidden", sheet.name))
    except UnreadableFileError as problem:
        told = {"label": problem.label} if isinstance(problem, HeaderError) else {}
        return _Opened((), file_problem(problem.rule, problem.value, **told))
    if not parts:
        return _Opened((), file_problem("ledger_unknown"))
    return _Opened(tuple(parts), pl.concat(aside))


def _part(sheet: Sheet, handed_in: HandedIn, file: int) -> _Part | None:
    header = find_header(sheet)
    if header is None:
        return None
    cells = filled_cells(sheet, header)
    period = period_of(header, sheet.name, handed_in.extract_date)
    records = lay_out(sheet, header, cells, handed_in.division).with_columns(
        pl.lit(file, pl.UInt32).alias("file"),
        pl.lit(period).alias("period"),
        pl.lit(handed_in.extract_date).alias("handed_in_on"),
    )
    return _Part(sheet, header, period, cells, records)


def _file(opened: _Opened, extracts: Iterable[Extract]) -> File:
    merged = tuple(_merged(extracts))
    if merged and not any(extract.rows_read for extract in merged):
        return File((), file_problem("file_empty"))
    return File(merged, opened.problems, opened.filled)


def _merged(extracts: Iterable[Extract]) -> Iterator[Extract]:
    """Sheets of the same ledger and period are one extract."""

    def identity(extract: Extract) -> tuple[str, date]:
        return extract.ledger, extract.period

    for _, same in groupby(sorted(extracts, key=identity), identity):
        yield reduce(
            lambda one, other: Extract(
                one.ledger,
                one.period,
                pl.concat([one.accepted, other.accepted]),
                pl.concat([one.rejected, other.rejected]),
                pl.concat([one.problems, other.problems]),
                pl.concat([one.damaged, other.damaged]),
                (*one.unknown_headers, *other.unknown_headers),
            ),
            same,
        )


def file_problem(rule_id: str, value: str | None = None, **told: str) -> pl.DataFrame:
    """A problem (see `PROBLEM_SCHEMA`) of a file or a sheet as a whole."""
    rule = RULES[rule_id]
    message = rule.message.format(value=value, **told)
    row = {"rule": rule_id, "severity": rule.severity, "value": value, "message": message}
    return pl.DataFrame([row], schema=PROBLEM_SCHEMA)


def _extracts(parts: list[_Part]) -> list[Extract]:
    """The extract of each part, in order; parts of one layout are validated together."""
    extracts: dict[int, Extract] = {}

    def layout(number: int) -> tuple[str, tuple[str, ...]]:
        return parts[number].layout

    for (ledger, in_ten_thousands), group in groupby(sorted(range(len(parts)), key=layout), layout):
        numbers = list(group)
        records = pl.concat(
            [parts[number].records.with_columns(pl.lit(number, pl.UInt32).alias("part")) for number in numbers],
            how="diagonal",
        )
        validated = validate(records, contracts()[ledger], frozenset(in_ten_thousands))
        extracts |= {number: _extract(parts[number], rows) for number, rows in _by_part(validated, numbers)}
    return [extracts[number] for number in range(len(parts))]


def _by_part(validated: Validated, numbers: list[int]) -> Iterator[tuple[int, Validated]]:
    typed = validated.typed.partition_by("part", as_dict=True, include_key=False)
    findings = validated.findings.partition_by("part", as_dict=True, include_key=False)
    no_rows, no_findings = validated.typed.drop("part").clear(), validated.findings.drop("part").clear()
    for number in numbers:
        yield number, Validated(typed.get((number,), no_rows), findings.get((number,), no_findings))


def _extract(part: _Part, rows: Validated) -> Extract:
    where = (pl.lit(part.sheet.name).alias("sheet"), pl.col("row_number"))
    is_rejected = rows.typed["is_rejected"]
    return Extract(
        ledger=part.header.contract.ledger,
        period=part.period,
        accepted=rows.typed.lazy()
        .with_columns(_extra(part, rows))
        .filter(~pl.col("is_rejected"))
        .select(*where, pl.exclude("row_number", "is_rejected"))
        .collect(),
        rejected=_cells_of(part, rows.typed.filter(is_rejected), _headings(part))
        .hstack(_whose(part.header.contract, rows.typed.filter(is_rejected)))
        .select(*where, "cells", *_WHOSE),
        problems=pl.concat([_problems(part, rows.findings), *_unknown_header_problems(part)]),
        damaged=_damaged(rows).select(*where, "name", "village_code", "digits"),
        unknown_headers=tuple(part.header.unknown.values()),
    )


def _headings(part: _Part) -> dict[str, str]:
    """A heading for every column of the sheet, as the clerk wrote it; a blank or repeated one gets its letter."""
    return _distinct({position: part.header.headings.get(position, "") for position in part.cells.columns})


def _distinct(headings: dict[str, str]) -> dict[str, str]:
    distinct: dict[str, str] = {}
    for position, text in headings.items():
        letter = xl_col_to_name(int(position))
        heading = text or letter
        distinct[position] = heading if heading not in distinct.values() else f"{heading} {letter}"
    return distinct


def _cells_of(part: _Part, rows: pl.DataFrame, headings: dict[str, str]) -> pl.DataFrame:
    """`row_number` of the given rows, and JSON of their cells in the headed columns, as `cells`."""
    if not rows.height:
        return pl.DataFrame(schema={"row_number": pl.Int64, "cells": pl.String})
    as_json = pl.struct(pl.col(position).alias(heading) for position, heading in headings.items()).struct.json_encode()
    return part.cells[(rows["row_number"] - 1).to_list()].select(rows["row_number"], as_json.alias("cells"))


def _whose(contract: Contract, rows: pl.DataFrame) -> pl.DataFrame:
    """What could be read of whose record a row is; `record_no` is the class or the payment."""
    numbers = [name for name in contract.key if name != "id_no"]
    record_no = pl.col(numbers[0]) if numbers else pl.lit(None, pl.String)
    return rows.select("id_no", "name", "village_code", record_no.alias("record_no")).select(_WHOSE)


def _extra(part: _Part, rows: Validated) -> pl.Series:
    """JSON of what the raw columns cannot hold: unknown columns, and the text of codes that are in no list."""
    unmapped = set(rows.findings.filter(pl.col("rule") == "code_unmapped")["column_name"])
    known = {position: column.label for position, column in part.header.columns.items() if column.name in unmapped}
    kept = _distinct(part.header.unknown | known)
    if not kept or not rows.typed.height:
        return pl.Series("extra", [None] * rows.typed.height, dtype=pl.String)
    return _cells_of(part, rows.typed, kept)["cells"].alias("extra")


def _problems(part: _Part, findings: pl.DataFrame) -> pl.DataFrame:
    letter = pl.col("column_name").replace_strict(part.letters, default=None, return_dtype=pl.String)
    return findings.select(
        pl.lit(part.sheet.name).alias("sheet"),
        "row_number",
        "column_name",
        pl.concat_str(letter, "row_number").alias("cell"),
        "rule",
        "severity",
        "value",
        "message",
    )


def _damaged(rows: Validated) -> pl.DataFrame:
    """The rows whose `id_no` has become a number, with the leading digits that a workbook does keep."""
    found = rows.findings.filter((pl.col("rule") == "id_damaged") & (pl.col("column_name") == "id_no"))
    digits = pl.col("id_no").str.replace(".", "", literal=True).str.extract(r"^(\d+)").str.head(_DIGITS_KEPT)
    return rows.typed.filter(pl.col("row_number").is_in(found["row_number"].implode())).with_columns(digits=digits)


def _unknown_header_problems(part: _Part) -> Iterator[pl.DataFrame]:
    row = part.header.row + 1
    for position, text in part.header.unknown.items():
        yield file_problem("header_unknown", text).with_columns(
            pl.lit(part.sheet.name).alias("sheet"),
            pl.lit(row, dtype=pl.Int64).alias("row_number"),
            pl.lit(f"{xl_col_to_name(int(position))}{row}").alias("cell"),
        )
