from datetime import date

import pytest

from taizhang.demo import SEED
from taizhang.demo.county import imagine
from taizhang.demo.figures import FEWEST_PEOPLE, figures_for
from taizhang.demo.ledger import Ledger

ON = date(2020, 12, 31)


@pytest.fixture(scope="session")
def county() -> dict[str, Ledger]:
    """The whole county in memory, by ledger; `closing` is last year's employment ledger."""
    names = ("employment", "training", "subsidy", "closing")
    return dict(zip(names, imagine(figures_for(47_548), ON, SEED), strict=True))


@pytest.fixture(scope="session")
def small_county() -> dict[str, Ledger]:
    names = ("employment", "training", "subsidy", "closing")
    return dict(zip(names, imagine(figures_for(FEWEST_PEOPLE), ON, SEED), strict=True))
