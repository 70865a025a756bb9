"""Dates, as exactly as they are written."""

from datetime import date
from typing import NamedTuple

import polars as pl

from taizhang.clean.cell import Asking, Cell, Cleaned, Steps, folded, unless, without_fraction
from taizhang.contract import Column

_EXCEL_EPOCH = date(1899, 12, 30)
_EARLIEST_SERIAL, _LATEST_SERIAL = 18_264, 54_789  # 1950-01-01 and 2050-01-01
_EARLIEST_EVENT = 21_000  # 1957-06-29: a smaller one is a month without a separator, 20203
_NO_DATE = r"^(至今|无|不详|未知|暂无|/|-+|—+)$"
_TIME = r"([-/.月]\d{1,2}日?)(?:T|\s+)\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
_BETWEEN = r"-/.,、。·\\—–"
"""What stands between the numbers of a date; keyboards that are set to Chinese give most of it."""
_MEANS_SEVERAL = "-—–、,"
"""What also stands between two months: of these, only one that stands behind the year too parts a month from a day."""
_DAY = rf"[{_BETWEEN}月](?<day>\d{{1,2}})[日号.]?"
_WRITTEN = rf"^(?<year>\d{{4}})(?:[{_BETWEEN}年](?<month>\d{{1,2}})(?:{_DAY}|月份?)?|年)?$"
_COMPACT = r"^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})?$"
_JANUARY_OR_OCTOBER = r"^\d{4}\.1$"
_SPAN = "|".join(
    (
        r"^\d{4}[-/年.]\d{1,2}.*[-~至到—]\d{4}[-/年.]\d{1,2}",
        r"\d.*[-~至到—]今$",
        r"^\d{4}\D\d{1,2}月?[~至到]\d{1,2}(月份?|[日号.])?$",
        *(rf"^\d{{4}}[^\d{mark}]\d{{1,2}}月?{mark}\d{{1,2}}(月份?|[日号.])?$" for mark in _MEANS_SEVERAL),
    )
)


class _Numbers(NamedTuple):
    """The numbers of a date, as text."""

    year: pl.Expr
    month: pl.Expr
    day: pl.Expr


def day_counts(column: Column) -> tuple[int, int]:
    """The least and the greatest number that counts days since 1900 in a column of dates."""
    return _EARLIEST_SERIAL if column.advisory else _EARLIEST_EVENT, _LATEST_SERIAL


def date_(cell: Cell) -> Steps:
    """A date with its precision: a day, a month (its first day is stored) or a year.

    `2020.1` that is or was a number may have been typed 2020.10 and is refused; so is `2020.2-12`, which may mean no
    day in February. A five-digit number is a day count from 1899-12-30, as workbooks keep dates; of a date of birth
    (`advisory`) from 1950 on. A time of day goes.
    """
    spelt = yield without_fraction(folded(cell.text.str.replace(_TIME, "$1")))
    spelt = yield unless(_NO_DATE, spelt)
    serial = yield from _serial(spelt, cell.column)
    span = yield spelt.str.contains(_SPAN)
    numbers = yield from _numbers(pl.when(~span).then(spelt))
    ambiguous = cell.is_number & spelt.str.contains(_JANUARY_OR_OCTOBER)
    value = pl.coalesce(_spelt_out(numbers), pl.lit(_EXCEL_EPOCH) + pl.duration(days=serial))
    value = yield pl.when(value.dt.year().is_between(1900, 2100) & ~ambiguous).then(value)
    unread = spelt.is_not_null() & value.is_null()
    return Cleaned(
        value,
        {"date_ambiguous": ambiguous, "date_span": span, "date_invalid": ~ambiguous & ~span & unread},
        _precision(value, numbers, serial),
    )


def _serial(spelt: pl.Expr, column: Column) -> Asking[pl.Expr]:
    """The day count that a text is, else null."""
    number = yield pl.when(spelt.str.contains(r"^\d{5}$")).then(spelt).cast(pl.Int64, strict=False)
    return pl.when(number.is_between(*day_counts(column))).then(number)


def _numbers(spelt: pl.Expr) -> Asking[_Numbers]:
    written = yield spelt.str.extract_groups(_WRITTEN)
    compact = yield spelt.str.extract_groups(_COMPACT)
    return _Numbers(*(pl.coalesce(form.struct.field(name) for form in (written, compact)) for name in _Numbers._fields))


def _spelt_out(numbers: _Numbers) -> pl.Expr:
    """The date, on the first day of what is not told."""
    one = pl.lit("1")
    iso = pl.concat_str(numbers.year, numbers.month.fill_null(one), numbers.day.fill_null(one), separator="-")
    return iso.str.to_date("%Y-%m-%d", strict=False)


def _precision(value: pl.Expr, numbers: _Numbers, serial: pl.Expr) -> pl.Expr:
    return (
        pl.when(value.is_null()).then(None)
        .when(numbers.day.is_not_null() | serial.is_not_null()).then(pl.lit("day"))
        .when(numbers.month.is_not_null()).then(pl.lit("month"))
        .otherwise(pl.lit("year"))
    )  # fmt: skip
