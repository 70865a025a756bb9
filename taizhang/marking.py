"""Marks in a workbook: cells filled and commented, a sheet put in front; all else stays as its owner left it.

The rows of a sheet are changed as text, at the marked cells only: a county's ledger as a tree takes a gigabyte.
What stands around them is small and is changed as a tree. See ECMA-376 part 1, 18.3.1.99 for the order of things.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from taizhang.ooxml import MAIN, RELATIONS, Package, UnusualPackageError, parse, serialise

AUTHOR = "台账核对"
"""Whose comments are ours, to be taken off a receipt that is handed in."""
COLOURS = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHEET_TYPE, _COMMENTS_TYPE, _STYLES_TYPE, _WORKBOOK_TYPE = (
    f"{_SPREADSHEET}{name}+xml" for name in ("worksheet", "comments", "styles", "sheet.main")
)
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_INERT = {"vbaProject", "userCustomization", "extensibility", "webextensiontaskpanes", "origin"}
"""Relations that run something or vouch for what is no longer the same; leaving them out harms nothing else."""
_ACTIVE = {
    "control", "oleObject", "package", "connections", "queryTable", "xlMacrosheet", "xlIntlMacrosheet", "dialogsheet",
    "attachedToolbars", "volatileDependencies", "ctrlProp",
}  # fmt: skip
"""Relations that run something and that other parts count on: such a workbook is copied instead."""
_ACTIVE_FORMULA = re.compile(
    rb"<(?:\w+:)?(?:f|definedName)\b[^>]*>[^<]*(?:\||\b(?:WEBSERVICE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE)\s*\()",
    re.IGNORECASE,
)
_ACTIVE_LINK = re.compile(rb"<(?:\w+:)?(?:ddeLink|oleLink)\b")
_AFTER_LEGACY_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip
_WIDTH_PIXELS, _HEIGHT_ROWS, _DEFAULT_PIXELS, _MOST_COLUMNS = 320, 6, 64, 12
_FORMULA_STARTS = ("=", "+", "-", "@")
_TEXT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VML, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_FIRST_SHAPE = 1024
Look = Literal["title", "bold", "wrapped", "link", "error", "warning", "text"]


@dataclass(frozen=True)
class Mark:
    """What is told at one cell."""

    sheet: str
    cell: str
    severity: str
    message: str

    @property
    def row(self) -> int:
        return int(xl_cell_to_rowcol(self.cell)[0]) + 1


@dataclass(frozen=True)
class FrontSheet:
    """The sheet to put in front: rows of text cells with their looks, and links from its cells to others."""

    name: str
    widths: Sequence[float]
    rows: Sequence[Sequence[tuple[str, Look]]]
    frozen_rows: int
    links: Sequence[tuple[str, str, str]]
    """From which cell, to which sheet and cell."""


def xml_text(text: str) -> str:
    """Text as an element holds it: `_x0041_` would be read as the character of that code."""
    return escape(re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _TEXT.sub("", text)))


def marked(content: bytes, marks: Sequence[Mark], front: FrontSheet) -> bytes:
    """The workbook with its cells marked, without what may execute, behind the front sheet.

    A mark in a merged range stands at the range's first cell. Raises `UnusualPackageError` where it cannot be done.
    """
    package = Package(content)
    workbook = _Workbook(package)
    workbook.make_inert()
    workbook.remove(front.name)
    styles = _Styles(package, workbook.part)
    by_sheet: dict[str, list[Mark]] = {}
    for mark in marks:
        by_sheet.setdefault(mark.sheet, []).append(mark)
    if missing := by_sheet.keys() - workbook.sheets.keys():
        raise UnusualPackageError(f"{len(missing)} marked sheets are not there")
    for name, part in workbook.sheets.items():
        _Worksheet(package, part, styles).mark(by_sheet.get(name, []))
    workbook.put_in_front(front, _front_xml(front, styles))
    styles.save()
    workbook.save()
    return package.save()


def _tag(name: str) -> str:
    return f"{{{MAIN}}}{name}"


class _Workbook:
    """The part that lists the sheets."""

    def __init__(self, package: Package) -> None:
        relation = package.related("", "officeDocument")
        if relation is None:
            raise UnusualPackageError("no workbook")
        self._package, self.part = package, relation.target
        self._root = parse(package.read(self.part))
        self._sheets = self._root.find(_tag("sheets"))
        if self._root.tag != _tag("workbook") or self._sheets is None:
            raise UnusualPackageError("not of the transitional kind")

    @property
    def sheets(self) -> dict[str, str]:
        """The part of each worksheet by its name."""
        parts = {relation.id: relation for relation in self._package.relations(self.part)}
        listed = [(sheet.get("name"), parts.get(sheet.get(f"{{{RELATIONS}}}id"))) for sheet in self._sheets]
        return {name: relation.target for name, relation in listed if relation and relation.type == "worksheet"}

    def make_inert(self) -> None:
        package = self._package
        sources = ["", self.part, *self.sheets.values()]
        found = [(source, relation) for source in sources for relation in package.relations(source)]
        if any(relation.type in _ACTIVE for _, relation in found) or self._has_active_link():
            raise UnusualPackageError("holds what may execute")
        for source, relation in found:
            if relation.type in _INERT:
                package.unrelate(source, relation.id)
                package.drop(relation.target)
        for name in package.names:
            if name.startswith(("_xmlsignatures/", "customUI/")) or name.endswith(("vbaData.xml", "vbaProject.bin")):
                package.drop(name)
        package.set_content_type(self.part, _WORKBOOK_TYPE)
        if any(relation.type == "externalLink" for _, relation in found):
            self._properties().set("updateLinks", "never")
        for properties in self._root.findall(_tag("workbookPr")):
            properties.attrib.pop("codeName", None)

    def _has_active_link(self) -> bool:
        links = [link.target for link in self._package.relations(self.part) if link.type == "externalLink"]
        return bool(_ACTIVE_FORMULA.search(self._package.read(self.part))) or any(
            _ACTIVE_LINK.search(self._package.read(link)) for link in links
        )

    def _properties(self) -> etree._Element:
        found = self._root.find(_tag("workbookPr"))
        if found is None:
            found = etree.Element(_tag("workbookPr"))
            before = {_tag("fileVersion"), _tag("fileSharing")}
            self._root.insert(sum(child.tag in before for child in self._root), found)
        return found

    def remove(self, name: str) -> None:
        for index, sheet in enumerate(self._sheets):
            if sheet.get("name") == name:
                part, identifier = self.sheets.get(name), sheet.get(f"{{{RELATIONS}}}id")
                self._sheets.remove(sheet)
                self._package.unrelate(self.part, identifier)
                if part:
                    self._package.drop(part)
                self._move_names(index)
                return

    def _move_names(self, removed: int) -> None:
        for name in self._root.findall(f"{_tag('definedNames')}/{_tag('definedName')}[@localSheetId]"):
            place = int(name.get("localSheetId"))
            if place == removed:
                name.getparent().remove(name)
            elif place > removed:
                name.set("localSheetId", str(place - 1))

    def put_in_front(self, front: FrontSheet, xml: bytes) -> None:
        part = self._package.free_name("xl/worksheets/sheet{}.xml")
        self._package.write(part, xml, _SHEET_TYPE)
        number = 1 + max((int(sheet.get("sheetId")) for sheet in self._sheets), default=0)
        sheet = etree.Element(_tag("sheet"), name=front.name, sheetId=str(number))
        sheet.set(f"{{{RELATIONS}}}id", self._package.relate(self.part, "worksheet", part))
        self._sheets.insert(0, sheet)
        for name in self._root.findall(f"{_tag('definedNames')}/{_tag('definedName')}[@localSheetId]"):
            name.set("localSheetId", str(int(name.get("localSheetId")) + 1))
        for view in self._root.findall(f"{_tag('bookViews')}/{_tag('workbookView')}"):
            view.attrib.pop("activeTab", None)
            view.attrib.pop("firstSheet", None)

    def save(self) -> None:
        names = self._root.find(_tag("definedNames"))
        if names is not None and not len(names):
            self._root.remove(names)
        self._package.write(self.part, serialise(self._root))


_STYLES = f"""<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>"""
_FONTS: dict[Look, str] = {
    "title": '<b/><sz val="16"/><name val="宋体"/>',
    "bold": '<b/><sz val="11"/><name val="宋体"/>',
    "link": '<u/><sz val="11"/><color rgb="FF0563C1"/><name val="宋体"/>',
}
_PLAIN_FONT = '<sz val="11"/><name val="宋体"/>'


class _Styles:
    """The looks that cells point to, with ours added."""

    def __init__(self, package: Package, workbook: str) -> None:
        relation = package.related(workbook, "styles")
        self._package = package
        self._part = relation.target if relation else package.free_name("xl/styles{}.xml")
        if relation is None:
            package.relate(workbook, "styles", self._part)
            package.write(self._part, b"", _STYLES_TYPE)
        self._root = parse(package.read(self._part) if relation else _STYLES.encode())
        self._filled: dict[tuple[int, str | None], int] = {}
        self._looks: dict[tuple[Look, bool], int] = {}
        self._fills: dict[str, int] = {}

    def filled(self, look: int, severity: str | None) -> int:
        """A look with our fill and all else its own, or, without a severity, with no fill."""
        if (look, severity) not in self._filled:
            looks = self._list("cellXfs")
            clone = deepcopy(looks[look if look < len(looks) else 0])
            clone.set("fillId", str(self._fill(severity) if severity else 0))
            clone.set("applyFill", "1")
            self._filled[look, severity] = self._add("cellXfs", clone)
        return self._filled[look, severity]

    def look(self, look: Look, quoted: bool) -> int:
        """A look of the front sheet; a text that looks like a formula is `quoted`, and stays a text when edited."""
        if (look, quoted) not in self._looks:
            font = self._add("fonts", f'<font xmlns="{MAIN}">{_FONTS.get(look, _PLAIN_FONT)}</font>')
            fill = self._fill(look) if look in COLOURS else 0
            self._looks[look, quoted] = self._add(
                "cellXfs",
                f'<xf xmlns="{MAIN}" numFmtId="49" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1"'
                f' applyFill="1" applyAlignment="1" quotePrefix="{int(quoted)}">'
                f'<alignment vertical="top" wrapText="{int(look == "wrapped")}"/></xf>',
            )
        return self._looks[look, quoted]

    def _fill(self, severity: str) -> int:
        if severity not in self._fills:
            colour = f'<fgColor rgb="{COLOURS[severity]}"/><bgColor indexed="64"/>'
            fill = f'<fill xmlns="{MAIN}"><patternFill patternType="solid">{colour}</patternFill></fill>'
            self._fills[severity] = self._add("fills", fill)
        return self._fills[severity]

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(_tag(name))
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


class _Worksheet:
    """One sheet: `_root` is what stands around its rows, `_rows` the rows as they are written."""

    def __init__(self, package: Package, part: str, styles: _Styles) -> None:
        self._package, self._part, self._styles = package, part, styles

    def mark(self, marks: Sequence[Mark]) -> None:
        content = self._package.read(self._part)
        if _ACTIVE_FORMULA.search(content):
            raise UnusualPackageError("holds a formula that may execute")
        comments = _Comments(self._package, self._part)
        if not marks and not comments.ours:
            self._deselect(content)
            return
        shell, data, self._prefix = _split(content)
        self._root = parse(shell)
        self._rows = _Rows(data, self._prefix, self._styles, self._column_look)
        shown = self._shown(marks)
        for cell in comments.ours - shown.keys():
            self._rows.fill(cell, None)
        for cell, told in shown.items():
            self._rows.fill(cell, min(mark.severity for mark in told))
        comments.replace({cell: "\n".join(mark.message for mark in told) for cell, told in shown.items()}, self._width)
        self._tidy(comments, shown)
        self._package.write(self._part, list(self._written()))

    def _deselect(self, content: bytes) -> None:
        """Two selected sheets would be edited together."""
        end = content.find(b"sheetData")
        head = re.sub(rb'\btabSelected="(?:1|true)"', b'tabSelected="0"', content[:end])
        if head != content[:end]:
            self._package.write(self._part, [head, content[end:]])

    def _shown(self, marks: Sequence[Mark]) -> dict[str, list[Mark]]:
        """The marks by the cell at which a person sees them: of a merged range, its first."""
        moved = self._merged(sorted({mark.row for mark in marks}))
        shown: dict[str, list[Mark]] = {}
        for mark in marks:
            column = xl_cell_to_rowcol(mark.cell)[1]
            at = next((first for first, left, right in moved.get(mark.row, ()) if left <= column <= right), mark.cell)
            shown.setdefault(at, []).append(mark)
        return shown

    def _merged(self, rows: Sequence[int]) -> dict[int, list[tuple[str, int, int]]]:
        moved: dict[int, list[tuple[str, int, int]]] = {}
        for merged in self._root.iterfind(f"{_tag('mergeCells')}/{_tag('mergeCell')}"):
            first, _, last = merged.get("ref", "").replace("$", "").partition(":")
            (top, left), (bottom, right) = xl_cell_to_rowcol(first), xl_cell_to_rowcol(last or first)
            for row in rows[bisect_left(rows, top + 1) : bisect_left(rows, bottom + 2)]:
                moved.setdefault(row, []).append((first, left, right))
        return moved

    def _column(self, column: int) -> etree._Element | None:
        columns = self._root.iterfind(f"{_tag('cols')}/{_tag('col')}")
        return next((c for c in columns if int(c.get("min")) <= column + 1 <= int(c.get("max"))), None)

    def _column_look(self, column: int) -> int:
        found = self._column(column)
        return int(found.get("style", "0")) if found is not None else 0

    def _width(self, column: int) -> int:
        """Of a column, in pixels."""
        found = self._column(column)
        if found is None or found.get("width") is None:
            return _DEFAULT_PIXELS
        return 0 if found.get("hidden") in ("1", "true") else int(float(found.get("width")) * 7) + 5

    def _tidy(self, comments: "_Comments", shown: Iterable[str]) -> None:
        for view in self._root.iterfind(f"{_tag('sheetViews')}/{_tag('sheetView')}"):
            view.attrib.pop("tabSelected", None)
        dimension = self._root.find(_tag("dimension"))
        if dimension is not None:
            dimension.set("ref", _around([*dimension.get("ref", "A1").split(":"), *shown]))
        legacy = self._root.find(_tag("legacyDrawing"))
        if comments.drawing_id and legacy is None:
            legacy = etree.Element(_tag("legacyDrawing"))
            later = (child for child in self._root if etree.QName(child).localname in _AFTER_LEGACY_DRAWING)
            place = next(later, None)
            self._root.insert(len(self._root) if place is None else self._root.index(place), legacy)
            legacy.set(f"{{{RELATIONS}}}id", comments.drawing_id)

    def _written(self) -> Iterator[bytes]:
        shell = serialise(self._root)
        placeholder = b"<" + self._prefix + b"sheetData/>"
        before, found, after = shell.partition(placeholder)
        if not found:
            raise UnusualPackageError("the rows lost their place")
        yield before
        yield b"<" + self._prefix + b"sheetData>"
        yield from self._rows.written()
        yield b"</" + self._prefix + b"sheetData>"
        yield after


def _around(cells: Iterable[str]) -> str:
    places = [xl_cell_to_rowcol(cell) for cell in cells]
    rows, columns = zip(*places, strict=True)
    first, last = (f"{xl_col_to_name(least(columns))}{least(rows) + 1}" for least in (min, max))
    return first if first == last else f"{first}:{last}"


_DATA = re.compile(rb"<((?:\w+:)?)sheetData\b[^>]*?(/?)>")


def _split(content: bytes) -> tuple[bytes, bytes, bytes]:
    """A sheet without its rows, the rows, and the prefix of its elements' names."""
    opening = _DATA.search(content)
    if opening is None or b"<!" in content:
        raise UnusualPackageError("a sheet is written in an unusual way")
    prefix = opening[1]
    closing = b"</" + prefix + b"sheetData>"
    end = opening.end() if opening[2] else content.find(closing, opening.end())
    if end < 0:
        raise UnusualPackageError("a sheet does not end")
    after = end if opening[2] else end + len(closing)
    shell = content[: opening.start()] + b"<" + prefix + b"sheetData/>" + content[after:]
    return shell, content[opening.end() : end], prefix


