"""The records of sheets: what stands below their headers, laid out by the contract's columns, still as text."""

from collections.abc import Iterator

import polars as pl
import polars.selectors as cs

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
OTHER = "?"
"""What begins the name of a column that is none of the contract's; its position follows."""
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


def below_header(sheet: Sheet, header: Header) -> pl.DataFrame:
    """The rows below the header, with the contract's names for its columns and `?<position>` for the others.

    `<column>#` says whether a cell was stored as a number. A date whose days count from 1904 stands beside the others
    too, as it is written. What many sheets can have done together is left for then.
    """
    rows = filled_cells(sheet, header).slice(header.row + 1)
    rows.columns = [
        header.columns[position].name if position in header.columns else OTHER + position for position in rows.columns
    ]
    masks = [
        sheet.is_number(position)[header.row + 1 :].alias(f"{column.name}#")
        for position, column in header.columns.items()
        if column.kind in MASKED_KINDS
    ]
    rows = rows.hstack(masks)
    return rows.with_columns(_days_from_1904(header)) if sheet.from_1904 else rows


def _days_from_1904(header: Header) -> Iterator[pl.Expr]:
    """Numbers of days since 1904, in columns of dates, as days since 1900; and as they are written."""
    for position, column in header.columns.items():
        if column.kind == "date":
            written = pl.col(column.name)
            days = (written.cast(pl.Float64, strict=False) + _DAYS_TO_1904).cast(pl.Int64).cast(pl.String)
            yield pl.when(f"{column.name}#").then(days).otherwise(written).alias(column.name)
            yield written.alias(OTHER + position)


def lay_out(rows: list[pl.DataFrame], told: pl.DataFrame) -> pl.DataFrame:
    """The rows of several sheets of one ledger, but for the blank ones, with what is `told` of each sheet.

    `told` has a row for each of `rows`, which are as `below_header` gives them: the `row_number` of the first (the
    sheet's own, from 1), and whatever else is to stand in each row. Added are `footer`, the text of a row that is no
    record (a total, a signature, an example), else null; and `is_total`.
    """
    told = told.with_columns(height=pl.Series([frame.height for frame in rows], dtype=pl.Int64))
    filled = [frame for frame in rows if frame.height] or rows[:1]
    cells = pl.concat(filled, how="diagonal")
    texts = [name for name in cells.columns if not name.endswith("#")]
    return (
        pl.concat([cells, _of_each_row(told)], how="horizontal")
        .filter(~pl.all_horizontal(pl.col(texts).is_null()))
        .pipe(_with_footers, texts)
    )


def _of_each_row(told: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("row_number")
    return (
        told.filter(pl.col("height") > 0)
        .select(
            pl.int_ranges(first, first + pl.col("height")).alias("row_number"),
            pl.exclude("row_number", "height").repeat_by("height"),
        )
        .explode(cs.all())
    )


def _with_footers(rows: pl.DataFrame, texts: list[str]) -> pl.DataFrame:
    """Without an identity number a row may be a footer; its cells are looked at together, a cell a line."""
    others = [name for name in texts if name.startswith(OTHER)]
    is_example = pl.any_horizontal(pl.lit(value=False), pl.col(others) == EXAMPLE)
    is_short = pl.col("id_no").fill_null("").str.len_chars() < _SHORTEST_ID
    text = pl.concat_str(texts, separator="\n", ignore_nulls=True)
    footers = (
        rows.lazy()
        .filter(is_short | is_example)
        .select(
            "part",
            "row_number",
            pl.when(is_short & text.str.contains(_FOOTER)).then(text)
            .when(is_example).then(pl.lit(EXAMPLE))
            .alias("footer"),
        )
        .filter(pl.col("footer").is_not_null())
    )  # fmt: skip
    return (
        rows.lazy()
        .join(footers, on=("part", "row_number"), how="left", maintain_order="left")
        .with_columns(is_total=pl.col("footer").str.contains(_TOTAL).fill_null(value=False))
        .collect()
    )
