"""The header of a sheet: which of the contract's columns each of its columns is, and in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass

from xlsxwriter.utility import xl_col_to_name

from taizhang.contract import Column, Contract
from taizhang.header.candidate import PERSONAL, Candidate
from taizhang.header.rows import Row
from taizhang.unit import Unit, unit_of_heading, unit_of_titles
from taizhang.unreadable import UnreadableFileError

_IGNORED = {"序号", "编号", "No", "NO."}


class HeaderError(UnreadableFileError):
    """A recognised ledger's header lacks a required column, repeats one or leaves its unit open: that of `label`."""

    def __init__(self, rule: str, label: str, where: str | None = None) -> None:
        super().__init__(rule, where)
        self.label = label


@dataclass(frozen=True)
class Header:
    """`row` is the sheet's row index of the header's last row; `columns` maps sheet columns ("0", …) to the contract's.

    `headings` has what is written above each column; of a header in two rows, both. `in_ten_thousands` are the columns
    of amounts in 万元, `unknown` the headings that the contract does not know; `titles` stand above the header.
    """

    contract: Contract
    row: int
    columns: dict[str, Column]
    headings: dict[str, str]
    in_ten_thousands: frozenset[str]
    unknown: dict[str, str]
    titles: str


def header_of(candidate: Candidate, contract: Contract, columns: dict[str, Column], above: list[Row]) -> Header | None:
    """The header that a candidate is, read by a contract, with the titles in the rows above.

    None where nobody is named or numbered: a summary has columns of a ledger too. Raises `HeaderError`.
    """
    names = {column.name for column in columns.values()}
    if PERSONAL.isdisjoint(names):
        return None
    _refuse_repeated(columns)
    _refuse_missing(contract, names)
    titles = " ".join(text for row in above for text in row.texts.values())
    return Header(
        contract=contract,
        row=candidate.rows[-1].number,
        columns=columns,
        headings=candidate.headings,
        in_ten_thousands=_in_ten_thousands(columns, candidate.headings, titles),
        unknown=_unknown(candidate, columns),
        titles=titles,
    )


def _refuse_repeated(columns: Mapping[str, Column]) -> None:
    seen: dict[str, str] = {}
    for position, column in columns.items():
        letter = f"{xl_col_to_name(int(position))}列"
        if column.name in seen:
            raise HeaderError("header_repeated", column.label, f"{seen[column.name]}、{letter}")
        seen[column.name] = letter


def _refuse_missing(contract: Contract, names: set[str]) -> None:
    for required in contract.required:
        if required.name not in names:
            raise HeaderError("header_missing", required.label)


def _in_ten_thousands(columns: Mapping[str, Column], headings: Mapping[str, str], titles: str) -> frozenset[str]:
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


def _unknown(candidate: Candidate, columns: Mapping[str, Column]) -> dict[str, str]:
    """The headings of what the contract does not know, but for row numbers."""
    return {
        position: text
        for position, text in candidate.headings.items()
        if position not in columns and _IGNORED.isdisjoint(one.text for one in candidate.spellings[position])
    }
