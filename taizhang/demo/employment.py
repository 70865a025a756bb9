"""The employment ledgers: that of the reporting month, and the closing one of the year before."""

from dataclasses import fields
from datetime import date

import numpy as np
import polars as pl

from taizhang.demo.figures import Figures
from taizhang.demo.identity import Flags
from taizhang.demo.journey import RETIRED, send_off
from taizhang.demo.ledger import as_ledger_frame
from taizhang.demo.people import YOUNGEST
from taizhang.demo.spells import date_spells, of_age, returns
from taizhang.demo.work import SHARE_OUT, SHARE_PROVINCE, Texts, Work, can_work, kinds_of_work, statuses, work_of

_INTENTIONS = ("away_again", "local_job", "local_business", "none")


def employ(
    people: pl.DataFrame, figures: Figures, on: date, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ledger of the reporting month and the closing one of the year before, with `person` and `head`.

    Working away includes work inside the county, as in the national statistics. Returnees are at work again:
    they count as working away, but for those who started a business.
    """
    status = statuses(people, figures, rng)
    work = work_of(people, kinds_of_work(people, status, figures, rng), rng)
    date_spells(work, people, figures, on, rng)
    back = returns(work, figures, on, rng)
    before, status_before = _year_before(people, work, status, back["returned"].to_numpy(), figures, on, rng)
    current = _rows(people, work, status, rng).with_columns(**back)
    closing = _rows(people, before, status_before, rng).filter(people["age"] > YOUNGEST)
    current, closing = send_off(current, closing, figures, on, rng)
    intention = pl.when("returned").then("returnee_intention").otherwise("intention").alias("intention")
    return (
        as_ledger_frame("employment", current.with_columns(intention).drop("returnee_intention")),
        as_ledger_frame("employment", closing.with_columns(returned=False)),
    )


def _year_before(
    people: pl.DataFrame,
    now: Work,
    status_now: Texts,
    returned: Flags,
    figures: Figures,
    on: date,
    rng: np.random.Generator,
) -> tuple[Work, Texts]:
    """Work at the end of last year: as now for those who had begun by then, elsewhere or none for others.

    Whoever came back since was away then.
    """
    closing = date(on.year - 1, 12, 31)
    stayed = now.started_on <= np.datetime64(closing)  # NaT compares false
    status = np.where(stayed | (status_now != "working_away"), status_now, "farming").astype("U13")
    status[(status == "self_employed") & ~stayed] = "farming"
    others = np.flatnonzero(can_work(people) & ~stayed)
    wanted = figures.working_before - int((status == "working_away").sum())
    if wanted < 0:  # early in a year nearly all began before it: some were not yet on the ledger
        late = rng.permutation(np.flatnonzero(status == "working_away"))[:-wanted]
        status[late], stayed[late] = "farming", False
        wanted = 0
    chosen = np.zeros(len(status), dtype=bool)
    order = rng.permutation(others)
    chosen[order[np.argsort(~returned[order], kind="stable")][:wanted]] = True
    status[chosen] = "working_away"
    kinds = np.full(len(status), "", dtype="U8")
    kinds[chosen] = rng.permutation(_shares(int(chosen.sum())))
    before = work_of(people, kinds, rng)
    _date_last_year(before, chosen, people, closing, rng)
    before.take_over(stayed, now)
    _shorten(before, stayed, closing)
    return before, status


def _shares(count: int) -> Texts:
    """Kinds of work of `count` people, in the shares of the working."""
    out, province = round(SHARE_OUT * count), round(SHARE_PROVINCE * count)
    return np.array(["out"] * out + ["province"] * province + ["county"] * (count - out - province))


def _date_last_year(work: Work, who: Flags, people: pl.DataFrame, closing: date, rng: np.random.Generator) -> None:
    months = rng.integers(3, 12, len(who))
    start = (np.datetime64(closing, "M") - (months - 1)).astype("datetime64[D]") + rng.integers(0, 28, len(who))
    start = np.maximum(start, of_age(people))
    work.started_on[who], work.months_worked[who] = start[who], months[who]


def _shorten(work: Work, who: Flags, closing: date) -> None:
    """Months worked up to the end of last year by those whose spell goes on."""
    months = (np.datetime64(closing, "M") - work.started_on.astype("datetime64[M]")).astype(np.int64) + 1
    work.months_worked[who] = np.minimum(months, 12)[who]


def _rows(people: pl.DataFrame, work: Work, status: Texts, rng: np.random.Generator) -> pl.DataFrame:
    columns = {field.name: getattr(work, field.name) for field in fields(work) if field.name != "kind"}
    idle = status == "not_working"
    person_status = (
        pl.when(pl.col("skill") == "lost").then(pl.lit("unable"))
        .when((pl.col("age") >= RETIRED) & pl.col("work_status").is_in(["farming", "not_working"]))
        .then(pl.lit("retired"))
        .otherwise(pl.lit("working_age"))
    )  # fmt: skip
    return people.with_columns(
        **{name: pl.Series(values) for name, values in columns.items()},
        work_status=pl.Series(status),
        training_wanted=pl.Series(rng.random(len(status)) < 0.3),
        intention=pl.Series(np.where(idle, rng.choice(_INTENTIONS, len(status)), "")),
    ).with_columns(
        pl.when(pl.col("work_region") != "").then(pl.col("monthly_income", "months_worked")).name.keep(),
        person_status=person_status,
    )
