"""Cells of one column of the employment ledger, cleaned."""

import polars as pl

from taizhang.clean import clean
from taizhang.contract import contracts

EMPLOYMENT = contracts()["employment"]


def cleaned(column: str, *texts: str | None, number: bool = False) -> tuple[list[object], list[set[str]]]:
    """The values, and for each the rules that it breaks."""
    cells = pl.DataFrame({column: pl.Series(texts, dtype=pl.String), f"{column}#": [number] * len(texts)})
    result = clean(cells, [EMPLOYMENT.column(column)])
    rules = [name for name in result.columns if "|" in name]
    broken = [{rule.split("|")[1] for rule in rules if row[rule]} for row in result.iter_rows(named=True)]
    return result[column].to_list(), broken
