"""Records against their contract, of many sheets together."""

from dataclasses import dataclass

import polars as pl

from taizhang.clean import CLEANERS, clean
from taizhang.consistency import rounded_alike, without_nothing_earned
from taizhang.contract import Contract
from taizhang.validate.divisions import divisions_named
from taizhang.validate.finding import findings_of
from taizhang.validate.flags import any_of, flags_of, rejecting
from taizhang.validate.totals import wrong_totals

_POLARS_TYPE = {"boolean": pl.Boolean(), "date": pl.Date(), "integer": pl.Int64(), "numeric(14,2)": pl.Float64()}


@dataclass(frozen=True)
class Validated:
    """`typed` has `part`, `row_number`, `is_rejected` and the contract's raw columns, footers left out.

    `findings` has one row for each rule that a cell (or a row, or a total) breaks.
    """

    typed: pl.DataFrame
    findings: pl.DataFrame


def validate(records: pl.DataFrame, contract: Contract, in_ten_thousands: frozenset[str]) -> Validated:
    """Type the records that `taizhang.records.lay_out` gives, of any number of parts, and find what is wrong.

    Each row says of what `part` it is, of what `file` and `period`, on which day it was `handed_in_on`, and by which
    divisions: `own_township` and `own_village`. `in_ten_thousands` names the columns whose header says 万元.
    """
    written = [column for column in contract.columns if column.name in records.columns]
    cleaned = clean(records, [column for column in written if column.kind in CLEANERS], in_ten_thousands)
    cleaned = rounded_alike(without_nothing_earned(cleaned), records["file"], contract)
    cleaned = _advised(cleaned, contract).hstack(divisions_named(records).get_columns())
    typed = _typed(records, cleaned, contract)
    flags = flags_of(records, typed, cleaned, contract)
    is_rejected = any_of(flags, rejecting(flags.columns), records.height)
    is_record = records["footer"].is_null()
    return Validated(
        typed.with_columns(is_rejected.alias("is_rejected")).filter(is_record),
        pl.concat([*findings_of(records, flags, contract), *wrong_totals(records, typed, flags, contract)])
        .sort("part", "row_number", maintain_order=True)
        .collect(),
    )


def _advised(cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Whatever is wrong in a column that only repeats another is told as one warning."""
    for column in contract.columns:
        told = [name for name in cleaned.columns if column.advisory and name.startswith(f"{column.name}|")]
        if told:
            unread = pl.any_horizontal(told).alias(f"{column.name}|advisory_unread")
            cleaned = cleaned.with_columns(unread).drop(told)
    return cleaned


def _typed(records: pl.DataFrame, cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The raw columns of each record in their types, empty where the sheet has none."""
    values = (pl.col(name) if name in cleaned.columns else pl.lit(None).alias(name) for name in contract.raw_columns)
    types = pl.Schema({name: _POLARS_TYPE.get(sql, pl.String()) for name, sql in contract.raw_columns.items()})
    return records.select("part", "row_number").hstack(cleaned.select(values).cast(types).get_columns())
