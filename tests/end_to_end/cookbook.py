"""The analysts' cookbook: the questions of `docs/analysts.md`, and what is true of the demo county.

The answers come from the county as it was imagined, before clerks copied it into files with their slips.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import chinese_calendar
import numpy as np
import polars as pl
import psycopg

from taizhang.demo.county import DATE, SEED, imagine
from taizhang.demo.figures import figures_for, published
from taizhang.demo.suspicion import plant
from taizhang.division import children, county, divisions
from taizhang.settings import PROJECT

Rows = list[tuple[Any, ...]]
_HEADING = r"^### ([^\n?]+\?) ([^\n]+？)\n\n```sql\n(.*?)```"
_AWAY = pl.col("work_status") == "working_away"
_AGE = pl.lit(DATE.year) - pl.col("id_no").str.slice(6, 4).cast(pl.Int64)
_BANDS = ["under 16", "16-24", "25-34", "35-44", "45-54", "55-64", "65 and over"]


def cookbook() -> dict[str, str]:
    """Every query of the page by its question in English."""
    page = (PROJECT / "docs" / "analysts.md").read_text(encoding="utf-8")
    return {english: query for english, _, query in re.findall(_HEADING, page, re.MULTILINE | re.DOTALL)}


def rows_of(rows: Iterable[Iterable[Any]]) -> Rows:
    """Rows in an order and in types that do not depend on where they come from."""
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool) else round(float(value), 2)


def _names(frame: pl.DataFrame, column: str = "township_code") -> pl.DataFrame:
    """The division's name in the place of its code."""
    names = {code: division.name for code, division in divisions().items()}
    return frame.with_columns(pl.col(column).replace_strict(names))


@dataclass(frozen=True)
class Truth:
    """A demo county of so many people: its ledgers as they are true, amounts in fen, and `told`, its truth.json."""

    people: int
    told: dict[str, Any]

    @cached_property
    def _ledgers(self) -> list[pl.DataFrame]:
        imagined = imagine(figures_for(self.people), DATE, SEED)
        ledgers, _ = plant(imagined, DATE, np.random.default_rng([SEED, 5]))
        return [ledger.levels["county"] for ledger in ledgers]

    @property
    def register(self) -> pl.DataFrame:
        return self._ledgers[0]

    @property
    def away(self) -> pl.DataFrame:
        return self.register.filter(_AWAY)

    @property
    def training(self) -> pl.DataFrame:
        return self._ledgers[1]

    @property
    def payments(self) -> pl.DataFrame:
        return self._ledgers[2]

    @property
    def paid(self) -> pl.DataFrame:
        """What was paid; of a payment and its reissue, the reissue."""
        paid_again = self.payments.filter(status="paid")["reissue_of"].drop_nulls().to_list()
        return self.payments.filter(~pl.col("payment_no").is_in(paid_again), status="paid")

    @property
    def closing(self) -> pl.DataFrame:
        return self._ledgers[3]

    @cached_property
    def type_names(self) -> dict[str, str]:
        seed = pl.read_csv(PROJECT / "dbt_project" / "seeds" / "subsidy_type.csv")
        return dict(seed.select("subsidy_type", "name").iter_rows())

    def answers(self) -> dict[str, Rows]:
        return {question: rows_of(answer(self)) for question, answer in _ANSWERS.items()}


def ask(home: Path, role: str, queries: Mapping[str, str]) -> dict[str, Rows]:
    """What the warehouse of an installation answers to a role."""
    with psycopg.connect(host=str(home / "postgres"), user="postgres", dbname="taizhang") as connection:
        connection.execute(f"set role {role}".encode())
        return {question: rows_of(connection.execute(query.encode()).fetchall()) for question, query in queries.items()}


def _count(frame: pl.DataFrame, *by: str) -> Rows:
    return frame.group_by(by).len().rows()


def _by_age_and_gender(truth: Truth) -> Rows:
    band = _AGE.cut([15, 24, 34, 44, 54, 64], labels=_BANDS).cast(pl.String)
    return _count(truth.away.with_columns(band=band), "band", "gender")


