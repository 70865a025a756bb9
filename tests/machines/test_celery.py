"""A night on two workers: separate processes with separate folders, which share a broker, a warehouse and S3."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from taizhang.division import children, county
from taizhang.settings import settings
from tests.end_to_end.airflow import Airflow, free_ports
from tests.end_to_end.county import County
from tests.machines.remote import PLACES
from tests.machines.servers import free_port, program, s3, serving

PEOPLE = 300
WORKERS = ("one", "other")
LOADS = 1 + len(children(county().code))


@contextmanager
def redis(folder: Path) -> Iterator[dict[str, str]]:
    port = free_port()
    server = (program("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", folder)
    with serving(port, *server):
        yield {
            "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{port}/0",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"redis://127.0.0.1:{port}/1",
        }


def embedded_warehouse(home: Path) -> str:
    """The URL by which other processes of this machine reach the Postgres below `home`."""
    asked = "from taizhang.warehouse import as_conninfo, warehouse_url; print(as_conninfo(warehouse_url()))"
    variables = os.environ | {"TAIZHANG_HOME": str(home)}
    told = subprocess.run([sys.executable, "-c", asked], env=variables, capture_output=True, text=True, check=True)
    return told.stdout.strip()


@contextmanager
def worker(folder: Path, variables: dict[str, str]) -> Iterator[None]:
    """A worker that knows the broker, the warehouse and the places, and nothing of the folder of who serves."""
    folder.mkdir()
    own = {"TAIZHANG_HOME": str(folder / "home")} | {n: p for n, p in free_ports().items() if "WORKER_LOG" in n}
    command = [Path(sys.executable).with_name("taizhang"), "worker", "--name", folder.name]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | variables | own,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, County, Path]]:
    """The state in which a night on two workers ended, its county, and the folder of the workers' own folders."""
    folder = tmp_path_factory.mktemp("machines")
    home = folder / "serving"
    with ExitStack() as stack:
        variables = stack.enter_context(s3("county")) | stack.enter_context(redis(folder))
        variables |= {f"TAIZHANG_{name.upper()}": f"s3://county/{name}" for name in PLACES} | free_ports()
        variables |= {
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "TAIZHANG_WAREHOUSE": embedded_warehouse(home),
        }
        served = County(home, variables)
        stack.callback(served.taizhang, "down")
        hand_in_by_s3(served, folder / "handed in")
        airflow = Airflow(**served.taizhang("up"))
        for name in WORKERS:
            stack.enter_context(worker(folder / name, variables))
        run = airflow.ask("/api/v2/dags/night/dagRuns", logical_date=None)["dag_run_id"]
        yield end_of(airflow, run), served, folder


def end_of(airflow: Airflow, run: str) -> str:
    """The state in which a run ends; on a busy machine Airflow may take long to answer while its workers start."""
    for _ in range(10):
        with suppress(TimeoutError):
            return airflow.end("night", run)
    return "too slow"


def hand_in_by_s3(served: County, folder: Path) -> None:
    served.taizhang("demo", str(folder), "--clean", "--people", str(PEOPLE), "--date", settings().today().isoformat())
    for villages in folder.glob("*/village"):  # a thousand files more would prove no more
        shutil.rmtree(villages)
    program = (
        "import sys; from pathlib import Path; from taizhang.settings import settings;"
        " from taizhang.store import send_folder; send_folder(Path(sys.argv[1]), settings().inbox_dir)"
    )
    subprocess.run([sys.executable, "-c", program, folder], env=os.environ | served.variables, check=True)


def test_the_loads_of_a_night_ran_on_both_workers(night: tuple[str, County, Path]) -> None:
    state, _, folder = night
    assert state == "success", [(folder / name / "log").read_text()[-2000:] for name in WORKERS]
    loads = "home/airflow/logs/**/run_id=manual__*/task_id=load/map_index=*"  # not of one that began by day
    by_worker = {name: list((folder / name).glob(loads)) for name in WORKERS}
    assert all(by_worker.values())
    assert sum(map(len, by_worker.values())) == LOADS


def test_the_night_is_whole(night: tuple[str, County, Path]) -> None:
    _, served, _ = night
    assert served.rows("select count(*) from marts.dim_labourer") == [{"count": PEOPLE}]
    assert served.outcomes == {"published"}


def test_no_file_lies_on_one_worker_only(night: tuple[str, County, Path]) -> None:
    *_, folder = night
    for home in (folder / "serving", *(folder / name / "home" for name in WORKERS)):
        assert not (home / "archive").exists()
        assert not (home / "outbox" / "receipts").exists()
