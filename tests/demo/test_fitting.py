"""Payments that add up exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.demo.fitting import middle_tier, three_tiers, two_rates, until


@given(st.lists(st.integers(1000, 9000), min_size=1, max_size=40), st.floats(0.01, 1))
def test_amounts_are_taken_until_the_total_is_met(amounts: list[int], share: float) -> None:
    total = max(1, int(sum(amounts) * share))
    taken = until(total, np.array(amounts), least=500)
    assert taken.sum() == total
    assert len(taken) == 1 or taken.min() >= 500


def test_no_amount_grows_if_its_neighbour_can_give() -> None:
    assert until(3100, np.array([1500, 1500, 1500]), least=500).tolist() == [1500, 1100, 500]
    assert until(1750, np.array([800, 800, 800]), least=550).tolist() == [800, 950]


def test_amounts_that_do_not_reach_the_total_are_refused() -> None:
    with pytest.raises(ValueError, match="do not reach"):
        until(100, np.array([40, 50]), least=1)


@given(st.integers(1, 500), st.integers(0, 100))
def test_two_rates_make_any_total_between_them(count: int, percent: int) -> None:
    total = count * 300 + count * 100 * percent // 100
    amounts = two_rates(total, count, 300, 400)
    assert (len(amounts), amounts.sum()) == (count, total)


def test_three_tiers_make_the_published_transport_subsidy() -> None:
    most = middle_tier(2_049_520_000, 53_437)
    far, near, home = three_tiers(2_049_520_000, 53_437, most)
    assert far + near + home == 53_437
    assert 400 * far + 200 * near + 100 * home == 20_495_200
    assert min(near, home) > 1000


def test_tiers_that_cannot_make_the_total_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot make"):
        three_tiers(4_000_000, 10, 0)
