"""The holidays of `dim_date`: as `chinesecalendar` knows them, and as people remember them."""

import csv
import io

import pytest

from taizhang.holiday import SEED, render


def test_the_seed_is_up_to_date() -> None:
    assert SEED.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize(
    ("day", "is_workday", "name_zh"),
    [
        pytest.param("2020-01-31", "false", "春节", id="the spring festival that the epidemic made longer"),
        pytest.param("2020-04-26", "true", "劳动节", id="a Sunday worked for Labour Day"),
        pytest.param("2020-10-01", "false", "国庆节", id="National Day"),
    ],
)
def test_days_that_people_remember(day: str, is_workday: str, name_zh: str) -> None:
    (row,) = [row for row in csv.DictReader(io.StringIO(render())) if row["date_day"] == day]
    assert (row["is_workday"], row["name_zh"]) == (is_workday, name_zh)