def _willing(truth: Truth) -> Rows:
    able = pl.col("skill").fill_null("ordinary").is_in(["lost", "none"]).not_()
    wants = pl.col("intention").fill_null("none") != "none"
    willing = truth.register.filter(able, wants, work_status="not_working", person_status="working_age")
    return _count(_names(willing), "township_code")


def _gone_since(truth: Truth) -> Rows:
    at_home = truth.closing.filter(~_AWAY)
    return [(truth.away.join(at_home, on="id_no", how="semi").height,)]


def _sent_back(truth: Truth) -> Rows:
    again = pl.col("payment_no").is_in(truth.payments["reissue_of"].drop_nulls().to_list())
    return truth.payments.filter(status="returned").group_by("fail_reason").agg(pl.len(), again.sum()).rows()


def _on_a_day_off(truth: Truth) -> Rows:
    days: list[date] = truth.paid["paid_on"].to_list()
    return [(sum(chinese_calendar.is_holiday(day) for day in days),)]


def _suspected_subsidies(truth: Truth) -> Rows:
    numbers = [told["payment_no"] for told in truth.told["suspicions"] if told["rule"] != "due_unpaid"]
    payments = pl.DataFrame({"payment_no": numbers}).join(truth.payments, on="payment_no")
    return _count(payments.with_columns(pl.col("subsidy_type").replace_strict(truth.type_names)), "subsidy_type")


def _due(truth: Truth) -> Rows:
    """The journey to another province after three months, of those under sixty whom nobody carried there."""
    is_under_sixty = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d").dt.offset_by("60y") >= DATE
    far = truth.away.filter(pl.col("months_worked") >= 3, is_under_sixty, work_region="out_of_province")
    due = far.filter(~pl.col("point_to_point").fill_null(False)).height
    paid = due - sum(told["rule"] == "due_unpaid" for told in truth.told["suspicions"])
    return [(truth.type_names["transport"], due, paid, 100 * paid / due)]


def _none_closed(truth: Truth) -> Rows:
    return [(ledger, 0, 0) for (ledger, _) in _told(truth, "breaks", "ledger")]


def _told(truth: Truth, what: str, by: str) -> Rows:
    return _count(pl.DataFrame({by: [told[by] for told in truth.told[what]]}), by)


def _each_subsidy(truth: Truth) -> Rows:
    figures = figures_for(truth.people)
    payments = dict(_count(truth.paid, "subsidy_type"))
    return [(truth.type_names[kind], payments[kind], fen / 100) for kind, fen in figures.paid.items()]


def _stands_in_a_report(truth: Truth) -> Rows:
    figures = figures_for(truth.people)
    return [(figures.people, figures.working, figures.stable)]


def _published(truth: Truth) -> Rows:
    """Each published figure of the whole county beside that of one of this size."""
    figures, told = figures_for(truth.people), published()
    paid = {f"subsidy_{kind}": fen / 100 for kind, fen in figures.paid.items()}
    counts = {
        "townships": len(children(county().code)),
        "registered_labourers": figures.people,
        "working_away": figures.working,
        "working_away_previous_year": figures.working_before,
        "working_away_increase": figures.working - figures.working_before,
        "stable_six_months": figures.stable,
        "stable_share": 100 * figures.stable / figures.working,
        "returnees": figures.returned,
        "trainees": figures.trainees,
        "online_class_trainees": figures.online_trainees,
        "custom_train_passengers": figures.passengers,
        "custom_trains": figures.trains,
        "subsidy_total_headline": sum(paid.values()),
        "subsidy_total_paid": sum(paid.values()),
        **paid,
        **{f"payees_{kind}": payments for kind, payments in figures.payments.items()},
    }
    computed = {name: round(value, 1 if name == "stable_share" else 2) for name, value in counts.items()}
    return [(name, told[name], value, value - told[name]) for name, value in computed.items()]


def _increase(truth: Truth) -> Rows:
    figures = figures_for(truth.people)
    return [(figures.working, figures.working_before, figures.working - figures.working_before)]


_STABLE = (_AWAY & (pl.col("months_worked") >= 6)).sum()
_PEOPLE = pl.col("id_no").n_unique()
_YUAN = pl.col("amount").sum() / 100

