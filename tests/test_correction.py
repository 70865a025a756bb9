"""A filled worklist in the inbox: what is kept of it, what its receipt says, and that no ledger changes."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from taizhang.answer import write_receipts
from taizhang.build import run_dbt
from taizhang.contract import contracts
from taizhang.division import Division, county, divisions, find_within, office_of
from taizhang.extract import PROBLEM_SCHEMA, read_file
from taizhang.load import load_folder
from taizhang.receipt import Handled, handle
from taizhang.survey import UNCOMPUTED
from taizhang.warehouse import connect
from taizhang.worklist import Item, worklist
from tests.extracts import DAY, record_extract
from tests.test_dirt import odf_of, xls_of
from tests.test_worklist import ITEM, RED, YELLOW, place, returned, row_of

TOWNSHIP = find_within(county().code, "黄桥镇")
COLUMNS = (
    "break_id, ledger, kind, column_name, township_code, division_code, county_value, township_value, village_value,"
    " status"
)


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    """An inbox, and a warehouse whose only break is `ITEM`."""
    with connect("transformer") as connection:
        columns = f"{COLUMNS.replace(',', ' text,')} text, open_since date"
        connection.execute(f"create table reconciliation.ledger_break ({columns})")
    publish(ITEM)
    return tmp_path


def publish(item: Item, status: str = "open", open_since: date = ITEM.first_seen) -> None:
    """Let a break be the only one."""
    place = (TOWNSHIP.code, item.division_code)
    about = (item.break_id, item.ledger, item.kind, item.column_name, *place, *item.values.values())
    with connect("transformer") as connection:
        connection.execute("delete from reconciliation.ledger_break")
        connection.execute(
            f"insert into reconciliation.ledger_break ({COLUMNS}, open_since)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*about, status, open_since],
        )


def hand_in(
    inbox: Path,
    cells: Mapping[str, object],
    name: str = "随便什么名字.xlsx",
    *,
    item: Item = ITEM,
    division: Division = TOWNSHIP,
    beside: Mapping[str, str] | None = None,
    label: str = "就业帮扶台账",
) -> None:
    """Hand in the worklist of a break, filled in and with other sheets beside it (a cell by the sheet's name)."""
    folder = inbox / f"{DAY}" / division.level / _folder_of(division)
    folder.mkdir(parents=True, exist_ok=True)
    workbook = load_workbook(io.BytesIO(worklist(TOWNSHIP, [item], DAY)))
    for title, text in (beside or {}).items():
        sheet = workbook.create_sheet(title)
        sheet["A1"], sheet.sheet_state = text, "hidden" if title == "隐藏" else "visible"
    (folder / name).write_bytes(returned(workbook, cells, label))
    counts = load_folder(1, office_of(division).code, inbox=inbox, night_date=DAY)
    assert (counts.received - counts.unchanged, counts.loaded, counts.rows_read) == (1, 1, 0)


def _folder_of(division: Division) -> str:
    return {"county": "", "township": division.name}.get(division.level, f"{TOWNSHIP.name}/{division.name}")


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
        ({"正确值": "（空）"}, "answer_value_invalid"),
        ({"正确值": "男", "原因": "=A1"}, "value_error"),
        ({"正确值": "=A1", "原因": "情况已变化"}, "value_error"),
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


def test_a_formula_without_a_result_is_told_at_its_cell(inbox: Path) -> None:
    hand_in(inbox, {"正确值": "男", "原因": "=A1"})
    cell = place(load_workbook(io.BytesIO(worklist(TOWNSHIP, [ITEM], DAY)))["就业帮扶台账"], "原因")
    assert ask("select cell, value, message from raw.problem") == [
        (cell, UNCOMPUTED, f"“原因”是公式错误“{UNCOMPUTED}”，请改成具体内容")
    ]


@pytest.mark.parametrize("name", ["高沙镇", "洞口县"])
def test_a_township_answers_its_own_breaks_only_and_the_county_all(inbox: Path, name: str) -> None:
    division = county() if name == county().name else find_within(county().code, name)
    hand_in(inbox, {"正确值": "男"}, division=division)
    taken = division.level == "county"
    assert ask("select count(*) from reconciliation.worklist_answer") == [(int(taken),)]
    told = [] if taken else [("answer_break_elsewhere",)]
    assert ask("select rule from raw.problem") == told
    if told:
        ((message,),) = ask("select message from raw.problem")
        assert "黄桥镇" in message
        assert "不由本单位答复" in message


MONTHS = replace(ITEM, column_name="months_worked", values={"county": "9", "township": "10", "village": "9"})
PROVINCE = replace(ITEM, column_name="work_province", values={"county": "广东省", "township": None, "village": "广西"})
STARTED = replace(ITEM, column_name="started_on", values=dict.fromkeys(ITEM.values, "2020-03-05"))


@pytest.mark.parametrize(
    ("item", "text", "kept"),
    [
        (PROVINCE, "同县", "广东省"),
        (PROVINCE, "以村级为准", "广西"),
        (PROVINCE, "同镇", "（空）"),
        (MONTHS, "同 乡", "10"),
        (ITEM, "以县级为准", "male"),
        (STARTED, "与村一致", "2020-03-05"),
        (replace(ITEM, ledger="subsidy", column_name="payee_id_no"), "同村", "female"),
    ],
)
def test_a_level_that_is_said_to_be_right_stands_for_its_value(inbox: Path, item: Item, text: str, kept: str) -> None:
    publish(item)
    hand_in(inbox, {"正确值": text}, item=item, label=contracts()[item.ledger].label)
    assert ask("select correct_value from reconciliation.worklist_answer") == [(kept,)]


def test_a_level_that_says_nothing_cannot_be_right(inbox: Path) -> None:
    item = replace(PROVINCE, lacks={"township": "record"})
    publish(item)
    hand_in(inbox, {"正确值": "同镇"}, item=item)
    assert ask("select rule from raw.problem") == [("answer_value_invalid",)]


@pytest.mark.parametrize(("text", "kept"), [("2020.3", "2020-03"), ("2020年", "2020"), ("2020年3月5日", "2020-03-05")])
def test_of_a_date_only_what_is_written_is_kept(inbox: Path, text: str, kept: str) -> None:
    publish(STARTED)
    hand_in(inbox, {"正确值": text}, item=STARTED)
    assert ask("select correct_value from reconciliation.worklist_answer") == [(kept,)]


VILLAGE = divisions()[ITEM.division_code]


@pytest.mark.parametrize(
    ("item", "first", "then", "contradicted"),
    [
        (MONTHS, "9", "10", True),
        (MONTHS, "10", "以乡镇级为准", False),
        (STARTED, "2020年3月", "2020-03-05", False),
        (STARTED, "2020年3月", "2020-04-05", True),
        (PROVINCE, "广东", "广东省", False),
        (PROVINCE, "（空）", "广东省", True),
        (replace(ITEM, kind="duplicate", column_name=None), "是重复", "不是重复", True),
    ],
)
def test_who_answers_otherwise_than_another_division_is_told_that_it_did(
    inbox: Path, item: Item, first: str, then: str, contradicted: bool
) -> None:
    publish(item)
    hand_in(inbox, {"正确值": first}, item=item, division=VILLAGE)
    hand_in(inbox, {"原因": "情况已变化"}, item=item, division=VILLAGE, name="二.xlsx")
    hand_in(inbox, {"正确值": then}, item=item)
    told = ask("select rule, severity, message from raw.problem")
    assert [problem[:2] for problem in told] == [("answer_contradicts", "warning")] * contradicted
    assert all(VILLAGE.full_name in message for *_, message in told)
    assert ask("select count(*) from reconciliation.worklist_answer") == [(3,)]


def test_a_division_may_change_its_mind_and_what_was_answered_before_the_break_came_back_counts_no_more(
    inbox: Path,
) -> None:
    publish(MONTHS)
    hand_in(inbox, {"正确值": "9"}, item=MONTHS)
    hand_in(inbox, {"正确值": "10"}, "二.xlsx", item=MONTHS)
    publish(MONTHS, open_since=date(2021, 1, 5))
    hand_in(inbox, {"正确值": "9"}, item=MONTHS, division=VILLAGE)
    assert ask("select rule from raw.problem") == []


def test_what_a_night_read_from_an_earlier_days_folder_answers_the_break_that_it_found(inbox: Path) -> None:
    found_on = date(2021, 1, 5)
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.night (night_id, night_date) overriding system value values (1, %s)", [found_on]
        )
    publish(MONTHS, open_since=found_on)
    hand_in(inbox, {"正确值": "9"}, item=MONTHS)
    hand_in(inbox, {"正确值": "10"}, item=MONTHS, division=VILLAGE)
    assert ask("select rule from raw.problem") == [("answer_contradicts",)]


