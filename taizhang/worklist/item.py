"""One open break as its row in a worklist shows it, and all that can be answered there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from taizhang.contract import Column, contracts
from taizhang.division import Level, children, divisions
from taizhang.wording import EMPTY, NUMBERS

Lack = Literal["record", "rejected", "column"]
LEVELS: Mapping[Level, str] = {"county": "县级", "township": "乡镇级", "village": "村级"}
CHOICES = {
    "absent": {"应有": "present", "不应有": "not_present"},
    "extra": {"应有": "present", "不应有": "not_present"},
    "duplicate": {"是重复": "repeated", "不是重复": "not_repeated"},
    "identity": {"是同一人": "same_person", "不是同一人": "two_people"},
}
"""What can be answered where no column differs, by kind; a total follows from its records and is not answered."""
LEVEL_CHOICES: Mapping[str, Level] = {f"以{label}为准": level for level, label in LEVELS.items()}
"""What can be answered for an identity number: none is ever written into a worklist in full."""
_CALLED: Mapping[Level, tuple[str, ...]] = {
    "county": ("县级", "县"),
    "township": ("乡镇级", "乡镇", "乡", "镇", "街道"),
    "village": ("村级", "村", "社区"),
}
LEVEL_WORDS: Mapping[str, Level] = {
    said: level
    for level, words in _CALLED.items()
    for word in words
    for said in (f"以{word}为准", f"同{word}", f"与{word}一致")
}
"""What clerks write, whatever the column, who mean that a level is right; `LEVEL_CHOICES` are among them."""
OUTCOMES = {
    "changed": "台账已改",
    "unchanged": "台账未改",
    "changed_otherwise": "台账改成别的",
    "awaiting_acceptance": "待县级认可",
}
"""What became of an answer to a break that is open still."""


@dataclass(frozen=True)
class Said:
    """What was answered last to a break: when, by which division, and what the ledgers made of it (`OUTCOMES`).

    `value` is as `reconciliation.answered_break` has it, but for a number, which is as the item's values are; so is
    what another division said `otherwise`. The levels `to_follow` still have another value than was answered.
    """

    on: date
    by: str
    value: str | None
    reason: str | None
    outcome: str
    to_follow: tuple[Level, ...] = ()
    otherwise: tuple[str, str] | None = None
    """The other division's code and what it said."""


@dataclass(frozen=True)
class Item:
    """One open break as its row shows it; the values are those of `reconciliation.ledger_break`.

    `level` is the one that the break is about, `culprit` the one that is probably wrong; of either none may be known.
    A level that handed in `lacks` the record or the column where it has no value for that reason, or had a row rejected
    that may be the record. Of an identity break `candidate_no` is the other number and `listed` whom each level has, by
    name and number; of a duplicate `rows` is where it stands at that level: who handed it in, the sheet and the row.
    Its days count from `open_since`; what was gone and came back was `first_seen` before.
    """

    break_id: str
    ledger: str
    period: date
    kind: str
    level: Level | None
    culprit: Level | None
    division_code: str
    name: str | None
    id_no: str | None
    record_no: str | None
    column_name: str | None
    values: Mapping[Level, str | None]
    handed_in: Mapping[Level, bool]
    first_seen: date
    open_since: date
    said: Said | None
    candidate_no: str | None = None
    listed: Mapping[Level, tuple[str, str]] = field(default_factory=dict)
    rows: tuple[tuple[str, str, int], ...] = ()
    lacks: Mapping[Level, Lack] = field(default_factory=dict)

    @property
    def awaits_acceptance(self) -> bool:
        """Whether it is answered that nothing is wrong, so that the county is to act and nobody else."""
        return self.said is not None and self.said.outcome == "awaiting_acceptance"

    @property
    def column(self) -> Column | None:
        """The column that differs, if it is one of the contract and not a count of records."""
        named = [column for column in contracts()[self.ledger].columns if column.name == self.column_name]
        return named[0] if named else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The list that the right value is chosen from, if there is one; a level stands in it where it is heard."""
        if self.kind in CHOICES:
            return tuple(CHOICES[self.kind])
        column = self.column
        if column is None or column.kind in NUMBERS:
            return tuple(LEVEL_CHOICES)
        listed = tuple(code.label for code in column.codes) or (("是", "否") if column.kind == "yes_no" else ())
        if listed and not column.required:
            listed = (*listed, EMPTY)
        if column.kind == "village":
            listed = tuple(village.name for village in children(divisions()[self.division_code].parent_code))
        levels = (said for said, level in LEVEL_CHOICES.items() if self.handed_in[level] and level not in self.lacks)
        return listed and (*listed, *levels)
