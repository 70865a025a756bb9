"""Dates in every form that clerks give them, and what is none."""

from datetime import date

import pytest

from tests.clean.cells import cleaned


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-05",
        "2020/3/5",
        "2020年3月5日",
        "20200305",
        "2020.3.5",
        "２０２０－３－５",
        "43895",
        "2020-03-05 00:00:00",
        "2020年3月5号",
        "2020.03.05.",
        "2020、3、5",
        "2020，3，5",
        "2020。3。5",
        "2020·3·5",
        "2020—03—05",
        "2020\\3\\5",
        "2020年3.5",
    ],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 5)], [set()])


@pytest.mark.parametrize("text", ["2020-03", "2020年3月", "202003", "2020/3", "2020.3", "2020年3月份", "2020、3"])
def test_a_month_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 1)], [set()])


def test_a_month_that_the_workbook_may_have_cut_short_is_refused() -> None:
    assert cleaned("started_on", "2020.1", number=True)[1] == [{"date_ambiguous"}]
    assert cleaned("started_on", "2020.1", number=False)[1] == [set()]


def test_a_date_of_birth_that_cannot_be_read_is_left_empty() -> None:
    assert cleaned("birth_date", "850101", "1985.1", number=True) == (
        [None, None],
        [{"date_invalid"}, {"date_ambiguous"}],
    )


def test_an_impossible_date_is_refused() -> None:
    assert cleaned("started_on", "2020年13月45日", "2020-02-30", "春节")[1] == [{"date_invalid"}] * 3


@pytest.mark.parametrize(
    "text", ["2020-03-05 08:30:00", "2020-3-5 8:30", "2020-03-05T08:30:00.000Z", "2020年3月5日 08:30"]
)
def test_a_time_of_day_behind_a_date_goes(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 5)], [set()])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2020.2-2020.12", "date_span"),
        ("2020年2月至2020年12月", "date_span"),
        ("2020.2-至今", "date_span"),
        ("2020.2-12", "date_span"),
        ("2020.3—6", "date_span"),
        ("2020年3-5", "date_span"),
        ("2020年3月至5月", "date_span"),
        ("2020年3-5日", "date_span"),
        ("2020.3、5", "date_span"),
        ("2020年3、5月", "date_span"),
        ("2020.3，5", "date_span"),
        ("2020-03—06", "date_span"),
        ("850101", "date_invalid"),
        ("三月", "date_invalid"),
        ("20.3.5", "date_invalid"),
        ("3/5/2020", "date_invalid"),
        ("08:30", "date_invalid"),
    ],
)
def test_what_is_no_single_date_is_refused(text: str, rule: str) -> None:
    assert cleaned("started_on", text)[1] == [{rule}]


def test_months_are_told_apart_where_the_workbook_kept_them_as_text() -> None:
    assert cleaned("started_on", "2020.10", "2020.1", "2020.01")[0] == [date(2020, m, 1) for m in (10, 1, 1)]
    assert cleaned("ended_on", "至今") == ([None], [set()])


def test_a_month_without_a_separator_is_no_count_of_days_but_a_birth_of_the_fifties_is() -> None:
    assert cleaned("started_on", "20203", number=True)[1] == [{"date_invalid"}]
    assert cleaned("birth_date", "20203", number=True) == ([date(1955, 4, 24)], [set()])
