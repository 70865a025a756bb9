"""Who works, where, for whom and for how much."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import polars as pl

from taizhang.demo import words
from taizhang.demo.figures import Figures, published, sites
from taizhang.demo.identity import Dates, Flags, Indices

Texts = npt.NDArray[np.str_]
POST_PAY = 800
"""Yuan a month of a public-welfare post."""

SHARE_OUT, SHARE_PROVINCE = 0.74, 0.10
_POST_MONTHS = 18  # fewer than a post's holders have served on average, so that payments suffice
_WORKSHOP_HANDS = 50
_INCOME = {"out": (4700, 1100), "province": (3900, 850), "county": (2700, 500), "workshop": (2400, 300)}
_REGION = {
    "out": "out_of_province", "province": "in_province",
    "county": "in_county", "workshop": "in_county", "post": "in_county", "business": "in_county",
}  # fmt: skip
_CHANNELS = ("self_found", "labour_broker", "enterprise", "government")
_CHANNEL_SHARES = (0.48, 0.20, 0.17, 0.15)


@dataclass
class Work:
    """One value a person; the empty text, `NaT` and 0 stand for nothing."""

    kind: Texts
    work_region: Texts
    work_province: Texts
    work_city: Texts
    work_county: Texts
    employer: Texts
    job: Texts
    channel: Texts
    monthly_income: Indices
    started_on: Dates
    months_worked: Indices
    train_no: Texts

    def take_over(self, who: Flags, other: "Work") -> None:
        """Let these people work as they do in `other`."""
        for field in fields(self):
            getattr(self, field.name)[who] = getattr(other, field.name)[who]


def statuses(people: pl.DataFrame, figures: Figures, rng: np.random.Generator) -> Texts:
    age, skill, schooling = (people[name].to_numpy() for name in ("age", "skill", "education"))
    able = can_work(people)
    status = np.full(figures.people, "farming", dtype="U13")
    idle = ~np.isin(schooling, ("college", "university")) & (skill != "skilled")
    status[~able | (idle & (rng.random(len(age)) < 0.35))] = "not_working"
    owners = np.flatnonzero(able & (age >= 22) & (skill != "weak"))
    owners = rng.choice(owners, max(6, round(0.012 * figures.people)), replace=False)
    score = rng.random(len(age)) + 0.6 * (age >= 60) + 0.8 * (skill == "weak") + 10.0 * ~able
    score[owners] = np.inf
    status[np.argsort(score)[: figures.working]] = "working_away"
    status[owners] = "self_employed"
    return status


def can_work(people: pl.DataFrame) -> Flags:
    """Who can work, and could at the end of last year."""
    return people.select(~pl.col("skill").is_in(["lost", "none"]) & (pl.col("age") >= 17)).to_series().to_numpy()


def kinds_of_work(people: pl.DataFrame, status: Texts, figures: Figures, rng: np.random.Generator) -> Texts:
    """Kind of work: `out`, `province`, `county`, `workshop`, `post`, of those not away `business` or none."""
    away = status == "working_away"
    kind = np.full(len(status), "", dtype="U8")
    kind[status == "self_employed"] = "business"
    village, age = people["village_code"].to_numpy(), people["age"].to_numpy()
    hands = max(3, round(_WORKSHOP_HANDS * figures.people / published()["registered_labourers"]))
    for workshop in sites("workshop"):
        neighbours = np.flatnonzero(away & (village == workshop.division_code))
        kind[rng.permutation(neighbours)[:hands]] = "workshop"
    score = rng.random(len(status)) + 0.5 * (age >= 40)
    posts = -(-figures.paid["public_post"] // (POST_PAY * 100 * _POST_MONTHS))
    _next(kind, away, score, posts, "post")
    score = rng.random(len(status)) - 0.25 * (age >= 50) - 0.4 * (people["skill"] == "weak").to_numpy()
    _next(kind, away, score, round(SHARE_OUT * figures.working), "out")
    _next(kind, away, score, round(SHARE_PROVINCE * figures.working), "province")
    kind[away & (kind == "")] = "county"
    return kind


def _next(kind: Texts, among: Flags, score: npt.NDArray[np.float64], count: int, name: str) -> None:
    """Give the next `count` people, by falling score, who have no kind yet this one."""
    free = np.flatnonzero(among & (kind == ""))
    kind[free[np.argsort(-score[free])[:count]]] = name


def work_of(people: pl.DataFrame, kinds: Texts, rng: np.random.Generator) -> Work:
    count = len(kinds)
    place = np.full(count, words.HOME)
    for kind in ("out", "province"):
        place[kinds == kind] = words.places_of(_REGION[kind], int((kinds == kind).sum()), rng)
    employer, job = _employers(people, kinds, place, rng)
    works = kinds != ""
    channel = np.where(works, rng.choice(_CHANNELS, count, p=_CHANNEL_SHARES), "").astype("U13")
    channel[kinds == "workshop"], channel[kinds == "post"] = "workshop", "public_post"
    channel[kinds == "business"] = "self_found"

    def of_place(field: str) -> Texts:
        values = np.array([getattr(spot, field) for spot in words.PLACES])
        return np.where(works, values[place], "")

    return Work(
        kind=kinds.copy(),
        work_region=of_place("region"),
        work_province=of_place("province"),
        work_city=of_place("city"),
        work_county=of_place("county"),
        employer=employer,
        job=job,
        channel=channel,
        monthly_income=_incomes(kinds, rng),
        started_on=np.full(count, np.datetime64("NaT"), dtype="datetime64[D]"),
        months_worked=np.zeros(count, dtype=np.int64),
        train_no=np.full(count, "", dtype="U12"),
    )


def _employers(people: pl.DataFrame, kinds: Texts, place: Indices, rng: np.random.Generator) -> tuple[Texts, Texts]:
    count = len(kinds)
    variant = rng.integers(0, words.EMPLOYERS_EACH, count)
    which = rng.integers(0, words.JOBS_EACH, count)
    works = kinds != ""
    employer = np.where(works, words.EMPLOYERS[place, variant], "").astype("U32")
    job = np.where(works, words.JOBS[variant, which], "").astype("U8")
    village = people["village_code"].to_numpy()
    posts = np.array([site.name for site in sites("public_post")])
    at_post, at_workshop, owns = kinds == "post", kinds == "workshop", kinds == "business"
    employer[at_post] = [words.village_office(code) for code in village[at_post].tolist()]
    job[at_post] = posts[which % len(posts)][at_post]
    for workshop in sites("workshop"):
        employer[at_workshop & (village == workshop.division_code)] = workshop.name
    job[at_workshop] = np.array(words.WORKSHOP_JOBS)[which][at_workshop]
    employer[owns] = "自主经营"
    job[owns] = np.array(words.BUSINESSES)[variant][owns]
    return employer, job


def _incomes(kinds: Texts, rng: np.random.Generator) -> Indices:
    """Yuan a month in fen, rounded to hundreds as people say it."""
    draw = rng.normal(0, 1, len(kinds))
    income = np.zeros(len(kinds), dtype=np.int64)
    for kind, (mean, deviation) in {**_INCOME, "business": (3600, 1200)}.items():
        of_kind = np.clip(np.rint((mean + deviation * draw) / 100) * 100, 1000, 15000)
        income[kinds == kind] = of_kind[kinds == kind]
    income[kinds == "post"] = POST_PAY
    return income * 100
