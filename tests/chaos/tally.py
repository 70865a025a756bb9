"""The table of faults: how often each was injected, and what was lost."""

from tests.chaos.invariants import Examination

Tally = dict[str, list[Examination]]
_COLUMNS = ("fault", "tries", "rows examined", "rows lost", "partial extracts", "loaded twice")


def as_table(tally: Tally) -> str:
    lines = [_COLUMNS, tuple("---" for _ in _COLUMNS), *(_line(fault, tally[fault]) for fault in tally)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(fault: str, examined: list[Examination]) -> tuple[str, ...]:
    sums = [sum(getattr(one, name) for one in examined) for name in ("rows", "lost", "partial", "doubled")]
    return (fault, str(len(examined)), *(f"{number:,}" for number in sums))
