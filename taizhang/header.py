"""Where a sheet's header is, which ledger it belongs to, which column is which, and which period it states."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise

from xlsxwriter.utility import xl_col_to_name

from taizhang.contract import Column, Contract, contracts, fold_header, normalise_header
from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError

HEADER_ROWS = 10
"""The header is on one of a sheet's first rows; above it stand titles."""
_FEWEST_COLUMNS = 4
_PERSONAL = frozenset({"name", "id_no"})
_IGNORED = {"序号", "编号", "No", "NO."}
_TEN_THOUSAND = re.compile(r"[(/]?(单位)?万元(/[人月年次])*\)?$")
_TITLE_IN_TEN_THOUSANDS = re.compile(r"单位\s*[:：]?\s*万元")
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


class HeaderError(UnreadableFileError):
    """The header of a recognised ledger lacks a required column or repeats one; `label` is the column's."""

    def __init__(self, rule: str, label: str, where: str | None = None) -> None:
        super().__init__(rule, where)
        self.label = label


@dataclass(frozen=True)
class Header:
    """`row` is the sheet's row index of the header's last row; `columns` maps sheet columns ("0", …) to the contract's.

    `headings` has what is written above each column; of a header in two rows, both.
    """

    contract: Contract
    row: int
    columns: dict[str, Column]
    headings: dict[str, str]
    in_ten_thousands: frozenset[str]
    unknown: dict[str, str]
    titles: str


@dataclass(frozen=True)
class _Candidate:
    """One row, or two above each other, that may be the header; `spellings` of a column are tried one by one."""

    rows: tuple[int, ...]
    headings: dict[str, str]
    spellings: dict[str, tuple[str, ...]]

    def columns(self, contract: Contract) -> dict[str, Column]:
        """The contract's columns that the sheet's are.

        Under 户主 and 劳动力 there may be a 姓名 each: one that only its lower row names yields to one that both do.
        """
        known = contract.column_of_header
        found: dict[str, tuple[int, Column]] = {}
        for position, spellings in self.spellings.items():
            for number, spelling in enumerate(spellings):
                if spelling in known:
                    found[position] = (number, known[spelling])
                    break
        in_full = {column.name for number, column in found.values() if number < _LOWER_ALONE}
        return {
            position: column
            for position, (number, column) in found.items()
            if number < _LOWER_ALONE or column.name not in in_full
        }


_LOWER_ALONE = 2
"""Place of the lower row's text alone among the spellings of a column whose header is in two rows."""


def find_header(sheet: Sheet) -> Header | None:
    """The header that most columns of one contract recognise, or None where the sheet is no ledger.

    Raises `HeaderError` where the ledger is clear but a required column is missing or a known one repeated.
    """
    rows = []
    for number in range(min(HEADER_ROWS, sheet.cells.height)):
        rows.append(_texts(sheet, number))
        found = max(_scored([_single_row(number, rows[-1])]), default=None)
        if found and _stands_alone(sheet, found):
            return _header(sheet, contracts()[found.ledger], found.candidate)
    singles = (_single_row(number, row) for number, row in enumerate(rows))
    found = max(_scored([*singles, *_pairs_of_rows(sheet, rows)]), default=None)
    if found is None or found.rank[0] < _FEWEST_COLUMNS:
        return None
    return _header(sheet, contracts()[found.ledger], found.candidate)


@dataclass(frozen=True, order=True)
class _Scored:
    """The likelier header is the greater: more columns known, fewer rows, further up, more that is required.

    Ledgers share columns; of two, the one whose own required columns are there is meant.
    """

    rank: tuple[int, int, int, int]
    ledger: str = field(compare=False)
    candidate: _Candidate = field(compare=False)


def _scored(candidates: Iterable[_Candidate]) -> Iterator[_Scored]:
    for candidate in candidates:
        if _known_count(candidate) < _FEWEST_COLUMNS:
            continue
        for ledger, contract in contracts().items():
            columns = {column.name: column for column in candidate.columns(contract).values()}
            if columns:
                required = sum(column.required for column in columns.values())
                rank = (len(columns), -len(candidate.rows), -candidate.rows[-1], required)
                yield _Scored(rank, ledger, candidate)


def _known_count(candidate: _Candidate) -> int:
    """Of how many columns some contract knows a spelling: of a record's cells hardly any."""
    known = _known_spellings()
    return sum(not known.isdisjoint(spellings) for spellings in candidate.spellings.values())


@cache
def _known_spellings() -> frozenset[str]:
    return frozenset(spelling for contract in contracts().values() for spelling in contract.column_of_header)


def _stands_alone(sheet: Sheet, found: _Scored) -> bool:
    """Whether a row is a header by itself: it has all that is required, and no cell of it reaches into another row."""
    row, contract = found.candidate.rows[-1], contracts()[found.ledger]
    reaches = any(top < bottom and top <= row <= bottom for (top, _), (bottom, _) in sheet.merged)
    return not reaches and set(contract.required) <= set(found.candidate.columns(contract).values())


