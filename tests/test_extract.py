"""What a file holds: every row in exactly one place, whoever else is read with it."""

import json
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.division import Division, children, county, find_within
from taizhang.extract import File, HandedIn, read_file, read_files
from tests.extracts import DAY, MALE, ROWS, extract_of, text_table

VILLAGE: Division = find_within(find_within(county().code, "黄桥镇").code, "清风村")
CELLS = st.sampled_from(
    ["", "无", "同上", "#DIV/0!", "3000左右", "2020.13", "９９０５２５", "是", "x" * 50, "合计", "\n"]
)


def changed_rows(ledger: str) -> st.SearchStrategy[dict[str, str]]:
    """A good row with some of its cells made strange."""
    return st.dictionaries(st.sampled_from(sorted(ROWS[ledger])), CELLS).map(lambda cells: ROWS[ledger] | cells)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(ROWS)).flatmap(lambda ledger: st.lists(changed_rows(ledger), min_size=1, max_size=8)))
def test_every_row_read_is_accepted_or_rejected(rows: list[dict[str, str]]) -> None:
    file = read_file(text_table(rows), county(), DAY)
    for extract in file.extracts:
        places = extract.accepted["row_number"].to_list() + extract.rejected["row_number"].to_list()
        assert len(places) == len(set(places)) == extract.rows_read
        told = extract.problems.filter(pl.col("severity") == "error")["row_number"].to_list()
        assert set(extract.rejected["row_number"]) == set(told)
        footers = sum("合计" in row.values() for row in rows)
        assert len(rows) - footers <= extract.rows_read <= len(rows)


def test_files_read_together_hold_what_each_holds_alone() -> None:
    township = find_within(county().code, "黄桥镇")
    handed_in = [
        HandedIn(text_table([ROWS["employment"]] * 3), township, DAY),
        HandedIn(b"", county(), DAY),
        HandedIn(text_table([ROWS["subsidy"] | {"补贴金额": "约400"}]), VILLAGE, DAY),
        HandedIn(text_table([ROWS["employment"] | {"星座": "白羊"}], title="2019年12月台账"), VILLAGE, DAY),
        HandedIn(text_table([ROWS["training"]]), children(county().code)[0], DAY),
    ]
    together = read_files(handed_in)
    alone = [read_file(file.content, file.division, file.extract_date) for file in handed_in]
    assert [facts(file) for file in together] == [facts(file) for file in alone]


def facts(file: File) -> object:
    """All that a file holds, in a form that can be compared."""
    return file.problems.rows(), [
        (e.ledger, e.period, e.accepted.rows(), e.rejected.rows(), e.problems.rows(), e.unknown_headers)
        for e in file.extracts
    ]


def test_a_rejected_row_keeps_the_text_of_each_of_its_cells() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"身份证号": MALE[:-1], "星座": "白羊"}]))
    assert extract.accepted.is_empty()
    cells = json.loads(extract.rejected["cells"].item())
    assert cells == ROWS["employment"] | {"身份证号": MALE[:-1], "星座": "白羊"}
    told = extract.problems.filter(pl.col("severity") == "error")
    assert told.select("row_number", "column_name", "cell", "rule").row(0) == (3, "id_no", "B3", "id_length")


def test_a_code_that_is_in_no_list_is_kept_and_said() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"就业渠道": "亲戚介绍"}]))
    assert extract.accepted["channel"].item() == "unmapped"
    assert json.loads(extract.accepted["extra"].item()) == {"就业渠道": "亲戚介绍"}
    assert extract.problems["rule"].to_list() == ["code_unmapped"]


def test_a_village_hands_in_for_itself_only() -> None:
    rows = [ROWS["employment"], ROWS["employment"] | {"身份证号": "990525198001010033", "行政村": "杨家村"}]
    extract = extract_of(text_table(rows), VILLAGE)
    assert extract.accepted["village_code"].to_list() == [VILLAGE.code]
    assert extract.rejected.height == 1


def test_a_formula_that_failed_is_refused() -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"岗位工种": "#REF!"}]))
    assert extract.problems["rule"].to_list() == ["value_error"]
    assert extract.rejected.height == 1


@pytest.mark.parametrize(("stated", "told"), [("800", []), ("800.00", []), ("750", ["total_differs"])])
def test_a_stated_total_is_held_against_the_rows(stated: str, told: list[str]) -> None:
    rows = [ROWS["subsidy"], ROWS["subsidy"] | {"发放编号": "P2"}, {"发放编号": "合计", "补贴金额": stated}]
    extract = extract_of(text_table(rows))
    assert extract.rows_read == 2
    assert extract.problems["rule"].to_list() == told
    if told:
        assert extract.problems.select("cell", "message").row(0) == (
            "K5",
            "“补贴金额(元)”合计写的是750，各行相加是800，请核对",
        )


def test_a_total_is_not_held_against_rows_that_could_not_be_read() -> None:
    rows = [ROWS["subsidy"] | {"补贴金额": "约400"}, {"发放编号": "合计", "补贴金额": "400"}]
    assert "total_differs" not in extract_of(text_table(rows)).problems["rule"].to_list()


def test_the_title_tells_the_period_and_the_day_does_where_it_is_silent() -> None:
    row = ROWS["employment"]
    assert extract_of(text_table([row], title="2019年12月台账")).period == date(2019, 12, 1)
    assert extract_of(text_table([row], title="务工台账")).period == date(2020, 12, 1)


def test_what_no_sheet_has_is_absent_but_for_the_division_that_the_folder_tells() -> None:
    rows = [{header: text for header, text in ROWS["training"].items() if header not in ("乡镇", "行政村", "结业日期")}]
    absent = extract_of(text_table(rows), VILLAGE).absent_columns
    assert {"provider", "ended_on"} <= set(absent)
    assert not {"village_code", "township_code", "started_on", "id_no"} & set(absent)
