"""The county's people, work, training and payments are believable, and belong to nobody real."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from stdnum.cn import ric

from taizhang.demo.county import imagine
from taizhang.demo.figures import figures_for, sites
from taizhang.demo.identity import id_numbers
from taizhang.demo.ledger import Ledger
from taizhang.demo.sheet import lay_out
from taizhang.demo.style import style_of

WORKS = pl.col("work_region").is_not_null()


@pytest.fixture(scope="module")
def employment(county: dict[str, Ledger]) -> pl.DataFrame:
    return county["employment"].levels["county"]


@pytest.fixture(scope="module")
def paid(county: dict[str, Ledger]) -> pl.DataFrame:
    return county["subsidy"].levels["county"].filter(status="paid")


def test_identity_numbers_end_on_their_check_digit(employment: pl.DataFrame) -> None:
    assert all(number[17] == ric.calc_check_digit(number) for number in employment["id_no"].head(2000))


def test_identity_numbers_are_unique_and_of_no_region(employment: pl.DataFrame) -> None:
    assert employment["id_no"].n_unique() == employment.height
    assert employment["id_no"].str.head(6).unique().to_list() == ["990525"]


def test_identity_numbers_state_the_gender(employment: pl.DataFrame) -> None:
    odd = pl.col("id_no").str.slice(16, 1).cast(pl.Int64) % 2 == 1
    assert employment.filter(odd != (pl.col("gender") == "male")).is_empty()


def test_more_people_than_a_day_has_numbers_for_are_refused() -> None:
    born = np.full(501, np.datetime64("1980-01-01"))
    with pytest.raises(ValueError, match="born on one day"):
        id_numbers(born, np.ones(501, dtype=bool))


def test_labourers_are_sixteen_to_sixty_five(employment: pl.DataFrame) -> None:
    born = employment["id_no"].str.slice(6, 8).str.to_date("%Y%m%d")
    assert date(1954, 12, 31) < born.min() < born.max() <= date(2004, 12, 31)  # type: ignore[operator]


def test_phones_look_like_mobiles_and_are_shared_by_nobody(employment: pl.DataFrame) -> None:
    assert employment["phone"].str.contains(r"^141\d{8}$").all()
    assert employment["phone"].n_unique() == employment.height


def test_every_household_has_one_head_and_at_most_six_members(employment: pl.DataFrame) -> None:
    households = employment.group_by("household_no").agg(
        heads=(pl.col("relation_to_head") == "head").sum(), members=pl.len(), villages=pl.n_unique("village_code")
    )
    assert households["heads"].unique().to_list() == [1]
    assert households["villages"].unique().to_list() == [1]
    assert set(households["members"].unique()) == {1, 2, 3, 4, 5, 6}


def test_every_village_has_people(employment: pl.DataFrame) -> None:
    assert employment["village_code"].n_unique() == 364


@pytest.mark.parametrize(
    "contradiction",
    [
        pytest.param(WORKS & pl.col("skill").is_in(["lost", "none"]), id="works without being able to"),
        pytest.param(pl.col("months_worked").is_not_null() != WORKS, id="place of work without months"),
        pytest.param(WORKS & pl.any_horizontal(pl.col("employer", "job", "channel").is_null()), id="no employer"),
        pytest.param(WORKS & pl.col("work_county").is_null(), id="place of work without county"),
        pytest.param(~WORKS & pl.col("employer").is_not_null(), id="employer without work"),
        pytest.param(
            pl.col("channel").is_in(["public_post", "workshop"]) & (pl.col("work_region") != "in_county"),
            id="public post or workshop away from home",
        ),
        pytest.param(
            (pl.col("work_region") == "out_of_province") == (pl.col("work_province") == "湖南省"),
            id="region contradicts province",
        ),
        pytest.param(
            (pl.col("work_status") == "not_working")
            & (pl.col("education").is_in(["college", "university"]) | (pl.col("skill") == "skilled"))
            & ~pl.col("skill").is_in(["lost", "none"]),
            id="schooled or skilled but idle",
        ),
        pytest.param(pl.col("returned") != pl.col("returned_on").is_not_null(), id="returned without a day"),
        pytest.param(pl.col("returned_on") > pl.col("started_on"), id="at work again before returning"),
        pytest.param(pl.col("started_on") > date(2020, 12, 31), id="starts in the future"),
        pytest.param(
            (pl.col("health") == "healthy") & pl.col("skill").is_in(["weak", "lost", "none"]) & (pl.col("age") < 60),
            id="young and healthy but weak",
        ),
    ],
)  # fmt: skip
def test_no_row_contradicts_itself(contradiction: pl.Expr, employment: pl.DataFrame) -> None:
    birthday = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d")
    aged = employment.with_columns(age=(date(2020, 12, 31) - birthday).dt.total_days() // 365.25)
    assert aged.filter(contradiction).is_empty()


def test_partner_cities_and_train_destinations_are_places_of_work(employment: pl.DataFrame) -> None:
    places = employment.select(pl.concat_str("work_city", "work_county")).to_series().drop_nulls().unique()
    for site in (*sites("labour_agreement"), *sites("chartered_train_destination")):
        assert places.str.contains(site.name, literal=True).any(), site.name


def test_trains_left_on_the_twentieth_of_march_for_their_destinations(employment: pl.DataFrame) -> None:
    passengers = employment.filter(pl.col("train_no").is_not_null())
    assert passengers["started_on"].unique().to_list() == [date(2020, 3, 20)]
    assert set(passengers["work_city"]) == {"广州市", "东莞市", "深圳市"}
    assert passengers["point_to_point"].all()


def test_workshops_employ_the_people_of_their_villages(employment: pl.DataFrame) -> None:
    for workshop in sites("workshop"):
        hands = employment.filter(employer=workshop.name)
        assert hands.height >= 20
        assert hands["village_code"].unique().to_list() == [workshop.division_code]


def test_who_came_back_this_year_was_away_at_the_end_of_the_last(county: dict[str, Ledger]) -> None:
    now, before = (county[name].levels["county"] for name in ("employment", "closing"))
    back = now.filter("returned").join(before, on="id_no", suffix="_before")
    assert back.height == 470
    assert back["work_status_before"].unique().to_list() == ["working_away"]


def test_returnees_were_helped_one_to_one_unless_they_started_a_business(employment: pl.DataFrame) -> None:
    assert employment.filter(pl.col("helped_one_to_one").is_not_null() != pl.col("returned")).is_empty()
    unaided = employment.filter(~pl.col("helped_one_to_one"))
    assert unaided["placed_as"].unique().to_list() == ["self_employed"]


def test_training_is_held_at_the_named_venues(county: dict[str, Ledger]) -> None:
    venues = {site.name for site in (*sites("training_venue"), *sites("online_class"))}
    assert set(county["training"].levels["county"]["venue"]) == venues


def test_everybody_trained_or_paid_is_a_registered_labourer(county: dict[str, Ledger]) -> None:
    registered = county["employment"].levels["county"]["id_no"].implode()
    for name in ("training", "subsidy"):
        assert county[name].levels["county"]["id_no"].is_in(registered).all()


def test_transport_is_paid_once_a_person_and_year_by_distance(paid: pl.DataFrame) -> None:
    transport = paid.filter(subsidy_type="transport")
    assert transport.select(pl.struct("id_no", pl.col("period_from").dt.year()).n_unique()).item() == 53_437
    assert set(transport["amount"]) == {400_00, 200_00, 100_00}


def test_every_payment_sent_back_was_paid_again_later(county: dict[str, Ledger]) -> None:
    rows = county["subsidy"].levels["county"]
    returned = rows.filter(status="returned")
    again = returned.join(rows, left_on="payment_no", right_on="reissue_of", suffix="_again")
    assert again.height == returned.height > 0
    assert again.filter(
        (pl.col("status_again") != "paid")
        | (pl.col("paid_on_again") <= pl.col("paid_on"))
        | (pl.col("amount_again") != pl.col("amount"))
        | pl.col("fail_reason").is_null()
    ).is_empty()


def test_organisations_are_paid_without_an_identity_number(paid: pl.DataFrame) -> None:
    organisation = pl.col("payee_relation").is_in(["employer", "provider"])
    assert paid.filter(organisation != pl.col("payee_id_no").is_null()).is_empty()
    workshops = paid.filter(subsidy_type="workshop_and_work_for_training")
    assert workshops["payee_relation"].unique().to_list() == ["employer"]


def test_nothing_is_paid_after_the_day_of_the_ledger(paid: pl.DataFrame) -> None:
    assert paid["paid_on"].max() <= date(2020, 12, 31)  # type: ignore[operator]


@pytest.mark.parametrize("on", [date(2021, 1, 15), date(2021, 5, 31), date(2024, 2, 29)])
@pytest.mark.parametrize("seed", [1, 2])
def test_figures_are_met_on_other_days_and_for_other_seeds(on: date, seed: int) -> None:
    figures = figures_for(400)
    current, training, subsidy, closing = (ledger.levels["county"] for ledger in imagine(figures, on, seed))
    away = current.filter(work_status="working_away")
    assert away.height == figures.working
    assert away.filter(pl.col("months_worked") >= 6).height == figures.stable
    assert closing.filter(work_status="working_away").height == figures.working_before
    assert (current["returned"].sum(), training.height) == (figures.returned, figures.trainees)
    paid = subsidy.filter(status="paid").group_by("subsidy_type").agg(pl.col("amount").sum())
    assert dict(paid.iter_rows()) == dict(figures.paid)


@pytest.mark.parametrize(("name", "unit"), [("employment", "单位：元"), ("subsidy", "单位：万元")])
def test_a_title_states_the_unit_of_the_ledger_s_amounts(name: str, unit: str, small_county: dict[str, Ledger]) -> None:
    rng = np.random.default_rng(1)
    style = replace(style_of("county", rng), money="ten_thousands", titled=True, unit_line=True)
    ledger = small_county[name]
    titles = lay_out(ledger, "county", ledger.levels["county"].head(1), style, ledger.period, rng).titles
    assert titles[1].startswith(f"{unit}　")
