"""An extract beside what was handed in before, in a real warehouse."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from taizhang.division import children, county, find_within
from taizhang.load import load_folder
from taizhang.warehouse import connect
from tests.extracts import DAY, MALE, ROWS, text_table

TOWNSHIP = find_within(county().code, "黄桥镇")
VILLAGES = [village.name for village in children(TOWNSHIP.code)[:2]]
ROW = {header: text for header, text in ROWS["employment"].items() if header not in ("乡镇", "行政村")}

TRAINED = {header: text for header, text in ROWS["training"].items() if header not in ("乡镇", "行政村")}


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    return tmp_path


def hand_in(inbox: Path, village: str, content: bytes, day: date = DAY) -> None:
    folder = inbox / day.isoformat() / "village" / TOWNSHIP.name / village
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "务工台账").write_bytes(content)


def people(count: int) -> list[Mapping[str, str]]:
    return [ROW | {"岗位工种": f"第{number}号"} for number in range(count)]


def told(inbox: Path, day: date = DAY) -> list[tuple[str, str]]:
    """Rule and message of what the history of the newest extract tells."""
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=day)
    with connect() as connection:
        return connection.execute(
            "select rule, message from raw.problem where extract_id = (select max(extract_id) from raw.extract)"
            " and rule in ('file_elsewhere', 'file_again', 'file_of_other_period', 'file_outdated', 'rows_jump',"
            " 'id_damaged') order by rule"
        ).fetchall()


def test_one_file_of_two_villages_is_told_to_the_second(inbox: Path) -> None:
    for village in VILLAGES:
        hand_in(inbox, village, text_table(people(3)))
    assert told(inbox) == [("file_elsewhere", f"与{VILLAGES[0]}交来的文件完全相同，请核对是否交错")]


def test_an_old_file_that_comes_back_is_told(inbox: Path) -> None:
    for day, count in ((date(2020, 12, 1), 3), (date(2020, 12, 2), 4), (date(2020, 12, 3), 3)):
        hand_in(inbox, VILLAGES[0], text_table(people(count)), day)
        found = told(inbox, day)
    assert found == [("file_again", "与2020-12-01交过、后来已更新的文件完全相同，请核对是否交了旧表")]


@pytest.mark.parametrize(
    ("before", "after", "jumps"), [(40, 53, True), (40, 27, True), (40, 52, False), (3, 13, False)]
)
def test_a_number_of_rows_that_jumps_is_told(inbox: Path, before: int, after: int, jumps: bool) -> None:
    hand_in(inbox, VILLAGES[0], text_table(people(before)), date(2020, 12, 1))
    assert told(inbox, date(2020, 12, 1)) == []
    hand_in(inbox, VILLAGES[0], text_table(people(after)), date(2020, 12, 2))
    message = f"上次{before}行，这次{after}行，相差较大，请核对是否漏行或多行"
    assert told(inbox, date(2020, 12, 2)) == ([("rows_jump", message)] if jumps else [])


def test_what_a_year_adds_up_begins_anew_with_the_year(inbox: Path) -> None:
    for day, count in ((date(2020, 12, 1), 60), (date(2021, 1, 5), 3)):
        rows = [TRAINED | {"培训班编号": f"B{number}"} for number in range(count)]
        hand_in(inbox, VILLAGES[0], text_table(rows, title=f"{day.year}年培训台账"), day)
        assert told(inbox, day) == []


def test_last_months_file_under_this_months_name_is_read_and_told(inbox: Path) -> None:
    folder = inbox / DAY.isoformat() / "village" / TOWNSHIP.name / VILLAGES[0]
    folder.mkdir(parents=True)
    for name in ("就业台账2020年11月.csv", "就业台账2020年12月.csv"):
        (folder / name).write_bytes(text_table(people(3), title="就业帮扶台账"))
    message = "与2020年11月的台账完全相同，请核对是否交错了月份或忘了更新"
    assert told(inbox) == [("file_of_other_period", message)]
    (folder / name).rename(folder / "就业台账2020年12月（定稿）.csv")
    assert load_folder(2, TOWNSHIP.code, inbox=inbox, night_date=DAY).loaded == 0
    with connect() as connection:
        periods = connection.execute("select period from raw.extract order by period").fetchall()
    assert periods == [(date(2020, 11, 1),), (date(2020, 12, 1),)]


def test_a_correction_that_was_saved_in_an_old_folder_is_told_not_to_count(inbox: Path) -> None:
    for day, count in ((date(2020, 12, 3), 3), (date(2020, 12, 1), 4)):
        hand_in(inbox, VILLAGES[0], text_table(people(count)), day)
        found = told(inbox, date(2020, 12, 3))
    message = "放在2020-12-01的文件夹里，早于已经交来的2020-12-03，没有采用；如果是改正的，请放进今天日期的文件夹再交"
    assert found == [("file_outdated", message)]


@pytest.mark.parametrize("is_saved_as_text", [False, True])
def test_a_damaged_number_gets_the_one_registered_person_that_it_can_be(
    inbox: Path, tmp_path: Path, *, is_saved_as_text: bool
) -> None:
    register = inbox / DAY.isoformat() / "county"
    register.mkdir(parents=True)
    (register / "名册.csv").write_bytes(text_table([ROWS["employment"] | {"行政村": VILLAGES[0]}]))
    load_folder(1, county().code, inbox=inbox, night_date=DAY)
    content = text_table([ROW | {"身份证号": f"{MALE[:15]}000"}])
    if not is_saved_as_text:
        content = damaged(tmp_path / "damaged.xlsx", "张三")
    hand_in(inbox, VILLAGES[0], content)
    hand_in(inbox, VILLAGES[1], content)
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    with connect() as connection:
        messages = connection.execute("select message from raw.problem where rule = 'id_damaged' order by extract_id")
        own, elsewhere = (message for (message,) in messages)
    assert own.endswith(f"；登记在册的可能是{MALE}")
    assert MALE not in elsewhere


def damaged(path: Path, name: str) -> bytes:
    """A workbook in which the identity number was typed as a number."""
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("务工")
        row = ROW | {"姓名": name}
        sheet.write_row(0, 0, list(row))
        for place, (header, text) in enumerate(row.items()):
            sheet.write(1, place, float(text) if header == "身份证号" else text)
    return path.read_bytes()