_NUMBER, _LOOK, _SPANS = re.compile(rb'\sr="(\d+)"'), re.compile(rb'\ss="(\d+)"'), re.compile(rb'\sspans="[^"]*"')
_PLACE, _OWN_LOOK = re.compile(rb'\sr="([A-Z]+)\d+"'), re.compile(rb'\scustomFormat="(?:1|true)"')


@lru_cache(maxsize=1 << 14)
def _column_number(letters: bytes) -> int:
    return int(xl_cell_to_rowcol(f"{letters.decode()}1")[1])


class _Rows:
    """The rows of a sheet as text, and the looks that some of their cells are to have."""

    def __init__(self, data: bytes, prefix: bytes, styles: _Styles, column_look: Callable[[int], int]) -> None:
        self._data, self._prefix, self._styles, self._column_look = data, prefix, styles, column_look
        self._fills: dict[int, dict[int, str | None]] = {}
        self._cell = re.compile(rb"<" + prefix + rb"c\b([^>]*?)(/?)>")

    def fill(self, cell: str, severity: str | None) -> None:
        row, column = xl_cell_to_rowcol(cell)
        self._fills.setdefault(row + 1, {})[column] = severity

    def written(self) -> Iterator[bytes]:
        row = re.compile(rb"<" + self._prefix + rb"row\b([^>]*?)(/?)>")
        closing = b"</" + self._prefix + b"row>"
        waiting, copied = sorted(self._fills, reverse=True), 0
        for opening in row.finditer(self._data):
            number = self._row_number(opening)
            while waiting and waiting[-1] < number:
                yield self._data[copied : opening.start()]
                copied = opening.start()
                missing = waiting.pop()
                yield self._changed(missing, b' r="%d"' % missing, b"")
            if waiting and waiting[-1] == number:
                yield self._data[copied : opening.start()]
                end = opening.end() if opening[2] else self._data.index(closing, opening.end())
                yield self._changed(waiting.pop(), opening[1], self._data[opening.end() : end])
                copied = end if opening[2] else end + len(closing)
        yield self._data[copied:]
        for missing in reversed(waiting):
            yield self._changed(missing, b' r="%d"' % missing, b"")

    @staticmethod
    def _row_number(opening: re.Match[bytes]) -> int:
        number = _NUMBER.search(opening[1])
        if number is None:
            raise UnusualPackageError("rows without numbers")
        return int(number[1])

    def _changed(self, number: int, attributes: bytes, cells: bytes) -> bytes:
        """A row with its cells filled, those that are not there put in their place."""
        own = _LOOK.search(attributes) if _OWN_LOOK.search(attributes) else None
        row_look = int(own[1]) if own else None
        waiting = sorted(self._fills[number].items(), reverse=True)
        chunks, copied = [], 0

        def missing() -> bytes:
            column, severity = waiting.pop()
            look = self._styles.filled(self._column_look(column) if row_look is None else row_look, severity)
            return b'<%bc r="%b%d" s="%d"/>' % (self._prefix, xl_col_to_name(column).encode(), number, look)

        for opening in self._cell.finditer(cells):
            place = _PLACE.search(opening[1])
            if place is None:
                raise UnusualPackageError("cells without places")
            column = _column_number(place[1])
            chunks.append(cells[copied : opening.start()])
            copied = opening.start()
            while waiting and waiting[-1][0] < column:
                chunks.append(missing())
            if waiting and waiting[-1][0] == column:
                chunks.append(self._filled(opening, waiting.pop()[1]))
                copied = opening.end()
        chunks.append(cells[copied:])
        while waiting:
            chunks.append(missing())
        tag = self._prefix + b"row"
        return b"<%b%b>%b</%b>" % (tag, _SPANS.sub(b"", attributes), b"".join(chunks), tag)

    def _filled(self, opening: re.Match[bytes], severity: str | None) -> bytes:
        own = _LOOK.search(opening[1])
        look = self._styles.filled(int(own[1]) if own else 0, severity)
        attributes = _LOOK.sub(b"", opening[1])
        return b'<%bc%b s="%d"%b>' % (self._prefix, attributes, look, opening[2])


