"""The story of a county's nights, each through Airflow in one process: `taizhang night` and nothing else."""

import json
import re
from typing import Any

import pytest

from taizhang.demo.figures import figures_for
from taizhang.settings import PROJECT
from tests.end_to_end.cookbook import ANOTHER_ROUTE, Truth, ask, cookbook
from tests.end_to_end.county import County, Settle
from tests.end_to_end.findings import found_breaks, found_suspicions, planted_breaks, planted_suspicions
from tests.end_to_end.privacy import laid_open, personal_values, texts_of_files, texts_of_marts

PEOPLE = 400
Summary = dict[str, Any]


@pytest.fixture(scope="module")
def county(settle: Settle) -> County:
    return settle(PEOPLE)


@pytest.fixture(scope="module")
def first(county: County) -> Summary:
    summary: Summary = county.taizhang("night")
    return summary


@pytest.fixture(scope="module")
def rows_after_first(county: County, first: Summary) -> list[dict[str, Any]]:
    return county.rows(COUNT_ROWS)


@pytest.fixture(scope="module")
def second(county: County, rows_after_first: list[dict[str, Any]]) -> Summary:
    """The same night again, on the same inbox."""
    summary: Summary = county.taizhang("night")
    return summary


COUNT_ROWS = " union all ".join(
    f"select '{table}' as table_name, count(*) from {table}"
    for table in (
        "raw.extract", "raw.employment", "raw.training", "raw.subsidy", "raw.problem", "vault.person",
        "marts.fct_employment", "marts.fct_training", "marts.fct_subsidy",
    )
)  # fmt: skip


def test_every_file_of_the_inbox_is_received_and_loaded(county: County, first: Summary) -> None:
    files = [path for path in (county.home / "inbox" / "2020-12-31").rglob("*") if path.is_file()]
    assert first["date"] == "2020-12-31"
    assert first["files"] == {"received": len(files), "loaded": len(files), "unchanged": 0, "rejected": 0}
    assert first["rows"]["read"] == first["rows"]["accepted"] + first["rows"]["rejected"]


def test_the_rows_rejected_are_those_that_were_spoilt(county: County, first: Summary) -> None:
    spoilt = {
        (fault["file"], fault["sheet"], fault["row"])
        for fault in county.truth["faults"]
        if fault["severity"] == "error"
    }
    assert spoilt
    assert first["rows"]["rejected"] == len(spoilt)


def test_the_breaks_found_are_those_planted_and_no_others(county: County, first: Summary) -> None:
    found, planted = found_breaks(county), planted_breaks(county)
    assert planted
    assert found - planted == set()
    assert planted - found == set()
    assert first["breaks"] == {"open": len(planted), "new": len(planted), "closed": 0}


def test_the_marts_hold_each_labourer_once_and_no_more_of_a_name_than_its_first_character(
    county: County, first: Summary
) -> None:
    names = [row["masked_name"] for row in county.rows("select masked_name from marts.dim_labourer")]
    assert len(names) == PEOPLE
    assert all(re.fullmatch(r".\*+", name) for name in names)


def test_an_analyst_reads_the_marts(county: County, first: Summary) -> None:
    asked = county.rows("select count(*) as labourers from marts.dim_labourer", role="analyst")
    assert asked == [{"labourers": PEOPLE}]


def test_the_suspicions_found_are_those_planted_and_no_others(county: County, first: Summary) -> None:
    planted = planted_suspicions(county)
    assert found_suspicions(county) == planted
    assert len({rule for rule, *_ in planted}) == 17


def test_the_published_sums_are_met_all_the_same(county: County, first: Summary) -> None:
    paid = county.rows(
        "select subsidy_type, sum(amount) as yuan from marts.fct_subsidy where is_paid group by subsidy_type"
    )
    assert {row["subsidy_type"]: 100 * float(row["yuan"]) for row in paid} == figures_for(PEOPLE).paid


def test_every_question_of_the_analysts_cookbook_is_answered_with_what_is_true(county: County, first: Summary) -> None:
    answered = ask(county.home, "analyst", cookbook())
    true = Truth(PEOPLE, county.truth).answers() | ask(county.home, "postgres", ANOTHER_ROUTE)
    assert len(answered) >= 20
    assert all(answered.values())
    assert answered == true


