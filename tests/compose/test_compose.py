"""The whole of `docker-compose.yml` on a real Docker engine: brought up, a night run through it, taken down.

`make test-compose`, as root on Debian: it takes ten minutes and asks for the packages docker.io, docker-compose and
debootstrap. It is no part of `make test`.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.compose.stand_ins import build

ROOT = Path(__file__).parents[2]
PROJECT, PEOPLE = "taizhang_proof", 300
AIRFLOW, DOCUMENTS = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
LONG_RUNNING = {"postgres", "redis", "api-server", "scheduler", "dag-processor", "triggerer", "worker", "documents"}


def compose(*arguments: str) -> str:
    ended = subprocess.run(
        ["docker-compose", "--project-name", PROJECT, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return ended.stdout


def ask(url: str, token: str = "", **body: object) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(url, data=json.dumps(body).encode() if body else None, headers=headers)
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def wait_for(what: Any, seconds: int) -> Any:
    """What a function gives once it gives something; it may fail as long as a server starts."""
    for _ in range(seconds):
        try:
            if found := what():
                return found
        except (URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(1)
    raise AssertionError(f"not within {seconds} s: {compose('ps')}")


@pytest.fixture(scope="module")
def engine() -> Iterator[None]:
    """A Docker engine, started for the test where none runs."""
    asleep = subprocess.run(["docker", "info"], capture_output=True).returncode
    daemon = subprocess.Popen(["dockerd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if asleep else None
    wait_for(lambda: subprocess.run(["docker", "info"], capture_output=True).returncode == 0, 60)
    yield
    if daemon:
        daemon.terminate()
        daemon.wait()


@pytest.fixture(scope="module")
def images(engine: None) -> dict[str, str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    named = {
        "python": (ROOT / "Dockerfile").read_text(encoding="utf-8").split("ARG PYTHON_IMAGE=")[1].split()[0],
        "postgres": services["postgres"]["image"],
        "redis": services["redis"]["image"],
        "nginx": services["documents"]["image"],
    }
    if subprocess.run(["docker", "image", "inspect", *named.values()], capture_output=True).returncode:
        build(named)
    subprocess.run(
        ["docker", "build", "--network", "host", "--tag", services["worker"]["image"], str(ROOT)],
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
        check=True,
    )
    return named


@pytest.fixture(scope="module")
def served(images: dict[str, str]) -> Iterator[str]:
    """The whole file up, and a token of its administrator."""
    subprocess.run(["make", "secrets"], cwd=ROOT, check=True)
    compose("up", "--detach")
    try:
        wait_for(lambda: ask(f"{AIRFLOW}/api/v2/monitor/health")["scheduler"]["status"] == "healthy", 300)
        password = json.loads((ROOT / "secrets" / "airflow_passwords").read_text(encoding="utf-8"))["admin"]
        yield ask(f"{AIRFLOW}/auth/token", username="admin", password=password)["access_token"]
    finally:
        compose("down", "--volumes")


@pytest.fixture(scope="module")
def night(served: str) -> str:
    """A night of the demo county, run by the worker; the state in which it ended."""
    compose("exec", "-T", "worker", "taizhang", "demo", "/var/lib/taizhang/inbox", "--people", str(PEOPLE))
    runs = f"{AIRFLOW}/api/v2/dags/night/dagRuns"
    wait_for(lambda: _knows_night(served), 120)
    run = ask(runs, served, logical_date=None)["dag_run_id"]
    state: str = wait_for(lambda: _ended(ask(f"{runs}/{run}", served)["state"]), 600)
    return state


def _knows_night(token: str) -> bool:
    try:
        return bool(ask(f"{AIRFLOW}/api/v2/dags/night", token))
    except HTTPError:
        return False


def _ended(state: str) -> str | None:
    return state if state in ("success", "failed") else None


def test_a_night_goes_through_the_containers(night: str) -> None:
    assert night == "success"
    asked = compose(
        "exec", "-T", "worker", "taizhang", "sql", "--json", "-c", "select count(*) from marts.dim_labourer"
    )
    assert json.loads(asked) == [{"count": PEOPLE}]


def test_nobody_gets_in_without_a_password(night: str) -> None:
    for url in (f"{AIRFLOW}/api/v2/dags", f"{DOCUMENTS}/"):
        with pytest.raises(HTTPError) as refused:
            urlopen(url, timeout=10)
        assert refused.value.code == 401


def test_the_documents_are_served_to_who_knows_the_password(night: str) -> None:
    password = json.loads((ROOT / "secrets" / "airflow_passwords").read_text(encoding="utf-8"))["reader"]
    pages = subprocess.run(
        ["curl", "--silent", "--user", f"reader:{password}", f"{DOCUMENTS}/"], capture_output=True, text=True
    )
    assert "receipts" in pages.stdout
    assert "data_docs" in pages.stdout


def test_every_service_is_well_and_none_runs_as_root(night: str) -> None:
    for service in LONG_RUNNING:
        (container,) = compose("ps", "--quiet", service).split()
        (about,) = json.loads(subprocess.run(["docker", "inspect", container], capture_output=True, check=True).stdout)
        user = subprocess.run(
            ["docker", "exec", container, "id", "--user"], capture_output=True, text=True, check=True
        ).stdout.strip()
        assert about["State"]["Running"], service
        assert user != "0", service
        assert wait_for(lambda c=container: _health(c) == "healthy", 180), service


def _health(container: str) -> str:
    asked = ["docker", "inspect", "--format", "{{.State.Health.Status}}", container]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_no_secret_stands_in_what_docker_tells_of_a_container(night: str) -> None:
    secrets = [path.read_text(encoding="utf-8") for path in (ROOT / "secrets").iterdir()]
    for service in LONG_RUNNING:
        (container,) = compose("ps", "--quiet", service).split()
        told = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True).stdout
        assert not [secret for secret in secrets if secret and secret in told], service


def test_only_two_ports_are_open_and_to_this_machine_alone(night: str) -> None:
    told = subprocess.run(
        ["docker", "ps", "--filter", f"label=com.docker.compose.project={PROJECT}", "--format", "{{.Ports}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sorted(port for port in told.replace(",", "\n").split() if "->" in port) == [
        "127.0.0.1:8080->8080/tcp",
        "127.0.0.1:8081->8081/tcp",
    ]


def test_the_tools_are_there() -> None:
    assert all(shutil.which(tool) for tool in ("docker", "docker-compose", "debootstrap"))
