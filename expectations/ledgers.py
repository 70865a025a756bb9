"""One suite per ledger: county, township and village list the same people and agree on every compared column.

Each counts the open breaks of one kind by township, so that what fails here is exactly what stands in
`ledger_break`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Literal

from great_expectations import ExpectationSuite
from great_expectations.core import ExpectationValidationResult
from great_expectations.render import LegacyDiagnosticRendererType
from great_expectations.render.renderer.renderer import renderer

from expectations.base import ListingExpectation
from taizhang.contract import Contract, contracts

RecordBreak = Literal["absent", "extra", "identity", "duplicate"]
_RECORD_BREAKS: dict[RecordBreak, str] = {
    "absent": "没有一级漏登。No record is absent at one level.",
    "extra": "没有一级多登。No record is listed at one level only.",
    "identity": "没有一人两号。No person is listed under another number at one level.",
    "duplicate": "没有一级重复登记。No record is listed twice at one level.",
}
_DIVISION_LEVELS = {"township": ("乡镇", "townships"), "village": ("村（社区）", "villages")}


class ByTownshipExpectation(ListingExpectation):
    """Counts by township; `condition` says which rows, and `counted` how many breaks one stands for."""

    counted: ClassVar[str] = "count(*)"
    condition: ClassVar[str]
    owner = "work team 工作队"

    ledger: str
    marts: str

    query = """
select division.name as township, {counted}::bigint as breaks
from {{batch}} as told
left join {marts}.dim_division as division on division.division_code = left(told.division_code, 9) || '000'
where ledger = '{ledger}' and {condition}
group by division.name
order by breaks desc
"""

    @classmethod
    def sql(cls, fields: Mapping[str, Any]) -> str:
        condition = cls.condition.format(**fields)
        return cls.query.format(counted=cls.counted, condition=condition, **fields)

    def unexpected(self, rows: list[dict[str, Any]]) -> int:
        return sum(row["breaks"] for row in rows)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)  # type: ignore[untyped-decorator]  # it comes without types
    def _diagnostic_observed_value_renderer(  # its name in Great Expectations
        cls, result: ExpectationValidationResult | None = None, **_: Any
    ) -> str:
        """What Data Docs show as observed: the count, and whose it is."""
        found = result.result if result else {}
        rows = found.get("details", {}).get("unexpected_rows", [])
        return "；".join([str(found.get("observed_value", "--")), *(f"{r['township']} {r['breaks']}" for r in rows)])


class BreakExpectation(ByTownshipExpectation):
    """A kind of disagreement between the levels of one ledger that ought not to be open."""

    default_severity = "warning"


class ExpectLevelsToListTheSamePeople(BreakExpectation):
    condition = "status = 'open' and kind = '{kind}'"
    told_apart_by = ("kind",)

    kind: RecordBreak


class ExpectLevelsToAgreeOnColumn(BreakExpectation):
    condition = "status = 'open' and kind = 'differs' and column_name = '{column}'"
    told_apart_by = ("column",)

    column: str


class ExpectLevelsToAgreeOnTotal(BreakExpectation):
    condition = (
        "status = 'open' and kind = 'total' and column_name = '{measure}'"
        " and case right(told.division_code, 3) when '000' then 'township' else 'village' end = '{division_level}'"
    )
    told_apart_by = ("measure", "division_level")

    measure: str
    division_level: Literal["township", "village"]


class ExpectEveryLevelToSpeak(ByTownshipExpectation):
    """Where a level did not hand in or had the row rejected nobody knows whether it agrees: told, and no failure."""

    counted = "sum(unknown)"
    condition = "night_date = '{night_date}' and division_level = 'township' and unknown > 0"
    default_severity = "info"

    told_apart_by = ("ledger",)

    night_date: str


def ledger_suite(contract: Contract, marts: str) -> ExpectationSuite:
    """The suite of one ledger, to be run on `ledger_break`; `marts` is where the names of the townships are."""
    expectations = [
        *_people(contract, marts),
        *_columns(contract, marts),
        *_totals(contract, marts),
    ]
    return ExpectationSuite(name=contract.ledger, expectations=expectations)


def silence_suite(marts: str, night_date: date) -> ExpectationSuite:
    """The suite of what cannot be compared, to be run on `agreement`."""
    expectations = [
        ExpectEveryLevelToSpeak(
            ledger=contract.ledger,
            marts=marts,
            night_date=night_date.isoformat(),
            description=f"{contract.label}：各级都能核对。Every level can speak of every record.",
        )
        for contract in contracts().values()
    ]
    return ExpectationSuite(name="silence", expectations=expectations)


def _people(contract: Contract, marts: str) -> list[BreakExpectation]:
    return [
        ExpectLevelsToListTheSamePeople(
            ledger=contract.ledger, marts=marts, kind=kind, description=f"{contract.label}：{sentence}"
        )
        for kind, sentence in _RECORD_BREAKS.items()
    ]


def _columns(contract: Contract, marts: str) -> list[BreakExpectation]:
    return [
        ExpectLevelsToAgreeOnColumn(
            ledger=contract.ledger,
            marts=marts,
            column=column.name,
            description=f"{contract.label}：三级的“{column.label}”一致。The levels agree on {column.name}.",
        )
        for column in contract.compared
    ]


def _totals(contract: Contract, marts: str) -> list[BreakExpectation]:
    measures = {"records": "行数"} | {column.name: column.label for column in contract.totalled}
    return [
        ExpectLevelsToAgreeOnTotal(
            ledger=contract.ledger,
            marts=marts,
            measure=measure,
            division_level=level,
            description=f"{contract.label}：各{chinese}的“{label}”合计一致。"
            f"The levels agree on the total of {measure} in all {english}.",
        )
        for measure, label in measures.items()
        for level, (chinese, english) in _DIVISION_LEVELS.items()
    ]
