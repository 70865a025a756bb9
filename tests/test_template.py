"""An empty ledger for a clerk: opened, and handed in."""

import io
import re

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidation

from taizhang.contract import Contract, contracts
from taizhang.division import county
from taizhang.extract import read_file
from taizhang.settings import PROJECT
from taizhang.template import template
from tests.extracts import DAY, extract_of

EACH_LEDGER = pytest.mark.parametrize("contract", contracts().values(), ids=contracts())


@EACH_LEDGER
def test_an_empty_template_holds_no_record(contract: Contract) -> None:
    file = read_file(template(contract), county(), DAY)
    assert list(file.problems["rule"]) == ["file_empty"]


@EACH_LEDGER
def test_the_example_row_breaks_no_rule(contract: Contract) -> None:
    workbook = load_workbook(io.BytesIO(template(contract)))
    sheet = workbook.worksheets[0]
    sheet["A4"] = 1
    buffer = io.BytesIO()
    workbook.save(buffer)
    extract = extract_of(buffer.getvalue())
    assert (extract.ledger, extract.accepted.height, extract.problems.height) == (contract.ledger, 1, 0)


@EACH_LEDGER
def test_required_columns_are_marked_codes_are_offered_and_numbers_stay_whole(contract: Contract) -> None:
    sheet = load_workbook(io.BytesIO(template(contract))).worksheets[0]
    headings = [cell.value for cell in sheet[3]][1:]
    assert [heading.startswith("*") for heading in headings] == [column.required for column in contract.columns]
    offered = {str(rule.sqref).split(":")[0].rstrip("0123456789") for rule in sheet.data_validations.dataValidation}
    coded = [n for n, column in enumerate(contract.columns, 2) if column.codes or column.kind == "yes_no"]
    assert offered == {sheet.cell(3, n).column_letter for n in coded}
    for number, column in enumerate(contract.columns, start=2):
        if column.kind in ("id_number", "phone", "account"):
            assert sheet.column_dimensions[sheet.cell(3, number).column_letter].number_format == "@"


@EACH_LEDGER
def test_no_list_stops_a_clerk_from_writing_what_would_be_read(contract: Contract) -> None:
    sheet = load_workbook(io.BytesIO(template(contract))).worksheets[0]
    columns = dict(enumerate(contract.columns, 2))
    for rule in sheet.data_validations.dataValidation:
        column = columns[next(iter(rule.sqref.ranges)).min_col]
        read = {"是", "否"} if column.kind == "yes_no" else set(column.code_of_spelling)
        assert (rule.errorStyle == "information") == (column.kind == "codes" or read > set(offered_by(rule)))


def offered_by(rule: DataValidation) -> list[str]:
    return rule.formula1.strip('"').split(",")


@EACH_LEDGER
def test_what_is_told_at_a_heading_is_told_in_chinese(contract: Contract) -> None:
    sheet = load_workbook(io.BytesIO(template(contract))).worksheets[0]
    told = [cell.comment.text for cell in sheet[3][1:]]
    assert len(told) == len(contract.columns)
    assert not [text for text in told if re.search("[A-Za-z]{2}", text)]
    assert ["必填" in text for text in told] == [column.required for column in contract.columns]


def test_a_month_stays_a_month() -> None:
    contract = contracts()["subsidy"]
    sheet = load_workbook(io.BytesIO(template(contract))).worksheets[0]
    place = 2 + [column.name for column in contract.columns].index("period_from")
    assert sheet.cell(4, place).value == "2020-03"
    assert sheet.column_dimensions[sheet.cell(3, place).column_letter].number_format == "@"


@EACH_LEDGER
def test_the_clerks_page_says_how_to_have_one(contract: Contract) -> None:
    page = (PROJECT / "docs" / "clerks.zh-CN.md").read_text(encoding="utf-8")
    period = {"month": "每月", "year": "每年"}[contract.periodicity]
    assert re.search(
        rf"^\| {contract.label} \|.*\| {period} \| `taizhang template {contract.ledger}` \|$", page, re.MULTILINE
    )
