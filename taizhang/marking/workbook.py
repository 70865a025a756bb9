"""The part of a workbook that lists its sheets."""

from lxml import etree

from taizhang.ooxml import MAIN, RELATIONS, SPREADSHEET, Package, UnusualPackageError, parse, serialise

_SHEET_TYPE, _WORKBOOK_TYPE = (f"{SPREADSHEET}{name}+xml" for name in ("worksheet", "sheet.main"))
_SHEETS, _PROPERTIES, _NAMES, _NAME, _VIEW = (
    f"{{{MAIN}}}{name}" for name in ("sheets", "workbookPr", "definedNames", "definedName", "bookViews")
)
_BEFORE_PROPERTIES = {f"{{{MAIN}}}{name}" for name in ("fileVersion", "fileSharing")}
_ID = f"{{{RELATIONS}}}id"


class Workbook:
    def __init__(self, package: Package) -> None:
        relation = package.related("", "officeDocument")
        if relation is None:
            raise UnusualPackageError("no workbook")
        self._package, self.part = package, relation.target
        self._root = parse(package.read(self.part))
        self._sheets = self._root.find(_SHEETS)
        if self._root.tag != f"{{{MAIN}}}workbook" or self._sheets is None:
            raise UnusualPackageError("not of the transitional kind")

    @property
    def sheets(self) -> dict[str, str]:
        """The part of each worksheet by its name."""
        parts = {relation.id: relation for relation in self._package.relations(self.part)}
        listed = [(sheet.get("name"), parts.get(sheet.get(_ID))) for sheet in self._sheets]
        return {name: relation.target for name, relation in listed if relation and relation.type == "worksheet"}

    def forget_macros(self) -> None:
        self._package.set_content_type(self.part, _WORKBOOK_TYPE)
        for properties in self._root.findall(_PROPERTIES):
            properties.attrib.pop("codeName", None)

    def never_update_links(self) -> None:
        properties = self._root.find(_PROPERTIES)
        if properties is None:
            properties = etree.Element(_PROPERTIES)
            self._root.insert(sum(child.tag in _BEFORE_PROPERTIES for child in self._root), properties)
        properties.set("updateLinks", "never")

    def remove(self, name: str) -> None:
        """Take a sheet out, if there is one of this name."""
        for index, sheet in enumerate(self._sheets):
            if sheet.get("name") == name:
                part = self.sheets.get(name)
                self._sheets.remove(sheet)
                self._package.unrelate(self.part, sheet.get(_ID))
                if part:
                    self._package.drop(part)
                self._move_names(index, -1)
                return

    def put_in_front(self, name: str, xml: bytes) -> None:
        """Add a sheet as the first, and as the one that is seen when the workbook is opened."""
        part = self._package.free_name("xl/worksheets/sheet{}.xml")
        self._package.write(part, xml, _SHEET_TYPE)
        number = 1 + max((int(sheet.get("sheetId")) for sheet in self._sheets), default=0)
        sheet = etree.Element(f"{{{MAIN}}}sheet", name=name, sheetId=str(number))
        sheet.set(_ID, self._package.relate(self.part, "worksheet", part))
        self._sheets.insert(0, sheet)
        self._move_names(-1, 1)
        for view in self._root.findall(f"{_VIEW}/*"):
            view.attrib.pop("activeTab", None)
            view.attrib.pop("firstSheet", None)

    def _move_names(self, index: int, by: int) -> None:
        """The names of one sheet point at it by its place; those of the sheet at `index` itself go."""
        for name in self._root.findall(f"{_NAMES}/{_NAME}[@localSheetId]"):
            place = int(name.get("localSheetId"))
            if place == index:
                name.getparent().remove(name)
            elif place > index:
                name.set("localSheetId", str(place + by))

    def save(self) -> None:
        names = self._root.find(_NAMES)
        if names is not None and not len(names):
            self._root.remove(names)
        self._package.write(self.part, serialise(self._root))
