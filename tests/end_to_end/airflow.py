"""Airflow as it serves: its REST API, and ports of its own for each county."""

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

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
        with urlopen(request, timeout=120) as response:
            return json.load(response)

    def end(self, dag: str, run: str, *, seconds: int = 480) -> str:
        """The state in which a run ends; soon after 02:00 of the county the night that is due goes first."""
        for _ in range(2 * seconds):
            state: str = self.ask(f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
            if state in ("success", "failed"):
                return state
            time.sleep(0.5)
        return "too slow"


def free_ports() -> dict[str, str]:
    """Settings of the ports on which an Airflow listens."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in _PORTS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {name: str(each.getsockname()[1]) for name, each in zip(_PORTS, sockets, strict=True)}
