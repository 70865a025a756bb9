"""What is planted: every kind of break, at every level, and nothing that would change a published figure."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from taizhang.demo.changes import CHANGES, FAULTS, THREE_WAY
from taizhang.demo.drift import drift
from taizhang.demo.ledger import LEVELS, Ledger
from taizhang.demo.truth import breaks_of
from taizhang.rules import RULES

NAMES = ("employment", "training", "subsidy")
ONLY_COUNTY_IS_TRUE = {"employer", "job", "monthly_income", "trade", "paid_on"}


@pytest.fixture(scope="module")
def drifted(small_county: dict[str, Ledger]) -> dict[str, Ledger]:
    return {name: drift(small_county[name], np.random.default_rng(1)) for name in NAMES}


@pytest.fixture(scope="module")
def drifted_at_full_size(county: dict[str, Ledger]) -> dict[str, Ledger]:
    return {name: drift(county[name], np.random.default_rng(1)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_even_a_small_county_has_every_kind_of_break_at_every_level(name: str, drifted: dict[str, Ledger]) -> None:
    found = {(found.kind, found.level) for found in breaks_of(drifted[name])}
    assert found >= {(kind, level) for kind in ("absent", "extra", "duplicate", "differs") for level in LEVELS}
    assert ("differs", None) in found  # all three levels say something else
    people = {"identity"} if name != "subsidy" else set()
    assert {kind for kind, _ in found} == {"absent", "extra", "duplicate", "differs", "total"} | people
    assert {level for kind, level in found if kind == "identity"} == (set(LEVELS) if people else set())


@pytest.mark.parametrize("name", NAMES)
def test_even_a_small_county_breaks_every_rule(name: str, drifted: dict[str, Ledger]) -> None:
    broken = {rule for frame in drifted[name].levels.values() for rule in frame["fault_rule"].drop_nulls()}
    assert broken == {fault.rule for fault in FAULTS[name]} | ({"id_upgraded"} if name != "subsidy" else set())


@pytest.mark.parametrize("name", ["employment", "training"])
def test_at_each_level_a_slip_is_made_in_a_number_of_fifteen_digits(name: str, drifted: dict[str, Ledger]) -> None:
    slips = {found.candidate: found for found in breaks_of(drifted[name]) if found.kind == "identity"}
    for level, frame in drifted[name].levels.items():
        for row in frame.filter(pl.col("fault_rule") == "id_upgraded").iter_rows(named=True):
            assert row["fault_text"] == row["id_no"][:6] + row["id_no"][8:17]
            assert slips.pop(row["id_no"]).level == level
    assert slips, "others are made in eighteen digits"


@pytest.mark.parametrize("name", NAMES)
def test_at_full_size_every_change_is_planted(name: str, drifted_at_full_size: dict[str, Ledger]) -> None:
    differing = {found.column for found in breaks_of(drifted_at_full_size[name]) if found.kind == "differs"}
    compared = {column.name for column in drifted_at_full_size[name].contract.compared}
    assert differing == {column for change in CHANGES[name] for column in change.cells} & compared


def test_breaks_are_spread_over_most_townships(drifted_at_full_size: dict[str, Ledger]) -> None:
    townships = {found.division_code[:9] for found in breaks_of(drifted_at_full_size["employment"])}
    assert len(townships) > 20


@pytest.mark.parametrize("name", NAMES)
def test_the_record_that_the_levels_agree_on_is_the_true_one(
    name: str, drifted_at_full_size: dict[str, Ledger], county: dict[str, Ledger]
) -> None:
    truth = county[name].levels["county"].drop("fault_column", "fault_rule", "fault_text", "record")
    agreed = _agreed(drifted_at_full_size[name])
    key = list(county[name].contract.key)
    assert agreed.sort(key).equals(truth.select(agreed.columns).sort(key))


def _agreed(ledger: Ledger) -> pl.DataFrame:
    """Records that two levels have; of each column what township and village agree on, else the first word."""
    key = list(ledger.contract.key)
    rejecting = [rule.id for rule in RULES.values() if rule.severity == "error"]
    sides = [
        ledger.levels[level]
        .filter(~pl.col("fault_rule").is_in(rejecting).fill_null(False))
        .unique(key, keep="first", maintain_order=True)
        .select(column.name for column in ledger.contract.columns)
        .select(*key, pl.struct(pl.all()).alias(level))
        for level in LEVELS
    ]
    joined = sides[0].join(sides[1], on=key, how="full", coalesce=True)
    joined = joined.join(sides[2], on=key, how="full", coalesce=True)
    voted = joined.filter(pl.sum_horizontal(pl.col(level).is_not_null() for level in LEVELS) >= 2)

    def agreed(column: str) -> pl.Expr:
        county, township, village = (pl.col(level).struct.field(column) for level in LEVELS)
        both = pl.col("township").is_not_null() & pl.col("village").is_not_null()
        first = (
            pl.when(pl.col("county").is_not_null()).then(county)
            .when(pl.col("township").is_not_null()).then(township)
            .otherwise(village)
        )  # fmt: skip
        return pl.when(both & township.eq_missing(village)).then(township).otherwise(first).alias(column)

    others = [column.name for column in ledger.contract.columns if column.name not in key]
    return voted.select(*key, *(agreed(column) for column in others))


def test_three_way_differences_touch_no_column_that_a_figure_hangs_on() -> None:
    columns: set[Any] = {c for pairs in THREE_WAY.values() for pair in pairs for change in pair for c in change.cells}
    assert columns == ONLY_COUNTY_IS_TRUE


def test_drift_repeats_itself_for_the_same_seed(small_county: dict[str, Ledger]) -> None:
    once, again = (drift(small_county["subsidy"], np.random.default_rng(7)) for _ in range(2))
    assert all(once.levels[level].equals(again.levels[level]) for level in LEVELS)
