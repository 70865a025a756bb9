"""What each kind of cell may hold, and what becomes of it."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.clean import Cell, Cleaned, clean
from taizhang.contract import contracts

EMPLOYMENT = contracts()["employment"]


def cleaned(column: str, *texts: str | None, number: bool = False) -> tuple[list[object], list[set[str]]]:
    """The values, and for each the rules that it breaks."""
    numbers = pl.Series([number] * len(texts))
    result: Cleaned = clean(Cell(pl.lit(pl.Series(texts, dtype=pl.String)), pl.lit(numbers), EMPLOYMENT.column(column)))
    broken = pl.select(**{rule: condition.fill_null(False) for rule, condition in result.broken.items()})
    values = pl.select(value=result.value).to_series().to_list()
    return values, [{rule for rule in broken.columns if row[rule]} for row in broken.iter_rows(named=True)]


def id_of(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@given(st.dates(date(1940, 1, 1), date(2010, 1, 1)), st.integers(0, 999))
def test_a_right_identity_number_is_taken_and_any_other_last_digit_refused(born: date, sequence: int) -> None:
    right = id_of(f"990525{born:%Y%m%d}{sequence:03d}")
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    values, broken = cleaned("id_no", right, f"'{right.lower()} ", wrong)
    assert values[:2] == [right, right]
    assert broken == [set(), set(), {"id_checksum"}]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("99052519800101", "id_length"),
        ("9.90525198001E+17", "id_damaged"),
        ("990525198013010011", "id_birth_date"),
        ("同上", "value_ditto"),
    ],
)
def test_an_identity_number_that_cannot_be_right_is_refused(text: str, rule: str) -> None:
    assert rule in cleaned("id_no", text)[1][0]


def test_an_old_identity_number_is_brought_to_eighteen_digits() -> None:
    old = "990525800101001"
    assert cleaned("id_no", old) == ([id_of("99052519800101001")], [{"id_upgraded"}])


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-05",
        "2020/3/5",
        "2020年3月5日",
        "20200305",
        "2020.3.5",
        "２０２０－３－５",
        "43895",
        "2020-03-05 00:00:00",
    ],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 5)], [set()])


@pytest.mark.parametrize("text", ["2020-03", "2020年3月", "202003", "2020/3", "2020.3"])
def test_a_month_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 1)], [set()])


def test_a_month_that_the_workbook_may_have_cut_short_is_refused() -> None:
    assert cleaned("started_on", "2020.1", number=True)[1] == [{"date_ambiguous"}]
    assert cleaned("started_on", "2020.1", number=False)[1] == [set()]


def test_an_impossible_date_is_refused() -> None:
    assert cleaned("started_on", "2020年13月45日", "2020-02-30", "春节")[1] == [{"date_invalid"}] * 3


@given(st.decimals(100, 30000, places=2))
def test_money_is_kept_to_the_fen(amount: object) -> None:
    values, broken = cleaned("monthly_income", f"{amount}", f"{amount:,}", f"{amount}元")
    assert values == [float(str(amount))] * 3
    assert broken == [set()] * 3


def test_an_amount_that_is_not_one_number_is_refused() -> None:
    texts = ("3000左右", "3000-4000", "面议", "3000.005")
    assert cleaned("monthly_income", *texts)[1] == [{"amount_invalid"}] * 4


def test_yes_and_no_are_read_in_their_usual_forms_and_nothing_else_is_guessed() -> None:
    values, broken = cleaned("returned", "是", "有", "√", "否", "无", "可能", None)
    assert values == [True, True, True, False, False, None, None]
    assert broken[5] == {"yes_no_invalid"}
    assert broken[6] == set()


def test_a_code_that_is_in_no_list_is_kept_as_unmapped_and_told() -> None:
    values, broken = cleaned("education", "初中", "文盲或者半文盲", "私塾")
    assert values == ["junior_secondary", "illiterate", "unmapped"]
    assert broken[2] == {"code_unmapped"}


def test_blanks_within_a_name_go_and_the_interpunct_stays() -> None:
    assert cleaned("name", "张 三 丰", "买买提•艾力")[0] == ["张三丰", "买买提·艾力"]
