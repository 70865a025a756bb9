"""One cell of each kind: what a clerk may write, and what we make of it.

Each kind has one function from a column of text to a `Cleaned`: an expression of the normalised value and,
by rule identifier, expressions that say where the rule is broken. Nothing here looks at a cell in Python.
A value is normalised or refused, never guessed.
"""

from taizhang.clean.cell import FORMULA_ERROR, MERGED, is_ditto, without_fraction
from taizhang.clean.columns import CLEANERS, clean
from taizhang.clean.day import day_counts
from taizhang.clean.identity import ROUNDED

__all__ = ["CLEANERS", "FORMULA_ERROR", "MERGED", "ROUNDED", "clean", "day_counts", "is_ditto", "without_fraction"]
