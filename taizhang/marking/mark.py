"""A mark: what is told at one cell of a workbook."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

Place = tuple[int, int]
"""A row and a column, counted from nought."""
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")


@dataclass(frozen=True)
class Mark:
    sheet: str
    cell: str
    severity: str
    message: str


@lru_cache(maxsize=1 << 15)
def place_of(cell: str) -> Place:
    """The place of `B2`. Raises `ValueError`."""
    if not _CELL.fullmatch(cell):
        raise ValueError("no cell is called so")
    row, column = xl_cell_to_rowcol(cell)
    return int(row), int(column)


def range_of(cells: str) -> tuple[Place, Place]:
    """The first and the last place of `B2:C4`, or of a single cell."""
    first, _, last = cells.replace("$", "").partition(":")
    return place_of(first), place_of(last or first)


def around(places: Iterable[Place]) -> str:
    """The least range that holds all of these places."""
    rows, columns = zip(*places, strict=True)
    first, last = (xl_rowcol_to_cell(least(rows), least(columns)) for least in (min, max))
    return first if first == last else f"{first}:{last}"
