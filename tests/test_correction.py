"""A filled worklist in the inbox: what is kept of it, what its receipt says, and that no ledger changes."""

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from taizhang.answer import write_receipts
from taizhang.division import county, find_within
from taizhang.load import load_folder
from taizhang.warehouse import connect
from taizhang.worklist import worklist
from tests.extracts import DAY
from tests.test_worklist import ITEM, RED, place, returned

TOWNSHIP = find_within(county().code, "黄桥镇")
FOLDER = f"{DAY}/township/{TOWNSHIP.name}"
COLUMNS = "break_id, ledger, kind, column_name, township_code, county_value, township_value, village_value, status"


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    """An inbox, and a warehouse whose only break is `ITEM`."""
    with connect("transformer") as connection:
        connection.execute(f"create table reconciliation.ledger_break ({COLUMNS.replace(',', ' text,')} text)")
        connection.execute(
            f"insert into reconciliation.ledger_break ({COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %s, 'open')",
            [ITEM.break_id, ITEM.ledger, ITEM.kind, ITEM.column_name, TOWNSHIP.code, *ITEM.values.values()],
        )
    return tmp_path


def hand_in(inbox: Path, cells: Mapping[str, object], name: str = "随便什么名字.xlsx") -> None:
    folder = inbox / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    workbook = load_workbook(io.BytesIO(worklist(TOWNSHIP, [ITEM], DAY)))
    (folder / name).write_bytes(returned(workbook, cells))
    counts = load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    assert (counts.received, counts.loaded, counts.rows_read) == (1, 1, 0)


def ask(query: str) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(query.encode()).fetchall()


def test_an_answer_is_kept_as_the_ledgers_write_it_and_no_ledger_changes(inbox: Path) -> None:
    hand_in(inbox, {"正确值": "男", "原因": "村级录入有误"})
    assert ask("select break_id, correct_value, reason, row_number from reconciliation.worklist_answer") == [
        (ITEM.break_id, "male", "村级录入有误", 3)
    ]
    assert ask("select status, division_code, extract_date, ledger, rows_accepted from raw.extract") == [
        ("worklist", TOWNSHIP.code, date(2020, 12, 31), None, 1)
    ]
    assert ask("select count(*) from raw.employment") == [(0,)]


def test_the_same_worklist_is_not_read_twice(inbox: Path) -> None:
    hand_in(inbox, {"正确值": "男"})
    assert load_folder(2, TOWNSHIP.code, inbox=inbox, night_date=DAY).unchanged == 1
    assert ask("select count(*) from reconciliation.worklist_answer") == [(1,)]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"正确值": "不男不女"}, "answer_value_invalid"),
        ({"正确值": "男", "差异编号": "b"}, "answer_break_unknown"),
        ({"正确值": "男", "县级": "女"}, "answer_row_changed"),
        ({}, "worklist_empty"),
    ],
)
def test_what_is_not_taken_is_told_and_not_kept(inbox: Path, cells: dict[str, str], rule: str) -> None:
    hand_in(inbox, cells)
    assert ask("select rule from raw.problem") == [(rule,)]
    assert ask("select count(*) from reconciliation.worklist_answer") == [(0,)]


def test_a_number_in_the_reason_is_not_kept(inbox: Path) -> None:
    hand_in(inbox, {"原因": "问本人 13800138000"})
    assert ask("select correct_value, reason from reconciliation.worklist_answer") == [(None, "问本人 [电话]")]


def test_the_receipt_tells_the_cell_that_was_not_taken(inbox: Path, clean_warehouse: Path) -> None:
    hand_in(inbox, {"正确值": "不男不女"}, "单.xlsx")
    assert write_receipts(1, TOWNSHIP.code) == 1
    (path,) = (clean_warehouse / "outbox" / "receipts").rglob("单.xlsx.回执.xlsx")
    workbook = load_workbook(path)
    told = [str(cell.value) for row in workbook.worksheets[0].iter_rows() for cell in row if cell.value]
    assert any("有答复没有收" in text for text in told)
    assert any("不符合该列的要求" in text for text in told)
    sheet = workbook["就业帮扶台账"]
    assert sheet[place(sheet, "正确值")].fill.start_color.rgb == RED
