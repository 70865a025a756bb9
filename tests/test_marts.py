"""What the ledgers say, in the tables that analysts read, built under every data test that a night is held to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, LiteralString

import pytest

from taizhang import build, night
from taizhang.division import county
from taizhang.load import load_folder, register_people
from taizhang.warehouse import connect
from tests.end_to_end.cookbook import cookbook
from tests.extracts import DAY, MALE, ROWS, id_of, text_table

_OTHER = id_of("99052519800101003")
_BACK = {"务工状态": "未就业", "是否返乡": "是", "返乡时间": "2020-06-01"}
_BACK |= dict.fromkeys(("务工区域", "务工省份", "就业渠道", "开始时间", "务工时间(月)"), "")


def _paid(number: str, subsidy: str, yuan: str, **said: str) -> Mapping[str, str]:
    return ROWS["subsidy"] | {"发放编号": number, "补贴类型": subsidy, "补贴金额": yuan, "原发放编号": ""} | said


_REGISTER = [
    ROWS["employment"]
    | {"下一步就业意愿": "", "返乡后就业去向": "", "人口状态": "", **_BACK, "姓名": name, "身份证号": id_no, **said}
    for name, id_no, said in [
        ("张三", MALE, {"下一步就业意愿": "外出就业", "返乡后就业去向": "自主创业"}),
        ("张四", _OTHER, {"下一步就业意愿": "看情况", "返乡后就业去向": "未安置"}),
        (
            "张五",
            id_of("99052519800101005"),
            {"下一步就业意愿": "本地就业", "返乡后就业去向": "暂无", "人口状态": "死亡"},
        ),
    ]
]
_PAYMENTS = [
    _paid("P1", "交通补贴", "400", 发放日期="2020-05"),
    _paid("P2", "雨露计划补助", "3500", 发放日期="2020-10-01"),
    _paid("P3", "某某补助", "7500", 发放日期="2021-01-05"),
    _paid(
        "P4",
        "交通补贴",
        "400",
        享受人="张四",
        享受人身份证号=_OTHER,
        收款人身份证号=_OTHER,
        发放日期="2020-12-21",
        原发放编号="P1",
    ),
]


@pytest.fixture(scope="module")
def built(warehouse: Path, empty_warehouse: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> None:
    """A county of three people, whose clerks write words that are in no list and the number of another's payment."""
    empty_warehouse()
    inbox = tmp_path_factory.mktemp("inbox")
    folder = inbox / DAY.isoformat() / "county"
    folder.mkdir(parents=True)
    for name, rows in {"就业": _REGISTER, "补贴": _PAYMENTS}.items():
        (folder / f"{name}.csv").write_bytes(text_table(rows, title=f"洞口县2020年12月{name}台账"))
    night_id = night.open_night(DAY)
    load_folder(night_id, county().code, inbox=inbox, night_date=DAY)
    register_people()
    build.build(night_id, DAY)


def _ask(query: LiteralString) -> list[tuple[Any, ...]]:
    with connect("checker") as connection:
        return connection.execute(query).fetchall()


def test_money_of_a_subsidy_that_nobody_knows_is_counted_in_every_total(built: None) -> None:
    in_fact = "select sum(amount) from marts_next.fct_subsidy where is_paid"
    of_the_year = "select computed from marts_next.published_figure_check where figure_id = 'subsidy_total_paid'"
    assert _ask(in_fact) == _ask(of_the_year) == [(11_800,)]
    by_december = (
        "select name, amount from marts_next.monthly_subsidy_report"
        " inner join marts_next.dim_subsidy_type using (subsidy_type)"
        " where division_level = 'county' order by display_order"
    )
    assert _ask(by_december) == [("一次性交通补贴", 800), ("其他/未识别", 3500)]


def test_two_subsidies_that_nobody_knows_are_not_one_paid_twice(built: None) -> None:
    assert _ask("select payment_no from marts_next.subsidy_suspicion where rule = 'paid_twice'") == []


def test_a_reissue_that_names_another_s_payment_takes_nothing_from_it_and_is_suspected(built: None) -> None:
    assert _ask("select is_paid, reissued_by from marts_next.fct_subsidy where payment_no = 'P1'") == [(True, None)]
    suspected = (
        "select payment_no, amount_at_stake, evidence ->> 'same_person', evidence ->> 'same_subsidy'"
        " from marts_next.subsidy_suspicion where rule = 'reissue_of_another'"
    )
    assert _ask(suspected) == [("P4", 400, "false", "true")]


def test_who_was_placed_and_who_wants_to_work_is_said_in_words_that_are_known(built: None) -> None:
    counts = (
        "select returnees, returnees_willing, placed_again, returnees_willing_placed, willing_to_work"
        " from marts_next.monthly_report where division_level = 'county'"
    )
    assert _ask(counts) == [(3, 1, 1, 1, 1)]


def test_a_payment_of_which_only_the_month_is_told_was_on_no_day_off(built: None) -> None:
    query = cookbook()["What was paid on a day off?"].replace("marts.", "marts_next.")
    with connect("checker") as connection:
        payments = connection.execute(query.encode()).fetchall()
    assert payments == [(1,)]  # on National Day
