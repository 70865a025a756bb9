"""Where a sheet's header is, which ledger it belongs to, and which column is which."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from xlsxwriter.utility import xl_col_to_name

from taizhang.contract import Column, Contract, contracts, fold_header, normalise_header
from taizhang.sheet import Sheet
from taizhang.unit import IN_HEADING, Unit, unit_of_heading, unit_of_titles
from taizhang.unreadable import UnreadableFileError

HEADER_ROWS = 10
"""The header is on one of a sheet's first rows; above it stand titles."""
_FEWEST_COLUMNS = 4
_MOST_OVERLAID = 10
"""How often merged cells may cover a row; in a sound workbook they lie beside each other, and cover it once."""
_PERSONAL = frozenset({"name", "id_no"})
_IGNORED = {"序号", "编号", "No", "NO."}
_ANY, _UNITS = "列", frozenset({"月", "个月", "人", "岁", "周岁", "天", "日", "课时", "学时", "小时"})
_NUMBER = re.compile(r"[-\d.,%]+")
_MEANT = re.compile(r"实[发补付领际]|[本当]月|本期|[今本当]年|现在|目前|当前|本人|劳动力|务工人员|学员|享受人")
_OF_ANOTHER = re.compile(
    r"应[发补付领]|计划|预计|拟|上[月期年]|去年|往年|户主|家属|家长|配偶|监护人|(?:紧急)?联系人|亲属"
)
"""What a clerk goes by where a heading is parted: 实发 and not 应发, 本月 and not 上月, 本人 and not 家属."""


class HeaderError(UnreadableFileError):
    """A recognised ledger's header lacks a required column, repeats one or leaves its unit open: that of `label`."""

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


class _Part(IntEnum):
    """How much of a heading names a column, the surest first; `OF_ANOTHER` is the lower row below 户主 or 上月."""

    WHOLE, LOWER, UPPER, OF_ANOTHER = range(4)


class _Spelling(NamedTuple):
    text: str
    part: _Part = _Part.WHOLE


class _Reading(NamedTuple):
    """A column of the sheet read as one of the contract's; `is_meant` where its heading says 实发, 本月, 本人."""

    position: str
    spelling: _Spelling
    column: Column
    is_meant: bool


@dataclass(frozen=True)
class _Candidate:
    """One row, or two above each other, that may be the header; `spellings` of a column are tried one by one."""

    rows: tuple[int, ...]
    headings: dict[str, str]
    spellings: dict[str, tuple[_Spelling, ...]]
    meant: frozenset[str] = frozenset()

    def columns(self, contract: Contract) -> dict[str, Column]:
        """The contract's columns that the sheet's are; one may be there twice where nothing tells which is meant."""
        readings: dict[str, list[_Reading]] = {}
        for position in self.spellings:
            if reading := self._reading(position, contract):
                readings.setdefault(reading.column.name, []).append(reading)
        meant = [one for of_one in readings.values() for one in (_meant(of_one) if len(of_one) > 1 else of_one)]
        return {reading.position: reading.column for reading in sorted(meant, key=lambda one: int(one.position))}

    def _reading(self, position: str, contract: Contract) -> _Reading | None:
        for spelling in self.spellings.get(position, ()):
            column = _column(contract.ledger, spelling.text)
            if column and not (column.name in _PERSONAL and spelling.part is _Part.OF_ANOTHER):
                return _Reading(position, spelling, column, position in self.meant)
        return None

    def is_of_people(self, position: str) -> bool:
        """Whether people are named or numbered there, in a ledger of any kind."""
        readings = (self._reading(position, contract) for contract in contracts().values())
        return any(reading is not None and reading.column.name in _PERSONAL for reading in readings)


def _meant(readings: list[_Reading]) -> list[_Reading]:
    """Of columns that may be the same one of the contract's the one that is meant, or all where nothing tells.

    What is named in full goes before what a part names; then 实发 before what is not 实发; then the spelling that the
    contract has first. Whose record a row is hangs on no such order: a second name or number is refused.
    """
    surest = min(reading.spelling.part for reading in readings)
    likely = [reading for reading in readings if reading.spelling.part is surest]
    told = [reading for reading in likely if reading.is_meant]
    if len(told) == 1 or likely[0].column.name in _PERSONAL:
        return told if len(told) == 1 else likely
    order = [reading.column.rank(reading.spelling.text) for reading in likely]
    return likely if order.count(min(order)) > 1 else [likely[order.index(min(order))]]


