"""Cells as they are written, by their headings: all of a rejected row, or what the raw columns cannot hold."""

from collections.abc import Collection

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from taizhang.extract.part import Part
from taizhang.records import OTHER

_ROW_NUMBER = r"^\d{1,6}(\.0)?$"


def all_headings(part: Part) -> dict[str, str]:
    """A heading for every column of the sheet, as the clerk wrote it; a blank or repeated one gets its letter."""
    return _distinct({position: part.header.headings.get(position, "") for position in part.positions})


def extra_headings(part: Part, unmapped: Collection[str], headless: Collection[str]) -> dict[str, str]:
    """Headings of what the raw columns cannot hold: unknown columns, and the text of codes that are in no list."""
    known = {position: column.label for position, column in part.header.columns.items() if column.name in unmapped}
    return _distinct(part.header.unknown | known | dict.fromkeys(headless, ""))


def headless_columns(part: Part, cells: pl.LazyFrame) -> list[str]:
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


def with_cells(
    rows: pl.DataFrame, name: str, cells: pl.LazyFrame, part: Part, headings: dict[str, str]
) -> pl.DataFrame:
    """The rows with JSON of their cells in the headed columns as `name`; `cells` are all those of the part."""
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
