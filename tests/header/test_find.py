"""Which ledger a sheet is, and which column is which."""

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, MALE, ROWS, extract_of
from tests.workbooks import saved, xlsx_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


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
