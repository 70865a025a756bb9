"""Give dbt-coverage what it asks for without a warehouse.

A published model's contract is enforced, so its manifest is its catalog; and each constraint is a test that
Postgres runs on every row, so the constraints stand beside the data tests.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dbt_project.lint.held import is_held, key_columns

_PUBLISHED = ("marts_next", "reconciliation_next")


def main(target: Path) -> None:
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    published = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] in _PUBLISHED
    }
    for node in published.values():
        manifest["nodes"] |= {test["unique_id"]: test for test in _constraints_as_tests(node)}
    catalog = {"nodes": {name: _in_catalog(node) for name, node in published.items()}, "sources": {}}
    folder = target / "coverage"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")


def _in_catalog(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "unique_id": node["unique_id"],
        "metadata": {"schema": node["schema"], "name": node["name"]},
        "columns": {name: {"name": name} for name in node["columns"]},
    }


def _constraints_as_tests(node: dict[str, Any]) -> list[dict[str, Any]]:
    keys = key_columns(node)
    return [
        {
            "unique_id": f"test.{node['unique_id']}.{column['name']}",
            "resource_type": "test",
            "test_metadata": {"name": "constraint", "kwargs": {"column_name": column["name"]}},
            "column_name": column["name"],
            "depends_on": {"nodes": [node["unique_id"]]},
        }
        for column in node["columns"].values()
        if is_held(column, keys)
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
