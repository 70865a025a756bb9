"""What may execute in a workbook: left out where nothing else counts on it, and otherwise the workbook is refused."""

import re

from taizhang.marking.workbook import Workbook
from taizhang.ooxml import Package, UnusualPackageError, parse

_INERT = {"vbaProject", "userCustomization", "extensibility", "webextensiontaskpanes", "origin"}
"""Relations that run something or vouch for what is no longer the same; leaving them out harms nothing else."""
_ACTIVE = {
    "control", "oleObject", "package", "connections", "queryTable", "xlMacrosheet", "xlIntlMacrosheet", "dialogsheet",
    "attachedToolbars", "volatileDependencies", "ctrlProp",
}  # fmt: skip
"""Relations that run something and that other parts count on: such a workbook is copied instead."""
_LEFT_OUT = ("_xmlsignatures/", "customUI/")
_MACROS = ("vbaData.xml", "vbaProject.bin")
_FORMULA_TAGS = (b"<f", b":f", b"definedName", b"ColumnFormula", b"RowFormula")
_CALLS_OUT = (
    # They fetch from a server, and tell it whatever stands in the address: Excel's, LibreOffice's, Google's.
    rb"WEBSERVICE", rb"IMAGE", rb"STOCKHISTORY", rb"IMPORT\w+", rb"GOOGLE\w+", rb"CUBE\w+",
    # They send cells to a service that works with them.
    rb"PY", rb"COPILOT", rb"TRANSLATE", rb"DETECTLANGUAGE",
    # They talk to another program of the machine, or write to it; most of them count in defined names only.
    rb"RTD", rb"DDE", rb"CALL", rb"REGISTER(?:\.ID)?", rb"EXEC(?:UTE)?", rb"INITIATE", rb"POKE", rb"REQUEST", rb"RUN",
    rb"SQL\.\w+(?:\.\w+)*", rb"SEND\.\w+", rb"FOPEN", rb"FWRITE(?:LN)?",
)  # fmt: skip
"""Functions, whatever prefix they bear (`_xlfn.`). HYPERLINK waits for a click, and WPS' DISPIMG shows a picture of the
workbook itself."""
_HIDDEN = rb"<[!?]|&#(?:x0*[2-7][0-9A-Fa-f]|0*(?:3[2-9]|[4-9]\d|1[01]\d|12[0-7]));"
"""How a name may be written so that it is not seen: nobody writes a letter as its number but to hide it."""
_ACTIVE_FORMULA = re.compile(
    rb"<(?:\w+:)?(?:f\w*|(?:calculatedColumn|totalsRow)Formula|definedName)\b[^<>]*>[^<]*(?:\||%b|\b(?i:%b)\s*\()"
    % (_HIDDEN, b"|".join(_CALLS_OUT))
)
_READABLE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?!\?xml[^>]*encoding=(?![\"'](?i:utf-8|us-ascii)))[^\x00]")
"""A part in the encoding in which we look for the above."""
_ACTIVE_LINK = re.compile(rb"<(?:\w+:)?(?:ddeLink|oleLink)\b")


def make_inert(package: Package, workbook: Workbook) -> None:
    """Leave out macros and signatures. Raises `UnusualPackageError` for what cannot be left out."""
    sources = ["", workbook.part, *workbook.sheets.values()]
    found = [(source, relation) for source in sources for relation in package.relations(source)]
    links = [relation.target for _, relation in found if relation.type == "externalLink"]
    refuse_active_formulas(package.read(workbook.part))
    for _, relation in found:
        if relation.type == "table":
            refuse_active_formulas(package.read(relation.target))
    _refuse_far_pictures(package)
    if any(relation.type in _ACTIVE for _, relation in found):
        raise UnusualPackageError("holds what may execute")
    if any(_ACTIVE_LINK.search(package.read(link)) for link in links):
        raise UnusualPackageError("links to a running program")
    for source, relation in found:
        if relation.type in _INERT:
            package.unrelate(source, relation.id)
            package.drop(relation.target)
    for name in package.names:
        if name.startswith(_LEFT_OUT) or name.endswith(_MACROS):
            package.drop(name)
    workbook.forget_macros()
    if links:
        workbook.never_update_links()


def _refuse_far_pictures(package: Package) -> None:
    """A picture that is fetched as the workbook is opened tells a server that it is, and where."""
    for name in package.names:
        relations = parse(package.read(name)) if name.endswith(".rels") else ()
        for relation in relations:
            is_far = relation.get("TargetMode") == "External" and relation.get("Target") != "NULL"  # a lost picture
            if is_far and relation.get("Type", "").endswith("/image"):
                raise UnusualPackageError("shows a picture from elsewhere")


def refuse_active_formulas(content: bytes) -> None:
    if not _READABLE.match(content):
        raise UnusualPackageError("holds a part that is no UTF-8")
    # Most ledgers hold no formula at all, which is seen at once; the pattern takes a while on a county's.
    if any(tag in content for tag in _FORMULA_TAGS) and _ACTIVE_FORMULA.search(content):
        raise UnusualPackageError("holds a formula that may execute")
