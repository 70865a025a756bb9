"""Any spreadsheet or text table that a clerk hands in, read into columns of text.

Workbooks are read by calamine (Rust), text tables by the standard library's reader, HTML tables by lxml. What
comes out is the same for all: every cell as text, null where it is empty, at the place where the clerk sees it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from statistics import mode
from typing import Any

import lxml.etree
import lxml.html
import polars as pl
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from taizhang import biff, excel_xml, web_archive
from taizhang.biff import BIFF_MAGICS, Grid
from taizhang.survey import MAX_CELLS, Survey, as_month, survey
from taizhang.unreadable import UnreadableFileError, is_fault
from taizhang.web_archive import Page

ZIP_MAGIC, _COMPOUND_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DELIMITED = re.compile(r"[\t,;|]")
_HTML = re.compile(
    r"\s*(?:<\?xml\b[^>]*>\s*)?(?=<(?:!doctype\s+html|!--|html|head|meta|body|div|style|table)\b)", re.IGNORECASE
)
_SPACE_OF_PAGE, _LINE_BREAK = re.compile(r"[ \t\r\n\f]+"), "\u2028"
"""White space of a page's source, be it a line's end, shows as one blank."""
_NO_TABLE = re.compile(r"\s*(?:<|%PDF|\{\\rtf)")
"""Texts that hold no rows as they stand: XML, PDF, RTF."""
_MOST_SHEETS, _MOST_IN_WORKBOOK = 1000, 2 * MAX_CELLS
"""Of a county, a sheet for each of its villages is a third of that."""
_MOST_SPANNED = MAX_CELLS // 10
"""Cells of an HTML table that spans may cover."""
_DELIMITERS = "\t,;|"
_HEAD = 4096
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Control characters, and the marks of direction and joining that come with what is copied from chats and pages."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: `cells` has a text column for each of the sheet's columns (`"0"`, `"1"`, …), row 0 being row 1.

    `values` are the cells as the workbook types them, by column, for the few questions that text cannot answer.
    """

    name: str
    cells: pl.DataFrame
    values: Sequence[Sequence[Any]] = field(repr=False)
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    visible: bool = True
    from_1904: bool = False
    """Whether a number that stands for a day counts from 1904, as in workbooks of a Macintosh."""
    is_typed: bool = True
    """Whether the file tells a number from a text; a text table or a page does not."""
    lengths: Sequence[int] = ()
    """Of a text table, how many cells each row was written with."""
    struck: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """The first cell of each row in which one is struck out, by row."""

    def is_number(self, column: str) -> pl.Series:
        """Whether each cell of a column is stored as a number."""
        return pl.Series([type(value) in (float, int) for value in self.values[int(column)]], dtype=pl.Boolean)


def read_sheets(content: bytes) -> list[Sheet]:
    """Read every sheet of a file, told by its content and not by its name.

    Raises `UnreadableFileError`.
    """
    if not content.strip():
        raise UnreadableFileError("file_empty")
    if content.startswith((ZIP_MAGIC, _COMPOUND_MAGIC, *BIFF_MAGICS)):
        return _read_workbook(content)
    text = _decode(content)
    if _HTML.match(text):
        return _read_pages([Page("", text, visible=True)])
    if web_archive.BEGINNING.match(text):
        return _read_pages(web_archive.read_pages(content, _decode))
    if _NO_TABLE.match(text):
        if excel_xml.NAMESPACE in text[:_HEAD]:
            return _of_grids(excel_xml.read_grids(content))
        raise UnreadableFileError("file_unreadable")
    return [_read_text(text)]


def _read_workbook(content: bytes) -> list[Sheet]:
    is_zip = content.startswith(ZIP_MAGIC)
    surveyed = survey(content) if is_zip else Survey()
    if not is_zip and biff.is_special(content):
        return _of_grids(biff.read_grids(content))
    try:
        return list(_sheets_of_workbook(CalamineWorkbook.from_filelike(io.BytesIO(content)), surveyed))
    except UnreadableFileError:
        raise
    except BaseException as error:
        if is_fault(error):
            raise UnreadableFileError("file_unreadable") from error
        raise


