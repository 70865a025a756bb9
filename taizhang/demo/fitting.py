"""Amounts that add up exactly: believable single payments whose sum is a published figure."""

import numpy as np
import numpy.typing as npt

Amounts = npt.NDArray[np.int64]


def until(total: int, amounts: Amounts, least: int) -> Amounts:
    """The first of the amounts, up to the total; the last is cut to fit, or joined to the one before it.

    Joined, where what is left is below `least`. Raises `ValueError` where all of them are not enough.
    """
    sums = np.cumsum(amounts)
    if not len(sums) or sums[-1] < total:
        raise ValueError(f"payments of {sums[-1] if len(sums) else 0} fen in all do not reach {total}")
    count = int(np.searchsorted(sums, total)) + 1
    kept = amounts[:count].copy()
    kept[-1] -= sums[count - 1] - total
    if kept[-1] < least and count > 1:
        kept[-2] += kept[-1]
        kept = kept[:-1]
    return kept


def two_rates(total: int, count: int, low: int, high: int) -> Amounts:
    """`count` amounts of a lower and a higher rate; the last takes what neither rate divides."""
    low = min(low, total // count)
    higher = min(count, (total - low * count) // (high - low))
    amounts = np.full(count, low, dtype=np.int64)
    amounts[:higher] = high
    amounts[-1] += total - amounts.sum()
    return amounts


def three_tiers(total: int, count: int, available: tuple[int, int, int]) -> tuple[int, int, int]:
    """How many payments of 400, 200 and 100 yuan are `count` in number and `total` fen in sum.

    `available` bounds each. As 4a + 2b + c and a + b + c are given, b is a multiple of 3 above its least.
    """
    difference = total // 10_000 - count  # 3a + b
    for middle in range(difference % 3 + 3 * (count // 90), -1, -3):
        tiers = ((difference - middle) // 3, middle, count - middle - (difference - middle) // 3)
        if all(0 <= tier <= most for tier, most in zip(tiers, available, strict=True)):
            return tiers
    raise ValueError(f"{count} payments of 400, 200 and 100 yuan cannot make {total} fen")
