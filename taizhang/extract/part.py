"""A sheet that is a ledger: a part of what is read together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from taizhang.extract.alignment import refuse_shifted
from taizhang.extract.file import HandedIn
from taizhang.header import Header, find_header
from taizhang.period import Period, period_of
from taizhang.records import OTHER, below_header
from taizhang.sheet import Sheet


@dataclass(frozen=True)
class Part:
    """A sheet with its header and its period; `rows` are those below the header (`taizhang.records.below_header`).

    `file` is the number of its file among those that are read together, `positions` are the sheet's columns, `struck`
    has the first cell of each row in which something is struck out.
    """

    handed_in: HandedIn
    file: int
    sheet: str
    positions: tuple[str, ...]
    header: Header
    period: Period
    rows: pl.DataFrame
    struck: Mapping[int, tuple[int, int]]

    @property
    def layout(self) -> tuple[str, tuple[str, ...]]:
        """What must be the same in sheets that are validated together: the ledger, and the columns in 万元."""
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
            "period": self.period.start,
            "handed_in_on": self.handed_in.extract_date,
            "own_township": own_township,
            "own_village": division.code if division.level == "village" else None,
        }

    @property
    def letters(self) -> dict[str, str]:
        """The letters of the sheet's columns, by the contract's names for them."""
        return {column.name: xl_col_to_name(int(position)) for position, column in self.header.columns.items()}

    def name_in_rows(self, position: str) -> str:
        """The column of `rows` that has a column of the sheet as it is written."""
        as_written = OTHER + position
        return as_written if as_written in self.rows.columns else self.header.columns[position].name


def part_of(sheet: Sheet, handed_in: HandedIn, file: int) -> Part | None:
    """The sheet as a part, or None where it is no ledger. Raises `UnreadableFileError`."""
    header = find_header(sheet)
    if header is None:
        return None
    refuse_shifted(sheet, header)
    period = period_of(header.contract, header.titles, sheet.name, handed_in.name, handed_in.extract_date)
    positions = tuple(sheet.cells.columns)
    return Part(handed_in, file, sheet.name, positions, header, period, below_header(sheet, header), sheet.struck)
