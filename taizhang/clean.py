"""One cell of each kind: what a clerk may write, and what we make of it.

Each kind has one function from a column of text to a `Cleaned`: an expression of the normalised value and,
by rule identifier, expressions that say where the rule is broken. Nothing here looks at a cell in Python.
A value is normalised or refused, never guessed.

Intermediate steps are evaluated as they are reached (`_now`): an expression that is used ten times over
would otherwise be planned ten times over, which for a village of a hundred rows costs far more than the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import polars as pl

from taizhang.contract import Column, Kind

UNMAPPED = "unmapped"
_PLACEHOLDER = r"^(无|不详|暂无|未知|/|-+|—+|N/?A|null|0{6,}|999999\d*)$"
_DITTO = r"^(同上|〃|″|\"|同前)$"
_ERROR = r"^(#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!)|Err:\d{3})$"
_HAN = r"\p{Han}"
_GARBLED = r"[?？\u{FFFD}\u{E000}-\u{F8FF}\u{F0000}-\u{10FFFD}]"
"""What a character becomes that a program had no code for: a question mark, or one of private use."""
_REGIONS = "^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91|99)"
"""First digits of a region: GB/T 2260, 91 of foreigners, and 99, which is assigned to nobody but the demo county.

What follows is not looked up: codes change with every reform, and a number keeps the one of its day for ever. A list
that knows a code for some years of birth only refuses people who were given it in others.
"""
_PHONE = r"(1[3-9]\d{9}|(\(?0\d{2,3}\)?-?)?[2-8]\d{6,7}(-\d{1,5})?)"
_NUMBER_OF_A_PERSON = r"\d{11}"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, annex A
_ID_CHECK_CHARACTERS = "10X98765432"
_YES = ("是", "有", "Y", "YES", "√", "1", "TRUE", "对", "合格", "已取证", "已返乡", "愿意")
_NO = ("否", "无", "没有", "N", "NO", "×", "X", "0", "FALSE", "不是", "不合格", "未取证", "未返乡", "不愿意")
_EXCEL_EPOCH = date(1899, 12, 30)
_EARLIEST_SERIAL, _LATEST_SERIAL = 18_264, 54_789  # 1950-01-01 and 2050-01-01


@dataclass(frozen=True)
class Cleaned:
    """`value` in the contract's type, null where nothing is written; `broken` by rule; `precision` of a date."""

    value: pl.Expr
    broken: dict[str, pl.Expr] = field(default_factory=dict)
    precision: pl.Expr | None = None


@dataclass(frozen=True)
class Cell:
    """A column of trimmed text, whether each cell was stored as a number, and how its header scales it."""

    text: pl.Expr
    is_number: pl.Expr
    column: Column
    scale: int = 1

    @cached_property
    def folded(self) -> pl.Expr:
        """The text with full width brought to half width and without inner white space."""
        return _now(self.text.str.normalize("NFKC").str.replace_all(r"\s", ""))

    @property
    def plain_number(self) -> pl.Expr:
        """The folded text without the `.0` that a workbook gives to a whole number."""
        return self.folded.str.replace(r"^(-?\d+)\.0$", "$1")


def _now(expression: pl.Expr) -> pl.Expr:
    """Evaluate an expression over literals, and go on with its result."""
    return pl.lit(pl.select(expression).to_series())


def _unless_placeholder(text: pl.Expr) -> pl.Expr:
    text = _now(text)
    return _now(pl.when(~text.str.contains(_PLACEHOLDER)).then(text))


def text(cell: Cell) -> Cleaned:
    """What is written; eleven digits among words are a phone, an identity number or an account that slipped in.

    It is kept, as it is the clerk's, but goes no further than raw (macro `without_number`).
    """
    value = _unless_placeholder(cell.text.str.replace(r"^(\d+)\.0$", "$1"))
    slipped_in = cell.folded.str.replace_all("-", "", literal=True).str.contains(_NUMBER_OF_A_PERSON)
    return Cleaned(value, {"number_in_text": slipped_in} if cell.column.is_free_text else {})


def name(cell: Cell) -> Cleaned:
    """A person's (or payee's) name, as it is written: only blanks between Han characters go.

    How names are folded where two ledgers are compared is the business of who compares (macro `folded_name`).
    """
    joined = cell.text
    for _ in range(2):  # a match ends on the character that the next one needs
        joined = joined.str.replace_all(rf"({_HAN})\s+({_HAN})", "$1$2")
    value = _unless_placeholder(joined)
    return Cleaned(value, {"name_garbled": value.str.contains(_GARBLED)})


