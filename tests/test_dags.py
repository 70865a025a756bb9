"""The DAG files are tables of contents: short, cheap to import, without logic of their own."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from taizhang import steps
from taizhang.airflow import DAGS
from taizhang.division import children, county

FILES = sorted(DAGS.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_fits_one_screen(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_imports_airflow_and_the_steps_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in modules if not str(module).startswith("airflow.")} <= {"taizhang", "taizhang.airflow"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_decides_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.If | ast.For | ast.While | ast.Try)]


def test_the_steps_cost_the_scheduler_little_to_import() -> None:
    heavy = ("airflow", "dbt", "great_expectations", "polars", "apprise")
    script = f"import sys, taizhang.steps; print([name for name in {heavy} if name in sys.modules])"
    assert _python(script) == "[]"


def test_the_night_is_a_chain_of_tasks_from_what_is_handed_in_to_what_is_read(tmp_path: Path) -> None:
    script = """
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
assert not bag.import_errors, bag.import_errors
dag = bag.dags["night"]
load = dag.get_task("load")
print([*dag.task_dict])
print(load.map_index_template)
print([asset.name for task in dag.tasks for asset in task.outlets])
"""
    tasks, label, assets = _python(script, _airflow(tmp_path)).splitlines()[-3:]
    assert ast.literal_eval(tasks) == [
        "open_night", "folders", "load", "folders_owed", "answer", "register_people", "build", "check", "publish",
        "write_worklists", "alert",
        "close_night",
    ]  # fmt: skip
    assert "division_name" in label
    assert ast.literal_eval(assets) == ["raw", "marts"]


def test_a_folder_is_loaded_for_the_county_and_each_township() -> None:
    offices = [county(), *children(county().code)]
    assert [folder["division_name"] for folder in steps.folders({"division": None})] == [o.name for o in offices]


@pytest.mark.parametrize(("asked", "loaded"), [("高沙", "高沙镇"), ("高沙镇/长裕社区", "高沙镇"), ("洞口县", "洞口县")])
def test_a_run_may_be_asked_to_load_one_office_only(asked: str, loaded: str) -> None:
    assert [folder["division_name"] for folder in steps.folders({"division": asked})] == [loaded]


def _airflow(home: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }


def _python(script: str, variables: dict[str, str] | None = None) -> str:
    asked = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | (variables or {}), capture_output=True, text=True
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.strip()
