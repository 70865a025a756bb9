"""All columns of a frame, each cleaned as its kind is.

A text is cleaned once, however many cells of its column hold it. A cleaner yields each intermediate step and goes on
with its result; all columns take their steps together, as what a round costs is its planning more than its rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

import polars as pl

from taizhang.clean import choice, day, identity, number, quantity, words
from taizhang.clean.cell import FORMULA_ERROR, MERGED, Cell, Cleaned, Steps, is_ditto
from taizhang.contract import Column, Kind

_STORED_AS_NUMBER = "\x00"
"""Ends a text that was a number in the workbook; no cell holds it, as characters that cannot be seen are gone."""
CLEANERS: dict[Kind, Callable[[Cell], Steps]] = {
    "text": words.text,
    "name": words.name,
    "id_number": identity.id_number,
    "paper_number": number.paper_number,
    "phone": number.phone,
    "account": number.account,
    "code": choice.code,
    "codes": choice.codes,
    "yes_no": choice.yes_no,
    "date": day.date_,
    "integer": quantity.integer,
    "money": quantity.money,
}
"""Cleaner of each kind but divisions, which are resolved against those of the extract (`taizhang.validate`)."""


def clean(
    cells: pl.DataFrame, columns: Sequence[Column], in_ten_thousands: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """Clean columns of trimmed text; refuse 同上, errors of formulas and merged amounts, which say nothing themselves.

    `cells` has a column of text for each of `columns`, and may have `<name>#`, which says whether a cell was stored as
    a number. What comes out has for each column its value as `<name>`, the precision of a date as `<name>_precision`,
    and, for each rule that some cell breaks, `<name>|<rule>`, which is true there.
    """
    texts, places = _distinct(cells, [column.name for column in columns])
    plans = [_plan(Cell(column, 10_000 if column.name in in_ten_thousands else 1)) for column in columns]
    for steps in zip_longest(*(plan.steps for plan in plans)):
        texts = texts.with_columns(step for step in steps if step is not None)
    return _put_back(texts.select(part for plan in plans for part in plan.parts), places)


def _distinct(cells: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts of each column, each once, beside whether it was a number; and for each cell, which of them it is."""
    kept = {name: pl.Categorical(pl.Categories.random()) for name in names}
    encoded = cells.select(_keys(cells, name).cast(categories) for name, categories in kept.items())
    places = encoded.select(pl.all().to_physical())
    counts = places.select((pl.all().max() + 1).fill_null(0)).row(0, named=True)
    keys = [
        pl.select(pl.int_range(counts[name], dtype=pl.UInt32).cat.to(categories).cast(pl.String).alias(name))
        for name, categories in kept.items()
    ]
    texts = pl.concat(keys, how="horizontal_extend").select(
        pl.all().str.strip_suffix(_STORED_AS_NUMBER), pl.all().str.ends_with(_STORED_AS_NUMBER).name.suffix("#")
    )
    return texts, places


def _keys(cells: pl.DataFrame, name: str) -> pl.Expr:
    """A column's texts, of which one that was stored as a number is another than the same stored as text."""
    mask = f"{name}#"
    if mask not in cells.columns:
        return pl.col(name)
    return pl.when(mask).then(pl.col(name) + _STORED_AS_NUMBER).otherwise(name).alias(name)


def _put_back(parts: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """What was found for each text, for each cell that holds it; without the rules that no text breaks."""
    return places.select(
        pl.lit(part).gather(name.split("|")[0].removesuffix("_precision")).alias(name)
        for name, part in parts.to_dict().items()
        if "|" not in name or part.any()
    )


@dataclass(frozen=True)
class _Plan:
    """The steps that clean a column, of which each needs those before it, and the parts that they come to."""

    steps: tuple[pl.Expr, ...]
    parts: tuple[pl.Expr, ...]


@cache
def _plan(cell: Cell) -> _Plan:
    """The plan of a column, which is the same whatever its cells hold."""
    cleaner = _steps(cell)
    steps: list[pl.Expr] = []
    try:
        asked = next(cleaner)
        while True:
            name = f"{cell.column.name}@{len(steps)}"
            steps.append(asked.alias(name))
            asked = cleaner.send(pl.col(name))
    except StopIteration as last:
        return _Plan(tuple(steps), tuple(_parts(cell.column.name, last.value)))


def _steps(cell: Cell) -> Steps:
    """The kind's cleaner, whose rules are not asked of a cell that says nothing itself."""
    ditto = yield is_ditto(cell.text)
    error = yield cell.text.str.contains(FORMULA_ERROR)
    merged = yield cell.text.str.ends_with(MERGED)
    cleaned = yield from CLEANERS[cell.column.kind](cell)
    broken = {rule: condition & ~ditto & ~error & ~merged for rule, condition in cleaned.broken.items()}
    itself = {"value_ditto": ditto, "value_error": error, "value_merged": merged}
    return Cleaned(cleaned.value, itself | broken, cleaned.precision)


def _parts(name: str, cleaned: Cleaned) -> Iterator[pl.Expr]:
    yield cleaned.value.alias(name)
    if cleaned.precision is not None:
        yield cleaned.precision.alias(f"{name}_precision")
    for rule, broken in cleaned.broken.items():
        yield broken.fill_null(value=False).alias(f"{name}|{rule}")
