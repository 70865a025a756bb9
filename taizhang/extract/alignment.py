"""Whether the rows of a text table stand below their headings."""

from collections.abc import Iterator
from statistics import multimode

import polars as pl

from taizhang.header import Header
from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError


def refuse_shifted(sheet: Sheet, header: Header) -> None:
    """Refuse a row in which a comma has parted a cell, so that what follows stands in wrong columns.

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
    """Whether an amount may go on in the column beside it."""
    for position, column in header.columns.items():
        beside = str(int(position) + 1)
        if column.kind == "money" and beside in sheet.cells.columns:
            parted = pl.col(position).str.contains(r"^-?\d{1,3}$") & pl.col(beside).str.contains(r"^\d{3}(\.\d+)?$")
            yield parted.fill_null(value=False)
