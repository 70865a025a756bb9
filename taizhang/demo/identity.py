"""Numbers that look right and can belong to nobody."""

from collections.abc import Iterator, Sequence, Set

import numpy as np
import numpy.typing as npt
import polars as pl

Dates = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

REGION = 990525
"""Region code of every identity number: 99 is no province in GB/T 2260."""
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999, annex A
_CHECK_CHARACTERS = np.array(list("10X98765432"))
_PHONE_SEGMENT = 141  # carries 13-digit numbers of machines only, so no 11-digit number of it is a subscriber's
_PHONE_STRIDE = 61_803_399  # coprime with 10**8: no two people share a phone
_ACCOUNT_PREFIX = "990525"  # no bank's: UnionPay cards begin with 62
_SEQUENCES = 500  # odd (or even) sequences of one day
_STRIDE = 37  # coprime with `_SEQUENCES`: spreads them without meeting twice


def id_numbers(born: Dates, male: Flags, *, used: int = 0) -> list[str]:
    """Identity numbers after GB 11643-1999, one a person, all different.

    `used` skips as many sequences of each day, so that numbers given out later differ from earlier ones.
    """
    days = pl.DataFrame({"born": born.astype("datetime64[D]"), "male": male})
    nth = days.select(pl.int_range(pl.len()).over("born", "male")).to_series().to_numpy() + used
    if nth.size and nth.max() >= _SEQUENCES:
        raise ValueError("more people were born on one day than an identity number can tell apart")
    sequence = nth * _STRIDE % _SEQUENCES * 2 + male
    day = days["born"].dt.strftime("%Y%m%d").cast(pl.Int64).to_numpy()
    body = (REGION * 10**8 + day) * 1000 + sequence
    return [f"{number}{check}" for number, check in zip(body.tolist(), _check_characters(body), strict=True)]


def slipped(ids: Sequence[str], taken: Set[str]) -> list[str]:
    """Each number as a hand may slip: a wrong digit, two neighbours swapped, or two wrong digits, in turn.

    The check character is that of the new number, as a number whose own digits contradict it is never loaded. The
    region, the day of birth and the gender stay; a slip that hits on somebody else's number is made further on.
    """
    numbers, used = [], set(taken)
    for nth, id_no in enumerate(ids):
        number = next(slip for slip in _slips(id_no, nth) if slip not in used)
        used.add(number)
        numbers.append(number)
    return numbers


def old_number(id_no: pl.Expr) -> pl.Expr:
    """The 15 digits of a card of before 1999: neither the century of birth nor a check character."""
    return id_no.str.head(6) + id_no.str.slice(8, 9)


def _slips(id_no: str, nth: int) -> Iterator[str]:
    """Slips of the fifteenth and sixteenth digit, those of the kind that is `nth`'s turn first."""
    first, second = int(id_no[14]), int(id_no[15])
    wrong = [(first, (second + step) % 10) for step in range(1, 10)]
    swapped = [(second, first)] if first != second else []
    both = [((first + step) % 10, (second + 3) % 10) for step in range(1, 10)]
    kinds = [wrong, swapped, both]
    for pair in (pair for turn in range(3) for pair in kinds[(nth + turn) % 3]):
        body = f"{id_no[:14]}{pair[0]}{pair[1]}{id_no[16]}"
        yield body + _check_characters(np.array([int(body)]))[0]


def _check_characters(body: Indices) -> list[str]:
    """ISO 7064 MOD 11-2 check characters of 17-digit numbers."""
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    checks: list[str] = _CHECK_CHARACTERS[(digits * _WEIGHTS).sum(axis=1) % 11].tolist()
    return checks


def phones(indices: Indices) -> list[str]:
    """Mobile numbers of the right shape, one an index."""
    tails = indices * _PHONE_STRIDE % 10**8
    return [f"{_PHONE_SEGMENT}{tail:08d}" for tail in tails.tolist()]


def accounts(indices: Indices, *, organisation: bool = False) -> list[str]:
    """Account numbers of 17 digits, one an index; people and organisations have their own range."""
    return [f"{_ACCOUNT_PREFIX}{int(organisation)}{index:010d}" for index in indices.tolist()]
