"""The records of sheets: what stands below their headers, laid out by the contract's columns, still as text."""

from collections.abc import Iterator

import polars as pl
import polars.selectors as cs

from taizhang.clean import MERGED, day_counts
from taizhang.contract import Column, normalise_header
from taizhang.header import Header
from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError

_TOTAL_CELL = r"\s*[^\n]{0,12}(?:[合小总共累]\s*计|总额)[^\S\n]*(?:[:：\d]|\n|$)"
_LABEL_CELL = (
    r"\s*(?:[^\d:：\n]{1,15}[:：]|(?:填报人|制表人?|填表人?|审核人?|复核人?|审批人?|经办人?|负责人|单位负责人|填报单位"
    r"|(?:填报|填表|上报|报送|制表)(?:日期|时间)|日期|联系人|联系电话|说明|备注|注"
    r"|(?:单位)?[(（]?(?:盖章|公章|签章|签名|签字)[)）]?|[(（]?以下(?:空白|无正文)[)）]?)[^\S\n]*(?:\d|\n|$)|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）])"
)
"""What stands below or between records: who filled in or signs, a note, the heading of a group."""
_TOTAL = rf"(?m)^{_TOTAL_CELL}"
_PARTIAL, _GRAND, _RUNNING = r"小\s*计", r"总\s*计|总\s*合\s*计", r"累\s*计"
"""Totals of a part of what the next one adds up; of all; and of what was before the sheet too, which is not its sum."""
_DAY_ALONE = r"^\s*\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?(?:\s00:00:00)?$"
_FEW = 3
"""A row that names more of the contract's columns is a header; a record's cells may spell some by chance."""
_NUMBERED_COLUMNS = r"^(?:(?:栏次|[甲乙丙丁戊己庚]|[A-Z]|[(（]?\d{1,2}(?:\.0)?[)）]?)(?:\n|$)){4,}$"
_PERSON = r"^\p{Han}[^\d:：]*[^计\d:：]$"
"""What may be a name; that of a total is none."""
EXAMPLE = "示例"
"""What a template's example row says in its first column: the row is no record, wherever it is left standing."""
_FEWEST_DIGITS = 15
"""Of an identity number; a note that stands in its column has fewer."""
_PREPARED = ("township_code", "village_code")
_DAYS_TO_1904 = 1462
OTHER = "?"
"""What begins the name of a column that is none of the contract's; its position follows."""
MASKED_KINDS = ("id_number", "date", "account")
"""Kinds whose meaning hangs on whether the cell was stored as a number; `<column>#` says so."""


def filled_cells(sheet: Sheet, header: Header) -> pl.DataFrame:
    """The sheet's cells; below the header, a merged range's value stands in every row that the range covers.

    An amount says there that it was merged: whether it is each row's or all rows' together, nobody can tell.
    """
    covered: dict[str, list[int]] = {}
    for (top, left), (bottom, _) in sheet.merged:
        if bottom > top > header.row and str(left) in header.columns:
            rows = covered.setdefault(str(left), [])
            rows.extend(range(top, min(bottom + 1, sheet.cells.height)))
            if len(rows) > sheet.cells.height:
                raise UnreadableFileError("file_unreadable")  # ranges that lie over each other
    if not covered:
        return sheet.cells
    index = pl.int_range(pl.len())
    return sheet.cells.with_columns(
        pl.when(index.is_in(rows)).then(_filled_down(header, position)).otherwise(position).alias(position)
        for position, rows in covered.items()
    )


def _filled_down(header: Header, position: str) -> pl.Expr:
    filled = pl.col(position).forward_fill()
    return filled + MERGED if header.columns[position].kind == "money" else filled


def below_header(sheet: Sheet, header: Header) -> pl.DataFrame:
    """The rows below the header, with the contract's names for its columns and `?<position>` for the others.

    `<column>#` says whether a cell was stored as a number, or of a date may have been. A date whose days count from
    1904 stands beside the others too, as it is written. What many sheets can have done together is left for then.
    """
    rows = _without_repeats(filled_cells(sheet, header).slice(header.row + 1), sheet.cells, header)
    rows.columns = [
        header.columns[position].name if position in header.columns else OTHER + position for position in rows.columns
    ]
    rows = rows.hstack([mask[header.row + 1 :] for mask in _masks(sheet, header)])
    return rows.with_columns(_days_from_1904(header)) if sheet.from_1904 else rows


def _masks(sheet: Sheet, header: Header) -> Iterator[pl.Series]:
    """Of a file that tells no number from a text, any date may have been a number in the workbook it was saved from."""
    for position, column in header.columns.items():
        if column.kind in MASKED_KINDS:
            is_number = sheet.is_number(position)
            may_be = is_number | True if column.kind == "date" and not sheet.is_typed else is_number
            yield may_be.alias(f"{column.name}#")


def _without_repeats(rows: pl.DataFrame, cells: pl.DataFrame, header: Header) -> pl.DataFrame:
    """The rows below the header, blank where a printed page begins anew with the titles and the header.

    Raises `UnreadableFileError` where another header follows: what stands below it would be read in wrong columns.
    """
    below = cells.slice(header.row + 1)
    (id_no,) = (position for position, column in header.columns.items() if column.name == "id_no")
    wordy = below.with_row_index("#").filter(~pl.col(id_no).str.contains(r"\d{5}"))
    headers = [(row, columns) for row in wordy.rows(named=True) if len(columns := _columns_of(row, header)) > _FEW]
    if not headers:
        return rows
    above = cells.head(header.row + 1)
    repeated = set(below.with_row_index("#").join(above, on=cells.columns, how="semi", nulls_equal=True)["#"])
    for row, columns in headers:
        if row["#"] not in repeated and not header.columns.items() <= columns.items():
            raise UnreadableFileError("header_again", str(header.row + 2 + row["#"]))
        repeated.add(row["#"])
    is_repeated = pl.int_range(pl.len()).is_in(list(repeated))
    return rows.with_columns(pl.when(~is_repeated).then(pl.all()))


