"""The metrics, asked of MetricFlow, beside the reports: one definition serves both. What the cookbook asks, too."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg import sql
from stdnum.cn import ric

from taizhang.build import run_dbt
from taizhang.division import Division, children, county, find_within
from taizhang.load import load_folder, register_people
from taizhang.settings import PROJECT
from taizhang.warehouse import connect
from tests.end_to_end.cookbook import cookbook
from tests.end_to_end.county import County
from tests.extracts import ROWS, text_table

TOWNSHIP, SILENT = (find_within(county().code, name) for name in ("黄桥镇", "高沙镇"))
EARLY, LATE = (village.name for village in children(TOWNSHIP.code)[:2])
NOVEMBER, DECEMBER = date(2020, 11, 30), date(2020, 12, 31)
OF_WORK = (
    "registered", "carried_forward", "silent", "employed", "working_away", "region_unknown", "away_this_year",
    "organised", "placed_again", "reported_percent_of_registered", "stable_percent_of_employed",
    "working_away_last_year", "working_away_percent_of_last_year", "placed_percent_of_returnees_willing",
)  # fmt: skip
OF_A_ROW = {"month", "division_code", "division_level", "division_name"}
OF_DUES = ("due", "due_paid", "due_paid_percent_of_due")
BACK_AGAIN = {"是否返乡": "是", "返乡时间": "2020-06-01", "下一步就业意愿": "外出再就业", "返乡后就业去向": "再次外出"}
IDLE = dict.fromkeys(("务工区域", "务工省份", "就业渠道", "开始时间", "务工时间(月)"), "") | {"务工状态": "未就业"}


def id_of(number: int) -> str:
    digits = f"99052519800101{2 * number + 1:03}"
    return digits + ric.calc_check_digit(digits + "0")


def row_of(ledger: str, number: int, **said: str) -> Mapping[str, str]:
    """A village's row of the `number`th man: it names no place."""
    row = {header: text for header, text in ROWS[ledger].items() if header not in ("乡镇", "行政村")}
    own = {"姓名": f"张{'一二三四五六七'[number]}", "身份证号": id_of(number)}
    return row | {header: own.get(header.removeprefix("享受人"), text) for header, text in row.items()} | said


def hand_in(
    inbox: Path, village: str, day: date, title: str, *rows: Mapping[str, str], township: Division = TOWNSHIP
) -> None:
    folder = inbox / day.isoformat() / "village" / township.name / village
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{title}.csv").write_bytes(text_table([*rows], title=title))


