"""The check of a night: what it counts, what stops the publish, and what it never shows."""

import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest
from psycopg.rows import dict_row

from taizhang.contract import LEDGERS, contracts
from taizhang.expect import CheckResult, StructuralFailure, check
from taizhang.redact import SHAPES
from taizhang.settings import PROJECT, settings
from taizhang.warehouse import connect, migrate

NIGHT = date(2020, 12, 31)
COUNTY, TOWNSHIP, VILLAGE = "430525000000", "430525103000", "430525103001"
ID_NUMBER, MOBILE, ACCOUNT = "990525199001011234", "13812345678", "6222020200001234567"

TABLES = """
create table marts_next.dim_division (division_code text, name text, parent_code text);
create table marts_next.dim_labourer (labourer_key bigint, village_code text);
create table marts_next.dim_training_class (year integer, class_no text);
create table marts_next.fct_employment (labourer_key bigint, month date, village_code text, employer text);
create table marts_next.fct_training (labourer_key bigint, year integer, class_no text, village_code text);
create table marts_next.fct_subsidy (year integer, payment_no text, village_code text, payee text);
create table marts_next.published_figure_check (
    figure_id text, quote text, published numeric(16, 2), computed numeric(16, 2), difference numeric(16, 2),
    verdict text, known_reason_zh text
);
create table reconciliation_next.ledger_break (
    ledger text, kind text, level text, division_code text, column_name text, county_value text, status text
);
create table reconciliation_next.agreement (
    night_date date, ledger text, division_code text, division_level text, unknown bigint
);
create table intermediate.int_employment__record (extract_id bigint);
create table intermediate.int_training__record (extract_id bigint);
create table intermediate.int_subsidy__record (extract_id bigint);
grant select on all tables in schema marts_next, reconciliation_next, intermediate to checker;
"""
ROWS = f"""
insert into marts_next.dim_division values
    ('{COUNTY}', '洞口县', '430500000000'),
    ('{TOWNSHIP}', '高沙镇', '{COUNTY}'),
    ('{VILLAGE}', '长裕社区', '{TOWNSHIP}');
insert into marts_next.fct_employment values
    (1, '2020-12-01', '{VILLAGE}', '某某电子有限公司'), (1, '2019-12-01', null, null);
insert into marts_next.fct_training values
    (1, 2020, 'PX2020-01', '{VILLAGE}'), (1, 2020, 'PX2020-02', '{VILLAGE}');
insert into marts_next.fct_subsidy values
    (2020, '202005140010001', '{VILLAGE}', '张*'), (2020, '990525202011300001', '{VILLAGE}', '李*');
"""


@dataclass(frozen=True)
class Outcome:
    """What a check returned or raised, the rows that it kept and the text of its Data Docs."""

    result: CheckResult | None
    failure: StructuralFailure | None
    rows: list[dict[str, Any]]
    docs: str

    def row(self, suite: str, expectation: str) -> dict[str, Any]:
        (row,) = [row for row in self.rows if (row["suite"], row["expectation"]) == (suite, expectation)]
        return row


def run_check() -> Outcome:
    result, failure = None, None
    with connect() as connection:
        ((night_id,),) = connection.execute(
            "insert into reconciliation.night (night_date) values (%s) returning night_id", [NIGHT]
        ).fetchall()
    try:
        result = check(night_id, NIGHT, "marts_next")
    except StructuralFailure as error:
        failure = error
    with connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("select * from reconciliation.expectation_result where night_id = %s", [night_id])
        rows = cursor.fetchall()
    pages = (settings().outbox_dir / "data_docs").rglob("*.html")
    return Outcome(result, failure, rows, "".join(page.read_text(encoding="utf-8") for page in pages))


def execute(statements: str) -> None:
    with connect() as connection:
        connection.execute(statements)  # type: ignore[arg-type]  # our own statements


def empty_schemas() -> None:
    execute("truncate raw.extract cascade; drop schema marts_next, reconciliation_next, intermediate cascade")
    migrate()


@pytest.fixture(scope="module")
def tables(warehouse: None) -> Iterator[None]:
    """The tables that a build leaves behind, small and in order."""
    empty_schemas()
    execute(TABLES + ROWS)
    publish_figures()
    yield
    empty_schemas()


def publish_figures() -> None:
    with (
        (PROJECT / "dbt_project/seeds/published_figure.csv").open(encoding="utf-8") as file,
        connect() as connection,
    ):
        connection.cursor().executemany(
            "insert into marts_next.published_figure_check values (%s, %s, %s, %s, 0, 'met')",
            [
                (figure["figure_id"], figure["quote"], figure["value"], figure["value"])
                for figure in csv.DictReader(file)
            ],
        )
        connection.execute(
            "update marts_next.published_figure_check"
            " set computed = 61341500, difference = 38000, verdict = 'known difference'"
            " where figure_id = 'subsidy_total_headline'"
        )


