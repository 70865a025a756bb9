"""Workbooks in a single XML file (XML Spreadsheet, of Excel 2002 and 2003), as systems export them under `.xls`.

The format is Microsoft's XML Spreadsheet Reference for Office 2003.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lxml.etree

from taizhang.biff import Grid
from taizhang.survey import MAX_CELLS, UNCOMPUTED, Extent, Merged, Place, as_month, shows_month
from taizhang.unreadable import UnreadableFileError

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_MOST_TAGS = 6 * MAX_CELLS
_WORKSHEET, _ROW, _CELL, _DATA, _INDEX, _SPAN, _ACROSS, _DOWN, _FORMULA, _TYPE, _NAME, _STYLE, _ID, _LOOK, _STRUCK = (
    f"{{{NAMESPACE}}}{name}"
    for name in (
        "Worksheet", "Row", "Cell", "Data", "Index", "Span", "MergeAcross", "MergeDown", "Formula", "Type", "Name",
        "StyleID", "ID", "Format", "StrikeThrough"
    )
)  # fmt: skip
_STRUCK_PART = "{http://www.w3.org/TR/REC-html40}S"
_FROM_1904, _VISIBLE = "{*}ExcelWorkbook/{*}Date1904", "{*}WorksheetOptions/{*}Visible"
_VALUES: dict[str, Callable[[str], Any]] = {
    "Number": float,
    "DateTime": datetime.fromisoformat,
    "Boolean": lambda text: text.strip() == "1",
}
"""What a cell's text stands for by its type; of the others, words and the errors of formulas, the text itself."""


@dataclass(frozen=True)
class _Looks:
    """The styles that show of a day its month, and those that strike out."""

    months: frozenset[str | None]
    struck: frozenset[str | None]


def read_grids(content: bytes) -> list[Grid]:
    """Every sheet of a workbook.

    Raises `UnreadableFileError`, also where its cells span more than a ledger can need.
    """
    if content.count(b"<") > _MOST_TAGS:
        raise UnreadableFileError("file_too_large", f"{MAX_CELLS:,}个单元格")
    try:
        return list(_grids(content))
    except (lxml.etree.LxmlError, ValueError) as error:
        raise UnreadableFileError("file_unreadable") from error


def _grids(content: bytes) -> Iterator[Grid]:
    reading = lxml.etree.iterparse(io.BytesIO(content), tag=(_ROW, _WORKSHEET), resolve_entities=False)
    cells: dict[Place, Any] = {}
    merged: list[Merged] = []
    extent, row, looks = Extent(), 0, None
    for _, element in reading:
        if element.tag == _ROW:
            row, looks = _place_told(element, row), looks or _looks(element.getroottree())
            for cell, place, last in _cells(element, row):
                value = _value(cell)
                if value is not None:
                    extent.add(place)
                    cells[place] = as_month(value) if cell.get(_STYLE) in looks.months else value
                    if cell.get(_STYLE) in looks.struck or next(cell.iter(_STRUCK_PART), None) is not None:
                        extent.struck.setdefault(row, place)
                if last != place:
                    merged.append((place, last))
            row += 1 + int(element.get(_SPAN, "0"))
            element.clear()
        else:
            yield Grid(
                name=element.get(_NAME, ""),
                rows=_laid_out(cells, extent),
                merged=tuple(merged),
                visible=element.findtext(_VISIBLE, "SheetVisible") == "SheetVisible",
                from_1904=element.getparent().find(_FROM_1904) is not None,
                struck=extent.struck,
            )
            cells, merged, extent, row = {}, [], Extent(), 0


def _looks(tree: lxml.etree._ElementTree) -> _Looks:
    styles = {style.get(_ID): style for style in tree.iterfind("{*}Styles/{*}Style")}
    return _Looks(
        frozenset(name for name, style in styles.items() if shows_month(_told(style, "{*}NumberFormat", _LOOK))),
        frozenset(name for name, style in styles.items() if _told(style, "{*}Font", _STRUCK) == "1"),
    )


def _told(style: lxml.etree._Element, part: str, name: str) -> str:
    found = style.find(part)
    return "" if found is None else str(found.get(name, ""))


def _cells(row: lxml.etree._Element, number: int) -> Iterator[tuple[lxml.etree._Element, Place, Place]]:
    """The cells of a row that are written: each, where it stands, and the last cell that it is merged with."""
    column = 0
    for cell in row.iterchildren(_CELL):
        column = _place_told(cell, column)
        across, down = int(cell.get(_ACROSS, "0")), int(cell.get(_DOWN, "0"))
        yield cell, (number, column), (number + down, column + across)
        column += 1 + across


def _place_told(element: lxml.etree._Element, next_one: int) -> int:
    """Where a row or cell stands, counted from 0; one that does not say so follows the one before."""
    told = element.get(_INDEX)
    if told is None:
        return next_one
    if (place := int(told) - 1) < next_one:
        raise ValueError("rows and cells stand in order")
    return place


def _value(cell: lxml.etree._Element) -> Any:
    data = cell.find(_DATA)
    text = "" if data is None else "".join(data.itertext())
    if not text.strip():
        is_computed = data is not None or cell.get(_FORMULA) is None
        return None if is_computed else UNCOMPUTED
    return _VALUES.get(data.get(_TYPE), str)(text)


def _laid_out(cells: dict[Place, Any], extent: Extent) -> list[list[Any]]:
    rows: list[list[Any]] = [[""] * (extent.rightmost[1] + 1) for _ in range(extent.lowest[0] + 1)]
    for (row, column), value in cells.items():
        rows[row][column] = value
    return rows
