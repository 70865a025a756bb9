"""What a worklist takes from a real warehouse: breaks that were found in ledgers as clerks hand them in."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from taizhang.assign import worklist_path, write_worklists
from taizhang.build import run_dbt
from taizhang.division import Division, county, divisions
from taizhang.load import load_folder, register_people
from taizhang.trace import open_breaks_of
from taizhang.warehouse import connect
from tests.extracts import DAY, ROWS, VILLAGE, id_of, text_table
from tests.test_worklist import row_of

TOWNSHIP = divisions()[VILLAGE.parent_code]
TANG, YOUNG_TANG = id_of("99052519800101001"), id_of("99052519800101003")
NEW, NEW_AGAIN = id_of("99052519700101001"), id_of("99052519700101003")
FIRST, SECOND, THIRD = (id_of(f"9905251960010100{digit}") for digit in (1, 3, 5))


def row(name: str, id_no: str) -> Mapping[str, str]:
    return ROWS["employment"] | {"姓名": name, "身份证号": id_no}


HANDED_IN: dict[Division, list[Mapping[str, str]]] = {
    county(): [row("唐大", TANG), row("三号人", FIRST)],
    TOWNSHIP: [row("唐大", TANG), row("新来", NEW), row("三号人", SECOND)],
    VILLAGE: [row("唐小", YOUNG_TANG), row("新来", NEW_AGAIN), row("三号人", THIRD)],
}
"""One person under two numbers and names, one whom the county does not have yet, and one under three numbers."""


@pytest.fixture
def found(clean_warehouse: Path, tmp_path: Path) -> None:
    """What was handed in is built, and its breaks stand where published ones do."""
    find_breaks(tmp_path, HANDED_IN)


def find_breaks(inbox: Path, handed_in: Mapping[Division, list[Mapping[str, str]]]) -> None:
    folders = {county(): "county", TOWNSHIP: f"township/{TOWNSHIP.name}"}
    for division, rows in handed_in.items():
        folder = inbox / f"{DAY}" / folders.get(division, f"village/{TOWNSHIP.name}/{VILLAGE.name}")
        folder.mkdir(parents=True)
        of_household = [{"户编号": "D1" if one["姓名"].startswith("唐") else "", **one} for one in rows]
        (folder / "就业.csv").write_bytes(text_table(of_household))
    for code in (county().code, TOWNSHIP.code):
        load_folder(1, code, inbox=inbox, night_date=DAY)
    register_people()
    run_dbt(DAY, "build", "--select", "+answered_break", "--exclude-resource-types", "test", "unit_test")
    with connect("transformer") as connection:
        for table in ("ledger_break", "answered_break"):
            connection.execute(f"create table reconciliation.{table} as table reconciliation_next.{table}")


def test_whoever_is_listed_under_two_numbers_stands_in_the_worklist_by_each_name_and_nobody_is_blamed_in_vain(
    found: None,
) -> None:
    with connect() as connection:
        breaks = connection.execute(
            "select kind, culprit, count(*)::int from reconciliation.ledger_break where kind <> 'total'"
            " group by kind, culprit order by culprit"
        ).fetchall()
    assert breaks == [("identity", "unknown", 3), ("identity", "village", 1)]
    write_worklists(DAY)
    sheet = load_workbook(worklist_path(TOWNSHIP, DAY))["就业帮扶台账"]
    rows = [row_of(sheet, number) for number in range(3, sheet.max_row + 1)]
    shown = {tuple(row[heading] for heading in ("姓名", "县级", "乡镇级", "村级")) for row in rows if row["姓名"]}
    assert shown == {
        ("唐大", "唐大 990525********0017", "唐大 990525********0017", "唐小 990525********0033（疑似有误）"),
        ("新来", "（两号都没有）", "两号不同", "两号不同"),
        ("三号人", "两号不同", "两号不同", "（两号都没有）"),
        ("三号人", "（两号都没有）", "两号不同", "两号不同"),
    }
    for id_no in (TANG, YOUNG_TANG):
        assert [one.kind for one in open_breaks_of("employment", id_no)] == ["identity"]


def test_a_level_whose_row_was_rejected_is_not_said_to_lack_the_record(clean_warehouse: Path, tmp_path: Path) -> None:
    """Neither where the others differ nor where one of them does lack it: nobody is to enter a person twice."""
    differing, lacking = row("唐大", TANG), row("三号人", FIRST)
    find_breaks(
        tmp_path,
        {
            county(): [differing],
            TOWNSHIP: [row("新来", NEW), *(one | {"务工时间(月)": "很久"} for one in (differing, lacking))],
            VILLAGE: [differing | {"务工时间(月)": "8"}, lacking],
        },
    )
    write_worklists(DAY)
    sheet = load_workbook(worklist_path(TOWNSHIP, DAY))["就业帮扶台账"]
    rows = [row_of(sheet, number) for number in range(3, sheet.max_row + 1)]
    shown = {
        tuple(row[heading] for heading in ("差异", "县级", "乡镇级", "村级")) for row in rows if row["姓名"] != "新来"
    }
    assert shown >= {("内容不一致", "9", "（被退回）", "8"), ("漏登", "无", "（被退回）", "有")}
