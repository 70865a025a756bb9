"""What all our expectations share: a query of the rows that ought not to be, a severity and an owner."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from great_expectations.expectations import UnexpectedRowsExpectation

Severity = Literal["critical", "warning", "info"]
_SEVERITIES: dict[Severity, str] = {
    "critical": "严重 critical",
    "warning": "提醒 warning",
    "info": "记录 info",
}
_ROWS = "unexpected_rows_query.table"


class DomainExpectation(UnexpectedRowsExpectation):  # type: ignore[misc]  # it comes without types
    """An expectation in the words of the ledgers, met when `query` finds no row.

    A subclass declares its parameters as fields; in `query`, `{name}` stands for a field and `{{batch}}` for
    the table. `told_apart_by` names the fields that tell it from its like in one suite.
    """

    query: ClassVar[str]
    default_severity: ClassVar[Severity]
    owner: ClassVar[str]
    told_apart_by: ClassVar[tuple[str, ...]] = ()

    unexpected_rows_query: str = ""

    def __init__(self, **fields: Any) -> None:
        defaults = {
            "unexpected_rows_query": self.sql(fields),
            "severity": self.default_severity,
            "meta": {"name": self.name(fields), "owner": self.owner},
            "notes": f"{_SEVERITIES[self.default_severity]}；{self.owner}",
        }
        super().__init__(**(defaults | fields))

    @classmethod
    def name(cls, fields: Mapping[str, Any]) -> str:
        """Name of one expectation within its suite: `expect_levels_to_agree_on_column(education)`."""
        arguments = ", ".join(str(fields[field]) for field in cls.told_apart_by)
        return f"{cls.expectation_type}({arguments})" if arguments else cls.expectation_type

    @classmethod
    def sql(cls, fields: Mapping[str, Any]) -> str:
        """`query` with the fields filled in and `{batch}` left for Great Expectations."""
        return cls.query.format(**{name: double_braces(str(value)) for name, value in fields.items()})


class ListingExpectation(DomainExpectation):
    """Keeps the rows that it finds, 200 at most: they hold counts, codes and surrogate keys, never a name."""

    metric_dependencies = (_ROWS,)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        rows = metrics[_ROWS]
        unexpected = self.unexpected(rows)
        return {
            "success": not unexpected,
            "result": {"observed_value": unexpected, "details": {"unexpected_rows": rows}},
        }

    def unexpected(self, rows: list[dict[str, Any]]) -> int:
        """How many of the rows found are unexpected: all, unless a subclass knows better."""
        return len(rows)


def double_braces(text: str) -> str:
    """The text as it has to stand in a query for its braces to survive Great Expectations."""
    return text.replace("{", "{{").replace("}", "}}")
