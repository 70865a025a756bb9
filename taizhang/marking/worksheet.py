"""One sheet with its cells marked: its rows as text, what stands around them as a tree."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial

from lxml import etree

from taizhang.marking.comments import Comments
from taizhang.marking.mark import Mark, Place, around, place_of, range_of
from taizhang.marking.rows import Rows, joined, split
from taizhang.marking.safety import refuse_active_formulas
from taizhang.marking.styles import COLOURS, Styles
from taizhang.ooxml import MAIN, RELATIONS, Package, parse, serialise

_AFTER_LEGACY_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip
"""See ECMA-376 part 1, 18.3.1.99 for the order of things."""
_DEFAULT_PIXELS = 64
_SELECTED = re.compile(rb'\btabSelected="(?:1|true)"')


def mark_worksheet(package: Package, part: str, styles: Styles, marks: Sequence[Mark]) -> None:
    """Fill and comment the marked cells, and take away what an earlier receipt told."""
    content = package.read(part)
    refuse_active_formulas(content)
    comments = Comments(package, part)
    if not marks and not comments.ours:
        _deselect(package, part, content)
        return
    shell, data, prefix = split(content)
    surroundings = _Surroundings(parse(shell))
    told = surroundings.shown(marks)
    rows = Rows(data, prefix, surroundings.column_look)
    for place, colour in comments.ours.items():
        rows.change(place, partial(styles.restored, colour=colour))
    for cell, severity, _ in told:
        rows.change(place_of(cell), partial(styles.filled, colour=COLOURS[severity]))
    written = list(rows.written())
    own = {place: styles.colour(look) for place, look in rows.looks.items()} | comments.ours
    drawing = comments.replace({cell: message for cell, _, message in told}, own, surroundings.width)
    surroundings.tidy(drawing, rows.looks)
    package.write(part, joined(serialise(surroundings.root), written, prefix))


def _deselect(package: Package, part: str, content: bytes) -> None:
    """Two selected sheets would be edited together."""
    end = content.find(b"sheetData")
    head = _SELECTED.sub(b'tabSelected="0"', content[:end])
    if head != content[:end]:
        package.write(part, [head, content[end:]])


class _Surroundings:
    """What stands around the rows of a sheet."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self._looks: dict[int, int] = {}
        self._widths: dict[int, int] = {}
        for found in root.iterfind(f"{{{MAIN}}}cols/{{{MAIN}}}col"):
            # A last column group often reaches to the end of the sheet, 16,384 columns on.
            columns = range(int(found.get("min")) - 1, int(found.get("max")))
            self._looks.update(dict.fromkeys(columns, int(found.get("style", "0"))))
            self._widths.update(dict.fromkeys(columns, _pixels(found)))

    def column_look(self, column: int) -> int:
        return self._looks.get(column, 0)

    def width(self, column: int) -> int:
        return self._widths.get(column, _DEFAULT_PIXELS)

    def shown(self, marks: Sequence[Mark]) -> list[tuple[str, str, str]]:
        """Cell, severity and message by the cell at which a person sees them: of a merged range, its first."""
        moved = self._merged(sorted({place_of(mark.cell)[0] for mark in marks}))
        shown: dict[str, list[Mark]] = {}
        for mark in marks:
            row, column = place_of(mark.cell)
            at = next((first for first, left, right in moved.get(row, ()) if left <= column <= right), mark.cell)
            shown.setdefault(at, []).append(mark)
        return [
            (cell, min(mark.severity for mark in told), "\n".join(mark.message for mark in told))
            for cell, told in shown.items()
        ]

    def _merged(self, rows: Sequence[int]) -> dict[int, list[tuple[str, int, int]]]:
        """The merged ranges in each of these rows: first cell, first and last column."""
        moved: dict[int, list[tuple[str, int, int]]] = {}
        for merged in self.root.iterfind(f"{{{MAIN}}}mergeCells/{{{MAIN}}}mergeCell"):
            (top, left), (bottom, right) = range_of(merged.get("ref", ""))
            first = merged.get("ref").replace("$", "").partition(":")[0]
            for row in rows[bisect_left(rows, top) : bisect_left(rows, bottom + 1)]:
                moved.setdefault(row, []).append((first, left, right))
        return moved

    def tidy(self, drawing: str | None, changed: Iterable[Place]) -> None:
        for view in self.root.iterfind(f"{{{MAIN}}}sheetViews/{{{MAIN}}}sheetView"):
            view.attrib.pop("tabSelected", None)
        dimension = self.root.find(f"{{{MAIN}}}dimension")
        if dimension is not None:
            dimension.set("ref", around([*range_of(dimension.get("ref", "A1")), *changed]))
        if drawing:
            later = (child for child in self.root if etree.QName(child).localname in _AFTER_LEGACY_DRAWING)
            place = next(later, None)
            legacy = etree.Element(f"{{{MAIN}}}legacyDrawing", {f"{{{RELATIONS}}}id": drawing})
            self.root.insert(len(self.root) if place is None else self.root.index(place), legacy)


def _pixels(column: etree._Element) -> int:
    if column.get("hidden") in ("1", "true"):
        return 0
    width = column.get("width")
    return _DEFAULT_PIXELS if width is None else int(float(width) * 7) + 5
