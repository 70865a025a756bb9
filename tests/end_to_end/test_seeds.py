"""Of every kind all that is planted is found and nothing else, whatever the county: `make truth`."""

import os

import pytest

from tests.end_to_end.county import Settle
from tests.end_to_end.findings import Tally, found_breaks, found_suspicions, planted_breaks, planted_suspicions

pytestmark = pytest.mark.truth
PEOPLE, SEEDS = os.environ.get("TRUTH_PEOPLE", "1500"), int(os.environ.get("TRUTH_SEEDS", "3"))


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_of_every_kind_all_that_is_planted_is_found_and_nothing_else(seed: int, settle: Settle, tally: Tally) -> None:
    county = settle(int(PEOPLE), "--seed", str(seed))
    county.taizhang("night")
    of_breaks = found_breaks(county), planted_breaks(county)
    of_suspicions = found_suspicions(county), planted_suspicions(county)
    tally.count("break", *of_breaks, kind=2)
    tally.count("suspicion", *of_suspicions, kind=0)
    for found, planted in (of_breaks, of_suspicions):
        assert (planted - found, found - planted) == (set(), set())
