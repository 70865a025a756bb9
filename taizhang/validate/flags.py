"""Where records break rules: a mask for each `column|rule`."""

from collections.abc import Iterable, Iterator

import polars as pl

from taizhang.consistency import contradictions, repetitions
from taizhang.contract import Contract
from taizhang.rules import RULES


def flags_of(records: pl.DataFrame, typed: pl.DataFrame, cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """A mask for each `column|rule` that some record breaks."""
    facts = cleaned.select(pl.col("^.*\\|.*$")).hstack(typed.get_columns())
    facts = facts.hstack(records.select("file", "period", "handed_in_on", "footer").get_columns())
    broken = {name: pl.col(name) for name in cleaned.columns if "|" in name}
    broken |= dict(_missing(cleaned, contract))
    for name, rule in contradictions(facts, contract, written=set(records.columns)).items():
        broken[name] = rule & ~_is_refused(facts.columns, rule.meta.root_names())
    for name, rule in repetitions(facts, contract).items():
        broken[name] = rule & ~_is_refused(facts.columns, contract.key)
    is_record = pl.col("footer").is_null()
    masks = facts.select((mask.fill_null(value=False) & is_record).alias(name) for name, mask in broken.items())
    is_broken = masks.select(pl.all().any()).row(0, named=True)
    return masks.select(name for name, any_broken in is_broken.items() if any_broken)


def _is_refused(names: list[str], columns: Iterable[str]) -> pl.Expr:
    """Whether a cell of these columns cannot be taken: what it would have said beside others nobody knows."""
    told = [name for column in columns for name in rejecting(names, column)]
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(name).fill_null(value=False) for name in told))


def _missing(cleaned: pl.DataFrame, contract: Contract) -> Iterator[tuple[str, pl.Expr]]:
    """Where a required cell is empty, be it that what is written cannot be taken, and its row is not refused for it."""
    for column in contract.columns:
        if column.name in cleaned.columns and (column.required or column.kind in ("township", "village")):
            is_told = _is_refused(cleaned.columns, [column.name])
            yield f"{column.name}|required_missing", pl.col(column.name).is_null() & ~is_told


def rejecting(names: Iterable[str], column: str | None = None) -> list[str]:
    """Of names as `column|rule`, and others, those (of that column) whose rule rejects a row."""
    parts = (name.split("|") for name in names if "|" in name)
    wanted = (part for part in parts if column is None or part[0] == column)
    return ["|".join(part) for part in wanted if RULES[part[1]].severity == "error"]


def any_of(flags: pl.DataFrame, names: list[str], height: int) -> pl.Series:
    """Whether each of so many records has one of the named flags."""
    if not names:
        return pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    return flags.select(pl.any_horizontal(names)).to_series()