def test_a_total_is_told_that_it_follows_from_its_records(inbox: Path) -> None:
    total = replace(ITEM, kind="total", column_name="records")
    publish(total)
    hand_in(inbox, {"正确值": "3"}, item=total)
    ((rule, message),) = ask("select rule, message from raw.problem")
    assert (rule, message.split("，")[0]) == ("answer_of_total", "合计由明细得出")


@pytest.mark.parametrize(
    ("item", "offered"),
    [
        (replace(ITEM, kind="absent", column_name=None), "应有、不应有"),
        (replace(ITEM, ledger="subsidy", column_name="payee_id_no", values={**ITEM.values, "village": None}),
         "以县级为准、以乡镇级为准"),
    ],
)  # fmt: skip
def test_what_is_no_choice_is_told_with_the_choices(inbox: Path, item: Item, offered: str) -> None:
    publish(item)
    hand_in(inbox, {"正确值": "乱填"}, item=item, label=contracts()[item.ledger].label)
    assert ask("select rule, message from raw.problem") == [
        ("answer_choice_unknown", f"“乱填”不是可选的答复，没有收；请从“{offered}”中选一项")
    ]


@pytest.mark.parametrize("text", ["（空）", "(空)", "空"])
def test_a_cell_that_should_be_empty_can_be_answered(inbox: Path, text: str) -> None:
    employer = replace(ITEM, column_name="employer")
    publish(employer)
    hand_in(inbox, {"正确值": text}, item=employer)
    assert ask("select correct_value from reconciliation.worklist_answer") == [("（空）",)]