def _of_grids(grids: Iterable[Grid]) -> list[Sheet]:
    return [_sheet_of_grid(grid) if grid.visible else _hidden(grid.name) for grid in grids]


def _sheet_of_grid(grid: Grid) -> Sheet:
    return replace(_sheet(grid.name, grid.rows, grid.merged, from_1904=grid.from_1904), struck=grid.struck)


def _sheets_of_workbook(workbook: CalamineWorkbook, surveyed: Survey) -> Iterator[Sheet]:
    """Its worksheets, which are counted here once more: many may be of one and the same part of the file."""
    worksheets = [metadata for metadata in workbook.sheets_metadata if metadata.typ == SheetTypeEnum.WorkSheet]
    if len(worksheets) > _MOST_SHEETS:
        raise UnreadableFileError("file_too_large", f"{_MOST_SHEETS:,}张工作表")
    count = 0
    for metadata in worksheets:
        if metadata.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(metadata.name)
            count += sheet.total_height * sheet.total_width
            _refuse_more_than(_MOST_IN_WORKBOOK, count)
            yield _sheet_of_workbook(sheet, surveyed)
        else:
            yield _hidden(metadata.name)


def _hidden(name: str) -> Sheet:
    return Sheet(name, pl.DataFrame(), (), visible=False)


def _sheet_of_workbook(sheet: CalamineSheet, surveyed: Survey) -> Sheet:
    name = sheet.name
    rows = sheet.to_python(skip_empty_area=False)
    failed = surveyed.failed.get(name, {})
    if rows and failed:
        rows += [[""] * len(rows[0]) for _ in range(len(rows), max(row for row, _ in failed) + 1)]
    for (row, column), text in failed.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    for row, column in surveyed.months.get(name, ()):
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = as_month(rows[row][column])
    merged = sheet.merged_cell_ranges or surveyed.merged.get(name, ())
    laid_out = _sheet(name, rows, tuple(merged), from_1904=surveyed.from_1904)
    return replace(laid_out, struck=surveyed.struck.get(name, {}))


def _sheet(name: str, rows: Sequence[Sequence[Any]], merged: tuple[Any, ...] = (), *, from_1904: bool = False) -> Sheet:
    values = list(zip(*rows, strict=True))
    columns = [pl.Series(column, dtype=pl.String, strict=False) for column in values]
    # All columns end to end: for a village's sheet, planning one step for each costs more than its rows.
    text = _trimmed(pl.concat(columns)) if columns else pl.Series(dtype=pl.String)
    cells = pl.DataFrame([text.slice(at * len(rows), len(rows)).alias(str(at)) for at in range(len(columns))])
    return Sheet(name, cells, values, merged, from_1904=from_1904)


def _trimmed(text: pl.Series) -> pl.Series:
    """Text without the white space around it and without characters that no cell shows; null where none is left."""
    if _UNSEEN.search(text.str.join().item() or ""):  # hardly ever: a look at all of it costs less than one at each
        text = text.str.replace_all(_UNSEEN.pattern, "")
    stripped = pl.lit(text.str.strip_chars())
    return pl.select(pl.when(stripped != "").then(stripped)).to_series()


def _read_pages(pages: Iterable[Page]) -> list[Sheet]:
    """The tables of pages: what many systems export under the name `.xls`."""
    sheets: list[Sheet] = []
    tags = 0
    for page in pages:
        tags += page.text.count("<")
        _refuse_more_than(MAX_CELLS, tags)
        if page.visible:
            for number, table in enumerate(_tables(page.text), start=1):
                name = f"{page.name} {number}" if page.name and number > 1 else page.name or str(number)
                sheets.append(_sheet_of_html(name, table))
        else:
            sheets.append(_hidden(page.name))
    if not sheets:
        raise UnreadableFileError("file_unreadable")
    return sheets


