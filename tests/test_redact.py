"""Text bound for a log or an alert loses what is shaped like an identity number, a phone or an account."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.division import divisions
from taizhang.redact import SHAPES, redact, without_values

_id_numbers = st.builds(
    "990525{:%Y%m%d}{:03}{}".format,
    st.dates(date(1930, 1, 1), date(2020, 12, 31)),
    st.integers(0, 999),
    st.sampled_from("0123456789Xx"),
)
_mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_accounts = st.from_regex(r"[0-9]{12,19}", fullmatch=True).filter(lambda text: text not in divisions())
_numbers = _id_numbers | _mobiles | _accounts
_prose = st.text(st.sampled_from("台账第行，。 abcXYZ|/.：（）\n"), max_size=12)


@given(_prose, _numbers, _prose)
def test_no_number_of_a_person_survives_in_any_text(before: str, number: str, after: str) -> None:
    redacted = redact(f"{before}{number}{after}")
    assert number not in redacted
    assert not any(re.search(shape, redacted) for shape in SHAPES.values())


@given(st.lists(_numbers | _prose).map("，".join))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text(st.characters(exclude_categories=["Nd", "Nl", "No", "Cs"])).filter(lambda text: "Ｘ" not in text))
def test_text_without_digits_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.sampled_from(sorted(divisions())))
def test_a_division_code_is_no_number_of_a_person(code: str) -> None:
    assert redact(f"区划{code}。") == f"区划{code}。"


@pytest.mark.parametrize(
    "text",
    [
        "2020-12-31 10:11:12",
        "共61341500.00元、47548人",
        "第20201231批 101112",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_dates_amounts_and_digests_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("990525 19900101 123X", "[身份证号]"),
        ("9905251990010112３４", "[身份证号]"),
        ("ID990525199001011234.xlsx", "ID[身份证号].xlsx"),
        ("+86 138-1234-5678", "[电话]"),
        ("１３８１２３４５６７８", "[电话]"),
        ("0739-7221234", "[电话]"),
        ("(0739)7221234", "[电话]"),
        ("138.1234.5678", "[电话]"),
        ("138－1234－5678", "[电话]"),
        ("138\u00a01234  5678", "[电话]"),
        ("990525_1990_0101_123X", "[身份证号]"),
        ("6222 0200 0000 1234 567", "[账号]"),
        ("6222.0200·0000—1234", "[账号]"),
    ],
)
def test_numbers_are_found_however_they_are_spaced(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            'Database Error in model x\n  null value in column "a"\n  DETAIL:  Failing row contains (1, 张三,\n高沙).',
            'Database Error in model x\n  null value in column "a"',
        ),
        (
            'invalid input syntax for type date: "张三"\nCONTEXT:  COPY employment, line 1, column name: "张三"',
            "invalid input syntax for type date",
        ),
        ('column "区划" does not exist\nLINE 1: select 区划', 'column "区划" does not exist\nLINE 1: select 区划'),
        ("重复：13812345678", "重复：[电话]"),
    ],
)
def test_an_error_of_the_database_loses_the_row_that_it_is_of(message: str, expected: str) -> None:
    assert without_values(message) == expected
