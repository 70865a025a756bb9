"""Workbooks of the BIFF family (`.xls`) that need more than the fast reader gives, read record by record by `xlrd`.

Those of Excel 5 and 95, whose text is in a code page; those with errors of formulas, which the fast reader gives as
empty cells; those that count days from 1904, which a cell without the format of a date does not tell; those in which
something is struck out, or a day shows as a month.
"""

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import xlrd
from xlrd.compdoc import SIGNATURE, CompDoc

from taizhang.survey import ERROR_TEXTS, MONTH_FORMATS, Extent, Place, as_month, shows_month
from taizhang.unreadable import UnreadableFileError

BIFF_MAGICS = tuple(bytes([9, version, size, 0]) for version, size in ((0, 4), (2, 6), (4, 6), (8, 8), (8, 16)))
"""How a workbook of Excel 2 to 97 begins that is in no container."""
_BOF, _FILE_PASS, _EPOCH, _BOOL_OR_ERROR, _FORMULA = 0x0809, 0x002F, 0x0022, 0x0205, 0x0006  # MS-XLS 2.3
_CELLS = {_BOOL_OR_ERROR, _FORMULA, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x027E}
_FONT, _FORMAT, _STYLE = 0x0031, 0x041E, 0x00E0
_STRUCK = 0x08
_BIFF8 = 0x0600
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that holds a newer workbook under a password (MS-OFFCRYPTO 2.3.4.4)."""
_COLUMNS = 256


@dataclass(frozen=True)
class Grid:
    """A sheet's cells as the workbook types them; `merged` has first and last cell of ranges.

    `struck` has the first cell of each row in which one is struck out, by row.
    """

    name: str
    rows: list[list[Any]]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    visible: bool
    from_1904: bool
    struck: Mapping[int, Place] = field(default_factory=dict)


def is_special(content: bytes) -> bool:
    """Whether a workbook needs this reader.

    Raises `UnreadableFileError` where it is protected, or its cells span more than a ledger can need.
    """
    try:
        book = _book(content)
        return _is_special(book) or content.startswith(BIFF_MAGICS)
    except UnreadableFileError:
        raise
    except Exception as error:  # what a damaged record leads to is as various as records are
        raise UnreadableFileError("file_unreadable") from error


def _book(content: bytes) -> bytes:
    """The records of a workbook."""
    if not content.startswith(SIGNATURE):
        return content
    container = CompDoc(content, logfile=io.StringIO())
    for name in ("Workbook", "Book"):
        stream, begin, length = container.locate_named_stream(name)
        if stream:
            return bytes(stream[begin : begin + length])
    is_encrypted = _ENCRYPTED in content
    raise UnreadableFileError("file_encrypted" if is_encrypted else "file_unreadable")


def _is_special(book: bytes) -> bool:
    extent, months, is_special = Extent(), MONTH_FORMATS, False
    for kind, at in _records(book):
        if kind == _BOF:
            extent = Extent()
            is_special |= struct.unpack_from("<H", book, at)[0] != _BIFF8
        elif kind == _FILE_PASS:
            raise UnreadableFileError("file_encrypted")
        elif kind == _EPOCH:
            is_special |= book[at] == 1
        elif kind == _FONT:
            is_special |= bool(book[at + 2] & _STRUCK)
        elif kind == _FORMAT:
            months |= _month_format(book, at)
        elif kind == _STYLE:
            is_special |= struct.unpack_from("<H", book, at + 2)[0] in months
        elif kind in _CELLS:
            place = struct.unpack_from("<HH", book, at)
            if place[1] >= _COLUMNS:
                raise UnreadableFileError("file_unreadable")
            extent.add(place)
            is_special |= _is_failed(kind, book[at + 6 : at + 14])
    return is_special


def _month_format(book: bytes, at: int) -> frozenset[int]:
    """The number of a format if it shows months (MS-XLS 2.4.126)."""
    number, length, is_wide = struct.unpack_from("<HHB", book, at)
    text = book[at + 5 : at + 5 + length * (1 + is_wide)].decode("utf-16-le" if is_wide else "latin-1", "replace")
    return frozenset([number] if shows_month(text) else [])


def _is_failed(kind: int, result: bytes) -> bool:
    if kind == _FORMULA:
        return result[0] == 2 and result[6:] == b"\xff\xff"
    return kind == _BOOL_OR_ERROR and result[1] == 1


def _records(book: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each record, and where its contents begin."""
    at = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, at + 4
        at += 4 + size


def read_grids(content: bytes) -> list[Grid]:
    """Every sheet of a workbook that `is_special` has looked at.

    Raises `UnreadableFileError`.
    """
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True)
        return [_grid(book, sheet) for sheet in book.sheets()]
    except Exception as error:
        raise UnreadableFileError("file_unreadable") from error


def _grid(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> Grid:
    return Grid(
        name=sheet.name,
        rows=[
            [_value(cell, book) for cell in sheet.row(number)] + [""] * (sheet.ncols - sheet.row_len(number))
            for number in range(sheet.nrows)
        ],
        merged=tuple(((top, left), (end - 1, right - 1)) for top, end, left, right in sheet.merged_cells),
        visible=sheet.visibility == 0,
        from_1904=book.datemode == 1,
        struck=_struck(book, sheet),
    )


def _struck(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> dict[int, Place]:
    """The first cell of each row in which something is struck out, be it a part of a text."""
    struck: dict[int, Place] = {}
    fonts = {number for number, font in enumerate(book.font_list) if font.struck_out}
    for row in range(sheet.nrows) if fonts else ():
        for column, cell in enumerate(sheet.row(row)):
            parts = sheet.rich_text_runlist_map.get((row, column), ())
            used = {book.xf_list[cell.xf_index].font_index, *(font for _, font in parts)}
            if cell.value != "" and used & fonts:
                struck.setdefault(row, (row, column))
    return struck


def _value(cell: xlrd.sheet.Cell, book: xlrd.book.Book) -> str | float | bool | datetime:
    kinds: dict[int, Callable[[Any], Any]] = {
        xlrd.XL_CELL_DATE: lambda days: _day(days, cell, book),
        xlrd.XL_CELL_BOOLEAN: bool,
        xlrd.XL_CELL_ERROR: lambda code: ERROR_TEXTS.get(code, "#N/A"),
    }
    value: str | float | bool | datetime = kinds.get(cell.ctype, lambda same: same)(cell.value)
    return value


def _day(days: float, cell: xlrd.sheet.Cell, book: xlrd.book.Book) -> str | datetime:
    day: datetime = xlrd.xldate_as_datetime(days, book.datemode)
    number_format = book.format_map[book.xf_list[cell.xf_index].format_key]
    is_month = number_format.format_key in MONTH_FORMATS or shows_month(number_format.format_str)
    return as_month(day) if is_month else day