class _Comments:
    """The comments of a sheet: the texts in one part, the boxes that show them in another, of an older kind."""

    def __init__(self, package: Package, sheet: str) -> None:
        self._package, self._sheet = package, sheet
        found = package.related(sheet, "comments")
        self._part = found.target if found else None
        self._root = parse(package.read(found.target)) if found else parse(_NO_COMMENTS.encode())
        drawing = package.related(sheet, "vmlDrawing")
        self.drawing_id = drawing.id if drawing else None
        self._drawing = drawing.target if drawing else None

    @property
    def _list(self) -> etree._Element:
        return self._root.find(_tag("commentList"))

    @property
    def _authors(self) -> etree._Element:
        return self._root.find(_tag("authors"))

    def _author(self, comment: etree._Element) -> str:
        names = [author.text or "" for author in self._authors]
        number = int(comment.get("authorId", "0"))
        return names[number] if number < len(names) else ""

    @property
    def ours(self) -> set[str]:
        """The cells at which an earlier receipt told something."""
        return {comment.get("ref") for comment in self._list if self._author(comment).startswith(AUTHOR)}

    def replace(self, messages: dict[str, str], width: Callable[[int], int]) -> None:
        """Take away what an earlier receipt told, and tell what there is to tell, before the clerk's own remarks."""
        own = {comment.get("ref"): comment for comment in self._list}
        gone = self.ours
        for cell in gone:
            self._take_off(own, cell)
        for cell, message in messages.items():
            self._tell(own, cell, message)
        self._list[:] = [own[cell] for cell in sorted(own, key=xl_cell_to_rowcol)]
        self._save(gone | (messages.keys() if self._drawing else own.keys()), own.keys(), width)

    def _take_off(self, own: dict[str, etree._Element], cell: str) -> None:
        comment = own[cell]
        author = self._author(comment).removeprefix(AUTHOR).lstrip("、")
        _, found, remark = "".join(comment.itertext()).partition(_OWN_REMARK)
        if found:
            self._write(comment, author, etree.fromstring(_text_xml(remark)))
        else:
            del own[cell]

    def _tell(self, own: dict[str, etree._Element], cell: str, message: str) -> None:
        comment = own.get(cell)
        if comment is None:
            own[cell] = comment = etree.Element(_tag("comment"), ref=cell)
            self._write(comment, AUTHOR, etree.fromstring(_text_xml(message)))
            return
        remark = "".join(comment.itertext())
        author = f"{AUTHOR}、{self._author(comment)}"
        self._write(comment, author, etree.fromstring(_text_xml(f"{message}{_OWN_REMARK}{remark}")))

    def _write(self, comment: etree._Element, author: str, text: etree._Element) -> None:
        names = [found.text or "" for found in self._authors]
        if author not in names:
            etree.SubElement(self._authors, _tag("author")).text = author
            names.append(author)
        comment.set("authorId", str(names.index(author)))
        comment[:] = [text]

    def _save(self, gone: Iterable[str], kept: Iterable[str], width: Callable[[int], int]) -> None:
        package = self._package
        threads = package.related(self._sheet, "threadedComment")
        if threads:  # a conversation repeats the comments, and would contradict them
            package.unrelate(self._sheet, threads.id)
            package.drop(threads.target)
        if self._part is None:
            self._part = package.free_name("xl/comments{}.xml")
            package.relate(self._sheet, "comments", self._part)
        package.write(self._part, serialise(self._root), _COMMENTS_TYPE)
        vml = self._boxes()
        places = {xl_cell_to_rowcol(cell) for cell in gone}
        for shape in vml.findall(f"{{{_VML}}}shape"):
            if _place_of(shape) in places:
                vml.remove(shape)
        ids = [int(number) for shape in vml for number in re.findall(r"_s(\d+)$", shape.get("id", ""))]
        first = max([_FIRST_SHAPE, *ids]) + 1
        for number, cell in enumerate(sorted(set(kept) & set(gone), key=xl_cell_to_rowcol), start=first):
            vml.append(etree.fromstring(_box_xml(number, xl_cell_to_rowcol(cell), width)))
        package.write(self._drawing or "", etree.tostring(vml), _VML_TYPE)

    def _boxes(self) -> etree._Element:
        if self._drawing is None:
            self._drawing = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
            self.drawing_id = self._package.relate(self._sheet, "vmlDrawing", self._drawing)
            return etree.fromstring(_NO_BOXES)
        # Excel's own drawings are not always well-formed: `<br>` is not closed.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        vml = etree.fromstring(self._package.read(self._drawing), parser)
        if vml is None:
            raise UnusualPackageError("the comments' boxes cannot be read")
        return vml