_ANSWERS: dict[str, Callable[[Truth], Rows]] = {
    "How many are registered, work away, are in stable work?": _stands_in_a_report,
    "How many of each township work away, and how many in stable work?": lambda truth: (
        _names(truth.register).group_by("township_code").agg(_AWAY.sum(), _STABLE.alias("stable")).rows()
    ),
    "How many more work away than at the end of last year?": _increase,
    "How many work in the county, the province, other provinces?": lambda truth: _count(truth.away, "work_region"),
    "To which provinces do they go?": lambda truth: _count(truth.away, "work_province"),
    "Through which channel did they find the work?": lambda truth: _count(truth.away, "channel"),
    "How old are the men and women who work away?": _by_age_and_gender,
    "Of what kind of household are those who work away?": lambda truth: (
        truth.register.group_by("household_type").agg(pl.len(), _AWAY.sum()).rows()
    ),
    "Who is out of work and willing to take a post?": _willing,
    "What do they earn in a month, in the middle?": lambda truth: (
        truth.away.group_by("work_region").agg(pl.col("monthly_income").median() / 100).rows()
    ),
    "Why did people return?": lambda truth: _count(truth.register.filter("returned"), "return_reason"),
    "What have the returned been placed in?": lambda truth: _count(truth.register.filter("returned"), "placed_as"),
    "Who works away now and did not at the end of last year?": _gone_since,
    "Which employers have ten of ours or more?": lambda truth: (
        truth.away.drop_nulls("employer").group_by("employer").len().filter(pl.col("len") >= 10).rows()
    ),
    "Who holds a public-welfare post?": lambda truth: _count(
        _names(truth.register.filter(channel="public_post")), "township_code"
    ),
    "How many hold a public-welfare post of each kind?": lambda truth: _count(
        truth.away.filter(channel="public_post"), "job"
    ),
    "How many workshops have taken in how many people?": lambda truth: (
        truth.away.filter(channel="workshop").select(pl.col("employer").n_unique(), workers=pl.len()).rows()
    ),
    "How many were carried by the chartered trains?": lambda truth: _count(
        truth.register.filter("point_to_point").drop_nulls("train_no"), "train_no"
    ),
    "How many were trained, in what?": lambda truth: (
        truth.training.group_by("training_type").agg(pl.len(), _PEOPLE).rows()
    ),
    "Who was trained online, and where?": lambda truth: _count(truth.training.filter(mode="online"), "venue"),
    "How many of those trained have a certificate?": lambda truth: (
        truth.training.group_by("training_type").agg(100 * pl.col("certified").mean()).rows()
    ),
    "What did each subsidy pay, to the fen?": _each_subsidy,
    "How many people of each township were paid, and how much?": lambda truth: (
        _names(truth.paid).group_by("township_code").agg(_PEOPLE, _YUAN).rows()
    ),
    "To how many is a subsidy due, and to how many of them was it paid?": _due,
    "Why did the bank send payments back, and were they paid again?": _sent_back,
    "What was paid on a day off?": _on_a_day_off,
    "What should an audit ask about?": lambda truth: _told(truth, "suspicions", "rule"),
    "In which subsidies do the suspicions lie?": _suspected_subsidies,
    "Do the ledgers add up to the published figures?": _published,
    "On how much do the three levels differ?": lambda truth: _told(truth, "breaks", "ledger"),
    "How many of the differences have been put right?": _none_closed,
}

ANOTHER_ROUTE = {
    "What did the training lead to within six months?": (
        "select trainings_six_months_over, in_work_within_six_months from marts.monthly_report"
        " where division_level = 'county' and month = '2020-12-01'"
    ),
    "Who has handed in for the last period?": (
        "select ledger, level, count(distinct division_code) from raw.extract where status = 'loaded'"
        " and period in ('2020-01-01', '2020-12-01') group by ledger, level"
    ),
    "How many of the rows that county and townships handed in for the last period were accepted?": (
        "select ledger, sum(rows_read), sum(rows_rejected),"
        " round(100.0 * sum(rows_accepted) / sum(rows_read), 2) from raw.extract where status = 'loaded'"
        " and level <> 'village' and period in ('2020-01-01', '2020-12-01') group by ledger"
    ),
}
"""Queries of the warehouse's owner, for what is true only of the files or has been counted by another model."""
