"""Amounts that add up exactly: believable single payments whose sum is a published figure."""

import numpy as np
import numpy.typing as npt

Amounts = npt.NDArray[np.int64]


def until(total: int, amounts: Amounts, least: int) -> Amounts:
    """The first of the amounts, up to the total; the last is cut to fit.

    Where `least` would not be left, the one before it gives what lacks, or takes what is left if it is too small
    for that. Raises `ValueError` where all of them are not enough.
    """
    sums = np.cumsum(amounts)
    if not len(sums) or sums[-1] < total:
        raise ValueError(f"payments of {sums[-1] if len(sums) else 0} fen in all do not reach {total}")
    count = int(np.searchsorted(sums, total)) + 1
    kept = amounts[:count].copy()
    kept[-1] -= sums[count - 1] - total
    lacking = least - kept[-1]
    if lacking <= 0 or count == 1:
        return kept
    if kept[-2] - lacking >= least:
        kept[-2:] += (-lacking, lacking)
        return kept
    kept[-2] += kept[-1]
    return kept[:-1]


def two_rates(total: int, count: int, low: int, high: int) -> Amounts:
    """`count` amounts of a lower and a higher rate; the last takes what neither rate divides."""
    low = min(low, total // count)
    higher = min(count, (total - low * count) // (high - low))
    amounts = np.full(count, low, dtype=np.int64)
    amounts[:higher] = high
    amounts[-1] += total - amounts.sum()
    return amounts


def three_tiers(total: int, count: int, far: int) -> tuple[int, int, int]:
    """How many payments of 400, 200 and 100 yuan, `far` of 400, are `count` in number and `total` fen in sum."""
    near = total // 10_000 - count - 3 * far  # as 4 far + 2 near + home and far + near + home are given
    tiers = (far, near, count - far - near)
    if min(tiers) < 0:
        raise ValueError(f"{count} payments of 400, 200 and 100 yuan, {far} of 400, cannot make {total} fen")
    return tiers


def middle_tier(total: int, count: int) -> int:
    """The number of payments of 400 yuan in the middle of all with which `three_tiers` has an answer."""
    above = total // 10_000 - count
    return (-(-(above - count) // 2) + above // 3) // 2
