"""What goes back to a clerk: opened as they would open it."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from taizhang.division import county
from taizhang.extract import RECEIPT_SHEET, File, file_problem, read_file
from taizhang.receipt import handle, receipt
from taizhang.sheet import read_sheets
from tests.extracts import DAY, MALE, ROWS, text_table
from tests.workbooks import saved, xlsx_of

WRONG = MALE[:-1] + "8"
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"


def answered(content: bytes, name: str = "台账.xlsx") -> Workbook:
    return load_workbook(io.BytesIO(receipt(content, handle(name, county(), read_file(content, county(), DAY)))))


def clerks_workbook(**changed: str) -> Workbook:
    """A workbook with a title, a header in row 2, a good row and one that is changed, and a sheet of notes."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "务工"
    sheet.append(["2020年12月务工台账"])
    good = ROWS["employment"] | {"岗位工种": "缝纫工"}
    for row in (list(good), list(good.values()), list((good | {"岗位工种": "另一行"} | changed).values())):
        sheet.append(row)
    sheet.column_dimensions["B"].width = 33
    workbook.create_sheet("说明")["A1"] = "本表由村里填写"
    return workbook


def fill(sheet: Worksheet, place: str) -> str:
    return str(sheet[place].fill.start_color.rgb)


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]


def test_a_refused_cell_is_red_and_says_what_to_do_and_the_rest_is_as_it_was() -> None:
    workbook = answered(saved(clerks_workbook(身份证号=WRONG)))
    assert workbook.sheetnames == [RECEIPT_SHEET, "务工", "说明"]
    sheet = workbook["务工"]
    assert fill(sheet, "B4") == RED
    assert "校验码不对" in sheet["B4"].comment.text
    assert sheet.column_dimensions["B"].width == 33
    assert sheet["A1"].value == "2020年12月务工台账"
    assert fill(sheet, "B3") != RED
    assert sheet["B3"].comment is None
    assert workbook["说明"]["A1"].value == "本表由村里填写"


def test_a_doubtful_cell_is_yellow() -> None:
    sheet = answered(saved(clerks_workbook(性别="女")))["务工"]
    assert fill(sheet, "C4") == YELLOW


def test_the_first_sheet_counts_and_links_to_the_cells() -> None:
    first = answered(saved(clerks_workbook(身份证号=WRONG)))[RECEIPT_SHEET]
    assert "读取2行，接受1行，退回1行" in texts(first)
    (link,) = [cell.hyperlink for row in first.iter_rows() for cell in row if cell.hyperlink]
    assert link.location == "'务工'!B4"
    assert {"退回", "务工", "B4", "身份证号", WRONG} <= set(texts(first))


def test_a_file_in_which_nothing_is_wrong_is_answered_in_one_sheet() -> None:
    workbook = answered(text_table([ROWS["employment"]]), "台账.csv")
    assert workbook.sheetnames == [RECEIPT_SHEET]
    assert "全部接受，没有发现问题。" in texts(workbook[RECEIPT_SHEET])


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"", b"a,b\n1,2\n"])
def test_a_refused_file_is_answered_with_the_reason(content: bytes) -> None:
    workbook = answered(content)
    assert workbook.sheetnames == [RECEIPT_SHEET]
    assert any(text.startswith("整个文件被退回") for text in texts(workbook[RECEIPT_SHEET]))


def test_the_longest_name_that_a_file_can_have_has_a_receipt_of_its_own(tmp_path: Path) -> None:
    names = ["台" * 80 + end for end in ("一.xlsx", "二.xlsx")]
    receipts = [handle(name, county(), File((), file_problem("file_empty")), "夹" * 80).receipt_name for name in names]
    for receipt_name in receipts:
        (tmp_path / f".partial-{receipt_name}").touch()
        assert receipt_name.startswith("台台")
        assert receipt_name.endswith(".回执.xlsx")
    assert len(set(receipts)) == 2


