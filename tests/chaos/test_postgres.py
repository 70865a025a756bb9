"""Postgres that stops at once, as by a power cut, while a night is at work, or does not answer any more."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.chaos.county import AT_WORK, Shaken, end
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("stage", ["load", "build", "check"])
def test_a_night_outlives_a_postgres_that_stops_and_starts(
    lived: Shaken, tally: Tally, undisturbed: Examination, stage: str
) -> None:
    lived.forget()
    night = lived.start("night", "--json")
    lived.wait_until(AT_WORK.format(stage=stage), night)
    lived.stop_postgres()
    ended = end(night)
    assert ended.status == 0, ended.told
    examined = lived.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault(f"Postgres stops and starts during the {stage}", []).append(examined)


def test_a_night_outlives_a_postgres_that_stops_while_it_publishes(
    lived: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    lived.hand_in_again()
    night = lived.start("night", "--json")
    reader = lived.connect()  # the publish waits for this one
    reader.execute("select from marts.fct_employment limit 1")
    lived.wait_until(AT_WORK.format(stage="publish"), night)
    lived.wait_until("select from pg_locks where not granted", night)
    lived.stop_postgres()
    reader.close()
    ended = end(night)
    assert ended.status == 0, ended.told
    examined = lived.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault("Postgres stops and starts during the publish", []).append(examined)


def test_a_night_begins_although_the_number_of_the_dead_server_is_another_programs(lived: Shaken, tally: Tally) -> None:
    pid_file = lived.home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    lived.stop_postgres()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    ended = lived.night()
    assert ended.status == 0, ended.told
    tally.setdefault("a power cut; its number is another program's after", []).append(lived.examine())


# A connection that hangs


@pytest.fixture
def port(lived: Shaken) -> Iterator[int]:
    """A port on which the county's Postgres listens meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    folder = lived.socket_folder
    lived.stop_postgres("fast")
    lived.pg_ctl("-w", "-o", f"-h 127.0.0.1 -p {port} -k {folder}", "-l", str(lived.home / "postgres" / "log"), "start")
    yield port
    lived.stop_postgres("fast")
    lived.start_postgres()


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Meanwhile every packet is lost, both ways, as if the cable were pulled: nobody is told of an end."""
    rules = [["INPUT", "-i", "lo", "-p", "tcp", end_, str(port), "-j", "DROP"] for end_ in ("--dport", "--sport")]
    for rule in rules:
        dropped = subprocess.run(["iptables", "-I", *rule], capture_output=True, text=True)
        assert dropped.returncode == 0, f"A test of silence has to drop packets, as root: {dropped.stderr}"
    try:
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "-D", *rule], check=True)


def test_a_connection_that_hangs_is_given_up_and_the_task_is_tried_again(
    lived: Shaken, port: int, tally: Tally, undisturbed: Examination
) -> None:
    lived.forget()
    remote = Shaken(lived.home, {"TAIZHANG_WAREHOUSE": f"postgresql://postgres@127.0.0.1:{port}/taizhang"})
    night = remote.start("night", "--json")
    lived.wait_until(AT_WORK.format(stage="load"), night)
    while not _connections(night, port):
        time.sleep(0.01)
    with silence(port):
        _wait_until_given_up(night, port)
    ended = end(night)
    assert ended.status == 0, ended.told
    examined = remote.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault("a connection hangs", []).append(examined)


def _wait_until_given_up(night: "subprocess.Popen[str]", port: int) -> None:
    """Wait for what was connected; what is tried anew meanwhile never is."""
    deadline, hanging = time.monotonic() + 180, _connections(night, port)
    while hanging & _connections(night, port):
        assert time.monotonic() < deadline, "it still waits for a server that says nothing"
        time.sleep(1)


def _connections(night: "subprocess.Popen[str]", port: int) -> set[int]:
    """The night's own ports that are connected with that one."""
    return {
        one.laddr.port
        for one in psutil.Process(night.pid).net_connections("tcp")
        if one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED
    }
