"""What a night must find: the breaks between three levels' ledgers, and the cells that were spoilt.

Worked out from the ledgers in memory by the definitions of a break, without the warehouse and its SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl
from rapidfuzz.distance import Levenshtein

from taizhang.contract import Column
from taizhang.demo.ledger import LEVELS, Ledger, filed_by
from taizhang.division import Level, children
from taizhang.rules import RULES

Values = Mapping[Level, str | None]
_NO_VALUES: Values = dict.fromkeys(LEVELS)
_WHOSE = {"home": "village_code", "whose": "name", "household": "household_no", "of_record": "record"}


@dataclass(frozen=True)
class Break:
    """A disagreement about one record, or for a total (`key` is empty) about one division."""

    ledger: str
    period: str
    kind: str
    level: Level | None
    division_code: str
    key: Mapping[str, str] = field(default_factory=dict)
    column: str | None = None
    values: Values = field(default_factory=lambda: dict(_NO_VALUES))
    culprit: Level | Literal["unknown"] = "unknown"
    candidate: str | None = None
    """Of an identity break, the identity number that the level has instead."""


def breaks_of(ledger: Ledger) -> list[Break]:
    """Every break of a ledger that all three levels keep; none where one level alone hands it in."""
    if set(ledger.levels) != set(LEVELS):
        return []
    accepted = {level: frame.filter(_is_accepted()) for level, frame in ledger.levels.items()}
    rejected = {level: frame.filter(~_is_accepted()) for level, frame in ledger.levels.items()}
    records = _side_by_side(ledger, accepted, rejected)
    found = [
        *_missing(ledger, records),
        *_differing(ledger, records),
        *(duplicate for level in LEVELS for duplicate in _duplicates(ledger, accepted[level], level, records)),
        *_totals(ledger, accepted),
    ]
    return sorted(found, key=lambda b: (b.kind, b.division_code, b.level or "", *b.key.values(), b.column or ""))


def _is_accepted() -> pl.Expr:
    rejecting = [rule.id for rule in RULES.values() if rule.severity == "error"]
    return ~pl.col("fault_rule").is_in(rejecting).fill_null(False)


def _text(column: Column) -> pl.Expr:
    """A value as the warehouse writes it in a break: ISO dates, yuan with two decimals, true or false."""
    value = pl.col(column.name)
    if column.kind == "money":
        return pl.format("{}.{}", value // 100, (value % 100).cast(pl.String).str.zfill(2))
    return value.cast(pl.String)


def _side_by_side(
    ledger: Ledger, accepted: Mapping[Level, pl.DataFrame], rejected: Mapping[Level, pl.DataFrame]
) -> pl.DataFrame:
    """A row a record: whether each level has it, or lost it as the row was rejected, its home village, who it is,
    and `<column>_<level>` in text.

    Of a record that a level has twice the first counts.
    """
    key = list(ledger.contract.key)
    columns = [column for column in ledger.contract.compared if column.name not in key]
    sides = [
        accepted[level]
        .unique(key, keep="first", maintain_order=True)
        .select(
            *key,
            pl.lit(True).alias(f"in_{level}"),
            *(
                (pl.col(theirs) if theirs in accepted[level].columns else pl.lit(None)).alias(f"{ours}_{level}")
                for ours, theirs in _WHOSE.items()
            ),
            *(_text(column).alias(f"{column.name}_{level}") for column in columns),
        )
        for level in LEVELS
    ]
    joined = sides[0]
    for side in sides[1:]:
        joined = joined.join(side, on=key, how="full", coalesce=True)
    return joined.with_columns(
        *(pl.col(f"in_{level}").fill_null(False) for level in LEVELS),
        *(pl.coalesce(f"{ours}_{level}" for level in LEVELS).alias(ours) for ours in _WHOSE),
    ).with_columns(
        (~pl.col(f"in_{level}") & pl.col("of_record").is_in(rejected[level]["record"].implode())).alias(f"lost_{level}")
        for level in LEVELS
    )


def _missing(ledger: Ledger, records: pl.DataFrame) -> Iterable[Break]:
    """What a level lacks though it could be read: records, and people whom it has under another number."""
    missing = [
        row
        for row in records.iter_rows(named=True)
        if any(not row[f"in_{level}"] and not row[f"lost_{level}"] for level in LEVELS)
    ]
    paired: list[Mapping[str, str]] = []
    for row, candidate in _slipped(ledger, missing):
        paired += [row, candidate]
        (level,) = _having(candidate)
        found = _record_break(ledger, "identity", level if len(_having(row)) > 1 else None, row)
        yield replace(found, candidate=candidate["id_no"])
    yield from (_missing_or_extra(ledger, row) for row in missing if row not in paired)


def _missing_or_extra(ledger: Ledger, row: Mapping[str, str]) -> Break:
    """One of three alone has a record: it has one too many. Else the level without it lacks it."""
    having, voting = _having(row), _voting(row)
    if len(having) == 1 and len(voting) == len(LEVELS):
        return _record_break(ledger, "extra", having[0], row)
    found = _record_break(ledger, "absent", next(level for level in voting if level not in having), row)
    return found if len(voting) == len(LEVELS) else replace(found, culprit="unknown")


def _slipped(
    ledger: Ledger, missing: Sequence[Mapping[str, str]]
) -> Iterable[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Pairs of the same person under two numbers: who two levels have, and who the third has instead.

    Else who is at one level only, and whom another level has instead. No third number of a person is ever planted.
    """
    if ledger.contract.key[0] != "id_no":
        return
    alone = [row for row in missing if len(_having(row)) == 1]
    known: list[Mapping[str, str]] = []
    for row in sorted(missing, key=lambda row: -len(_having(row))):
        for candidate in alone:
            levels = [*_having(row), *_having(candidate)]
            disjoint = len(set(levels)) == len(levels)
            in_order = len(levels) > 2 or levels == sorted(levels, key=LEVELS.index)
            is_open = len(levels) > 2 or (row not in known and candidate not in known)
            if disjoint and in_order and is_open and _may_be_one(ledger, row, candidate):
                known += [candidate] if len(levels) > 2 else []
                yield row, candidate


