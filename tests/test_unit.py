"""In which unit amounts are, as headings and titles say it."""

import pytest

from taizhang.division import county
from taizhang.extract import read_file
from taizhang.unit import Unit, unit_of_titles
from tests.extracts import DAY, ROWS, extract_of, text_table

ROW, PAYMENT = ROWS["employment"], ROWS["subsidy"]


@pytest.mark.parametrize(
    ("header", "title", "written", "kept"),
    [
        ("务工月收入(元)", "", "4500", 4500.0),
        ("务工月收入（元/月）", "", "4,500.00", 4500.0),
        ("月收入（万元）", "", "0.45", 4500.0),
        ("月收入(单位：万元)", "", "0.45", 4500.0),
        ("月收入/万元", "", "0.45", 4500.0),
        ("月收入（人民币万元）", "", "0.45", 4500.0),
        ("月收入（万）", "", "0.45", 4500.0),
        ("月收入（万元）（必填）", "", "0.45", 4500.0),
        ("月收入", "单位：万元", "0.45", 4500.0),
        ("月收入（元）", "单位：万元", "4500", 4500.0),
        ("月收入", "单位：元", "4500", 4500.0),
    ],
)
def test_money_is_in_the_unit_that_the_header_or_the_title_says(
    header: str, title: str, written: str, kept: float
) -> None:
    extract = extract_of(text_table([ROW | {header: written}], title=f"2020年12月台账 {title}"))
    assert extract.accepted["monthly_income"].to_list() == [kept]
    assert extract.problems["rule"].to_list() == []


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("单位：人、万元", Unit.TEN_THOUSAND),
        ("单位（万元）", Unit.TEN_THOUSAND),
        ("单位：人民币万元", Unit.TEN_THOUSAND),
        ("单位：万 元", Unit.TEN_THOUSAND),
        ("金额单位:万元", Unit.TEN_THOUSAND),
        ("2020年发放台账（万元）", Unit.TEN_THOUSAND),
        ("本表以万元计", Unit.TEN_THOUSAND),
        ("填报单位：三元村　单位：万元", Unit.TEN_THOUSAND),
        ("单位：人、元", Unit.YUAN),
        ("2020年发放台账", None),
        ("共发放12.5万元", None),
        ("人均收入超万元的户", None),
        ("单位：元、万元", Unit.DOUBTFUL),
        ("贷款按万元填写，其余按元", Unit.DOUBTFUL),
        ("单位：万", Unit.DOUBTFUL),
    ],
)
def test_a_title_states_the_unit_of_all_amounts_or_leaves_it_open(title: str, unit: Unit | None) -> None:
    assert unit_of_titles(f"2020年台账 {title}") == unit


def test_amounts_of_an_open_unit_are_refused_unless_their_heading_says_it() -> None:
    title = "2020年台账 单位：元、万元"
    file = read_file(text_table([PAYMENT], title), county(), DAY)
    assert file.problems["message"].to_list() == [
        "标题中提到“万元”，看不出“补贴金额(元)”是元还是万元，请在该列表头写明（元）或（万元）"
    ]
    said = {"补贴金额（万元）" if header == "补贴金额" else header: text for header, text in PAYMENT.items()}
    assert extract_of(text_table([said | {"补贴金额（万元）": "0.04"}], title)).accepted["amount"].to_list() == [400]
