"""The build: dbt in the warehouse's own Postgres, the models' unit tests, and what a failure may say."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from taizhang import build, night
from taizhang.warehouse import connect
from tests.extracts import DAY, MALE


@pytest.fixture
def empty_models(clean_warehouse: Path) -> None:
    """Every seed as it is and every model without a row: what dbt's unit tests learn the columns from."""
    build.run_dbt(DAY, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


def test_the_models_unit_tests_pass(empty_models: None) -> None:
    assert build.run_dbt(DAY, "test", "--select", "test_type:unit")


def test_a_failure_names_what_failed_but_no_value(warehouse: Path) -> None:
    with pytest.raises(build.BuildError) as failure:
        build.run_dbt(DAY, "show", "--inline", f"select '张三 {MALE}'::integer as wrong")
    assert "invalid input syntax for type integer" in str(failure.value)
    assert MALE not in str(failure.value)
    assert "张三" not in str(failure.value)


@pytest.mark.parametrize(("days", "is_fresh"), [(1, True), (8, False)])
def test_the_ledgers_are_stale_when_nothing_came_for_a_week(clean_warehouse: Path, days: int, is_fresh: bool) -> None:
    with connect("loader") as connection:
        connection.execute(
            "insert into raw.extract (night_id, path, sha256, size_bytes, level, division_code, extract_date, status,"
            " rows_read, rows_accepted, rows_rejected, loaded_at) values (1, 'x', repeat('0', 64), 1, 'county',"
            " '430525000000', %s, 'rejected', 0, 0, 0, now() - make_interval(days => %s))",
            [DAY, days],
        )
    with nullcontext() if is_fresh else pytest.raises(build.BuildError, match="extract"):
        build.run_dbt(DAY, "source", "freshness")


def test_what_an_unpublished_night_left_behind_is_not_built_upon(empty_models: None) -> None:
    with connect("transformer") as connection:
        connection.execute("create table marts_next.left_behind ()")
    result = build.build(night.open_night(DAY), DAY)
    assert (result.marts_schema, result.skipped) == ("marts_next", False)
    with connect() as connection:
        assert connection.execute("select to_regclass('marts_next.left_behind')").fetchone() == (None,)
