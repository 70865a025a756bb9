"""What tells a sheet of a worklist: its columns, and the seal of a row, by which it is known when it returns."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from taizhang.worklist.item import LEVELS

GUIDE_SHEET, LISTS_SHEET = "填写说明", "选项"
OWN_SHEETS = (GUIDE_SHEET, LISTS_SHEET)
"""The sheets of a worklist that hold no breaks."""
Asked = Literal["value", "reason"]
ASKED: Mapping[Asked, str] = {"value": "正确值", "reason": "原因"}
"""The columns that can be written."""
VALUE, REASON, BREAK_ID, SEAL = *ASKED.values(), "差异编号", "校验"
COLUMNS = {
    "序号": 6, "村（社区）": 14, "报告期": 9, "差异": 12, "姓名": 9, "身份证号": 20, "编号": 16, "项目": 12,
    **dict.fromkeys(LEVELS.values(), 16), "首次发现": 11, "天数": 6, VALUE: 16, REASON: 20, "上次答复": 24,
    BREAK_ID: 12, SEAL: 12,
}  # fmt: skip
SEALED = ("村（社区）", "差异", "姓名", "身份证号", "编号", "项目", *LEVELS.values(), BREAK_ID)
ALLOWED = {"autofilter": True, "format_columns": True, "format_rows": True}
"""What may be done to a sheet that is protected."""


def position(heading: str) -> int:
    return list(COLUMNS).index(heading)


def seal(texts: Iterable[str]) -> str:
    """What tells whether a row's locked cells are still those that were written."""
    return hashlib.sha256("\0".join(text.strip() for text in texts).encode()).hexdigest()[:16]