def test_a_text_table_comes_back_as_a_workbook_of_the_same_cells() -> None:
    rows = [ROWS["employment"] | {"身份证号": WRONG, "备注": "=HYPERLINK(1)"}, ROWS["employment"] | {"备注": "+1"}]
    workbook = answered(text_table(rows), "台账.csv")
    sheet = workbook.worksheets[1]
    assert sheet.title in texts(workbook[RECEIPT_SHEET])
    assert [cell.value for cell in sheet[2]] == list(rows[0])
    assert [cell.value for cell in sheet[3]] == list(rows[0].values())
    assert fill(sheet, "B3") == RED


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_nothing_that_came_from_outside_executes(text: str) -> None:
    rows = [ROWS["employment"] | {"身份证号": WRONG, "务工月收入": text, text: "x"}]
    workbook = answered(text_table(rows), "台账.csv")
    cells = [cell for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(cells) > 2
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_macros_are_left_out() -> None:
    workbook = answered(saved(clerks_workbook(身份证号=WRONG)))
    assert workbook.vba_archive is None


def test_a_mark_in_a_merged_range_stands_where_it_is_seen() -> None:
    clerks = clerks_workbook(乡镇="不知道镇")
    sheet = clerks["务工"]
    sheet["D3"] = "不知道镇"
    sheet["D4"] = None
    sheet.merge_cells("D3:D4")
    marked = answered(saved(clerks))["务工"]
    assert fill(marked, "D3") == RED
    assert "不是本县的乡镇" in marked["D3"].comment.text


def test_the_clerks_own_comment_is_not_lost() -> None:
    clerks = clerks_workbook(身份证号=WRONG)
    clerks["务工"]["B4"].comment = Comment("问过本人", "村里")
    assert "问过本人" in answered(saved(clerks))["务工"]["B4"].comment.text


def test_a_receipt_that_is_corrected_and_handed_in_is_read_and_answered_afresh() -> None:
    clerks = saved(clerks_workbook(身份证号=WRONG))
    returned = receipt(clerks, handle("a.xlsx", county(), read_file(clerks, county(), DAY)))
    workbook = load_workbook(io.BytesIO(returned))
    workbook["务工"]["B4"] = MALE
    workbook["务工"]["C4"] = "女"
    content = saved(workbook)
    file = read_file(content, county(), DAY)
    assert set(file.problems["rule"]) == {"sheet_unrecognised"}
    again = answered(content)
    assert again.sheetnames == [RECEIPT_SHEET, "务工", "说明"]
    assert fill(again["务工"], "B4") != RED
    assert fill(again["务工"], "C4") == YELLOW


def test_an_old_workbook_is_copied_with_its_place() -> None:
    import xlwt

    old = xlwt.Workbook()
    sheet = old.add_sheet("务工")
    old.add_sheet("空表")
    row = ROWS["employment"] | {"身份证号": WRONG}
    for number, cells in enumerate((["台账"], list(row), list(row.values()))):
        for column, text in enumerate(cells):
            sheet.write(number, column, text)
    buffer = io.BytesIO()
    old.save(buffer)
    marked = answered(buffer.getvalue(), "台账.xls")["务工"]
    assert fill(marked, "B3") == RED
    assert marked["B3"].value == WRONG


def test_a_workbook_of_another_writer_keeps_its_looks() -> None:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("务工")
    row = ROWS["employment"] | {"身份证号": WRONG}
    sheet.write_row(0, 0, list(row), workbook.add_format({"bold": True, "bg_color": "#00FF00"}))
    sheet.write_row(1, 0, list(row.values()))
    workbook.close()
    marked = answered(buffer.getvalue())["务工"]
    assert marked["A1"].font.bold
    assert fill(marked, "A1") == "FF00FF00"
    assert fill(marked, "B2") == RED


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30), min_size=3, max_size=3))
def test_whatever_a_cell_holds_a_receipt_can_be_written(cells: list[str]) -> None:
    row = ROWS["employment"] | dict(zip(("身份证号", "备注", "务工时间(月)"), cells, strict=True))
    content = text_table([row])
    handled = handle("台账.csv", county(), read_file(content, county(), DAY))
    load_workbook(io.BytesIO(receipt(content, handled)))


def test_a_message_quotes_the_beginning_of_a_long_cell() -> None:
    text = "约" * 32_767
    row = ROWS["employment"] | {"月收入": text}
    sheet = answered(xlsx_of([list(row), list(row.values())]))[RECEIPT_SHEET]
    message = next(cell for cell in texts(sheet) if "确切" in cell)
    assert text[:100] + "…" in message
    assert len(message) < 200


def drawn_workbook() -> bytes:
    """A workbook with a chart, a list to choose from, a conditional format, a wide column and a second sheet."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("务工")
    row = ROWS["employment"] | {"身份证号": WRONG}
    sheet.write_row(0, 0, list(row))
    sheet.write_row(1, 0, list(row.values()))
    sheet.write_comment(1, 0, "村里的批注")
    sheet.set_column(1, 1, 31)
    sheet.data_validation(1, 2, 50, 2, {"validate": "list", "source": ["男", "女"]})
    sheet.conditional_format(1, 3, 50, 3, {"type": "duplicate"})
    chart = workbook.add_chart({"type": "column"})
    chart.add_series({"values": "=务工!$K$2:$K$3"})
    sheet.insert_chart("A9", chart)
    workbook.add_worksheet("说明").write_string(0, 0, "本表由村里填写")
    workbook.define_name("务工!范围", "=务工!$A$1:$B$2")
    workbook.close()
    return buffer.getvalue()


def test_what_is_not_marked_stays_byte_for_byte() -> None:
    clerks = drawn_workbook()
    returned = receipt(clerks, handle("a.xlsx", county(), read_file(clerks, county(), DAY)))
    before, after = (zipfile.ZipFile(io.BytesIO(content)) for content in (clerks, returned))
    assert after.testzip() is None
    changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert {name.rsplit("/", 1)[-1] for name in changed} <= {
        "[Content_Types].xml", "workbook.xml", "workbook.xml.rels", "styles.xml", "sheet1.xml", "sheet1.xml.rels",
        "comments1.xml", "vmlDrawing1.vml",
    }  # fmt: skip
    sheet = load_workbook(io.BytesIO(returned))["务工"]
    assert fill(sheet, "B2") == RED
    assert "村里的批注" in sheet["A2"].comment.text
    assert sheet.column_dimensions["B"].width > 30
    assert sheet.data_validations.dataValidation
    assert sheet.conditional_formatting
    assert "范围" in sheet.defined_names


def test_every_cell_of_a_receipt_reads_as_it_was_handed_in() -> None:
    clerks = drawn_workbook()
    returned = receipt(clerks, handle("a.xlsx", county(), read_file(clerks, county(), DAY)))
    assert read_sheets(clerks)[0].cells.equals(read_sheets(returned)[1].cells)
