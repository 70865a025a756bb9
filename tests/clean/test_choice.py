"""Codes, and yes or no."""

import polars as pl
import pytest

from taizhang.clean import clean
from taizhang.contract import contracts
from tests.clean.cells import EMPLOYMENT, cleaned


def test_yes_and_no_are_read_in_their_usual_forms_and_nothing_else_is_guessed() -> None:
    values, broken = cleaned("returned", "是", "有", "√", "否", "无", "可能", None)
    assert values == [True, True, True, False, False, None, None]
    assert broken[5] == {"yes_no_invalid"}
    assert broken[6] == set()


def test_a_wish_is_said_in_many_ways_and_a_trade_is_none() -> None:
    values, broken = cleaned("training_wanted", "有意愿", "需要", "无意愿", "不需要", "电工")
    assert values == [True, True, False, False, None]
    assert broken[4] == {"yes_no_invalid"}
    assert EMPLOYMENT.column("training_wanted").advisory, "so that the row passes"


def test_a_code_that_is_in_no_list_is_kept_as_unmapped_and_told() -> None:
    values, broken = cleaned("education", "初中", "文盲或者半文盲", "私塾")
    assert values == ["junior_secondary", "illiterate", "unmapped"]
    assert broken[2] == {"code_unmapped"}


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("work_region", "乡外县内", "in_county"),
        ("work_region", "乡（镇）内", "in_county"),
        ("work_region", "县外市内", "in_province"),
        ("work_region", "市内县外", "in_province"),
        ("work_region", "省内市州外", "in_province"),
        ("work_region", "境外", "abroad"),
        ("work_region", "珠三角", "out_of_province"),
        ("work_region", "市外", "unmapped"),  # in the province or not: nobody knows
        ("return_reason", "身体原因（伤病）", "health"),
        ("work_status", "返乡未就业", "not_working"),
        ("education", "技工", "senior_secondary"),
        ("education", "学龄前儿童", "preschool"),
        ("training_type", "劳务品牌", "labour_brand"),
        ("training_type", "两后生培训", "school_leavers"),
        ("work_status", "灵活就业", "flexible"),
        ("mode", "订单·定向·定岗", "made_to_order"),
        ("mode", "项目制", "by_project"),
        ("trainee_category", "转岗职工", "transferred_worker"),
    ],
)
def test_what_other_systems_write_is_read_where_it_means_one_of_our_codes(column: str, text: str, value: str) -> None:
    of_ledger = next(c for contract in contracts().values() for c in contract.columns if c.name == column)
    assert clean(pl.DataFrame({column: [text]}), [of_ledger])[column].to_list() == [value]


@pytest.mark.parametrize("text", ["✓", "✔", "☑"])
def test_a_tick_is_a_yes(text: str) -> None:
    assert cleaned("returned", text) == ([True], [set()])
