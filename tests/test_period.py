"""Of which month or year a ledger is, however it says so."""

from datetime import date

import openpyxl
import pytest

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import ROWS, extract_of, text_table
from tests.workbooks import saved, xlsx_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())
LATE = date(2021, 1, 2)


def period(*titles: str, sheet: str = "务工", name: str = "", ledger: str = "employment") -> date:
    row = ROWS[ledger]
    content = xlsx_of([*([title] for title in titles), list(row), list(row.values())], sheet)
    (extract,) = read_file(content, county(), LATE, name).extracts
    return extract.period


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
        ("2019年脱贫户2020年11月务工台账", "务工"),
        ("2020年台账", "11月"),
        ("2020年台账", "2020.11"),
        ("台账", "十一月份"),
        ("台账（11月）　填报日期：2020年12月2日", "务工"),
        ("2020年台账　制表时间：2020-11-30", "务工"),
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


@pytest.mark.parametrize(
    "name",
    [
        "长塘瑶族乡就业帮扶台账2020年12月.xlsx",
        "就业台账202012.csv",
        "2020.12就业台账.xlsx",
        "12月.xlsx",
        "2020年12月_导出20210102.xls",
        "就业台账（截至2020年12月31日）.xlsx",
    ],
)
def test_a_file_without_a_title_is_of_the_month_that_its_name_says(name: str) -> None:
    assert period(name=name) == date(2020, 12, 1)


@pytest.mark.parametrize(
    "name", ["", "导出20210102.xlsx", "就业台账2021-01-02.xlsx", "export_20201231235959.csv", "就业台账(2).xlsx"]
)
def test_a_name_that_says_when_a_file_was_saved_says_no_month(name: str) -> None:
    assert period(name=name) == date(2021, 1, 1)


def test_the_title_and_the_sheet_count_before_the_files_name_and_that_before_the_day_of_filling_in() -> None:
    name = "就业台账2020年10月.xlsx"
    assert period("2020年11月台账", name=name) == period("台账", sheet="2020年11月", name=name) == date(2020, 11, 1)
    assert period("填报单位：清风村　填报日期：2020年11月30日", name=name) == date(2020, 10, 1)
    assert period("填报单位：清风村　填报日期：2020年11月30日") == date(2020, 11, 1)
    assert period("11月份台账", name="2019年.xlsx") == date(2019, 11, 1)


def test_a_day_of_filling_in_of_another_year_than_the_titles_does_not_say_the_month() -> None:
    content = xlsx_of([["2020年台账"], ["填报日期：2021年1月2日"], HEADERS, CELLS])
    assert read_file(content, county(), LATE).problems["rule"].to_list() == ["period_unknown"]


def test_a_yearly_ledger_is_of_the_year_that_its_files_name_says() -> None:
    assert period(name="培训台账2020年.xlsx", ledger="training") == date(2020, 1, 1)
    assert period("填报日期：2021年1月2日", name="2020年度培训.xlsx", ledger="training") == date(2020, 1, 1)
    assert period("2020年度培训台账（2021年1月）", ledger="training") == date(2020, 1, 1)


def told_of_months(*sheets: tuple[str, str], name: str, ledger: str = "employment") -> list[tuple[str | None, str]]:
    """What is told of a file with these titles and sheets."""
    workbook, row = openpyxl.Workbook(), ROWS[ledger]
    workbook.remove(workbook.worksheets[0])
    for title, sheet_name in sheets:
        sheet = workbook.create_sheet(sheet_name)
        for cells in ([title], list(row), list(row.values())):
            sheet.append(cells)
    problems = read_file(saved(workbook), county(), LATE, name).problems
    assert set(problems["rule"]) <= {"period_differs"}
    return problems.select("sheet", "message").rows()


def test_a_files_name_of_another_month_than_the_titles_is_told_and_the_title_counts() -> None:
    told = told_of_months(("2020年11月务工台账", "务工"), name="就业台账2020年12月.xlsx")
    assert told == [(None, "文件名写的是2020年12月，与标题不一致，现按标题算作2020年11月；如果不对，请改正后重新交")]


def test_a_sheet_copied_for_the_next_month_with_its_old_title_is_told() -> None:
    told = told_of_months(("2020年11月台账", "11月"), ("2020年11月台账", "12月"), name="")
    assert told == [("12月", "工作表名写的是12月，与标题不一致，现按标题算作2020年11月；如果不对，请改正后重新交")]


def test_the_year_of_a_title_that_the_month_in_the_files_name_is_not_of_is_told() -> None:
    told = told_of_months(("2020年台账", "务工"), name="2019年10月.xlsx")
    assert told == [("务工", "标题写的是2020年，与文件名不一致，现按文件名算作2019年10月；如果不对，请改正后重新交")]


def test_of_a_yearly_ledger_another_year_is_told_and_no_month() -> None:
    assert told_of_months(("2020年培训台账", "培训"), name="2020年11月.xlsx", ledger="training") == []
    (told,) = told_of_months(("2020年培训台账", "培训"), name="2019年.xlsx", ledger="training")
    assert told[1].startswith("文件名写的是2019年，与标题不一致，现按标题算作2020年；")


@pytest.mark.parametrize(
    ("sheets", "name"),
    [
        ([("2020年11月台账", "11月")], "11月.xlsx"),
        ([("2020年11月台账", "务工")], "就业台账_导出20210102.xlsx"),
        ([("2020年11月台账　填报日期：2020年12月2日", "务工")], "2020年1-11月台账.xlsx"),
        ([("2020年11月台账", "11月"), ("2020年12月台账", "12月")], "2020年12月.xlsx"),
        ([("台账", "11月"), ("台账", "12月")], "2020年12月.xlsx"),
    ],
)
def test_where_no_text_names_another_month_nothing_is_told(sheets: list[tuple[str, str]], name: str) -> None:
    assert told_of_months(*sheets, name=name) == []


def test_the_title_tells_the_period_and_the_day_does_where_it_is_silent() -> None:
    row = ROWS["employment"]
    assert extract_of(text_table([row], title="2019年12月台账")).period == date(2019, 12, 1)
    assert extract_of(text_table([row], title="务工台账")).period == date(2020, 12, 1)
