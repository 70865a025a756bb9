"""A ledger of the demo county as frames: one a level, typed as the contract types its columns.

Money is in fen. Beside the contract's columns a frame has `record`, which is the same at all three levels
for the same record, and where a cell is spoilt `fault_column`, `fault_rule` and `fault_text`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from taizhang.contract import Contract, contracts
from taizhang.division import Level

LEVELS: tuple[Level, ...] = ("county", "township", "village")
FAULT_COLUMNS = ("fault_column", "fault_rule", "fault_text")
_TYPE_OF_KIND = {"yes_no": pl.Boolean, "date": pl.Date, "integer": pl.Int64, "money": pl.Int64}


@dataclass(frozen=True)
class Ledger:
    """What the levels that keep it hold of one ledger and period, rows in the order of filing."""

    name: str
    period: date
    levels: Mapping[Level, pl.DataFrame]

    @property
    def contract(self) -> Contract:
        return contracts()[self.name]


def as_ledger_frame(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with every column of the contract, empty where none is given, ordered by village.

    The empty text is nothing written. Other columns, such as `person`, are kept behind the contract's.
    """
    typed = [
        (pl.col(column.name) if column.name in rows.columns else pl.lit(None))
        .cast(_TYPE_OF_KIND.get(column.kind, pl.String))
        .alias(column.name)
        for column in contracts()[name].columns
    ]
    others = [other for other in rows.columns if other not in {c.name for c in contracts()[name].columns}]
    return (
        rows.select(*typed, *others)
        .with_columns(pl.col(pl.String).replace("", None))
        .sort("village_code", maintain_order=True)
    )


def filed_by(level: Level) -> pl.Expr:
    """Code of the division in whose extract a row of that level's ledger stands."""
    if level == "county":
        return pl.col("township_code").str.head(6) + "000000"
    return pl.col(f"{level}_code")
