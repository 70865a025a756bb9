"""What is told of a rule that is broken."""

import re
from collections.abc import Iterator

import polars as pl

from taizhang.clean import without_fraction
from taizhang.contract import Column, Contract
from taizhang.rules import RULES

_QUOTED = 100
"""Characters of a value that a message quotes."""
_FINDING_SCHEMA = {
    "part": pl.UInt32,
    "row_number": pl.Int64,
    "column_name": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "message": pl.String,
}


def findings_of(records: pl.DataFrame, flags: pl.DataFrame, contract: Contract) -> Iterator[pl.LazyFrame]:
    """The findings of every flag, with the text of the cell; of none, an empty frame."""
    yield pl.LazyFrame(schema=_FINDING_SCHEMA)
    if not flags.width:
        return
    told = records.hstack(flags.get_columns()).filter(pl.any_horizontal(flags.columns)).lazy()
    for flag in flags.columns:
        column_name, rule_id = flag.split("|")
        value = _shown(pl.col(column_name)) if column_name in records.columns else pl.lit(None, dtype=pl.String)
        yield finding(told.filter(flag), contract.column(column_name), rule_id, value)


def _shown(text: pl.Expr) -> pl.Expr:
    """A cell as it looks: a workbook gives a whole number a fraction, and a day an hour, that it does not show."""
    return without_fraction(text).str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "$1")


def finding(rows: pl.LazyFrame, column: Column, rule_id: str, value: pl.Expr, **told: pl.Expr) -> pl.LazyFrame:
    """Findings of one rule; `told` fills further placeholders of its message."""
    rule = RULES[rule_id]
    return rows.select(
        pl.col("part").cast(pl.UInt32),
        "row_number",
        pl.lit(column.name).alias("column_name"),
        pl.lit(rule_id).alias("rule"),
        pl.lit(rule.severity).alias("severity"),
        value.alias("value"),
        _filled_in(rule.message.replace("{label}", column.label), {"value": value, **told}).alias("message"),
    )


def _filled_in(template: str, values: dict[str, pl.Expr]) -> pl.Expr:
    pieces = re.split(r"\{(\w+)\}", template)  # text and placeholders by turns
    return pl.concat_str(
        _quoted(values[piece].fill_null("")) if number % 2 else pl.lit(piece) for number, piece in enumerate(pieces)
    )


def _quoted(value: pl.Expr) -> pl.Expr:
    """A value as a message quotes it: a cell of a workbook holds 32,767 characters, which a message then would not."""
    return pl.when(value.str.len_chars() > _QUOTED).then(value.str.head(_QUOTED) + "…").otherwise(value)
