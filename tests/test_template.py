"""An empty ledger for a clerk: opened, and handed in."""

import io

import pytest
from openpyxl import load_workbook

from taizhang.contract import Contract, contracts
from taizhang.division import county
from taizhang.extract import read_file
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
