"""What a heading says: which column it spells, how much of it does so, and which of several it speaks of."""

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from taizhang.contract import Column, contracts, fold_header, normalise_header
from taizhang.unit import IN_HEADING

_ANY, _UNITS = "列", frozenset({"月", "个月", "人", "岁", "周岁", "天", "日", "课时", "学时", "小时"})
_MEANT = re.compile(r"实[发补付领际]|[本当]月|本期|[今本当]年|现在|目前|当前|本人|劳动力|务工人员|学员|享受人")
_OF_ANOTHER = re.compile(
    r"应[发补付领]|计划|预计|拟|上[月期年]|去年|往年|户主|家属|家长|配偶|监护人|(?:紧急)?联系人|亲属"
)
"""What a clerk goes by where a heading is parted: 实发 and not 应发, 本月 and not 上月, 本人 and not 家属."""


class Part(IntEnum):
    """How much of a heading names a column, the surest first; `OF_ANOTHER` is the lower row below 户主 or 上月."""

    WHOLE, LOWER, UPPER, OF_ANOTHER = range(4)


class Spelling(NamedTuple):
    """A heading, or a part of one, in the form in which spellings are compared."""

    text: str
    part: Part = Part.WHOLE


def spellings(above: str, below: str, *, names_upper: bool) -> Iterator[Spelling]:
    """What a heading in two rows may spell, the surest first; the upper row alone only if it may name the column."""
    if not (above and below):
        yield Spelling(spelling(above or below))
        return
    yield Spelling(spelling(f"{above}{below}"))
    yield Spelling(spelling(f"{above}({below})"))
    yield Spelling(spelling(below), Part.OF_ANOTHER if is_of_another(above) else Part.LOWER)
    if names_upper:
        yield Spelling(spelling(above), Part.UPPER)


@lru_cache(maxsize=8192)
def spelling(heading: str) -> str:
    """A heading without its unit, in the form in which spellings are compared."""
    return IN_HEADING.sub("", normalise_header(heading))


@lru_cache(maxsize=8192)
def column_of(ledger: str, spelt: str) -> Column | None:
    """The ledger's column that has this spelling."""
    return contracts()[ledger].column_of(spelt)


@lru_cache(maxsize=8192)
def is_known(spelt: str) -> bool:
    """Whether some ledger has a column of this spelling."""
    return any(column_of(ledger, spelt) for ledger in contracts())


def is_meant(heading: str) -> bool:
    """Whether a heading speaks of what a ledger asks for: 实发, 本月, 本人."""
    return _MEANT.match(_bare(heading)) is not None


def is_of_another(heading: str) -> bool:
    """Whether a heading speaks of what a ledger does not ask for: 应发, 上月, 户主."""
    return _OF_ANOTHER.match(_bare(heading)) is not None


def only_parts(heading: str) -> bool:
    """Whether a heading tells a part of what stands above it, and names nothing itself: 实发, 应发（元）."""
    spelt = spelling(heading)
    return not is_known(spelt) and any(words.fullmatch(spelt) for words in (_MEANT, _OF_ANOTHER))


@lru_cache(maxsize=8192)
def is_note(heading: str, text: str) -> bool:
    """Whether a cell below a heading tells no more than its unit, its values, or how to fill it in."""
    bare = _bare(text)
    alone, noted = spelling(heading or _ANY), spelling(f"{heading or _ANY}({bare})")
    columns = ((column_of(ledger, alone), column_of(ledger, noted)) for ledger in contracts())
    is_same = any(column is not None and column is with_note for column, with_note in columns)
    return is_same or noted == alone or bare in _UNITS


@lru_cache(maxsize=8192)
def _bare(text: str) -> str:
    return fold_header(text).strip("()")