def _may_be_one(ledger: Ledger, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """The same class, name or household, and numbers of which a hand may make one of the other."""
    same_class = all(one[name] == other[name] for name in ledger.contract.key[1:])
    same_name = one["whose"] == other["whose"] and one["home"][:9] == other["home"][:9]
    same_household = one["household"] is not None and one["household"] == other["household"]
    near = Levenshtein.distance(one["id_no"][:17], other["id_no"][:17]) <= 2
    return same_class and (same_name or (same_household and one["home"] == other["home"])) and near


def _having(row: Mapping[str, Any]) -> list[Level]:
    return [level for level in LEVELS if row[f"in_{level}"]]


def _voting(row: Mapping[str, Any]) -> list[Level]:
    """The levels that can speak of a record: all but those that had it rejected."""
    return [level for level in LEVELS if not row[f"lost_{level}"]]


def _differing(ledger: Ledger, records: pl.DataFrame) -> Iterable[Break]:
    """One break a record and compared column in which the levels that have the record do not agree."""
    for column in ledger.contract.compared:
        if column.name in ledger.contract.key:
            continue
        seen = [pl.col(f"{column.name}_{level}") for level in LEVELS]
        has = [pl.col(f"in_{level}") for level in LEVELS]
        unlike = pl.any_horizontal(
            has[one] & has[other] & seen[one].ne_missing(seen[other]) for one, other in ((0, 1), (0, 2), (1, 2))
        )
        for row in records.filter(unlike).iter_rows(named=True):
            values: Values = {level: row[f"{column.name}_{level}"] for level in LEVELS}
            having = [level for level in LEVELS if row[f"in_{level}"]]
            yield _record_break(ledger, "differs", _odd_one_out(values, having), row, column.name, values)


def _odd_one_out(values: Values, having: list[Level]) -> Level | None:
    """The level that two others contradict; none where only two have a say, or all three differ."""
    if len(having) < len(LEVELS):
        return None
    alone = [level for level in LEVELS if list(values.values()).count(values[level]) == 1]
    return alone[0] if len(alone) == 1 else None


def _duplicates(ledger: Ledger, accepted: pl.DataFrame, level: Level, records: pl.DataFrame) -> Iterable[Break]:
    key = list(ledger.contract.key)
    repeated = accepted.group_by(key, maintain_order=True).len().filter(pl.col("len") > 1)
    for row in repeated.join(records, on=key, how="left", maintain_order="left").iter_rows(named=True):
        yield _record_break(ledger, "duplicate", level, row)


def _record_break(
    ledger: Ledger, kind: str, level: Level | None, row: Mapping[str, str],
    column: str | None = None, values: Values = _NO_VALUES,
) -> Break:  # fmt: skip
    key = {name: row[name] for name in ledger.contract.key}
    period, culprit = ledger.period.isoformat(), level or "unknown"
    return Break(ledger.name, period, kind, level, row["home"], key, column, dict(values), culprit)


def _totals(ledger: Ledger, accepted: Mapping[Level, pl.DataFrame]) -> Iterable[Break]:
    """One break a village or township and measure in which the sums of the levels that handed in differ.

    A village's row counts where its own level says that the village is; a township's villages have a say only
    if every one of them handed in.
    """
    filed = set(ledger.levels["village"].select(filed_by("village")).to_series())
    for division_level in ("township", "village"):
        sums = {level: _sums(ledger, accepted[level], division_level) for level in LEVELS}
        for code in sorted(set().union(*sums.values())):
            villages = {village.code for village in children(code)} if division_level == "township" else {code}
            having: list[Level] = [level for level in LEVELS if level != "village" or villages <= filed]
            for measure in ("records", *(column.name for column in ledger.contract.totalled)):
                values: dict[Level, str | None] = {
                    level: sums[level].get(code, {}).get(measure, _zero(ledger, measure)) if level in having else None
                    for level in LEVELS
                }
                if len({values[level] for level in having}) > 1:
                    level = _odd_one_out(values, having)
                    period, culprit = ledger.period.isoformat(), level or "unknown"
                    yield Break(ledger.name, period, "total", level, code, {}, measure, values, culprit)


def _sums(ledger: Ledger, accepted: pl.DataFrame, division_level: Level) -> dict[str, dict[str, str]]:
    """Number of rows and sums of the totalled columns in text, by division."""
    own = filed_by(division_level) if division_level == "village" else pl.col("village_code").str.head(9) + "000"
    totalled = ledger.contract.totalled
    sums = accepted.group_by(own.alias("division")).agg(
        pl.len().alias("records"), *(pl.col(column.name).sum() for column in totalled)
    )
    texts = sums.select("division", pl.col("records").cast(pl.String), *(_text(column) for column in totalled))
    return {row.pop("division"): row for row in texts.iter_rows(named=True)}


def _zero(ledger: Ledger, measure: str) -> str:
    return "0.00" if measure != "records" and ledger.contract.column(measure).kind == "money" else "0"
