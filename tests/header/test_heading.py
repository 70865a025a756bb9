"""What is a part of a column's name, and what only stands beside it."""

import pytest

from taizhang.division import county
from taizhang.extract import read_file
from tests.extracts import DAY, MALE, ROWS, extract_of, text_table
from tests.workbooks import xlsx_of

ROW = ROWS["employment"]


@pytest.mark.parametrize(
    "header",
    [
        "身份证号（必填）",
        "身份证号码（18位）",
        "①身份证号",
        "2、身份证号",
        "※身份证号",
        "身份证号【必填】（文本格式）",
        "身份证\n号码*",
        "身份证号（与户口本一致）",
        "身份证号（见填表说明）",
        "身份证号①",
        "身份证号。",
    ],
)
def test_how_to_fill_a_column_in_is_no_part_of_its_name(header: str) -> None:
    row = {header if name == "身份证号" else name: text for name, text in ROW.items()}
    extract = extract_of(xlsx_of([list(row), list(row.values())]))
    assert (extract.accepted.height, extract.problems.rows()) == (1, [])


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("性别", "性别（男/女）"),
        ("性别", "性别(1男2女)"),
        ("务工状态", "就业创业状态（外出务工/务农/…）"),
        ("务工区域", "务工地域(1省外/2省内县外/3县内)"),
        ("是否返乡", "是否返乡（是/否）"),
        ("务工时间(月)", "务工时间（个月）"),
        ("联系电话", "联系电话（手机）"),
    ],
)
def test_the_values_to_choose_from_are_no_part_of_a_columns_name(header: str, written: str) -> None:
    row = ROW | {"是否返乡": "否", "联系电话": "13800138000"}
    usual, listed = (
        extract_of(text_table([{name.get(key, key): row[key] for key in row}])) for name in ({}, {header: written})
    )
    assert listed.accepted.rows() == usual.accepted.rows()
    assert (listed.accepted.height, listed.problems.rows()) == (1, [])


@pytest.mark.parametrize("written", ["性别（父/母）", "性别（男）", "务工省份（是/否）"])
def test_what_a_column_could_not_hold_is_a_part_of_its_name(written: str) -> None:
    row = {header: text for header, text in ROW.items() if not written.startswith(header)}
    file = read_file(text_table([row | {written: "x"}]), county(), DAY)
    assert set(file.problems["rule"]) | {rule for one in file.extracts for rule in one.problems["rule"]} <= {
        "header_missing",
        "header_unknown",
    }
    assert not any(
        extract.accepted.select("gender", "work_province").row(0) == ("男", "x") for extract in file.extracts
    )


def test_whose_column_it_is_stays_a_part_of_its_name() -> None:
    extract = extract_of(text_table([ROW | {"身份证号（户主）": MALE, "返乡时间（年/月/日）": ""}]))
    assert extract.unknown_headers == ("身份证号（户主）",)
