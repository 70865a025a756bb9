"""Marks in a workbook: cells filled and commented, a sheet put in front; all else stays as its owner left it.

The rows of a sheet are changed as text, at the marked cells only: a county's ledger as a tree takes a gigabyte.
What stands around them is small and is changed as a tree. See ECMA-376 part 1.
"""

from collections.abc import Sequence

from taizhang.marking.front_sheet import FrontSheet, written
from taizhang.marking.mark import Mark
from taizhang.marking.safety import make_inert
from taizhang.marking.styles import Look, Styles
from taizhang.marking.workbook import Workbook
from taizhang.marking.worksheet import mark_worksheet
from taizhang.ooxml import Package, UnusualPackageError

__all__ = ["FrontSheet", "Look", "Mark", "marked"]


def marked(content: bytes, marks: Sequence[Mark], front: FrontSheet) -> bytes:
    """The workbook with its cells marked, without what may execute, behind the front sheet.

    A mark in a merged range stands at the range's first cell. Raises `UnusualPackageError` where it cannot be done.
    """
    try:
        return _marked(Package(content), marks, front)
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        # An attribute that the standard requires is not there, or no number, or points at nothing.
        raise UnusualPackageError("a part breaks the standard") from error


def _marked(package: Package, marks: Sequence[Mark], front: FrontSheet) -> bytes:
    workbook = Workbook(package)
    make_inert(package, workbook)
    workbook.remove(front.name)
    styles = Styles(package, workbook.part)
    by_sheet: dict[str, list[Mark]] = {}
    for mark in marks:
        by_sheet.setdefault(mark.sheet, []).append(mark)
    if missing := by_sheet.keys() - workbook.sheets.keys():
        raise UnusualPackageError(f"{len(missing)} marked sheets are not there")
    for name, part in workbook.sheets.items():
        mark_worksheet(package, part, styles, by_sheet.get(name, []))
    workbook.put_in_front(front.name, written(front, styles))
    styles.save()
    workbook.save()
    return package.save()
