"""Totals that a sheet states, against its records."""

import pytest

from tests.extracts import ROWS, extract_of, text_table


@pytest.mark.parametrize(("stated", "told"), [("800", []), ("800.00", []), ("750", ["total_differs"])])
def test_a_stated_total_is_held_against_the_rows(stated: str, told: list[str]) -> None:
    rows = [ROWS["subsidy"], ROWS["subsidy"] | {"发放编号": "P2"}, {"发放编号": "合计", "补贴金额": stated}]
    extract = extract_of(text_table(rows))
    assert extract.rows_read == 2
    assert extract.problems["rule"].to_list() == told
    if told:
        assert extract.problems.select("cell", "message").row(0) == (
            "K5",
            "“补贴金额(元)”合计写的是750，各行相加是800，请核对",
        )


def test_a_total_is_not_held_against_rows_that_could_not_be_read() -> None:
    rows = [ROWS["subsidy"] | {"补贴金额": "约400"}, {"发放编号": "合计", "补贴金额": "400"}]
    assert "total_differs" not in extract_of(text_table(rows)).problems["rule"].to_list()