def _columns_of(row: dict[str, str | None], header: Header) -> dict[str, Column]:
    """The contract's columns that a row of words names, as a header does."""
    named = (
        (position, header.contract.column_of(normalise_header(text)))
        for position, text in row.items()
        if isinstance(text, str)
    )
    return {position: column for position, column in named if column}


def _days_from_1904(header: Header) -> Iterator[pl.Expr]:
    """Numbers of days since 1904, in columns of dates, as days since 1900; and as they are written.

    Other numbers are dates as they stand: 2020.3, 202003, 20200305.
    """
    for position, column in header.columns.items():
        if column.kind == "date":
            written = pl.col(column.name)
            number = written.cast(pl.Float64, strict=False)
            days = (number + _DAYS_TO_1904).cast(pl.Int64).cast(pl.String)
            earliest, latest = day_counts(column)
            # of an event a smaller one is a month, 20203, whatever year days are counted from
            is_day = number.is_between(earliest - _DAYS_TO_1904 if column.advisory else earliest, latest)
            yield pl.when(pl.col(f"{column.name}#") & is_day).then(days).otherwise(written).alias(column.name)
            yield written.alias(OTHER + position)


def lay_out(rows: list[pl.DataFrame], told: pl.DataFrame) -> pl.DataFrame:
    """The rows of several sheets of one ledger, but for the blank ones, with what is `told` of each sheet.

    Blank is also what has only been prepared for records: a row with no more than its number, township and village.

    `told` has a row for each of `rows`, which are as `below_header` gives them: the `row_number` of the first (the
    sheet's own, from 1), and whatever else is to stand in each row. Added are `footer`, the text of a row that is no
    record (a total, a signature, an example), else null; and `total`, null where the row is none: 1 of a part (小计), 2
    (合计), 3 of all (总计).
    """
    told = told.with_columns(height=pl.Series([frame.height for frame in rows], dtype=pl.Int64))
    filled = [frame for frame in rows if frame.height] or rows[:1]
    cells = pl.concat(filled, how="diagonal")
    texts = [name for name in cells.columns if not name.endswith("#")]
    return pl.concat([cells, _of_each_row(told)], how="horizontal").filter(_is_filled(texts)).pipe(_with_footers, texts)


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


def _is_filled(texts: list[str]) -> pl.Expr:
    """Whether a row has more than what is prepared; a total may stand in the column of row numbers: 合计：2人."""
    others = [name for name in texts if name.startswith(OTHER)]
    telling = [name for name in texts if name not in _PREPARED and name not in others]
    is_telling = pl.any_horizontal(pl.col(name).is_not_null() for name in telling)
    words = (
        pl.when(~is_telling).then(pl.concat_str(others, separator="\n", ignore_nulls=True)) if others else pl.lit("")
    )
    return is_telling | words.str.contains(_TOTAL).fill_null(value=False)


def _with_footers(rows: pl.DataFrame, texts: list[str]) -> pl.DataFrame:
    """Without an identity number a row may be a footer; its cells are looked at together, a cell a line."""
    others = [name for name in texts if name.startswith(OTHER)]
    is_example = pl.any_horizontal(pl.lit(value=False), pl.col(others) == EXAMPLE)
    is_short = pl.col("id_no").fill_null("").str.count_matches(r"\d") < _FEWEST_DIGITS
    text = pl.concat_str(texts, separator="\n", ignore_nulls=True)
    footers = (
        rows.lazy()
        .filter(is_short | is_example)
        .with_columns(text.alias("text"), pl.sum_horizontal(pl.col(texts).is_not_null()).alias("filled"))
        .select(
            "part",
            "row_number",
            pl.when(is_short & _is_footer()).then("text")
            .when(is_example).then(pl.lit(EXAMPLE))
            .alias("footer"),
        )
        .filter(pl.col("footer").is_not_null())
    )  # fmt: skip
    return (
        rows.lazy()
        .join(footers, on=("part", "row_number"), how="left", maintain_order="left")
        .with_columns(_total(pl.col("footer")).alias("total"))
        .collect()
    )


def _total(footer: pl.Expr) -> pl.Expr:
    level = pl.when(footer.str.contains(_PARTIAL)).then(1).when(footer.str.contains(_GRAND)).then(3).otherwise(2)
    return pl.when(footer.str.contains(_TOTAL) & ~footer.str.contains(_RUNNING)).then(level)


def _is_footer() -> pl.Expr:
    """Whether a row without an identity number is none that a person is missing from.

    Of a total one cell says so; of signatures and notes every other cell. Beside a person's name such words are a
    remark (注：…) or a job (负责人), but for a row that begins with them: 填报人：张三.
    """
    text, filled = pl.col("text"), pl.col("filled")
    labels = text.str.count_matches(f"(?m)^{_LABEL_CELL}")
    is_total = text.str.contains(_TOTAL)
    is_signed = (labels > 0) & (filled <= 2 * labels + 1)
    begins_so = text.str.contains(f"^(?:{_TOTAL_CELL}|{_LABEL_CELL})")
    is_named = pl.col("name").str.contains(_PERSON).fill_null(value=False)
    return (
        text.str.contains(_NUMBERED_COLUMNS)
        | text.str.contains(_DAY_ALONE)
        | ((is_total | is_signed) & (begins_so | ~is_named))
    )
