"""The sheet that is put in front of a workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from xlsxwriter.utility import xl_col_to_name

from taizhang.marking.styles import Look, Styles
from taizhang.ooxml import MAIN, legal, xml_text

_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True)
class FrontSheet:
    """Rows of text cells with their looks, and links from its cells to others."""

    name: str
    widths: Sequence[float]
    rows: Sequence[Sequence[tuple[str, Look]]]
    frozen_rows: int
    links: Sequence[tuple[str, str, str]]
    """From which cell, to which sheet and cell."""


def written(front: FrontSheet, styles: Styles) -> bytes:
    """The sheet as a part of the workbook whose looks these are."""
    rows = "".join(_row(number, cells, styles) for number, cells in enumerate(front.rows, start=1))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(front.widths, start=1)
    )
    last = f"{xl_col_to_name(len(front.widths) - 1)}{len(front.rows)}"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:{last}"/>'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0">{_pane(front.frozen_rows)}</sheetView>'
        f'</sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
        f"{_links(front)}"
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _pane(frozen_rows: int) -> str:
    if not frozen_rows:
        return ""
    frozen = f"A{frozen_rows + 1}"
    return (
        f'<pane ySplit="{frozen_rows}" topLeftCell="{frozen}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="{frozen}" sqref="{frozen}"/>'
    )


def _links(front: FrontSheet) -> str:
    links = "".join(
        f'<hyperlink ref="{cell}" location={_location(sheet, target)} display="{target}"/>'
        for cell, sheet, target in front.links
    )
    return f"<hyperlinks>{links}</hyperlinks>" if links else ""


def _location(sheet: str, cell: str) -> str:
    doubled = legal(sheet).replace("'", "''")
    return quoteattr(f"'{doubled}'!{cell}")


def _row(number: int, cells: Sequence[tuple[str, Look]], styles: Styles) -> str:
    written = "".join(
        f'<c r="{xl_col_to_name(column)}{number}" s="{styles.look(look, quoted=text.startswith(_FORMULA_STARTS))}"'
        f' t="inlineStr"><is><t xml:space="preserve">{xml_text(text)}</t></is></c>'
        for column, (text, look) in enumerate(cells)
        if text
    )
    height = ' ht="26" customHeight="1"' if any(look == "title" for _, look in cells) else ""
    return f'<row r="{number}"{height}>{written}</row>'
