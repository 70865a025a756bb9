"""Rows of a text table that have come apart."""

import pytest

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, ROWS, extract_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


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
