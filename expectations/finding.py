"""What one expectation found. Kept apart from Great Expectations, which takes seconds to import."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A row of `reconciliation.expectation_result`.

    An expectation that could not be evaluated is critical whatever its own severity; its `unexpected_count`
    is None and `details` says why under `error`. `details` holds JSON values only.
    """

    suite: str
    expectation: str
    ledger: str | None
    severity: str
    success: bool
    unexpected_count: int | None
    description: str
    details: dict[str, Any]

    @property
    def is_structural_failure(self) -> bool:
        return not self.success and self.severity == "critical"

    def __str__(self) -> str:
        what = self.details.get("error") or f"{self.unexpected_count} unexpected"
        return f"{self.suite}: {self.description} ({what})"
