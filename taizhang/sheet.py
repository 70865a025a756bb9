"""Any spreadsheet or text table that a clerk hands in, read into columns of text.

Workbooks are read by calamine (Rust), text tables by the standard library's reader. What comes out is the
same for both: every cell as text, null where it is empty, at the place where the clerk sees it.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
_DELIMITERS = "\t,;|"
MAX_INFLATED = 512 * 1024 * 1024
"""Bytes a zipped workbook may unpack to: a county's largest ledger takes about a tenth of it."""


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
    return [_read_text(content)]


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


def _read_text(content: bytes) -> Sheet:
    text = _decode(content)
    delimiter = _delimiter(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    width = max(map(len, rows), default=0)
    return _sheet("", [row + [""] * (width - len(row)) for row in rows])


def _decode(content: bytes) -> str:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableFileError("encoding_unknown")


def _delimiter(text: str) -> str:
    """The delimiter that the first lines agree on most."""
    head = [line for line in text[:8192].splitlines()[:10] if line.strip()]
    return max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head))