def test_a_question_to_a_table_that_keeps_every_night_asks_for_one_night() -> None:
    kept = re.compile(r"\b(daily_report|submission_status|reconciliation\.agreement\w*)")
    asked = {question: query for question, query in cookbook().items() if kept.search(query)}
    assert len(asked) >= 3
    assert [question for question, query in asked.items() if "night_date" not in query] == []


def test_the_record_that_the_readme_traces_is_there(county: County, first: Summary) -> None:
    for page in ("README.md", "README.zh-CN.md"):
        (key,) = re.findall(r"taizhang trace subsidy (\S+)", (PROJECT / page).read_text(encoding="utf-8"))
        assert county.taizhang("trace", "subsidy", key)


def test_the_monthly_report_adds_up_to_the_published_figures(county: County, first: Summary) -> None:
    (report,) = county.rows(
        "select registered, working_away, stable_six_months, placed_again, trained, working_away_last_year,"
        " subsidy_amount from marts.monthly_report where division_level = 'county' and month = '2020-12-01'"
    )
    names = "registered_labourers working_away stable_six_months returnees trainees working_away_previous_year"
    computed = county.rows("select figure_id, computed from marts.published_figure_check")
    figures = {row["figure_id"]: float(row["computed"]) for row in computed}
    assert [float(count) for count in report.values()] == [
        figures[name] for name in (*names.split(), "subsidy_total_paid")
    ]


def test_every_returnee_left_a_spell_of_work_and_was_placed_in_another(county: County, first: Summary) -> None:
    returns = county.rows("select left_spell_no, placed_spell_no, placed_as, returned_on from marts.fct_return")
    assert returns
    assert all(None not in row.values() and row["left_spell_no"] < row["placed_spell_no"] for row in returns)


def test_those_who_lack_of_the_due_are_those_suspected_to_be_unpaid(county: County, first: Summary) -> None:
    lacking = county.rows(
        "select year, sum(due - due_paid)::int as people from marts.monthly_subsidy_report"
        " inner join marts.dim_date on date_day = monthly_subsidy_report.month and is_closing_month"
        " where division_level = 'county' group by year having sum(due - due_paid) > 0"
    )
    unpaid = "select year, count(*)::int as people from marts.subsidy_suspicion where rule = 'due_unpaid' group by year"
    assert lacking == county.rows(unpaid) != []


def test_who_did_not_hand_in_is_told(county: County, first: Summary) -> None:
    told = county.rows("select ledger, division_code, status from marts.submission_status where not is_late")
    assert {row["status"] for row in told} == {"handed_in"}
    loaded = county.rows("select distinct ledger, division_code from raw.extract where status = 'loaded'")
    assert {(row["ledger"], row["division_code"]) for row in told} == {tuple(row.values()) for row in loaded}


def test_the_checks_are_evaluated_and_their_pages_built(county: County, first: Summary) -> None:
    assert first["expectations"]["evaluated"] > first["expectations"]["failed"] > 0
    assert (county.home / "outbox" / "data_docs" / "index.html").is_file()


def test_the_alert_tells_the_breaks_and_nobody_s_number(county: County, first: Summary) -> None:
    text = (county.home / "outbox" / "alerts" / "2020-12-31.md").read_text(encoding="utf-8")
    assert first["alerts_sent"] == 1
    assert f"未消除差异 {first['breaks']['open']} 处" in text
    assert not re.search(r"\d{15}", text)


def test_no_name_and_no_number_of_a_person_is_laid_open_anywhere(county: County, first: Summary) -> None:
    values = personal_values(county)
    assert len(values) > 2 * PEOPLE
    texts = [*texts_of_files(county.home), *texts_of_marts(county.home)]
    assert {"airflow/in_process.db", "dbt/logs/dbt.log", "marts.fct_employment"} <= {place for place, _ in texts}
    assert {place: found for place, text in texts if (found := laid_open(text, values))} == {}


