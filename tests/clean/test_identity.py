"""What may be an identity number, and whose."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.rules import RULES
from tests.clean.cells import cleaned
from tests.extracts import id_of


@given(st.dates(date(1940, 1, 1), date(2010, 1, 1)), st.integers(0, 999))
def test_a_right_identity_number_is_taken_and_any_other_last_digit_refused(born: date, sequence: int) -> None:
    right = id_of(f"990525{born:%Y%m%d}{sequence:03d}")
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    values, broken = cleaned("id_no", right, f"'{right.lower()} ", wrong)
    assert values[:2] == [right, right]
    assert broken == [set(), set(), {"id_checksum"}]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("99052519800101", "id_length"),
        ("9.90525198001E+17", "id_damaged"),
        ("990525198001010000", "id_damaged"),
        ("990525198013010011", "id_birth_date"),
        ("同上", "value_ditto"),
    ],
)
def test_an_identity_number_that_cannot_be_right_is_refused(text: str, rule: str) -> None:
    assert rule in cleaned("id_no", text)[1][0]


def test_an_old_identity_number_is_brought_to_eighteen_digits() -> None:
    old = "990525800101001"
    assert cleaned("id_no", old) == ([id_of("99052519800101001")], [{"id_upgraded"}])


REGIONS = [("4305", "25"), ("4326", "24"), ("1101", "01"), ("8100", "00"), ("9111", "11")]


@given(st.dates(date(1940, 1, 1), date(2015, 1, 1)), st.sampled_from(REGIONS), st.integers(0, 999))
def test_a_region_is_right_in_every_year_of_birth(born: date, region: tuple[str, str], sequence: int) -> None:
    number = id_of(f"{''.join(region)}{born:%Y%m%d}{sequence:03d}")
    assert cleaned("id_no", number) == ([number], [set()])


def test_a_region_of_no_province_passes_with_a_warning() -> None:
    number = id_of("47010119800101001")
    assert cleaned("id_no", number) == ([number], [{"id_region_unknown"}])
    assert RULES["id_region_unknown"].severity == "warning"


def mutations(number: str) -> set[str]:
    """Every number that differs in one character, or has two of its characters changed for each other."""
    changed = {number[:at] + new + number[at + 1 :] for at in range(18) for new in "0123456789X"}
    swapped = {
        number[:one] + number[other] + number[one + 1 : other] + number[one] + number[other + 1 :]
        for one, other in combinations(range(18), 2)
    }
    lengths = {number[:at] + number[at + 1 :] for at in range(18)} | {number + "0", "0" + number}
    return (changed | swapped | lengths) - {number}


@settings(max_examples=20)
@given(st.dates(date(1940, 1, 1), date(2010, 1, 1)), st.integers(0, 999))
def test_no_slip_of_the_pen_makes_a_number_another_persons(born: date, sequence: int) -> None:
    """One wrong character, or two beside each other swapped, is always found; the standard promises no more."""
    number = id_of(f"990525{born:%Y%m%d}{sequence:03d}")
    written = sorted(mutations(number))
    values, broken = cleaned("id_no", *written)
    errors = [{rule for rule in rules if RULES[rule].severity == "error"} for rules in broken]
    for text, value, rules in zip(written, values, errors, strict=True):
        assert value != number, "a slip is never silently the same person"
        if len(text) == 18 and (wrong := [at for at in range(18) if text[at] != number[at]]):
            is_promised = len(wrong) == 1 or wrong[1] - wrong[0] == 1
            assert rules or not is_promised, text
        elif len(text) != 18:
            assert rules, text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9905 2519 8001 0100 17", "990525198001010017"),
        ("９９０５２５１９８００１０１００１７", "990525198001010017"),
        ("990525198001010017\u00a0", "990525198001010017"),
        ('="990525198001010017"', "990525198001010017"),
        ("99052519800101005×", "99052519800101005X"),
        ("99052519800101005*", "99052519800101005X"),
        ("99052519800101005Х", "99052519800101005X"),
        ("99052519800101005ｘ", "99052519800101005X"),
    ],
)
def test_what_programs_put_around_a_number_goes(text: str, value: str) -> None:
    assert cleaned("id_no", text) == ([value], [set()])


@pytest.mark.parametrize("text", ["99052519800101001743", "9905251980010100174312"])
def test_of_a_disability_card_the_identity_number_is_kept(text: str) -> None:
    assert cleaned("id_no", text) == (["990525198001010017"], [{"id_disability_card"}])


@pytest.mark.parametrize("text", ["无", "不详", "000000", "999999198001010017", "/"])
def test_a_placeholder_is_no_number(text: str) -> None:
    assert cleaned("id_no", text) == ([None], [set()])


@pytest.mark.parametrize("text", ["4.3E+17", "9.90525198001E+17", "990525198001010048"])
def test_a_number_that_a_workbook_has_rounded_is_refused(text: str) -> None:
    assert cleaned("id_no", text, number=True)[1] == [{"id_damaged"}]
