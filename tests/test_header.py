"""Where a header stands and what it says, however the sheet is laid out."""

import json
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, MALE, ROWS, extract_of, id_of, text_table
from tests.workbooks import saved, sheet_xml, xlsx_of, xlsx_with, xml_rows

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


def test_merged_cells_that_lie_over_each_other_without_end_are_refused() -> None:
    merged = "".join(f'<mergeCell ref="A1:M{last}"/>' for last in range(2, 20))
    rows = xml_rows([HEADERS[:3], CELLS])
    content = xlsx_with(sheet_xml(rows).replace("</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>"))
    file = read_file(content, county(), DAY)
    assert file.problems["rule"].to_list() == ["file_unreadable"]


def test_without_merged_cells_nothing_says_whom_a_name_belongs_to() -> None:
    file = read_file(grouped(merged=False), county(), DAY)
    assert file.extracts == ()
    assert file.problems["rule"].to_list() == ["header_repeated"]


@pytest.mark.parametrize("above", range(11))
def test_the_header_is_found_on_each_of_the_first_ten_rows(above: int) -> None:
    titles = [["洞口县2020年12月台账"], *[["填报单位：清风村"]] * 9][:above]
    file = read_file(xlsx_of([*titles, HEADERS, CELLS]), county(), DAY)
    if above < 10:
        assert file.extracts[0].accepted["row_number"].to_list() == [above + 2]
    else:
        assert file.problems["rule"].to_list() == ["ledger_unknown"]


@settings(max_examples=15)
@given(st.permutations(range(len(HEADERS))))
def test_columns_may_stand_in_any_order(order: list[int]) -> None:
    content = xlsx_of([[HEADERS[n] for n in order], [CELLS[n] for n in order]])
    mine, usual = extract_of(content), extract_of(xlsx_of([HEADERS, CELLS]))
    assert mine.accepted.rows() == usual.accepted.rows()
    assert mine.problems.rows() == usual.problems.rows() == []


def test_a_known_column_twice_is_refused_and_an_unknown_one_is_kept_twice() -> None:
    twice = read_file(xlsx_of([[*HEADERS, "身份证号码"], [*CELLS, MALE]]), county(), DAY)
    assert twice.problems["message"].to_list() == ["列“身份证号”出现了两次（B列、M列），请只保留一列"]
    extract = extract_of(xlsx_of([[*HEADERS, "苏陕协作", "苏陕协作", None], [*CELLS, "是", "否", "x"]]))
    assert extract.accepted["extra"].to_list() == ['{"苏陕协作":"是","苏陕协作 N":"否","O":"x"}']
    assert extract.problems["rule"].to_list() == ["header_unknown"] * 3


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


def test_several_ledgers_of_one_workbook_are_told_apart_and_a_hidden_sheet_is_not_read() -> None:
    workbook = openpyxl.Workbook()
    for ledger, row in ROWS.items():
        sheet = workbook.create_sheet(ledger)
        sheet.append(list(row))
        sheet.append(list(row.values()))
        sheet.append(list((row | {"备注": "x"}).values()))
        sheet.row_dimensions[3].hidden = True
    workbook.create_sheet("旧表").append(["姓名"])
    workbook["旧表"].sheet_state = "veryHidden"
    file = read_file(saved(workbook), county(), DAY)
    assert {extract.ledger: extract.rows_read for extract in file.extracts} == dict.fromkeys(ROWS, 2)
    assert file.problems["message"].to_list() == ["工作表“旧表”被隐藏，没有读取"]


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_are_read_whatever_year_they_are_counted_from(from_1904: bool) -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH if from_1904 else openpyxl.utils.datetime.WINDOWS_EPOCH
    sheet = workbook.active
    assert sheet is not None
    headers = [*(header for header in HEADERS if header != "开始时间"), "开始时间", "返乡时间", "是否返乡"]
    sheet.append(headers)
    cells = [ROW[header] for header in headers[:-3]]
    number = (date(2020, 6, 1) - date(1904, 1, 1)).days if from_1904 else (date(2020, 6, 1) - date(1899, 12, 30)).days
    sheet.append([*cells, date(2020, 3, 5), number, "是"])
    accepted = extract_of(saved(workbook)).accepted
    assert accepted.select("started_on", "returned_on").row(0) == (date(2020, 3, 5), date(2020, 6, 1))
    assert accepted["started_on_precision"].to_list() == ["day"]


@pytest.mark.parametrize(("number", "day"), [(2020.3, 1), (202003, 1), (20200305, 5)])
def test_a_date_typed_as_a_number_is_no_count_of_days_from_1904(number: float, day: int) -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH
    sheet = workbook.worksheets[0]
    sheet.append(HEADERS)
    sheet.append([number if header == "开始时间" else text for header, text in ROW.items()])
    assert extract_of(saved(workbook)).accepted["started_on"].to_list() == [date(2020, 3, day)]


def test_a_rejected_row_keeps_days_since_1904_as_they_are_written() -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH
    sheet = workbook.active
    assert sheet is not None
    headers = [header for header in HEADERS if header != "开始时间"]
    sheet.append([*headers, "返乡时间"])
    sheet.append([*((ROW | {"身份证号": "9905"})[header] for header in headers), 42_521])
    (cells,) = extract_of(saved(workbook)).rejected["cells"]
    assert float(json.loads(cells)["返乡时间"]) == 42_521


def test_a_row_that_a_comma_made_longer_than_the_header_is_told_and_not_read_in_wrong_columns() -> None:
    rows = [[*HEADERS, "月收入", "备注"], [*CELLS, "4,500", ""], [*CELLS, "4500", ""]]
    file = read_file("\n".join(map(",".join, rows)).encode(), county(), DAY)
    assert file.problems.select("rule", "value").rows() == [("text_misaligned", "2")]


