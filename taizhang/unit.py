"""The unit of an amount, as headings and titles state it: 元 or 万元.

Read in the wrong one an amount is ten thousand times too small, which nothing tells afterwards. So a title that speaks
of 万元 without saying for what is no statement, but a reason to ask.
"""

import re
import unicodedata
from enum import Enum

from taizhang.contract import fold_header

_TEN_THOUSAND = r"(?:人民币)?万元(?:/[人月年次天])*"
IN_HEADING = re.compile(rf"(?:[(/]?(?:单位)?{_TEN_THOUSAND}\)?|\((?:单位)?万\))$")
"""What says 万元 at the end of a folded heading, with or without brackets."""
_OF_HEADING = re.compile(r"万元|\((?:单位)?万\)")
_OF_WHAT = r"(?:(?<![报制送交管])单位|金额)[^。;\d万]{0,8}"
_STATED = re.compile(rf"{_OF_WHAT}万元|[(\[【]万元[)\]】]|[以按]万元(?:计|为单位)")
_STATED_IN_YUAN = re.compile(rf"{_OF_WHAT}元")
_SPOKEN_OF = re.compile(r"(?<![\d.〇零一二两三四五六七八九十百千几多余超过达近上破])万元|单位[:(]?万(?!元)")
"""万元 that is no amount itself: 12万元, 近万元."""


class Unit(Enum):
    YUAN = "元"
    TEN_THOUSAND = "万元"
    DOUBTFUL = "元或万元"


def unit_of_heading(heading: str) -> Unit | None:
    """The unit that a column's heading states, in its upper row or its lower one."""
    folded = fold_header(heading)
    if _OF_HEADING.search(folded):
        return Unit.TEN_THOUSAND
    return Unit.YUAN if "元" in folded else None


def unit_of_titles(titles: str) -> Unit | None:
    """The unit that the titles state for every amount whose heading states none."""
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", titles))
    is_stated, in_yuan = _STATED.search(folded), _STATED_IN_YUAN.search(folded)
    if (is_stated and in_yuan) or (not is_stated and _SPOKEN_OF.search(folded)):
        return Unit.DOUBTFUL
    if is_stated:
        return Unit.TEN_THOUSAND
    return Unit.YUAN if in_yuan else None
