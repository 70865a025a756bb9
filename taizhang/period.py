"""The period that a ledger is of, as its titles, its sheet's name or its file's name state it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TypeAlias

from taizhang.contract import Contract
from taizhang.unreadable import UnreadableFileError

_TO = r"\d{1,2}月?[-—~至到]"
_PERIOD = re.compile(
    rf"(?<!\d)(?:(?P<y1>20\d\d)年度?(?:{_TO}(?:(?P<y2>20\d\d)年)?(?=\d{{1,2}}月))?(?:(?P<m1>\d{{1,2}})月)?"
    rf"|(?P<y3>20\d\d)[./-](?:{_TO}(?:(?P<y4>20\d\d)[./-]|(?=\d{{1,2}}月)))?(?P<m2>\d{{1,2}})(?!\d)"
    r"|(?P<y5>20\d\d)(?P<m3>0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)"
    r"|(?P<y6>\d\d)年(?P<m4>\d{1,2})月)"
)
"""2020年11月, 2020年1-11月, 2020.11, 2020-11-30, 202011, 20年11月; of a span its end. Years, and last the month."""
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])月(?!\d)")
_MONTH_NUMERALS = {"十一月": "11月", "十二月": "12月", "十月": "10月"}
_NUMERALS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_DAY = (
    r"(?:20\d\d年\d{1,2}月\d{1,2}日?(?![\d月])|20\d\d(?:\.\d{1,2}\.|/\d{1,2}/|-\d{1,2}-)\d{1,2}(?!\d)"
    r"|20\d\d[01]\d[0-3]\d(?:\d{6})?(?!\d)|\d{1,2}月\d{1,2}日)"
)
_FILLED_IN_ON = re.compile(
    r"(?:填报|填表|填写|制表|制单|上报|报送|打印|导出)(?:日期|时间)[:：]?"
    rf"(?:{_DAY}|20\d\d年\d{{1,2}}月|20\d\d[./-]\d{{1,2}}(?!\d))"
)
"""On which day somebody filled a ledger in: not of which month it is."""
_DAY_IN_NAME = re.compile(rf"(?<!\d)(截[至止]到?)?{_DAY}")
"""A day in a file's name is that of an export or a copy, unless it says 截至."""
_TITLES, _SHEET_NAME, FILE_NAME = "标题", "工作表名", "文件名"
_DAY_OF_FILLING_IN, _DAY_OF_HANDING_IN = "填报日期", "交表日期"


PeriodsNamed: TypeAlias = tuple[tuple[int | None, int | None], ...]
"""Years and months, as a file's name has them."""


@dataclass(frozen=True)
class Stated:
    """The year and the month that a text names, and which text it is."""

    where: str
    year: int | None = None
    month: int | None = None

    def is_of(self, contract: Contract, start: date) -> bool:
        """Whether it names no other year than that of a period, nor, of a monthly ledger, another month."""
        is_month = contract.periodicity == "year" or self.month in (None, start.month)
        return is_month and self.year in (None, start.year)

    def __str__(self) -> str:
        return "".join(f"{number}{unit}" for number, unit in ((self.year, "年"), (self.month, "月")) if number)


@dataclass(frozen=True)
class Period:
    """The first day of a ledger's period, where it is stated, and the texts that name another."""

    start: date
    where: str
    others: tuple[Stated, ...] = ()


def period_of(contract: Contract, titles: str, sheet_name: str, file_name: str, extract_date: date) -> Period:
    """The period that the titles state, or else the sheet's name, the file's name, the day of filling in.

    Where none does, the period is the one of `extract_date`. A month without a year is the last one that has begun.
    Raises `UnreadableFileError` where what is stated of a monthly ledger is another year and no month, or a period that
    has not begun.
    """
    stated = _all_stated(contract, titles, sheet_name, file_name)
    dated = next((one for one in stated if one.year), None)
    if contract.periodicity == "month":
        counted = next((one for one in stated if one.month), dated)
        start = _month(counted, dated, extract_date)
    else:
        counted, start = dated, date(dated.year if dated and dated.year else extract_date.year, 1, 1)
    if start > extract_date:
        raise UnreadableFileError("period_in_future", told(contract, start))
    others = (one for one in stated if one.where != _DAY_OF_FILLING_IN and not one.is_of(contract, start))
    return Period(start, counted.where if counted else _DAY_OF_HANDING_IN, tuple(others))


def periods_named(path: str) -> PeriodsNamed:
    """Every period that a file's name tells of: two names that differ in none may be of one ledger."""
    name = _name_without_days(path)
    alone = tuple((None, int(month[1])) for month in _MONTH.finditer(name))
    return (*(_year_and_month(numbers) for numbers in _PERIOD.finditer(name)), *alone)


def told(contract: Contract, period: date) -> str:
    """A period as a clerk calls it: 2020年12月, of a yearly ledger 2020年."""
    return f"{period.year}年{period.month}月" if contract.periodicity == "month" else f"{period.year}年"


def _month(counted: Stated | None, dated: Stated | None, extract_date: date) -> date:
    """The first day of the month that one text states, if need be in the year that another does."""
    month = counted.month if counted else None
    year = counted.year if counted and counted.year else dated.year if dated else None
    if (month is None and year not in (None, extract_date.year)) or (month or 1) not in range(1, 13):
        raise UnreadableFileError("period_unknown")
    month = month or extract_date.month
    return date(year or extract_date.year - (month > extract_date.month), month, 1)


def _all_stated(contract: Contract, titles: str, sheet_name: str, file_name: str) -> list[Stated]:
    """What each of the texts states, the one that counts most first; a day of filling in may not name another year."""
    titles = _folded(titles)
    stated = [
        _stated(contract, _TITLES, _FILLED_IN_ON.sub(" ", titles)),
        _stated(contract, _SHEET_NAME, _folded(sheet_name)),
        _stated(contract, FILE_NAME, _name_without_days(file_name)),
    ]
    years = {one.year for one in stated if one.year}
    filled_in = _stated(contract, _DAY_OF_FILLING_IN, " ".join(_FILLED_IN_ON.findall(titles)))
    return [*stated, filled_in] if not years or filled_in.year in years else stated


def _name_without_days(path: str) -> str:
    return _DAY_IN_NAME.sub(lambda found: found[0] if found[1] else "", _folded(PurePath(path).stem))


def _folded(text: str) -> str:
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    for numeral, digits in _MONTH_NUMERALS.items():
        folded = folded.replace(numeral, digits)
    return folded.translate(_NUMERALS)


def _stated(contract: Contract, where: str, folded: str) -> Stated:
    """What a text names: of a monthly ledger the first month that stands with its year, or else what it names first."""
    found = [_year_and_month(numbers) for numbers in _PERIOD.finditer(folded)]
    dated = [one for one in found if one[1] is not None] if contract.periodicity == "month" else []
    year, month = next(iter([*dated, *found]), (None, None))
    alone = _MONTH.search(folded)
    return Stated(where, year, int(alone[1]) if month is None and alone else month)


def _year_and_month(found: re.Match[str]) -> tuple[int, int | None]:
    """The numbers of a period; of a span those of its end."""
    numbers = {name: int(text) for name, text in found.groupdict().items() if text}
    years = [number % 100 + 2000 for name, number in numbers.items() if name.startswith("y")]
    months = [number for name, number in numbers.items() if name.startswith("m")]
    return years[-1], months[-1] if months else None
