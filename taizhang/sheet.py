"""Any spreadsheet or text table that a clerk hands in, read into columns of text.

Workbooks are read by calamine (Rust), text tables by the standard library's reader, HTML tables by lxml. What
comes out is the same for all: every cell as text, null where it is empty, at the place where the clerk sees it.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import lxml.etree
import lxml.html
import polars as pl
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

ZIP_MAGIC, _COMPOUND_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DELIMITED = re.compile(r"[\t,;|]")
_HTML = re.compile(r"\s*<(?:!doctype\s+html|!--|html|head|meta|body|div|style|table)\b", re.IGNORECASE)
_DELIMITERS = "\t,;|"
MAX_INFLATED = 512 * 1024 * 1024
"""Bytes a zipped workbook may unpack to: a county's largest ledger takes about a tenth of it."""
MAX_HTML_CELLS = 5_000_000
"""Cells, with those that a span covers: three times a county's largest ledger."""


class UnreadableFileError(Exception):
    """A file that cannot be read at all; `rule` says why (see `taizhang.rules`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


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

    def is_number(self, column: str) -> pl.Series:
        """Whether each cell of a column is stored as a number."""
        return pl.Series([type(value) in (float, int) for value in self.values[int(column)]], dtype=pl.Boolean)


def read_sheets(content: bytes) -> list[Sheet]:
    """Read every sheet of a file, told by its content and not by its name.

    Raises `UnreadableFileError`.
    """
    if not content.strip():
        raise UnreadableFileError("file_empty")
    if content.startswith((ZIP_MAGIC, _COMPOUND_MAGIC)):
        return _read_workbook(content)
    text = _decode(content)
    return _read_html(text) if _HTML.match(text) else [_read_text(text)]


def _read_workbook(content: bytes) -> list[Sheet]:
    if content.startswith(ZIP_MAGIC):
        _refuse_bomb(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [
            _sheet_of_workbook(workbook, metadata.name, metadata.visible == SheetVisibleEnum.Visible)
            for metadata in workbook.sheets_metadata
            if metadata.typ == SheetTypeEnum.WorkSheet
        ]
    except PasswordError as error:
        raise UnreadableFileError("file_encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError("file_unreadable") from error


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise UnreadableFileError("file_unreadable") from error
    if inflated > MAX_INFLATED:
        raise UnreadableFileError("file_too_large")


def _sheet_of_workbook(workbook: CalamineWorkbook, name: str, visible: bool) -> Sheet:
    if not visible:
        return Sheet(name, pl.DataFrame(), (), visible=False)
    sheet = workbook.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    return _sheet(name, rows, tuple(sheet.merged_cell_ranges or ()))


def _sheet(name: str, rows: Sequence[Sequence[Any]], merged: tuple[Any, ...] = ()) -> Sheet:
    values = list(zip(*rows, strict=True))
    columns = [pl.Series(str(number), column, dtype=pl.String, strict=False) for number, column in enumerate(values)]
    return Sheet(name, pl.DataFrame(columns).select(_trimmed(pl.all())), values, merged)


def _trimmed(text: pl.Expr) -> pl.Expr:
    """Text without the white space around it and without characters that no cell shows; null where none is left."""
    visible = text.str.replace_all(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u200b\ufeff]", "")
    stripped = visible.str.strip_chars(" \t\r\n\u00a0\u3000")
    return pl.when(stripped != "").then(stripped)


def _read_html(text: str) -> list[Sheet]:
    """The tables of a page: what many systems export under the name `.xls`. A table that only holds others is none."""
    try:
        page = lxml.html.document_fromstring(text)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise UnreadableFileError("file_unreadable") from error
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    if not tables:
        raise UnreadableFileError("file_unreadable")
    return [_sheet_of_html(str(number), table) for number, table in enumerate(tables, start=1)]


def _sheet_of_html(name: str, table: lxml.html.HtmlElement) -> Sheet:
    """A table with its spans laid out, as a browser does it."""
    rows = list(table.iter("tr"))
    texts: dict[tuple[int, int], str] = {}
    merged = []
    for number, row in enumerate(rows):
        place = 0
        for cell in row.iterchildren("td", "th"):
            while (number, place) in texts:
                place += 1
            last = (min(number + _span(cell, "rowspan"), len(rows)) - 1, place + _span(cell, "colspan") - 1)
            covered = ((down, across) for down in range(number, last[0] + 1) for across in range(place, last[1] + 1))
            for covers in covered:
                texts.setdefault(covers, "")
                if len(texts) > MAX_HTML_CELLS:
                    raise UnreadableFileError("file_too_large")
            texts[number, place] = cell.text_content()
            if last != (number, place):
                merged.append(((number, place), last))
    width = max((across for _, across in texts), default=-1) + 1
    grid = [[texts.get((down, across), "") for across in range(width)] for down in range(len(rows))]
    return _sheet(name, grid, tuple(merged))


def _span(cell: lxml.html.HtmlElement, name: str) -> int:
    """Rows or columns that a cell takes; what is not a number between 1 and 1000 is 1, near to the HTML standard."""
    told = cell.get(name, "1").strip()
    return int(told) if re.fullmatch("[1-9][0-9]{0,2}|1000", told) else 1


def _read_text(text: str) -> Sheet:
    delimiter = _delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:  # a cell beyond 131,072 characters: a quotation mark that is never closed
        raise UnreadableFileError("file_unreadable") from error
    width = max(map(len, rows), default=0)
    return _sheet("", [row + [""] * (width - len(row)) for row in rows])


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
