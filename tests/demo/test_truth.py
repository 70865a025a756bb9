"""The truth that the demo writes equals a plain comparison of the three ledgers, whatever was changed in them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from taizhang.demo.ledger import LEVELS, Ledger
from taizhang.demo.truth import Break, breaks_of
from taizhang.division import children, divisions

Row = dict[str, Any]
Levels = dict[str, list[Row]]
Record = dict[str, Row | None]
PLANTS = st.tuples(
    st.sampled_from(["drop", "repeat", "invent", "change", "spoil"]),
    st.sampled_from(LEVELS),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
OTHER: dict[str, Callable[[Any], Any]] = {
    "yes_no": lambda value: not value,
    "date": lambda value: value + timedelta(days=1) if value else date(2020, 1, 1),
    "integer": lambda value: (value or 0) + 1,
    "money": lambda value: (value or 0) + 1_00,
}


@pytest.mark.parametrize("name", ["employment", "training", "subsidy"])
@settings(max_examples=20, deadline=None)
@given(plants=st.lists(PLANTS, max_size=12))
def test_truth_is_what_a_plain_comparison_finds(
    name: str, plants: list[tuple[str, str, int, int]], small_county: dict[str, Ledger]
) -> None:
    ledger = small_county[name]
    frame = ledger.levels["county"]
    levels = {level: frame.to_dicts() for level in LEVELS}
    for plant in plants:
        _plant(ledger, levels, *plant)
    frames = {level: pl.DataFrame(rows, schema=frame.schema) for level, rows in levels.items()}
    found = [_identity(found) for found in breaks_of(Ledger(name, ledger.period, frames))]  # type: ignore[arg-type]
    assert Counter(found) == Counter(_identity(found) for found in _compare(ledger, levels))


def test_ledgers_that_agree_have_no_breaks(small_county: dict[str, Ledger]) -> None:
    assert [breaks_of(ledger) for ledger in small_county.values()] == [[], [], [], []]


def _plant(ledger: Ledger, levels: Levels, kind: str, level: str, place: int, choice: int) -> None:
    """One change at one level; the first row of a village stays, so that every division hands in."""
    rows = levels[level]
    firsts = {row["village_code"]: number for number, row in reversed(list(enumerate(rows)))}
    free = [number for number in range(len(rows)) if number not in firsts.values()]
    number = free[place % len(free)]
    row = rows[number]
    if kind == "drop":
        del rows[number]
    elif kind == "repeat":
        rows.insert(number + 1, dict(row))
    elif kind == "invent":
        rows.append({**row, ledger.contract.key[0]: f"{row[ledger.contract.key[0]]}-{choice}"})
    elif kind == "spoil":
        row["fault_rule"] = "id_checksum"
    else:
        columns = [c for c in ledger.contract.compared if c.name not in ledger.contract.key]
        column = columns[choice % len(columns)]
        if column.kind == "village":
            row["village_code"] = next(code for code in firsts if code != row["village_code"])
        else:
            other = OTHER.get(column.kind, lambda value: f"{value}！")
            row[column.name] = other(row[column.name])


def _identity(found: Break) -> tuple[object, ...]:
    key, values = tuple(found.key.items()), tuple(found.values[level] for level in LEVELS)
    return found.kind, found.level, found.division_code, key, found.column, values, found.culprit, found.candidate


def _compare(ledger: Ledger, levels: Levels) -> Iterator[Break]:
    accepted = {level: [row for row in rows if row["fault_rule"] is None] for level, rows in levels.items()}
    first: dict[str, dict[tuple[str, ...], Row]] = {level: {} for level in LEVELS}
    seen: dict[str, Counter[tuple[str, ...]]] = {level: Counter() for level in LEVELS}
    for level in LEVELS:
        for row in accepted[level]:
            key = tuple(row[name] for name in ledger.contract.key)
            first[level].setdefault(key, row)
            seen[level][key] += 1
    rejected = {level: {row["record"] for row in rows if row["fault_rule"]} for level, rows in levels.items()}
    records = {key: {level: first[level].get(key) for level in LEVELS} for key in set().union(*first.values())}
    paired: set[tuple[str, ...]] = set()
    lacking = [
        key for key, record in records.items() if any(record[level] is None for level in _voting(record, rejected))
    ]
    pairs = [*permutations(lacking, 2)] if ledger.contract.key[0] == "id_no" else []
    both = {pair: [*_compare_people(ledger, pair, (records[pair[0]], records[pair[1]]))] for pair in pairs}
    known = {other for (_, other), found in both.items() for one in found if one.level}
    for pair, found in both.items():
        for one in found:
            if one.level or not known.intersection(pair):
                paired |= set(pair)
                yield one
    for key, record in records.items():
        yield from _compare_record(ledger, key, record, seen, rejected, told=key in paired)
    yield from _compare_totals(ledger, levels, accepted)


def _voting(record: Record, rejected: dict[str, set[int]]) -> list[str]:
    """The levels that have a record, or lack it and had no row of it rejected."""
    number = next(row["record"] for row in record.values() if row is not None)
    return [level for level in LEVELS if record[level] is not None or number not in rejected[level]]


def _compare_record(
    ledger: Ledger, key: tuple[str, ...], record: Record, seen: dict[str, Counter[tuple[str, ...]]],
    rejected: dict[str, set[int]], *, told: bool,
) -> Iterator[Break]:  # fmt: skip
    voting = _voting(record, rejected)
    having = [level for level in LEVELS if record[level] is not None]
    home = next(row["village_code"] for row in record.values() if row is not None)
    named = dict(zip(ledger.contract.key, key, strict=True))
    about = (ledger.name, ledger.period.isoformat())
    lacking = [level for level in voting if level not in having]
    if len(having) == 1 and len(lacking) == 2 and not told:
        yield Break(*about, "extra", having[0], home, named, culprit=having[0])  # type: ignore[arg-type]
    if len(lacking) == 1 and not told:
        culprit = lacking[0] if len(voting) == 3 else "unknown"
        yield Break(*about, "absent", lacking[0], home, named, culprit=culprit)  # type: ignore[arg-type]
    for level in having:
        if seen[level][key] > 1:
            yield Break(*about, "duplicate", level, home, named, culprit=level)
    for column in ledger.contract.compared:
        if column.name in named:
            continue
        texts = {level: _text((row or {}).get(column.name), column.kind) for level, row in record.items()}
        if len({texts[level] for level in having}) > 1:
            odd = _odd(texts, having)
            yield Break(*about, "differs", odd, home, named, column.name, texts, odd or "unknown")  # type: ignore[arg-type]


def _compare_people(
    ledger: Ledger, keys: tuple[tuple[str, ...], tuple[str, ...]], records: tuple[Record, Record]
) -> Iterator[Break]:
    """A person whom one level has under a number with at most two other digits, and not as the others do."""
    (key, other), (one, two) = keys, records
    having = [level for level in LEVELS if one[level]]
    candidates = [level for level in LEVELS if two[level]]
    disjoint = not set(having) & set(candidates)
    first_told = len(having) > 1 or having < candidates
    near = Levenshtein.distance(key[0][:17], other[0][:17]) <= 2
    if len(candidates) > 1 or not (disjoint and first_told and near) or key[1:] != other[1:]:
        return
    row, row_of_other = (next(row for row in record.values() if row) for record in records)
    same_name = row["name"] == row_of_other["name"] and row["township_code"] == row_of_other["township_code"]
    same_home = row.get("household_no") and all(
        row[name] == row_of_other[name] for name in ("household_no", "village_code")
    )
    if same_name or same_home:
        level = candidates[0] if len(having) == 2 else None
        about = (ledger.name, ledger.period.isoformat(), "identity", level, row["village_code"])
        named = dict(zip(ledger.contract.key, key, strict=True))
        yield Break(*about, named, culprit=level or "unknown", candidate=other[0])  # type: ignore[arg-type]


def _compare_totals(ledger: Ledger, levels: Levels, accepted: Levels) -> Iterator[Break]:
    handed_in = {row["village_code"] for row in levels["village"]}
    for division in divisions().values():
        if division.level == "county":
            continue
        inside = {village.code for village in children(division.code)} or {division.code}
        having = [level for level in LEVELS if level != "village" or inside <= handed_in]
        rows = {level: [row for row in accepted[level] if row["village_code"] in inside] for level in LEVELS}
        texts = {level: str(len(rows[level])) if level in having else None for level in LEVELS}
        yield from _total(ledger, division.code, "records", texts, having)
        for column in ledger.contract.totalled:
            sums = {level: sum(row[column.name] or 0 for row in rows[level]) for level in having}
            texts = {level: _text(sums.get(level), column.kind) for level in LEVELS}
            yield from _total(ledger, division.code, column.name, texts, having)


def _total(ledger: Ledger, code: str, measure: str, texts: dict[str, str | None], having: list[Any]) -> Iterator[Break]:
    if len({texts[level] for level in having}) > 1:
        level = _odd(texts, having)
        about = (ledger.name, ledger.period.isoformat(), "total", level, code)
        yield Break(*about, {}, measure, texts, level or "unknown")  # type: ignore[arg-type]


def _odd(texts: dict[str, str | None], having: list[Any]) -> Any:
    counts = Counter(texts[level] for level in having)
    alone = [level for level in having if counts[texts[level]] == 1]
    return alone[0] if len(having) == 3 and len(alone) == 1 else None


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "money":
        return f"{value // 100}.{value % 100:02d}"
    return str(value).lower() if kind == "yes_no" else str(value)
