"""Which of a sheet's first rows is its header, and of which ledger."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from taizhang.contract import Column, contracts
from taizhang.header.candidate import Candidate, of_one_row, of_two_rows
from taizhang.header.header import Header, header_of
from taizhang.header.rows import Row, first_rows
from taizhang.sheet import Sheet

_FEWEST_COLUMNS = 4


@dataclass(frozen=True, order=True)
class _Scored:
    """The likelier header is the greater: more columns known, fewer twice, fewer rows, further up, more required.

    Ledgers share columns; of two, the one whose own required columns are there is meant.
    """

    rank: tuple[int, int, int, int, int]
    ledger: str = field(compare=False)
    candidate: Candidate = field(compare=False)
    columns: dict[str, Column] = field(compare=False)


def find_header(sheet: Sheet) -> Header | None:
    """The header that most columns of one contract recognise, or None where the sheet is no ledger.

    Raises `HeaderError` where the ledger is clear but a required column is missing or a known one repeated.
    """
    rows, singles = first_rows(sheet), list[Candidate]()
    for row in rows:
        singles.append(of_one_row(row))
        found = max(_scored(singles[-1:]), default=None)
        if found and _stands_alone(found):
            return _header(found, rows)
    scored = list(_scored([*singles, *of_two_rows(singles)]))
    found = max([one for one in scored if not one.candidate.goes_on] or scored, default=None)
    return _header(found, rows) if found and found.rank[0] >= _FEWEST_COLUMNS else None


def _header(found: _Scored, rows: list[Row]) -> Header | None:
    above = rows[: found.candidate.rows[0].number]
    return header_of(found.candidate, contracts()[found.ledger], found.columns, above)


def _scored(candidates: Iterable[Candidate]) -> Iterator[_Scored]:
    for candidate in candidates:
        if candidate.known_count < _FEWEST_COLUMNS:
            continue
        for ledger, contract in contracts().items():
            if columns := candidate.columns(contract):
                yield _Scored(_rank(candidate, columns), ledger, candidate, columns)


def _rank(candidate: Candidate, columns: dict[str, Column]) -> tuple[int, int, int, int, int]:
    once = {column.name: column for column in columns.values()}
    required = sum(column.required for column in once.values())
    twice = len(columns) - len(once)
    return len(once), -twice, -len(candidate.rows), -candidate.rows[-1].number, required


def _stands_alone(found: _Scored) -> bool:
    """Whether a row is a header by itself: it has all that is required once, and no other row belongs to it."""
    names = [column.name for column in found.columns.values()]
    required = {column.name for column in contracts()[found.ledger].required}
    has_all = required <= set(names) and len(names) == len(set(names))
    return has_all and not found.candidate.rows[-1].is_reached and not found.candidate.goes_on