def id_number(cell: Cell) -> Cleaned:
    """A citizen identity number after GB 11643-1999.

    15 digits are upgraded, a disability card's 20 or 22 lose what follows the 18th. Of the region only the province
    is looked at: people marry in, and old codes are valid for ever.
    """
    bare = cell.folded.str.to_uppercase().str.replace_all(r"[=\"'`‘’“”]", "")
    bare = _unless_placeholder(bare.str.replace(r"\.0$", "").str.replace(r"^(\d{17})[×*ХΧ]$", "${1}X"))
    is_old, is_card = bare.str.contains(r"^\d{15}$"), bare.str.contains(r"^\d{17}[\dX]\d{2}(\d{2})?$")
    upgraded = bare.str.head(6) + "19" + bare.str.tail(9)
    body = pl.when(is_old).then(upgraded).otherwise(bare.str.head(17))
    check = _now(_check_character(body))
    value = pl.when(is_old).then(upgraded + check).when(is_card).then(bare.str.head(18)).otherwise(bare)
    value = _now(value)
    damaged = bare.str.contains(r"^\d(\.\d+)?E\+?\d+$") | (cell.is_number & bare.str.len_chars().gt(15))
    shaped = value.str.contains(r"^\d{17}[\dX]$")
    born = value.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    return Cleaned(
        value,
        {
            "id_damaged": damaged,
            "id_length": ~damaged & ~shaped,
            "id_birth_date": shaped & (born.is_null() | ~born.dt.year().is_between(1900, 2100)),
            "id_checksum": ~damaged & shaped & (value.str.tail(1) != check),
            "id_region_unknown": ~damaged & shaped & ~value.str.contains(_REGIONS),
            "id_upgraded": is_old,
            "id_disability_card": is_card,
        },
    )


