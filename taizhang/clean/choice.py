"""What is chosen from a list: codes, and yes or no."""

import polars as pl

from taizhang.clean.cell import Cell, Cleaned, Steps, unless, unless_placeholder
from taizhang.contract import Column

UNMAPPED = "unmapped"
_YES = (
    "是", "有", "Y", "YES", "√", "✓", "✔", "☑", "1", "TRUE", "对", "合格", "已取证", "已返乡", "愿意", "有意愿", "需要",
)  # fmt: skip
_NO = (
    "否", "无", "没有", "N", "NO", "×", "X", "0", "FALSE", "不是", "不合格", "未取证", "未返乡",
    "不愿意", "无意愿", "不需要",
)  # fmt: skip
_NEITHER = r"^(/|-+|—+|不详|未知)$"
"""Is an empty cell; 无 is none, but a no."""


def code(cell: Cell) -> Steps:
    """The value of a label or a synonym; `unmapped` where it is in no list."""
    spelt = yield cell.folded
    mapped = yield spelt.replace_strict(_values(cell.column), default=None, return_dtype=pl.String)
    value = yield mapped.fill_null(pl.when(unless_placeholder(spelt).is_not_null()).then(pl.lit(UNMAPPED)))
    return Cleaned(value, {"code_unmapped": value == UNMAPPED})


def codes(cell: Cell) -> Steps:
    """Several codes in one cell, in any order: stored sorted, joined by a comma."""
    spelt = yield cell.folded
    spelt = yield unless_placeholder(spelt)
    mapped = yield (
        spelt.str.replace_all(r"[,，、;；/]+", ",")
        .str.split(",")
        .list.eval(pl.element().replace_strict(_values(cell.column), default=UNMAPPED, return_dtype=pl.String))
    )
    value = mapped.list.unique().list.sort().list.join(",")
    return Cleaned(value, {"code_unmapped": mapped.list.contains(UNMAPPED)})


def _values(column: Column) -> dict[str, str]:
    """The list's values by spelling, as a folded cell spells them."""
    return {
        spelling.replace("（", "(").replace("）", ")"): value for spelling, value in column.code_of_spelling.items()
    }


def yes_no(cell: Cell) -> Steps:
    """Whether a cell says yes, in any of the usual forms."""
    spelt = yield cell.plain_number.str.to_uppercase()
    spelt = yield unless(_NEITHER, spelt)
    value = yield pl.when(spelt.is_in(_YES)).then(True).when(spelt.is_in(_NO)).then(False)
    return Cleaned(value, {"yes_no_invalid": spelt.is_not_null() & value.is_null()})
