"""Receipts in the outbox."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from taizhang import night, steps
from taizhang.answer import UnansweredError, folder_of, offices_owed, write_receipts
from taizhang.division import children, county, find_within
from taizhang.load import load_folder
from taizhang.settings import settings
from taizhang.warehouse import connect, migrate
from tests.extracts import DAY, MALE, ROWS, text_table

TOWNSHIP = find_within(county().code, "黄桥镇")
VILLAGE = find_within(TOWNSHIP.code, "清风村")


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    shutil.rmtree(clean_warehouse / "outbox" / "receipts", ignore_errors=True)
    return tmp_path


def hand_in(inbox: Path, place: str, name: str, content: bytes) -> None:
    folder = inbox / DAY.isoformat() / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def answer(inbox: Path, night_id: int = 1) -> int:
    load_folder(night_id, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    return write_receipts(night_id, TOWNSHIP.code)


def test_each_file_is_answered_where_its_division_looks(inbox: Path) -> None:
    wrong = ROWS["employment"] | {"身份证号": MALE[:-1] + "8"}
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    hand_in(inbox, f"village/黄桥镇/{VILLAGE.code}", "务工.csv", text_table([wrong]))
    hand_in(inbox, f"village/黄桥镇/{VILLAGE.code}", "坏.xlsx", b"PK\x03\x04")
    assert answer(inbox) == 3
    assert [path.name for path in folder_of(TOWNSHIP, DAY).iterdir()] == ["务工.csv.回执.xlsx"]
    written = sorted(path.name for path in folder_of(VILLAGE, DAY).iterdir())
    assert written == ["务工.csv.回执.xlsx", "坏.xlsx.回执.xlsx"]
    assert folder_of(VILLAGE, DAY).parts[-5:] == ("receipts", "2020-12-31", "village", "黄桥镇", "清风村")
    marked = load_workbook(folder_of(VILLAGE, DAY) / "务工.csv.回执.xlsx").worksheets[1]
    assert "校验码不对" in marked["B3"].comment.text


def test_problems_are_told_in_the_order_of_rows_and_columns_wherever_postgres_has_put_them(inbox: Path) -> None:
    wrong = ROWS["employment"] | {"身份证号": MALE[:-1] + "8", "开始时间": "2020年13月45日"}
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"], *[wrong] * 30]))
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    with connect() as connection:  # as it is after years of loading and pruning
        connection.execute("create temporary table shuffled as select * from raw.problem order by message, cell desc")
        connection.execute("truncate raw.problem")
        connection.execute("insert into raw.problem select * from shuffled")
    write_receipts(1, TOWNSHIP.code)
    listed = load_workbook(folder_of(TOWNSHIP, DAY) / "务工.csv.回执.xlsx").worksheets[0]
    errors = [row[3] for row in listed.iter_rows(values_only=True) if row[1] == "退回"]
    assert errors == [f"{column}{row}" for row in range(4, 34) for column in "BJ"]


def test_files_of_one_name_are_answered_apart_however_their_folders_name_the_division(inbox: Path) -> None:
    wrong = ROWS["employment"] | {"身份证号": MALE[:-1] + "8"}
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([wrong]))
    assert answer(inbox) == 1
    hand_in(inbox, "township/黄桥镇", "务工.csv", text_table([ROWS["employment"]]))
    hand_in(inbox, "other/黄桥镇", "务工.csv", text_table([ROWS["employment"]]))
    assert answer(inbox, night_id=2) == 2
    names = {"务工.csv.回执.xlsx", "务工.csv（township／黄桥镇）.回执.xlsx", "务工.csv（other／黄桥镇）.回执.xlsx"}
    assert {path.name for path in folder_of(TOWNSHIP, DAY).iterdir()} == names
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([wrong, wrong]))
    assert answer(inbox, night_id=3) == 1
    assert {path.name for path in folder_of(TOWNSHIP, DAY).iterdir()} == names
    first = load_workbook(folder_of(TOWNSHIP, DAY) / "务工.csv.回执.xlsx").worksheets[0]
    assert "读取2行，接受0行，退回2行" in {cell.value for (cell,) in first.iter_rows(min_col=3, max_col=3)}


def test_a_receipt_names_the_month_that_a_correction_was_taken_for(inbox: Path) -> None:
    folder = inbox / "2021-01-02" / "township" / "黄桥"
    folder.mkdir(parents=True)
    content = text_table([ROWS["employment"]], title="就业帮扶台账")
    (folder / "黄桥镇就业帮扶台账2020年12月.csv").write_bytes(content)
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=date(2021, 1, 2))
    write_receipts(1, TOWNSHIP.code)
    (path,) = folder_of(TOWNSHIP, date(2021, 1, 2)).iterdir()
    rows = [[cell.value for cell in row] for row in load_workbook(path).worksheets[0].iter_rows()]
    assert ["报告期", None, "2020年12月"] in [row[:3] for row in rows]


def test_a_receipt_is_read_by_its_owner_only(inbox: Path) -> None:
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    answer(inbox)
    (path,) = folder_of(TOWNSHIP, DAY).iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_receipt_is_written_once(inbox: Path) -> None:
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    assert [answer(inbox), answer(inbox), answer(inbox, night_id=2)] == [1, 0, 0]


def test_a_receipt_that_cannot_be_written_keeps_no_other_back_and_is_owed_still(inbox: Path) -> None:
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    hand_in(inbox, "township/黄桥", "培训.csv", text_table([ROWS["training"]]))
    in_the_way = folder_of(TOWNSHIP, DAY) / "务工.csv.回执.xlsx"
    shutil.rmtree(in_the_way.parent, ignore_errors=True)
    in_the_way.mkdir(parents=True)
    with pytest.raises(UnansweredError, match="1 of 2 receipts"):
        answer(inbox)
    assert (in_the_way.parent / "培训.csv.回执.xlsx").is_file()
    in_the_way.rmdir()
    assert answer(inbox, night_id=2) == 1
    assert in_the_way.is_file()


def test_whom_a_receipt_is_owed_is_known_until_it_is_written(inbox: Path) -> None:
    assert offices_owed() == []
    hand_in(inbox, f"village/黄桥镇/{VILLAGE.code}", "务工.csv", text_table([ROWS["employment"]]))
    hand_in(inbox, "county", "坏.xlsx", b"PK\x03\x04")
    load_folder(1, county().code, inbox=inbox, night_date=DAY)
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    assert offices_owed() == [county(), TOWNSHIP]
    write_receipts(1, county().code)
    assert offices_owed() == [TOWNSHIP]


def test_no_one_elses_file_is_answered(inbox: Path) -> None:
    other = next(township for township in children(county().code) if township != TOWNSHIP)
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    assert write_receipts(1, other.code) == write_receipts(1, county().code) == 0


def test_what_was_read_before_receipts_were_kept_track_of_is_not_owed_one(inbox: Path) -> None:
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    load_folder(1, TOWNSHIP.code, inbox=inbox, night_date=DAY)
    with connect() as connection:
        connection.execute("drop table raw.receipt")
    migrate()
    assert write_receipts(2, TOWNSHIP.code) == 0
    hand_in(inbox, "township/黄桥", "培训.csv", text_table([ROWS["training"]]))
    assert answer(inbox, night_id=2) == 1


def test_the_task_links_to_the_receipts_of_the_day_before_which_a_night_reads(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIZHANG_DOCUMENTS_URL", "https://documents.example")
    settings.cache_clear()
    night_date = DAY + timedelta(days=1)
    opened = steps.OpenNight(
        night_id=night.open_night(night_date), night_date=night_date.isoformat(), is_reproduction=False, inbox=None
    )
    assert steps.documents_of("answer", opened) == ""
    hand_in(inbox, "township/黄桥", "务工.csv", text_table([ROWS["employment"]]))
    assert answer(inbox, opened["night_id"]) == 1
    assert steps.documents_of("answer", opened) == f"https://documents.example/receipts/{DAY}/"
    monkeypatch.undo()
    settings.cache_clear()
