"""The check of a night: do the levels agree, are the published figures met, is anything lost or laid open?

Disagreements and unmet figures are findings; a structural failure stops the publish. The suites themselves
are in `expectations/`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.types.json import Jsonb

from expectations.finding import Finding
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)


class StructuralFailure(RuntimeError):  # noqa: N818  # what it tells of is the data, no fault
    """Tonight's marts are not fit to be published."""


@dataclass(frozen=True)
class CheckResult:
    """`failed` leaves out known differences; `structural` holds a sentence for each structural failure."""

    evaluated: int
    failed: int
    structural: list[str]


def check(night_id: int, night_date: date, marts_schema: str) -> CheckResult:
    """Evaluate every expectation on `marts_schema` and tonight's breaks, and keep what was found.

    Raises `StructuralFailure`, once the findings are kept, if anything critical failed.
    """
    # Great Expectations takes seconds to import, so only who checks pays for it.
    from expectations.evaluation import evaluate

    findings = evaluate(night_date, marts_schema)
    _keep(night_id, findings)
    structural = [str(finding) for finding in findings if finding.is_structural_failure]
    if structural:
        raise StructuralFailure(f"Tonight's marts are not published. {'; '.join(structural)}")
    failed = sum(not finding.success and finding.severity != "info" for finding in findings)
    _log.info("%d expectations evaluated, %d failed", len(findings), failed)
    return CheckResult(len(findings), failed, structural)


def _keep(night_id: int, findings: Sequence[Finding]) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from reconciliation.expectation_result where night_id = %s", [night_id])
        cursor.executemany(
            "insert into reconciliation.expectation_result"
            " (night_id, suite, expectation, ledger, severity, success, unexpected_count, description,"
            " details) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    night_id,
                    finding.suite,
                    finding.expectation,
                    finding.ledger,
                    finding.severity,
                    finding.success,
                    finding.unexpected_count,
                    finding.description,
                    Jsonb(finding.details),
                )
                for finding in findings
            ],
        )
