"""Workbooks in a single XML file, as systems export them under `.xls`."""

from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.excel_xml import NAMESPACE, read_grids
from taizhang.sheet import read_sheets
from taizhang.survey import UNCOMPUTED
from taizhang.unreadable import UnreadableFileError


def book_of(rows: str, before: str = "", encoding: str = "utf-8") -> bytes:
    book = f'<?xml version="1.0" encoding="{encoding}"?><?mso-application progid="Excel.Sheet"?>'
    book += f'<Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">{before}'
    return f'{book}<Worksheet ss:Name="台账"><Table>{rows}</Table></Worksheet></Workbook>'.encode(encoding)


def cell(text: str, kind: str = "String", places: str = "") -> str:
    return f'<Cell {places}><Data ss:Type="{kind}">{escape(text)}</Data></Cell>'


def row(cells: Iterable[str], places: str = "") -> str:
    return f"<Row {places}>{''.join(cells)}</Row>"


HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)


@given(st.lists(st.tuples(HAN, HAN, HAN), min_size=1, max_size=6), st.sampled_from(("utf-8", "gbk", "utf-16")))
def test_any_table_of_words_reads_back(rows: list[tuple[str, str, str]], encoding: str) -> None:
    (sheet,) = read_sheets(book_of("".join(row(map(cell, words)) for words in rows), encoding=encoding))
    assert sheet.cells.rows() == rows


def test_a_cell_is_what_its_type_says() -> None:
    typed = {"Number": "4.5", "DateTime": "2020-03-05T00:00:00.000", "Boolean": "1", "Error": "#N/A", "String": "007"}
    (grid,) = read_grids(book_of(row(cell(text, kind) for kind, text in typed.items())))
    assert grid.rows == [[4.5, datetime(2020, 3, 5), True, "#N/A", "007"]]  # a cell has no time zone


def test_a_month_is_what_its_cell_shows_and_what_is_struck_out_is_told() -> None:
    styles = (
        '<Styles><Style ss:ID="s1"><NumberFormat ss:Format="yyyy&quot;年&quot;m&quot;月&quot;"/></Style>'
        '<Style ss:ID="s2"><Font ss:StrikeThrough="1"/></Style></Styles>'
    )
    part = '<ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><S>李四</S>张三</ss:Data>'
    rows = [
        row([cell("2020-03-01T00:00:00.000", "DateTime", 'ss:StyleID="s1"'), cell("张三")]),
        row([cell("张三"), cell("作废", places='ss:StyleID="s2"'), cell("", places='ss:StyleID="s2"')]),
        row([cell("王五"), f"<Cell>{part}</Cell>"]),
    ]
    (grid,) = read_grids(book_of("".join(rows), styles))
    assert [cells[:2] for cells in grid.rows] == [["2020-03", "张三"], ["张三", "作废"], ["王五", "李四张三"]]
    assert grid.struck == {1: (1, 1), 2: (2, 1)}


def test_rows_and_cells_stand_where_they_say_or_after_the_one_before() -> None:
    rows = [
        row([cell("a"), cell("b", places='ss:Index="3"'), cell("c")], 'ss:Index="2" ss:Span="1"'),
        row([cell("d", places='ss:MergeAcross="1" ss:MergeDown="2"'), cell("e")]),
    ]
    (grid,) = read_grids(book_of("".join(rows)))
    assert grid.rows == [["", "", "", ""], ["a", "", "b", "c"], ["", "", "", ""], ["d", "", "e", ""]]
    assert grid.merged == (((3, 0), (5, 1)),)


def test_a_formula_that_nobody_has_worked_out_is_told() -> None:
    assert read_grids(book_of(row(['<Cell ss:Formula="=R1C1"/>'])))[0].rows == [[UNCOMPUTED]]


def test_days_may_count_from_1904() -> None:
    epoch = '<ExcelWorkbook xmlns="urn:schemas-microsoft-com:office:excel"><Date1904/></ExcelWorkbook>'
    assert [grid.from_1904 for book in (book_of(""), book_of("", epoch)) for grid in read_grids(book)] == [False, True]


LAUGHS = '<!DOCTYPE Workbook [<!ENTITY a "哈哈"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "rule", "value"),
    [
        (book_of(row([cell("x", places='ss:Index="16384"')], 'ss:Index="1048576"')), "cell_astray", "XFD1048576"),
        (book_of(row([cell("x", places='ss:Index="3"'), cell("y", places='ss:Index="1"')])), "file_unreadable", None),
        (book_of(row([cell("九", "Number")])), "file_unreadable", None),
        (book_of(row([cell("x")]))[:-20], "file_unreadable", None),
    ],
)
def test_what_cannot_be_laid_out_is_refused(content: bytes, rule: str, value: str | None) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(content)
    assert (refused.value.rule, refused.value.value) == (rule, value)


def test_an_entity_is_not_resolved() -> None:
    book = book_of('<Row><Cell><Data ss:Type="String">&b;</Data></Cell></Row>').decode()
    (grid,) = read_grids(book.replace("<Workbook", f"{LAUGHS}<Workbook").encode())
    assert grid.rows == [["&b;"]]
