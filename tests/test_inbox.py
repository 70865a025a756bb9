"""Whose a file in the inbox is, and which files a night takes."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.division import Division, UnknownDivisionError, children, county, divisions, find_within
from taizhang.inbox import find_division, find_files, owner_of, place_of, why_empty
from tests.privileges import of_an_ordinary_user

DAY = date(2020, 12, 31)
TOWNSHIP = find_within(county().code, "高沙镇")
VILLAGE = children(TOWNSHIP.code)[0]
IN_VILLAGE = f"village/高沙/{VILLAGE.name}"


def put(inbox: Path, *places: str, day: date = DAY) -> None:
    for place in places:
        path = inbox / day.isoformat() / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(inbox: Path, division: Division) -> list[str]:
    return [received.relative.removeprefix("2020-12-31/") for received in find_files(inbox, division, DAY)]


def test_a_township_answers_for_its_villages_and_the_county_for_itself(tmp_path: Path) -> None:
    put(tmp_path, "county/a.xlsx", "township/高沙/a.xlsx", f"{IN_VILLAGE}/a.xlsx", "township/黄桥镇/a.xlsx")
    assert found(tmp_path, county()) == ["county/a.xlsx"]
    assert found(tmp_path, TOWNSHIP) == ["township/高沙/a.xlsx", f"{IN_VILLAGE}/a.xlsx"]


@pytest.mark.parametrize("name", ["~$a.xlsx", ".a.xlsx", "a.xlsx.part", "a.tmp", "Thumbs.db", "desktop.ini"])
def test_what_is_still_being_written_or_is_a_folders_own_is_left(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"county/{name}")
    assert found(tmp_path, county()) == []


def test_a_link_out_of_the_inbox_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "county/a.xlsx")
    put(tmp_path / "inbox", "county/a.xlsx")
    (tmp_path / "inbox/2020-12-31/county/b.xlsx").symlink_to(tmp_path / "elsewhere/2020-12-31/county/a.xlsx")
    (tmp_path / "inbox/2020-12-31/township").symlink_to(tmp_path / "elsewhere/2020-12-31")
    (tmp_path / "inbox/2020-12-30").symlink_to(tmp_path / "elsewhere/2020-12-31")
    assert found(tmp_path / "inbox", county()) == ["county/a.xlsx"]


@pytest.mark.parametrize(
    ("place", "answerable", "misplaced"),
    [
        ("township/不知道镇/a.xlsx", county(), "township/不知道镇"),
        ("village/高沙/不知道村/a.xlsx", TOWNSHIP, "village/高沙/不知道村"),
        ("township/高沙/2020/a.xlsx", TOWNSHIP, "township/高沙/2020"),
        ("townships/高沙镇/a.xlsx", TOWNSHIP, "townships/高沙镇"),
        ("a.xlsx", county(), "2020-12-31"),
    ],
)
def test_a_file_whose_folders_name_no_division_is_told_to_the_nearest(
    tmp_path: Path, place: str, answerable: Division, misplaced: str
) -> None:
    put(tmp_path, place)
    (received,) = find_files(tmp_path, answerable, DAY)
    assert (received.division, received.misplaced) == (answerable, misplaced)
    others = [division for division in (county(), *children(county().code)) if division != answerable]
    assert all(find_files(tmp_path, division, DAY) == [] for division in others)


@pytest.mark.parametrize(
    ("closed", "answerable"),
    [
        ("county", county()),
        ("", county()),
        ("village", county()),
        ("village/高沙", TOWNSHIP),
        (IN_VILLAGE, TOWNSHIP),
        ("township/不知道镇", county()),
    ],
)
def test_a_folder_that_nobody_may_look_into_is_told_once_and_keeps_nobody_else_back(
    tmp_path: Path, closed: str, answerable: Division
) -> None:
    put(tmp_path, "township/黄桥镇/a.xlsx", f"{IN_VILLAGE}/a.xlsx", "township/不知道镇/a.xlsx", "county/a.xlsx")
    folder = tmp_path / "2020-12-31" / closed
    folder.chmod(0)
    with of_an_ordinary_user():
        offices = (county(), *children(county().code))
        received = [file for office in offices for file in find_files(tmp_path, office, DAY)]
    folder.chmod(0o755)
    assert [file.division for file in received if file.path == folder] == [answerable]
    told = {file.path for file in received if file.path != folder}
    assert told == {path for path in tmp_path.rglob("*.xlsx") if folder not in path.parents}


def test_an_inbox_that_nobody_may_look_into_is_no_empty_one(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with of_an_ordinary_user(), pytest.raises(PermissionError):
        find_files(tmp_path, county(), DAY)
    tmp_path.chmod(0o700)


def test_a_night_looks_a_month_back_and_not_ahead(tmp_path: Path) -> None:
    for day in (date(2020, 11, 29), date(2020, 11, 30), DAY, date(2021, 1, 1)):
        put(tmp_path, "county/a.xlsx", day=day)
    taken = [received.extract_date for received in find_files(tmp_path, county(), DAY)]
    assert taken == [date(2020, 11, 30), DAY]


def test_a_folder_that_is_no_date_is_left_aside_and_said_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "旧表13800000000").mkdir()
    assert found(tmp_path, county()) == []
    assert "'旧表[电话]' is not named by a date" in caplog.text


@pytest.mark.parametrize("name", ["20201230", "2020-W53-3", "2020-12-3", "2020-12-30 "])
def test_a_date_in_another_form_is_none_and_said_so(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / name / "county").mkdir(parents=True)
    (tmp_path / name / "county" / "a.xlsx").touch()
    assert found(tmp_path, county()) == []
    assert f"{name!r} is not named by a date (YYYY-MM-DD)" in caplog.text
    assert place_of(tmp_path / name / "county" / "a.xlsx") is None


def test_a_night_that_found_no_file_says_where_it_looked_and_what_is_there(tmp_path: Path) -> None:
    def said() -> str:
        return why_empty(tmp_path / "inbox", DAY, called="s3://county/inbox")

    looked = "No file in s3://county/inbox from 2020-11-30 to 2020-12-31 (TAIZHANG_INBOX_DAYS): "
    assert said() == f"{looked}there is no such folder"
    (tmp_path / "inbox" / "旧表").mkdir(parents=True)
    assert said() == f"{looked}it has no folder that is named by a date"
    put(tmp_path / "inbox", "county/a.xlsx", day=date(2019, 1, 31))
    put(tmp_path / "inbox", "county/a.xlsx", day=date(2020, 1, 31))
    assert said() == f"{looked}its dated folders are of 2019-01-31 to 2020-01-31"


def folders_of(division: Division) -> list[str]:
    parent = divisions().get(division.parent_code)
    above = [parent.code] if parent and division.level == "village" else []
    return [division.level, *above, division.code]


@given(st.sampled_from(sorted(divisions().values(), key=lambda division: division.code)))
def test_every_division_has_its_folder(division: Division) -> None:
    folders = ["county"] if division.level == "county" else folders_of(division)
    assert owner_of(folders) == division
    assert place_of(Path("/in", "2020-12-31", *folders, "a.xlsx")) == (division, DAY)


@pytest.mark.parametrize("path", ["/a.xlsx", "/in/county/a.xlsx", "/2020-12-31/township/不知道镇/a.xlsx", "county"])
def test_a_file_outside_an_inbox_has_no_place(path: str) -> None:
    assert place_of(Path(path)) is None


@pytest.mark.parametrize(
    ("text", "division"),
    [
        ("430525", None),
        (county().code, county()),
        ("洞口县", county()),
        ("高沙", TOWNSHIP),
        (f"高沙镇/{VILLAGE.name}", VILLAGE),
        (VILLAGE.code, VILLAGE),
        ("高沙镇/不知道村", None),
        ("a/b/c", None),
    ],
)
def test_a_division_is_found_by_name(text: str, division: Division | None) -> None:
    if division is None:
        with pytest.raises(UnknownDivisionError):
            find_division(text)
    else:
        assert find_division(text) == division


def test_names_that_were_packed_on_a_chinese_windows_are_read_as_they_were_meant(tmp_path: Path) -> None:
    place = os.fsdecode("township/高沙镇/就业台账.xlsx".encode("gbk"))
    put(tmp_path, place)
    (received,) = find_files(tmp_path, TOWNSHIP, DAY)
    assert (received.relative, received.division) == ("2020-12-31/township/高沙镇/就业台账.xlsx", TOWNSHIP)
    assert received.path.read_bytes() == b"x"


def test_a_name_in_no_encoding_at_all_keeps_nobody_else_back(tmp_path: Path) -> None:
    put(tmp_path, "county/a.xlsx", os.fsdecode(b"county/\xff\xff.xlsx"))
    assert found(tmp_path, county()) == ["county/a.xlsx", r"county/\xff\xff.xlsx"]


def test_folders_that_lie_deeper_than_anybody_sorts_are_left_aside_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, f"{IN_VILLAGE}/a.xlsx", f"{IN_VILLAGE}/{'b/' * 5}b.xlsx", f"{IN_VILLAGE}/{'c/' * 50}c.xlsx")
    assert found(tmp_path, TOWNSHIP) == [f"{IN_VILLAGE}/a.xlsx", f"{IN_VILLAGE}/{'b/' * 5}b.xlsx"]
    assert "too deep" in caplog.text
