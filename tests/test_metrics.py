"""The metrics, asked of MetricFlow, beside the reports: one definition serves both."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from stdnum.cn import ric

from taizhang.build import run_dbt
from taizhang.division import children, county, find_within
from taizhang.load import load_folder, register_people
from taizhang.warehouse import connect
from tests.end_to_end.county import County
from tests.extracts import ROWS, text_table

TOWNSHIP = find_within(county().code, "黄桥镇")
EARLY, LATE = (village.name for village in children(TOWNSHIP.code)[:2])
NOVEMBER, DECEMBER = date(2020, 11, 30), date(2020, 12, 31)
OF_WORK = (
    "registered", "carried_forward", "employed", "working_away", "away_this_year", "organised", "placed_again",
    "reported_percent_of_registered", "stable_percent_of_employed", "working_away_percent_of_last_year",
    "placed_percent_of_returnees_willing",
)  # fmt: skip
OF_DUES = ("due", "due_paid", "due_paid_percent_of_due")
BACK_AGAIN = {"是否返乡": "是", "返乡时间": "2020-06-01", "下一步就业意愿": "外出再就业", "返乡后就业去向": "再次外出"}
IDLE = dict.fromkeys(("务工区域", "务工省份", "就业渠道", "开始时间", "务工时间(月)"), "") | {"务工状态": "未就业"}


def id_of(number: int) -> str:
    digits = f"99052519800101{2 * number + 1:03}"
    return digits + ric.calc_check_digit(digits + "0")


def row_of(ledger: str, number: int, **said: str) -> Mapping[str, str]:
    """A village's row of the `number`th man: it names no place."""
    row = {header: text for header, text in ROWS[ledger].items() if header not in ("乡镇", "行政村")}
    own = {"姓名": f"张{'一二三四'[number]}", "身份证号": id_of(number)}
    return row | {header: own.get(header.removeprefix("享受人"), text) for header, text in row.items()} | said


def hand_in(inbox: Path, village: str, day: date, title: str, *rows: Mapping[str, str]) -> None:
    folder = inbox / day.isoformat() / "village" / TOWNSHIP.name / village
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{title}.csv").write_bytes(text_table([*rows], title=title))


@pytest.fixture
def built(clean_warehouse: Path, tmp_path: Path) -> County:
    """A village that has handed in for December, and one of which November is the last that is known."""
    early = [row_of("employment", 1, **BACK_AGAIN), row_of("employment", 0)]
    late = [row_of("employment", 2, 就业渠道="政府组织转移"), row_of("employment", 3, **IDLE)]
    paid = row_of("subsidy", 0, 享受人="张一", 收款人身份证号=id_of(0))
    hand_in(tmp_path, LATE, NOVEMBER, "2019年12月就业台账", *late)
    hand_in(tmp_path, LATE, NOVEMBER, "2020年11月就业台账", *late)
    hand_in(tmp_path, EARLY, NOVEMBER, "2020年11月就业台账", *early)
    hand_in(tmp_path, EARLY, DECEMBER, "2020年12月就业台账", *early)
    hand_in(tmp_path, EARLY, DECEMBER, "2020年补贴发放台账", paid)
    for day in (NOVEMBER, DECEMBER):
        load_folder(1, TOWNSHIP.code, inbox=tmp_path, night_date=day)
    register_people()
    wanted = ("--select", "+monthly_report", "+monthly_subsidy_report", "dim_division")
    run_dbt(DECEMBER, "build", *wanted, "--exclude-resource-types", "test", "unit_test")
    return County(clean_warehouse, {"TAIZHANG_MARTS_SCHEMA": "marts_next"})


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
                " where monthly_report.division_level = 'township'"
            ).format(columns)
        ).fetchall()
    told = {(month, name): [*map(_number, numbers)] for month, name, *numbers in reported}
    assert metrics == told
    assert told["2020-11-01", TOWNSHIP.name] == [4, 0, 3, 3, 3, 1, 1, 100, 100, 300, 100, 3, 0, 0]
    assert told["2020-12-01", TOWNSHIP.name] == [4, 2, 3, 3, 3, 1, 1, 50, 100, 300, 100, 3, 1, 33.33]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
