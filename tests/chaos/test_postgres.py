"""Postgres that stops at once, as by a power cut, while a night is at work, or does not answer any more."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.county import Shaken, end
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally

pytestmark = pytest.mark.chaos
_AT_WORK = (
    "select from reconciliation.night where ended_at is null and summary #> '{{stages,{stage},began}}' is not null"
)


@pytest.mark.parametrize("stage", ["load", "build", "check"])
def test_a_night_outlives_a_postgres_that_stops_and_starts(
    county: Shaken, tally: Tally, undisturbed: Examination, stage: str
) -> None:
    county.forget()
    night = county.start("night", "--json")
    county.wait_until(_AT_WORK.format(stage=stage), night)
    county.stop_postgres()
    ended = end(night)
    assert ended.status == 0, ended.told
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault(f"Postgres stops and starts during the {stage}", []).append(examined)


def test_a_night_outlives_a_postgres_that_stops_while_it_publishes(
    county: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    county.hand_in_again()
    night = county.start("night", "--json")
    with county.connect() as reader:  # the publish waits for this one
        reader.execute("select from marts.fct_employment limit 1")
        county.wait_until(_AT_WORK.format(stage="publish"), night)
        county.wait_until("select from pg_locks where not granted", night)
        county.stop_postgres()
        ended = end(night)
        assert ended.status == 0, ended.told
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault("Postgres stops and starts during the publish", []).append(examined)


def test_a_night_begins_although_the_number_of_the_dead_server_is_another_programs(
    county: Shaken, tally: Tally
) -> None:
    pid_file = county.home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    county.stop_postgres()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    ended = county.night()
    assert ended.status == 0, ended.told
    tally.setdefault("a power cut; its number is another program's after", []).append(county.examine())


# A connection that hangs


class Line:
    """A line to Postgres that can fall silent: it then takes what it is sent, and passes nothing on."""

    def __init__(self, upstream: Path) -> None:
        self.upstream, self.silent = upstream, threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.server.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.upstream))
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            was_silent = False
            while data := one.recv(65536):
                was_silent = was_silent or self.silent.is_set()
                if not was_silent:  # what once fell silent stays so
                    other.sendall(data)
        for end_ in (one, other):
            with suppress(OSError):
                end_.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(county: Shaken) -> Iterator[Line]:
    line = Line(county.socket_folder / ".s.PGSQL.5432")
    yield line
    line.server.close()


def test_a_night_outlives_a_connection_that_hangs(
    county: Shaken, line: Line, tally: Tally, undisturbed: Examination
) -> None:
    county.forget()
    url = f"postgresql://postgres@127.0.0.1:{line.port}/taizhang"
    remote = Shaken(county.home, {"TAIZHANG_WAREHOUSE": url, "TAIZHANG_TASK_SECONDS": "30"})
    night = remote.start("night", "--json")
    county.wait_until(_AT_WORK.format(stage="load"), night)
    line.silent.set()
    county.wait_until("select from pg_stat_activity where state = 'idle'", night)
    _wait_for_silence(night)
    line.silent.clear()
    ended = end(night)
    assert ended.status == 0, ended.told
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault("a connection hangs", []).append(examined)


def _wait_for_silence(night: "subprocess.Popen[str]") -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        night.wait(timeout=5)
