"""Where a record came from, asked of a real warehouse."""

from datetime import date
from pathlib import Path

import pytest

from taizhang.contract import contracts
from taizhang.division import children, county, find_within
from taizhang.load import load_folder, register_people
from taizhang.trace import UnknownLedgerError, trace
from taizhang.warehouse import connect
from tests.extracts import DAY, MALE, ROWS, text_table

TOWNSHIP = find_within(county().code, "黄桥镇")
VILLAGE = next(village for village in children(TOWNSHIP.code) if village.name.startswith("清风"))

OLD = "99052519800101005X"
"""A number that ends in a letter."""


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    return tmp_path


def hand_in(
    inbox: Path, place: str, ledger: str, day: date = DAY, name: str = "", rows: int = 1, **changed: str
) -> None:
    folder = inbox / day.isoformat() / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name or ledger}.csv").write_bytes(text_table([ROWS[ledger] | changed] * rows))


def load(inbox: Path) -> None:
    for code in (county().code, TOWNSHIP.code):
        load_folder(1, code, inbox=inbox, night_date=DAY)
    register_people()


def test_a_record_is_traced_to_its_row_at_each_level(inbox: Path) -> None:
    places = {
        "county": "county",
        "township": f"township/{TOWNSHIP.name}",
        "village": f"village/{TOWNSHIP.name}/{VILLAGE.name}",
    }
    for place in places.values():
        hand_in(inbox, place, "subsidy")
    load(inbox)
    for key in ("P1", MALE):
        found = trace("subsidy", key)
        assert [(place.level, place.path, place.row, place.state) for place in found] == [
            (level, f"{DAY}/{folder}/subsidy.csv", 3, "counts") for level, folder in places.items()
        ]


def test_a_labourer_key_of_the_marts_is_traced_too(inbox: Path) -> None:
    hand_in(inbox, "county", "training")
    load(inbox)
    with connect() as connection:
        (key,) = connection.execute("select person_key from vault.person where id_no = %s", [MALE]).fetchone() or ()
    assert trace("training", str(key)) == trace("training", MALE) == trace("training", "B1") != []


