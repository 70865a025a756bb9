"""One suite per ledger: county, township and village list the same people and agree on every compared column.

Each counts the open breaks of one kind, so that what fails here is exactly what stands in `ledger_break`.
"""

from typing import Literal

from great_expectations import ExpectationSuite

from expectations.base import CountingExpectation
from taizhang.contract import Contract

RecordBreak = Literal["absent", "extra", "duplicate"]
_RECORD_BREAKS: dict[RecordBreak, str] = {
    "absent": "没有一级漏登。No record is absent at one level.",
    "extra": "没有一级多登。No record is listed at one level only.",
    "duplicate": "没有一级重复登记。No record is listed twice at one level.",
}
_DIVISION_LEVELS = {"township": ("乡镇", "townships"), "village": ("村（社区）", "villages")}


class BreakExpectation(CountingExpectation):
    """A kind of disagreement between the levels of one ledger that ought not to be open."""

    query = "select division_code, level from {{batch}} where status = 'open' and ledger = '{ledger}'"
    default_severity = "warning"
    owner = "work team 工作队"

    ledger: str


class ExpectLevelsToListTheSamePeople(BreakExpectation):
    query = BreakExpectation.query + " and kind = '{kind}'"
    told_apart_by = ("kind",)

    kind: RecordBreak


class ExpectLevelsToAgreeOnColumn(BreakExpectation):
    query = BreakExpectation.query + " and kind = 'differs' and column_name = '{column}'"
    told_apart_by = ("column",)

    column: str


class ExpectLevelsToAgreeOnTotal(BreakExpectation):
    query = BreakExpectation.query + (
        " and kind = 'total' and column_name = '{measure}'"
        " and case right(division_code, 3) when '000' then 'township' else 'village' end = '{division_level}'"
    )
    told_apart_by = ("measure", "division_level")

    measure: str
    division_level: Literal["township", "village"]


def ledger_suite(contract: Contract) -> ExpectationSuite:
    """The suite of one ledger, to be run on `ledger_break`."""
    expectations = [*_people(contract), *_columns(contract), *_totals(contract)]
    return ExpectationSuite(name=contract.ledger, expectations=expectations)


def _people(contract: Contract) -> list[BreakExpectation]:
    return [
        ExpectLevelsToListTheSamePeople(ledger=contract.ledger, kind=kind, description=f"{contract.label}：{sentence}")
        for kind, sentence in _RECORD_BREAKS.items()
    ]


def _columns(contract: Contract) -> list[BreakExpectation]:
    return [
        ExpectLevelsToAgreeOnColumn(
            ledger=contract.ledger,
            column=column.name,
            description=f"{contract.label}：三级的“{column.label}”一致。The levels agree on {column.name}.",
        )
        for column in contract.compared
    ]


def _totals(contract: Contract) -> list[BreakExpectation]:
    measures = {"records": "行数"} | {column.name: column.label for column in contract.totalled}
    return [
        ExpectLevelsToAgreeOnTotal(
            ledger=contract.ledger,
            measure=measure,
            division_level=level,
            description=f"{contract.label}：各{chinese}的“{label}”合计一致。"
            f"The levels agree on the total of {measure} in all {english}.",
        )
        for measure, label in measures.items()
        for level, (chinese, english) in _DIVISION_LEVELS.items()
    ]
