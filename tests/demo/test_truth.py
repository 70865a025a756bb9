"""The truth that the demo writes equals a plain comparison of the three ledgers, whatever was changed in them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.demo.ledger import LEVELS, Ledger
from taizhang.demo.truth import Break, breaks_of
from taizhang.division import children, divisions

Row = dict[str, Any]
Levels = dict[str, list[Row]]
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
    return found.kind, found.level, found.division_code, key, found.column, values


def _compare(ledger: Ledger, levels: Levels) -> Iterator[Break]:
    accepted = {level: [row for row in rows if row["fault_rule"] is None] for level, rows in levels.items()}
    first: dict[str, dict[tuple[str, ...], Row]] = {level: {} for level in LEVELS}
    seen: dict[str, Counter[tuple[str, ...]]] = {level: Counter() for level in LEVELS}
    for level in LEVELS:
        for row in accepted[level]:
            key = tuple(row[name] for name in ledger.contract.key)
            first[level].setdefault(key, row)
            seen[level][key] += 1
    for key in set().union(*first.values()):
        yield from _compare_record(ledger, key, {level: first[level].get(key) for level in LEVELS}, seen)
    yield from _compare_totals(ledger, levels, accepted)


def _compare_record(
    ledger: Ledger, key: tuple[str, ...], record: dict[str, Row | None], seen: dict[str, Counter[tuple[str, ...]]]
) -> Iterator[Break]:  # fmt: skip
    having = [level for level in LEVELS if record[level] is not None]
    home = next(row["village_code"] for row in record.values() if row is not None)
    named = dict(zip(ledger.contract.key, key, strict=True))
    about = (ledger.name, ledger.period.isoformat())
    if len(having) == 2:
        yield Break(*about, "absent", (set(LEVELS) - set(having)).pop(), home, named)
    if len(having) == 1:
        yield Break(*about, "extra", having[0], home, named)
    for level in having:
        if seen[level][key] > 1:
            yield Break(*about, "duplicate", level, home, named)
    for column in ledger.contract.compared:
        if column.name in named:
            continue
        texts = {level: _text((row or {}).get(column.name), column.kind) for level, row in record.items()}
        if len({texts[level] for level in having}) > 1:
            yield Break(*about, "differs", _odd(texts, having), home, named, column.name, texts)  # type: ignore[arg-type]


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
        yield Break(ledger.name, ledger.period.isoformat(), "total", level, code, {}, measure, texts)  # type: ignore[arg-type]


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