@pytest.mark.parametrize("behind", [["备注"], []])
def test_an_amount_that_a_comma_parts_in_every_row_is_not_read_up_to_the_comma(behind: list[str]) -> None:
    payment = {header: text for header, text in ROWS["subsidy"].items() if header != "补贴金额"}
    rows = [[*payment, "补贴金额", *behind], *[[*payment.values(), "1,200", *["" for _ in behind]]] * 2]
    file = read_file("\n".join(map(",".join, rows)).encode(), county(), DAY)
    assert file.problems.select("rule", "value").rows() == [("text_misaligned", "2")]


def test_a_comma_behind_every_row_but_the_header_parts_no_cell() -> None:
    content = "\n".join([",".join(HEADERS), *[",".join([*CELLS, ""])] * 2]).encode()
    assert extract_of(content).accepted.height == 2


def test_a_summary_beside_a_ledger_is_left_aside_and_a_sheet_that_lacks_a_column_is_named() -> None:
    workbook = openpyxl.Workbook()
    for title, headers in (("务工", HEADERS), ("汇总", ["乡镇", "行政村", "性别", "务工区域", "务工时间(月)"])):
        sheet = workbook.create_sheet(title)
        sheet.append(headers)
        sheet.append([ROW[header] for header in headers])
    file = read_file(saved(workbook), county(), DAY)
    assert [extract.rows_read for extract in file.extracts] == [1]
    assert file.problems.select("rule", "value").rows() == [("sheet_unrecognised", "汇总")]
    workbook.create_sheet("二组").append([header for header in HEADERS if header != "性别"])
    file = read_file(saved(workbook), county(), DAY)
    assert file.problems.select("sheet", "rule").rows() == [("二组", "header_missing")]


def test_each_month_of_a_workbook_is_an_extract_of_its_own() -> None:
    workbook = openpyxl.Workbook()
    for month in ("11月", "12月"):
        sheet = workbook.create_sheet(month)
        for row in (["2020年务工台账"], HEADERS, CELLS):
            sheet.append(row)
    file = read_file(saved(workbook), county(), DAY)
    assert {extract.period.month: extract.rows_read for extract in file.extracts} == {11: 1, 12: 1}
    assert [extract.problems.height for extract in file.extracts] == [0, 0]


@pytest.mark.parametrize(
    "header",
    [
        "身份证号（必填）",
        "身份证号码（18位）",
        "①身份证号",
        "2、身份证号",
        "※身份证号",
        "身份证号【必填】（文本格式）",
        "身份证\n号码*",
        "身份证号（与户口本一致）",
        "身份证号（见填表说明）",
        "身份证号①",
        "身份证号。",
    ],
)
def test_how_to_fill_a_column_in_is_no_part_of_its_name(header: str) -> None:
    row = {header if name == "身份证号" else name: text for name, text in ROW.items()}
    extract = extract_of(xlsx_of([list(row), list(row.values())]))
    assert (extract.accepted.height, extract.problems.rows()) == (1, [])


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("性别", "性别（男/女）"),
        ("性别", "性别(1男2女)"),
        ("务工状态", "就业创业状态（外出务工/务农/…）"),
        ("务工区域", "务工地域(1省外/2省内县外/3县内)"),
        ("是否返乡", "是否返乡（是/否）"),
        ("务工时间(月)", "务工时间（个月）"),
        ("联系电话", "联系电话（手机）"),
    ],
)
def test_the_values_to_choose_from_are_no_part_of_a_columns_name(header: str, written: str) -> None:
    row = ROW | {"是否返乡": "否", "联系电话": "13800138000"}
    usual, listed = (
        extract_of(text_table([{name.get(key, key): row[key] for key in row}])) for name in ({}, {header: written})
    )
    assert listed.accepted.rows() == usual.accepted.rows()
    assert (listed.accepted.height, listed.problems.rows()) == (1, [])


@pytest.mark.parametrize("written", ["性别（父/母）", "性别（男）", "务工省份（是/否）"])
def test_what_a_column_could_not_hold_is_a_part_of_its_name(written: str) -> None:
    row = {header: text for header, text in ROW.items() if not written.startswith(header)}
    file = read_file(text_table([row | {written: "x"}]), county(), DAY)
    assert set(file.problems["rule"]) | {rule for one in file.extracts for rule in one.problems["rule"]} <= {
        "header_missing",
        "header_unknown",
    }
    assert not any(
        extract.accepted.select("gender", "work_province").row(0) == ("男", "x") for extract in file.extracts
    )


def test_whose_column_it_is_stays_a_part_of_its_name() -> None:
    extract = extract_of(text_table([ROW | {"身份证号（户主）": MALE, "返乡时间（年/月/日）": ""}]))
    assert extract.unknown_headers == ("身份证号（户主）",)


def test_what_stands_in_a_column_without_a_heading_is_kept_and_told_but_for_row_numbers_and_signatures() -> None:
    rows = [[None, *HEADERS], [1.0, *CELLS, "迟交"], ["审核人：李四", *[None] * len(HEADERS), None, "2020年12月"]]
    extract = extract_of(xlsx_of([[*row, *[None] * (15 - len(row))] for row in rows]))
    assert extract.accepted["extra"].to_list() == ['{"N":"迟交"}']
    assert extract.problems["message"].to_list() == ["不认识列“N（没有表头）”，该列内容已保留但不参与核对"]
