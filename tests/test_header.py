"""Where a header stands and what it says, however the sheet is laid out."""

import io
import json
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, MALE, ROWS, extract_of, text_table
from tests.workbooks import xlsx_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


def saved(workbook: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


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


@pytest.mark.parametrize(
    ("header", "title", "written", "kept"),
    [
        ("务工月收入(元)", "", "4500", 4500.0),
        ("务工月收入（元/月）", "", "4,500.00", 4500.0),
        ("月收入（万元）", "", "0.45", 4500.0),
        ("月收入(单位：万元)", "", "0.45", 4500.0),
        ("月收入/万元", "", "0.45", 4500.0),
        ("月收入（万元）（必填）", "", "0.45", 4500.0),
        ("月收入", "单位：万元", "0.45", 4500.0),
        ("月收入（元）", "单位：万元", "4500", 4500.0),
        ("月收入", "单位：元", "4500", 4500.0),
    ],
)
def test_money_is_in_the_unit_that_the_header_or_the_title_says(
    header: str, title: str, written: str, kept: float
) -> None:
    extract = extract_of(text_table([ROW | {header: written}], title=f"2020年12月台账 {title}"))
    assert extract.accepted["monthly_income"].to_list() == [kept]
    assert extract.problems["rule"].to_list() == []


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


@pytest.mark.parametrize(
    ("title", "sheet"),
    [
        ("2020年11月务工台账", "务工"),
        ("2020年1月至11月台账", "务工"),
        ("2020年1-11月台账", "务工"),
        ("2020年1月—2020年11月台账", "务工"),
        ("2020.1-2020.11台账", "务工"),
        ("2020.11务工台账", "务工"),
        ("台账（截至2020-11-30）", "务工"),
        ("202011台账", "务工"),
        ("20年11月台账", "务工"),
        ("二〇二〇年十一月台账", "务工"),
        ("11月份台账　填报日期：12月2日", "务工"),
        ("2020年台账（11月）", "务工"),
        ("2020年台账", "11月"),
        ("2020年台账", "2020.11"),
        ("台账", "十一月份"),
    ],
)
def test_the_month_is_read_however_the_title_or_the_sheet_writes_it(title: str, sheet: str) -> None:
    assert extract_of(xlsx_of([[title], HEADERS, CELLS], sheet)).period == date(2020, 11, 1)


def test_a_month_without_a_year_is_the_last_that_has_begun() -> None:
    content = xlsx_of([["12月份台账"], HEADERS, CELLS])
    assert extract_of(content, day=date(2021, 1, 5)).period == date(2020, 12, 1)


@pytest.mark.parametrize(
    ("title", "rule"),
    [("2021年12月台账", "period_in_future"), ("2020年13月台账", "period_unknown"), ("2019年台账", "period_unknown")],
)
def test_a_month_that_cannot_be_is_refused(title: str, rule: str) -> None:
    file = read_file(xlsx_of([[title], HEADERS, CELLS]), county(), date(2021, 1, 5))
    assert file.problems["rule"].to_list() == [rule]


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
    ],
)
def test_how_to_fill_a_column_in_is_no_part_of_its_name(header: str) -> None:
    row = {header if name == "身份证号" else name: text for name, text in ROW.items()}
    extract = extract_of(xlsx_of([list(row), list(row.values())]))
    assert (extract.accepted.height, extract.problems.rows()) == (1, [])


def test_whose_column_it_is_stays_a_part_of_its_name() -> None:
    extract = extract_of(text_table([ROW | {"身份证号（户主）": MALE, "返乡时间（年/月/日）": ""}]))
    assert extract.unknown_headers == ("身份证号（户主）",)


def test_what_stands_in_a_column_without_a_heading_is_kept_and_told_but_for_row_numbers_and_signatures() -> None:
    rows = [[None, *HEADERS], [1.0, *CELLS, "迟交"], ["审核人：李四", *[None] * len(HEADERS), None, "2020年12月"]]
    extract = extract_of(xlsx_of([[*row, *[None] * (15 - len(row))] for row in rows]))
    assert extract.accepted["extra"].to_list() == ['{"N":"迟交"}']
    assert extract.problems["message"].to_list() == ["不认识列“N（没有表头）”，该列内容已保留但不参与核对"]
