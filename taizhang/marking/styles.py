"""The looks that the cells of a workbook point to, with ours added."""

import re
from copy import deepcopy
from typing import Literal

from lxml import etree

from taizhang.ooxml import MAIN, SPREADSHEET, Package, UnusualPackageError, parse, serialise

Look = Literal["title", "bold", "heading", "wrapped", "link", "error", "warning", "text"]
COLOURS = {"error": "rgb=FFFFC7CE", "warning": "rgb=FFFFEB9C"}
"""The colour of a fill, as the attributes of its element."""
_LOOK_COLOURS: dict[str, str] = COLOURS | {"heading": "rgb=FFDDEBF7"}
COLOUR = re.compile(r"(?:rgb=[0-9A-Fa-f]{8}|(?:theme|indexed)=\d{1,2})(?: tint=[-+.\deE]+)?")
_PLAIN = f"""<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_FONTS: dict[Look, str] = {
    "title": '<b/><sz val="16"/><name val="宋体"/>',
    "bold": '<b/><sz val="11"/><name val="宋体"/>',
    "heading": '<b/><sz val="11"/><name val="宋体"/>',
    "link": '<u/><sz val="11"/><color rgb="FF0563C1"/><name val="宋体"/>',
}
_PLAIN_FONT = '<sz val="11"/><name val="宋体"/>'
_USUAL_PART = "xl/styles.xml"  # programs that do not follow relations look for it here
_SOLID = f"{{{MAIN}}}patternFill[@patternType='solid']/{{{MAIN}}}fgColor"


class Styles:
    def __init__(self, package: Package, workbook: str) -> None:
        relation = package.related(workbook, "styles")
        self._package = package
        self._part = relation.target if relation else _USUAL_PART
        if relation is None:
            package.relate(workbook, "styles", self._part)
            package.write(self._part, b"", f"{SPREADSHEET}styles+xml")
        self._root = parse(package.read(self._part) if relation else _PLAIN.encode())
        self._filled: dict[tuple[int, str], int] = {}
        self._looks: dict[tuple[Look, bool], int] = {}
        self._fills = {"": 0}

    def colour(self, look: int) -> str:
        """With what colour a look fills its cell; nothing if it does not, or with a pattern."""
        fills = self._list("fills")
        fill = int(self._xf(look).get("fillId", "0"))
        found = fills[fill].find(_SOLID) if fill < len(fills) else None
        colour = "" if found is None else " ".join(f"{name}={value}" for name, value in found.items())
        return colour if COLOUR.fullmatch(colour) else ""

    def filled(self, look: int, colour: str) -> int:
        """A look with this colour and all else its own."""
        if (look, colour) not in self._filled:
            clone = deepcopy(self._xf(look))
            clone.set("fillId", str(self._fill(colour)))
            clone.set("applyFill", "1")
            self._filled[look, colour] = self._add("cellXfs", clone)
        return self._filled[look, colour]

    def restored(self, look: int, colour: str) -> int:
        """A look with our colour taken off and its own put back; one that its owner has changed since stays."""
        return self.filled(look, colour) if self.colour(look) in COLOURS.values() else look

    def look(self, look: Look, *, quoted: bool) -> int:
        """A look of the front sheet; a text that looks like a formula is `quoted`, and stays a text when edited."""
        if (look, quoted) not in self._looks:
            font = self._add("fonts", f'<font xmlns="{MAIN}">{_FONTS.get(look, _PLAIN_FONT)}</font>')
            fill = self._fill(_LOOK_COLOURS.get(look, ""))
            self._looks[look, quoted] = self._add(
                "cellXfs",
                f'<xf xmlns="{MAIN}" numFmtId="49" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1"'
                f' applyFill="1" applyAlignment="1" quotePrefix="{int(quoted)}">'
                f'<alignment vertical="top" wrapText="{int(look == "wrapped")}"/></xf>',
            )
        return self._looks[look, quoted]

    def _xf(self, look: int) -> etree._Element:
        looks = self._list("cellXfs")
        return looks[look if look < len(looks) else 0]

    def _fill(self, colour: str) -> int:
        if colour not in self._fills:
            attributes = re.sub(r"=(\S+)", r'="\1"', colour)
            fill = f'<patternFill patternType="solid"><fgColor {attributes}/><bgColor indexed="64"/></patternFill>'
            self._fills[colour] = self._add("fills", f'<fill xmlns="{MAIN}">{fill}</fill>')
        return self._fills[colour]

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(f"{{{MAIN}}}{name}")
        if found is None or not len(found):
            raise UnusualPackageError(f"styles without {name}")
        return found

    def _add(self, name: str, item: str | etree._Element) -> int:
        items = self._list(name)
        items.append(etree.fromstring(item) if isinstance(item, str) else item)
        items.set("count", str(len(items)))
        return len(items) - 1

    def save(self) -> None:
        self._package.write(self._part, serialise(self._root))
