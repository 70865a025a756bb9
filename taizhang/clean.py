"""One cell of each kind: what a clerk may write, and what we make of it.

Each kind has one function from a column of text to a `Cleaned`: an expression of the normalised value and,
by rule identifier, expressions that say where the rule is broken. Nothing here looks at a cell in Python.
A value is normalised or refused, never guessed.

A text is cleaned once, however many cells of its column hold it. A cleaner yields each intermediate step and goes on
with its result; all columns take their steps together, as what a round costs is its planning more than its rows.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import TypeAlias

import polars as pl

from taizhang.contract import Column, Kind
from taizhang.redact import PERSON_ON_PAPER
from taizhang.survey import UNCOMPUTED

UNMAPPED = "unmapped"
_PLACEHOLDER = r"^(无|不详|暂无|未知|/|-+|—+|N/?A|null|0{6,}|999999\d*)$"
_DITTO = r"^(同上|〃|″|\"|同前)$"
FORMULA_ERROR = rf"^(#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!)|Err:\d{{3}}|{UNCOMPUTED})$"
MERGED = "（合并单元格）"
"""Ends an amount that stands in a merged cell of several rows."""
_HAN = r"\p{Han}"
_ANOTHER_NAME = rf"[\r\n、，,;；/]\s*{_HAN}{{2}}"
_SURNAME = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方"
    "邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常欧申卿]"
)
"""The commonest surnames: of two names that only a blank parts, both begin with one."""
_TWO_NAMES = rf"^{_SURNAME}{_HAN}{{1,2}}\s+{_SURNAME}{_HAN}{{1,2}}(\s|$)"
_GARBLED = r"[?？\u{FFFD}\u{E000}-\u{F8FF}\u{F0000}-\u{10FFFD}]"
"""What a character becomes that a program had no code for: a question mark, or one of private use."""
_REGIONS = "^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91|99)"
"""First digits of a region: GB/T 2260, 91 of foreigners, and 99, which is assigned to nobody but the demo county.

What follows is not looked up: codes change with every reform, and a number keeps the one of its day for ever. A list
that knows a code for some years of birth only refuses people who were given it in others.
"""
_PHONE = r"(1[3-9]\d{9}|(\(?0\d{2,3}\)?-?)?[2-8]\d{6,7}(-\d{1,5})?)"
_NUMBER_OF_A_PERSON = r"\d{11}"
# Polars has no looking around.
_PERSON_ON_PAPER = PERSON_ON_PAPER.replace(r"(?<!\d)", r"(^|\D)").replace(r"(?!\d)", r"(\D|$)")
_CREDIT_CODE = r"^[159NAY][12349]\d{6}[0-9A-HJ-NPQRTUWXY]{8}[0-9X][0-9A-HJ-NPQRTUWXY]$"
"""GB 32100-2015, table 1: the unified social credit code of an organisation, which has eighteen characters too."""
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, annex A
_ID_CHECK_CHARACTERS = "10X98765432"
_YES = (
    "是", "有", "Y", "YES", "√", "✓", "✔", "☑", "1", "TRUE", "对", "合格", "已取证", "已返乡", "愿意", "有意愿", "需要",
)  # fmt: skip
_NO = (
    "否", "无", "没有", "N", "NO", "×", "X", "0", "FALSE", "不是", "不合格", "未取证", "未返乡",
    "不愿意", "无意愿", "不需要",
)  # fmt: skip
_GROUPED = r"^\D*\d{1,3}([ \u00a0]\d{3})+(\.\d+)?\D*$"
"""A number whose thousands are parted by blanks."""
_STORED_AS_NUMBER = "\x00"
"""Ends a text that was a number in the workbook; no cell holds it, as characters that cannot be seen are gone."""
_EXCEL_EPOCH = date(1899, 12, 30)
_EARLIEST_SERIAL, _LATEST_SERIAL = 18_264, 54_789  # 1950-01-01 and 2050-01-01
_EARLIEST_EVENT = 21_000  # 1957-06-29: a smaller one is a month without a separator, 20203


def day_counts(column: Column) -> tuple[int, int]:
    """The least and the greatest number that counts days since 1900 in a column of dates."""
    return _EARLIEST_SERIAL if column.advisory else _EARLIEST_EVENT, _LATEST_SERIAL


@dataclass(frozen=True)
class Cleaned:
    """`value` in the contract's type, null where nothing is written; `broken` by rule; `precision` of a date."""

    value: pl.Expr
    broken: dict[str, pl.Expr] = field(default_factory=dict)
    precision: pl.Expr | None = None


