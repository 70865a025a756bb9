"""The boxes that show the comments of a sheet: a drawing in VML, the only kind that shows them."""

import re
from collections.abc import Callable, Collection, Iterable

from lxml import etree

from taizhang.marking.mark import Place
from taizhang.ooxml import Package, parse

_VML, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_NAMESPACES = f'xmlns:v="{_VML}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}"'
_NONE = f"""<xml {_NAMESPACES}>
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>
<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">
<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>"""
_FIRST_SHAPE = 1024
_WIDTH_PIXELS, _HEIGHT_ROWS, _MOST_COLUMNS = 320, 6, 12


class Boxes:
    def __init__(self, package: Package, sheet: str) -> None:
        self._package, self._sheet = package, sheet
        found = package.related(sheet, "vmlDrawing")
        self._part = found.target if found else None
        # Excel's own drawings are not always well-formed: `<br>` is not closed.
        self._root = parse(package.read(found.target) if found else _NONE.encode(), tolerant=True)

    @property
    def drawn(self) -> bool:
        """Whether the sheet has a drawing already."""
        return self._part is not None

    def remove(self, places: Collection[Place]) -> None:
        for shape in self._root.findall(f"{{{_VML}}}shape"):
            if _place(shape) in places:
                self._root.remove(shape)

    def draw(self, places: Iterable[Place], width: Callable[[int], int]) -> None:
        """Hidden boxes for comments at these places; `width` is a column's, in pixels."""
        ids = [int(number) for shape in self._root for number in re.findall(r"_s(\d+)$", shape.get("id", ""))]
        first = max([_FIRST_SHAPE, *ids]) + 1
        boxes = "".join(_box(number, place, width) for number, place in enumerate(places, start=first))
        self._root.extend(etree.fromstring(f"<xml {_NAMESPACES}>{boxes}</xml>"))

    def save(self) -> str | None:
        """Write the drawing; returns its identifier if it is new to the sheet."""
        new = None
        if self._part is None:
            self._part = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
            new = self._package.relate(self._sheet, "vmlDrawing", self._part)
        self._package.write(self._part, etree.tostring(self._root), _TYPE)
        return new


def _place(shape: etree._Element) -> Place | None:
    data = shape.find(f"{{{_EXCEL}}}ClientData")
    if data is None or data.get("ObjectType") != "Note":
        return None
    row, column = (data.findtext(f"{{{_EXCEL}}}{name}", "0") for name in ("Row", "Column"))
    return int(row), int(column)


def _box(number: int, place: Place, width: Callable[[int], int]) -> str:
    """The box of a comment, right of its cell and wide enough to be read."""
    row, column = place
    right, pixels = column + 1, 0
    while pixels < _WIDTH_PIXELS and right - column < _MOST_COLUMNS:
        pixels += width(right)
        right += 1
    top = max(row - 1, 0)
    anchor = f"{column + 1}, 15, {top}, 4, {right}, 15, {top + _HEIGHT_ROWS}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202"'
        ' style="position:absolute;margin-left:60pt;margin-top:2pt;width:240pt;height:80pt;z-index:1;visibility:hidden"'
        ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        f'</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
