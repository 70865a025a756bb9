"""Extracts on their way from the inbox into `raw`."""

import csv
import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from taizhang import archive, changed
from taizhang.changed import has_news
from taizhang.division import county
from taizhang.load import LoadCounts, load_folder, register_people
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import id_of
from tests.privileges import of_an_ordinary_user

DAY = date(2020, 12, 31)
HEADER = [
    "学员姓名",
    "身份证号",
    "乡镇",
    "行政村",
    "培训班编号",
    "培训类型",
    "培训工种",
    "培训方式",
    "培训地点",
    "开班日期",
    "星座",
]
GOOD = [
    "张三",
    "990525198001010017",
    "黄桥镇",
    "清风村",
    "B1",
    "就业技能培训",
    "缝纫工",
    "线下",
    "清风村",
    "2020-03-05",
    "白羊",
]


def hand_in(inbox: Path, rows: list[list[str]], name: str = "培训.csv", day: date = DAY) -> Path:
    folder = inbox / day.isoformat() / "county"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([["洞口县2020年培训台账"], HEADER, *rows, ["合计", str(len(rows))]])
    return folder / name


def load(inbox: Path) -> LoadCounts:
    return load_folder(1, county().code, inbox=inbox, night_date=DAY)


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    return tmp_path


def test_a_row_is_loaded_with_its_place_and_what_the_contract_does_not_know(inbox: Path) -> None:
    hand_in(inbox, [GOOD])
    counts = load(inbox)
    assert counts == LoadCounts(received=1, loaded=1, rows_read=1, rows_accepted=1)
    with connect("loader") as connection:
        row = connection.execute(
            "select row_number, name, village_code, mode, started_on, extra->>'星座' from raw.training"
        ).fetchone()
    assert row == (3, "张三", "430525106202", "offline", date(2020, 3, 5), "白羊")


def test_a_bad_row_is_kept_with_its_text_its_cell_and_its_reason(inbox: Path) -> None:
    hand_in(inbox, [GOOD, [*GOOD[:1], "990525198001010016", *GOOD[2:]]])
    counts = load(inbox)
    assert (counts.rows_read, counts.rows_accepted, counts.rows_rejected) == (2, 1, 1)
    with connect("loader") as connection:
        kept = connection.execute("select row_number, cells->>'身份证号' from raw.rejected_row").fetchall()
        problems = connection.execute("select cell, rule from raw.problem where severity = 'error'").fetchall()
    assert kept == [(4, "990525198001010016")]
    assert problems == [("B4", "id_checksum")]


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is_added(inbox: Path) -> None:
    path = hand_in(inbox, [GOOD])
    load(inbox)
    assert load(inbox) == LoadCounts(received=1, unchanged=1)
    hand_in(inbox, [GOOD, [*GOOD[:4], "B2", *GOOD[5:]]])
    assert load(inbox).rows_accepted == 2
    with connect("loader") as connection:
        hashes = connection.execute("select sha256 from raw.extract order by extract_id").fetchall()
    assert archive.path_of(hashes[-1][0]).read_bytes() == path.read_bytes()
    assert len(hashes) == 2


OTHER = [GOOD[0], "990525198001010033", *GOOD[2:]]


def in_force() -> str:
    """The file whose rows count."""
    with connect("loader") as connection:
        ((path,),) = connection.execute(
            "select path from raw.extract where status = 'loaded' order by extract_date desc, extract_id desc limit 1"
        ).fetchall()
    return str(path)


def test_an_old_file_that_was_renamed_beside_its_correction_does_not_come_back(inbox: Path) -> None:
    path = hand_in(inbox, [GOOD])
    load(inbox)
    path.rename(path.with_stem("培训旧"))
    hand_in(inbox, [OTHER])
    assert load(inbox) == LoadCounts(received=2, loaded=1, unchanged=1, rows_read=1, rows_accepted=1)
    assert load(inbox) == LoadCounts(received=2, unchanged=2)
    assert in_force() == f"{DAY}/county/培训.csv"


def test_a_copy_of_yesterdays_file_beside_todays_correction_does_not_come_back(inbox: Path) -> None:
    hand_in(inbox, [GOOD], day=DAY - timedelta(days=1))
    load(inbox)
    hand_in(inbox, [GOOD])
    hand_in(inbox, [OTHER], "更正.csv")
    load(inbox)
    assert load(inbox) == LoadCounts(received=3, unchanged=3)
    assert in_force() == f"{DAY}/county/更正.csv"


def test_what_was_replaced_counts_again_if_it_is_handed_in_later_or_under_its_name(inbox: Path) -> None:
    hand_in(inbox, [GOOD], day=DAY - timedelta(days=2))
    load(inbox)
    hand_in(inbox, [OTHER], day=DAY - timedelta(days=1))
    load(inbox)
    hand_in(inbox, [GOOD])
    assert load(inbox).loaded == 1
    assert in_force() == f"{DAY}/county/培训.csv"
    hand_in(inbox, [OTHER])
    load(inbox)
    hand_in(inbox, [GOOD])
    assert load(inbox).loaded == 1


