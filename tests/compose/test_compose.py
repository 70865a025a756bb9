"""The whole of `docker-compose.yml` on a real Docker engine: brought up, a night run through it, taken down.

`make test-compose`, as root on Debian: it takes ten minutes, or twenty where the stand-in images are not there yet, and
asks for the packages docker.io, docker-compose and debootstrap. It is no part of `make test`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import yaml

from taizhang.settings import settings
from tests.compose.stand_ins import build

ROOT = Path(__file__).parents[2]
PROJECT, PEOPLE = "taizhang_proof", 300
DNS = "0B00007F"  # Docker's own server of names, at 127.0.0.11
AIRFLOW, DOCUMENTS = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
LISTENING = {
    "postgres": {5432},
    "redis": {6379},
    "api-server": {8080},
    "scheduler": {8974},
    "dag-processor": set(),
    "triggerer": {8794},
    "worker": {8793},
    "documents": {8081},
}
"""The services that go on running, and the ports at which each listens inside its network."""


def run(*command: str) -> str:
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr[-4000:]}"
    return ended.stdout


def compose(*arguments: str) -> str:
    return run("docker-compose", "--project-name", PROJECT, *arguments)


def inspect(service: str) -> dict[str, Any]:
    """What the engine tells of a service's container."""
    (container,) = compose("ps", "--quiet", service).split()
    (about,) = json.loads(run("docker", "inspect", container))
    return dict(about)


def ask(url: str, token: str = "", **body: object) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(url, data=json.dumps(body).encode() if body else None, headers=headers)
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def wait_for(what: Any, seconds: int) -> Any:
    """What a function gives once it gives something; it may fail as long as a server starts."""
    for _ in range(seconds):
        with suppress(URLError, ConnectionError, TimeoutError):
            if found := what():
                return found
        time.sleep(1)
    raise AssertionError(f"not within {seconds} s: {compose('ps')}")