def test_a_name_is_found_as_json_writes_it_too() -> None:
    assert laid_open(json.dumps({"return_value": "张三丰"}), {"张三丰"}) == {"张三丰"}


def test_each_stage_says_how_long_it_took(first: Summary) -> None:
    assert list(first["seconds"]) == ["load", "build", "check", "publish", "alert", "total"]
    assert all(seconds > 0 for seconds in first["seconds"].values())


def test_the_same_night_again_loads_nothing_and_adds_no_row(
    county: County, first: Summary, rows_after_first: list[dict[str, Any]], second: Summary
) -> None:
    received = first["files"]["received"]
    assert second["files"] == {"received": received, "loaded": 0, "unchanged": received, "rejected": 0}
    assert county.rows(COUNT_ROWS) == rows_after_first


def test_the_same_night_again_finds_the_same_breaks_and_none_new(first: Summary, second: Summary) -> None:
    assert second["breaks"] == {"open": first["breaks"]["open"], "new": 0, "closed": 0}


def test_the_same_night_again_is_told_to_nobody_twice(second: Summary) -> None:
    assert second["alerts_sent"] == 0


def test_the_same_night_again_builds_only_what_tells_of_the_night(county: County, second: Summary) -> None:
    nights = county.rows("select summary -> 'models' as seconds from reconciliation.night order by night_id")
    built, built_again = (set(night["seconds"]) for night in nights)
    assert {"night", "ledger_break", "agreement"} <= built_again < built
    assert not [model for model in built_again if model.startswith(("fct_", "dim_", "stg_employment"))]


def test_status_tells_of_the_last_night(county: County, second: Summary) -> None:
    told = county.taizhang("status")
    assert told["night"] == {"status": "published", **second}
    assert sum(count["open"] for count in told["breaks"]) == second["breaks"]["open"]


def test_tables_built_anew_hold_the_same_rows_as_those_of_the_nights(county: County, second: Summary) -> None:
    published = _digests(county, "marts", "reconciliation")
    county.rebuild()
    assert _digests(county, "marts_next", "reconciliation_next") == published
    assert {"fct_employment", "subsidy_suspicion", "ledger_break", "agreement"} <= set(published)


@pytest.fixture(scope="module")
def clean(settle: Settle) -> tuple[County, Summary]:
    county = settle(PEOPLE, "--clean")
    return county, county.taizhang("night")


def test_a_clean_county_has_no_breaks_no_suspicions_and_nothing_rejected(clean: tuple[County, Summary]) -> None:
    county, summary = clean
    assert county.rows("select * from marts.subsidy_suspicion") == []
    assert summary["breaks"] == {"open": 0, "new": 0, "closed": 0}
    assert summary["rows"]["rejected"] == summary["files"]["rejected"] == 0


def test_a_structural_failure_leaves_the_night_before_published_and_the_next_night_publishes(
    clean: tuple[County, Summary],
) -> None:
    county, _ = clean
    built_at = "select built_at from marts.night"
    yesterday = county.rows(built_at)
    # A row that was accepted is lost on the way.
    lose = "update raw.extract set rows_read = rows_read {0} 1, rows_accepted = rows_accepted {0} 1 where ledger <> ''"
    county.rows(lose.format("+"), role="loader")
    county.taizhang("night", status=1)
    assert (county.taizhang("status")["night"]["status"], county.rows(built_at)) == ("failed", yesterday)
    county.rows(lose.format("-"), role="loader")
    county.taizhang("night")
    assert county.taizhang("status")["night"]["status"] == "published"
    assert county.rows(built_at) != yesterday


def _digests(county: County, *schemas: str) -> dict[str, str]:
    """A digest of the rows of every table that a build makes; `night` tells only when it was built."""
    built = (
        "select schemaname as schema, tablename as name from pg_tables"
        f" where schemaname in {schemas} and tableowner = 'transformer' and tablename <> 'night'"
    )
    digest = "md5(string_agg(t::text, '|' order by t::text))"
    tables = county.rows(built)
    query = " union all ".join(
        f"select '{t['name']}' as name, {digest} as rows from {t['schema']}.{t['name']} t" for t in tables
    )
    return {row["name"]: row["rows"] for row in county.rows(query)}