@lru_cache(maxsize=8192)
def _column(ledger: str, spelling: str) -> Column | None:
    return contracts()[ledger].column_of(spelling)


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
    scored = list(_scored([*singles, *_pairs_of_rows(sheet, rows)]))
    found = max([one for one in scored if not _goes_on(sheet, one.candidate)] or scored, default=None)
    if found is None or found.rank[0] < _FEWEST_COLUMNS:
        return None
    return _header(sheet, contracts()[found.ledger], found.candidate)


@dataclass(frozen=True, order=True)
class _Scored:
    """The likelier header is the greater: more columns known, fewer twice, fewer rows, further up, more required.

    Ledgers share columns; of two, the one whose own required columns are there is meant.
    """

    rank: tuple[int, int, int, int, int]
    ledger: str = field(compare=False)
    candidate: _Candidate = field(compare=False)


def _scored(candidates: Iterable[_Candidate]) -> Iterator[_Scored]:
    for candidate in candidates:
        if _known_count(candidate) < _FEWEST_COLUMNS:
            continue
        for ledger, contract in contracts().items():
            found = candidate.columns(contract).values()
            columns = {column.name: column for column in found}
            if columns:
                required = sum(column.required for column in columns.values())
                twice = len(found) - len(columns)
                rank = (len(columns), -twice, -len(candidate.rows), -candidate.rows[-1], required)
                yield _Scored(rank, ledger, candidate)


def _known_count(candidate: _Candidate) -> int:
    """Of how many columns some contract knows a spelling: of a record's cells hardly any."""
    return sum(any(_is_known(spelling.text) for spelling in spellings) for spellings in candidate.spellings.values())


@lru_cache(maxsize=8192)
def _is_known(spelling: str) -> bool:
    return any(_column(ledger, spelling) for ledger in contracts())


def _stands_alone(sheet: Sheet, found: _Scored) -> bool:
    """Whether a row is a header by itself: it has all that is required once, and no other row belongs to it."""
    row, contract = found.candidate.rows[-1], contracts()[found.ledger]
    columns = list(found.candidate.columns(contract).values())
    reaches = any(top < bottom and top <= row <= bottom for (top, _), (bottom, _) in sheet.merged)
    has_all = set(contract.required) <= set(columns) and len(columns) == len(set(columns))
    return has_all and not reaches and not _goes_on(sheet, found.candidate)


def _goes_on(sheet: Sheet, candidate: _Candidate) -> bool:
    """Whether the row below a header belongs to it too: of nobody, it parts headings above it, or tells their units."""
    row = candidate.rows[-1]
    below = _texts(sheet, row + 1) if row + 1 < sheet.cells.height else {}
    if not below or all(_is_note(candidate.headings.get(position, ""), text) for position, text in below.items()):
        return bool(below)
    if any(candidate.is_of_people(position) or _NUMBER.fullmatch(text) for position, text in below.items()):
        return False
    parted = {
        position
        for columns, bottom in _merged_across(sheet, row)
        if len(columns) > 1 or row < bottom
        for position in columns
    }
    headed = candidate.headings.keys()
    beside = {str(int(position) + 1) for position in below.keys() & headed} - headed
    return not (parted | beside).isdisjoint(below)


def _is_note(heading: str, text: str) -> bool:
    """Whether a cell below a heading tells no more than its unit, its values, or how to fill it in."""
    bare = _bare(text)
    spelling, noted = _spelling(heading or _ANY), _spelling(f"{heading or _ANY}({bare})")
    same = [
        column for ledger in contracts() if (column := _column(ledger, spelling)) and column is _column(ledger, noted)
    ]
    return bool(same) or noted == spelling or bare in _UNITS


def _single_row(number: int, row: dict[str, str]) -> _Candidate:
    return _Candidate((number,), row, {position: (_Spelling(_spelling(text)),) for position, text in row.items()})


def _pairs_of_rows(sheet: Sheet, rows: list[dict[str, str]]) -> Iterator[_Candidate]:
    for number, (upper, lower) in enumerate(pairwise(rows)):
        if upper and lower:
            is_parted = _goes_on(sheet, _single_row(number, upper))
            yield _of_two_rows(number, _spread(sheet, number, upper), lower, is_parted=is_parted)


