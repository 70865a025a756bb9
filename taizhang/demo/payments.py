"""The payments of the eleven subsidies that sum to the published figures, before anybody's name is on them.

A payment is a `person`, an `amount` in fen, the months `first` to `last` that it is for, the month `paid`,
and the `payee`: the person's `household`, the `employer` or the `provider` of the training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from taizhang.demo.figures import Figures
from taizhang.demo.fitting import Amounts, three_tiers, two_rates, until
from taizhang.demo.identity import Indices
from taizhang.demo.journey import RETIRED, is_due, of_paid_age
from taizhang.demo.people import YOUNGEST
from taizhang.demo.work import POST_PAY

Months = npt.NDArray[np.datetime64]
_YUAN = 100
_IN_COUNTY = pl.col("work_region") == "in_county"
_BUSINESS = pl.col("work_status") == "self_employed"
_OF_WORKING_AGE = pl.col("age") < RETIRED
_HIRED = _IN_COUNTY & ~_BUSINESS & (pl.col("channel") != "public_post") & (pl.col("months_worked") >= 6)
_AT_WORK = pl.col("work_region").is_not_null()
_NEARER = ("in_province", "in_county")  # 200 and 100 yuan; 400 for another province
_SKILLS_RATES, _SKILLS_LEAST = np.array([800, 1000, 1200, 1600, 2000, 2600, 3200]), 550
_SKILLS_THIS_YEAR = 0.45
"""At most this share of what skills training was paid goes to the classes of this year."""
_LOANS = (50_000, 80_000, 100_000, 120_000, 150_000)


@dataclass(frozen=True)
class Grounds:
    """What entitles people to payments: this year's ledgers, last year's closing one, the sums to be met."""

    current: pl.DataFrame
    closing: pl.DataFrame
    training: pl.DataFrame
    figures: Figures
    on: date

    @property
    def now(self) -> np.datetime64:
        return np.datetime64(self.on, "M")

    @property
    def january(self) -> np.datetime64:
        return np.datetime64(self.on.replace(month=1), "M")


def draw_payments(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """Every payment that the bank took, a row each, with its `subsidy_type`."""
    by_type = {
        "workshop_and_work_for_training": _monthly(grounds, "workshop_and_work_for_training", 500, "employer", rng),
        "skills_training": _skills(grounds, rng),
        "social_insurance": _insurance(grounds, rng),
        "transport": _transport(grounds, rng),
        "post": _monthly(grounds, "post", 200, "household", rng),
        "employment_service": _counted(grounds, "employment_service", _AT_WORK, 300, 400, rng),
        "self_employment": _counted(grounds, "self_employment", _BUSINESS, 5000, 10_000, rng),
        "job_seeking": _chosen(grounds, "job_seeking", _AT_WORK, [300], rng),
        "base": _chosen(grounds, "base", _HIRED, [1000], rng).with_columns(payee=pl.lit("employer")),
        "public_post": _public_posts(grounds, rng),
        "startup_loan": _chosen(grounds, "startup_loan", _BUSINESS & _OF_WORKING_AGE, _LOANS, rng),
    }
    return pl.concat(frame.with_columns(subsidy_type=pl.lit(kind)) for kind, frame in by_type.items())


def _payments(
    person: Indices, amount: Amounts, first: Months, last: Months, paid: Months, payee: str = "household"
) -> pl.DataFrame:
    days = {name: months.astype("datetime64[D]") for name, months in (("first", first), ("last", last), ("paid", paid))}
    return pl.DataFrame({"person": person, "amount": amount, **days}).with_columns(payee=pl.lit(payee))


def _shuffled(ledger: pl.DataFrame, among: pl.Expr, rng: np.random.Generator) -> pl.DataFrame:
    chosen = ledger.filter(among, pl.col("age") > YOUNGEST).select(
        "person", started=pl.col("started_on").dt.truncate("1mo")
    )
    return chosen[rng.permutation(chosen.height)]


def _months(rows: pl.DataFrame, name: str) -> Months:
    return np.asarray(rows[name].to_numpy().astype("datetime64[M]"))


def _monthly(grounds: Grounds, kind: str, rate: int, payee: str, rng: np.random.Generator) -> pl.DataFrame:
    """So much a month for the last three to six months in a job near home."""
    people = _shuffled(grounds.current, _HIRED, rng)["person"].to_numpy()
    months = rng.integers(3, 7, len(people))
    amounts = until(grounds.figures.paid[kind], rate * _YUAN * months, rate * _YUAN)
    count = len(amounts)
    now = np.full(count, grounds.now)
    return _payments(people[:count], amounts, now - (months[:count] - 1), now, now, payee)


def _insurance(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """Two thirds of what people in flexible work paid themselves over six months, to the fen."""
    people = _shuffled(grounds.current, _HIRED & _OF_WORKING_AGE, rng)["person"].to_numpy()
    amounts = until(grounds.figures.paid["social_insurance"], rng.integers(150_000, 360_000, len(people)), 50_000)
    now = np.full(len(amounts), grounds.now)
    return _payments(people[: len(amounts)], amounts, now - 5, now, now)


def _counted(
    grounds: Grounds, kind: str, among: pl.Expr, low: int, high: int, rng: np.random.Generator
) -> pl.DataFrame:
    """A published number of payments at a lower or a higher rate, one a person."""
    people = _shuffled(grounds.current, among, rng)
    count = grounds.figures.payments[kind]
    return _once(grounds, people, two_rates(grounds.figures.paid[kind], count, low * _YUAN, high * _YUAN), rng)


def _chosen(
    grounds: Grounds, kind: str, among: pl.Expr, rates: Sequence[int], rng: np.random.Generator
) -> pl.DataFrame:
    """Payments at any of the rates up to the published sum, one a person."""
    people = _shuffled(grounds.current, among, rng)
    amounts = rng.choice(rates, people.height) * _YUAN
    return _once(grounds, people, until(grounds.figures.paid[kind], amounts, min(rates) * _YUAN // 5), rng)


def _once(grounds: Grounds, people: pl.DataFrame, amounts: Amounts, rng: np.random.Generator) -> pl.DataFrame:
    """Payments made one or two months after a month of this year in which the work had begun."""
    people = people[: len(amounts)]
    drawn = grounds.january + rng.integers(0, grounds.on.month, people.height)
    month = np.maximum(drawn, np.minimum(_months(people, "started"), grounds.now))
    paid = np.minimum(month + rng.integers(1, 3, len(month)), grounds.now)
    return _payments(people["person"].to_numpy(), amounts, month, month, paid)


def _transport(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """One payment a person and year, for this year and the last, by how far from home the work is.

    All are paid to whom the journey to another province is due.
    """
    last_year = grounds.on.replace(year=grounds.on.year - 1, month=12, day=31)
    years = [_travelled(grounds.current, grounds.on), _travelled(grounds.closing, last_year)]
    both = pl.concat(rows.with_columns(this_year=pl.lit(rows is years[0])) for rows in years)
    both = both[rng.permutation(both.height)]
    due = both.filter("due")
    counts = three_tiers(grounds.figures.paid["transport"], grounds.figures.payments["transport"], due.height)
    nearer = (both.filter(work_region=tier)[:count] for tier, count in zip(_NEARER, counts[1:], strict=True))
    people = pl.concat([due, *nearer])
    amounts = np.repeat(np.array([400, 200, 100]) * _YUAN, counts)
    this_year = people["this_year"].to_numpy()
    january = np.where(this_year, grounds.january, grounds.january - 12)
    paid = grounds.january + rng.integers(0, grounds.on.month, len(january))
    paid = np.where(this_year, np.maximum(paid, np.minimum(_months(people, "started") + 1, grounds.now)), paid)
    last = np.where(this_year, paid, january + 11)
    return _payments(people["person"].to_numpy(), amounts, january, last, paid)


def _travelled(ledger: pl.DataFrame, on: date) -> pl.DataFrame:
    """Who may be paid for the journey to where they worked on a day, and whether it is due to them."""
    away = ledger.filter(of_paid_age(on), work_status="working_away", point_to_point=False)
    started = pl.col("started_on").dt.truncate("1mo")
    return away.select("person", "work_region", due=is_due(on), started=started)


def _skills(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    this_year = _classes(grounds, rng)
    rest = grounds.figures.paid["skills_training"] - int(this_year["amount"].sum())
    return pl.concat([this_year, _earlier_classes(grounds, rest, rng)])


def _classes(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """One payment a trainee of this year, alike within a class; of every fourth class to its provider."""
    rows = grounds.training.with_columns(
        number=pl.col("class_no").rank("dense").cast(pl.Int64) - 1,
        first=pl.col("started_on").dt.truncate("1mo"),
        last=pl.col("ended_on").dt.truncate("1mo"),
    )
    number = rows["number"].to_numpy()
    most = int(_SKILLS_THIS_YEAR * grounds.figures.paid["skills_training"] / _YUAN / len(number) / 10) * 10
    amount = np.minimum(rng.choice(_SKILLS_RATES, int(number.max()) + 1)[number], most) * _YUAN
    first, last = _months(rows, "first"), _months(rows, "last")
    paid = np.minimum(last + 1 + number % 2, grounds.now)
    payee = pl.when(pl.Series(number % 4 == 3)).then(pl.lit("provider")).otherwise(pl.lit("household"))
    return _payments(rows["person"].to_numpy(), amount, first, last, paid).with_columns(payee=payee)


def _earlier_classes(grounds: Grounds, total: int, rng: np.random.Generator) -> pl.DataFrame:
    """Payments for the classes of the two years before, one a person."""
    people = _shuffled(grounds.current, pl.col("age").is_between(20, RETIRED - 1), rng)["person"].to_numpy()
    amounts = until(total, rng.choice(_SKILLS_RATES, len(people)) * _YUAN, _SKILLS_LEAST * _YUAN)
    count = len(amounts)
    month = grounds.january - 12 * rng.integers(1, 3, count) + rng.integers(0, 11, count)
    return _payments(people[:count], amounts, month, month, month + 1)


def _public_posts(grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """A payment a quarter for as long as the post is held, for all its months."""
    people = _shuffled(grounds.current, pl.col("channel") == "public_post", rng)
    started = _months(people, "started")
    held = (grounds.now - started).astype(np.int64) + 1
    quarters = -(-held // 3)
    quarter = np.arange(quarters.sum()) - np.repeat(np.cumsum(quarters) - quarters, quarters)
    first = np.repeat(started, quarters) + 3 * quarter
    last = np.minimum(first + 2, grounds.now)
    amounts = ((last - first).astype(np.int64) + 1) * POST_PAY * _YUAN
    amounts = until(grounds.figures.paid["public_post"], amounts, POST_PAY * _YUAN // 2)
    count = len(amounts)
    person = np.repeat(people["person"].to_numpy(), quarters)[:count]
    return _payments(person, amounts, first[:count], last[:count], np.minimum(last + 1, grounds.now)[:count])
