"""Numbers of papers, phones and accounts."""

import polars as pl
import pytest

from taizhang.clean import clean
from taizhang.contract import contracts
from taizhang.rules import RULES
from tests.clean.cells import cleaned


def test_the_number_of_a_paper_may_have_any_digits() -> None:
    assert cleaned("household_no", "430525000001") == (["430525000001"], [set()])


@pytest.mark.parametrize(
    "text",
    [
        "990525198001010017",
        "BT99052519800101001x",
        "１３８１２３４５６７８",
        "2020-13812345678",
        "990525-1980-0101-0017",
    ],
)
def test_the_number_of_a_paper_is_nobody_s(text: str) -> None:
    assert cleaned("household_no", text) == ([None], [{"number_of_person"}])


@pytest.mark.parametrize("text", ["990525202011300001", "BT2018000001", "202011300000000123", "1381234567"])
def test_a_day_and_a_serial_number_are_no_person(text: str) -> None:
    assert cleaned("household_no", text) == ([text], [set()])


@pytest.mark.parametrize("text", ["2.020113000000001e+17", "4.30525E+16", "2E+17", "4305251032040001.0"])
@pytest.mark.parametrize(
    "column", ["household_no", "class_no", "certificate_no", "payment_no", "batch_no", "reissue_of"]
)
def test_a_number_of_a_paper_that_a_workbook_has_rounded_is_none(column: str, text: str) -> None:
    (of_ledger,) = (c for contract in contracts().values() for c in contract.columns if c.name == column)
    result = clean(pl.DataFrame({column: [text]}), [of_ledger])
    assert result.to_dicts() == [{column: None, f"{column}|number_damaged": True}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("430525103204001.0", "430525103204001"),  # fifteen digits survive
        ("202011300000000123", "202011300000000123"),
        ("1E3", "1E3"),
        ("2020-01", "2020-01"),
    ],
)
def test_a_number_of_a_paper_that_is_whole_is_kept(text: str, value: str) -> None:
    assert cleaned("household_no", text) == ([value], [set()])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800000000.0", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("+86 138-0000-0000", "138-0000-0000"),
        ("0739-7210000", "0739-7210000"),
        ("（0739）7210000", "(0739)7210000"),
        ("7210000", "7210000"),
        ("0739-7210000-12", "0739-7210000-12"),
        ("'13800000000", "13800000000"),
    ],
)
def test_a_phone_is_a_mobile_or_a_landline(text: str, value: str) -> None:
    assert cleaned("phone", text) == ([value], [set()])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("13800000000/13900000000", "phone_several"),
        ("13800000000，0739-7210000", "phone_several"),
        ("13800000000 本人 13900000000 妻", "phone_several"),
        ("13800000000\n13900000000", "phone_several"),
        ("1380000000", "phone_invalid"),
        ("12345678901", "phone_invalid"),
    ],
)
def test_a_phone_that_is_none_or_two_passes_with_a_warning(text: str, rule: str) -> None:
    assert cleaned("phone", text)[1] == [{rule}]
    assert RULES[rule].severity == "warning"


def test_an_account_that_a_workbook_has_rounded_is_not_kept() -> None:
    account = contracts()["subsidy"].column("account")
    texts = ["6.217E+18", "6.217e+18", "6217000000000000768", "621700000000"]
    result = clean(pl.DataFrame({"account": texts, "account#": [True] * 4}), [account])
    assert result["account"].to_list() == [None, None, None, "621700000000"]
    assert result["account|account_damaged"].to_list() == [True, True, True, False]