def test_a_superseded_row_comes_last_and_a_rejected_one_is_not_lost(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", date(2020, 12, 1))
    hand_in(inbox, "county", "employment", DAY, 姓名="")
    load(inbox)
    assert [(place.state, place.extract_date) for place in trace("employment", MALE)] == [
        ("rejected", DAY),
        ("superseded", date(2020, 12, 1)),
    ]


def test_a_row_that_was_refused_and_then_put_right_is_told_as_it_was_handed_in(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", date(2020, 12, 1), 姓名="", 联系电话="13800138000")
    hand_in(inbox, "county", "employment", DAY)
    load(inbox)
    now, before = trace("employment", MALE)
    assert (now.state, before.state) == ("counts", "rejected_before")
    assert now.values.keys() - before.values.keys() == {"姓名"}
    assert before.values["务工省份"] == "广东省"
    assert MALE not in str(before)
    assert "13800138000" not in str(before)


def test_a_row_that_was_refused_twice_is_still_refused(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", date(2020, 12, 1), 姓名="")
    hand_in(inbox, "county", "employment", DAY, 姓名="", 务工省份="湖南省")
    load(inbox)
    assert [(place.state, place.values["务工省份"]) for place in trace("employment", MALE)] == [
        ("rejected", "湖南省"),
        ("rejected_before", "广东省"),
    ]


def test_a_file_that_is_refused_whole_leaves_the_row_before_it_as_the_one_that_counts(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", date(2020, 12, 1))
    hand_in(inbox, "county", "employment", DAY, rows=10, 姓名="")
    load(inbox)
    *refused, before = trace("employment", MALE)
    assert {(place.state, place.extract_date) for place in refused} == {("rejected", DAY)}
    assert (before.state, before.extract_date) == ("counts", date(2020, 12, 1))


def test_a_ledger_that_is_none_is_refused(clean_warehouse: Path) -> None:
    with pytest.raises(UnknownLedgerError, match="employment, training, subsidy"):
        trace("payroll", MALE)


def test_a_row_says_its_values_in_words_and_hides_its_numbers_unless_asked(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", DAY, 联系电话="13800138000")
    load(inbox)
    (place,) = trace("employment", MALE)
    assert (place.values["性别"], place.values["身份证号"]) == ("男", f"{MALE[:6]}********{MALE[-4:]}")
    assert MALE not in str(place)
    assert "13800138000" not in str(place)
    (in_full,) = trace("employment", MALE, full=True)
    assert in_full.values["身份证号"] == MALE


def test_what_a_row_was_before_shows_only_what_has_changed(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", date(2020, 12, 1), 务工省份="湖南省")
    hand_in(inbox, "county", "employment", DAY)
    load(inbox)
    now, before = trace("employment", MALE)
    assert now.values["务工省份"] == "广东省"
    assert before.values == {"务工省份": "湖南省"}


def test_a_column_that_a_file_does_not_have_is_told_from_an_empty_cell(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", DAY, 单位名称="")
    hand_in(inbox, f"township/{TOWNSHIP.name}", "employment", DAY)
    load(inbox)
    county_place, township_place = trace("employment", MALE)
    label = contracts()["employment"].column("employer").label
    assert (label in county_place.absent, label in township_place.absent) == (False, True)
    assert label not in county_place.values


def test_a_rejected_row_is_found_by_its_key_and_by_nothing_else_that_it_says(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", DAY, 姓名="")
    hand_in(inbox, "county", "subsidy", DAY, 享受人="", 收款人身份证号="990525198001010033")
    load(inbox)
    for text in ("男", "9", "外出务工"):
        assert trace("employment", text) == []
    assert trace("subsidy", "990525198001010033") == []  # who is paid for another
    for ledger, key in (("employment", MALE), ("subsidy", MALE), ("subsidy", "P1")):
        assert [place.state for place in trace(ledger, key)] == ["rejected"]


@pytest.mark.parametrize("typed", [f" {OLD.lower()} ", f"{OLD[:6]} {OLD[6:14]} {OLD[14:]}", OLD[:6] + OLD[8:17]])
def test_an_identity_number_is_found_however_it_is_typed(inbox: Path, typed: str) -> None:
    hand_in(inbox, "county", "employment", DAY, 身份证号=OLD)
    hand_in(inbox, f"township/{TOWNSHIP.name}", "employment", DAY, 身份证号=OLD.lower(), 姓名="")
    load(inbox)
    assert [place.state for place in trace("employment", typed)] == ["counts", "rejected"]


def test_a_rejected_row_is_shown_without_its_number(inbox: Path) -> None:
    hand_in(inbox, "county", "employment", DAY, 姓名="")
    load(inbox)
    (place,) = trace("employment", MALE)
    assert place.state == "rejected"
    assert place.values["务工省份"] == "广东省"
    assert MALE not in str(place)


@pytest.mark.parametrize("number", [MALE, "13800138000", "6222020000001234567"])
def test_a_number_in_the_name_of_a_file_is_shown_only_in_full(inbox: Path, number: str) -> None:
    hand_in(inbox, "county", "training", name=f"张三{number}")
    load(inbox)
    (place,), (in_full,) = trace("training", "B1"), trace("training", "B1", full=True)
    assert number not in place.path
    assert in_full.path == f"{DAY}/county/张三{number}.csv"


def test_a_number_among_words_is_shown_only_in_full(inbox: Path) -> None:
    hand_in(inbox, "county", "training", 备注="电话13800138000")
    load(inbox)
    (place,), (in_full,) = trace("training", "B1"), trace("training", "B1", full=True)
    assert (place.values["备注"], in_full.values["备注"]) == ("电话[电话]", "电话13800138000")
    assert in_full.values["性别"] == place.values["性别"] == "男"