@pytest.fixture(scope="module")
def engine() -> Iterator[None]:
    """A Docker engine, started for the test where none runs."""
    missing = [tool for tool in ("dockerd", "docker-compose", "debootstrap") if shutil.which(tool) is None]
    assert not missing, f"apt-get install docker.io docker-compose debootstrap: there is no {', '.join(missing)}"
    asleep = subprocess.run(["docker", "info"], capture_output=True).returncode
    daemon = subprocess.Popen(["dockerd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if asleep else None
    wait_for(lambda: subprocess.run(["docker", "info"], capture_output=True).returncode == 0, 60)
    yield
    if daemon:
        daemon.terminate()
        daemon.wait(60)


@pytest.fixture(scope="module")
def images(engine: None) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    named = {
        "python": (ROOT / "Dockerfile").read_text(encoding="utf-8").split("ARG PYTHON_IMAGE=")[1].split()[0],
        "postgres": services["postgres"]["image"],
        "redis": services["redis"]["image"],
        "nginx": services["documents"]["image"],
    }
    if subprocess.run(["docker", "image", "inspect", *named.values()], capture_output=True).returncode:
        build(named)
    compose("build")


@pytest.fixture(scope="module")
def served(images: None) -> Iterator[str]:
    """The whole file up, and a token of its administrator."""
    run("make", "secrets")
    try:
        compose("up", "--detach")
        for service in LISTENING:
            wait_until_well(service)
        password = json.loads((ROOT / "secrets" / "airflow_passwords").read_text(encoding="utf-8"))["admin"]
        yield ask(f"{AIRFLOW}/auth/token", username="admin", password=password)["access_token"]
    finally:
        compose("down", "--volumes")


@pytest.fixture(scope="module")
def night(served: str) -> str:
    """A night of the demo county, run by the worker; the state in which it ended."""
    # Handed in today, as the night that is due when Airflow comes up for the first time is of today.
    today = ["--date", settings().today().isoformat()]
    compose("exec", "-T", "worker", "taizhang", "demo", "/var/lib/taizhang/inbox", "--people", str(PEOPLE), *today)
    return run_night(served)


def run_night(token: str) -> str:
    wait_for(lambda: ask(f"{AIRFLOW}/api/v2/dags/night", token), 120)  # it is refused until the DAG is parsed
    runs = f"{AIRFLOW}/api/v2/dags/night/dagRuns"
    run_id = ask(runs, token, logical_date=None)["dag_run_id"]
    return str(wait_for(lambda: _ended(ask(f"{runs}/{run_id}", token)["state"]), 900))


def _ended(state: str) -> str | None:
    return state if state in ("success", "failed") else None


def wait_until_well(service: str) -> None:
    wait_for(lambda: inspect(service)["State"]["Health"]["Status"] == "healthy", 300)


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
    pages = run("curl", "--silent", "--user", f"reader:{password}", f"{DOCUMENTS}/")
    assert "receipts" in pages
    assert "data_docs" in pages


def test_the_log_of_the_documents_says_who_looked_into_which_folder_and_names_no_file(night: str) -> None:
    password = json.loads((ROOT / "secrets" / "airflow_passwords").read_text(encoding="utf-8"))["reader"]
    for known, status in ((password, "404"), ("guessed", "401")):
        asked = f"{DOCUMENTS}/receipts/zhangsan.xlsx"
        assert run("curl", "--silent", "--user", f"reader:{known}", "--write-out", "%{http_code}", asked)[-3:] == status
    logged = compose("logs", "documents")
    assert re.search(r" reader \[.*\] GET /receipts/ 404", logged)
    assert re.search(r" reader \[.*\] GET /receipts/ 401", logged)
    assert "zhangsan" not in logged


@pytest.mark.parametrize("service", LISTENING)
def test_a_service_runs_without_root_or_other_privileges_within_its_limits(night: str, service: str) -> None:
    about = inspect(service)
    host = about["HostConfig"]
    assert run("docker", "exec", about["Id"], "id", "--user").strip() != "0"
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert re.search(r":\d+\.\d+", about["Config"]["Image"])


@pytest.mark.parametrize("service", LISTENING)
def test_a_service_listens_where_it_is_meant_to_and_nowhere_else(night: str, service: str) -> None:
    tables = run("docker", "exec", inspect(service)["Id"], "cat", "/proc/net/tcp", "/proc/net/tcp6")
    sockets = [line.split() for line in tables.splitlines()]
    local = [address for _, address, _, state, *_ in sockets if state == "0A" and not address.startswith(DNS)]
    assert {int(address.split(":")[1], 16) for address in local} == LISTENING[service]


def test_only_two_ports_are_published_and_to_this_machine_alone(night: str) -> None:
    published = {
        (to["HostIp"], to["HostPort"])
        for service in LISTENING
        for bindings in inspect(service)["NetworkSettings"]["Ports"].values()
        for to in bindings or []
    }
    assert published == {("127.0.0.1", "8080"), ("127.0.0.1", "8081")}


@pytest.mark.parametrize("service", LISTENING)
def test_no_secret_stands_in_what_is_told_of_a_container_or_its_processes(night: str, service: str) -> None:
    secrets = [path.read_text(encoding="utf-8") for path in (ROOT / "secrets").iterdir()]
    about = inspect(service)
    told = json.dumps(about) + run("docker", "top", about["Id"], "-eo", "pid,args")
    assert not [secret for secret in secrets if secret and secret in told]


def test_no_two_installations_share_a_password(tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        subprocess.run([sys.executable, ROOT / "deploy" / "make_secrets.py"], cwd=tmp_path / name, check=True)
        made.append({path.name: path.read_text(encoding="utf-8") for path in (tmp_path / name / "secrets").iterdir()})
    assert made[0].keys() == made[1].keys()
    assert not [name for name in made[0] if made[0][name] and made[0][name] == made[1][name]]


def test_services_that_are_killed_come_back_and_so_does_the_night(served: str, night: str) -> None:
    killed = {service: inspect(service) for service in ("postgres", "redis", "scheduler", "worker")}
    for about in killed.values():
        os.kill(about["State"]["Pid"], signal.SIGKILL)
    for service, before in killed.items():
        wait_for(lambda s=service, b=before: inspect(s)["RestartCount"] > b["RestartCount"], 60)
    for service in LISTENING:
        wait_until_well(service)
    assert run_night(served) == "success"
