"""What an audit must find is planted at all levels alike, and no published figure moves by it."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from taizhang.demo.county import imagine
from taizhang.demo.figures import figures_for
from taizhang.demo.ledger import Ledger
from taizhang.demo.suspicion import Suspicion, plant
from taizhang.demo.truth import breaks_of
from tests.demo.conftest import ON

RULES = {
    "paid_twice", "reissued_though_paid", "reissue_above_failed", "returned_not_reissued", "over_cap", "over_term",
    "paid_again", "not_registered", "paid_after_death", "status_bars_payment", "outside_age", "excluded_by_subsidy",
    "carried_free", "due_unpaid", "payee_outside_household", "shared_account", "shared_phone",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(small_county: dict[str, Ledger]) -> tuple[list[Ledger], list[Suspicion]]:
    return plant(list(small_county.values()), ON, np.random.default_rng(1))


def test_even_the_smallest_county_has_every_suspicion(planted: tuple[list[Ledger], list[Suspicion]]) -> None:
    assert {suspicion.rule for suspicion in planted[1]} == RULES


@pytest.mark.parametrize("on", [date(2021, 1, 15), date(2020, 6, 30), date(2024, 2, 29)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_so_have_counties_of_other_days_and_seeds(on: date, seed: int) -> None:
    _, suspicions = plant(imagine(figures_for(300), on, seed), on, np.random.default_rng(seed))
    assert {suspicion.rule for suspicion in suspicions} == RULES


def test_the_levels_go_on_agreeing(planted: tuple[list[Ledger], list[Suspicion]]) -> None:
    assert not [found for ledger in planted[0] for found in breaks_of(ledger)]


def test_sums_and_numbers_of_payments_stay_as_published(
    planted: tuple[list[Ledger], list[Suspicion]], small_county: dict[str, Ledger]
) -> None:
    assert _paid(planted[0][2]).equals(_paid(small_county["subsidy"]))


def _paid(ledger: Ledger) -> pl.DataFrame:
    """Money and payments by subsidy; what was paid again counts once."""
    rows = ledger.levels["county"]
    paid_again = rows.filter(status="paid")["reissue_of"].drop_nulls().to_list()
    paid = rows.filter(~pl.col("payment_no").is_in(paid_again), status="paid")
    return paid.group_by("subsidy_type").agg(pl.col("amount").sum(), pl.len()).sort("subsidy_type")


def test_employment_stays_as_published(
    planted: tuple[list[Ledger], list[Suspicion]], small_county: dict[str, Ledger]
) -> None:
    columns = ["id_no", "work_status", "work_region", "months_worked", "returned", "placed_as"]
    before, after = (
        ledger.levels["county"].select(columns) for ledger in (small_county["employment"], planted[0][0])
    )  # fmt: skip
    assert before.equals(after)


def test_nobody_is_suspected_of_two_things(planted: tuple[list[Ledger], list[Suspicion]]) -> None:
    people = [suspicion.id_no for suspicion in planted[1]]
    assert len(people) == len(set(people))


def test_everybody_to_whom_the_journey_is_due_is_paid_for_it(county: dict[str, Ledger]) -> None:
    current = county["employment"].levels["county"]
    born = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d")
    due = current.filter(
        pl.col("months_worked") >= 3, born.dt.offset_by("60y") >= ON,
        work_region="out_of_province", work_status="working_away", point_to_point=False,
    )  # fmt: skip
    this_year = county["subsidy"].levels["county"].filter(period_from=date(2020, 1, 1), subsidy_type="transport")
    assert due.height > 20_000
    assert due.join(this_year, on="id_no", how="anti").is_empty()
    carried = current.filter("point_to_point")
    assert carried.join(this_year, on="id_no", how="semi").is_empty()