def test_a_correction_in_an_older_folder_is_taken_once_it_is_handed_in_again(inbox: Path) -> None:
    hand_in(inbox, [GOOD], day=DAY - timedelta(days=1))
    load(inbox)
    hand_in(inbox, [OTHER], "更正.csv", day=DAY - timedelta(days=2))
    load(inbox)
    assert in_force() == f"{DAY - timedelta(days=1)}/county/培训.csv"
    hand_in(inbox, [OTHER], "更正.csv")
    assert load(inbox).loaded == 1
    assert in_force() == f"{DAY}/county/更正.csv"


def test_a_file_that_is_no_ledger_is_rejected_whole_and_answered_once(inbox: Path) -> None:
    folder = inbox / DAY.isoformat() / "county"
    folder.mkdir(parents=True)
    (folder / "说明.xlsx").write_bytes(b"PK\x03\x04 not really")
    assert load(inbox) == LoadCounts(received=1, rejected=1)
    assert load(inbox) == LoadCounts(received=1, unchanged=1)
    with connect("loader") as connection:
        assert connection.execute("select rule from raw.problem").fetchall() == [("file_unreadable",)]


def test_a_file_of_which_no_row_is_accepted_takes_the_place_of_none(inbox: Path) -> None:
    hand_in(inbox, [GOOD])
    load(inbox)
    others = [[*GOOD[:2], "黄桥镇", "不知道村", *GOOD[4:]]] * 5
    hand_in(inbox, others)
    assert load(inbox) == LoadCounts(received=1, rejected=1, rows_read=5, rows_rejected=5)
    with connect("loader") as connection:
        extracts = connection.execute("select status, rows_rejected from raw.extract order by extract_id").fetchall()
        kept = connection.execute("select count(*) from raw.rejected_row").fetchone()
        told = connection.execute("select message from raw.problem where rule = 'nothing_accepted'").fetchall()
    assert (extracts, kept) == ([("loaded", 0), ("rejected", 5)], (5,))
    assert told[0][0].startswith("培训台账的5行没有一行能收，这份台账没有采用，以前交的仍然有效")
    hand_in(inbox, others[:4])  # so few may each be wrong
    assert load(inbox).loaded == 1


def test_two_files_of_one_ledger_on_one_night_are_told_which_of_them_counts(inbox: Path) -> None:
    hand_in(inbox, [GOOD], "上半年990525198001010017.csv")
    hand_in(inbox, [OTHER], "下半年.csv")
    load(inbox)
    with connect("loader") as connection:
        told = connection.execute(
            "select path, rule, value from raw.problem inner join raw.extract using (extract_id)"
            " where rule like 'ledger_%' order by rule"
        ).fetchall()
        counts = connection.execute("select path from raw.extract order by extract_id desc limit 1").fetchone()
    first, second = (f"{DAY}/county/{name}.csv" for name in ("上半年990525198001010017", "下半年"))
    assert counts == (second,)
    assert told == [(first, "ledger_replaced", "下半年.csv"), (second, "ledger_twice", "上半年[身份证号].csv")]


@pytest.mark.parametrize(("size", "rule"), [(1024, "ledger_unknown"), (1024 * 1024 + 1, "file_too_large")])
def test_a_file_above_the_limit_is_refused_and_kept(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, size: int, rule: str
) -> None:
    limited = settings().model_copy(update={"max_file_mb": 1})
    monkeypatch.setattr(changed, "settings", lambda: limited)
    path = hand_in(inbox, [])
    path.write_bytes(b"a" * size)
    assert load(inbox) == LoadCounts(received=1, rejected=1)
    assert refusals() == [rule]
    assert archive.kept(hashlib.sha256(path.read_bytes()).hexdigest()) == path.read_bytes()