def _single_row(number: int, row: dict[str, str]) -> _Candidate:
    return _Candidate((number,), row, {position: (_spelling(text),) for position, text in row.items()})


def _pairs_of_rows(sheet: Sheet, rows: list[dict[str, str]]) -> Iterator[_Candidate]:
    for number, (upper, lower) in enumerate(pairwise(rows)):
        if upper and lower:
            yield _of_two_rows(number, _spread(sheet, number, upper), lower)


def _texts(sheet: Sheet, row: int) -> dict[str, str]:
    return {position: text for position, text in sheet.cells.row(row, named=True).items() if text}


def _spread(sheet: Sheet, row: int, texts: dict[str, str]) -> dict[str, str]:
    """A row's texts, those of merged cells above every column that they cover."""
    spread = dict(texts)
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and str(left) in texts:
            spread |= dict.fromkeys(map(str, range(left, right + 1)), texts[str(left)])
    return spread


def _of_two_rows(number: int, upper: dict[str, str], lower: dict[str, str]) -> _Candidate:
    spellings: dict[str, tuple[str, ...]] = {}
    headings: dict[str, str] = {}
    for position in sorted(upper.keys() | lower.keys(), key=int):
        above, below = upper.get(position, ""), lower.get(position, "")
        headings[position] = f"{above}{below}"
        both = (_spelling(f"{above}{below}"), _spelling(f"{above}({below})"), _spelling(below))
        spellings[position] = both if above and below else (_spelling(above or below),)
    return _Candidate((number, number + 1), headings, spellings)


@lru_cache(maxsize=4096)
def _spelling(header: str) -> str:
    return _TEN_THOUSAND.sub("", normalise_header(header))


def _header(sheet: Sheet, contract: Contract, candidate: _Candidate) -> Header | None:
    """The header; None where nobody is named or numbered: a summary has columns of a ledger too."""
    columns = candidate.columns(contract)
    if _PERSONAL.isdisjoint(column.name for column in columns.values()):
        return None
    _refuse_repeated(columns)
    for required in contract.required:
        if required not in columns.values():
            raise HeaderError("header_missing", required.label)
    titles = " ".join(text for row in range(candidate.rows[0]) for text in _texts(sheet, row).values())
    return Header(
        contract=contract,
        row=candidate.rows[-1],
        columns=columns,
        headings=candidate.headings,
        in_ten_thousands=frozenset(
            position
            for position, column in columns.items()
            if column.kind == "money" and _is_in_ten_thousands(candidate.headings[position], titles)
        ),
        unknown={
            position: text
            for position, text in candidate.headings.items()
            if position not in columns and _IGNORED.isdisjoint(candidate.spellings[position])
        },
        titles=titles,
    )


def _is_in_ten_thousands(heading: str, titles: str) -> bool:
    """Whether a column's heading says 万元, or the titles say it for all that name no unit themselves."""
    folded = fold_header(heading)
    return bool(_TEN_THOUSAND.search(folded) or ("元" not in folded and _TITLE_IN_TEN_THOUSANDS.search(titles)))


def _refuse_repeated(columns: dict[str, Column]) -> None:
    seen: dict[str, str] = {}
    for position, column in columns.items():
        letter = f"{xl_col_to_name(int(position))}列"
        if column.name in seen:
            raise HeaderError("header_repeated", column.label, f"{seen[column.name]}、{letter}")
        seen[column.name] = letter


def period_of(header: Header, sheet_name: str, extract_date: date) -> date:
    """First day of the period that the titles (or the sheet's name) state, else of the one of `extract_date`.

    A month without a year is the last one that has begun. Raises `UnreadableFileError` where a monthly ledger's title
    names another year and no month, or a period that has not begun.
    """
    by_title, by_name = _stated(header.titles), _stated(sheet_name)
    year, month = by_title if by_title[1] else (by_name[0] or by_title[0], by_name[1])
    if header.contract.periodicity == "year":
        period = date(by_title[0] or year or extract_date.year, 1, 1)
    elif (month is None and year not in (None, extract_date.year)) or (month or 1) not in range(1, 13):
        raise UnreadableFileError("period_unknown")
    else:
        month = month or extract_date.month
        period = date(year or extract_date.year - (month > extract_date.month), month, 1)
    if period > extract_date:
        raise UnreadableFileError("period_in_future", f"{period.year}年{period.month}月")
    return period


def _stated(text: str) -> tuple[int | None, int | None]:
    """The year and the month that a text names."""
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    for numeral, digits in _MONTH_NUMERALS.items():
        folded = folded.replace(numeral, digits)
    folded = folded.translate(_NUMERALS)
    found, alone = _PERIOD.search(folded), _MONTH.search(folded)
    numbers = found.groupdict() if found else {}
    years = [int(text) % 100 + 2000 for name, text in numbers.items() if text and name.startswith("y")]
    months = [int(text) for name, text in numbers.items() if text and name.startswith("m")]
    if not months and alone:
        months = [int(alone[1])]
    return (years[-1] if years else None), (months[-1] if months else None)
