"""Rules between the columns of a record, and between the records of an extract.

Each is an expression over typed columns that is true where the rule is broken, told at a cell that is filled
in. They are warnings: of two cells that contradict each other either may be right, so the row passes as it is.
"""

from collections.abc import Mapping

import polars as pl

from taizhang.clean import ROUNDED
from taizhang.contract import Contract
from taizhang.division import CITIES, CITY, PROVINCE, county, names_within

_YOUNGEST_WORKER = 16  # Labour Law of the People's Republic of China, article 15
_OLDEST_IN_PUBLIC_POST = 69
_HOUSEHOLDS_OF_A_SHARED_PHONE = 3

_born = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
_is_male_by_id = pl.col("id_no").str.slice(16, 1).cast(pl.Int8, strict=False) % 2 == 1


def _age_on(day: pl.Expr) -> pl.Expr:
    had_birthday = day.dt.strftime("%m%d") >= _born.dt.strftime("%m%d")
    return day.dt.year() - _born.dt.year() - (~had_birthday).cast(pl.Int32)


def _age_at(column: str) -> pl.Expr:
    """Age at a date, at the latest day that its precision allows."""
    precision, day = pl.col(f"{column}_precision"), pl.col(column)
    return _age_on(
        pl.when(precision == "month")
        .then(day.dt.month_end())
        .when(precision == "year")
        .then(day.dt.offset_by("11mo").dt.month_end())
        .otherwise(day)
    )


def _in_future(column: str) -> pl.Expr:
    return pl.col(column) > pl.col("handed_in_on")


def _ends_before(start: str, end: str) -> pl.Expr:
    """Whether the end lies before the start, at the coarser of the two precisions."""
    year, month = pl.lit("year"), pl.lit("month")
    precisions = pl.col(f"{start}_precision"), pl.col(f"{end}_precision")
    by_year = pl.any_horizontal(precision == year for precision in precisions)
    by_month = pl.any_horizontal(precision == month for precision in precisions)
    return (
        pl.when(by_year)
        .then(pl.col(end).dt.truncate("1y") < pl.col(start).dt.truncate("1y"))
        .when(by_month)
        .then(pl.col(end).dt.truncate("1mo") < pl.col(start).dt.truncate("1mo"))
        .otherwise(pl.col(end) < pl.col(start))
    )


_is_working = pl.col("work_status") == "working_away"
_is_below_age = (_age_on(pl.col("handed_in_on")) < _YOUNGEST_WORKER) & pl.col("started_on").is_null()
"""Below the age of work on the day of handing in; where a start is told, the age at the start is looked at."""
_is_away = pl.col("work_region").is_in(["in_province", "out_of_province", "abroad"])
_IN_COUNTY = rf"{county().name.removesuffix('县')}|^本县|^县内"
_TOWNSHIPS = "|".join(names_within(county().code))
_MAY_BE_HERE = rf"{_IN_COUNTY}|^[本当]地|^县城|{CITY}市?$|^{PROVINCE}省?$|^本[市省]|^({_TOWNSHIPS})$"
"""The county, what it lies in, and its townships: whose work is at home may name any of them."""
_IN_PROVINCE = "|".join((_IN_COUNTY, "^本省", PROVINCE, *CITIES))


def _unlike_region(column: str) -> pl.Expr:
    """Whether a place of work is known to lie outside the region that the row tells."""
    region, place = pl.col("work_region"), pl.col(column)
    is_ours = place.str.contains(_IN_PROVINCE)
    outside = region.is_in(["out_of_province", "abroad"]) & is_ours
    if column == "work_province":
        return outside | (region.is_in(["in_county", "in_province"]) & ~is_ours)
    elsewhere = (region == "in_county") & ~place.str.contains(_MAY_BE_HERE)
    at_home = (region == "in_province") & place.str.contains(_IN_COUNTY)
    return outside | elsewhere | at_home


