"""The cells of a column as a cleaner sees them, what says nothing in any column, and what a cleaner gives."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import polars as pl

from taizhang.contract import Column
from taizhang.survey import UNCOMPUTED

FORMULA_ERROR = rf"^(#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!)|Err:\d{{3}}|{UNCOMPUTED})$"
MERGED = "（合并单元格）"
"""Ends an amount that stands in a merged cell of several rows."""
_DITTO = r"^(同上|〃|″|\"|同前)$"
_PLACEHOLDER = r"^(无|不详|暂无|未知|/|-+|—+|N/?A|null|0{6,}|999999\d*)$"
_DIGITS_OF_A_NUMBER = 15
"""A workbook keeps no more digits of what it stores as a number."""

Result = TypeVar("Result")
Asking: TypeAlias = Generator[pl.Expr, pl.Expr, Result]
"""A cleaner at work, or a part of one: for each expression that it yields it is sent one of the result."""


@dataclass(frozen=True)
class Cleaned:
    """`value` in the contract's type, null where nothing is written; `broken` by rule; `precision` of a date."""

    value: pl.Expr
    broken: dict[str, pl.Expr] = field(default_factory=dict)
    precision: pl.Expr | None = None


Steps: TypeAlias = Asking[Cleaned]


@dataclass(frozen=True)
class Cell:
    """The cells of a column: trimmed text, whether each was stored as a number, and how the header scales them."""

    column: Column
    scale: int = 1

    @property
    def text(self) -> pl.Expr:
        return pl.col(self.column.name)

    @property
    def is_number(self) -> pl.Expr:
        return pl.col(f"{self.column.name}#")

    @property
    def folded(self) -> pl.Expr:
        """The text with full width brought to half width and without inner white space."""
        return folded(self.text)

    @property
    def plain_number(self) -> pl.Expr:
        """The folded text without the `.0` that a workbook gives to a whole number."""
        return without_fraction(self.folded)

    def is_rounded(self, spelt: pl.Expr) -> pl.Expr:
        """Whether a workbook has made a number of the digits that `spelt` had, and lost the last of them."""
        is_too_long = self.is_number & spelt.str.len_chars().gt(_DIGITS_OF_A_NUMBER)
        return spelt.str.contains(r"^\d(\.\d+)?[Ee]\+?\d+$") | is_too_long


def folded(text: pl.Expr) -> pl.Expr:
    """The text in half width and without white space.

    One with ① or ² keeps its width: the mark of a footnote would become a digit of the number that it stands at.
    """
    has_mark = text.str.contains(r"\p{No}")
    return pl.when(has_mark).then(text).otherwise(text.str.normalize("NFKC")).str.replace_all(r"\s", "")


def without_fraction(text: pl.Expr) -> pl.Expr:
    """The text without the `.0` that a workbook gives to a whole number."""
    return text.str.replace(r"^(-?\d+)\.0$", "$1")


def unless(pattern: str, text: pl.Expr) -> pl.Expr:
    """The text, or null where it is what the pattern describes."""
    return pl.when(~text.str.contains(pattern)).then(text)


def unless_placeholder(text: pl.Expr) -> pl.Expr:
    """The text, or null where it says that there is nothing to say."""
    return unless(_PLACEHOLDER, text)


def is_ditto(text: pl.Expr) -> pl.Expr:
    """Whether a cell only says that it is as the one above."""
    return text.str.contains(_DITTO)
