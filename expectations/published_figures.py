"""One expectation per published figure: what the ledgers give is what the county reported.

A figure that is known to differ has its own expectation, so that the difference stays in sight.
"""

import csv
from typing import Any

from great_expectations import ExpectationSuite

from expectations.base import ListingExpectation
from taizhang.settings import PROJECT

_SEEDS = PROJECT / "dbt_project" / "seeds"


class FigureExpectation(ListingExpectation):
    """On one row of `published_figure_check`."""

    owner = "county office 县就业局"
    told_apart_by = ("figure_id",)

    figure_id: str


class ExpectPublishedFigureMet(FigureExpectation):
    query = """
select wanted.figure_id, figure.quote, figure.published, figure.computed, figure.difference
from (select '{figure_id}' as figure_id) as wanted
left join {{batch}} as figure on figure.figure_id = wanted.figure_id
where figure.verdict is distinct from 'met'
"""
    default_severity = "warning"


class ExpectKnownDifference(FigureExpectation):
    """A figure that differs by an amount that is known: met while it is that amount, and shown either way."""

    query = """
select figure_id, quote, known_reason_zh, published, computed, difference, verdict
from {{batch}}
where figure_id = '{figure_id}'
"""
    default_severity = "info"

    def unexpected(self, rows: list[dict[str, Any]]) -> int:
        return int([row["verdict"] for row in rows] != ["known difference"])


def published_figures_suite() -> ExpectationSuite:
    """The suite of the published figures, to be run on `published_figure_check`."""
    known = {row["figure_id"]: row for row in _read_seed("known_difference")}
    expectations = [
        _known_difference(known[row["figure_id"]]) if row["figure_id"] in known else _figure(row)
        for row in _read_seed("published_figure")
    ]
    return ExpectationSuite(name="published_figures", expectations=expectations)


def _read_seed(name: str) -> list[dict[str, str]]:
    with (_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _figure(row: dict[str, str]) -> FigureExpectation:
    return ExpectPublishedFigureMet(
        figure_id=row["figure_id"],
        description=f"台账与公布数据相符：{row['quote']}。The ledgers give what was published: {row['statement']}.",
    )


def _known_difference(row: dict[str, str]) -> FigureExpectation:
    return ExpectKnownDifference(
        figure_id=row["figure_id"],
        description=f"已知差异 {row['difference']} 元：{row['reason_zh']}。{row['reason']}.",
    )
