"""On which rows a header may stand, and what merged cells make of them."""

import pytest

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, ROWS
from tests.workbooks import sheet_xml, xlsx_of, xlsx_with, xml_rows

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


@pytest.mark.parametrize("above", range(11))
def test_the_header_is_found_on_each_of_the_first_ten_rows(above: int) -> None:
    titles = [["洞口县2020年12月台账"], *[["填报单位：清风村"]] * 9][:above]
    file = read_file(xlsx_of([*titles, HEADERS, CELLS]), county(), DAY)
    if above < 10:
        assert file.extracts[0].accepted["row_number"].to_list() == [above + 2]
    else:
        assert file.problems["rule"].to_list() == ["ledger_unknown"]


def test_merged_cells_that_lie_over_each_other_without_end_are_refused() -> None:
    merged = "".join(f'<mergeCell ref="A1:M{last}"/>' for last in range(2, 20))
    rows = xml_rows([HEADERS[:3], CELLS])
    content = xlsx_with(sheet_xml(rows).replace("</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>"))
    file = read_file(content, county(), DAY)
    assert file.problems["rule"].to_list() == ["file_unreadable"]