def _check_character(body: pl.Expr) -> pl.Expr:
    """Check character of 17 digits: ISO 7064 MOD 11-2; null where they are not digits."""
    digits = _now(body.cast(pl.Int64, strict=False))
    weighed = [digits // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(_ID_WEIGHTS)]
    remainder = pl.sum_horizontal(weighed, ignore_nulls=False) % 11
    return remainder.replace_strict(dict(enumerate(_ID_CHECK_CHARACTERS)), return_dtype=pl.String, default=None)


def phone(cell: Cell) -> Cleaned:
    value = _now(_unless_placeholder(cell.plain_number).str.replace(r"^(\+|00)86-?", ""))
    several = value.str.contains(rf"^{_PHONE}([^\d]+|-)({_PHONE}[^\d]*)+$") & ~value.str.contains(rf"^{_PHONE}$")
    valid = value.str.contains(rf"^{_PHONE}$") | value.str.replace_all("-", "").str.contains(rf"^{_PHONE}$")
    return Cleaned(value, {"phone_several": several, "phone_invalid": ~valid & ~several})


def account(cell: Cell) -> Cleaned:
    """A bank account; what a workbook has made a number of more than fifteen digits is no account any more."""
    spelt = _unless_placeholder(cell.plain_number.str.replace_all(r"['‘’-]", ""))
    damaged = _now(spelt.str.contains(r"^\d(\.\d+)?E\+?\d+$") | (cell.is_number & spelt.str.len_chars().gt(15)))
    value = _now(pl.when(~damaged).then(spelt))
    return Cleaned(value, {"account_damaged": damaged, "account_invalid": ~value.str.contains(r"^\d{12,19}$")})


def code(cell: Cell) -> Cleaned:
    spelt = cell.folded
    mapped = _now(spelt.replace_strict(_codes(cell.column), default=None, return_dtype=pl.String))
    known = _unless_placeholder(spelt)
    value = _now(mapped.fill_null(pl.when(known.is_not_null()).then(pl.lit(UNMAPPED))))
    return Cleaned(value, {"code_unmapped": value == UNMAPPED})


def codes(cell: Cell) -> Cleaned:
    """Several codes in one cell, in any order: stored sorted, joined by a comma."""
    spelt = _unless_placeholder(cell.folded)
    mapped = (
        spelt.str.replace_all(r"[,，、;；/]+", ",")
        .str.split(",")
        .list.eval(pl.element().replace_strict(_codes(cell.column), default=UNMAPPED, return_dtype=pl.String))
    )
    value = mapped.list.unique().list.sort().list.join(",")
    return Cleaned(value, {"code_unmapped": mapped.list.contains(UNMAPPED)})


def _codes(column: Column) -> dict[str, str]:
    return {
        spelling.replace("（", "(").replace("）", ")"): value for spelling, value in column.code_of_spelling.items()
    }


def yes_no(cell: Cell) -> Cleaned:
    spelt = cell.plain_number.str.to_uppercase()
    spelt = pl.when(~spelt.str.contains(r"^(/|-+|—+|不详|未知)$")).then(spelt)
    spelt = _now(spelt)
    value = pl.when(spelt.is_in(_YES)).then(True).when(spelt.is_in(_NO)).then(False)
    return Cleaned(value, {"yes_no_invalid": spelt.is_not_null() & value.is_null()})


def integer(cell: Cell) -> Cleaned:
    spelt = _now(_unless_placeholder(cell.plain_number).str.replace(r"(个月|月|课时|学时|小时)$", ""))
    value = _now(pl.when(spelt.str.contains(r"^-?\d{1,9}$")).then(spelt).cast(pl.Int64, strict=False))
    return Cleaned(
        value,
        {
            "integer_invalid": spelt.is_not_null() & value.is_null(),
            "integer_out_of_range": _out_of_range(value, cell.column),
        },
    )


def money(cell: Cell) -> Cleaned:
    """Yuan to the fen; a header in 万元 multiplies. Ranges, `左右` and fractions of a fen are refused."""
    spelt = _now(_unless_placeholder(cell.plain_number).str.replace_all(r"[,¥￥]|元$", ""))
    number = pl.when(spelt.str.contains(r"^-?\d+(\.\d+)?$")).then(spelt).cast(pl.Float64, strict=False) * cell.scale
    number = _now(number)
    fen = (number * 100).round()
    exact = (number * 100 - fen).abs() < 0.001  # a workbook's binary fractions are not quite whole
    value = _now(pl.when(exact).then((fen / 100).round(2)))
    out_of_range = _now(_out_of_range(value, cell.column))
    usual = cell.column.usual_minimum
    return Cleaned(
        value,
        {
            "amount_invalid": spelt.is_not_null() & value.is_null(),
            "amount_out_of_range": out_of_range,
            "amount_unusual": ~out_of_range & (value < usual if usual is not None else pl.lit(False)),
        },
    )


def _out_of_range(value: pl.Expr, column: Column) -> pl.Expr:
    above = value > column.maximum if column.maximum is not None else pl.lit(False)
    below = value < column.minimum if column.minimum is not None else pl.lit(False)
    return above | below


_TIME = r"([-/.月]\d{1,2}日?)(?:T|\s+)\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
_DAY_FORMS = (r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$", r"^(\d{4})(\d{2})(\d{2})$")
_MONTH_FORMS = (r"^(\d{4})[-/年.](\d{1,2})月?$", r"^(\d{4})(\d{2})$")
_SPAN = r"^\d{4}[-/年.]\d{1,2}.*[-~至到—]\d{4}[-/年.]\d{1,2}|\d.*[-~至到—]今$"


def date_(cell: Cell) -> Cleaned:
    """A date with its precision: a day, a month (its first day is stored) or a year.

    `2020.1` stored as a number may have been typed 2020.10 and is refused. A five-digit number is a day count
    from 1899-12-30, as workbooks keep dates. A time of day goes.
    """
    spelt = replace(cell, text=_now(cell.text.str.replace(_TIME, "$1"))).plain_number
    spelt = pl.when(~spelt.str.contains(r"^(至今|无|不详|未知|暂无|/|-+|—+)$")).then(spelt)
    spelt = _now(spelt)
    serial = pl.when(spelt.str.contains(r"^\d{5}$")).then(spelt).cast(pl.Int64, strict=False)
    serial = pl.when(serial.is_between(_EARLIEST_SERIAL, _LATEST_SERIAL)).then(serial)
    by_serial = pl.lit(_EXCEL_EPOCH) + pl.duration(days=serial)
    day = _now(pl.coalesce(*(_date(spelt, form) for form in _DAY_FORMS), by_serial))
    month = _now(pl.coalesce(*(_date(spelt, form) for form in _MONTH_FORMS)))
    year = _date(spelt, r"^(\d{4})年?$")
    precision = (
        pl.when(day.is_not_null()).then(pl.lit("day"))
        .when(month.is_not_null()).then(pl.lit("month"))
        .when(year.is_not_null()).then(pl.lit("year"))
    )  # fmt: skip
    ambiguous = cell.is_number & spelt.str.contains(r"^\d{4}\.1$")
    value = _now(pl.coalesce(day, month, year))
    span = _now(value.is_null() & spelt.str.contains(_SPAN))
    unread = spelt.is_not_null() & (value.is_null() | ~value.dt.year().is_between(1900, 2100))
    return Cleaned(
        value,
        {"date_ambiguous": ambiguous, "date_span": span, "date_invalid": ~ambiguous & ~span & unread},
        precision,
    )


def _date(spelt: pl.Expr, form: str) -> pl.Expr:
    """The date of a form whose groups are year, month and day; a missing group counts as 1."""
    groups = form.replace("(?:", "").count("(")
    parts = [spelt.str.extract(form, group) for group in range(1, groups + 1)]
    parts += [pl.when(parts[0].is_not_null()).then(pl.lit("1"))] * (3 - groups)
    return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False)


CLEANERS: dict[Kind, Callable[[Cell], Cleaned]] = {
    "text": text,
    "name": name,
    "id_number": id_number,
    "phone": phone,
    "account": account,
    "code": code,
    "codes": codes,
    "yes_no": yes_no,
    "date": date_,
    "integer": integer,
    "money": money,
}
"""Cleaner of each kind but divisions, which are resolved against those of the extract (`taizhang.extract`)."""


def clean(cell: Cell) -> Cleaned:
    """Clean one column; refuse 同上 and the errors of formulas, which say nothing by themselves."""
    cleaned = CLEANERS[cell.column.kind](cell)
    ditto, error = _now(cell.text.str.contains(_DITTO)), _now(cell.text.str.contains(_ERROR))
    broken = {rule: condition & ~ditto & ~error for rule, condition in cleaned.broken.items()}
    return Cleaned(cleaned.value, {"value_ditto": ditto, "value_error": error, **broken}, cleaned.precision)
