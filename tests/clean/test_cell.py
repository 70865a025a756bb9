"""What is so of cells of every kind."""

import pytest

from tests.clean.cells import cleaned


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("months_worked", "-月", "integer_invalid"),
        ("months_worked", "个月", "integer_invalid"),
        ("monthly_income", "￥-", "amount_invalid"),
        ("phone", "+86", "phone_invalid"),
    ],
)
def test_a_unit_without_its_number_is_told_and_not_taken_for_a_blank(column: str, text: str, rule: str) -> None:
    assert rule in cleaned(column, text)[1][0]


@pytest.mark.parametrize("mark", ["①", "②", "²", "⑴", "㈠", "½"])
def test_the_mark_of_a_footnote_becomes_no_digit(mark: str) -> None:
    written = {
        "monthly_income": ("300", "amount_invalid"),
        "months_worked": ("1", "integer_invalid"),
        "phone": ("1380000000", "phone_invalid"),
        "started_on": ("2020年3月", "date_invalid"),
        "id_no": ("99052519800101001", "id_length"),
    }
    for column, (text, rule) in written.items():
        for marked in (f"{text}{mark}", f"{mark}{text}"):
            assert rule in cleaned(column, marked)[1][0], (column, marked)
    assert cleaned("employer", f"恒达{mark} 138-0000-0000")[1] == [{"number_in_text"}]
