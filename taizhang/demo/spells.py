"""Since when people work, the chartered trains they left on, and who came back during the year."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from taizhang.demo import words
from taizhang.demo.figures import Figures, sites
from taizhang.demo.identity import Dates, Flags, Indices
from taizhang.demo.work import Work

STABLE_MONTHS = 6
_MONTHS, _MONTHS_SHARES = np.arange(6, 12), (0.06, 0.06, 0.10, 0.26, 0.34, 0.18)
_SHARE_LONG = 0.5
"""Of those in stable work, who were in the same job before the year began."""
_PLACED = {
    "enterprise": ("county", 0.38), "away_again": ("out", 0.32), "public_post": ("post", 0.10),
    "base": ("county", 0.09), "self_employed": ("business", 0.08), "workshop": ("workshop", 0.03),
}  # fmt: skip
_REASONS = ("epidemic", "layoff", "family_care", "contract_ended", "low_pay", "health")
_REASON_SHARES = (0.44, 0.16, 0.16, 0.12, 0.08, 0.04)


def reporting_months(on: date) -> int:
    """Months that count as the whole reporting year; early in a year the six of stable work still fit."""
    return max(STABLE_MONTHS, on.month)


def train_day(on: date) -> date:
    """The twentieth of March on which the trains left: the last one that lies half a year back."""
    return date(on.year if on.month - 2 >= STABLE_MONTHS else on.year - 1, 3, 20)


def date_spells(work: Work, people: pl.DataFrame, figures: Figures, on: date, rng: np.random.Generator) -> None:
    """Fill in the trains, the starts and the months worked, `figures.stable` of them six months or more."""
    left = np.datetime64(train_day(on))
    carried = _board_trains(work, figures, of_age(people) <= left, rng)
    away = np.flatnonzero(~np.isin(work.kind, ("", "business")))
    sure = carried | ((work.kind == "post") & (rng.random(len(work.kind)) < 0.9))
    stable = away[np.argsort(rng.random(len(away)) - sure[away])][: figures.stable]
    is_stable = np.zeros(len(work.kind), dtype=bool)
    is_stable[stable] = True
    whole = reporting_months(on)
    months = np.where(
        is_stable,
        np.minimum(rng.choice(_MONTHS, len(is_stable), p=_MONTHS_SHARES), whole),
        rng.integers(1, STABLE_MONTHS, len(is_stable)),
    )
    long = is_stable & ((work.kind == "post") | (rng.random(len(is_stable)) < _SHARE_LONG))
    long |= (work.kind == "business") & (rng.random(len(is_stable)) < 0.8)
    months[long] = whole
    started = _starts(months, on, rng)
    _start_posts(started, long & (work.kind == "post"), on, rng)
    started = np.maximum(started, of_age(people))
    started[carried] = left
    months[carried] = whole if train_day(on).year < on.year else on.month - 2
    works = work.kind != ""
    work.started_on[works], work.months_worked[works] = started[works], months[works]


def of_age(people: pl.DataFrame) -> Dates:
    """The sixteenth birthday of each, before which nobody works."""
    return people["born"].dt.offset_by("16y").to_numpy().astype("datetime64[D]")


def _board_trains(work: Work, figures: Figures, may_leave: Flags, rng: np.random.Generator) -> Flags:
    """Put the passengers on the trains, and to work where the trains went."""
    carried = np.zeros(len(work.kind), dtype=bool)
    passengers = rng.permutation(np.flatnonzero((work.kind == "out") & may_leave))[: figures.passengers]
    carried[passengers] = True
    stops = [site.name for site in sites("chartered_train_destination")]
    reached = [n for n, place in enumerate(words.PLACES) if place.city[:2] in stops or place.county[:2] in stops]
    place = rng.choice(np.array(reached), len(passengers))
    variant = rng.integers(0, words.EMPLOYERS_EACH, len(passengers))
    work.work_province[passengers] = [words.PLACES[number].province for number in place]
    work.work_city[passengers] = [words.PLACES[number].city for number in place]
    work.work_county[passengers] = [words.PLACES[number].county for number in place]
    work.employer[passengers] = words.EMPLOYERS[place, variant]
    work.job[passengers] = words.JOBS[variant, rng.integers(0, words.JOBS_EACH, len(passengers))]
    work.channel[passengers] = "government"
    work.train_no[passengers] = [f"务工专列{n % figures.trains + 1}号" for n in range(len(passengers))]
    return carried


def _starts(months: Indices, on: date, rng: np.random.Generator) -> Dates:
    """Starts of spells of so many months up to now: in the month that leaves as many, or in earlier years."""
    this_month = np.datetime64(on, "M")
    earlier = np.datetime64(on, "Y").astype("datetime64[M]") - np.int64(1) - rng.integers(0, 58, len(months))
    month = np.where(months >= reporting_months(on), earlier, this_month - (months - 1))
    month = np.where(month > this_month - 1, this_month, month)
    last_day = np.where(month == this_month, min(on.day, 28), 28)
    return np.asarray(month.astype("datetime64[D]") + rng.integers(0, last_day))


def _start_posts(started: Dates, posts: Flags, on: date, rng: np.random.Generator) -> None:
    """Posts are given for three years at most: theirs began 14 to 33 months ago."""
    ago = rng.integers(14, 34, int(posts.sum()))
    started[posts] = (np.datetime64(on, "M") - ago).astype("datetime64[D]")


def returns(work: Work, figures: Figures, on: date, rng: np.random.Generator) -> Mapping[str, pl.Series]:
    """Columns on the return of `figures.returned` people, all placed in work again where they work now.

    Whoever did not start a business was helped one to one.
    """
    count = len(work.kind)
    january = np.datetime64(on, "Y").astype("datetime64[D]")
    free = (work.train_no == "") & (work.kind != "")
    began = free & (work.started_on >= january + 45)
    placed = np.full(count, "", dtype="U13")
    for placed_as, (kind, share) in _PLACED.items():
        fit = np.flatnonzero(began & (placed == "") & (work.kind == kind))
        placed[rng.permutation(fit)[: max(1, round(share * figures.returned) - 1)]] = placed_as
    rest = np.flatnonzero(free & (placed == "") & (work.kind == "out"))
    rest = rest[np.lexsort((rng.random(len(rest)), ~began[rest]))]
    placed[rest[: figures.returned - int((placed != "").sum())]] = "away_again"
    returned = placed != ""
    back = np.maximum(work.started_on - rng.integers(10, 41, count), january + 2)
    work.started_on[returned] = np.maximum(work.started_on, back + 3)[returned]
    back[~returned] = np.datetime64("NaT")
    reason = np.where(returned, rng.choice(_REASONS, count, p=_REASON_SHARES), "")
    reason[placed == "self_employed"] = "start_business"
    intention = np.where(placed == "away_again", "away_again", np.where(returned, "local_job", ""))
    helped = pl.when(pl.Series(returned)).then(pl.Series(placed != "self_employed"))
    return {
        "returned": pl.Series(returned),
        "returned_on": pl.Series(back),
        "return_reason": pl.Series(reason),
        "placed_as": pl.Series(placed),
        "returnee_intention": pl.Series(intention),
        "helped_one_to_one": pl.select(helped).to_series(),
    }