def _place_of(shape: etree._Element) -> tuple[int, int] | None:
    data = shape.find(f"{{{_EXCEL}}}ClientData")
    if data is None or data.get("ObjectType") != "Note":
        return None
    row, column = (data.findtext(f"{{{_EXCEL}}}{name}", "0") for name in ("Row", "Column"))
    return int(row), int(column)


_OWN_REMARK = "\n\n原批注：\n"
_NO_COMMENTS = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'
_NO_BOXES = f"""<xml xmlns:v="{_VML}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>
<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">
<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>"""


def _text_xml(text: str) -> str:
    face = '<rPr><sz val="10"/><color indexed="81"/><rFont val="宋体"/><charset val="134"/></rPr>'
    return f'<text xmlns="{MAIN}"><r>{face}<t xml:space="preserve">{xml_text(text)}</t></r></text>'


def _box_xml(number: int, place: tuple[int, int], width: Callable[[int], int]) -> str:
    """The hidden box of a comment, right of its cell and wide enough to be read."""
    row, column = place
    right, pixels = column + 1, 0
    while pixels < _WIDTH_PIXELS and right - column < _MOST_COLUMNS:
        pixels += width(right)
        right += 1
    top = max(row - 1, 0)
    anchor = f"{column + 1}, 15, {top}, 4, {right}, 15, {top + _HEIGHT_ROWS}, 4"
    return (
        f'<v:shape xmlns:v="{_VML}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}" id="_x0000_s{number}" type="#_x0000_t202"'
        ' style="position:absolute;margin-left:60pt;margin-top:2pt;width:240pt;height:80pt;z-index:1;visibility:hidden"'
        ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        f'</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _front_xml(front: FrontSheet, styles: _Styles) -> bytes:
    rows = "".join(_row_xml(number, cells, styles) for number, cells in enumerate(front.rows, start=1))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(front.widths, start=1)
    )
    frozen = f"A{front.frozen_rows + 1}"
    pane = (
        f'<pane ySplit="{front.frozen_rows}" topLeftCell="{frozen}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="{frozen}" sqref="{frozen}"/>'
    )
    links = "".join(
        f'<hyperlink ref="{cell}" location={quoteattr(_location(sheet, target))} display={quoteattr(target)}/>'
        for cell, sheet, target in front.links
    )
    last = f"{xl_col_to_name(len(front.widths) - 1)}{len(front.rows)}"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:{last}"/>'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0">{pane if front.frozen_rows else ""}</sheetView>'
        f'</sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
        f"{f'<hyperlinks>{links}</hyperlinks>' if links else ''}"
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _location(sheet: str, cell: str) -> str:
    doubled = _TEXT.sub("", sheet).replace("'", "''")
    return f"'{doubled}'!{cell}"


def _row_xml(number: int, cells: Sequence[tuple[str, Look]], styles: _Styles) -> str:
    written = "".join(
        f'<c r="{xl_col_to_name(column)}{number}" s="{styles.look(look, text.startswith(_FORMULA_STARTS))}"'
        f' t="inlineStr"><is><t xml:space="preserve">{xml_text(text)}</t></is></c>'
        for column, (text, look) in enumerate(cells)
        if text
    )
    height = ' ht="26" customHeight="1"' if any(look == "title" for _, look in cells) else ""
    return f'<row r="{number}"{height}>{written}</row>'
