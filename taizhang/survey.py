"""A look into a zipped workbook before it is read: what it unpacks to, how far its cells reach, which have failed.

The reader lays a sheet out as the rectangle that its cells span, so that one stray cell in the last column of the
last row asks for terabytes; it gives a formula's error as an empty cell, what is struck out like all else, and a month
as its first day. Parts are inflated piece by piece, and a usual sheet is not parsed here: a few searches of its bytes
tell that nothing in it is out of the way.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import product
from typing import IO, Any, TypeAlias

import lxml.etree
import polars as pl
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from taizhang.ooxml import UnusualPackageError, parse
from taizhang.unreadable import UnreadableFileError

MAX_INFLATED = 512 * 1024 * 1024
"""Bytes a zipped workbook may unpack to: a county's largest ledger takes about a tenth of it."""
_NEAR_COLUMNS, _NEAR_ROWS = 52, 100_000
MAX_CELLS = _NEAR_COLUMNS * _NEAR_ROWS
"""Cells of the rectangle that a sheet spans: three times a county's largest ledger."""
ERROR_TEXTS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
"""What a workbook shows for the error codes that its binary forms keep."""
UNCOMPUTED = "未计算的公式"
"""What stands for a formula that the program that wrote it has not worked out; Excel and WPS do so on opening."""

_PIECE, _LONGEST_TAG = 1024 * 1024, 64 * 1024
_MOST = {b"<": 6 * MAX_CELLS, b"mergeCell": 200_000}
"""How often a mark may occur in a part: what a reader makes of a tag takes more memory than the tag."""
_FAR = r'r="(?:[B-Z][A-Z][0-9]|[A-Z]{3}|[A-Z]{0,2}[0-9]{6})'  # beyond _NEAR_COLUMNS or _NEAR_ROWS
_NO_PLACE, _PREFIXED = r'<c(?:[>\n\r\t]| (?:[^r]|r(?:[^=]|=[^"])))', ":c[ >]"
_FAILED, _NO_RESULT = """["']e["']""", '</f></c>|</f><v ?/>|"/></c>'
_UNUSUAL = "|".join([_FAR, _NO_PLACE, _PREFIXED, _FAILED, _NO_RESULT])
"""Far cells, cells without a place or under a prefix, and those with an error or without the result of a formula."""
_EMPTY_RESULT = re.compile(rb'<c (?![^>]*t="str")[^>]*><f[^>]*>[^<]*</f><v></v>')  # of text it may well be empty
_SHEET, _BINARY_SHEET = re.compile(rb"[<:]worksheet\b"), b"\x81\x01\x00"
_ROW_HEADER, _CELL_ERROR, _FORMULA_ERROR, _SHEET_OF_BOOK = 0x00, 0x03, 0x0B, 0x9C  # MS-XLSB 2.3.2
_BOOK_PROPERTIES, _FROM_1904 = 0x99, re.compile(rb"""date1904\s*=\s*["'](?:1|true)["']""")
_VALUES = range(0x02, 0x0C)

_OFFICE, _TABLES = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table"))
_TABLE, _TABLE_NAME, _FORMULA = _TABLES + "table", _TABLES + "name", _TABLES + "formula"
_ROWS_REPEATED, _COLUMNS_REPEATED = _TABLES + "number-rows-repeated", _TABLES + "number-columns-repeated"
_ROWS_SPANNED, _COLUMNS_SPANNED = _TABLES + "number-rows-spanned", _TABLES + "number-columns-spanned"
_STYLES, _LARGEST_STYLES, _TEXTS = "xl/styles.xml", 4 * 1024 * 1024, "xl/sharedStrings.xml"
_STRIKE = b"strike"
MONTH_FORMATS = frozenset({17, 27, 36, 50, 52, 57})
"""Numbers of the formats that show a month and are not written out (ECMA-376 part 1, 18.8.30)."""
_SHOWN_MONTH = re.compile(r"\s*(?:\d{4}\D{1,3}\d{1,2}[^\d日号]{0,3}|[A-Z][a-z]{2}[- ](?:\d{4}|[1-9]\d))\s*")
_MOST_MONTHS = MAX_CELLS // 10
_NOT_OF_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|;.*')
_STYLE_OF_CELL = re.compile(rb' s="(\d+)"')
_MANIFEST = "META-INF/manifest.xml"
_VALUE_TYPE, _BLANKS = _OFFICE + "value-type", "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c"
_SHOWN_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"

