"""Records that their contract refuses."""

from tests.extracts import ROWS, VILLAGE, extract_of, text_table


def test_a_village_hands_in_for_itself_only() -> None:
    rows = [ROWS["employment"], ROWS["employment"] | {"身份证号": "990525198001010033", "行政村": "杨家村"}]
    extract = extract_of(text_table(rows), VILLAGE)
    assert extract.accepted["village_code"].to_list() == [VILLAGE.code]
    assert extract.rejected.height == 1


def test_a_formula_that_failed_is_refused() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"岗位工种": "#REF!"}]))
    assert extract.problems["rule"].to_list() == ["value_error"]
    assert extract.rejected.height == 1
