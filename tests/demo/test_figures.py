"""The demo county adds up to what the county published, figure by figure."""

import csv

import polars as pl
import pytest

from taizhang.demo.figures import SEEDS, figures_for
from taizhang.demo.ledger import Ledger

with (SEEDS / "published_figure.csv").open(encoding="utf-8", newline="") as file:
    PUBLISHED = {row["figure_id"]: float(row["value"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def computed(county: dict[str, Ledger]) -> dict[str, float]:
    current, training, subsidy, closing = (ledger.levels["county"] for ledger in county.values())
    away = current.filter(work_status="working_away")
    away_before = closing.filter(work_status="working_away").height
    stable = away.filter(pl.col("months_worked") >= 6).height
    paid = subsidy.filter(status="paid")
    by_type = paid.group_by("subsidy_type").agg(pl.col("amount").sum() / 100, pl.len().alias("payments"))
    total = by_type["amount"].sum()
    return {
        "townships": current["township_code"].n_unique(),
        "registered_labourers": current["id_no"].n_unique(),
        "working_away": away.height,
        "working_away_previous_year": away_before,
        "working_away_increase": away.height - away_before,
        "stable_six_months": stable,
        "stable_share": round(100 * stable / away.height, 1),
        "returnees": current.filter("returned", pl.col("placed_as").is_not_null()).height,
        "trainees": training["id_no"].n_unique(),
        "custom_train_passengers": current["train_no"].count(),
        "custom_trains": current["train_no"].drop_nulls().n_unique(),
        "subsidy_total_paid": total,
        "subsidy_total_headline": total - 38_000,  # the one known difference between two published totals
        **{f"subsidy_{row['subsidy_type']}": row["amount"] for row in by_type.iter_rows(named=True)},
        **{f"payees_{row['subsidy_type']}": row["payments"] for row in by_type.iter_rows(named=True)},
    }


@pytest.mark.parametrize("figure", [figure for figure in PUBLISHED if figure != "online_class_trainees"])
def test_every_published_figure_is_met_exactly(figure: str, computed: dict[str, float]) -> None:
    assert computed[figure] == PUBLISHED[figure]


def test_the_online_class_has_forty_odd_trainees(county: dict[str, Ledger]) -> None:
    online = county["training"].levels["county"].filter(mode="online")
    assert 40 <= online.height < 50
    assert online["class_no"].n_unique() == 1
    assert online["village_code"].unique().to_list() == ["430525106001"]


def test_a_smaller_county_keeps_the_proportions() -> None:
    figures = figures_for(4755)
    assert (figures.working, figures.working_before, figures.stable) == (4312, 3754, 4042)
    assert figures.paid["transport"] == 204_960_000


def test_a_county_too_small_to_show_every_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 300 people"):
        figures_for(299)