def test_a_worklist_that_an_earlier_version_wrote_is_understood(inbox: Path) -> None:
    with connect() as connection:
        connection.execute("insert into reconciliation.former_break values (%s, 'today''s')", [ITEM.break_id])
        connection.execute("update reconciliation.ledger_break set break_id = 'today''s'")
    hand_in(inbox, {"原因": "村里没登记"})
    assert ask("select break_id, reason from reconciliation.worklist_answer") == [("today's", "村里没登记")]


def test_an_answer_to_a_break_that_is_closed_is_kept_with_a_warning(inbox: Path, clean_warehouse: Path) -> None:
    publish(ITEM, "closed")
    hand_in(inbox, {"正确值": "男"}, "单.xlsx")
    assert ask("select count(*) from reconciliation.worklist_answer") == [(1,)]
    assert ask("select rule, severity from raw.problem") == [("answer_break_closed", "warning")]
    workbook = receipt_of("单.xlsx", clean_warehouse)
    assert "填写1行，已收1行，未收0行" in texts(workbook)
    assert workbook["就业帮扶台账"][place(workbook["就业帮扶台账"], "正确值")].fill.start_color.rgb == YELLOW


def test_a_ledger_beside_a_worklist_is_told_that_it_was_not_read(inbox: Path) -> None:
    beside = {"培训": "2020年培训台账", "空表": "", "回执": "台账回执", "隐藏": "2020年培训台账"}
    hand_in(inbox, {"正确值": "男"}, beside=beside)
    assert ask("select rule, value, severity from raw.problem") == [
        ("sheet_beside_worklist", "培训", "warning"),
        ("sheet_hidden", "隐藏", "warning"),
    ]
    assert ask("select count(*) from reconciliation.worklist_answer") == [(1,)]


