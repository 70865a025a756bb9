"""How a column of a model is held to what its description says: by Postgres, by a data test, or not and why."""

from collections.abc import Iterable
from typing import Any


def is_held(column: Any, keys: Iterable[str]) -> bool:
    """Whether a constraint or a test would stop a wrong value, or `meta: {untested: …}` says why none can."""
    meta = column["meta"] | column.get("config", {}).get("meta", {})
    return bool(column["constraints"] or column["name"] in keys or meta.get("untested"))


def key_columns(node: Any) -> set[str]:
    """Columns of the constraints of a whole table, which Postgres enforces as the table is filled."""
    return {name for constraint in node["constraints"] for name in constraint["columns"]}
