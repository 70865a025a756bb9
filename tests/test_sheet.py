"""Reading a file into sheets, whatever kind of file it is."""

import csv
import io
import quopri
import re
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from taizhang import sheet
from taizhang.sheet import read_sheets
from taizhang.unreadable import UnreadableFileError

ROWS = [["姓名", "乡镇", "备注"], ["张三", "黄桥镇", "3,000"], ["李四", "高沙镇", "a;b|c"]]
ENCODINGS = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be")


def cells_of(content: bytes) -> list[list[str | None]]:
    (sheet,) = read_sheets(content)
    return [list(row) for row in sheet.cells.rows()]


def text_of(rows: list[list[str]], delimiter: str) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


def workbook_of(rows: list[list[str]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return written.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_text_table_reads_back_in_every_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    assert cells_of(text_of(ROWS, delimiter).encode(encoding)) == ROWS


HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)


@given(st.lists(st.tuples(HAN, HAN, HAN).map(list), min_size=2, max_size=6), st.sampled_from(("utf-8", "gb18030")))
def test_any_table_of_words_reads_back_from_text_and_from_a_workbook(rows: list[list[str]], encoding: str) -> None:
    assert cells_of(text_of(rows, ",").encode(encoding)) == rows
    assert cells_of(workbook_of(rows)) == rows


HTML = """<html><head><meta charset="{charset}"></head><body><table border=1>
<tr><td colspan=3>洞口县台账</td></tr>
<tr><th>姓名<th>乡镇<th>备注</tr>
<tr><td>张三</td><td rowspan="2">黄桥镇</td><td>A &amp; B</td></tr>
<tr><td><b>李</b>四</td><td>&nbsp;</td></tr>
</table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_an_html_table_under_the_name_of_a_workbook_is_laid_out_as_a_browser_does(encoding: str) -> None:
    (sheet,) = read_sheets(HTML.format(charset=encoding).encode(encoding))
    assert sheet.cells.rows() == [
        ("洞口县台账", None, None),
        ("姓名", "乡镇", "备注"),
        ("张三", "黄桥镇", "A & B"),
        ("李四", None, None),
    ]
    assert sheet.merged == (((0, 0), (0, 2)), ((2, 1), (3, 1)))


def test_a_page_may_declare_itself_xml_and_break_lines_within_cells() -> None:
    page = '<?xml version="1.0" encoding="gb2312"?>\n<html><table><tr><td>姓<br/>名<td>20<br>20</table></html>'
    assert [sheet.cells.rows() for sheet in read_sheets(page.encode("gb2312"))] == [[("姓\n名", "20\n20")]]


def test_the_end_of_a_line_in_the_source_of_a_page_is_a_blank() -> None:
    page = "<table><tr><td>黄桥镇\r\n    清风村<td>张三</td></tr></table>"
    assert [sheet.cells.rows() for sheet in read_sheets(page.encode())] == [[("黄桥镇 清风村", "张三")]]


def archive_of(pages: dict[str, str], charset: str) -> bytes:
    """Pages as Excel packs them, each with its place."""
    packed = (
        b'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="Next"\r\n\r\n'
    )
    for place, page in pages.items():
        packed += f"--Next\r\nContent-Location: file:///C:/1B2/{place}\r\n".encode()
        packed += b"Content-Transfer-Encoding: quoted-printable\r\n"
        packed += f'Content-Type: text/html; charset="{charset}"\r\n\r\n'.encode()
        packed += quopri.encodestring(page.encode(charset, "xmlcharrefreplace")) + b"\r\n"
    return packed + b"--Next--\r\n"


@pytest.mark.parametrize("charset", ["us-ascii", "gb2312", "utf-8"])
def test_a_page_packed_into_one_file_has_the_sheets_of_its_workbook(charset: str) -> None:
    """As Excel and WPS save a single file web page; a hidden sheet is told and not read."""
    source = '<x:Name>{0}</x:Name>\r\n<x:WorksheetSource HRef="book.files/{1}"/>'
    named = source.format("12月", "sheet001.htm") + source.format("旧表", "sheet002.htm")
    sheet = "<html>{0}<table><tr><td>姓名<td>{1}</td></tr></table></html>"
    hidden = "<!--[if gte mso 9]><xml><x:Visible>SheetHidden</x:Visible></xml><![endif]-->"
    pages = {
        "book.htm": f"<html><head><xml>{named}</xml></head><frameset></frameset></html>",
        "book.files/sheet001.htm": sheet.format("", "张三"),
        "book.files/sheet002.htm": sheet.format(hidden, "李四"),
    }
    sheets = read_sheets(archive_of(pages, charset))
    assert [(one.name, one.visible, one.cells.rows()) for one in sheets] == [
        ("12月", True, [("姓名", "张三")]),
        ("旧表", False, []),
    ]


def test_each_table_of_a_page_is_a_sheet_and_one_that_holds_them_is_none() -> None:
    page = "<table><tr><td><table><tr><td>a</table><td><table><tr><td>b</table></table>"
    assert [sheet.cells.rows() for sheet in read_sheets(page.encode())] == [[("a",)], [("b",)]]


def many_sheets(count: int) -> bytes:
    """A workbook of so many sheets, all of one and the same part."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook_of([["a"] * 30] * 2000))) as whole, zipfile.ZipFile(buffer, "w") as copy:
        for entry in whole.infolist():
            content = whole.read(entry)
            if entry.filename == "xl/workbook.xml":
                (sheet,) = re.findall(rb"<sheet [^>]*/>", content)
                sheets = (
                    re.sub(rb'name="[^"]*" sheetId="\d+"', b'name="%d" sheetId="%d"' % (n, n), sheet)
                    for n in range(1, count + 1)
                )
                content = content.replace(sheet, b"".join(sheets))
            copy.writestr(entry.filename, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.mark.parametrize(("count", "told"), [(2_000, "1,000张工作表"), (400, "500,000个单元格")])
def test_sheets_are_counted_though_they_be_of_one_part(count: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "_MOST_IN_WORKBOOK", 500_000)
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(many_sheets(count))
    assert (refused.value.rule, refused.value.value) == ("file_too_large", told)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_empty"),
        (b" \r\n\t", "file_empty"),
        (b"PK\x03\x04 and no more", "file_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "file_unreadable"),
        (b"<html><body>404</body></html>", "file_unreadable"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "file_unreadable"),
        (b"%PDF-1.4\n1 0 obj", "file_unreadable"),
        (b"{\\rtf1\\ansi a}", "file_unreadable"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "file_unreadable"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n" + b"--a\n" * 100_000, "file_unreadable"),
        (b'name,"' + b"x" * 200_000, "file_unreadable"),
        (b"\xff\x00\x81\x00\xff", "encoding_unknown"),
        (b"<table>" + b"<tr><td colspan=1000 rowspan=1000>" * 6000 + b"</table>", "file_too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, rule: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(content)
    assert refused.value.rule == rule


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    with suppress(UnreadableFileError):
        read_sheets(content)


@pytest.mark.parametrize(
    "table",
    [
        '姓名,乡镇,备注\n张三,黄桥镇,"\n李四,黄桥镇,"\n王五,高沙镇,\n',  # the mark for 同上, in two rows
        '姓名,乡镇,备注\r张三,黄桥镇,"外出\r李四,黄桥镇,\r',  # never closed
    ],
)
def test_a_quotation_mark_swallows_no_rows(table: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(table.encode())
    assert (refused.value.rule, refused.value.value) == ("text_misaligned", "2")


def test_a_cell_of_several_lines_is_no_swallowed_row() -> None:
    rows = [["姓名", "乡镇", "备注"], ["张三", "黄桥镇", "先在广州,\n后在深圳"]]
    assert cells_of(text_of(rows, ",").encode()) == rows


@pytest.mark.parametrize("unseen", ["\u200e", "\u202d", "\u202c", "\u2060", "\u00ad", "\ufeff", "\u200b", "\x01"])
def test_marks_that_no_cell_shows_go(unseen: str) -> None:
    assert cells_of(f"a,{unseen}张{unseen}三{unseen}\u2002\n".encode()) == [["a", "张三"]]
