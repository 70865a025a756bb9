"""Workbooks as programs write them, or packed by hand as odd ones do, for tests of reading."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

import openpyxl
import xlsxwriter
import xlwt.CompoundDoc

Cell = str | float | None
NONE: Mapping[tuple[int, int], int] = {}
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="务工" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LINK = (
    f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.%s"/></Relationships>'
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_ROOT = (
    f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="xl/workbook.%s"/></Relationships>'
)


def saved(workbook: openpyxl.Workbook) -> bytes:
    """The file that openpyxl makes of a workbook."""
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def xlsx_of(rows: Sequence[Sequence[Cell]], sheet: str = "务工") -> bytes:
    """A workbook by xlsxwriter; a number is stored as a number."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        place = workbook.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    place.write(number, column, cell)
    return written.getvalue()


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return written.getvalue()


def xlsx_with(sheet: str, **parts: str) -> bytes:
    """A workbook whose only sheet has the given XML, which may be out of any shape."""
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _ROOT % "xml",
            "xl/workbook.xml": parts.get("book", _BOOK),
            "xl/_rels/workbook.xml.rels": _LINK % "xml",
            "xl/worksheets/sheet1.xml": sheet,
            **({"xl/styles.xml": parts["styles"]} if "styles" in parts else {}),
        }
    )


def sheet_xml(data: str, before: str = "", prefix: str = "") -> str:
    colon = f":{prefix}" if prefix else ""
    name = f"{prefix}:" if prefix else ""
    return (
        f'<{name}worksheet xmlns{colon}="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}'
        f"<{name}sheetData>{data}</{name}sheetData></{name}worksheet>"
    )


def xml_rows(rows: Sequence[Sequence[str]]) -> str:
    """Rows of strings without a place, as some exporters write them."""
    return "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )


def xlsb_of(
    rows: Sequence[Sequence[Cell]], failed: Mapping[tuple[int, int], int] = NONE, *, begin: tuple[int, int] = (0, 0)
) -> bytes:
    """A binary workbook whose first cell is at `begin`; `failed` has codes of errors by row and column."""
    sheet = _record(0x81) + _record(0x94, struct.pack("<IIII", 0, 0, 0, 0)) + _record(0x91)
    for number, row in enumerate(rows, begin[0]):
        sheet += _record(0x00, struct.pack("<I", number) + bytes(13))
        for column, cell in enumerate(row, begin[1]):
            head = struct.pack("<II", column, 0)
            if (number, column) in failed:
                sheet += _record(0x0B, head + bytes([failed[number, column], 0, 0]) + struct.pack("<II", 0, 0))
            elif isinstance(cell, float):
                sheet += _record(0x05, head + struct.pack("<d", cell))
            elif cell:
                sheet += _record(0x06, head + _wide(cell))
    sheet += _record(0x92) + _record(0x82)
    book = _record(0x83) + _record(0x99, bytes(12)) + _record(0x8F)
    book += _record(0x9C, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("务工")) + _record(0x90) + _record(0x84)
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _ROOT % "bin",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _LINK % "bin",
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _record(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(body), b""
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return head + length + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def biff5_of(
    rows: Sequence[Sequence[Cell]], failed: Mapping[tuple[int, int], int] = NONE, *, contained: bool = True
) -> bytes:
    """A workbook of Excel 95 in the code page of Simplified Chinese, in its container or (as Excel 4's were) bare."""
    name = "务工".encode("gbk")
    sheet = _biff(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if (number, column) in failed:
                sheet += _biff(0x205, place + bytes([failed[number, column], 1]))
            elif isinstance(cell, float):
                sheet += _biff(0x203, place + struct.pack("<d", cell))
            elif cell:
                text = cell.encode("gbk")
                sheet += _biff(0x204, place + struct.pack("<H", len(text)) + text)
    book = _biff(0x809, struct.pack("<HHHH", 0x500, 0x5, 0, 0)) + _biff(0x42, struct.pack("<H", 936))
    book += _biff(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\x05Arial")
    book += _biff(0xE0, struct.pack("<HHHBBHHHH", 0, 0, 0xFFF5, 0x20, 0, 0x20C0, 0, 0, 0))
    begin = len(book) + 4 + 7 + len(name) + 4
    book += _biff(0x85, struct.pack("<IBBB", begin, 0, 0, len(name)) + name) + _biff(0x0A)
    return _contained(book + sheet + _biff(0x0A)) if contained else book + sheet + _biff(0x0A)


def _biff(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _contained(stream: bytes) -> bytes:
    """The stream in an OLE container, under the name that Excel 95 gave it."""
    written = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(written, stream)
    new, old = (f"{name:\0<9}".encode("utf-16-le") for name in ("Book", "Workbook"))
    before, _, after = written.getvalue().partition(old)
    length_of_name = 64 - len(old)
    return before + new + after[:length_of_name] + struct.pack("<H", 10) + after[length_of_name + 2 :]
