"""What a file holds: an extract of each ledger and month."""

import openpyxl

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, ROWS
from tests.workbooks import saved

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


def test_each_month_of_a_workbook_is_an_extract_of_its_own() -> None:
    workbook = openpyxl.Workbook()
    for month in ("11月", "12月"):
        sheet = workbook.create_sheet(month)
        for row in (["2020年务工台账"], HEADERS, CELLS):
            sheet.append(row)
    file = read_file(saved(workbook), county(), DAY)
    assert {extract.period.month: extract.rows_read for extract in file.extracts} == {11: 1, 12: 1}
    assert [extract.problems.height for extract in file.extracts] == [0, 0]
