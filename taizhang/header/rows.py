"""The first rows of a sheet, as they are looked at to find its header."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError

_HEADER_ROWS = 10
"""The header is on one of a sheet's first rows; above it stand titles."""
_MOST_OVERLAID = 10
"""How often merged cells may cover a row; in a sound workbook they lie beside each other, and cover it once."""


@dataclass(frozen=True)
class Row:
    """One of the first rows of a sheet, and the one beneath it.

    What its cells say, and what merged cells make of it, is found out once, however many headers it may belong to.
    """

    sheet: Sheet
    number: int
    cells: tuple[str | None, ...]
    beneath: "Row | None"

    @cached_property
    def texts(self) -> dict[str, str]:
        """The cells that are not blank, by column."""
        return {str(position): text for position, text in enumerate(self.cells) if text}

    @property
    def below(self) -> dict[str, str]:
        """The texts of the row beneath."""
        return self.beneath.texts if self.beneath else {}

    @cached_property
    def spread(self) -> dict[str, str]:
        """The texts, those of merged cells above every column that they cover."""
        spread = dict(self.texts)
        for columns, _ in self._merged:
            if columns[0] in self.texts:
                spread |= dict.fromkeys(columns, self.texts[columns[0]])
        return spread

    @cached_property
    def parted(self) -> frozenset[str]:
        """The columns below merged cells that go over several columns, or down into the next row."""
        return frozenset(
            position
            for columns, bottom in self._merged
            if len(columns) > 1 or self.number < bottom
            for position in columns
        )

    @property
    def is_reached(self) -> bool:
        """Whether it has a part of a merged cell of several rows."""
        return any(top < bottom and top <= self.number <= bottom for (top, _), (bottom, _) in self.sheet.merged)

    @cached_property
    def _merged(self) -> tuple[tuple[list[str], int], ...]:
        return tuple(self._merged_across())

    def _merged_across(self) -> Iterator[tuple[list[str], int]]:
        """The columns, and the last row, of each merged cell that the row cuts."""
        width, cut = self.sheet.cells.width, 0
        for (top, left), (bottom, right) in self.sheet.merged:
            if top <= self.number <= bottom and left < width:
                columns = range(left, min(right + 1, width))
                cut += len(columns)
                if cut > _MOST_OVERLAID * width:
                    raise UnreadableFileError("file_unreadable")
                yield list(map(str, columns)), bottom


def first_rows(sheet: Sheet) -> list[Row]:
    """The rows among which the header is, from the top."""
    rows: list[Row] = []
    beneath = None
    for number, cells in reversed(list(enumerate(sheet.cells.head(_HEADER_ROWS + 1).rows()))):
        beneath = Row(sheet, number, cells, beneath)
        rows.append(beneath)
    return rows[::-1][:_HEADER_ROWS]
