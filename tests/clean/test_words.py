"""Names and words, and the numbers that slip into them."""

import pytest

from taizhang.rules import RULES
from tests.clean.cells import cleaned
from tests.extracts import id_of


@pytest.mark.parametrize(
    "text",
    [
        "恒达电子厂13800000000",
        "恒达电子厂 138-0000-0000",
        "恒达电子厂（１３８００００００００）",
        f"恒达电子厂{id_of('99052519800101001')}",
        "恒达电子厂6217000000000000000",
    ],
)
def test_a_number_of_a_person_among_words_is_told(text: str) -> None:
    assert cleaned("employer", text) == ([text], [{"number_in_text"}])


@pytest.mark.parametrize("text", ["恒达电子厂", "恒达电子2020年3月5日开工3车间", "0739-7231"])
def test_other_numbers_among_words_are_none_of_a_person(text: str) -> None:
    assert cleaned("employer", text) == ([text], [set()])


def test_blanks_within_a_name_go_and_nothing_else_changes() -> None:
    values, broken = cleaned("name", "张 三\u3000丰", "买买提•艾力", "张三(户主)", "Anna  Li", "𠮷𡈽")
    assert values == ["张三丰", "买买提•艾力", "张三(户主)", "Anna  Li", "𠮷𡈽"]
    assert broken == [set()] * 5


@pytest.mark.parametrize("text", ["0", "12345", "2020-03-05", "·"])
def test_what_holds_no_letter_is_no_name(text: str) -> None:
    assert cleaned("name", text) == ([None], [{"name_invalid"}])
    assert RULES["name_invalid"].severity == "error"


@pytest.mark.parametrize("text", ["张?三", "张？三", "张\ufffd", "张\ue4c6", "张\U000f0001"])
def test_a_name_with_a_character_that_was_lost_passes_with_a_warning(text: str) -> None:
    assert cleaned("name", text) == ([text], [{"name_garbled"}])
    assert RULES["name_garbled"].severity == "warning"
