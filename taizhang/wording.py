"""Values as people read them: the label of a code, the name of a division; of a number of a person a few digits."""

from taizhang.contract import Column
from taizhang.division import divisions
from taizhang.redact import mask_number

NUMBERS = ("id_number", "phone", "account")
"""Kinds of columns whose values are never written in full."""
EMPTY = "（空）"
"""What stands for a cell that is empty, and is answered where it should be."""
NO_COLUMN = "（无此列）"
"""What stands for a cell whose column the ledger does not have: it says nothing, not even that it is empty."""


def in_words(column: Column | None, value: str) -> str:
    """A value as the ledgers print it: the label of a code, the name of a division, 是 or 否."""
    if column is None:
        return value
    if column.kind in ("code", "codes"):
        label_of = {code.value: code.label for code in column.codes}
        return "、".join(label_of.get(code, "其他写法") for code in value.split(","))
    if column.kind == "yes_no":
        return {"true": "是", "false": "否"}.get(value, value)
    if column.kind in ("village", "township") and value in divisions():
        return divisions()[value].full_name
    return mask_number(value) if column.kind in NUMBERS else value
