"""Where a sheet's header is, which ledger it belongs to, which column is which, and which period it states."""

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from taizhang.contract import Column, Contract, contracts, normalise_header
from taizhang.sheet import Sheet
from taizhang.unreadable import UnreadableFileError

HEADER_ROWS = 10
"""The header is on one of a sheet's first rows; above it stand titles."""
_FEWEST_COLUMNS = 4
_IGNORED = {"序号", "编号", "No", "NO."}
_TEN_THOUSAND = "(万元)"
_PERIOD = re.compile(r"(20\d\d)\s*年\s*(?:度)?\s*(?:(\d{1,2})\s*月)?")


class HeaderError(UnreadableFileError):
    """The header of a recognised ledger lacks a required column or repeats one; `label` is the column's."""

    def __init__(self, rule: str, label: str) -> None:
        super().__init__(rule)
        self.label = label


@dataclass(frozen=True)
class Header:
    """`row` is the sheet's row index of the header; `columns` maps a sheet column ("0", "1", …) to the contract's."""

    contract: Contract
    row: int
    columns: dict[str, Column]
    in_ten_thousands: frozenset[str]
    unknown: dict[str, str]
    titles: str


def find_header(sheet: Sheet) -> Header | None:
    """The header that most columns of one contract recognise, or None where the sheet is no ledger.

    Raises `HeaderError` where the ledger is clear but a required column is missing or a known one repeated.
    """
    rows = [_header_row(sheet.cells, row) for row in range(min(HEADER_ROWS, sheet.cells.height))]
    scored = [
        (
            len({contract.column_of_header[h].name for h in row.values() if h in contract.column_of_header}),
            -number,
            ledger,
        )
        for number, row in enumerate(rows)
        for ledger, contract in contracts().items()
    ]
    if not scored:
        return None
    best, row_number, ledger = max(scored, key=lambda score: (score[0], score[1], _specific(rows[-score[1]], score[2])))
    if best < _FEWEST_COLUMNS:
        return None
    return _header(sheet, contracts()[ledger], -row_number, rows[-row_number])


def _specific(row: dict[str, str], ledger: str) -> int:
    """How many of the ledger's own required columns are there, to part ledgers that share the common ones."""
    known = contracts()[ledger].column_of_header
    return len({known[h].name for h in row.values() if h in known and known[h].required})


def _header_row(cells: pl.DataFrame, number: int) -> dict[str, str]:
    folded = {column: normalise_header(text) for column, text in cells.row(number, named=True).items() if text}
    return {column: header.removesuffix(_TEN_THOUSAND) for column, header in folded.items()}


def _header(sheet: Sheet, contract: Contract, row_number: int, row: dict[str, str]) -> Header:
    texts = sheet.cells.row(row_number, named=True)
    columns = {column: contract.column_of_header[h] for column, h in row.items() if h in contract.column_of_header}
    _refuse_repeated(columns)
    for required in contract.required:
        if required not in columns.values():
            raise HeaderError("header_missing", required.label)
    above = sheet.cells.head(row_number)
    return Header(
        contract=contract,
        row=row_number,
        columns=columns,
        in_ten_thousands=frozenset(c for c in columns if normalise_header(texts[c]).endswith(_TEN_THOUSAND)),
        unknown={c: str(texts[c]) for c, h in row.items() if c not in columns and h not in _IGNORED},
        titles=" ".join(text for values in above.rows() for text in values if text),
    )


def _refuse_repeated(columns: dict[str, Column]) -> None:
    seen: set[str] = set()
    for column in columns.values():
        if column.name in seen:
            raise HeaderError("header_repeated", column.label)
        seen.add(column.name)


def period_of(header: Header, sheet_name: str, extract_date: date) -> date:
    """First day of the period that the titles (or the sheet's name) state, else of the one of `extract_date`.

    Raises `UnreadableFileError` where a monthly ledger's title names another year and no month.
    """
    stated = _PERIOD.search(header.titles) or _PERIOD.search(sheet_name)
    if header.contract.periodicity == "year":
        return date(int(stated[1]) if stated else extract_date.year, 1, 1)
    if stated is None:
        return extract_date.replace(day=1)
    year, month = int(stated[1]), int(stated[2] or 0)
    if not 1 <= month <= 12:
        if year != extract_date.year:
            raise UnreadableFileError("period_unknown")
        month = extract_date.month
    return date(year, month, 1)