def _tables(text: str) -> list[lxml.html.HtmlElement]:
    """The tables of a page. One that only holds others is none."""
    declared = _HTML.match(text)
    try:
        page = lxml.html.document_fromstring(text[declared.end() :] if declared else text)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise UnreadableFileError("file_unreadable") from error
    return [table for table in page.iter("table") if table.find(".//table") is None]


def _sheet_of_html(name: str, table: lxml.html.HtmlElement) -> Sheet:
    """A table with its spans laid out, as a browser does it."""
    rows = list(table.iter("tr"))
    texts: dict[tuple[int, int], str] = {}
    merged = []
    spanned = 0
    for number, row in enumerate(rows):
        place = 0
        for cell in row.iterchildren("td", "th"):
            while (number, place) in texts:
                place += 1
            last = (min(number + _span(cell, "rowspan"), len(rows)) - 1, place + _span(cell, "colspan") - 1)
            if last != (number, place):
                merged.append(((number, place), last))
                spanned += (last[0] - number + 1) * (last[1] - place + 1)
                _refuse_more_than(_MOST_SPANNED, spanned)
                for covered in product(range(number, last[0] + 1), range(place, last[1] + 1)):
                    texts.setdefault(covered, "")
            for line_break in cell.iter("br"):
                line_break.tail = _LINE_BREAK + (line_break.tail or "")
            texts[number, place] = _SPACE_OF_PAGE.sub(" ", cell.text_content()).replace(_LINE_BREAK, "\n")
    width = max((across for _, across in texts), default=-1) + 1
    _refuse_more_than(MAX_CELLS, width * len(rows))
    grid = [[texts.get((down, across), "") for across in range(width)] for down in range(len(rows))]
    return replace(_sheet(name, grid, tuple(merged)), is_typed=False)


def _span(cell: lxml.html.HtmlElement, name: str) -> int:
    """Rows or columns that a cell takes; what is not a number between 1 and 1000 is 1, near to the HTML standard."""
    told = cell.get(name, "1").strip()
    return int(told) if re.fullmatch("[1-9][0-9]{0,2}|1000", told) else 1


def _read_text(text: str) -> Sheet:
    delimiter = _delimiter(text)
    _refuse_more_than(MAX_CELLS, text.count(delimiter) + text.count("\n") + text.count("\r"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:  # a cell beyond 131,072 characters: a quotation mark that is never closed
        raise UnreadableFileError("file_unreadable") from error
    lengths = list(map(len, rows))
    width = max(lengths, default=0)
    _refuse_more_than(MAX_CELLS, width * len(rows))
    if reader.line_num > len(rows):
        _refuse_swallowed(rows, delimiter, mode(lengths))
    sheet = _sheet("", [row + [""] * (width - len(row)) for row in rows])
    return replace(sheet, is_typed=False, lengths=lengths)


def _refuse_swallowed(rows: list[list[str]], delimiter: str, length: int) -> None:
    """A cell that goes on over a line's end and holds as many delimiters as a row has swallowed one.

    It began with a quotation mark that a clerk typed (for 同上), and ended with the next.
    """
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if ("\n" in cell or "\r" in cell) and cell.count(delimiter) >= max(length - 1, 1):
                raise UnreadableFileError("text_misaligned", str(number))


def _refuse_more_than(most: int, count: int) -> None:
    if count > most:
        raise UnreadableFileError("file_too_large", f"{most:,}个单元格")


def _decode(content: bytes) -> str:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    # UTF-16 without a mark is told by the zero bytes that no other encoding has.
    for encoding in (marked,) if marked else ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and (not encoding.startswith("utf-16-") or _DELIMITED.search(text)):
            return text
    raise UnreadableFileError("encoding_unknown")


def _delimiter(text: str) -> str:
    """The delimiter that the first lines agree on most."""
    head = [line for line in text[:8192].splitlines()[:10] if line.strip()]
    return max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head))