def receipt_of(name: str, home: Path) -> Workbook:
    assert write_receipts(1, TOWNSHIP.code) == 1
    (path,) = (home / "outbox" / "receipts").rglob(f"{name}.回执.xlsx")
    return load_workbook(path)


def texts(workbook: Workbook) -> list[str]:
    return [str(cell.value) for row in workbook.worksheets[0].iter_rows() for cell in row if cell.value]


def test_the_receipt_tells_the_cell_that_was_not_taken(inbox: Path, clean_warehouse: Path) -> None:
    hand_in(inbox, {"正确值": "不男不女"}, "单.xlsx")
    workbook = receipt_of("单.xlsx", clean_warehouse)
    assert "填写的答复都没有收，见下面的说明。" in texts(workbook)
    assert any("不符合该列的要求" in text for text in texts(workbook))
    sheet = workbook["就业帮扶台账"]
    assert sheet[place(sheet, "正确值")].fill.start_color.rgb == RED


def test_the_receipt_can_be_corrected_as_the_worklist_could(inbox: Path, clean_warehouse: Path) -> None:
    hand_in(inbox, {"正确值": "不男不女"}, "单.xlsx")
    workbook = receipt_of("单.xlsx", clean_warehouse)
    sheet = workbook["就业帮扶台账"]
    assert sheet.protection.sheet
    assert sheet.column_dimensions[place(sheet, "差异编号")[:-1]].hidden
    assert len(sheet.data_validations.dataValidation) == 2
    (inbox / f"{DAY}/township/黄桥镇/单.xlsx").write_bytes(returned(workbook, {"正确值": "男"}))
    load_folder(2, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    assert ask("select correct_value from reconciliation.worklist_answer") == [("male",)]


@pytest.mark.parametrize(("suffix", "saved"), [("xls", xls_of), ("ods", odf_of)])
def test_a_worklist_saved_in_another_format_is_answered_like_any_other(
    inbox: Path, clean_warehouse: Path, suffix: str, saved: Callable[[Sequence[Sequence[str]]], bytes]
) -> None:
    sheet = load_workbook(io.BytesIO(worklist(TOWNSHIP, [ITEM], DAY)))["就业帮扶台账"]
    sheet[place(sheet, "正确值")] = "不男不女"
    folder = inbox / f"{DAY}/township/黄桥镇"
    folder.mkdir(parents=True)
    (folder / f"单.{suffix}").write_bytes(saved([[str(value or "") for value in row] for row in sheet.values]))
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    workbook = receipt_of(f"单.{suffix}", clean_warehouse)
    assert "填写的答复都没有收，见下面的说明。" in texts(workbook)
    assert any("不符合该列的要求" in text for text in texts(workbook))
    copied = workbook.worksheets[1]
    assert copied[place(copied, "正确值")].fill.start_color.rgb == RED
    unlocked = [heading for heading in row_of(copied) if not copied[place(copied, heading)].protection.locked]
    assert (copied.protection.sheet, unlocked) == (True, ["正确值"])
    assert copied.column_dimensions[place(copied, "差异编号")[:-1]].hidden
    (folder / f"单.{suffix}").unlink()
    (folder / "单.xlsx").write_bytes(returned(workbook, {"正确值": "男"}, copied.title))
    load_folder(2, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    assert ask("select correct_value from reconciliation.worklist_answer") == [("male",)]


@pytest.mark.parametrize(
    ("accepted", "rejected", "verdict"),
    [
        (0, 0, "没有填写任何答复。"),
        (0, 2, "填写的答复都没有收，见下面的说明。"),
        (1, 1, "有答复没有收，见下面的说明；其余已收。答复不会改动台账：请同时改正原表并重新交表。"),
        (2, 0, "填写的答复已收。答复不会改动台账：请同时改正原表并重新交表。"),
    ],
)
def test_the_verdict_says_what_became_of_the_answers(accepted: int, rejected: int, verdict: str) -> None:
    none = pl.DataFrame(schema=PROBLEM_SCHEMA)
    assert Handled("单.xlsx", TOWNSHIP, (), accepted, rejected, none, is_worklist=True).verdict == verdict


def test_where_there_is_no_warehouse_nobody_says_that_an_answer_is_taken() -> None:
    workbook = load_workbook(io.BytesIO(worklist(TOWNSHIP, [ITEM], DAY)))
    handled = handle("单.xlsx", TOWNSHIP, read_file(returned(workbook, {"正确值": "男"}), TOWNSHIP, DAY))
    assert handled.counts == "填写1行"
    assert handled.verdict == "答复是否被接收，要等交表后与差异清单核对，结果见回执。"


Handed = tuple[str, int, str | None, str | None]
"""A division and a day, and the right value and the reason that it answered."""


def test_the_last_value_counts_and_of_one_day_the_highest_levels(clean_warehouse: Path) -> None:
    """A reason alone takes no value back, and what another division says last stands beside what counts."""
    town, village, top = TOWNSHIP.code, VILLAGE.code, county().code
    handed_in: dict[str, list[Handed]] = {
        "a reason later": [(town, 29, "not_repeated", None), (town, 30, None, "见派出所证明")],
        "only a reason": [(town, 29, None, "不清楚")],
        "three on a day": [(town, 29, "9", None), (top, 29, "10", "县"), (village, 29, "9", "村")],
        "its own mind": [(town, 29, "9", "先"), (town, 30, "10", None)],
        "the village came round": [(village, 29, "9", None), (town, 29, "10", None), (village, 30, "10", None)],
        "a later word": [(top, 29, "9", None), (town, 30, "10", None)],
    }
    record_answers(handed_in)
    with connect("transformer") as connection:
        connection.execute(
            "create table intermediate.int_reconciliation__break_life as"
            " select distinct break_id, date '2020-12-01' as open_since from reconciliation.worklist_answer"
        )
    run_dbt(DAY, "run", "--select", "stg_worklist_answer", "int_reconciliation__last_answer")
    found = ask(
        "select break_id, correct_value, reason, extract(day from answered_on)::int, answered_by, other_value, other_by"
        " from intermediate.int_reconciliation__last_answer"
    )
    assert {break_id: row for break_id, *row in found} == {
        "a reason later": ["not_repeated", "见派出所证明", 29, town, None, None],
        "only a reason": [None, "不清楚", 29, town, None, None],
        "three on a day": ["10", "县", 29, top, "9", town],
        "its own mind": ["10", "先", 30, town, None, None],
        "the village came round": ["10", None, 30, village, None, None],
        "a later word": ["10", None, 30, town, "9", top],
    }


def record_answers(handed_in: Mapping[str, Sequence[Handed]]) -> None:
    """Keep answers by their breaks, each in a file of its own."""
    for break_id, answers in handed_in.items():
        for number, (code, day, value, reason) in enumerate(answers):
            record_extract(1, f"{break_id}{number}", division_code=code, extract_date=date(2020, 12, day))
            with connect() as connection:
                connection.execute(
                    "insert into reconciliation.worklist_answer"
                    " (extract_id, sheet, row_number, break_id, correct_value, reason)"
                    " select max(extract_id), '表', 3, %s, %s, %s from raw.extract",
                    [break_id, value, reason],
                )
