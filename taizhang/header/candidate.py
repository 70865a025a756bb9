"""What may be a header: one row, or two above each other, read as each contract would."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from taizhang.contract import Column, Contract, contracts
from taizhang.header.heading import (
    Part,
    Spelling,
    column_of,
    is_known,
    is_meant,
    is_note,
    is_of_another,
    only_parts,
    spelling,
    spellings,
)
from taizhang.header.rows import Row

PERSONAL = frozenset({"name", "id_no"})
"""The columns that tell whose record a row is."""
_NUMBER = re.compile(r"[-\d.,%]+")


class _Reading(NamedTuple):
    """A column of the sheet read as one of the contract's; `is_meant` where its heading says 实发, 本月, 本人."""

    position: str
    spelling: Spelling
    column: Column
    is_meant: bool


@dataclass(frozen=True)
class Candidate:
    """Rows that may be the header; `spellings` of a column are tried one by one.

    `headings` has what is written above each column; `meant` are the columns whose heading says 实发, 本月, 本人.
    """

    rows: tuple[Row, ...]
    headings: dict[str, str]
    spellings: dict[str, tuple[Spelling, ...]]
    meant: frozenset[str] = frozenset()

    def columns(self, contract: Contract) -> dict[str, Column]:
        """The contract's columns that the sheet's are; one may be there twice where nothing tells which is meant."""
        by_name: dict[str, list[_Reading]] = {}
        for reading in self._readings[contract.ledger].values():
            by_name.setdefault(reading.column.name, []).append(reading)
        likely = [one for of_one in by_name.values() for one in (_likely(of_one) if len(of_one) > 1 else of_one)]
        return {reading.position: reading.column for reading in sorted(likely, key=lambda one: int(one.position))}

    @property
    def known_count(self) -> int:
        """Of how many columns some contract knows a spelling: of a record's cells hardly any."""
        return sum(any(is_known(one.text) for one in of_column) for of_column in self.spellings.values())

    @cached_property
    def goes_on(self) -> bool:
        """Whether the row below belongs to it too: of nobody, it parts headings above it, or tells their units."""
        row = self.rows[-1]
        if all(is_note(self.headings.get(position, ""), text) for position, text in row.below.items()):
            return bool(row.below)
        if any(self._is_of_people(position) or _NUMBER.fullmatch(text) for position, text in row.below.items()):
            return False
        headed = self.headings.keys()
        beside = {str(int(position) + 1) for position in row.below.keys() & headed} - headed
        return not (row.parted | beside).isdisjoint(row.below)

    def _is_of_people(self, position: str) -> bool:
        """Whether people are named or numbered there, in a ledger of any kind."""
        readings = (of_ledger.get(position) for of_ledger in self._readings.values())
        return any(reading is not None and reading.column.name in PERSONAL for reading in readings)

    @cached_property
    def _readings(self) -> dict[str, dict[str, _Reading]]:
        """How each ledger's contract reads the columns, by position."""
        return {
            ledger: {position: reading for position in self.spellings if (reading := self._reading(position, ledger))}
            for ledger in contracts()
        }

    def _reading(self, position: str, ledger: str) -> _Reading | None:
        for one in self.spellings[position]:
            column = column_of(ledger, one.text)
            if column and not (column.name in PERSONAL and one.part is Part.OF_ANOTHER):
                return _Reading(position, one, column, position in self.meant)
        return None


def _likely(readings: list[_Reading]) -> list[_Reading]:
    """Of columns that may be the same one of the contract's the one that is meant, or all where nothing tells.

    What is named in full goes before what a part names; then 实发 before what is not 实发; then the spelling that the
    contract has first. Whose record a row is hangs on no such order: a second name or number is refused.
    """
    surest = min(reading.spelling.part for reading in readings)
    likely = [reading for reading in readings if reading.spelling.part is surest]
    told = [reading for reading in likely if reading.is_meant]
    if len(told) == 1 or likely[0].column.name in PERSONAL:
        return told if len(told) == 1 else likely
    order = [reading.column.rank(reading.spelling.text) for reading in likely]
    return likely if order.count(min(order)) > 1 else [likely[order.index(min(order))]]


def of_one_row(row: Row) -> Candidate:
    """A row as a header by itself."""
    return Candidate((row,), row.texts, {position: (Spelling(spelling(text)),) for position, text in row.texts.items()})


def of_two_rows(singles: Sequence[Candidate]) -> Iterator[Candidate]:
    """Each two rows above each other as one header; the upper one's headings may be parted by the lower one's."""
    for upper, lower in pairwise(singles):
        if upper.headings and lower.headings:
            yield _of_two(upper, lower.rows[0])


def _of_two(single: Candidate, below: Row) -> Candidate:
    above, lower = single.rows[0], below.texts
    upper = _over_parts(above.spread, lower) if single.goes_on else above.spread
    meant = frozenset(position for position, text in lower.items() if is_meant(text))
    named_by_upper = _named_by_upper(upper, lower, meant) if single.goes_on else set()
    positions = sorted(upper.keys() | lower.keys(), key=int)
    parts = {position: (upper.get(position, ""), lower.get(position, "")) for position in positions}
    return Candidate(
        (above, below),
        {position: "".join(both) for position, both in parts.items()},
        {position: tuple(spellings(*both, names_upper=position in named_by_upper)) for position, both in parts.items()},
        meant,
    )


def _over_parts(upper: dict[str, str], lower: dict[str, str]) -> dict[str, str]:
    """The upper headings, each also above the columns beside it that have none, where nothing is merged.

    Both what is below it and beside that must only tell parts, as 应发 and 实发 do: such words name no column alone.
    """
    over = dict(upper)
    for position in sorted(lower.keys() - upper.keys(), key=int):
        left = str(int(position) - 1)
        if left in over and left in lower and only_parts(lower[left]) and only_parts(lower[position]):
            over[position] = over[left]
    return over


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
        elif not is_of_another(lower[positions[0]]):
            named |= set(positions)
    return named