Steps: TypeAlias = Generator[pl.Expr, pl.Expr, Cleaned]
"""A cleaner at work: for each expression that it yields it is sent one of the result."""


@dataclass(frozen=True)
class Cell:
    """The cells of a column: trimmed text, whether each was stored as a number, and how the header scales them."""

    column: Column
    scale: int = 1

    @property
    def text(self) -> pl.Expr:
        return pl.col(self.column.name)

    @property
    def is_number(self) -> pl.Expr:
        return pl.col(f"{self.column.name}#")

    @property
    def folded(self) -> pl.Expr:
        """The text with full width brought to half width and without inner white space."""
        return _folded(self.text)

    @property
    def plain_number(self) -> pl.Expr:
        """The folded text without the `.0` that a workbook gives to a whole number."""
        return _plain_number(self.folded)


def _one_number(cell: Cell) -> pl.Expr:
    """The plain number, but where white space parts several: 3 and 6 in two lines are not 36."""
    parted = cell.text.str.contains(r"\d\s+\d") & ~cell.text.str.contains(_GROUPED)
    return pl.when(parted).then(cell.text).otherwise(cell.plain_number)


def _folded(text: pl.Expr) -> pl.Expr:
    """But for a text with ① or ²: the mark of a footnote would become a digit of the number that it stands at."""
    has_mark = text.str.contains(r"\p{No}")
    return pl.when(has_mark).then(text).otherwise(text.str.normalize("NFKC")).str.replace_all(r"\s", "")


def _plain_number(folded: pl.Expr) -> pl.Expr:
    return folded.str.replace(r"^(-?\d+)\.0$", "$1")


def _unless_placeholder(text: pl.Expr) -> pl.Expr:
    return pl.when(~text.str.contains(_PLACEHOLDER)).then(text)


def text(cell: Cell) -> Steps:
    """What is written; eleven digits among words are a phone, an identity number or an account that slipped in.

    It is kept, as it is the clerk's, but goes no further than raw (macro `without_number`).
    """
    bare = yield cell.text.str.replace(r"^(\d+)\.0$", "$1")
    value = yield _unless_placeholder(bare)
    slipped_in = cell.text.str.normalize("NFKC").str.replace_all(r"[\s-]", "").str.contains(_NUMBER_OF_A_PERSON)
    return Cleaned(value, {"number_in_text": slipped_in})


def name(cell: Cell) -> Steps:
    """A person's (or payee's) name, as it is written: only blanks between Han characters go.

    How names are folded where two ledgers are compared is the business of who compares (macro `folded_name`).
    """
    joined = cell.text
    for _ in range(2):  # a match ends on the character that the next one needs
        joined = joined.str.replace_all(rf"({_HAN})\s+({_HAN})", "$1$2")
    joined = yield joined
    value = yield _unless_placeholder(joined)
    of_two = cell.text.str.contains(f"{_ANOTHER_NAME}|{_TWO_NAMES}")
    return Cleaned(value, {"name_garbled": value.str.contains(_GARBLED), "name_several": of_two})


def id_number(cell: Cell) -> Steps:
    """A citizen identity number after GB 11643-1999.

    15 digits are upgraded, a disability card's 20 or 22 lose what follows the 18th. Of the region only the province
    is looked at: people marry in, and old codes are valid for ever. An organisation's credit code is nobody's number.
    """
    bare = cell.folded.str.to_uppercase().str.replace_all(r"[=\"'`‘’“”]", "")
    bare = yield bare.str.replace(r"\.0$", "").str.replace(r"^(\d{17})[×*ХΧ]$", "${1}X")
    bare = yield _unless_placeholder(bare)
    is_old = yield bare.str.contains(r"^\d{15}$")
    is_card = yield bare.str.contains(r"^\d{17}[\dX]\d{2}(\d{2})?$")
    upgraded = yield bare.str.head(6) + "19" + bare.str.tail(9)
    body = pl.when(is_old).then(upgraded).otherwise(bare.str.head(17))
    digits = yield body.cast(pl.Int64, strict=False)
    check = yield _check_character(digits)
    of_office = bare.str.contains(_CREDIT_CODE) & bare.str.contains(r"[A-WY]")
    value = yield (
        pl.when(is_old).then(upgraded + check).when(is_card).then(bare.str.head(18)).when(~of_office).then(bare)
    )
    damaged = yield bare.str.contains(r"^\d(\.\d+)?E\+?\d+$") | (cell.is_number & bare.str.len_chars().gt(15))
    shaped = yield value.str.contains(r"^\d{17}[\dX]$")
    born = yield value.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
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
            "id_credit_code": of_office,
        },
    )