_months_since_start = pl.col("period").dt.month() - pl.col("started_on").dt.month() + 1
_began_this_year = (pl.col("started_on").dt.year() == pl.col("period").dt.year()) & (
    pl.col("started_on_precision") != "year"
)

_gender_by_id = pl.when(_is_male_by_id).then(pl.lit("male")).otherwise(pl.lit("female"))

_born_otherwise = (
    pl.when(pl.col("birth_date_precision") == "year")
    .then(pl.col("birth_date").dt.year() != _born.dt.year())
    .when(pl.col("birth_date_precision") == "month")
    .then(pl.col("birth_date") != _born.dt.month_start())
    .otherwise(pl.col("birth_date") != _born)
)

# A ledger may be a year old, and many count by calendar years, from one (虚岁).
_AGE = {
    "age|age_unlike_id": ~pl.col("age").is_between(
        _age_on(pl.col("handed_in_on")) - 1, pl.col("handed_in_on").dt.year() - _born.dt.year() + 1
    )
}
_COMMON = {
    **_AGE,
    "birth_date|birth_date_unlike_id": _born_otherwise,
    "gender|gender_unlike_id": pl.col("gender").is_in(["male", "female"])
    & _is_male_by_id.is_not_null()
    & (pl.col("gender") != _gender_by_id),
}
_RULES: Mapping[str, Mapping[str, pl.Expr]] = {
    "employment": {
        **_COMMON,
        "started_on|date_in_future": _in_future("started_on"),
        "returned_on|date_in_future": _in_future("returned_on"),
        "ended_on|end_before_start": _ends_before("started_on", "ended_on"),
        "ended_on|date_in_future": _in_future("ended_on") & (pl.col("work_status") == "not_working"),
        "started_on|age_below_limit": _age_at("started_on") < _YOUNGEST_WORKER,
        "channel|public_post_above_age": (pl.col("channel") == "public_post")
        & (_age_on(pl.col("handed_in_on")) > _OLDEST_IN_PUBLIC_POST),
        "work_status|work_below_age": _is_working & _is_below_age,
        "channel|work_below_age": (pl.col("channel") == "public_post") & _is_below_age,
        "returned|return_without_date": pl.col("returned") & pl.col("returned_on").is_null(),
        "returned_on|return_date_without_return": ~pl.col("returned").fill_null(value=False)
        & pl.col("returned_on").is_not_null(),
        **{
            f"{column}|place_unlike_region": _unlike_region(column)
            for column in ("work_province", "work_city", "work_county")
        },
        "channel|channel_unlike_region": pl.col("channel").is_in(["workshop", "public_post"]) & _is_away,
        "work_status|work_without_region": _is_working & pl.col("work_region").is_null(),
        "months_worked|months_beyond_start": (pl.col("months_worked") > pl.col("period").dt.month())
        | (_began_this_year & (pl.col("months_worked") > _months_since_start)),
        "skill|skill_unlike_work": _is_working & pl.col("skill").is_in(["lost", "none"]),
    },
    "training": {
        **_COMMON,
        "started_on|date_in_future": _in_future("started_on"),
        "ended_on|end_before_start": _ends_before("started_on", "ended_on"),
        "started_on|age_below_limit": _age_at("started_on") < _YOUNGEST_WORKER,
        "certificate_no|certificate_unlike_result": ~pl.col("certified") & pl.col("certificate_no").is_not_null(),
    },
    "subsidy": {
        **_AGE,
        "paid_on|date_in_future": _in_future("paid_on"),
        "period_from|date_in_future": _in_future("period_from"),
        "period_to|end_before_start": _ends_before("period_from", "period_to"),
        "status|paid_without_date": (pl.col("status") == "paid") & pl.col("paid_on").is_null(),
        "fail_reason|failure_unlike_status": (pl.col("status") == "paid") & pl.col("fail_reason").is_not_null(),
        "payee_id_no|payee_unlike_relation": (pl.col("payee_relation") == "self")
        & (pl.col("payee_id_no") != pl.col("id_no")),
    },
}


