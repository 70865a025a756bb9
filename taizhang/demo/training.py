"""The training ledger: who sat in which class, at the venues that the county names."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from taizhang.demo.figures import Figures, Site, sites
from taizhang.demo.identity import Flags, Indices
from taizhang.demo.ledger import as_ledger_frame
from taizhang.division import children, county

_CLASS_SIZE = 40
_FLOOR = 3  # trainees of each village, where there are enough
_HOURS_A_DAY = 8
_PROVIDERS = ("洞口县就业训练中心", "雪峰职业技能培训学校", "平溪职业培训学校")
_SKILLS = (
    ("employment_skills", "中式烹调师"), ("employment_skills", "家政服务员"), ("employment_skills", "缝纫工"),
    ("employment_skills", "电工"), ("employment_skills", "焊工"), ("farming_techniques", "果树栽培"),
    ("farming_techniques", "家禽养殖"), ("entrepreneurship", "创业意识培训"), ("labour_brand", "雪峰月嫂"),
)  # fmt: skip
_FACTORY_SKILL = ("on_the_job", "包装工")
_ONLINE_SKILL = ("employment_skills", "电子商务师")
_CATEGORIES = ("poor_labourer", "rural_migrant", "poor_household_child", "school_leaver")
_CATEGORY_SHARES = (0.86, 0.09, 0.03, 0.02)


class Lesson(NamedTuple):
    """One class: what its trainees have in common, in columns of the training contract."""

    class_no: str
    training_type: str
    trade: str
    mode: str
    venue: str
    provider: str
    started_on: date
    ended_on: date
    hours: int


def train(people: pl.DataFrame, figures: Figures, on: date, rng: np.random.Generator) -> pl.DataFrame:
    """The training ledger of the year, one class a trainee, with `person` and `head`."""
    online, offline = _trainees(people, figures, rng)
    venue = _venues(people)
    groups = [(sites("online_class")[0], online)]
    for number, site in enumerate(sites("training_venue")):
        there = offline[venue[offline] == number]
        groups += [(site, there[start : start + _CLASS_SIZE]) for start in range(0, len(there), _CLASS_SIZE)]
    lessons = [_lesson(number, site, on, rng) for number, (site, _) in enumerate(groups)]
    rows = pl.concat(
        pl.DataFrame([lesson]).join(pl.DataFrame({"person": trainees}), how="cross")
        for lesson, (_, trainees) in zip(lessons, groups, strict=True)
    )
    return as_ledger_frame("training", _with_results(rows.join(people, on="person", maintain_order="left"), rng))


def _trainees(people: pl.DataFrame, figures: Figures, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Who was trained online, in the community of the online class, and who in a classroom, anywhere."""
    able = people.select(~pl.col("skill").is_in(["lost", "none"]) & pl.col("age").is_between(18, 59))
    may = np.flatnonzero(able.to_series().to_numpy())
    village = people["village_code"].to_numpy()
    of_community = village[may] == sites("online_class")[0].division_code
    near = np.isin(people["township_code"].to_numpy()[may], [s.division_code[:9] + "000" for s in _named()])
    order = may[np.lexsort((rng.random(len(may)), ~of_community))]
    online = order[: figures.online_trainees]
    rest = np.setdiff1d(may, online)
    score = rng.random(len(rest)) - 0.3 * near[np.searchsorted(may, rest)]
    floor = min(_FLOOR, figures.trainees // people["village_code"].n_unique() // 2)
    first = _first_of_village(village[rest], score, floor)
    return online, rest[np.lexsort((score, ~first))][: figures.trainees - len(online)]


def _named() -> tuple[Site, ...]:
    return (*sites("training_venue"), *sites("online_class"))


def _first_of_village(village: Indices, score: Indices, floor: int) -> Flags:
    """Whether somebody is among the `floor` of the lowest score in the village."""
    frame = pl.DataFrame({"village": village, "score": score})
    return frame.select(pl.col("score").rank("ordinal").over("village") <= floor).to_series().to_numpy()


def _venues(people: pl.DataFrame) -> Indices:
    """The venue of each person: that of the village, else of the township, else one for the township."""
    venues = sites("training_venue")
    of_division = {site.division_code: number for number, site in reversed(list(enumerate(venues)))}
    for number, township in enumerate(children(county().code)):
        there = [n for n, site in enumerate(venues) if site.division_code[:9] == township.code[:9]]
        of_division.setdefault(township.code, there[0] if there else number % len(venues))
    return (
        people.select(
            pl.col("village_code")
            .replace_strict(of_division, default=None, return_dtype=pl.Int64)
            .fill_null(pl.col("township_code").replace_strict(of_division, return_dtype=pl.Int64))
        )
        .to_series()
        .to_numpy()
    )


def _lesson(number: int, site: Site, on: date, rng: np.random.Generator) -> Lesson:
    is_online = site.kind == "online_class"
    is_factory = site.division_code.endswith("000")
    skill = _ONLINE_SKILL if is_online else _FACTORY_SKILL if is_factory else _SKILLS[number % len(_SKILLS)]
    days = int(rng.integers(5, 13))
    january = date(on.year, 1, 1)
    latest = max(1, (on - january).days - 20)
    start = january + timedelta(days=int(rng.integers(min(60, latest - 1), latest)))
    return Lesson(
        class_no=f"PX{on.year}-{number + 1:03d}",
        training_type=skill[0],
        trade=skill[1],
        mode="online" if is_online else "work_and_study" if is_factory else "offline",
        venue=site.name,
        provider=_PROVIDERS[number % len(_PROVIDERS)],
        started_on=start,
        ended_on=start + timedelta(days=days - 1),
        hours=days * _HOURS_A_DAY,
    )


def _with_results(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    certified = rng.random(rows.height) < 0.93
    seat = pl.int_range(1, pl.len() + 1).over("class_no").cast(pl.String).str.zfill(2)
    number = pl.format("ZS{}-{}", pl.col("class_no").str.slice(2), seat)
    return rows.with_columns(
        trainee_category=pl.Series(rng.choice(_CATEGORIES, rows.height, p=_CATEGORY_SHARES)),
        certified=pl.Series(certified),
        certificate_no=pl.when(pl.Series(certified)).then(number),
    )
