"""The people on the register: where they live, with whom, and what is known of each of them."""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from taizhang.demo import words
from taizhang.demo.figures import sites
from taizhang.demo.identity import Dates, Flags, Indices, accounts, id_numbers, phones
from taizhang.division import children, county

Texts = npt.NDArray[np.str_]
YOUNGEST, OLDEST = 16, 65
_HOUSEHOLD_SIZES = (0.16, 0.30, 0.26, 0.17, 0.08, 0.03)
_PEOPLE_PER_VILLAGE = 10  # of the smallest counties, which have fewer villages
_HOUSEHOLD_TYPES = {
    "lifted": 0.62, "lifted_minimum_living": 0.19, "lifted_extreme_poverty": 0.02,
    "unstable": 0.07, "marginal": 0.06, "sudden_hardship": 0.02, "other": 0.02,
}  # fmt: skip
_SCHOOLING = ("illiterate", "primary", "junior_secondary", "senior_secondary", "college", "university")
_SCHOOLING_BY_AGE = {  # from this age on
    16: (0.00, 0.00, 0.45, 0.55, 0.00, 0.00),
    19: (0.00, 0.03, 0.52, 0.30, 0.11, 0.04),
    30: (0.01, 0.19, 0.65, 0.12, 0.025, 0.005),
    50: (0.06, 0.45, 0.43, 0.06, 0.00, 0.00),
}


def populate(count: int, on: date, rng: np.random.Generator) -> pl.DataFrame:
    """`count` people aged 16 to 65 on the day `on`, by village and household.

    Columns: `person` (0, 1, …), `head` (the person who heads the household), `age`, `born`, `account`, and
    those of the employment contract that say who somebody is.
    """
    homes = _homes(count, rng)
    household, position = _households(homes, rng)
    head = np.flatnonzero(position == 0)[household]
    age, male, relation = _members(household, position, rng)
    born = _births(age, on, rng)
    health = _health(age, rng)
    education = _education(age, rng)
    return pl.DataFrame({
        "person": np.arange(count),
        "head": head,
        "age": age,
        "born": born.astype("datetime64[D]"),
        "account": accounts(np.arange(count)),
        "household_no": _household_numbers(homes, head),
        "name": _names(male, relation, head, rng),
        "id_no": id_numbers(born, male),
        "relation_to_head": relation,
        "gender": np.where(male, "male", "female"),
        "phone": phones(np.arange(count)),
        "township_code": [home[:9] + "000" for home in homes.tolist()],
        "village_code": homes,
        "education": education,
        "health": health,
        "skill": _skill(age, health, education, rng),
        "household_type": rng.choice(
            list(_HOUSEHOLD_TYPES), household[-1] + 1, p=list(_HOUSEHOLD_TYPES.values())
        )[household],
    })  # fmt: skip


