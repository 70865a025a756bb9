"""Cells that are kept as they were written."""

import json

import polars as pl

from tests.extracts import MALE, ROWS, extract_of, text_table
from tests.workbooks import xlsx_of

ROW = ROWS["employment"]
HEADERS, CELLS = list(ROW), list(ROW.values())


def test_a_rejected_row_keeps_the_text_of_each_of_its_cells() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"身份证号": MALE[:-1], "星座": "白羊"}]))
    assert extract.accepted.is_empty()
    cells = json.loads(extract.rejected["cells"].item())
    assert cells == ROWS["employment"] | {"身份证号": MALE[:-1], "星座": "白羊"}
    told = extract.problems.filter(pl.col("severity") == "error")
    assert told.select("row_number", "column_name", "cell", "rule").row(0) == (3, "id_no", "B3", "id_length")


def test_a_code_that_is_in_no_list_is_kept_and_said() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"就业渠道": "亲戚介绍"}]))
    assert extract.accepted["channel"].item() == "unmapped"
    assert json.loads(extract.accepted["extra"].item()) == {"就业渠道": "亲戚介绍"}
    assert extract.problems["rule"].to_list() == ["code_unmapped"]


def test_what_stands_in_a_column_without_a_heading_is_kept_and_told_but_for_row_numbers_and_signatures() -> None:
    rows = [[None, *HEADERS], [1.0, *CELLS, "迟交"], ["审核人：李四", *[None] * len(HEADERS), None, "2020年12月"]]
    extract = extract_of(xlsx_of([[*row, *[None] * (15 - len(row))] for row in rows]))
    assert extract.accepted["extra"].to_list() == ['{"N":"迟交"}']
    assert extract.problems["message"].to_list() == ["不认识列“N（没有表头）”，该列内容已保留但不参与核对"]
