"""Whole numbers and amounts of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clean.cells import cleaned


@given(st.decimals(400, 30000, places=2))
def test_money_is_kept_to_the_fen(amount: object) -> None:
    values, broken = cleaned("monthly_income", f"{amount}", f"{amount:,}", f"{amount}元")
    assert values == [float(str(amount))] * 3
    assert broken == [set()] * 3


def test_an_amount_that_is_not_one_number_is_refused() -> None:
    texts = ("3000左右", "3000-4000", "面议", "3000.005")
    assert cleaned("monthly_income", *texts)[1] == [{"amount_invalid"}] * 4


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("99.99", {"amount_out_of_range"}),
        ("30000.01", {"amount_out_of_range"}),
        ("399.99", {"amount_unusual"}),
        ("400", set()),
        ("30000", set()),
    ],
)
def test_an_income_is_held_against_its_bounds(text: str, rules: set[str]) -> None:
    assert cleaned("monthly_income", text)[1] == [rules]


@pytest.mark.parametrize("text", ["1,5", "3,5000", "45,00", "4500,", "20\n20", "20 20", "1\n200", "4¥5"])
def test_what_may_be_two_numbers_is_no_amount(text: str) -> None:
    assert cleaned("monthly_income", text) == ([None], [{"amount_invalid"}])


@pytest.mark.parametrize("text", ["4 500", "4,500", "4，500.00元", "￥4500", "4\u00a0500 元"])
def test_thousands_may_be_parted(text: str) -> None:
    assert cleaned("monthly_income", text) == ([4500.0], [set()])


def test_months_in_two_lines_are_not_read_as_one_number() -> None:
    assert cleaned("months_worked", "1\n2", "1 2", "9 个月") == (
        [None, None, 9],
        [{"integer_invalid"}, {"integer_invalid"}, set()],
    )
