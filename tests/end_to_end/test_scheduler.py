"""A night through Airflow's own scheduler, as `make up` serves it."""

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from taizhang.division import children, county
from tests.end_to_end.county import County, Settle

PEOPLE = 400
_PORTS = (
    "AIRFLOW__API__PORT",
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
)


class Airflow:
    """Airflow's REST API, logged in as the user that `taizhang up` names."""

    def __init__(self, url: str, user: str, password_file: str, **_: str) -> None:
        self.url, self.token = url, ""
        password = json.loads(Path(password_file).read_text(encoding="utf-8"))[user]
        self.token = self.ask("/auth/token", username=user, password=password)["access_token"]

    def ask(self, path: str, **body: object) -> Any:
        request = Request(
            self.url + path,
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        with urlopen(request, timeout=30) as response:
            return json.load(response)


@pytest.fixture(scope="module")
def served(settle: Settle) -> tuple[County, Airflow]:
    settled = settle(PEOPLE, **dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True)))
    return settled, Airflow(**settled.taizhang("up"))


def test_the_scheduler_runs_a_night_whose_loads_bear_the_names_of_their_townships(
    served: tuple[County, Airflow],
) -> None:
    settled, airflow = served
    run = airflow.ask("/api/v2/dags/night/dagRuns", logical_date=None)["dag_run_id"]
    assert _end(airflow, "night", run) == "success"
    tasks = airflow.ask(f"/api/v2/dags/night/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
    names = [task["rendered_map_index"] for task in sorted(tasks, key=lambda task: task["map_index"])]
    assert names[-25:] == [division.name for division in (county(), *children(county().code))]
    assert settled.taizhang("status")["night"]["status"] == "published"


def test_maintenance_makes_a_backup_before_it_tidies_up(served: tuple[County, Airflow]) -> None:
    settled, airflow = served
    run = airflow.ask("/api/v2/dags/maintenance/dagRuns", logical_date=None)["dag_run_id"]
    assert _end(airflow, "maintenance", run) == "success"
    (backup,) = (settled.home / "backup").glob("*/manifest.json")
    assert json.loads(backup.read_text(encoding="utf-8"))["rows"]["marts.dim_labourer"] == PEOPLE


def test_the_night_is_due_at_two_in_the_county(served: tuple[County, Airflow]) -> None:
    dag = served[1].ask("/api/v2/dags/night")
    assert not dag["is_paused"]
    assert dag["next_dagrun_run_after"].endswith("T18:00:00Z")  # 02:00 in Shanghai


def test_up_leaves_an_airflow_that_serves_already_alone(served: tuple[County, Airflow]) -> None:
    settled, airflow = served
    assert settled.taizhang("up")["url"] == airflow.url


def test_down_stops_airflow_and_postgres(served: tuple[County, Airflow]) -> None:
    settled, _ = served
    assert settled.taizhang("down") == {"airflow": True, "postgres": True}
    assert settled.taizhang("down") == {"airflow": False, "postgres": False}


def _end(airflow: Airflow, dag: str, run: str) -> str:
    """The state in which a run ends; within two minutes."""
    for _ in range(240):
        state: str = airflow.ask(f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
        if state in ("success", "failed"):
            return state
        time.sleep(0.5)
    return "too slow"


def _free_ports(count: int) -> list[str]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [str(each.getsockname()[1]) for each in sockets]
