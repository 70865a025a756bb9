"""Which rows of a sheet are records, and which only stand around them."""

import io
import json
from collections.abc import Sequence
from datetime import date

import openpyxl
import polars as pl
import pytest

from taizhang.division import county
from taizhang.extract import File, read_file
from tests.extracts import DAY, MALE, ROWS, extract_of, id_of, text_table
from tests.workbooks import Cell, saved, xlsx_of

EMPLOYMENT, PAYMENT = ROWS["employment"], ROWS["subsidy"]
ROW = {"序号": "1", **EMPLOYMENT}


def person(number: int, **changed: str) -> dict[str, str]:
    return ROW | {"序号": str(number), "身份证号": id_of(f"990525198001{number:02d}001")} | changed


def sheet_of(*rows: Sequence[Cell]) -> bytes:
    return xlsx_of([list(ROW), *rows])


def read(content: bytes) -> File:
    return read_file(content, county(), DAY)


def cells(number: int) -> list[str]:
    return list(person(number).values())


@pytest.mark.parametrize(
    "remark",
    [
        {"备注": "注：证件遗失"},
        {"岗位工种": "负责人"},
        {"备注": "共计3个月"},
        {"联系电话": "联系人：李四"},
        {"备注": "小计"},
    ],
)
def test_a_person_whose_number_is_missing_is_told_whatever_is_remarked(remark: dict[str, str]) -> None:
    told = extract_of(text_table([person(1) | dict.fromkeys(remark, ""), person(2, 身份证号="", **remark)]))
    assert (told.accepted.height, told.rejected["row_number"].to_list()) == (1, [4])
    assert "required_missing" in told.problems["rule"].to_list()


@pytest.mark.parametrize(
    "around",
    [
        ["一、清风村"],
        ["清风村小计", None, "2人"],
        [None, "小 计"],
        ["合计", "2人", *[None] * 9, 18.0],
        ["单位（盖章）："],
        [None, "村主任签字：", None, "日期：2020年12月31日"],
        ["填报人：", "王五", None, "审核人：", "李四", "2020年12月31日"],
        ["以上情况属实。"],
        [None, None, "注：本表由村级填写，报乡镇汇总后上报县局"],
        [None, None, "填报单位（盖章）：黄桥镇清风村村民委员会"],
        ["填报人：李四", None, "联系电话：13800138000"],
        [None, "2020年12月31日"],
        [None, "单位（盖章）", "2020-12-31"],
        [None, "（以下空白）"],
        [None, "（一）脱贫户"],
        ["说明：1、按月填报\n2、注意：不得漏报"],
        ["甲", "乙", "丙", *map(float, range(1, 11))],
        ["3", None, None, None, "黄桥镇", "清风村"],
        ["3"],
    ],
)  # fmt: skip
def test_what_stands_around_records_is_none(around: list[Cell]) -> None:
    extract = extract_of(sheet_of(around, cells(1), around, cells(2), around))
    assert extract.accepted["row_number"].to_list() == [3, 5]
    assert (extract.rejected.height, extract.problems.rows()) == (0, [])


def test_rows_below_the_last_record_that_a_merged_village_covers_are_blank() -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in (list(ROW), cells(1), cells(2), [], [], ["说明：按月填报"]):
        sheet.append(row)
    for column in ("E", "F"):
        sheet.merge_cells(f"{column}2:{column}5")
    book.save(written)
    extract = extract_of(written.getvalue())
    assert (extract.accepted.height, extract.rejected.height) == (2, 0)


def test_the_titles_and_the_header_of_a_further_page_are_no_records() -> None:
    page = [["洞口县2020年12月台账"], list(ROW)]
    extract = extract_of(xlsx_of([*page, cells(1), *page, cells(2), cells(3)]))
    assert extract.accepted["row_number"].to_list() == [3, 6, 7]
    assert (extract.rejected.height, extract.problems.rows()) == (0, [])


def test_a_header_in_two_rows_may_be_repeated_too() -> None:
    page = [
        ["户主", None, "劳动力", None, "性别", "务工状态", "乡镇", "行政村"],
        ["姓名", "身份证号", "姓名", "身份证号"],
    ]
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for number in (1, 2):
        for row in (*page, ["张大", MALE, f"张{number}", person(number)["身份证号"], "男", "务农", "黄桥镇", "清风村"]):
            sheet.append(row)
    for top in (1, 4):
        for merged in ("A{0}:B{0}", "C{0}:D{0}", "E{0}:E{1}", "F{0}:F{1}", "G{0}:G{1}", "H{0}:H{1}"):
            sheet.merge_cells(merged.format(top, top + 1))
    book.save(written)
    extract = extract_of(written.getvalue())
    assert extract.accepted.select("row_number", "name").rows() == [(3, "张1"), (6, "张2")]
    assert extract.rejected.height == 0


def test_a_table_of_other_columns_below_the_first_is_refused() -> None:
    other = {header: text for header, text in person(2).items() if header != "务工状态"}
    file = read(sheet_of(cells(1), [], list(other), list(other.values())))
    assert file.extracts == ()
    assert file.problems.select("sheet", "message").row(0) == (
        "务工",
        "第4行又是表头，而且与上面的表头不同，请把两张表分放到两个工作表后再交",
    )