def _homes(count: int, rng: np.random.Generator) -> Texts:
    """The village of each person, in order of its code; villages are of unlike size and none is empty."""
    villages = _villages(count, rng)
    weights = rng.lognormal(0.0, 0.45, len(villages))
    online = {site.division_code for site in sites("online_class")}
    weights[np.isin(villages, list(online))] = weights.max()  # the resettlement community is a large one
    fewest = max(2, count // len(villages) // 4)
    spare = count - fewest * len(villages)
    bounds = np.rint(np.cumsum(weights) / weights.sum() * spare).astype(np.int64)
    return np.repeat(villages, fewest + np.diff(bounds, prepend=0))


def _villages(count: int, rng: np.random.Generator) -> Texts:
    """Every village of the county; in a small one those with a site, one a township, and some others."""
    by_township = [[village.code for village in children(town.code)] for town in children(county().code)]
    every = {code for codes in by_township for code in codes}
    kinds = ("training_venue", "online_class", "workshop", "employer")
    needed = {site.division_code for kind in kinds for site in sites(kind)} & every
    needed |= {codes[0] for codes in by_township if not needed & set(codes)}
    others = np.array(sorted(every - needed))
    more = min(len(others), max(0, count // _PEOPLE_PER_VILLAGE - len(needed)))
    return np.array(sorted([*needed, *rng.choice(others, more, replace=False).tolist()]))


def _households(homes: Texts, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Number of the household of each person, and the person's position in it; 0 is the head."""
    count = len(homes)
    starts = np.zeros(count, dtype=bool)
    ends = np.cumsum(rng.choice(np.arange(1, 7), count, p=_HOUSEHOLD_SIZES))
    starts[ends[ends < count]] = True
    starts[0] = True
    starts[1:] |= homes[1:] != homes[:-1]
    household = np.cumsum(starts) - 1
    return household, np.arange(count) - np.flatnonzero(starts)[household]


def _members(household: Indices, position: Indices, rng: np.random.Generator) -> tuple[Indices, Flags, Texts]:
    """Age, gender and relation to the head: spouse, then children, or where the head is young parents."""
    count = len(household)
    heads = household[-1] + 1
    head_age = np.clip(rng.normal(46, 10, heads), 22, OLDEST).astype(np.int64)[household]
    head_male = (rng.random(heads) < 0.8)[household]
    has_children = head_age >= 38
    relation = np.select(
        [position == 0, position == 1, has_children, position == 2, position == 3],
        ["head", "spouse", "child", "parent", "parent"],
        "sibling",
    )
    youngest_parent = np.minimum(30, head_age - YOUNGEST)
    child_age = head_age - rng.integers(20, np.maximum(youngest_parent, 20) + 1)
    age = np.select(
        [relation == "head", relation == "spouse", relation == "child", relation == "parent"],
        [
            head_age,
            np.clip(head_age + np.rint(rng.normal(-2, 3, count)), 20, OLDEST),
            child_age,
            np.minimum(head_age + rng.integers(21, 28, count), OLDEST),
        ],
        np.clip(head_age + rng.integers(-6, 7, count), YOUNGEST, OLDEST),
    ).astype(np.int64)
    male = np.select(
        [relation == "head", relation == "spouse", relation == "parent"],
        [head_male, ~head_male, position == 2],
        rng.random(count) < 0.55,
    ).astype(bool)
    relation = np.where(relation == "child", np.where(male, "son", "daughter"), relation)
    return age, male, relation


def _births(age: Indices, on: date, rng: np.random.Generator) -> Dates:
    """Days of birth of people who are exactly so many years old on the day `on`."""
    month = np.datetime64(on, "M") - 12 * age
    latest = month.astype("datetime64[D]") + (min(on.day, 28) - 1)
    return np.asarray(latest - rng.integers(0, 360, len(age)))


def _names(male: Flags, relation: Texts, head: Indices, rng: np.random.Generator) -> list[str]:
    """Names; blood relations bear the head's surname, and a few who married in have an interpunct."""
    count = len(male)
    own = words.surnames(count, rng)
    shares = np.isin(relation, ("son", "daughter", "sibling")) | ((relation == "parent") & male)
    name = np.char.add(np.where(shares, own[head], own), words.given_names(male, rng)).astype("U12")
    spouses = np.flatnonzero((relation == "spouse") & ~male)
    few = spouses[:: max(1, len(spouses) // max(1, count // 1500))]
    name[few] = rng.choice(words.NAMES_WITH_INTERPUNCT, len(few))
    names: list[str] = name.tolist()
    return names


def _household_numbers(homes: Texts, head: Indices) -> list[str]:
    return [f"DK{home[6:]}{number:07d}" for home, number in zip(homes.tolist(), head.tolist(), strict=True)]


def _education(age: Indices, rng: np.random.Generator) -> Texts:
    drawn = [rng.choice(_SCHOOLING, len(age), p=shares) for shares in _SCHOOLING_BY_AGE.values()]
    band = np.searchsorted(list(_SCHOOLING_BY_AGE), age, side="right") - 1
    return np.choose(band, drawn)


def _health(age: Indices, rng: np.random.Generator) -> Texts:
    healthy = rng.random(len(age)) > 0.02 + (age - YOUNGEST) * 0.0022
    ill = rng.choice(("chronic", "serious", "disabled", "chronic,disabled"), len(age), p=(0.58, 0.12, 0.24, 0.06))
    return np.where(healthy, "healthy", ill)


def _skill(age: Indices, health: Texts, education: Texts, rng: np.random.Generator) -> Texts:
    """Ability to work: only the ill and the old are weak or have lost it, only adults are skilled."""
    draw = rng.random(len(age))
    schooled = np.isin(education, ("college", "university"))
    healthy = health == "healthy"
    return np.select(
        [
            ~healthy & (draw < 0.14),
            ~healthy & (draw < 0.22),
            ~healthy & (draw < 0.70) | (healthy & (age >= 60) & (draw < 0.3)),
            healthy & (age >= 20) & (schooled | (draw > 0.82)),
        ],
        ["lost", "none", "weak", "skilled"],
        "ordinary",
    )
