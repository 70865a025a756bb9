"""A worklist: the open breaks of one division as a workbook to correct from, and what stands in it when it returns.

Only the right value and the reason can be written. All that comes from the ledgers is written as text: nothing
executes.
"""

from taizhang.worklist.item import CHOICES, LEVEL_CHOICES, LEVEL_WORDS, LEVELS, Item, Lack, Said
from taizhang.worklist.layout import ASKED, GUIDE_SHEET, LISTS_SHEET, OWN_SHEETS, Asked
from taizhang.worklist.returned import filled_in, lock
from taizhang.worklist.workbook import worklist

__all__ = [
    "ASKED",
    "CHOICES",
    "GUIDE_SHEET",
    "LEVELS",
    "LEVEL_CHOICES",
    "LEVEL_WORDS",
    "LISTS_SHEET",
    "OWN_SHEETS",
    "Asked",
    "Item",
    "Lack",
    "Said",
    "filled_in",
    "lock",
    "worklist",
]
