"""Totals that a sheet states, against the sums of its records."""

from collections.abc import Iterator

import polars as pl

from taizhang.contract import Column, Contract
from taizhang.validate.finding import finding
from taizhang.validate.flags import any_of, rejecting

_ROUNDING = 0.005  # yuan


def wrong_totals(
    records: pl.DataFrame, typed: pl.DataFrame, flags: pl.DataFrame, contract: Contract
) -> Iterator[pl.LazyFrame]:
    """Totals that a sheet states against the sums of its records; not where one of them could not be read."""
    if not records["total"].is_not_null().any():
        return
    is_record = records["footer"].is_null().alias("is_record")
    facts = typed.hstack([records["total"], is_record, *records.select(*_told_in_words()).get_columns()])
    yield from _wrong_counts(facts, contract)
    for column in _added_up(contract):
        in_doubt = typed["part"].filter(any_of(flags, rejecting(flags.columns, column.name), records.height))
        is_sure = ~pl.col("part").is_in(in_doubt.implode())
        is_payment = column.kind == "money" and column.totalled
        stated = pl.coalesce(column.name, *(["amount told"] if is_payment else []))
        told = _summed(facts.filter(is_sure), stated, pl.col(column.name)).pipe(_differing, _ROUNDING)
        yield finding(told, column, "total_differs", _number("stated"), expected=_number("expected"))


def _told_in_words() -> Iterator[pl.Expr]:
    """The people and the yuan of a total that one cell tells: 合计：2人，900元."""
    footer = pl.when(pl.col("total").is_not_null()).then("footer")
    people = footer.str.extract(r"(?m)(?:计[:：]?\s*|^\s*)共?(\d+)\s*人次?(?:[,，、;；。\s]|$)")
    yield people.cast(pl.Int64, strict=False).alias("people told")
    amount = footer.str.extract_groups(r"(?<whole>\d{1,3}(?:,\d{3})+|\d+)(?<rest>\.\d+)?\s*(?<unit>万?)元")
    yuan = pl.concat_str(amount.struct["whole"].str.replace_all(",", ""), amount.struct["rest"].fill_null(""))
    scale = pl.when(amount.struct["unit"] == "万").then(10_000).otherwise(1)
    yield (yuan.cast(pl.Float64, strict=False) * scale).alias("amount told")


def _wrong_counts(facts: pl.DataFrame, contract: Contract) -> Iterator[pl.LazyFrame]:
    """Totals of people that are neither so many rows nor so many persons."""
    persons = facts.filter("is_record").group_by("part").agg(pl.col("id_no").n_unique().alias("persons"))
    counted = _summed(facts, pl.col("people told"), pl.lit(1)).join(persons, on="part", how="left")
    told = counted.filter(pl.col("stated") != pl.col("persons").fill_null(0)).pipe(_differing, 0)
    people = (pl.concat_str(pl.col(name).cast(pl.Int64), pl.lit("人")) for name in ("stated", "expected"))
    yield finding(told, contract.column("name"), "total_differs", next(people), expected=next(people))


def _added_up(contract: Contract) -> Iterator[Column]:
    """The columns whose cells make a sum, as amounts and months do, and ages do not."""
    return (column for column in contract.columns if column.kind in ("money", "integer") and not column.advisory)


def _summed(facts: pl.DataFrame, stated: pl.Expr, counted: pl.Expr) -> pl.DataFrame:
    """What totals have `stated`, beside the sums of what is counted in the records of their sheet.

    `sum` is that of all, `until` of those above, `since` of those below the last total that is no part of this one.
    """
    recorded = pl.when("is_record").then(counted).fill_null(0)
    totals = (
        facts.with_columns(recorded.sum().over("part").alias("sum"), recorded.cum_sum().over("part").alias("until"))
        .filter(pl.col("total").is_not_null())
        .with_columns(stated.alias("stated"))
    )
    before = [
        pl.when(pl.col("total") >= level).then("until").forward_fill().shift(1).over("part").fill_null(0)
        for level in (1, 2, 3)
    ]
    since = [pl.when(pl.col("total") == level).then(pl.col("until") - before[level - 1]) for level in (1, 2, 3)]
    return totals.with_columns(pl.coalesce(since).alias("since"))


def _differing(totals: pl.DataFrame, by: float) -> pl.LazyFrame:
    """Totals that differ by more than so much from each sum that may be meant, beside the likeliest."""
    is_off = [(pl.col("stated") - pl.col(meant)).abs() > by for meant in ("sum", "until", "since")]
    likeliest = pl.when(pl.col("since") != 0).then("since").otherwise("sum")
    return totals.filter(*is_off).with_columns(likeliest.alias("expected")).lazy()


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_suffix(".0")