@pytest.fixture(scope="module")
def built(warehouse: Path, empty_warehouse: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> County:
    """A village that has handed in for December, one of which November is the last that is known, and a township that
    has not been heard of since last year, one of whom is paid. Somebody has found work in the year and left.
    """
    empty_warehouse()
    inbox = tmp_path_factory.mktemp("inbox")
    early = [row_of("employment", 1, **BACK_AGAIN), row_of("employment", 0)]
    late = [row_of("employment", 2, 就业渠道="政府组织转移", 务工区域="海上"), row_of("employment", 3, **IDLE)]
    silent = [row_of("employment", 4), row_of("employment", 5)]
    village = children(SILENT.code)[0].name
    hand_in(inbox, village, NOVEMBER, "2019年12月就业台账", *silent, township=SILENT)
    hand_in(inbox, EARLY, NOVEMBER, "2019年12月就业台账", row_of("employment", 6, **IDLE))
    hand_in(inbox, LATE, NOVEMBER, "2019年12月就业台账", *late)
    hand_in(inbox, LATE, NOVEMBER, "2020年11月就业台账", *late)
    hand_in(inbox, EARLY, NOVEMBER, "2020年11月就业台账", *early, row_of("employment", 6))
    hand_in(inbox, EARLY, DECEMBER, "2020年12月就业台账", *early)
    hand_in(inbox, EARLY, DECEMBER, "2020年补贴发放台账", paid_to(0))
    hand_in(inbox, village, DECEMBER, "2020年补贴发放台账", paid_to(4), township=SILENT)
    for day in (NOVEMBER, DECEMBER):
        for township in (TOWNSHIP, SILENT):
            load_folder(1, township.code, inbox=inbox, night_date=day)
    register_people()
    wanted = ("--select", "+monthly_report", "+monthly_subsidy_report", "+subsidy_suspicion", "dim_division")
    run_dbt(DECEMBER, "build", *wanted, "+dim_labourer_history", "--exclude-resource-types", "test", "unit_test")
    return County(warehouse, {"TAIZHANG_MARTS_SCHEMA": "marts_next"})


def paid_to(number: int) -> Mapping[str, str]:
    name = row_of("employment", number)["姓名"]
    return row_of("subsidy", number, 享受人=name, 收款人身份证号=id_of(number), 发放编号=f"P{number}")


def test_a_metric_of_a_month_is_the_number_of_the_report_with_villages_that_are_carried_forward(
    built: County, tmp_path: Path
) -> None:
    metrics = built.metrics(tmp_path, (*OF_WORK, *OF_DUES), by="metric_time__month,township__division_name")
    columns = sql.SQL(", ").join(map(sql.Identifier, (*OF_WORK, *OF_DUES)))
    with connect("checker") as connection:
        reported = connection.execute(
            sql.SQL(
                "select month::text, division_name, {} from marts_next.monthly_report"
                " left join marts_next.monthly_subsidy_report using (month, division_code, division_name)"
                " where monthly_report.division_name = %s"
            ).format(columns),
            [TOWNSHIP.name],
        ).fetchall()
    told = {(month, name): [*map(_number, numbers)] for month, name, *numbers in reported}
    assert {key: numbers for key, numbers in metrics.items() if TOWNSHIP.name in key} == told
    assert told["2020-11-01", TOWNSHIP.name] == [5, 0, 0, 4, 4, 1, 4, 1, 1, 100, 100, 1, 400, 100, 3, 0, 0]
    assert told["2020-12-01", TOWNSHIP.name] == [4, 2, 0, 3, 3, 1, 3, 1, 1, 50, 100, 1, 300, 100, 3, 1, 33.33]


def test_every_indicator_of_the_monthly_report_is_a_metric() -> None:
    models = PROJECT / "dbt_project" / "models"
    (report,) = yaml.safe_load((models / "marts" / "monthly_report.yml").read_text(encoding="utf-8"))["models"]
    metrics = yaml.safe_load((models / "_metrics.yml").read_text(encoding="utf-8"))["metrics"]
    indicators = {column["name"] for column in report["columns"]} - OF_A_ROW
    assert indicators - {metric["name"] for metric in metrics} == set()


def test_a_silent_township_is_in_the_county_s_totals_and_not_held_against_those_that_report(
    built: County, tmp_path: Path
) -> None:
    wanted = (
        "registered", "silent", "reported_percent_of_registered", "working_away", "working_away_last_year",
        "working_away_last_year_comparable", "working_away_percent_of_last_year", "away_this_year_percent_of_last_year",
    )  # fmt: skip
    with connect("checker") as connection:
        columns = sql.SQL(", ").join(map(sql.Identifier, wanted))
        reported = connection.execute(
            sql.SQL("select division_name, {} from marts_next.monthly_report where month = '2020-12-01'").format(
                columns
            )
        ).fetchall()
    told = {name: [*map(_number, numbers)] for name, *numbers in reported}
    assert told == {
        TOWNSHIP.name: [4, 0, 50, 3, 1, 1, 300, 300],
        SILENT.name: [0, 2, 0, 0, 2, 0, None, None],
        county().name: [4, 2, 33.33, 3, 3, 1, 300, 300],
    }
    assert built.metrics(tmp_path, wanted, by="metric_time__month")[("2020-12-01",)] == told[county().name]


def test_nobody_of_a_silent_township_is_suspected_to_be_on_no_register(built: County) -> None:
    with connect("checker") as connection:
        paid = connection.execute("select count(*) from marts_next.fct_subsidy where is_paid").fetchone()
        rules = connection.execute("select distinct rule from marts_next.subsidy_suspicion").fetchall()
    assert paid == (2,)
    assert ("not_registered",) not in rules


def test_whoever_went_away_to_work_and_has_left_the_register_is_away_no_more(built: County) -> None:
    query = cookbook()["Who works away now and did not at the end of last year?"].replace("marts.", "marts_next.")
    with connect("checker") as connection:
        assert connection.execute(query.encode()).fetchall() == [(0,)]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
