"""What the work team opens, fills in and sends back."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from taizhang.division import Level, children, county, find_within
from taizhang.extract import read_file
from taizhang.worklist import GUIDE_SHEET, LISTS_SHEET, Item, worklist
from tests.extracts import DAY, MALE

TOWNSHIP = find_within(county().code, "黄桥镇")
VILLAGES = children(TOWNSHIP.code)
RED = "FFFFC7CE"
ITEM = Item(
    break_id="a" * 32,
    ledger="employment",
    period=date(2020, 12, 1),
    kind="differs",
    level="village",
    culprit="village",
    division_code=VILLAGES[0].code,
    name="张三",
    id_no=MALE,
    record_no=None,
    column_name="gender",
    values={"county": "male", "township": "male", "village": "female"},
    handed_in={"county": True, "township": True, "village": True},
    first_seen=date(2020, 12, 21),
    said=None,
)


def opened(*items: Item) -> Workbook:
    return load_workbook(io.BytesIO(worklist(TOWNSHIP, items, DAY)))


def sheet_of(*items: Item) -> Worksheet:
    return opened(*items)["就业帮扶台账"]


def row_of(sheet: Worksheet, number: int = 3) -> dict[str, object]:
    return {str(head.value): cell.value for head, cell in zip(sheet[2], sheet[number], strict=True)}


def place(sheet: Worksheet, heading: str, number: int = 3) -> str:
    return next(f"{head.column_letter}{number}" for head in sheet[2] if head.value == heading)


def returned(workbook: Workbook, cells: Mapping[str, object], name: str = "就业帮扶台账") -> bytes:
    for heading, value in cells.items():
        workbook[name][place(workbook[name], heading)] = value
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_the_three_values_stand_side_by_side_in_words_and_the_odd_one_out_is_red() -> None:
    sheet = sheet_of(ITEM)
    row = row_of(sheet)
    assert (row["县级"], row["乡镇级"], row["村级"], row["项目"], row["差异"]) == (
        "男",
        "男",
        "女",
        "性别",
        "内容不一致",
    )
    assert sheet[place(sheet, "村级")].fill.start_color.rgb == RED
    assert sheet[place(sheet, "县级")].fill.start_color.rgb != RED
    assert (row["首次发现"], row["天数"]) == ("2020-12-21", 10)


def test_no_identity_number_stands_in_a_worklist_in_full() -> None:
    other = replace(ITEM, ledger="subsidy", column_name="id_no", values=dict.fromkeys(ITEM.values, MALE))
    content = [str(cell.value) for sheet in opened(ITEM, other) for row in sheet.iter_rows() for cell in row]
    assert not [text for text in content if MALE in text]
    assert row_of(sheet_of(ITEM))["身份证号"] == f"{MALE[:6]}{'*' * 8}{MALE[-4:]}"


def test_only_the_right_value_and_the_reason_can_be_written() -> None:
    sheet = sheet_of(ITEM)
    assert sheet.protection.sheet
    unlocked = [str(head.value) for head, cell in zip(sheet[2], sheet[3], strict=True) if not cell.protection.locked]
    assert unlocked == ["正确值", "原因"]
    assert sheet.column_dimensions[place(sheet, "差异编号")[:-1]].hidden


def test_a_total_is_not_answered() -> None:
    total = replace(ITEM, kind="total", name=None, id_no=None, column_name="records")
    sheet = sheet_of(total)
    assert sheet[place(sheet, "正确值")].protection.locked
    assert row_of(sheet)["项目"] == "记录数合计"


def test_a_coded_column_offers_its_list() -> None:
    workbook = opened(ITEM)
    sheet = workbook["就业帮扶台账"]
    offered = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    source = offered[place(sheet, "正确值")]
    assert source.startswith(f"{LISTS_SHEET}!")
    letter = source.split("$")[1]
    assert [cell.value for cell in workbook[LISTS_SHEET][letter] if cell.value] == ["男", "女"]
    assert workbook[LISTS_SHEET].sheet_state == "hidden"


def test_rows_are_sorted_by_village_and_then_the_oldest_first() -> None:
    items = [
        replace(ITEM, break_id="1", division_code=VILLAGES[1].code, first_seen=date(2020, 12, 1)),
        replace(ITEM, break_id="2", first_seen=date(2020, 12, 20)),
        replace(ITEM, break_id="3", first_seen=date(2020, 12, 10)),
    ]
    sheet = sheet_of(*items)
    assert [row_of(sheet, number)["差异编号"] for number in (3, 4, 5)] == ["3", "2", "1"]


@pytest.mark.parametrize(("code", "shown"), [(TOWNSHIP.code, "未交齐"), (VILLAGES[0].code, "未交")])
def test_a_total_of_villages_of_which_some_handed_in_does_not_say_that_none_did(code: str, shown: str) -> None:
    handed_in: dict[Level, bool] = {"county": True, "township": True, "village": False}
    total = replace(ITEM, kind="total", column_name="records", division_code=code, handed_in=handed_in)
    assert row_of(sheet_of(total))["村级"] == shown


@pytest.mark.parametrize(
    ("kind", "level", "shown"),
    [
        ("absent", "township", ("有", "无", "未交")),
        ("extra", "county", ("多出", "无", "未交")),
        ("identity", None, ("两号不同", "两号不同", "未交")),
    ],
)
def test_what_each_of_two_levels_has_is_told_though_nobody_knows_who_is_wrong(
    kind: str, level: Level | None, shown: tuple[str, str, str]
) -> None:
    handed_in: dict[Level, bool] = {"county": True, "township": True, "village": False}
    item = replace(ITEM, kind=kind, level=level, culprit=None, column_name=None, handed_in=handed_in)
    sheet = sheet_of(item)
    row = row_of(sheet)
    assert (row["县级"], row["乡镇级"], row["村级"]) == shown
    assert not any(sheet[place(sheet, heading)].fill.fgColor.rgb == RED for heading in ("县级", "乡镇级", "村级"))


def test_a_person_under_another_number_is_told_beside_the_level_that_has_it() -> None:
    sheet = sheet_of(replace(ITEM, kind="identity", level="township", culprit="township", column_name=None))
    row = row_of(sheet)
    assert (row["差异"], row["县级"], row["乡镇级"]) == ("身份证号疑似有误", "", "疑似有误")
    assert sheet[place(sheet, "乡镇级")].fill.fgColor.rgb == RED


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "http://example.com", "{=1}"])
def test_nothing_that_came_from_a_ledger_executes(text: str) -> None:
    sheet = sheet_of(replace(ITEM, column_name="employer", values=dict.fromkeys(ITEM.values, text), name=text))
    for heading in ("姓名", "县级"):
        cell = sheet[place(sheet, heading)]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_the_first_sheet_says_how_to_fill_it_in() -> None:
    workbook = opened(ITEM)
    assert workbook.sheetnames[0] == GUIDE_SHEET
    texts = [str(row[0].value) for row in workbook[GUIDE_SHEET].iter_rows()]
    assert texts[0] == "黄桥镇台账差异工作单"
    assert any("正确值" in text for text in texts)


def test_a_filled_worklist_is_known_by_its_header_and_is_no_extract() -> None:
    file = read_file(returned(opened(ITEM), {"正确值": "男", "原因": "村级录入有误"}), TOWNSHIP, DAY)
    assert file.extracts == ()
    assert not file.problems.height
    assert file.filled is not None
    (row,) = file.filled.rows(named=True)
    assert (row["break_id"], row["value"], row["reason"]) == ("a" * 32, "男", "村级录入有误")
    assert row["is_sealed"]
    assert (row["row_number"], row["cell"]) == (3, place(sheet_of(ITEM), "正确值"))


def test_a_row_whose_locked_cells_were_changed_is_told() -> None:
    file = read_file(returned(opened(ITEM), {"正确值": "男", "姓名": "李四"}), TOWNSHIP, DAY)
    assert file.filled is not None
    assert file.filled["is_sealed"].to_list() == [False]


def test_a_worklist_that_comes_back_as_it_was_sent_has_no_answer() -> None:
    file = read_file(worklist(TOWNSHIP, [ITEM], DAY), TOWNSHIP, DAY)
    assert file.filled is not None
    assert not file.filled.height
