"""Headers in two rows, and headings that are parted."""

from datetime import date

import openpyxl
import pytest

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, MALE, ROWS, extract_of, id_of, text_table
from tests.workbooks import saved, xlsx_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


def grouped(merged: bool) -> bytes:
    """A workbook by openpyxl with a header in two rows, the upper one naming groups."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "务工"
    sheet.append(["洞口县2020年12月台账"])
    sheet.append(["序号", "户主", None, "劳动力", None, "性别", "务工状态", "务工地", None, "乡镇", "行政村"])
    sheet.append([None, "姓名", "身份证号", "姓名", "身份证号", None, None, "省", "市", None, None])
    for number in (1, 2):
        sheet.append(
            [number, "张大", MALE, f"张{number}", MALE, "男", "外出务工", "广东省", "深圳市", "黄桥镇", "清风村"]
        )
    if merged:
        for cells in ("A1:K1", "A2:A3", "B2:C2", "D2:E2", "F2:F3", "G2:G3", "H2:I2", "J2:J3", "K2:K3", "J4:J5"):
            sheet.merge_cells(cells)
    return saved(workbook)


def test_a_header_in_two_rows_is_read_as_one() -> None:
    extract = extract_of(grouped(merged=True))
    assert extract.accepted.select("row_number", "name", "work_province", "work_city").rows() == [
        (4, "张1", "广东省", "深圳市"),
        (5, "张2", "广东省", "深圳市"),
    ]
    assert extract.unknown_headers == ("户主姓名", "户主身份证号")


def test_without_merged_cells_nothing_says_whom_a_name_belongs_to() -> None:
    file = read_file(grouped(merged=False), county(), DAY)
    assert file.extracts == ()
    assert file.problems["rule"].to_list() == ["header_repeated"]


def parted(headings: dict[str, list[str]], *, merged: bool = True) -> bytes:
    """A workbook of a good payment, some of whose headings are parted: below such a one stand 100, 200, …"""
    workbook, payment = openpyxl.Workbook(), ROWS["subsidy"]
    sheet = workbook.worksheets[0]
    rows: list[list[str | None]] = [[], [], []]
    for header, text in payment.items():
        lower = headings.get(header, [])
        if len(lower) > 1 and merged:
            sheet.merge_cells(
                start_row=1, end_row=1, start_column=len(rows[0]) + 1, end_column=len(rows[0]) + len(lower)
            )
        rows[0] += [header, *[None] * (len(lower) - 1)]
        rows[1] += lower or [None]
        rows[2] += [str(100 * place) for place in range(1, len(lower) + 1)] or [text]
    for number, row in enumerate(rows, start=1):
        for place, text in enumerate(row, start=1):
            if text:
                sheet.cell(number, place).value = text
    return saved(workbook)


@pytest.mark.parametrize(
    ("lower", "read"),
    [
        (["应发", "实发"], 200),
        (["实发（元）", "应发（元）"], 100),
        (["上月", "本月"], 200),
        (["去年", "今年", "备注"], 200),
        (["（元）"], 100),
        (["万元"], 1_000_000),
        (["实发（万元）", "应发（万元）"], 1_000_000),
    ],
)
def test_of_the_parts_of_a_heading_the_one_is_read_that_a_clerk_would_take(lower: list[str], read: int) -> None:
    extract = extract_of(parted({"补贴金额": lower}))
    assert (extract.accepted["amount"].to_list(), extract.rejected.height) == ([read], 0)
    assert set(extract.problems["rule"]) <= {"header_unknown", "amount_unlike_type"}


@pytest.mark.parametrize("lower", [["甲", "乙"], ["应发", "签字"], ["应发", "上月"], ["实发", "本月"]])
def test_where_no_word_tells_the_parts_of_a_heading_apart_the_file_is_refused(lower: list[str]) -> None:
    file = read_file(parted({"补贴金额": lower}), county(), DAY)
    assert file.problems["message"].to_list() == ["列“补贴金额(元)”出现了两次（K列、L列），请只保留一列"]


@pytest.mark.parametrize(
    ("lower", "read"),
    [
        (["应发", "实发"], 200),
        (["实发（元）", "应发（元）"], 100),
        (["上月", "本月"], 200),
        (["计划", "应发", "实发"], 300),
    ],
)
def test_parts_of_a_heading_are_told_apart_where_nothing_is_merged(lower: list[str], read: int) -> None:
    extract = extract_of(parted({"补贴金额": lower}, merged=False))
    assert (extract.accepted["amount"].to_list(), extract.rejected.height) == ([read], 0)
    assert set(extract.unknown_headers) == {f"补贴金额{part}" for n, part in enumerate(lower, 1) if 100 * n != read}


@pytest.mark.parametrize("beside", ["签字", "享受人", "实发数额"])
def test_what_may_be_a_column_of_its_own_is_no_part_of_the_heading_at_its_left(beside: str) -> None:
    file = read_file(parted({"补贴金额": ["应发", beside]}, merged=False), county(), DAY)
    assert file.problems["rule"].to_list() == ["header_missing"]


@pytest.mark.parametrize("lower", [["应发", "上月"], ["实发", "本月"]])
def test_parts_that_no_word_tells_apart_are_refused_where_nothing_is_merged_too(lower: list[str]) -> None:
    file = read_file(parted({"补贴金额": lower}, merged=False), county(), DAY)
    assert file.problems["rule"].to_list() == ["header_repeated"]


def test_a_row_of_units_and_of_how_to_fill_in_belongs_to_the_header() -> None:
    notes = {"姓名": "必填", "身份证号": "18位", "性别": "男/女", "务工时间(月)": "月"}
    extract = extract_of(xlsx_of([["2020年12月台账"], HEADERS, [notes.get(header) for header in HEADERS], CELLS]))
    assert extract.accepted["row_number"].to_list() == [4]
    assert (extract.rejected.height, extract.problems.rows()) == (0, [])


def test_start_and_end_may_stand_below_the_time_of_work() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    kept = [header for header in HEADERS if header not in ("开始时间", "务工时间(月)")]
    sheet.append([*kept, "务工时间", None])
    sheet.append([*[None] * len(kept), "起", "止"])
    sheet.append([*(ROW[header] for header in kept), "2020-01", "2020-05"])
    sheet.merge_cells(start_row=1, end_row=1, start_column=len(kept) + 1, end_column=len(kept) + 2)
    read = extract_of(saved(workbook)).accepted.select("started_on", "ended_on", "months_worked")
    assert read.rows() == [(date(2020, 1, 1), date(2020, 5, 1), None)]


@pytest.mark.parametrize(
    "groups", [("户主", "劳动力"), ("户主信息", "劳动力信息"), ("户主", "家庭成员"), ("户主", "基本情况")]
)
def test_the_name_below_the_head_of_the_household_is_not_the_person(groups: tuple[str, str]) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    people = ["姓名", "身份证号", "性别", "务工状态", "乡镇", "行政村"]
    for row in (
        [groups[0], None, groups[1]],
        ["姓名", "身份证号", *people],
        ["张大", id_of("99052519600101001"), *(ROW[header] for header in people)],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("C1:H1")
    extract = extract_of(saved(workbook))
    assert extract.accepted.select("name", "id_no").rows() == [("张三", MALE)]
    assert extract.unknown_headers == (f"{groups[0]}姓名", f"{groups[0]}身份证号")


@pytest.mark.parametrize(
    ("read", "column", "others"),
    [
        ("就业创业状态", "work_status", {"就业类型": "转移就业"}),
        ("户类型", "household_type", {"监测对象类别": "边缘易致贫户", "脱贫状态": "已脱贫户"}),
        ("家庭成员联系电话", "phone", {"户联系电话": "13900139000"}),
        ("脱贫状态", "household_type", {"人员类别": "脱贫户"}),
    ],
)
def test_of_two_columns_that_may_be_one_the_contracts_first_spelling_is_read_and_the_other_kept(
    read: str, column: str, others: dict[str, str]
) -> None:
    texts = {"就业创业状态": "务农", "家庭成员联系电话": "13800138000"} | dict.fromkeys(
        ("户类型", "脱贫状态"), "低保脱贫户"
    )
    row = {header: text for header, text in ROW.items() if header != "务工状态" or column != "work_status"}
    alone, both = (text_table([others_ | row | {read: texts[read]}]) for others_ in ({}, others))
    extract = extract_of(both)
    assert extract.accepted[column].to_list() == extract_of(alone).accepted[column].to_list() != [None]
    assert extract.unknown_headers == tuple(others)
    assert extract.problems["rule"].to_list() == ["header_unknown"] * len(others)
