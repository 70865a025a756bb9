"""How one clerk keeps ledgers: file format, titles, spellings of dates, codes and amounts.

A division's clerk has one style for all its ledgers. Everything a style varies is undone by the load without
loss, so that it is never a disagreement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from taizhang.division import Level

Habit = TypeVar("Habit")
_FORMATS = {"xlsx": 0.84, "xls": 0.04, "csv_gbk": 0.06, "csv_utf8": 0.06}
_DATES_OF_BOOKS = {"cell": 0.35, "iso": 0.3, "slash": 0.15, "han": 0.1, "compact": 0.1}
_DATES_OF_TEXT = {"iso": 0.5, "slash": 0.2, "han": 0.2, "compact": 0.1}
_MONTHS = {"iso": 0.5, "compact": 0.25, "han": 0.25}
_YES_NO = {("是", "否"): 0.75, ("有", "无"): 0.15, ("√", "×"): 0.1}
_IDS = {"plain": 0.7, "quote": 0.1, "space": 0.1, "lower": 0.1}
_MONEY = {"number": 0.75, "text": 0.1, "thousands": 0.1, "ten_thousands": 0.05}
_MONEY_OF_COUNTY = {"number": 0.8, "thousands": 0.2}
_DIVISION_NAMES = {"full": 0.75, "short": 0.2, "code": 0.05}
_DIVISION_COLUMNS: Mapping[Level, Mapping[str, float]] = {
    "county": {"both": 1.0},
    "township": {"both": 0.8, "village": 0.2},
    "village": {"both": 0.4, "village": 0.25, "none": 0.35},
}


@dataclass(frozen=True)
class Style:
    """`salt` decides, with a record's number, which rows show a habit that `…_share` (in percent) allows."""

    file_format: str
    one_workbook: bool
    titled: bool
    unit_line: bool
    numbered: bool
    total_row: bool
    signed: bool
    merged: bool
    starred: bool
    dates: str
    months: str
    yes_no: tuple[str, str]
    ids: str
    money: str
    divisions: str
    division_columns: str
    phone_numbers: bool
    month_unit: bool
    synonym_share: int
    spaced_name_share: int
    salt: int


def style_of(level: Level, rng: np.random.Generator) -> Style:
    """The style of a division's clerk. Villages vary most; the county and the townships send workbooks."""
    file_format = _one_of(rng, _FORMATS) if level == "village" else "xlsx"
    is_book = file_format in ("xlsx", "xls")
    total_row, signed = rng.random() < 0.6, rng.random() < 0.4
    return Style(
        file_format=file_format,
        one_workbook=level == "village" and file_format == "xlsx" and rng.random() < 0.04,
        titled=level == "county" or rng.random() < 0.9,
        unit_line=rng.random() < 0.4,
        numbered=total_row or signed or rng.random() < 0.5,  # both stand below 序号
        total_row=total_row,
        signed=signed,
        merged=level != "county" and file_format == "xlsx" and rng.random() < 0.2,
        starred=rng.random() < 0.3,
        dates=_one_of(rng, _DATES_OF_BOOKS if is_book else _DATES_OF_TEXT),
        months=_one_of(rng, _MONTHS),
        yes_no=_one_of(rng, _YES_NO),
        ids=_one_of(rng, _IDS),
        money=_one_of(rng, _MONEY_OF_COUNTY if level == "county" else _MONEY),
        divisions=_one_of(rng, _DIVISION_NAMES),
        division_columns=_one_of(rng, _DIVISION_COLUMNS[level]),
        phone_numbers=is_book and rng.random() < 0.3,
        month_unit=level == "village" and rng.random() < 0.08,
        synonym_share=int(rng.choice([0, 5, 30])),
        spaced_name_share=int(rng.choice([0, 0, 5, 50])),
        salt=int(rng.integers(10_000)),
    )


def _one_of(rng: np.random.Generator, shares: Mapping[Habit, float]) -> Habit:
    habits = list(shares)
    return habits[int(rng.choice(len(habits), p=list(shares.values())))]
