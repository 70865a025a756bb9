"""The county's administrative divisions, and how people write their names.

A village name repeats across townships, so a village is only ever resolved inside its township.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from taizhang.settings import PROJECT

Level = Literal["county", "township", "village"]
PROVINCE = "湖南"
CITY = "邵阳"
CITIES = (
    "长沙", "株洲", "湘潭", "衡阳", "邵阳", "岳阳", "常德", "张家界", "益阳", "郴州", "永州", "怀化", "娄底", "湘西",
)  # fmt: skip
"""The province and the city that the county lies in, and the province's cities (GB/T 2260); the list of divisions
begins at the county.
"""
SEED = PROJECT / "dbt_project" / "seeds" / "division.csv"

_TOWNSHIP_SUFFIX = re.compile(r"(瑶族乡|街道|管理区|镇|乡)$")
_VILLAGE_SUFFIX = re.compile(r"(社区|村)$")
OFFICE_SUFFIX = r"(人民政府|政府|街道办事处|街道办|办事处|村民委员会|居民委员会|村委会|居委会|委员会|村委|居委)$"
"""An office written for its division: 高沙镇人民政府 is 高沙镇."""


@dataclass(frozen=True)
class Division:
    code: str
    level: Level
    name: str
    parent_code: str

    @property
    def full_name(self) -> str:
        """A village's name behind its township's, as villages of several townships share a name."""
        return f"{divisions()[self.parent_code].name}{self.name}" if self.level == "village" else self.name

    @property
    def code_prefix(self) -> str:
        """What its code and those of all divisions inside it begin with (GB/T 10114)."""
        return self.code[: {"county": 6, "township": 9, "village": 12}[self.level]]


class UnknownDivisionError(LookupError):
    """A folder or cell names no division of the county."""


@cache
def divisions() -> dict[str, Division]:
    """Every division of the county by its 12-digit code."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return {
            row["division_code"]: Division(
                row["division_code"], cast(Level, row["level"]), row["name"], row["parent_code"]
            )
            for row in csv.DictReader(file)
        }


@cache
def county() -> Division:
    return next(division for division in divisions().values() if division.level == "county")


NOT_NAMED = rf"\s|\.0$|^({PROVINCE}省)?({CITY}市)?{county().name}"
"""What is no part of a name: white space, the county before it, and what a workbook puts behind a code that it keeps as
a number.
"""


@cache
def children(code: str) -> tuple[Division, ...]:
    """The townships of the county, or the villages of a township."""
    return tuple(division for division in divisions().values() if division.parent_code == code)


@cache
def offices() -> tuple[Division, ...]:
    """Who answers for what is handed in: the county, and the townships for themselves and their villages."""
    return (county(), *children(county().code))


def office_of(division: Division) -> Division:
    """Who answers for a division: a township for its villages, else the division itself."""
    return divisions()[division.parent_code] if division.level == "village" else division


@cache
def names_within(code: str) -> dict[str, str]:
    """Code by every spelling of the divisions directly inside `code`; a spelling that two share is left out."""
    spellings: dict[str, str | None] = {}
    for division in children(code):
        for spelling in _spellings(division):
            taken = spellings.setdefault(spelling, division.code)
            if taken != division.code:
                spellings[spelling] = None
    full_names = {division.name: division.code for division in children(code)}
    return {spelling: found for spelling, found in spellings.items() if found} | full_names


def _spellings(division: Division) -> set[str]:
    """Its code, of a township also its nine digits, and its names; a village's also behind its township's.

    高沙镇云峰村 is one of these.
    """
    names = _names(division)
    if division.level == "village":
        names |= {f"{outer}{inner}" for outer in _names(divisions()[division.parent_code]) for inner in names}
    return {division.code, division.code_prefix, *names}


def _names(division: Division) -> set[str]:
    suffix = _TOWNSHIP_SUFFIX if division.level == "township" else _VILLAGE_SUFFIX
    bare = re.sub(OFFICE_SUFFIX, "", division.name)
    short = suffix.sub("", bare)
    of_office = {f"{bare}村"} if division.name.endswith("村委会") else set()
    return {division.name, short, division.name.replace("瑶族乡", "乡"), short.removesuffix("茶场"), *of_office}


def find_within(code: str, text: str) -> Division:
    """The division inside `code` that `text` names, by code, name or a short form.

    Raises `UnknownDivisionError` where none or more than one fits.
    """
    names, bare = names_within(code), re.sub(NOT_NAMED, "", text)
    found = names.get(bare) or names.get(re.sub(OFFICE_SUFFIX, "", bare))
    if found is None:
        raise UnknownDivisionError(f"{text!r} is no division of {divisions()[code].name}")
    return divisions()[found]
