"""What the demo county must add up to: the published figures scaled to its size, and the named places."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from taizhang.settings import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds"
FEWEST_PEOPLE = 300
"""Below this a county is too small to hold every kind of person, payment and break."""

_FEN = 100
_ONLINE_BEYOND_FORTY = 3  # the county says "40-odd"
_FEWEST_RETURNED, _FEWEST_ONLINE, _FEWEST_TRAINEES, _FEWEST_PASSENGERS = 6, 8, 64, 4


@dataclass(frozen=True)
class Site:
    kind: str
    name: str
    division_code: str


@dataclass(frozen=True)
class Figures:
    """Head counts; by subsidy type the sum paid in fen and, where published, the number of payments."""

    people: int
    working: int
    working_before: int
    stable: int
    returned: int
    trainees: int
    online_trainees: int
    passengers: int
    trains: int
    paid: Mapping[str, int]
    payments: Mapping[str, int]


@cache
def sites(kind: str) -> tuple[Site, ...]:
    """The places of one kind that the county's report names, such as `training_venue` or `workshop`."""
    with (SEEDS / "site.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return tuple(Site(row["kind"], row["name"], row["division_code"]) for row in rows)


@cache
def published() -> dict[str, float]:
    with (SEEDS / "published_figure.csv").open(encoding="utf-8", newline="") as file:
        return {row["figure_id"]: float(row["value"]) for row in csv.DictReader(file)}


def figures_for(people: int) -> Figures:
    """The published figures in proportion to `people`, each group large enough to show what it is for.

    Raises `ValueError` for a county of fewer than `FEWEST_PEOPLE`.
    """
    if people < FEWEST_PEOPLE:
        raise ValueError(f"the demo county needs at least {FEWEST_PEOPLE} people, not {people}")
    share = people / published()["registered_labourers"]

    def scaled(figure: str, fewest: int = 1) -> int:
        return max(fewest, round(published()[figure] * share))

    not_a_type = ("total_headline", "total_paid")
    types = {name.removeprefix("subsidy_") for name in published() if name.startswith("subsidy_")}
    types -= set(not_a_type)
    return Figures(
        people=people,
        working=scaled("working_away"),
        working_before=scaled("working_away_previous_year"),
        stable=scaled("stable_six_months"),
        returned=scaled("returnees", _FEWEST_RETURNED),
        trainees=scaled("trainees", _FEWEST_TRAINEES),
        online_trainees=max(
            _FEWEST_ONLINE, round((published()["online_class_trainees"] + _ONLINE_BEYOND_FORTY) * share)
        ),
        passengers=scaled("custom_train_passengers", _FEWEST_PASSENGERS),
        trains=int(published()["custom_trains"]),
        paid={kind: round(published()[f"subsidy_{kind}"] * share / 100) * 100 * _FEN for kind in sorted(types)},
        payments={kind: scaled(f"payees_{kind}") for kind in sorted(types) if f"payees_{kind}" in published()},
    )