def without_nothing_earned(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Of who does not work for pay, an income of 0 is said rightly, and says what an empty cell says.

    `cleaned` is as `taizhang.clean.clean` gives it.
    """
    told = "monthly_income|amount_out_of_range"
    if told not in cleaned.columns or "work_status" not in cleaned.columns:
        return cleaned
    nothing = (pl.col("monthly_income") == 0) & pl.col("work_status").is_in(["not_working", "farming"])
    is_nothing = nothing.fill_null(value=False)
    return cleaned.with_columns(
        pl.when(~is_nothing).then("monthly_income").alias("monthly_income"), pl.col(told) & ~is_nothing
    )


def rounded_alike(cleaned: pl.DataFrame, file: pl.Series, contract: Contract) -> pl.DataFrame:
    """Of the numbers of a column that a workbook has rounded, one in eleven has the right check digit by chance.

    It is refused beside others of its file, unless there are more that are right: of a thousand people one has a number
    that ends so. `cleaned` is as `taizhang.clean.clean` gives it.
    """
    flags = {column.name: f"{column.name}|id_damaged" for column in contract.columns}
    return cleaned.with_columns(
        pl.col(flag) | (is_rounded & (wrong.sum() >= right.sum()).over(pl.lit(file)))
        for name, flag in flags.items()
        if flag in cleaned.columns
        for is_rounded in [pl.col(name).str.contains(ROUNDED).fill_null(value=False)]
        for wrong, right in [(is_rounded & pl.col(flag), is_rounded & ~pl.col(flag))]
    )


def contradictions(typed: pl.DataFrame, contract: Contract, written: set[str]) -> dict[str, pl.Expr]:
    """Where records contradict themselves, by `column|rule`.

    `typed` has the contract's raw columns, `period`, `handed_in_on` and `file`; `written` are the columns that
    the sheets have: of another one there is nothing to tell a clerk.
    """
    rules = {name: broken for name, broken in _RULES[contract.ledger].items() if name.split("|")[0] in written}
    shared = {"phone|phone_shared": _is_shared_phone(typed)} if "phone" in written else {}
    return rules | _beyond_type(contract) | shared


def _beyond_type(contract: Contract) -> dict[str, pl.Expr]:
    """Payments of more than is usual for their type, where the contract says what is usual."""
    for column in contract.columns:
        usual = {code.value: code.usual_maximum for code in column.codes if code.usual_maximum is not None}
        if usual:
            most = pl.col(column.name).replace_strict(usual, default=None, return_dtype=pl.Float64)
            return {"amount|amount_unlike_type": pl.col("amount") > most}
    return {}


def _is_shared_phone(typed: pl.DataFrame) -> pl.Expr:
    """A phone that several households of one file have; a household is one person where its number is not told."""
    household = pl.col("id_no")
    if "household_no" in typed.columns:
        household = pl.coalesce("household_no", household)
    households = household.n_unique().over("file", "period", "phone")
    return pl.col("phone").is_not_null() & (households >= _HOUSEHOLDS_OF_A_SHARED_PHONE)


def repetitions(typed: pl.DataFrame, contract: Contract) -> dict[str, pl.Expr]:
    """Where a record stands twice in one file, and among them a row that is the same in every column."""
    extract = ("file", "period")
    is_whole = pl.all_horizontal(pl.col(name).is_not_null() for name in contract.key)
    same_key = pl.struct(*extract, *contract.key).is_duplicated() & is_whole
    if not typed.select(same_key.any()).item():
        return {}
    same_row = pl.struct(*extract, *contract.raw_columns).is_duplicated() & is_whole
    column = contract.key[-1]
    return {f"{column}|row_repeated": same_row, f"{column}|record_repeated": same_key & ~same_row}
