"""The marts on a Citus cluster: what dbt would say to it. No cluster can be had here, so none is spoken to."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dbt_project.lint.held import key_columns
from taizhang.build import DBT_PROJECT

PUBLISHED = ("marts_next", "reconciliation_next")
SPREAD_BY = {"labourer_key", "payment_no", "suspicion_id", "break_id"}


SOME = [("fct_training", "labourer_key"), ("dim_date", "reference")]


def dbt(target: Path, *arguments: str, **variables: str) -> str:
    folders = ("--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", target)
    ended = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", *arguments, *folders],
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture(scope="module")
def published(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    target = tmp_path_factory.mktemp("parsed")
    dbt(target, "parse")
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model" and node["schema"] in PUBLISHED}


def test_every_published_table_says_how_it_is_spread(published: dict[str, dict[str, Any]]) -> None:
    spread = {name: node["config"]["meta"]["distribution"] for name, node in published.items()}
    assert set(spread.values()) == {"reference"} | SPREAD_BY


def test_a_table_is_spread_by_a_column_of_its_key_as_citus_asks(published: dict[str, dict[str, Any]]) -> None:
    spread = {name: node["config"]["meta"]["distribution"] for name, node in published.items()}
    assert [name for name, by in spread.items() if by not in {"reference", *key_columns(published[name])}] == []


def test_every_fact_of_people_is_spread_and_no_report_is(published: dict[str, dict[str, Any]]) -> None:
    of_people = {name for name in published if name.startswith("fct_")}
    assert all(published[name]["config"]["meta"]["distribution"] != "reference" for name in of_people)
    reports = {name for name in published if name.endswith("_report")}
    assert {published[name]["config"]["meta"]["distribution"] for name in reports} == {"reference"}


def test_what_is_said_to_citus(warehouse: Path, tmp_path: Path) -> None:
    inline = ";".join(f"{{{{ distribution_of('marts.{table}', '{by}') }}}}" for table, by in SOME)
    *_, said = dbt(tmp_path, "compile", "--inline", inline).strip().splitlines()
    assert [statement.strip() for statement in said.split(";")] == [
        "select create_distributed_table('marts.fct_training', 'labourer_key')",
        "select create_reference_table('marts.dim_date')",
    ]
