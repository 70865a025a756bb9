"""Which township and village a record is of."""

from collections.abc import Iterator
from functools import cache

import polars as pl

from taizhang.clean import is_ditto
from taizhang.division import NOT_NAMED, OFFICE_SUFFIX, children, county, names_within


def divisions_named(records: pl.DataFrame) -> pl.DataFrame:
    """Township and village (in the form of `clean`): as the row names them, else those whose extract it is."""
    records = _parted(records)
    township, village = _text(records, "township_code"), _text(records, "village_code")
    inside = pl.coalesce("#township", "own_township")
    return (
        records.with_columns(_resolved(township, pl.lit(""), _township_codes()).alias("#township"))
        .with_columns(_resolved(village, inside, _village_codes()).alias("#village"))
        .select(*_told("township", township), *_told("village", village))
    )


def _told(level: str, text: pl.Expr) -> Iterator[pl.Expr]:
    """The code of a row's division of this level, and where the text that names it breaks a rule."""
    column, named, own, ditto = f"{level}_code", pl.col(f"#{level}"), pl.col(f"own_{level}"), is_ditto(text)
    yield pl.coalesce(named, own).alias(column)
    yield ditto.alias(f"{column}|value_ditto")
    yield (text.is_not_null() & ~ditto & named.is_null()).alias(f"{column}|{level}_unknown")
    yield (named != own).alias(f"{column}|{level}_elsewhere")


def _parted(records: pl.DataFrame) -> pl.DataFrame:
    """The records, 洞口县高沙镇云峰村 parted into township and village where no other cell names the township."""
    is_whole = _text(records, "village_code").str.contains(_whole_name())
    if not records.select(is_whole.any()).item():
        return records
    township = _text(records, "township_code")
    names = pl.col("village_code").str.replace_all(r"\s", "").str.extract_groups(_whole_name())
    is_parted = township.is_null() & is_whole
    return records.with_columns(
        pl.when(is_parted).then(names.struct["township"]).otherwise(township).alias("township_code"),
        pl.when(is_parted).then(names.struct["village"]).otherwise("village_code").alias("village_code"),
    )


@cache
def _whole_name() -> str:
    names = [township.name for township in children(county().code)]
    spellings = "|".join([*names, *(name.replace("瑶族乡", "乡") for name in names if name.endswith("瑶族乡"))])
    above = rf"(?:\p{{Han}}{{2,3}}省)?(?:\p{{Han}}{{2,3}}市)?(?:{county().name})?"
    return rf"^\s*{above}(?<township>{spellings})(?<village>.+)$"


def _text(records: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in records.columns else pl.lit(None, pl.String)


def _resolved(text: pl.Expr, inside: pl.Expr, codes: dict[str, str]) -> pl.Expr:
    """Codes of the divisions that a column names: as it is written, or else without the name of an office."""
    bare = text.str.replace_all(NOT_NAMED, "")
    spellings = bare, bare.str.replace(OFFICE_SUFFIX, "")
    return pl.coalesce(
        pl.concat_str(inside, pl.lit("|"), spelling).replace_strict(codes, default=None, return_dtype=pl.String)
        for spelling in spellings
    )


@cache
def _township_codes() -> dict[str, str]:
    return {f"|{name}": code for name, code in names_within(county().code).items()}


@cache
def _village_codes() -> dict[str, str]:
    return {
        f"{township.code}|{name}": code
        for township in children(county().code)
        for name, code in names_within(township.code).items()
    }
