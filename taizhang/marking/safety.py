"""What may execute in a workbook: left out where nothing else counts on it, and otherwise the workbook is refused."""

import re

from taizhang.marking.workbook import Workbook
from taizhang.ooxml import Package, UnusualPackageError

_INERT = {"vbaProject", "userCustomization", "extensibility", "webextensiontaskpanes", "origin"}
"""Relations that run something or vouch for what is no longer the same; leaving them out harms nothing else."""
_ACTIVE = {
    "control", "oleObject", "package", "connections", "queryTable", "xlMacrosheet", "xlIntlMacrosheet", "dialogsheet",
    "attachedToolbars", "volatileDependencies", "ctrlProp",
}  # fmt: skip
"""Relations that run something and that other parts count on: such a workbook is copied instead."""
_LEFT_OUT = ("_xmlsignatures/", "customUI/")
_MACROS = ("vbaData.xml", "vbaProject.bin")
_FORMULA_TAGS = (b"<f", b":f", b"definedName")
_ACTIVE_FORMULA = re.compile(
    rb"<(?:\w+:)?(?:f|definedName)\b[^<>]*>[^<]*(?:\||\b(?i:WEBSERVICE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE)\s*\()"
)
_ACTIVE_LINK = re.compile(rb"<(?:\w+:)?(?:ddeLink|oleLink)\b")


def make_inert(package: Package, workbook: Workbook) -> None:
    """Leave out macros and signatures. Raises `UnusualPackageError` for what cannot be left out."""
    sources = ["", workbook.part, *workbook.sheets.values()]
    found = [(source, relation) for source in sources for relation in package.relations(source)]
    links = [relation.target for _, relation in found if relation.type == "externalLink"]
    refuse_active_formulas(package.read(workbook.part))
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


def refuse_active_formulas(content: bytes) -> None:
    # Most ledgers hold no formula at all, which is seen at once; the pattern takes a while on a county's.
    if any(tag in content for tag in _FORMULA_TAGS) and _ACTIVE_FORMULA.search(content):
        raise UnusualPackageError("holds a formula that may execute")
