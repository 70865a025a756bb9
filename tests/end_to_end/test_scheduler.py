"""A night through Airflow's own scheduler, as `make up` serves it."""

import json
import shutil

import pytest

from taizhang.division import children, county
from taizhang.settings import settings
from tests.end_to_end.airflow import Airflow, free_ports
from tests.end_to_end.county import County, Settle

PEOPLE = 400
DOCUMENTS = "https://documents.example"
HANDING_IN = 3
"""So many townships hand in: one task writes the receipts of each, and a task takes the scheduler seconds."""


@pytest.fixture(scope="module")
def served(settle: Settle) -> tuple[County, Airflow]:
    # Handed in today, so that a night that is due when Airflow comes up is of the same day.
    variables = free_ports() | {"TAIZHANG_DOCUMENTS_URL": DOCUMENTS, "TAIZHANG_SETTLED_SECONDS": "0"}
    settled = settle(PEOPLE, "--date", settings().today().isoformat(), **variables)
    inbox = settled.home / "inbox" / settings().today().isoformat()
    for folder in [inbox / "village", *sorted((inbox / "township").iterdir())[HANDING_IN:]]:
        shutil.rmtree(folder)
    return settled, Airflow(**settled.taizhang("up"))


@pytest.fixture(scope="module")
def run(served: tuple[County, Airflow]) -> str:
    """The first night of a county, by day: it begins because something lies in the inbox. It has ended well."""
    _, airflow = served
    asked = airflow.ask("/api/v2/dags/resubmission/dagRuns", logical_date=None)["dag_run_id"]
    assert airflow.end("resubmission", asked) == "success"
    # One that was due when Airflow came up, of either DAG, has gone before.
    run: str = airflow.ask("/api/v2/dags/night/dagRuns?order_by=run_after")["dag_runs"][0]["dag_run_id"]
    assert airflow.end("night", run) == "success"
    return run


def test_the_scheduler_runs_a_night_whose_loads_bear_the_names_of_their_townships(
    served: tuple[County, Airflow], run: str
) -> None:
    settled, airflow = served
    tasks = airflow.ask(f"/api/v2/dags/night/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
    loads = [task for task in tasks if task["task_id"] == "load"]
    names = [task["rendered_map_index"] for task in sorted(loads, key=lambda task: task["map_index"])]
    assert names == [division.name for division in (county(), *children(county().code))]
    assert settled.outcomes == {"published"}


@pytest.mark.parametrize(
    ("task", "written"),
    [
        ("answer/links?map_index=0", "receipts/{day}/"),
        ("check/links", "data_docs/index.html"),
        ("write_worklists/links", "worklists/{day}/"),
    ],
)
def test_a_task_links_to_what_it_wrote_for_people(
    served: tuple[County, Airflow], run: str, task: str, written: str
) -> None:
    settled, airflow = served
    written = written.format(day=settings().today())
    links = airflow.ask(f"/api/v2/dags/night/dagRuns/{run}/taskInstances/{task}")["extra_links"]
    assert links == {"Documents": f"{DOCUMENTS}/{written}"}
    assert (settled.home / "outbox" / written).exists()


def test_maintenance_makes_a_backup_before_it_tidies_up(served: tuple[County, Airflow]) -> None:
    settled, airflow = served
    run = airflow.ask("/api/v2/dags/maintenance/dagRuns", logical_date=None)["dag_run_id"]
    assert airflow.end("maintenance", run) == "success"
    ((labourers,),) = (row.values() for row in settled.rows("select count(*) from marts.dim_labourer"))
    *_, backup = sorted((settled.home / "backup").glob("*/manifest.json"))  # one more where it was just due
    assert json.loads(backup.read_text(encoding="utf-8"))["rows"]["marts.dim_labourer"] == labourers


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
