"""What the work team opens, fills in and sends back."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from taizhang.contract import contracts
from taizhang.division import Division, Level, children, county, find_within
from taizhang.extract import read_file
from taizhang.worklist import GUIDE_SHEET, LISTS_SHEET, Item, Said, worklist
from tests.extracts import DAY, MALE

TOWNSHIP = find_within(county().code, "黄桥镇")
VILLAGES = children(TOWNSHIP.code)
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
ITEM = Item(
    break_id="a" * 32,
    ledger="employment",
    period=date(2020, 12, 1),
    kind="differs",
    level="village",
    culprit="village",
    division_code=VILLAGES[0].code,
    name="张三",
    id_no=MALE,
    record_no=None,
    column_name="gender",
    values={"county": "male", "township": "male", "village": "female"},
    handed_in={"county": True, "township": True, "village": True},
    first_seen=date(2020, 12, 21),
    open_since=date(2020, 12, 21),
    said=None,
)


def opened(*items: Item, reader: Division = TOWNSHIP) -> Workbook:
    return load_workbook(io.BytesIO(worklist(reader, items, DAY)))


def sheet_of(*items: Item, reader: Division = TOWNSHIP) -> Worksheet:
    return opened(*items, reader=reader)[contracts()[items[0].ledger].label]


def row_of(sheet: Worksheet, number: int = 3) -> dict[str, object]:
    return {str(head.value): cell.value for head, cell in zip(sheet[2], sheet[number], strict=True)}


def place(sheet: Worksheet, heading: str, number: int = 3) -> str:
    return next(f"{head.column_letter}{number}" for head in sheet[2] if head.value == heading)


def returned(workbook: Workbook, cells: Mapping[str, object], name: str = "就业帮扶台账") -> bytes:
    for heading, value in cells.items():
        workbook[name][place(workbook[name], heading)] = value
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_the_three_values_stand_side_by_side_in_words_and_the_odd_one_out_is_red() -> None:
    sheet = sheet_of(ITEM)
    row = row_of(sheet)
    assert (row["县级"], row["乡镇级"], row["村级"], row["项目"], row["差异"]) == (
        "男",
        "男",
        "女",
        "性别",
        "内容不一致",
    )
    assert sheet[place(sheet, "村级")].fill.start_color.rgb == RED
    assert sheet[place(sheet, "县级")].fill.start_color.rgb != RED
    assert (row["首次发现"], row["天数"]) == ("2020-12-21", 10)


def test_no_identity_number_stands_in_a_worklist_in_full() -> None:
    other = replace(ITEM, ledger="subsidy", column_name="id_no", values=dict.fromkeys(ITEM.values, MALE))
    content = [str(cell.value) for sheet in opened(ITEM, other) for row in sheet.iter_rows() for cell in row]
    assert not [text for text in content if MALE in text]
    assert row_of(sheet_of(ITEM))["身份证号"] == f"{MALE[:6]}{'*' * 8}{MALE[-4:]}"


def test_only_the_right_value_and_the_reason_can_be_written() -> None:
    sheet = sheet_of(ITEM)
    assert sheet.protection.sheet
    unlocked = [str(head.value) for head, cell in zip(sheet[2], sheet[3], strict=True) if not cell.protection.locked]
    assert unlocked == ["正确值", "原因"]
    assert sheet.column_dimensions[place(sheet, "差异编号")[:-1]].hidden


def test_a_month_that_is_typed_stays_what_was_typed() -> None:
    sheet = sheet_of(replace(ITEM, column_name="started_on", values=dict.fromkeys(ITEM.values, "2020-03-05")))
    assert sheet[place(sheet, "正确值")].number_format == "@"


def test_a_total_is_not_answered() -> None:
    total = replace(ITEM, kind="total", name=None, id_no=None, column_name="records")
    sheet = sheet_of(total)
    assert sheet[place(sheet, "正确值")].protection.locked
    assert row_of(sheet)["项目"] == "记录数合计"


def test_a_coded_column_offers_its_list() -> None:
    workbook = opened(ITEM)
    sheet = workbook["就业帮扶台账"]
    offered = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    source = offered[place(sheet, "正确值")]
    assert source.startswith(f"{LISTS_SHEET}!")
    letter = source.split("$")[1]
    levels = ["以县级为准", "以乡镇级为准", "以村级为准"]
    assert [cell.value for cell in workbook[LISTS_SHEET][letter] if cell.value] == ["男", "女", *levels]
    assert workbook[LISTS_SHEET].sheet_state == "hidden"


def test_rows_are_sorted_by_village_and_then_the_oldest_first() -> None:
    items = [
        replace(ITEM, break_id="1", division_code=VILLAGES[1].code, open_since=date(2020, 12, 1)),
        replace(ITEM, break_id="2", open_since=date(2020, 12, 20)),
        replace(ITEM, break_id="3", open_since=date(2020, 12, 10)),
    ]
    sheet = sheet_of(*items)
    assert [row_of(sheet, number)["差异编号"] for number in (3, 4, 5)] == ["3", "2", "1"]


def test_what_came_back_is_as_old_as_it_has_been_open_since() -> None:
    row = row_of(sheet_of(replace(ITEM, open_since=date(2020, 12, 29))))
    assert (row["首次发现"], row["天数"]) == ("2020-12-21", 2)


def test_what_waits_for_the_county_comes_last() -> None:
    said = Said(date(2020, 12, 30), TOWNSHIP.code, "not_repeated", None, "awaiting_acceptance")
    items = [
        replace(ITEM, break_id="1", kind="duplicate", column_name=None, open_since=date(2020, 12, 1), said=said),
        replace(ITEM, break_id="2", said=replace(said, value="male", outcome="unchanged")),
        replace(ITEM, break_id="3", division_code=VILLAGES[1].code),
    ]
    sheet = sheet_of(*items)
    assert [row_of(sheet, number)["差异编号"] for number in (3, 4, 5)] == ["2", "3", "1"]


@pytest.mark.parametrize(("code", "shown"), [(TOWNSHIP.code, "未交齐"), (VILLAGES[0].code, "未交")])
def test_a_total_of_villages_of_which_some_handed_in_does_not_say_that_none_did(code: str, shown: str) -> None:
    handed_in: dict[Level, bool] = {"county": True, "township": True, "village": False}
    total = replace(ITEM, kind="total", column_name="records", division_code=code, handed_in=handed_in)
    assert row_of(sheet_of(total))["村级"] == shown


def test_a_level_that_says_nothing_is_not_shown_as_empty() -> None:
    item = replace(ITEM, column_name="employer", values=dict.fromkeys(ITEM.values))
    row = row_of(sheet_of(replace(item, lacks={"township": "record", "village": "column"})))
    assert (row["县级"], row["乡镇级"], row["村级"]) == ("（空）", "（未登记）", "（无此列）")
    assert row_of(sheet_of(replace(item, lacks={"township": "rejected"})))["乡镇级"] == "（被退回）"
    total = replace(item, kind="total", column_name="months_worked", lacks={"village": "column"})
    assert row_of(sheet_of(total))["村级"] == "（无此列）"


@pytest.mark.parametrize(
    ("kind", "level", "shown"),
    [
        ("absent", "township", ("有", "无", "未交")),
        ("extra", "county", ("多出", "无", "未交")),
        ("identity", None, ("两号不同", "两号不同", "未交")),
    ],
)
def test_what_each_of_two_levels_has_is_told_though_nobody_knows_who_is_wrong(
    kind: str, level: Level | None, shown: tuple[str, str, str]
) -> None:
    handed_in: dict[Level, bool] = {"county": True, "township": True, "village": False}
    item = replace(ITEM, kind=kind, level=level, culprit=None, column_name=None, handed_in=handed_in)
    sheet = sheet_of(item)
    row = row_of(sheet)
    assert (row["县级"], row["乡镇级"], row["村级"]) == shown
    assert not any(sheet[place(sheet, heading)].fill.fgColor.rgb == RED for heading in ("县级", "乡镇级", "村级"))


def test_a_person_under_another_number_is_told_beside_the_level_that_has_it() -> None:
    sheet = sheet_of(replace(ITEM, kind="identity", level="township", culprit="township", column_name=None))
    row = row_of(sheet)
    assert (row["差异"], row["县级"], row["乡镇级"]) == ("身份证号疑似有误", "", "疑似有误")
    assert sheet[place(sheet, "乡镇级")].fill.fgColor.rgb == RED


def test_of_two_names_under_two_numbers_each_level_shows_its_own() -> None:
    other = f"{MALE[:-1]}X"
    listed: dict[Level, tuple[str, str]] = {
        "county": ("唐大", MALE),
        "township": ("唐大", MALE),
        "village": ("唐小", other),
    }
    item = replace(ITEM, kind="identity", column_name=None, name="唐大", candidate_no=other, listed=listed)
    row = row_of(sheet_of(item))
    assert row["县级"] == row["乡镇级"] == f"唐大 {MALE[:6]}{'*' * 8}{MALE[-4:]}"
    assert row["村级"] == f"唐小 {other[:6]}{'*' * 8}{other[-4:]}（疑似有误）"
    same = replace(item, listed={level: ("唐大", number) for level, (_, number) in listed.items()})
    assert [row_of(sheet_of(same))[heading] for heading in ("县级", "乡镇级", "村级")] == ["", "", "疑似有误"]


def test_a_level_that_has_neither_of_two_numbers_is_not_shown_to_have_one() -> None:
    listed: dict[Level, tuple[str, str]] = {"township": ("唐大", MALE), "village": ("唐大", f"{MALE[:-1]}X")}
    item = replace(ITEM, kind="identity", level=None, culprit=None, column_name=None, listed=listed)
    row = row_of(sheet_of(item))
    assert (row["县级"], row["乡镇级"], row["村级"]) == ("（两号都没有）", "两号不同", "两号不同")


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "http://example.com", "{=1}"])
def test_nothing_that_came_from_a_ledger_executes(text: str) -> None:
    sheet = sheet_of(replace(ITEM, column_name="employer", values=dict.fromkeys(ITEM.values, text), name=text))
    for heading in ("姓名", "县级"):
        cell = sheet[place(sheet, heading)]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_row_is_as_high_as_its_longest_text_is_in_its_column() -> None:
    employers = {"county": "广州金盛家政有限公司一分厂", "township": "广州金盛家政有限公司", "village": None}
    sheet = sheet_of(ITEM, replace(ITEM, column_name="employer", values=employers))
    heights = {row_of(sheet, number)["县级"]: sheet.row_dimensions[number].height for number in (3, 4)}
    assert heights == {"男": 16.5, "广州金盛家政有限公司一分厂": 33}


def test_no_line_of_the_guide_is_cut_off() -> None:
    sheet = opened(ITEM)[GUIDE_SHEET]
    long = [cell for (cell,) in sheet.iter_rows() if len(str(cell.value)) > sheet.column_dimensions["A"].width]
    assert long
    assert all(sheet.row_dimensions[cell.row].height >= 47 for cell in long)


def test_the_county_reads_which_township_a_village_is_of_and_the_seal_holds() -> None:
    village = find_within(TOWNSHIP.code, "清风村")
    item = replace(ITEM, division_code=village.code)
    assert row_of(sheet_of(item))["村（社区）"] == "清风村"
    assert row_of(sheet_of(item, reader=county()))["村（社区）"] == "黄桥镇清风村"
    file = read_file(returned(opened(item, reader=county()), {"正确值": "男"}), county(), DAY)
    assert file.filled is not None
    assert file.filled["is_sealed"].to_list() == [True]


@pytest.mark.parametrize(
    ("item", "value", "told"),
    [
        (ITEM, "male", "男"),
        (ITEM, None, None),
        (replace(ITEM, column_name="employer"), "（空）", "（空）"),
        (replace(ITEM, kind="absent", column_name=None), "not_present", "不应有"),
        (replace(ITEM, ledger="subsidy", column_name="payee_id_no", values={**ITEM.values, "county": MALE}), MALE,
         "以县级为准"),
        (replace(ITEM, ledger="subsidy", column_name="payee_id_no"), MALE, "另一号码"),
    ],
)  # fmt: skip
def test_what_was_answered_the_last_time_is_told_with_the_day_and_the_office(
    item: Item, value: str | None, told: str | None
) -> None:
    said = Said(date(2020, 12, 30), TOWNSHIP.code, value, "村级录入有误", "unchanged")
    line = row_of(sheet_of(replace(item, said=said)))["上次答复"]
    assert line == f"2020-12-30黄桥镇：{told + '；' if told else ''}村级录入有误；台账未改"


def test_which_levels_have_not_changed_as_answered_is_told_where_others_have() -> None:
    said = Said(date(2020, 12, 30), TOWNSHIP.code, "male", None, "unchanged", ("county",))
    assert row_of(sheet_of(replace(ITEM, said=said)))["上次答复"] == "2020-12-30黄桥镇：男；县级未改"
    two = replace(said, to_follow=("county", "village"))
    assert row_of(sheet_of(replace(ITEM, said=two)))["上次答复"] == "2020-12-30黄桥镇：男；县级、村级未改"
    every = replace(said, to_follow=("county", "township", "village"))
    assert row_of(sheet_of(replace(ITEM, said=every)))["上次答复"] == "2020-12-30黄桥镇：男；台账未改"


def test_what_another_division_answered_otherwise_is_told_beside_what_counts() -> None:
    said = Said(date(2020, 12, 30), TOWNSHIP.code, "male", None, "unchanged", otherwise=(VILLAGES[0].code, "female"))
    line = row_of(sheet_of(replace(ITEM, said=said)))["上次答复"]
    assert line == f"2020-12-30黄桥镇：男；但{VILLAGES[0].name}答复“女”；台账未改"


def test_a_long_reason_is_told_in_short() -> None:
    said = Said(date(2020, 12, 30), VILLAGES[0].code, None, "很长的原因" * 20, "changed_otherwise")
    line = row_of(sheet_of(replace(ITEM, said=said)))["上次答复"]
    assert line == f"2020-12-30{VILLAGES[0].name}：{'很长的原因' * 4}…；台账改成别的"


def test_who_answers_that_nothing_is_wrong_reads_that_the_county_has_to_accept_it() -> None:
    said = Said(date(2020, 12, 30), TOWNSHIP.code, "not_repeated", None, "awaiting_acceptance")
    item = replace(ITEM, kind="duplicate", column_name=None, said=said)
    assert row_of(sheet_of(item))["上次答复"] == "2020-12-30黄桥镇：不是重复；待县级认可"
    assert any("待县级认可" in str(cell.value) for (cell,) in opened(item)[GUIDE_SHEET].iter_rows())


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (f"{MALE[:15]}1{MALE[16:17]}X", "两号第16位不同"),
        (f"{MALE[:7]}{MALE[8]}{MALE[7]}{MALE[9:]}", "两号第8、9位不同"),
        (f"{MALE[:17]}0", "两号第18位不同"),
    ],
)
def test_two_numbers_of_one_person_are_told_apart_by_place_without_a_digit(other: str, told: str) -> None:
    item = replace(ITEM, kind="identity", column_name=None, candidate_no=other)
    row = row_of(sheet_of(item))
    assert row["项目"] == told
    assert not any(other in str(value) for value in row.values())


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(TOWNSHIP.code, "表1", 5), (TOWNSHIP.code, "表1", 9)], "重复（第5、9行）"),
        ([(TOWNSHIP.code, "表1", 5), (TOWNSHIP.code, "表2", 9)], "重复（“表1”第5行，“表2”第9行）"),
        ([(VILLAGES[0].code, "表1", 5), (VILLAGES[1].code, "表1", 9)],
         f"重复（{VILLAGES[0].name}第5行，{VILLAGES[1].name}第9行）"),
        ([(TOWNSHIP.code, "表1", number) for number in range(1, 9)], "重复（第1、2、3、4、5、6行等）"),
        ([], "重复"),
    ],
)  # fmt: skip
def test_a_duplicate_is_told_with_the_rows_in_which_it_stands(rows: list[tuple[str, str, int]], told: str) -> None:
    item = replace(ITEM, kind="duplicate", level="township", column_name=None, rows=tuple(rows))
    row = row_of(sheet_of(item))
    assert (row["县级"], row["乡镇级"], row["村级"]) == ("", told, "")


@pytest.mark.parametrize(("column", "is_offered"), [("gender", False), ("skill", True)])
def test_an_empty_cell_is_offered_where_a_list_is_and_the_contract_lets_it_be_empty(
    column: str, is_offered: bool
) -> None:
    assert ("（空）" in replace(ITEM, column_name=column).choices) == is_offered


def test_a_list_offers_each_level_that_says_something() -> None:
    heard = replace(
        ITEM, column_name="village_code", lacks={"county": "record"}, handed_in=ITEM.handed_in | {"village": False}
    )
    assert heard.choices == (*(village.name for village in VILLAGES), "以乡镇级为准")


def test_the_first_sheet_says_how_to_fill_it_in() -> None:
    workbook = opened(ITEM)
    assert workbook.sheetnames[0] == GUIDE_SHEET
    texts = [str(row[0].value) for row in workbook[GUIDE_SHEET].iter_rows()]
    assert texts[0] == "黄桥镇台账差异工作单"
    assert any("正确值" in text for text in texts)


def test_a_filled_worklist_is_known_by_its_header_and_is_no_extract() -> None:
    file = read_file(returned(opened(ITEM), {"正确值": "男", "原因": "村级录入有误"}), TOWNSHIP, DAY)
    assert file.extracts == ()
    assert not file.problems.height
    assert file.filled is not None
    (row,) = file.filled.rows(named=True)
    assert (row["break_id"], row["value"], row["reason"]) == ("a" * 32, "男", "村级录入有误")
    assert row["is_sealed"]
    assert (row["row_number"], row["value_cell"]) == (3, place(sheet_of(ITEM), "正确值"))


def test_a_row_whose_locked_cells_were_changed_is_told() -> None:
    file = read_file(returned(opened(ITEM), {"正确值": "男", "姓名": "李四"}), TOWNSHIP, DAY)
    assert file.filled is not None
    assert file.filled["is_sealed"].to_list() == [False]


def test_a_worklist_that_comes_back_as_it_was_sent_has_no_answer() -> None:
    file = read_file(worklist(TOWNSHIP, [ITEM], DAY), TOWNSHIP, DAY)
    assert file.filled is not None
    assert not file.filled.height