def test_a_file_above_the_limit_is_kept_when_it_is_loaded_and_no_sooner(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = settings().model_copy(update={"max_file_mb": 1, "settled_seconds": 0})
    monkeypatch.setattr(changed, "settings", lambda: limited)
    path = hand_in(inbox, [])
    path.write_bytes(b"b" * (1024 * 1024 + 1))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert has_news(inbox, DAY)
    assert not archive.path_of(sha256).exists()
    load(inbox)
    assert archive.path_of(sha256).exists()
    assert not has_news(inbox, DAY)
    with connect("loader") as connection:
        assert connection.execute("select size_bytes from raw.extract").fetchall() == [(1024 * 1024 + 1,)]


@pytest.fixture
def seen_by_all(clean_warehouse: Path) -> Iterator[None]:
    """A warehouse that whoever is not root reaches, too."""
    folder = clean_warehouse / "postgres"
    mode = folder.stat().st_mode
    folder.chmod(mode | 0o011)
    yield
    folder.chmod(mode)


@pytest.mark.parametrize("closed", ["培训.csv", "."])
def test_what_may_not_be_read_is_refused_until_it_may_and_keeps_no_other_back(
    inbox: Path, seen_by_all: None, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    rested = settings().model_copy(update={"settled_seconds": 0})
    monkeypatch.setattr(changed, "settings", lambda: rested)
    path = (hand_in(inbox, [GOOD]).parent / closed).resolve()
    hand_in(inbox, [[*GOOD[:4], "B2", *GOOD[5:]]], day=date(2020, 12, 30), name="其他.csv")
    mode = path.stat().st_mode
    path.chmod(0)
    with of_an_ordinary_user():
        assert load(inbox) == LoadCounts(received=2, loaded=1, rejected=1, rows_read=1, rows_accepted=1)
        assert refusals() == ["file_inaccessible"]
        assert load(inbox) == LoadCounts(received=2, unchanged=2)
        assert not has_news(inbox, DAY)
    path.chmod(mode)
    assert has_news(inbox, DAY)
    assert load(inbox).loaded == 1


def test_an_archive_on_a_full_or_closed_disk_is_no_fault_of_the_file(inbox: Path, seen_by_all: None) -> None:
    hand_in(inbox, [[*GOOD[:4], "closed", *GOOD[5:]]])
    folder = settings().archive_dir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o500)
    with of_an_ordinary_user(), pytest.raises(PermissionError):
        load(inbox)
    folder.chmod(0o700)
    assert load(inbox).loaded == 1


@pytest.mark.parametrize("written", [b"\n", b""], ids=["it grows", "saved as it was"])
def test_a_file_that_changes_while_it_is_read_is_refused_until_it_rests(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, written: bytes
) -> None:
    path, read_bytes = hand_in(inbox, [GOOD]), Path.read_bytes

    def read_while_it_changes(self: Path) -> bytes:
        content = read_bytes(self)
        self.write_bytes(content + written)
        os.utime(self, ns=(0, 0))
        return content

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Path, "read_bytes", read_while_it_changes)
        assert load(inbox).rejected == 1
    assert refusals() == ["file_changing"]
    assert path.exists()
    assert load(inbox).rows_accepted == 1


@pytest.fixture
def picky(clean_warehouse: Path) -> Iterator[None]:
    """A warehouse that does not take a row which reading finds nothing wrong with."""
    with connect() as connection:
        connection.execute("alter table raw.training add constraint picky check (name <> '李四')")
    yield
    with connect() as connection:
        connection.execute("alter table raw.training drop constraint picky")


def test_a_file_that_the_warehouse_cannot_hold_is_refused_and_no_other(inbox: Path, picky: None) -> None:
    hand_in(inbox, [GOOD])
    hand_in(inbox, [GOOD, ["李四", *GOOD[1:]]], name="坏.csv")
    assert load(inbox) == LoadCounts(received=2, loaded=1, rejected=1, rows_read=1, rows_accepted=1)
    assert refusals() == ["file_unreadable"]


def test_a_file_in_a_folder_of_no_division_is_refused_and_nothing_else_is(inbox: Path) -> None:
    hand_in(inbox, [GOOD])
    misplaced = inbox / DAY.isoformat() / "township" / "不知道镇"
    misplaced.mkdir(parents=True)
    (misplaced / "培训.csv").write_bytes(b"anything")
    assert load(inbox) == LoadCounts(received=2, loaded=1, rejected=1, rows_read=1, rows_accepted=1)
    assert refusals() == ["division_unknown"]


def refusals() -> list[str]:
    with connect("loader") as connection:
        return [rule for (rule,) in connection.execute("select rule from raw.problem where severity = 'error'")]


def test_phones_get_a_surrogate_key_each(inbox: Path) -> None:
    hand_in(inbox, [GOOD, [*GOOD[:4], "B2", *GOOD[5:]]])
    load(inbox)
    register_people()
    with connect("transformer") as connection:
        phones = connection.execute("select phone, phone_key is not null from vault.phone order by phone").fetchall()
        written = connection.execute("select distinct phone from raw.training where phone is not null").fetchall()
    assert phones == [(phone, True) for (phone,) in sorted(written)]


def test_people_are_registered_once(inbox: Path) -> None:
    hand_in(inbox, [GOOD, [*GOOD[:4], "B2", *GOOD[5:]]])
    load(inbox)
    assert register_people() == 1
    assert register_people() == 0


def test_keys_do_not_tell_whose_number_comes_before_whose(inbox: Path) -> None:
    rows = [[*GOOD[:1], id_of(f"99052519{year}0101001"), *GOOD[2:]] for year in range(60, 90)]
    hand_in(inbox, rows)
    load(inbox)
    register_people()
    with connect("transformer") as connection:
        in_order = [key for (key,) in connection.execute("select person_key from vault.person order by id_no")]
    assert len(in_order) == len(rows)
    assert in_order != sorted(in_order)
