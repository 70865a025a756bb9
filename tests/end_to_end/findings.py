"""What a night found beside what the demo county planted, each break as the same tuple."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.county import County

Finding = tuple[Any, ...]
"""Ledger, period, kind, level, division, identity number, record, column, three values, culprit, candidate."""


_VALUES = ", ".join(
    f"case when column_name = 'id_no' then (select id_no from vault.person where person_key::text = {level}_value)"
    f" else {level}_value end as {level}_value"
    for level in ("county", "township", "village")
)


def found_breaks(county: County) -> set[Finding]:
    """Every open break: a payment told by its number, a person by the ID number that the vault alone knows."""
    found = county.rows(
        "select ledger, period, kind, level, division_code,"
        f" case when ledger <> 'subsidy' then id_no end as id_no, record_no, column_name, {_VALUES}, culprit,"
        " (select id_no from vault.person where person_key = candidate_key) as candidate"
        " from reconciliation.ledger_break left join vault.person using (person_key)"
        " where status = 'open'"
    )
    return {tuple(row.values()) for row in found}


def planted_breaks(county: County) -> set[Finding]:
    return {_as_found(planted) for planted in county.truth["breaks"]}


def _as_found(planted: dict[str, Any]) -> Finding:
    key, values = planted["key"], planted["values"]
    return (
        *(planted[name] for name in ("ledger", "period", "kind", "level", "division_code")),
        key.get("id_no"),
        key.get("class_no") or key.get("payment_no"),
        planted["column"],
        *(values[level] for level in ("county", "township", "village")),
        planted["culprit"],
        planted["candidate"],
    )


def found_suspicions(county: County) -> set[Finding]:
    suspicions = county.rows(
        "select rule, id_no, case when rule <> 'due_unpaid' then payment_no end as payment_no"
        " from marts.subsidy_suspicion inner join vault.person on person_key = labourer_key"
    )
    return {tuple(row.values()) for row in suspicions}


def planted_suspicions(county: County) -> set[Finding]:
    return {tuple(row.values()) for row in county.truth["suspicions"]}


@dataclass
class Tally:
    """How many of each kind were planted, found, missed and invented; one with another culprit is both of the last."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, name: str, found: set[Finding], planted: set[Finding], *, kind: int) -> None:
        """Add what one night found; `kind` is the place of the kind in a finding."""
        sides = {"planted": planted, "found": found, "missed": planted - found, "invented": found - planted}
        for side, findings in sides.items():
            for finding in findings:
                self.counts.setdefault(f"{name} {finding[kind]}", Counter())[side] += 1

    def __str__(self) -> str:
        sides = ("planted", "found", "missed", "invented")
        lines = [("kind", *sides), ["---"] * 5]
        lines += [(kind, *(f"{self.counts[kind][side]:,}" for side in sides)) for kind in sorted(self.counts)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
