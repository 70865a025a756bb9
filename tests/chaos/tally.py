"""The table of faults: how often each was injected, and what was lost."""

from tests.chaos.invariants import Examination

Tally = dict[str, list[Examination]]
_COLUMNS = ("fault", "tries", "rows examined", "rows lost", "partial extracts", "loaded twice")


def as_table(tally: Tally, before: str = "") -> str:
    """The table; a fault that was not injected this time keeps its line of the table `before`."""
    lines = [line for line in before.splitlines() if line.startswith("| ")]
    lines += [_line(_COLUMNS), _line(tuple("---" for _ in _COLUMNS))]
    lines += [_line((fault, *_sums(examined))) for fault, examined in tally.items()]
    return "\n".join({line.split(" | ")[0]: line for line in lines}.values())


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _sums(examined: list[Examination]) -> tuple[str, ...]:
    sums = [sum(getattr(one, name) for one in examined) for name in ("rows", "lost", "partial", "doubled")]
    return (str(len(examined)), *(f"{number:,}" for number in sums))
