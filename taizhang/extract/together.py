"""Sheets of many files read together: what each needs is computed for all, and then divided among them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import polars as pl

from taizhang.contract import Contract, contracts
from taizhang.extract.cells import all_headings, extra_headings, headless_columns, with_cells
from taizhang.extract.file import Extract
from taizhang.extract.part import Part
from taizhang.extract.problem import cell_problems, header_problems, struck_problems
from taizhang.records import lay_out
from taizhang.validate import Validated, validate

_TOLD_SCHEMA = {
    "row_number": pl.Int64,
    "sheet": pl.String,
    "file": pl.UInt32,
    "period": pl.Date,
    "handed_in_on": pl.Date,
    "own_township": pl.String,
    "own_village": pl.String,
}
_WHERE = ("part", "sheet", "row_number")
_WHOSE = ("id_no", "name", "village_code", "record_no")
_DIGITS_KEPT = 14  # a workbook keeps fifteen digits of a number, and may have rounded the last of them
_NO_TEXT = pl.lit(None, pl.String)


def extracts_of(parts: Sequence[Part]) -> list[Extract]:
    """The extract of each part, in order; parts of one layout are validated together."""
    extracts: dict[int, Extract] = {}

    def layout(number: int) -> tuple[str, tuple[str, ...]]:
        return parts[number].layout

    for (ledger, in_ten_thousands), group in groupby(sorted(range(len(parts)), key=layout), layout):
        numbers = list(group)
        same = [parts[number] for number in numbers]
        extracts |= zip(numbers, _of_one_layout(same, contracts()[ledger], frozenset(in_ten_thousands)), strict=True)
    return [extracts[number] for number in range(len(parts))]


def _of_one_layout(parts: list[Part], contract: Contract, in_ten_thousands: frozenset[str]) -> Iterator[Extract]:
    told = pl.DataFrame([part.told for part in parts], schema=_TOLD_SCHEMA).with_row_index("part")
    records = lay_out([part.rows for part in parts], told)
    found = _found(parts, validate(records, contract, in_ten_thousands), contract)
    for number, part in enumerate(parts):
        yield _extract(part, records.lazy().filter(pl.col("part") == number), found[number])


class _Found(NamedTuple):
    """What is found in one part: its rows, what is told of their cells, and the columns that hold codes of no list."""

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    problems: pl.DataFrame
    damaged: pl.DataFrame
    unmapped: Collection[str]


def _found(parts: list[Part], validated: Validated, contract: Contract) -> list[_Found]:
    sheets = pl.DataFrame({"sheet": [part.sheet for part in parts]}).with_row_index("part")
    typed, findings = (
        rows.join(sheets, on="part", how="left", maintain_order="left")
        for rows in (validated.typed, validated.findings)
    )
    accepted, rejected, problems, damaged = (
        _divided(rows)
        for rows in (
            typed.filter(~pl.col("is_rejected")).select(*_WHERE, *contract.raw_columns, _NO_TEXT.alias("extra")),
            typed.filter("is_rejected").select(*_WHERE, _NO_TEXT.alias("cells"), *_whose(contract)),
            cell_problems(parts, findings),
            _damaged(typed, findings).select(*_WHERE, "name", "village_code", "digits"),
        )
    )
    unmapped = _unmapped(findings)
    return [
        _Found(accepted(part), rejected(part), problems(part), damaged(part), unmapped.get(part, ()))
        for part in range(len(parts))
    ]


def _divided(rows: pl.DataFrame) -> Callable[[int], pl.DataFrame]:
    """Rows by their part."""
    by_part = rows.partition_by("part", as_dict=True, include_key=False)
    none = rows.drop("part").clear()
    return lambda part: by_part.get((part,), none)


def _whose(contract: Contract) -> tuple[pl.Expr, ...]:
    """What could be read of whose record a row is; `record_no` is the class or the payment."""
    numbers = [name for name in contract.key if name != "id_no"]
    record_no = pl.col(numbers[0]) if numbers else _NO_TEXT
    return tuple(record_no.alias(name) if name == "record_no" else pl.col(name) for name in _WHOSE)


def _damaged(typed: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The rows whose `id_no` has become a number, with the leading digits that a workbook does keep."""
    found = findings.filter((pl.col("rule") == "id_damaged") & (pl.col("column_name") == "id_no"))
    digits = pl.col("id_no").str.replace(".", "", literal=True).str.extract(r"^(\d+)").str.head(_DIGITS_KEPT)
    return typed.join(found, on=("part", "row_number"), how="semi", maintain_order="left").with_columns(digits=digits)


def _unmapped(findings: pl.DataFrame) -> dict[int, set[str]]:
    """The columns of each part that hold a code of no list."""
    found = findings.filter(pl.col("rule") == "code_unmapped").select("part", "column_name").unique()
    by_part: dict[int, set[str]] = {}
    for part, column in found.iter_rows():
        by_part.setdefault(part, set()).add(column)
    return by_part


def _extract(part: Part, cells: pl.LazyFrame, found: _Found) -> Extract:
    """The extract of a part, `cells` being its records as they are written."""
    headless = headless_columns(part, cells)
    extra = extra_headings(part, found.unmapped, headless)
    problems = [found.problems, *header_problems(part, headless), *struck_problems(part, cells)]
    return Extract(
        ledger=part.header.contract.ledger,
        period=part.period.start,
        accepted=with_cells(found.accepted, "extra", cells, part, extra),
        rejected=with_cells(found.rejected, "cells", cells, part, all_headings(part)),
        problems=pl.concat(problems).sort("row_number", maintain_order=True),
        damaged=found.damaged,
        unknown_headers=tuple(part.header.unknown.values()),
        absent_columns=_absent(part),
    )


def _absent(part: Part) -> tuple[str, ...]:
    """Columns of which the part says nothing; whose folder it lies in tells the division."""
    said = {column.name for column in part.header.columns.values()}
    return tuple(
        column.name
        for column in part.header.contract.columns
        if column.name not in said and column.kind not in ("township", "village")
    )
