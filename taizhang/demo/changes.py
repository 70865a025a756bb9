"""The ways in which one level's record drifts from the others', and the ways in which a cell is spoilt.

A change keeps the row plausible in itself, or it would be a problem of one extract and not a disagreement of
ledgers; that is why gender, which the identity number states too, never drifts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from taizhang.demo.words import PLACES

Cells = Mapping[str, pl.Expr]


@dataclass(frozen=True)
class Change:
    """`cells` replace those of a row for which `fits` holds; each differs from what it replaces."""

    cells: Cells
    fits: pl.Expr


@dataclass(frozen=True)
class Fault:
    """A cell spoilt so that the load finds `rule` broken; `text` is what then stands in it."""

    rule: str
    column: str
    text: pl.Expr
    fits: pl.Expr


def _change(fits: pl.Expr | None = None, **cells: pl.Expr) -> Change:
    written = pl.all_horizontal(pl.col(name).is_not_null() for name in cells)
    return Change(cells, written if fits is None else fits)


def _turned(column: str, **turns: str) -> Change:
    """A code that is written as its neighbour in the list."""
    return Change({column: pl.col(column).replace(turns)}, pl.col(column).is_in(list(turns)).fill_null(False))


def _suffixed(column: str, suffix: str) -> Change:
    return _change(**{column: pl.col(column) + suffix})


def _moved(to: Mapping[str, tuple[str, str, str, str]], by: str) -> Change:
    """Another place of work, by the value of one of its columns; nobody is moved off a chartered train."""
    columns = ("work_region", "work_province", "work_city", "work_county")
    cells = {
        column: pl.col(by).replace_strict({key: place[n] for key, place in to.items()}, default=None)
        for n, column in enumerate(columns)
    }
    fits = pl.col(by).is_in(list(to)) & pl.col("train_no").is_null() & (pl.col("work_region") != "in_county")
    return Change(cells, fits.fill_null(False))


def _place(city: str) -> tuple[str, str, str, str]:
    place = next(place for place in PLACES if place.city == city)
    return place.region, place.province, place.city, place.county


_LAST = pl.col("name").str.tail(1)
_MISSPELT = _change(
    name=pl.col("name").str.head(-1)
    + pl.when(_LAST == "华").then(pl.lit("花")).when(_LAST == "英").then(pl.lit("华")).otherwise(pl.lit("英"))
)
_NO_DATE, _NO_TEXT = pl.lit(None, dtype=pl.Date), pl.lit(None, dtype=pl.String)
NEIGHBOUR = pl.col("neighbour")
"""Another village of the township, or null; `drift` provides it."""
_NEXT_DOOR = Change({"village_code": NEIGHBOUR}, NEIGHBOUR.is_not_null())
_MONTHS, _AMOUNT = pl.col("months_worked"), pl.col("amount")

CHANGES: Mapping[str, tuple[Change, ...]] = {
    "employment": (
        _suffixed("employer", "一分厂"),
        _change(monthly_income=pl.col("monthly_income") + 200_00),
        _change(months_worked=pl.when(_MONTHS > 6).then(_MONTHS - 1).otherwise(_MONTHS + 1)),
        _MISSPELT,
        _suffixed("job", "学徒"),
        _change(started_on=pl.col("started_on").dt.offset_by("-3d")),
        _turned("education", primary="junior_secondary", junior_secondary="primary"),
        _turned("household_type", lifted="unstable", unstable="lifted", lifted_minimum_living="lifted"),
        _turned("skill", ordinary="skilled", skilled="ordinary"),
        _turned("channel", self_found="labour_broker", labour_broker="self_found", enterprise="self_found"),
        _moved({"广州市": _place("佛山市"), "长沙市": _place("株洲市")}, "work_city"),
        _moved({"广东省": _place("宁波市"), "浙江省": _place("广州市")}, "work_province"),
        _moved({"out_of_province": _place("长沙市"), "in_province": _place("广州市")}, "work_region"),
        _turned("work_status", farming="not_working", not_working="farming"),
        _change(
            returned=pl.lit(False), returned_on=_NO_DATE, return_reason=_NO_TEXT, placed_as=_NO_TEXT,
            helped_one_to_one=pl.lit(None, dtype=pl.Boolean), fits=pl.col("returned"),
        ),
        _change(returned_on=pl.col("returned_on").dt.offset_by("1d")),
        _turned("placed_as", enterprise="base", base="enterprise"),
        _NEXT_DOOR,
    ),
    "training": (
        _change(hours=pl.col("hours") + 8),
        _MISSPELT,
        _suffixed("trade", "（初级）"),
        _suffixed("provider", "分校"),
        _suffixed("venue", "教学点"),
        _change(started_on=pl.col("started_on").dt.offset_by("-1d")),
        _change(ended_on=pl.col("ended_on").dt.offset_by("1d")),
        _turned("training_type", employment_skills="labour_brand", labour_brand="employment_skills"),
        _turned("mode", offline="work_and_study", work_and_study="offline"),
        _change(certified=pl.lit(False), certificate_no=_NO_TEXT, fits=pl.col("certified")),
        _NEXT_DOOR,
    ),
    "subsidy": (
        _change(amount=_AMOUNT + pl.when(_AMOUNT > 200_00).then(-100_00).otherwise(50_00)),
        _MISSPELT,
        _change(paid_on=pl.col("paid_on").dt.offset_by("-1d")),
        _change(period_from=pl.col("period_from").dt.offset_by("-1mo")),
        _change(period_to=pl.col("period_to").dt.offset_by("1mo")),
        _turned("subsidy_type", transport="job_seeking", public_post="post"),
        _change(status=pl.lit("applied"), paid_on=_NO_DATE, fits=pl.col("status") == "paid"),
        _change(
            id_no=pl.col("payee_id_no"), name=pl.col("payee_name"),
            fits=(pl.col("payee_relation") == "head") & (pl.col("payee_name") != pl.col("name")),
        ),
        _change(reissue_of=_NO_TEXT, fits=pl.col("reissue_of").is_not_null()),
        _NEXT_DOOR,
    ),
}  # fmt: skip
"""The first three of each fit enough records of even the smallest county."""

THREE_WAY: Mapping[str, tuple[tuple[Change, Change], ...]] = {
    "employment": (
        (_suffixed("employer", "二分厂"), _suffixed("employer", "三分厂")),
        (
            _change(monthly_income=pl.col("monthly_income") + 300_00),
            _change(monthly_income=pl.col("monthly_income") + 500_00),
        ),
        (_suffixed("job", "组长"), _suffixed("job", "（临时）")),
    ),
    "training": ((_suffixed("trade", "（中级）"), _suffixed("trade", "（高级）")),),
    "subsidy": (
        (
            _change(paid_on=pl.col("paid_on").dt.offset_by("-2d")),
            _change(paid_on=pl.col("paid_on").dt.offset_by("-3d")),
        ),
    ),
}
"""What the township and the village each make of a record; no published figure hangs on these columns."""

_ID_CHECK = pl.col("id_no").str.tail(1)
_IDENTITY_FAULTS = (
    Fault(
        "id_checksum", "id_no",
        pl.col("id_no").str.head(17) + pl.when(_ID_CHECK == "1").then(pl.lit("2")).otherwise(pl.lit("1")),
        pl.lit(True),
    ),
    Fault(
        "id_damaged", "id_no",
        pl.format("{}.{}E+17", pl.col("id_no").str.head(1), pl.col("id_no").str.slice(1, 14)), pl.lit(True),
    ),
    Fault("required_missing", "name", pl.lit(""), pl.lit(True)),
)  # fmt: skip


def _about(rule: str, column: str, divisor: int = 1) -> Fault:
    return Fault(rule, column, pl.format("{}左右", pl.col(column) // divisor), pl.col(column).is_not_null())


def _no_day(column: str) -> Fault:
    return Fault("date_invalid", column, pl.lit("2020年13月45日"), pl.col(column).is_not_null())


FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "employment": (*_IDENTITY_FAULTS, _about("amount_invalid", "monthly_income", 100), _no_day("started_on")),
    "training": (*_IDENTITY_FAULTS, _about("integer_invalid", "hours"), _no_day("started_on")),
    "subsidy": (*_IDENTITY_FAULTS, _about("amount_invalid", "amount", 100), _no_day("paid_on")),
}