def plant_breaks(count: int) -> Counter[tuple[str, str]]:
    """Write breaks of every kind at random; return how many are open, by suite and expectation."""
    dice = random.Random(20201231)  # noqa: S311  # a reproducible table, no secret
    rows, open_breaks = [], Counter[tuple[str, str]]()
    for _ in range(count):
        contract, status = contracts()[dice.choice(LEDGERS)], dice.choice(["open", "open", "accepted", "closed"])
        kind = dice.choice(["absent", "extra", "identity", "duplicate", "differs", "total"])
        division_level, code = dice.choice([("township", TOWNSHIP), ("village", VILLAGE)])
        column, name = None, f"expect_levels_to_list_the_same_people({kind})"
        if kind == "differs":
            column = dice.choice(contract.compared).name
            name = f"expect_levels_to_agree_on_column({column})"
        if kind == "total":
            column = dice.choice(["records", *(totalled.name for totalled in contract.totalled)])
            name = f"expect_levels_to_agree_on_total({column}, {division_level})"
        rows.append((contract.ledger, kind, dice.choice(["county", None]), code, column, ID_NUMBER, status))
        open_breaks[contract.ledger, name] += status == "open"
    with connect() as connection:
        connection.cursor().executemany(
            "insert into reconciliation_next.ledger_break values (%s, %s, %s, %s, %s, %s, %s)", rows
        )
    return open_breaks


# A night on which the levels disagree, and all else is well


@pytest.fixture(scope="module")
def planted(tables: None) -> Counter[tuple[str, str]]:
    return plant_breaks(300)


@pytest.fixture(scope="module")
def night(planted: Counter[tuple[str, str]]) -> Outcome:
    execute(f"insert into reconciliation_next.agreement values ('{NIGHT}', 'subsidy', '{TOWNSHIP}', 'township', 7)")
    execute(
        "update marts_next.published_figure_check set verdict = 'not met', computed = 2630, difference = -1"
        " where figure_id = 'trainees'"
    )
    return run_check()


def test_each_expectation_counts_exactly_the_open_breaks_it_names(
    night: Outcome, planted: Counter[tuple[str, str]]
) -> None:
    found = {
        (row["suite"], row["expectation"]): row["unexpected_count"] for row in night.rows if row["suite"] in LEDGERS
    }
    assert +Counter(found) == +planted
    assert all(row["success"] == (row["unexpected_count"] == 0) for row in night.rows)


def test_what_is_found_is_told_by_township(night: Outcome) -> None:
    row = night.row("training", "expect_levels_to_list_the_same_people(absent)")
    assert row["details"] == {"township": "高沙镇", "breaks": row["unexpected_count"]}
    assert f"{row['unexpected_count']}；高沙镇 {row['unexpected_count']}" in night.docs


def test_records_that_a_level_cannot_speak_of_are_told_and_are_no_failure(night: Outcome) -> None:
    row = night.row("silence", "expect_every_level_to_speak(subsidy)")
    assert (row["severity"], row["unexpected_count"]) == ("info", 7)


def test_every_compared_column_has_its_expectation(night: Outcome) -> None:
    for ledger, contract in contracts().items():
        for column in contract.compared:
            assert night.row(ledger, f"expect_levels_to_agree_on_column({column.name})")["ledger"] == ledger


def test_disagreements_and_unmet_figures_are_findings_that_do_not_stop_the_night(night: Outcome) -> None:
    assert night.failure is None
    assert night.result is not None
    assert night.result.structural == []
    assert night.result.evaluated == len(night.rows)
    assert night.result.failed == sum(not row["success"] and row["severity"] != "info" for row in night.rows)
    assert {row["severity"] for row in night.rows if not row["success"]} == {"warning", "info"}


def test_an_unmet_figure_shows_what_was_published_and_what_the_ledgers_give(night: Outcome) -> None:
    row = night.row("published_figures", "expect_published_figure_met(trainees)")
    assert row["unexpected_count"] == 1
    assert row["details"] == {
        "figure_id": "trainees",
        "quote": "受训人数2631人",
        "published": "2631.00",
        "computed": "2630.00",
        "difference": "-1.00",
    }


def test_the_known_difference_stays_in_sight_and_is_no_failure(night: Outcome) -> None:
    row = night.row("published_figures", "expect_known_difference(subsidy_total_headline)")
    assert (row["severity"], row["success"], row["details"]["difference"]) == ("info", True, "38000.00")
    assert "已知差异 38000.00 元" in night.docs


def test_expectations_are_described_in_both_languages(night: Outcome) -> None:
    for row in night.rows:
        assert re.search(r"[一-鿿].*[a-z]{3}", row["description"])
    assert "就业帮扶台账：三级的“姓名”一致。The levels agree on name." in night.docs


