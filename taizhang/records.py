"""The records of a sheet: what stands below its header, laid out by the contract's columns, still as text."""

import polars as pl

from taizhang.division import Division
from taizhang.header import Header
from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError

_FOOTER = (
    r"(?m)^\s*(合\s*计|小\s*计|总\s*计|共\s*计|填报人|制表人?|填表人?|审核人?|经办人|负责人|单位负责人|填报单位|填报日期|联系人|说明|注)"
    r"\s*([:：].*|\d.*)?$"
)
_TOTAL = r"(?m)^\s*(合\s*计|总\s*计|共\s*计)"
EXAMPLE = "示例"
"""What a template's example row says in its first column: the row is no record, wherever it is left standing."""
_SHORTEST_ID = 15
_DAYS_TO_1904 = 1462
MASKED_KINDS = ("id_number", "date", "account")
"""Kinds whose meaning hangs on whether the cell was stored as a number; `<column>#` says so."""


def filled_cells(sheet: Sheet, header: Header) -> pl.DataFrame:
    """The sheet's cells; below the header, a merged range's value stands in every row that the range covers."""
    covered: dict[str, list[int]] = {}
    for (top, left), (bottom, _) in sheet.merged:
        if bottom > top > header.row and str(left) in header.columns:
            rows = covered.setdefault(str(left), [])
            rows.extend(range(top + 1, min(bottom + 1, sheet.cells.height)))
            if len(rows) > sheet.cells.height:
                raise UnreadableFileError("file_unreadable")  # ranges that lie over each other
    if not covered:
        return sheet.cells
    index = pl.int_range(pl.len())
    return sheet.cells.with_columns(
        pl.when(index.is_in(rows)).then(pl.col(position).forward_fill()).otherwise(pl.col(position)).alias(position)
        for position, rows in covered.items()
    )


def lay_out(sheet: Sheet, header: Header, cells: pl.DataFrame, division: Division) -> pl.DataFrame:
    """One row for each row below the header that is not blank.

    Columns: `row_number` (the sheet's own, from 1); `footer`, the text of a row that is no record (a total, a
    signature, an example), else null; `is_total`; the divisions that hand it in, `own_township` and `own_village` (null
    above that level); then text for every column of the contract that the sheet has, and its number mask.
    """
    masks = [
        sheet.is_number(position).alias(f"{column.name}#")
        for position, column in header.columns.items()
        if column.kind in MASKED_KINDS
    ]
    beside = [position for position in cells.columns if position not in header.columns] or cells.columns[:1]
    own_township = {"county": None, "township": division.code, "village": division.parent_code}[division.level]
    return (
        cells.lazy()
        .with_columns(masks)
        .with_columns(_days_from_1904(header) if sheet.from_1904 else ())
        .with_row_index("row_number", 1)
        .slice(header.row + 1)
        .filter(~pl.all_horizontal(pl.col(cells.columns).is_null()))
        .with_columns(_text_without_number(header, cells.columns).alias("footer"))
        .with_columns(
            pl.when(pl.col("footer").str.contains(_FOOTER))
            .then("footer")
            .when(pl.any_horizontal(pl.col(beside) == EXAMPLE))
            .then(pl.lit(EXAMPLE))
            .alias("footer")
        )
        .select(
            pl.col("row_number").cast(pl.Int64),
            "footer",
            pl.col("footer").str.contains(_TOTAL).fill_null(value=False).alias("is_total"),
            pl.lit(own_township, dtype=pl.String).alias("own_township"),
            pl.lit(division.code if division.level == "village" else None, dtype=pl.String).alias("own_village"),
            *(pl.col(position).alias(column.name) for position, column in header.columns.items()),
            *(pl.col(mask.name) for mask in masks),
        )
        .collect()
    )


def _days_from_1904(header: Header) -> list[pl.Expr]:
    """Numbers of days since 1904, in columns of dates, as days since 1900."""
    return [
        pl.when(f"{column.name}#")
        .then((pl.col(position).cast(pl.Float64, strict=False) + _DAYS_TO_1904).cast(pl.Int64).cast(pl.String))
        .otherwise(position)
        .alias(position)
        for position, column in header.columns.items()
        if column.kind == "date"
    ]


def _text_without_number(header: Header, positions: list[str]) -> pl.Expr:
    """All text of a row, a cell a line, where the row has no identity number; else null."""
    numbered = [position for position, column in header.columns.items() if column.name == "id_no"]
    is_short = pl.all_horizontal(pl.col(numbered).fill_null("").str.len_chars() < _SHORTEST_ID)
    return pl.when(is_short).then(pl.concat_str(positions, separator="\n", ignore_nulls=True))