Place: TypeAlias = tuple[int, int]
Merged: TypeAlias = tuple[Place, Place]


@dataclass
class Extent:
    """What a sheet's cells span as far as they have been seen.

    `failed` has the errors of formulas by place, `struck` the first cell that is struck out by row, `months` the places
    of days that show as months.
    """

    failed: dict[Place, str] = field(default_factory=dict)
    struck: dict[int, Place] = field(default_factory=dict)
    months: list[Place] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    count: int = 0
    lowest: Place = (0, 0)
    rightmost: Place = (0, 0)

    def add(self, place: Place, error: str | None = None, rows: int = 1, columns: int = 1) -> None:
        """Add a cell that is not empty, or a block of equal ones."""
        end = (place[0] + rows - 1, place[1] + columns - 1)
        self.count += rows * columns
        self.lowest = max(self.lowest, end)
        self.rightmost = max(self.rightmost, end, key=lambda cell: cell[1])
        if error:
            self.failed[place] = error
        if self.count > MAX_CELLS:
            raise _too_large()
        if (self.lowest[0] + 1) * (self.rightmost[1] + 1) > MAX_CELLS:
            astray = self.rightmost if self.rightmost[1] >= _NEAR_COLUMNS else self.lowest
            raise UnreadableFileError("cell_astray", xl_rowcol_to_cell(*astray))


def _too_large() -> UnreadableFileError:
    return UnreadableFileError("file_too_large", f"{MAX_CELLS:,}个单元格")


@dataclass(frozen=True)
class Survey:
    """`failed` has the errors of formulas by sheet and place; `merged` the ranges of documents (`.ods`) by sheet.

    `struck` has the first cell of each row that is struck out, by sheet and row (of `.xlsx` and `.xlsm`), and `months`
    the cells whose day shows as a month (of these, and of `.ods`); `from_1904` says that days are counted from then.
    """

    failed: dict[str, dict[Place, str]] = field(default_factory=dict)
    struck: dict[str, dict[int, Place]] = field(default_factory=dict)
    months: dict[str, list[Place]] = field(default_factory=dict)
    merged: dict[str, list[Merged]] = field(default_factory=dict)
    from_1904: bool = False


