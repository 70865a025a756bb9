"""A worklist that returns: known by its header, whatever the file is called; and its copy locked as it was."""

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from taizhang.sheet import Sheet
from taizhang.worklist.item import LEVELS
from taizhang.worklist.layout import ALLOWED, ASKED, BREAK_ID, COLUMNS, REASON, SEAL, SEALED, VALUE, seal

_ROWS_SEARCHED = 20


def lock(worksheet: Worksheet, sheet: Sheet, look: Format) -> set[int]:
    """Lock the copy of a worklist's sheet as the worklist is, and lock nothing else.

    Returns the columns that can be written, each cell of which has to have the unlocked `look`.
    """
    found = _header(sheet)
    if found is None:
        return set()
    columns = {heading: int(position) for heading, position in found[1].items()}
    for heading in (BREAK_ID, SEAL):
        worksheet.set_column(columns[heading], columns[heading], COLUMNS[heading], None, {"hidden": True})
    for heading in ASKED.values():
        worksheet.set_column(columns[heading], columns[heading], COLUMNS[heading], look)
    worksheet.protect("", ALLOWED)
    return {columns[heading] for heading in ASKED.values()}


def filled_in(sheet: Sheet) -> pl.DataFrame | None:
    """The rows of a worklist's sheet in which something is filled in; None if the sheet is of no worklist.

    Columns: `sheet`, `row_number`, `break_id`, `value` and `reason` with their cells, what each level is shown to have
    by its name, and `is_sealed`: whether the locked cells are as they were.
    """
    found = _header(sheet)
    if found is None:
        return None
    head, places = found
    rows = sheet.cells.slice(head + 1).select(pl.col(places[heading]).alias(heading) for heading in places)
    seals = [seal(text or "" for text in texts) for texts in rows.select(SEALED).iter_rows()]
    return (
        rows.select(
            pl.lit(sheet.name).alias("sheet"),
            pl.int_range(head + 2, head + 2 + pl.len(), dtype=pl.Int64).alias("row_number"),
            pl.col(BREAK_ID).alias("break_id"),
            pl.col(VALUE).alias("value"),
            pl.col(REASON).alias("reason"),
            *(pl.col(heading).alias(level) for level, heading in LEVELS.items()),
            pl.col(SEAL).eq_missing(pl.Series(seals, dtype=pl.String)).alias("is_sealed"),
        )
        .filter(pl.col("value").is_not_null() | pl.col("reason").is_not_null())
        .with_columns(
            pl.format(f"{xl_col_to_name(int(places[heading]))}{{}}", "row_number").alias(f"{name}_cell")
            for name, heading in ASKED.items()
        )
    )


def _header(sheet: Sheet) -> tuple[int, dict[str, str]] | None:
    """The row of a worklist's header, and the position of each of its columns."""
    wanted = {*SEALED, VALUE, REASON, SEAL}
    for number, row in enumerate(sheet.cells.head(_ROWS_SEARCHED).iter_rows()):
        places = {text: position for position, text in zip(sheet.cells.columns, row, strict=True) if text in wanted}
        if len(places) == len(wanted):
            return number, places
    return None