def test_a_table_whose_columns_stand_in_another_order_is_refused_and_one_that_is_only_spelt_otherwise_is_not() -> None:
    header = list(ROW)
    swapped = ["身份证号" if text == "姓名" else "姓名" if text == "身份证号" else text for text in header]
    file = read(sheet_of(cells(1), swapped, cells(2)))
    assert file.problems.select("rule", "value").rows() == [("header_again", "3")]
    spelt = ["姓 名" if text == "姓名" else "*身份证号码（18位）" if text == "身份证号" else text for text in header]
    extract = extract_of(sheet_of(cells(1), spelt, cells(2)))
    assert extract.accepted["row_number"].to_list() == [2, 4]
    assert extract.problems.rows() == []


def test_an_amount_in_a_merged_cell_of_several_rows_is_not_given_to_each() -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(list(PAYMENT))
    for number in range(1, 4):
        sheet.append(list((PAYMENT | {"发放编号": f"P{number}"}).values()))
    place = openpyxl.utils.get_column_letter(list(PAYMENT).index("补贴金额") + 1)
    sheet.merge_cells(f"{place}2:{place}3")
    book.save(written)
    extract = extract_of(written.getvalue())
    assert extract.accepted.select("row_number", "amount").rows() == [(4, 400)]
    assert extract.problems.select("cell", "rule").rows() == [(f"{place}{row}", "value_merged") for row in (2, 3)]


@pytest.mark.parametrize(("first", "last", "told"), [(18, 9, []), (18, 27, []), (18, 18, ["9"]), (17, 27, ["18"])])
def test_each_of_several_totals_is_of_the_rows_since_the_one_above_or_of_all(
    first: int, last: int, told: list[str]
) -> None:
    def total(months: int) -> list[Cell]:
        return ["合计", *[None] * 10, float(months)]

    problems = extract_of(sheet_of(cells(1), cells(2), total(first), cells(3), total(last))).problems
    assert [message.split("相加是")[1] for message in problems["message"]] == [f"{sum_}，请核对" for sum_ in told]


def payments(*totals: Sequence[Cell]) -> list[str]:
    """What is told of totals below two payments of 400 to two people."""
    rows = [PAYMENT | {"发放编号": f"P{number}", "享受人身份证号": person(number)["身份证号"]} for number in (1, 2)]
    written = [["序号", *PAYMENT], *([None, *(row | {"收款人身份证号": ""}).values()] for row in rows), *totals]
    problems = extract_of(xlsx_of(written)).problems.filter(pl.col("rule") == "total_differs")
    return [message.removesuffix("，请核对") for message in problems["message"]]


def total(label: str, amount: float) -> list[Cell]:
    return [label, *[None] * list(PAYMENT).index("补贴金额"), amount]


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        ([total("合计", 800)], []),
        ([["合计：2人，800元"]], []),
        ([["合计", "共2人"], ["总计：2人次，0.08万元"]], []),
        ([["合计：2人，900元"]], ["“补贴金额(元)”合计写的是900，各行相加是800"]),
        ([["合计：3人，800元"]], ["“享受人”合计写的是3人，各行相加是2人"]),
        ([["合计：男3人，女2人"]], []),
        ([total("小计", 700)], ["“补贴金额(元)”合计写的是700，各行相加是800"]),
        ([total("本村合计", 900)], ["“补贴金额(元)”合计写的是900，各行相加是800"]),
        ([total("小计", 800), total("合计", 800), total("累计", 9000), total("总计", 800)], []),
        ([total("小计", 800), total("合计", 900)], ["“补贴金额(元)”合计写的是900，各行相加是800"]),
    ],
)
def test_a_total_is_held_against_the_rows_in_whatever_cell_it_is_stated(
    totals: list[Sequence[Cell]], told: list[str]
) -> None:
    assert payments(*totals) == told


def test_a_total_of_people_may_count_rows_or_persons_and_any_sum_is_held_against_the_rows() -> None:
    def told(total_row: dict[str, str]) -> list[str]:
        rows = [person(number, 月收入="3000", 发放="") for number in (1, 1, 2)] + [dict.fromkeys(ROW, "") | total_row]
        return extract_of(text_table(rows)).problems.filter(pl.col("rule") == "total_differs")["message"].to_list()

    assert told({"序号": "合计", "姓名": "2人", "月收入": "9000"}) == told({"序号": "合计：3人"}) == []
    assert told({"序号": "合计", "月收入": "9,500"}) == ["“务工月收入(元)”合计写的是9500，各行相加是9000，请核对"]


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_are_read_whatever_year_they_are_counted_from(from_1904: bool) -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH if from_1904 else openpyxl.utils.datetime.WINDOWS_EPOCH
    sheet = workbook.active
    assert sheet is not None
    headers = [*(header for header in list(EMPLOYMENT) if header != "开始时间"), "开始时间", "返乡时间", "是否返乡"]
    sheet.append(headers)
    cells = [EMPLOYMENT[header] for header in headers[:-3]]
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
    sheet.append(list(EMPLOYMENT))
    sheet.append([number if header == "开始时间" else text for header, text in EMPLOYMENT.items()])
    assert extract_of(saved(workbook)).accepted["started_on"].to_list() == [date(2020, 3, day)]


def test_a_rejected_row_keeps_days_since_1904_as_they_are_written() -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH
    sheet = workbook.active
    assert sheet is not None
    headers = [header for header in list(EMPLOYMENT) if header != "开始时间"]
    sheet.append([*headers, "返乡时间"])
    sheet.append([*((EMPLOYMENT | {"身份证号": "9905"})[header] for header in headers), 42_521])
    (cells,) = extract_of(saved(workbook)).rejected["cells"]
    assert float(json.loads(cells)["返乡时间"]) == 42_521
