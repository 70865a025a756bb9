"""A file as it is handed in, and what it holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import groupby

import polars as pl

from taizhang.division import Division

_ROWS_TO_JUDGE_BY = 5


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

    def with_sheet(self, other: "Extract") -> "Extract":
        """The extract with the rows of another sheet of the same ledger and period."""
        return Extract(
            self.ledger,
            self.period,
            pl.concat([self.accepted, other.accepted]),
            pl.concat([self.rejected, other.rejected]),
            pl.concat([self.problems, other.problems]),
            pl.concat([self.damaged, other.damaged]),
            (*self.unknown_headers, *other.unknown_headers),
            tuple(name for name in self.absent_columns if name in other.absent_columns),
        )


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


def merged(of_sheets: Iterable[Extract]) -> Iterator[Extract]:
    """One extract of the sheets of each ledger and period."""

    def identity(extract: Extract) -> tuple[str, date]:
        return extract.ledger, extract.period

    for _, same in groupby(sorted(of_sheets, key=identity), identity):
        yield reduce(Extract.with_sheet, same)