def survey(content: bytes) -> Survey:
    """What has to be known of a zipped workbook before it is read.

    Raises `UnreadableFileError` where reading it would take more memory than a ledger can need.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _survey(archive)
    except RuntimeError as error:  # a part under a password
        raise UnreadableFileError("file_encrypted") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        lxml.etree.LxmlError,
        struct.error,
        OSError,
        ValueError,
        LookupError,
    ) as error:
        raise UnreadableFileError("file_unreadable") from error


def _survey(archive: zipfile.ZipFile) -> Survey:
    # What a part unpacks to is never more than its header says: beyond that the archive counts as damaged.
    if sum(entry.file_size for entry in archive.infolist()) > MAX_INFLATED:
        raise UnreadableFileError("file_too_large", f"{MAX_INFLATED >> 20}MB（解压后）")
    if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
        raise UnreadableFileError("file_encrypted")
    looks = _looks(archive)
    walks = {entry: _walk(_pieces(archive, entry), looks) for entry in archive.infolist()}
    extents: dict[str, Extent] = {}
    for entry, walk in walks.items():
        if walk:
            with archive.open(entry) as part:
                extents |= walk(entry.filename, part)
    has_marks = any(extent.failed or extent.struck or extent.months for extent in extents.values())
    names = _names_of_sheets(archive) if has_marks else {}
    return Survey(
        {names.get(sheet, sheet): extent.failed for sheet, extent in extents.items()},
        {names.get(sheet, sheet): extent.struck for sheet, extent in extents.items()},
        {names.get(sheet, sheet): extent.months for sheet, extent in extents.items()},
        {sheet: extent.merged for sheet, extent in extents.items()},
        _counts_from_1904(archive),
    )


def as_month(value: Any) -> Any:
    """What a cell shows that shows a month: of its first day the month; of another day, which is exact, the day."""
    return f"{value:%Y-%m}" if isinstance(value, date) and value.day == 1 else value


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | str) -> Iterator[bytes]:
    """A part in pieces that end with a tag."""
    rest = b""
    with archive.open(entry) as part:
        while read := part.read(_PIECE):
            piece = rest + read
            end = piece.rfind(b">", -_LONGEST_TAG) + 1 or len(piece)
            yield piece[:end]
            rest = piece[end:]
    if rest:
        yield rest


@dataclass(frozen=True)
class _Looks:
    """The numbers of styles, and of shared texts, as cells name them (ECMA-376 part 1, 18.8).

    `struck` are styles whose font is struck out, `months` those that show of a day its month; of `texts` a part is
    struck out.
    """

    struck: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


_USUAL = _Looks()


def _looks(archive: zipfile.ZipFile) -> _Looks:
    """None of styles that are too many to be looked at whole: a workbook of a ledger has a few hundred."""
    texts = _struck_texts(archive)
    if _STYLES not in archive.namelist() or archive.getinfo(_STYLES).file_size > _LARGEST_STYLES:
        return _Looks(texts=texts)
    try:
        styles = parse(archive.read(_STYLES), tolerant=True)
    except UnusualPackageError:
        return _Looks(texts=texts)
    fonts = {
        str(number)
        for number, font in enumerate(styles.iterfind("{*}fonts/{*}font"))
        if any(map(_is_on, font.iter("{*}strike")))
    }
    formats = {str(number) for number in MONTH_FORMATS} | {
        written.get("numFmtId")
        for written in styles.iterfind("{*}numFmts/{*}numFmt")
        if shows_month(written.get("formatCode", ""))
    }
    cells = [(str(number), style) for number, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf"))]
    return _Looks(
        frozenset(number for number, style in cells if style.get("fontId") in fonts),
        frozenset(number for number, style in cells if style.get("numFmtId") in formats),
        texts,
    )


def _struck_texts(archive: zipfile.ZipFile) -> frozenset[str]:
    if _TEXTS not in archive.namelist() or not any(_STRIKE in piece for piece in _pieces(archive, _TEXTS)):
        return frozenset()
    struck = set()
    with archive.open(_TEXTS) as part:
        texts = (element for event, element in _elements(part, "{*}si") if event == "end")
        for number, text in enumerate(texts):
            if any(map(_is_on, text.iter("{*}strike"))):
                struck.add(str(number))
            _let_go(text)
    return frozenset(struck)


def _is_on(strike: lxml.etree._Element) -> bool:
    return strike.get("val", "1") not in ("0", "false")


def shows_month(number_format: str) -> bool:
    """Whether a format shows of a day its year and month only: Excel and WPS give it to what is typed as 2020-3."""
    letters = set(_NOT_OF_FORMAT.sub("", number_format).lower())
    return {"y", "m"} <= letters and letters.isdisjoint("dhs0#")


def _walk(pieces: Iterable[bytes], looks: _Looks) -> Callable[[str, IO[bytes]], dict[str, Extent]] | None:
    """How a part has to be looked at cell by cell; None where it need not, being usual or no sheet."""
    found, kind, is_unusual, months = dict.fromkeys(_MOST, 0), None, False, list[Place]()
    for piece in pieces:
        for mark, most in _MOST.items():
            found[mark] += piece.count(mark)
            if found[mark] > most:
                raise _too_large()
        kind = kind or _kind(piece)
        if kind is _walk_sheet and not is_unusual:
            is_unusual = _has_unusual_cells(piece) or _STRIKE in piece or _uses_struck(piece, looks)
            months += _months(piece, looks)
            if len(months) > _MOST_MONTHS:
                raise _too_large()
    if kind is not _walk_sheet:
        return kind
    if is_unusual:
        return partial(_walk_sheet, looks=looks)
    return (lambda name, _: {name: Extent(months=months)}) if months else None


def _kind(piece: bytes) -> Callable[[str, IO[bytes]], dict[str, Extent]] | None:
    if piece.startswith(_BINARY_SHEET):
        return _walk_binary_sheet
    if _SHEET.search(piece, 0, 4096):
        return _walk_sheet
    return _walk_document if b"office:spreadsheet" in piece else None


def _uses_struck(piece: bytes, looks: _Looks) -> bool:
    if looks.texts or not looks.struck:
        return bool(looks.texts)
    return any(style.decode() in looks.struck for style in set(_STYLE_OF_CELL.findall(piece)))


def _months(piece: bytes, looks: _Looks) -> Iterator[Place]:
    """The cells of a usual sheet that show months; every date of a ledger may, and so they are not worth a walk."""
    if looks.months:
        styles = "|".join(looks.months).encode()
        for reference in re.findall(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"[^>/]* s="(?:%s)"[^>/]*><' % styles, piece):
            yield _place(reference.decode())


def _has_unusual_cells(piece: bytes) -> bool:
    """Polars looks for all that is unusual at once, while other threads work; so is what is no UTF-8."""
    try:
        text = pl.Series([piece]).cast(pl.String)
    except pl.exceptions.ComputeError:
        return True
    is_unusual = bool(text.str.contains(_UNUSUAL).item())
    return is_unusual or (b"<v></v>" in piece and _EMPTY_RESULT.search(piece) is not None)


def _walk_sheet(name: str, part: IO[bytes], looks: _Looks = _USUAL) -> dict[str, Extent]:
    extent, row, column = Extent(), -1, -1
    for event, element in _elements(part, "{*}row", "{*}c"):
        is_row = element.tag.endswith("row")
        if event == "start":
            place = element.get("r")
            if is_row:
                row, column = int(place) - 1 if place else row + 1, -1
            else:
                row, column = _place(place) if place else (row, column + 1)
            continue
        if not is_row and element.find("*") is not None:
            extent.add((row, column), _failure(element))
            if _has_struck(element, looks):
                extent.struck.setdefault(row, (row, column))
            if element.get("s") in looks.months:
                extent.months.append((row, column))
        _let_go(element)
    return {name: extent}


def _has_struck(cell: lxml.etree._Element, looks: _Looks) -> bool:
    """Whether a cell, or a part of its text, is struck out."""
    of_text = cell.get("t") == "s" and cell.findtext("{*}v") in looks.texts
    return of_text or cell.get("s") in looks.struck or any(map(_is_on, cell.iter("{*}strike")))


def _failure(cell: lxml.etree._Element) -> str | None:
    value, kind = cell.findtext("{*}v"), cell.get("t")
    if kind == "e":
        return str(value) if value else None
    is_computed = value or kind == "str" or cell.find("{*}f") is None
    return None if is_computed else UNCOMPUTED


def _place(reference: str) -> Place:
    if not re.fullmatch(r"[A-Z]{1,3}[1-9]\d{0,6}", reference):
        raise ValueError("a cell's place is not one of a sheet")
    row, column = xl_cell_to_rowcol(reference)
    return int(row), int(column)


def _walk_document(_: str, part: IO[bytes]) -> dict[str, Extent]:
    extents: dict[str, Extent] = {}
    row = 0
    for event, element in _elements(part, _TABLE, _TABLE + "-row"):
        if element.tag == _TABLE:
            row = 0
            extents.setdefault(element.get(_TABLE_NAME, ""), Extent())
        elif event == "end":
            rows = int(element.get(_ROWS_REPEATED, "1"))
            _add_row(list(extents.values())[-1], element, row, rows)
            row += rows
            _let_go(element)
    return extents


def _add_row(extent: Extent, element: lxml.etree._Element, row: int, rows: int) -> None:
    column = 0
    for cell in element.iterchildren("{*}table-cell", "{*}covered-table-cell"):
        columns = int(cell.get(_COLUMNS_REPEATED, "1"))
        if cell.get(_VALUE_TYPE) or cell.get(_FORMULA):
            error = "".join(cell.itertext()) if cell.get(_SHOWN_TYPE) == "error" else None
            error = error or (None if cell.get(_VALUE_TYPE) else UNCOMPUTED)
            extent.add((row, column), error, rows, columns)
            if cell.get(_VALUE_TYPE) == "date" and _SHOWN_MONTH.fullmatch("".join(cell.itertext())):
                if len(extent.months) + rows * columns > _MOST_MONTHS:
                    raise _too_large()
                extent.months += product(range(row, row + rows), range(column, column + columns))
        spanned = [int(cell.get(span, "1")) for span in (_ROWS_SPANNED, _COLUMNS_SPANNED)]
        if spanned != [1, 1]:
            extent.merged.append(((row, column), (row + spanned[0] - 1, column + spanned[1] - 1)))
        if any(int(blanks.get(_BLANKS, "1")) > _PIECE for blanks in cell.iter("{*}s")):
            raise _too_large()
        column += columns


def _elements(part: IO[bytes], *tags: str) -> Iterator[tuple[str, lxml.etree._Element]]:
    return iter(lxml.etree.iterparse(part, ("start", "end"), tag=tags, resolve_entities=False))


def _let_go(element: lxml.etree._Element) -> None:
    """Forget an element that has been looked at, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _walk_binary_sheet(name: str, part: IO[bytes]) -> dict[str, Extent]:
    extent, row = Extent(), 0
    for kind, body in _records(part.read()):
        if kind == _ROW_HEADER:
            (row,) = struct.unpack_from("<I", body)
        elif kind in _VALUES:
            (column,) = struct.unpack_from("<I", body)
            is_error = kind in (_CELL_ERROR, _FORMULA_ERROR)
            extent.add((row, column), ERROR_TEXTS.get(body[8]) if is_error else None)
    return {name: extent}


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a binary part by their kind (MS-XLSB 2.1.4)."""
    at = 0
    while at < len(part):
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        yield kind, part[at : at + size]
        at += size


def _number(part: bytes, at: int, most: int) -> tuple[int, int]:
    """A number in seven bits a byte, of at most so many bytes, and where the next one begins."""
    number = 0
    for place in range(most):
        number |= (part[at + place] & 0x7F) << 7 * place
        if part[at + place] < 0x80:
            break
    return number, at + place + 1


def _counts_from_1904(archive: zipfile.ZipFile) -> bool:
    parts = set(archive.namelist())
    if "xl/workbook.xml" in parts:
        return _FROM_1904.search(archive.read("xl/workbook.xml")) is not None
    if "xl/workbook.bin" in parts:
        return any(kind == _BOOK_PROPERTIES and body[0] & 1 for kind, body in _records(archive.read("xl/workbook.bin")))
    return False


def _names_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """What the sheets of a workbook are called, by part."""
    for book, named in (("xl/workbook.xml", _named), ("xl/workbook.bin", _named_in_binary)):
        if book in archive.namelist():
            folder, _, file = book.rpartition("/")
            links = lxml.etree.fromstring(archive.read(f"{folder}/_rels/{file}.rels"))
            parts = {link.get("Id"): link.get("Target", "") for link in links}
            names = named(archive.read(book))
            return {
                part[1:] if part.startswith("/") else f"{folder}/{part}": names[link]
                for link, part in parts.items()
                if link in names
            }
    return {}


def _named(book: bytes) -> dict[str, str]:
    sheets = lxml.etree.fromstring(book).iterfind(".//{*}sheet")
    return {str(sheet.xpath("string(@*[local-name() = 'id'])")): sheet.get("name", "") for sheet in sheets}


def _named_in_binary(book: bytes) -> dict[str, str]:
    named = {}
    for kind, body in _records(book):
        if kind == _SHEET_OF_BOOK:
            link, at = _wide(body, 8)
            named[link], _ = _wide(body, at)
    return named


def _wide(body: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", body, at)
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end