def _texts(sheet: Sheet, row: int) -> dict[str, str]:
    return {position: text for position, text in sheet.cells.row(row, named=True).items() if text}


def _spread(sheet: Sheet, row: int, texts: dict[str, str]) -> dict[str, str]:
    """A row's texts, those of merged cells above every column that they cover."""
    spread = dict(texts)
    for columns, _ in _merged_across(sheet, row):
        if columns[0] in texts:
            spread |= dict.fromkeys(columns, texts[columns[0]])
    return spread


def _merged_across(sheet: Sheet, row: int) -> Iterator[tuple[list[str], int]]:
    """The columns, and the last row, of each merged cell that a row cuts."""
    cut = 0
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and left < sheet.cells.width:
            columns = range(left, min(right + 1, sheet.cells.width))
            cut += len(columns)
            if cut > _MOST_OVERLAID * sheet.cells.width:
                raise UnreadableFileError("file_unreadable")
            yield list(map(str, columns)), bottom


def _of_two_rows(number: int, upper: dict[str, str], lower: dict[str, str], *, is_parted: bool) -> _Candidate:
    spellings: dict[str, tuple[_Spelling, ...]] = {}
    headings: dict[str, str] = {}
    meant = frozenset(position for position, text in lower.items() if _MEANT.match(_bare(text)))
    named_by_upper = _named_by_upper(upper, lower, meant) if is_parted else set()
    for position in sorted(upper.keys() | lower.keys(), key=int):
        above, below = upper.get(position, ""), lower.get(position, "")
        headings[position] = f"{above}{below}"
        spellings[position] = tuple(_spellings(above, below, names_upper=position in named_by_upper))
    return _Candidate((number, number + 1), headings, spellings, meant)


def _named_by_upper(upper: dict[str, str], lower: dict[str, str], meant: frozenset[str]) -> set[str]:
    """Which of the columns below each upper heading may be what it names: those that are meant, or else all of them.

    A single one is, unless it says that it is another.
    """
    below: dict[str, list[str]] = {}
    for position in upper.keys() & lower.keys():
        below.setdefault(upper[position], []).append(position)
    named: set[str] = set()
    for positions in below.values():
        if len(positions) > 1:
            named |= meant.intersection(positions) or set(positions)
        elif not _OF_ANOTHER.match(_bare(lower[positions[0]])):
            named |= set(positions)
    return named


def _bare(text: str) -> str:
    return fold_header(text).strip("()")


def _spellings(above: str, below: str, *, names_upper: bool) -> Iterator[_Spelling]:
    if not (above and below):
        yield _Spelling(_spelling(above or below))
        return
    yield _Spelling(_spelling(f"{above}{below}"))
    yield _Spelling(_spelling(f"{above}({below})"))
    yield _Spelling(_spelling(below), _Part.OF_ANOTHER if _OF_ANOTHER.match(_bare(above)) else _Part.LOWER)
    if names_upper:
        yield _Spelling(_spelling(above), _Part.UPPER)


@lru_cache(maxsize=4096)
def _spelling(header: str) -> str:
    return IN_HEADING.sub("", normalise_header(header))


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
        in_ten_thousands=_in_ten_thousands(columns, candidate.headings, titles),
        unknown={
            position: text
            for position, text in candidate.headings.items()
            if position not in columns
            and _IGNORED.isdisjoint(spelling.text for spelling in candidate.spellings[position])
        },
        titles=titles,
    )


def _in_ten_thousands(columns: dict[str, Column], headings: dict[str, str], titles: str) -> frozenset[str]:
    """The columns of amounts whose heading says 万元, or, where it says nothing, the titles."""
    stated = unit_of_titles(titles)
    units = {
        position: unit_of_heading(headings[position]) or stated
        for position, column in columns.items()
        if column.kind == "money"
    }
    for position, unit in units.items():
        if unit is Unit.DOUBTFUL:
            raise HeaderError("unit_unknown", columns[position].label)
    return frozenset(position for position, unit in units.items() if unit is Unit.TEN_THOUSAND)


def _refuse_repeated(columns: dict[str, Column]) -> None:
    seen: dict[str, str] = {}
    for position, column in columns.items():
        letter = f"{xl_col_to_name(int(position))}列"
        if column.name in seen:
            raise HeaderError("header_repeated", column.label, f"{seen[column.name]}、{letter}")
        seen[column.name] = letter
