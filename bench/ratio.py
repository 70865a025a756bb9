"""A stage of ours and the plain thing beside it, timed in turns."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Ratio:
    """Median seconds of a stage and of the plain thing; `bound` is the ratio that we mean to stay within."""

    stage: str
    ours: float
    plain: float
    plain_thing: str
    bound: float

    @property
    def ratio(self) -> float:
        return self.ours / self.plain


def side_by_side(
    stage: str, ours: Callable[[], object], plain: Callable[[], object], plain_thing: str, bound: float, rounds: int = 3
) -> Ratio:
    """Time both by turns, so that what else the machine does falls on both."""
    seconds = [(seconds_of(ours), seconds_of(plain)) for _ in range(rounds)]
    return Ratio(stage, median(s for s, _ in seconds), median(s for _, s in seconds), plain_thing, bound)


def seconds_of(run: Callable[[], object]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began
