"""Numbers that are counted with: whole ones and amounts of money."""

import polars as pl

from taizhang.clean.cell import Asking, Cell, Cleaned, Steps, unless_placeholder
from taizhang.contract import Column

_GROUPED = r"^\D*\d{1,3}([ \u00a0]\d{3})+(\.\d+)?\D*$"
"""A number whose thousands are parted by blanks."""
_INTEGER = r"^-?\d{1,9}$"
_AMOUNT = r"^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"
_ROUNDING = 0.001  # of a fen: a workbook's binary fractions are not quite whole


def integer(cell: Cell) -> Steps:
    """A whole number, with or without what it counts behind it: 个月, 课时, 岁."""
    spelt = yield _one_number(cell)
    spelt = yield unless_placeholder(spelt).str.replace(r"(个月|月|课时|学时|小时|周?岁)$", "")
    value = yield pl.when(spelt.str.contains(_INTEGER)).then(spelt).cast(pl.Int64, strict=False)
    return Cleaned(
        value,
        {
            "integer_invalid": spelt.is_not_null() & value.is_null(),
            "integer_out_of_range": _out_of_range(value, cell.column),
        },
    )


def money(cell: Cell) -> Steps:
    """Yuan to the fen; a header in 万元 multiplies. Ranges, `左右` and fractions of a fen are refused."""
    spelt = yield _one_number(cell)
    spelt = yield unless_placeholder(spelt).str.replace_all(r"^[¥￥]|元$", "")
    value = yield from _yuan(spelt, cell.scale)
    out_of_range = yield _out_of_range(value, cell.column)
    usual = cell.column.usual_minimum
    return Cleaned(
        value,
        {
            "amount_invalid": spelt.is_not_null() & value.is_null(),
            "amount_out_of_range": out_of_range,
            "amount_unusual": ~out_of_range & (value < usual if usual is not None else pl.lit(False)),
        },
    )


def _one_number(cell: Cell) -> pl.Expr:
    """The plain number, but where white space parts several: 3 and 6 in two lines are not 36."""
    parted = cell.text.str.contains(r"\d\s+\d") & ~cell.text.str.contains(_GROUPED)
    return pl.when(parted).then(cell.text).otherwise(cell.plain_number)


def _yuan(spelt: pl.Expr, scale: int) -> Asking[pl.Expr]:
    """The amount, null where the text is none or has fractions of a fen."""
    shaped = pl.when(spelt.str.contains(_AMOUNT)).then(spelt)
    number = yield shaped.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False) * scale
    fen = yield (number * 100).round()
    is_exact = (number * 100 - fen).abs() < _ROUNDING
    return (yield pl.when(is_exact).then((fen / 100).round(2)))


def _out_of_range(value: pl.Expr, column: Column) -> pl.Expr:
    above = value > column.maximum if column.maximum is not None else pl.lit(False)
    below = value < column.minimum if column.minimum is not None else pl.lit(False)
    return above | below
