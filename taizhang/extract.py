"""An extract: one file that one division hands in for one ledger, read into typed rows, rejected rows and problems.

No database is needed: the night and `taizhang check` read a file in the same way.
"""

import logging
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import groupby
from pathlib import Path
from statistics import multimode
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from taizhang.contract import Contract, contracts
from taizhang.division import Division
from taizhang.header import Header, HeaderError, find_header
from taizhang.period import period_of
from taizhang.records import OTHER, below_header, lay_out
from taizhang.rules import RULES
from taizhang.settings import settings
from taizhang.sheet import Sheet, read_sheets
from taizhang.unreadable import UnreadableFileError, is_fault
from taizhang.validate import validate
from taizhang.worklist import OWN_SHEETS, filled_in

_log = logging.getLogger(__name__)
_WHOSE = ("id_no", "name", "village_code", "record_no")
_ROW_NUMBER = r"^\d{1,6}(\.0)?$"
_ROWS_TO_JUDGE_BY = 5
_DIGITS_KEPT = 14  # a workbook keeps fifteen digits of a number, and may have rounded the last of them
RECEIPT_SHEET = "回执"
"""Name of the sheet that a receipt adds; a clerk may correct the receipt itself and hand it in."""
_TOLD_SCHEMA = {
    "row_number": pl.Int64,
    "sheet": pl.String,
    "file": pl.UInt32,
    "period": pl.Date,
    "handed_in_on": pl.Date,
    "own_township": pl.String,
    "own_village": pl.String,
}
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
    left of numbers damaged in a workbook. `absent_columns` names those of the contract that no sheet has.
    """

    ledger: str
    period: date
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    problems: pl.DataFrame
    damaged: pl.DataFrame
    unknown_headers: tuple[str, ...]
    absent_columns: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        return self.accepted.height + self.rejected.height

    @property
    def is_refused(self) -> bool:
        """Whether not one row of several is accepted: it is the wrong file, and takes the place of none."""
        return not self.accepted.height and self.rejected.height >= _ROWS_TO_JUDGE_BY


@dataclass(frozen=True)
class File:
    """What a file holds: its extracts, and problems that belong to none (of the file, or of a sheet left aside).

    `filled` is set where it is a worklist that comes back: the rows of it that are filled in.
    """

    extracts: tuple[Extract, ...]
    problems: pl.DataFrame
    filled: pl.DataFrame | None = None

    @property
    def is_loaded(self) -> bool:
        return any(not extract.is_refused for extract in self.extracts)


@dataclass(frozen=True)
class HandedIn:
    """A file's bytes, who hands it in, on which date, and the file's name if it is known.

    `problem` (rule and value) is set if it is not to be read.
    """

    content: bytes
    division: Division
    extract_date: date
    problem: tuple[str, str | None] | None = None
    name: str = ""


@dataclass(frozen=True)
class _Part:
    """A sheet that is a ledger; `rows` are those below its header (`taizhang.records.below_header`)."""

    handed_in: HandedIn
    file: int
    sheet: str
    positions: tuple[str, ...]
    header: Header
    period: date
    rows: pl.DataFrame
    struck: Mapping[int, tuple[int, int]]

    @property
    def layout(self) -> tuple[str, tuple[str, ...]]:
        """What must be the same in sheets that are validated together."""
        columns = self.header.columns
        return self.header.contract.ledger, tuple(sorted(columns[p].name for p in self.header.in_ten_thousands))

    @property
    def told(self) -> dict[str, Any]:
        """What stands in each of its records beside the cells."""
        division = self.handed_in.division
        own_township = {"county": None, "township": division.code, "village": division.parent_code}[division.level]
        return {
            "row_number": self.header.row + 2,
            "sheet": self.sheet,
            "file": self.file,
            "period": self.period,
            "handed_in_on": self.handed_in.extract_date,
            "own_township": own_township,
            "own_village": division.code if division.level == "village" else None,
        }

    @property
    def letters(self) -> dict[str, str]:
        return {column.name: xl_col_to_name(int(position)) for position, column in self.header.columns.items()}

    def name_in_rows(self, position: str) -> str:
        """The column of `rows` that has a column of the sheet as it is written."""
        as_written = OTHER + position
        return as_written if as_written in self.rows.columns else self.header.columns[position].name


@dataclass(frozen=True)
class _Opened:
    parts: tuple[_Part, ...]
    problems: pl.DataFrame
    filled: pl.DataFrame | None = None


def read_file(content: bytes, division: Division, extract_date: date, name: str = "") -> File:
    """Read every ledger in a file of this name that `division` handed in on `extract_date`.

    A file that cannot be taken as a whole has no extracts and a problem of severity `error`.
    """
    return read_files([HandedIn(content, division, extract_date, name=name)])[0]


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
    where: str | None = None
    try:
        sheets = read_sheets(handed_in.content)
        if filled := {sheet.name: rows for sheet in sheets if (rows := filled_in(sheet)) is not None}:
            known = {*filled, *OWN_SHEETS, RECEIPT_SHEET}
            aside += [_left_aside(sheet, "sheet_beside_worklist") for sheet in sheets if sheet.name not in known]
            return _Opened((), pl.concat(aside), pl.concat(filled.values()))
        for sheet in sheets:
            if sheet.name == RECEIPT_SHEET:
                continue
            where = sheet.name or None
            part = _part(sheet, handed_in, number) if sheet.visible else None
            if part:
                parts.append(part)
            else:
                aside.append(_left_aside(sheet, "sheet_unrecognised"))
    except UnreadableFileError as problem:
        told = {"label": problem.label} if isinstance(problem, HeaderError) else {}
        return _Opened((), file_problem(problem.rule, problem.value, where, **told))
    if not parts:
        return _Opened((), file_problem("ledger_unknown"))
    return _Opened(tuple(parts), pl.concat(aside))


def _left_aside(sheet: Sheet, rule: str) -> pl.DataFrame:
    """What is told of a sheet that is not read: the rule if it can be seen and is not empty."""
    if not sheet.visible:
        return file_problem("sheet_hidden", sheet.name)
    return file_problem(rule, sheet.name) if sheet.cells.height else pl.DataFrame(schema=PROBLEM_SCHEMA)


def _part(sheet: Sheet, handed_in: HandedIn, file: int) -> _Part | None:
    header = find_header(sheet)
    if header is None:
        return None
    _refuse_shifted(sheet, header)
    period = period_of(header.contract, header.titles, sheet.name, handed_in.name, handed_in.extract_date)
    positions = tuple(sheet.cells.columns)
    return _Part(handed_in, file, sheet.name, positions, header, period, below_header(sheet, header), sheet.struck)


def _refuse_shifted(sheet: Sheet, header: Header) -> None:
    """A row of a text table in which a comma has parted a cell, so that what follows stands in wrong columns.

    It is longer than the header, and than the others; or all are, and something stands beyond the header, or an amount
    is followed by three digits. A comma behind every row parts nothing.
    """
    width, lengths = sheet.lengths[header.row : header.row + 1], sheet.lengths[header.row + 1 :]
    if not width or max(lengths, default=0) <= width[0]:
        return
    usual = max(width[0], min(multimode(lengths)))
    found = sheet.cells.slice(header.row + 1).select(
        (pl.lit(pl.Series(lengths)) > usual)
        | pl.any_horizontal(pl.lit(value=False), pl.col(sheet.cells.columns[width[0] :]).is_not_null())
        | pl.any_horizontal(pl.lit(value=False), *_parted_amounts(sheet, header))
    )
    is_shifted = found.to_series()
    if is_shifted.any():
        raise UnreadableFileError("text_misaligned", str(header.row + 2 + (is_shifted.arg_max() or 0)))


def _parted_amounts(sheet: Sheet, header: Header) -> Iterator[pl.Expr]:
    for position, column in header.columns.items():
        beside = str(int(position) + 1)
        if column.kind == "money" and beside in sheet.cells.columns:
            parted = pl.col(position).str.contains(r"^-?\d{1,3}$") & pl.col(beside).str.contains(r"^\d{3}(\.\d+)?$")
            yield parted.fill_null(value=False)


def _file(opened: _Opened, extracts: Iterable[Extract]) -> File:
    merged = tuple(_merged(extracts))
    if merged and not any(extract.rows_read for extract in merged):
        return File((), file_problem("file_empty"))
    refused = [
        file_problem("nothing_accepted", f"{extract.rows_read:,}", label=contracts()[extract.ledger].label)
        for extract in merged
        if extract.is_refused
    ]
    return File(merged, pl.concat([opened.problems, *refused]), opened.filled)


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
                tuple(name for name in one.absent_columns if name in other.absent_columns),
            ),
            same,
        )


def file_problem(rule_id: str, value: str | None = None, sheet: str | None = None, **told: str) -> pl.DataFrame:
    """A problem (see `PROBLEM_SCHEMA`) of a file or a sheet as a whole."""
    rule = RULES[rule_id]
    message = rule.message.format(value=value, **told)
    row = {"sheet": sheet, "rule": rule_id, "severity": rule.severity, "value": value, "message": message}
    return pl.DataFrame([row], schema=PROBLEM_SCHEMA)


def _extracts(parts: list[_Part]) -> list[Extract]:
    """The extract of each part, in order; parts of one layout are read together."""
    extracts: dict[int, Extract] = {}

    def layout(number: int) -> tuple[str, tuple[str, ...]]:
        return parts[number].layout

    for (ledger, in_ten_thousands), group in groupby(sorted(range(len(parts)), key=layout), layout):
        numbers = list(group)
        same = [parts[number] for number in numbers]
        extracts |= zip(numbers, _extracts_of(same, contracts()[ledger], frozenset(in_ten_thousands)), strict=True)
    return [extracts[number] for number in range(len(parts))]


def _extracts_of(parts: list[_Part], contract: Contract, in_ten_thousands: frozenset[str]) -> Iterator[Extract]:
    """The extracts of parts of one layout. What each needs is computed for all, and then divided among them."""
    told = pl.DataFrame([part.told for part in parts], schema=_TOLD_SCHEMA).with_row_index("part")
    records = lay_out([part.rows for part in parts], told)
    validated = validate(records, contract, in_ten_thousands)
    sheets = told.select("part", "sheet")
    typed = validated.typed.join(sheets, on="part", how="left", maintain_order="left")
    where = ("part", "sheet", "row_number")
    accepted = _divided(
        typed.filter(~pl.col("is_rejected")).select(
            *where, *contract.raw_columns, pl.lit(None, pl.String).alias("extra")
        )
    )
    rejected = _divided(
        typed.filter("is_rejected").select(*where, pl.lit(None, pl.String).alias("cells"), *_whose(contract))
    )
    problems = _divided(_problems(parts, validated.findings.join(sheets, on="part", how="left", maintain_order="left")))
    damaged = _divided(_damaged(typed, validated.findings).select(*where, "name", "village_code", "digits"))
    unmapped = _unmapped(validated.findings)
    for number, part in enumerate(parts):
        cells = records.lazy().filter(pl.col("part") == number)
        headless = _without_heading(part, cells)
        yield Extract(
            ledger=contract.ledger,
            period=part.period,
            accepted=_with_cells(
                "extra", accepted(number), cells, part, _kept_aside(part, unmapped.get(number, ()), headless)
            ),
            rejected=_with_cells("cells", rejected(number), cells, part, _headings(part)),
            problems=pl.concat(
                [
                    problems(number),
                    *_unknown_header_problems(part, headless),
                    *([_struck_problems(part, cells)] if part.struck else []),
                ]
            ).sort("row_number", maintain_order=True),
            damaged=damaged(number),
            unknown_headers=tuple(part.header.unknown.values()),
            absent_columns=_absent(part, contract),
        )


def _absent(part: _Part, contract: Contract) -> tuple[str, ...]:
    """Columns of which the part says nothing; whose folder it lies in tells the division."""
    said = {column.name for column in part.header.columns.values()}
    return tuple(
        column.name
        for column in contract.columns
        if column.name not in said and column.kind not in ("township", "village")
    )


def _divided(rows: pl.DataFrame) -> Callable[[int], pl.DataFrame]:
    """Rows by their part."""
    by_part = rows.partition_by("part", as_dict=True, include_key=False)
    none = rows.drop("part").clear()
    return lambda part: by_part.get((part,), none)


def _headings(part: _Part) -> dict[str, str]:
    """A heading for every column of the sheet, as the clerk wrote it; a blank or repeated one gets its letter."""
    return _distinct({position: part.header.headings.get(position, "") for position in part.positions})


def _kept_aside(part: _Part, unmapped: Collection[str], headless: Collection[str]) -> dict[str, str]:
    """Headings of what the raw columns cannot hold: unknown columns, and the text of codes that are in no list."""
    known = {position: column.label for position, column in part.header.columns.items() if column.name in unmapped}
    return _distinct(part.header.unknown | known | dict.fromkeys(headless, ""))


def _without_heading(part: _Part, cells: pl.LazyFrame) -> list[str]:
    """Columns without a heading in which some record has a cell, and not just its number."""
    positions = [
        position
        for position in part.positions
        if position not in part.header.headings and part.rows[OTHER + position].null_count() < part.rows.height
    ]
    if not positions:
        return []
    of_records = pl.col([OTHER + position for position in positions]).filter(pl.col("footer").is_null())
    is_filled = cells.select((~of_records.str.contains(_ROW_NUMBER)).any()).collect()
    return [position for position in positions if is_filled[OTHER + position].item()]


def _distinct(headings: dict[str, str]) -> dict[str, str]:
    distinct: dict[str, str] = {}
    for position, text in headings.items():
        letter = xl_col_to_name(int(position))
        heading = text or letter
        distinct[position] = heading if heading not in distinct.values() else f"{heading} {letter}"
    return distinct


def _with_cells(
    name: str, rows: pl.DataFrame, cells: pl.LazyFrame, part: _Part, headings: dict[str, str]
) -> pl.DataFrame:
    """The rows with JSON of their cells in the headed columns; `cells` are all those of the part."""
    if not headings or not rows.height:
        return rows
    as_json = pl.struct(pl.col(part.name_in_rows(position)).alias(heading) for position, heading in headings.items())
    found = cells.select("row_number", as_json.struct.json_encode().alias(name))
    return (
        rows.lazy()
        .join(found, on="row_number", how="left", maintain_order="left")
        .with_columns(pl.col(f"{name}_right").alias(name))
        .select(rows.columns)
        .collect()
    )


def _whose(contract: Contract) -> tuple[pl.Expr, ...]:
    """What could be read of whose record a row is; `record_no` is the class or the payment."""
    numbers = [name for name in contract.key if name != "id_no"]
    record_no = pl.col(numbers[0]) if numbers else pl.lit(None, pl.String)
    return tuple(record_no.alias(name) if name == "record_no" else pl.col(name) for name in _WHOSE)


def _unmapped(findings: pl.DataFrame) -> dict[int, set[str]]:
    """The columns of each part that hold a code of no list."""
    found = findings.filter(pl.col("rule") == "code_unmapped").select("part", "column_name").unique()
    by_part: dict[int, set[str]] = {}
    for part, column in found.iter_rows():
        by_part.setdefault(part, set()).add(column)
    return by_part


def _problems(parts: list[_Part], findings: pl.DataFrame) -> pl.DataFrame:
    letters = pl.DataFrame(
        [(number, name, letter) for number, part in enumerate(parts) for name, letter in part.letters.items()],
        schema={"part": pl.UInt32, "column_name": pl.String, "letter": pl.String},
        orient="row",
    )
    return findings.join(letters, on=("part", "column_name"), how="left", maintain_order="left").select(
        "part",
        "sheet",
        "row_number",
        "column_name",
        pl.concat_str("letter", "row_number").alias("cell"),
        "rule",
        "severity",
        "value",
        "message",
    )


def _damaged(typed: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The rows whose `id_no` has become a number, with the leading digits that a workbook does keep."""
    found = findings.filter((pl.col("rule") == "id_damaged") & (pl.col("column_name") == "id_no"))
    digits = pl.col("id_no").str.replace(".", "", literal=True).str.extract(r"^(\d+)").str.head(_DIGITS_KEPT)
    return typed.join(found, on=("part", "row_number"), how="semi", maintain_order="left").with_columns(digits=digits)


def _unknown_header_problems(part: _Part, headless: Collection[str]) -> Iterator[pl.DataFrame]:
    row = part.header.row + 1
    nameless = {position: f"{xl_col_to_name(int(position))}（没有表头）" for position in headless}
    for position, text in (part.header.unknown | nameless).items():
        yield file_problem("header_unknown", text).with_columns(
            pl.lit(part.sheet).alias("sheet"),
            pl.lit(row, dtype=pl.Int64).alias("row_number"),
            pl.lit(f"{xl_col_to_name(int(position))}{row}").alias("cell"),
        )


def _struck_problems(part: _Part, cells: pl.LazyFrame) -> pl.DataFrame:
    """A problem for each record of the part in which something is struck out, at its first such cell."""
    places = [(row + 1, xl_rowcol_to_cell(*place)) for row, place in part.struck.items()]
    where = pl.LazyFrame(places, schema={"row_number": pl.Int64, "cell": pl.String}, orient="row")
    records = cells.filter(pl.col("footer").is_null())
    told = file_problem("row_struck", sheet=part.sheet).lazy().drop("row_number", "cell")
    found = where.join(records, on="row_number", how="semi").join(told, how="cross")
    return found.select(*PROBLEM_SCHEMA).collect()
