"""Every row in exactly one place, whoever else is read with it."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.division import children, county, find_within
from taizhang.extract import File, HandedIn, read_file, read_files
from tests.extracts import DAY, ROWS, VILLAGE, extract_of, text_table

STRANGE = st.sampled_from(
    ["", "无", "同上", "#DIV/0!", "3000左右", "2020.13", "９９０５２５", "是", "x" * 50, "合计", "\n"]
)


def changed_rows(ledger: str) -> st.SearchStrategy[dict[str, str]]:
    """A good row with some of its cells made strange."""
    return st.dictionaries(st.sampled_from(sorted(ROWS[ledger])), STRANGE).map(lambda cells: ROWS[ledger] | cells)


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


def test_what_no_sheet_has_is_absent_but_for_the_division_that_the_folder_tells() -> None:
    rows = [{header: text for header, text in ROWS["training"].items() if header not in ("乡镇", "行政村", "结业日期")}]
    absent = extract_of(text_table(rows), VILLAGE).absent_columns
    assert {"provider", "ended_on"} <= set(absent)
    assert not {"village_code", "township_code", "started_on", "id_no"} & set(absent)