def test_the_docs_need_no_network_and_begin_with_what_failed(night: Outcome) -> None:
    assert not re.search(r"""<script|<style|(src|href)="https?://[^"]+\.(css|js|png)""", night.docs)
    index = (settings().outbox_dir / "data_docs" / "index.html").read_text(encoding="utf-8")
    linked = re.findall(r'<td><a href="(.*?)">(.*?)</a></td><td class="(.*?)">', index)
    assert all((settings().outbox_dir / "data_docs" / unquote(page)).is_file() for page, _, _ in linked)
    verdicts = {title: verdict for _, title, verdict in linked}
    assert verdicts["就业帮扶台账 employment"] == "failed"
    assert {"公布数据 published_figures", "无法核对 silence"} <= verdicts.keys()
    assert list(verdicts.values()) == sorted(verdicts.values())
    assert {title.split()[-1] for title in verdicts} == {row["suite"] for row in night.rows}


def test_no_number_of_a_person_is_in_a_result_or_in_the_docs(night: Outcome) -> None:
    results = "".join(str(row["details"]) + row["description"] for row in night.rows)
    assert not any(re.search(shape, results) for shape in SHAPES.values())
    assert ID_NUMBER not in night.docs


# A night on which the structure gave way


@pytest.fixture(scope="module")
def broken_night(night: Outcome) -> Outcome:
    execute(f"""
        insert into marts_next.fct_training values
            (1, 2020, '{ID_NUMBER}', '{VILLAGE}');
        insert into marts_next.fct_employment values (2, '2020-12-01', 'nowhere', '老板{ID_NUMBER}');
        insert into marts_next.fct_subsidy
        values (2020, 'BT-1', '{VILLAGE}', '电话{MOBILE}'), (2020, 'BT-2', null, '{ACCOUNT}');
        alter table marts_next.published_figure_check drop column verdict;
        create table marts_next.dim_closed (label text);
        insert into raw.extract
            (night_id, path, sha256, size_bytes, level, division_code, extract_date, ledger, period, status,
            rows_read, rows_accepted, rows_rejected)
        select
            1, 'x', repeat('0', 64), 1, 'county', '{COUNTY}', '{NIGHT}', 'training', '2020-01-01', 'loaded',
            4, 3, 1
        from generate_series(1, 2);
        insert into intermediate.int_training__record select max(extract_id) from raw.extract;
    """)
    return run_check()


def test_a_structural_failure_is_raised_once_the_results_are_kept(broken_night: Outcome) -> None:
    critical = [row for row in broken_night.rows if row["severity"] == "critical" and not row["success"]]
    assert "are not published" in str(broken_night.failure)
    assert len(critical) > 1
    assert all(row["description"] in str(broken_night.failure) for row in critical)


def test_a_division_that_is_not_the_countys_is_found(broken_night: Outcome) -> None:
    assert broken_night.row("fct_employment", "expect_known_division(village_code)")["unexpected_count"] == 1
    assert broken_night.row("fct_training", "expect_known_division(village_code)")["success"]


def test_a_row_lost_after_its_extract_was_accepted_is_found(broken_night: Outcome) -> None:
    row = broken_night.row("extract", "expect_every_accepted_row_compared(training)")
    assert (row["details"]["rows_accepted"], row["details"]["rows_compared"]) == (3, 1)
    assert broken_night.row("extract", "expect_every_accepted_row_compared(subsidy)")["success"]


def test_a_rejected_row_whose_text_was_not_kept_is_found(night: Outcome, broken_night: Outcome) -> None:
    row = broken_night.row("extract", "expect_every_rejected_row_kept")
    assert [(lost["rows_rejected"], lost["rows_kept"]) for lost in row["details"]["rows"]] == [(1, 0), (1, 0)]
    assert night.row("extract", "expect_every_rejected_row_kept")["success"]


def test_a_number_of_a_person_in_a_mart_is_found_and_not_repeated(broken_night: Outcome) -> None:
    found = {
        row["suite"]: row["details"]
        for row in broken_night.rows
        if row["expectation"] == "expect_no_number_of_a_person" and not row["success"]
    }
    assert found == {
        "fct_employment": {"column_name": "employer", "occurrences": 1},
        "fct_training": {"column_name": "class_no", "occurrences": 1},
        "fct_subsidy": {"column_name": "payee", "occurrences": 2},
    }
    told = str(broken_night.failure) + broken_night.docs + str(broken_night.rows)
    assert not any(number in told for number in (ID_NUMBER, MOBILE, ACCOUNT))


def test_an_expectation_that_cannot_be_evaluated_is_told_apart_from_data_that_fail(
    broken_night: Outcome,
) -> None:
    row = broken_night.row("published_figures", "expect_published_figure_met(trainees)")
    assert (row["severity"], row["unexpected_count"]) == ("critical", None)
    assert "verdict does not exist" in row["details"]["error"]


def test_a_table_closed_to_the_checker_is_a_failure_and_not_a_crash(broken_night: Outcome) -> None:
    row = broken_night.row("dim_closed", "expect_table_readable")
    assert row["details"]["error"] == "permission denied for table dim_closed"
