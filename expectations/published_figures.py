"""One expectation per published figure: what the ledgers give is what the county reported.

The county's report disagrees with itself on one total; that is the one known difference, and stays in sight.
"""

import csv
from decimal import Decimal
from typing import Any

from great_expectations import ExpectationSuite

from expectations.base import ListingExpectation
from taizhang.settings import PROJECT

HEADLINE = "subsidy_total_headline"
KNOWN_DIFFERENCE = Decimal("38000.00")
_SEED = PROJECT / "dbt_project" / "seeds" / "published_figure.csv"


class FigureExpectation(ListingExpectation):
    """On one published figure, told by the sentence in which the county published it."""

    owner = "county office 县就业局"
    told_apart_by = ("figure_id",)

    figure_id: str
    quote: str


class ExpectPublishedFigureMet(FigureExpectation):
    query = """
select wanted.figure_id, wanted.quote, figure.published, figure.computed, figure.difference
from (select '{figure_id}' as figure_id, '{quote}' as quote) as wanted
left join {{batch}} as figure on figure.figure_id = wanted.figure_id
where figure.verdict is distinct from 'met'
"""
    default_severity = "warning"


class ExpectKnownDifference(FigureExpectation):
    """A figure that differs by an amount that is known: met while it is that amount, and shown either way."""

    query = """
select figure_id, '{quote}' as quote, published, computed, difference
from {{batch}}
where figure_id = '{figure_id}'
"""
    default_severity = "info"

    difference: str

    def unexpected(self, rows: list[dict[str, Any]]) -> int:
        return int([abs(row["difference"]) for row in rows] != [Decimal(self.difference)])


def published_figures_suite() -> ExpectationSuite:
    """The suite of the published figures, to be run on `published_figure_check`."""
    with _SEED.open(encoding="utf-8", newline="") as file:
        figures = list(csv.DictReader(file))
    expectations = [
        _known_difference(row) if row["figure_id"] == HEADLINE else _figure(row) for row in figures
    ]
    return ExpectationSuite(name="published_figures", expectations=expectations)


def _figure(figure: dict[str, str]) -> ExpectPublishedFigureMet:
    return ExpectPublishedFigureMet(
        figure_id=figure["figure_id"],
        quote=figure["quote"],
        description=f"台账与公布数据相符：{figure['quote']}。"
        f"The ledgers give what was published: {figure['statement']}.",
    )


def _known_difference(figure: dict[str, str]) -> ExpectKnownDifference:
    return ExpectKnownDifference(
        figure_id=figure["figure_id"],
        quote=figure["quote"],
        difference=str(KNOWN_DIFFERENCE),
        description=f"{figure['quote']}，与分项合计相差 {KNOWN_DIFFERENCE:,} 元，属已知差异。"
        f"The headline differs from the itemised total by {KNOWN_DIFFERENCE:,} yuan, as is known.",
    )