def _check_character(digits: pl.Expr) -> pl.Expr:
    """Check character of a number of 17 digits: ISO 7064 MOD 11-2."""
    weighed = [digits // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(_ID_WEIGHTS)]
    remainder = pl.sum_horizontal(weighed, ignore_nulls=False) % 11
    return remainder.replace_strict(dict(enumerate(_ID_CHECK_CHARACTERS)), return_dtype=pl.String, default=None)


def paper_number(cell: Cell) -> Steps:
    """The number of a household, a class or a payment; some counties write them with as many digits as an account.

    A workbook keeps fifteen digits of a number: of a longer one nobody knows the rest, and two would be one key. A
    person's number is none of a paper: it would be published as one.
    """
    damaged = yield cell.text.str.contains(r"^\d(\.\d+)?[Ee]\+\d+$|^\d{16,}\.0$")
    bare = yield cell.text.str.replace(r"^(\d+)\.0$", "$1")
    personal = yield cell.folded.str.contains(_PERSON_ON_PAPER)
    value = yield _unless_placeholder(pl.when(~damaged & ~personal).then(bare))
    return Cleaned(value, {"number_damaged": damaged, "number_of_person": personal})


def phone(cell: Cell) -> Steps:
    spelt = yield cell.plain_number
    spelt = yield _unless_placeholder(spelt).str.replace_all("['‘’]", "")
    value = yield spelt.str.replace(r"^(\+|00)86-?", "")
    is_one = yield value.str.contains(rf"^{_PHONE}$")
    several = yield value.str.contains(rf"^{_PHONE}([^\d]+|-)({_PHONE}[^\d]*)+$|^(1[3-9]\d{{9}}){{2,}}$") & ~is_one
    valid = is_one | value.str.replace_all("-", "").str.contains(rf"^{_PHONE}$")
    return Cleaned(value, {"phone_several": several, "phone_invalid": ~valid & ~several})


def account(cell: Cell) -> Steps:
    """A bank account; what a workbook has made a number of more than fifteen digits is no account any more."""
    spelt = yield cell.plain_number.str.replace_all(r"['‘’-]", "")
    spelt = yield _unless_placeholder(spelt)
    damaged = yield spelt.str.contains(r"^\d(\.\d+)?[Ee]\+?\d+$") | (cell.is_number & spelt.str.len_chars().gt(15))
    value = yield pl.when(~damaged).then(spelt)
    return Cleaned(value, {"account_damaged": damaged, "account_invalid": ~value.str.contains(r"^\d{12,19}$")})


def code(cell: Cell) -> Steps:
    spelt = yield cell.folded
    mapped = yield spelt.replace_strict(_codes(cell.column), default=None, return_dtype=pl.String)
    value = yield mapped.fill_null(pl.when(_unless_placeholder(spelt).is_not_null()).then(pl.lit(UNMAPPED)))
    return Cleaned(value, {"code_unmapped": value == UNMAPPED})


def codes(cell: Cell) -> Steps:
    """Several codes in one cell, in any order: stored sorted, joined by a comma."""
    spelt = yield cell.folded
    spelt = yield _unless_placeholder(spelt)
    mapped = yield (
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


def yes_no(cell: Cell) -> Steps:
    spelt = yield cell.plain_number.str.to_uppercase()
    spelt = yield pl.when(~spelt.str.contains(r"^(/|-+|—+|不详|未知)$")).then(spelt)
    value = yield pl.when(spelt.is_in(_YES)).then(True).when(spelt.is_in(_NO)).then(False)
    return Cleaned(value, {"yes_no_invalid": spelt.is_not_null() & value.is_null()})


def integer(cell: Cell) -> Steps:
    spelt = yield _one_number(cell)
    spelt = yield _unless_placeholder(spelt).str.replace(r"(个月|月|课时|学时|小时|周?岁)$", "")
    value = yield pl.when(spelt.str.contains(r"^-?\d{1,9}$")).then(spelt).cast(pl.Int64, strict=False)
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
    spelt = yield _unless_placeholder(spelt).str.replace_all(r"^[¥￥]|元$", "")
    shaped = pl.when(spelt.str.contains(r"^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$")).then(spelt)
    number = shaped.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False) * cell.scale
    number = yield number
    fen = yield (number * 100).round()
    exact = (number * 100 - fen).abs() < 0.001  # a workbook's binary fractions are not quite whole
    value = yield pl.when(exact).then((fen / 100).round(2))
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


def _out_of_range(value: pl.Expr, column: Column) -> pl.Expr:
    above = value > column.maximum if column.maximum is not None else pl.lit(False)
    below = value < column.minimum if column.minimum is not None else pl.lit(False)
    return above | below


_TIME = r"([-/.月]\d{1,2}日?)(?:T|\s+)\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
_BETWEEN = r"-/.,、。·\\—–"
"""What stands between the numbers of a date; keyboards that are set to Chinese give most of it."""
_MEANS_SEVERAL = "-—–、,"
"""What also stands between two months: of these, only one that stands behind the year too parts a month from a day."""
_DAY = rf"[{_BETWEEN}月](?<day>\d{{1,2}})[日号.]?"
_WRITTEN = rf"^(?<year>\d{{4}})(?:[{_BETWEEN}年](?<month>\d{{1,2}})(?:{_DAY}|月份?)?|年)?$"
_COMPACT = r"^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})?$"
_SPAN = "|".join(
    (
        r"^\d{4}[-/年.]\d{1,2}.*[-~至到—]\d{4}[-/年.]\d{1,2}",
        r"\d.*[-~至到—]今$",
        r"^\d{4}\D\d{1,2}月?[~至到]\d{1,2}(月份?|[日号.])?$",
        *(rf"^\d{{4}}[^\d{mark}]\d{{1,2}}月?{mark}\d{{1,2}}(月份?|[日号.])?$" for mark in _MEANS_SEVERAL),
    )
)


def date_(cell: Cell) -> Steps:
    """A date with its precision: a day, a month (its first day is stored) or a year.

    `2020.1` that is or was a number may have been typed 2020.10 and is refused; so is `2020.2-12`, which may mean no
    day in February. A five-digit number is a day count from 1899-12-30, as workbooks keep dates; of a date of birth
    (`advisory`) from 1950 on. A time of day goes.
    """
    spelt = yield _plain_number(_folded(cell.text.str.replace(_TIME, "$1")))
    spelt = yield pl.when(~spelt.str.contains(r"^(至今|无|不详|未知|暂无|/|-+|—+)$")).then(spelt)
    serial = yield pl.when(spelt.str.contains(r"^\d{5}$")).then(spelt).cast(pl.Int64, strict=False)
    serial = pl.when(serial.is_between(*day_counts(cell.column))).then(serial)
    span = yield spelt.str.contains(_SPAN)
    written = yield pl.when(~span).then(spelt).str.extract_groups(_WRITTEN)
    compact = yield spelt.str.extract_groups(_COMPACT)
    year, month, day = (
        pl.coalesce(form.struct.field(name) for form in (written, compact)) for name in ("year", "month", "day")
    )
    one = pl.lit("1")
    spelt_out = pl.concat_str(year, month.fill_null(one), day.fill_null(one), separator="-")
    by_serial = pl.lit(_EXCEL_EPOCH) + pl.duration(days=serial)
    ambiguous = cell.is_number & spelt.str.contains(r"^\d{4}\.1$")
    value = pl.coalesce(spelt_out.str.to_date("%Y-%m-%d", strict=False), by_serial)
    value = yield pl.when(value.dt.year().is_between(1900, 2100) & ~ambiguous).then(value)
    precision = (
        pl.when(value.is_null()).then(None)
        .when(day.is_not_null() | serial.is_not_null()).then(pl.lit("day"))
        .when(month.is_not_null()).then(pl.lit("month"))
        .otherwise(pl.lit("year"))
    )  # fmt: skip
    unread = spelt.is_not_null() & value.is_null()
    return Cleaned(
        value,
        {"date_ambiguous": ambiguous, "date_span": span, "date_invalid": ~ambiguous & ~span & unread},
        precision,
    )


CLEANERS: dict[Kind, Callable[[Cell], Steps]] = {
    "text": text,
    "name": name,
    "id_number": id_number,
    "paper_number": paper_number,
    "phone": phone,
    "account": account,
    "code": code,
    "codes": codes,
    "yes_no": yes_no,
    "date": date_,
    "integer": integer,
    "money": money,
}
"""Cleaner of each kind but divisions, which are resolved against those of the extract (`taizhang.validate`)."""


def clean(
    cells: pl.DataFrame, columns: Sequence[Column], in_ten_thousands: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """Clean columns of trimmed text; refuse 同上, errors of formulas and merged amounts, which say nothing themselves.

    `cells` has a column of text for each of `columns`, and may have `<name>#`, which says whether a cell was stored as
    a number. What comes out has for each column its value as `<name>`, the precision of a date as `<name>_precision`,
    and, for each rule that some cell breaks, `<name>|<rule>`, which is true there.
    """
    distinct = {column.name: pl.Categories.random() for column in columns}
    encoded = cells.select(_keys(cells, name).cast(pl.Categorical(kept)) for name, kept in distinct.items())
    keys = [pl.DataFrame({name: kept.to_series()}) for name, kept in distinct.items()]
    texts = pl.concat(keys, how="horizontal_extend").select(
        pl.all().str.strip_suffix(_STORED_AS_NUMBER), pl.all().str.ends_with(_STORED_AS_NUMBER).name.suffix("#")
    )
    scales = {column.name: 10_000 if column.name in in_ten_thousands else 1 for column in columns}
    steps = {column.name: _steps(Cell(column, scales[column.name])) for column in columns}
    parts = _cleaned(texts, steps)
    codes = encoded.select(pl.all().to_physical())  # categories live as long as what is encoded by them
    return codes.select(
        pl.lit(part).gather(name.split("|")[0].removesuffix("_precision")).alias(name)
        for name, part in parts.to_dict().items()
        if "|" not in name or part.any()
    )


def _keys(cells: pl.DataFrame, name: str) -> pl.Expr:
    """A column's texts, of which one that was stored as a number is another than the same stored as text."""
    mask = f"{name}#"
    if mask not in cells.columns:
        return pl.col(name)
    return pl.when(mask).then(pl.col(name) + _STORED_AS_NUMBER).otherwise(name).alias(name)


def _cleaned(texts: pl.DataFrame, steps: dict[str, Steps]) -> pl.DataFrame:
    """All that the cleaners find, each taking one step in a round."""
    cleaned: dict[str, Cleaned] = {}
    results: dict[str, pl.Expr] = {}
    for number in count():
        asked: dict[str, pl.Expr] = {}
        for name in steps.keys() - cleaned.keys():
            try:
                asked[name] = steps[name].send(results[name]) if results else next(steps[name])
            except StopIteration as last:
                cleaned[name] = last.value
        if not asked:
            break
        texts = texts.with_columns(step.alias(f"{name}@{number}") for name, step in asked.items())
        results = {name: pl.col(f"{name}@{number}") for name in asked}
    return texts.select(part for name in steps for part in _parts(name, cleaned[name]))


def is_ditto(text: pl.Expr) -> pl.Expr:
    """Whether a cell only says that it is as the one above."""
    return text.str.contains(_DITTO)


def _steps(cell: Cell) -> Steps:
    ditto = yield is_ditto(cell.text)
    error = yield cell.text.str.contains(FORMULA_ERROR)
    merged = yield cell.text.str.ends_with(MERGED)
    cleaned = yield from CLEANERS[cell.column.kind](cell)
    broken = {rule: condition & ~ditto & ~error & ~merged for rule, condition in cleaned.broken.items()}
    itself = {"value_ditto": ditto, "value_error": error, "value_merged": merged}
    return Cleaned(cleaned.value, itself | broken, cleaned.precision)


def _parts(name: str, cleaned: Cleaned) -> Iterator[pl.Expr]:
    yield cleaned.value.alias(name)
    if cleaned.precision is not None:
        yield cleaned.precision.alias(f"{name}_precision")
    for rule, broken in cleaned.broken.items():
        yield broken.fill_null(value=False).alias(f"{name}|{rule}")
