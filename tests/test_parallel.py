"""Work ahead of whoever takes what comes of it, in this process and in others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest

from taizhang import parallel
from taizhang.parallel import worked_ahead
from taizhang.settings import settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=[1, 2])
def processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("TAIZHANG_PROCESSES", str(request.param))
    settings.cache_clear()
    yield request.param
    settings.cache_clear()


def halved(number: int) -> int:
    if number % 2:
        raise ValueError(number)
    return number // 2


def pid(_: int) -> int:
    return os.getpid()


def killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_comes_of_items_comes_in_their_order(processes: int) -> None:
    assert list(worked_ahead(halved, range(0, 40, 2))) == [(number, number // 2) for number in range(0, 40, 2)]


def test_an_error_comes_in_its_turn_and_does_not_keep_others_from_work(processes: int) -> None:
    work = worked_ahead(halved, [0, 2, 3, 4])
    assert [next(work), next(work)] == [(0, 0), (2, 1)]
    with pytest.raises(ValueError, match="3"):
        next(work)
    assert list(worked_ahead(halved, [8])) == [(8, 4)]


def test_no_more_is_taken_ahead_than_the_processes_have_to_do(processes: int) -> None:
    taken: list[int] = []
    work = worked_ahead(halved, (taken.append(number) or number for number in range(0, 400, 2)))  # type: ignore[func-returns-value]
    next(work)
    assert len(taken) == 2 * processes + 1


def test_several_processes_are_others_than_this_one(processes: int) -> None:
    assert (os.getpid() in {worker for _, worker in worked_ahead(pid, range(20))}) == (processes == 1)


def test_a_process_that_dies_fails_what_it_worked_on_and_the_next_finds_another(several: None) -> None:
    with pytest.raises(BrokenProcessPool):
        list(worked_ahead(killed, [1]))
    assert list(worked_ahead(halved, [8])) == [(8, 4)]


def slept(seconds: float) -> None:
    time.sleep(seconds)


def test_what_nobody_wants_to_know_any_more_is_not_waited_for(several: None) -> None:
    work = worked_ahead(slept, [0, 600, 600, 600])
    assert next(work) == (0, None)
    parallel.stop()
    with pytest.raises(BrokenProcessPool):
        next(work)
    assert list(worked_ahead(halved, [8])) == [(8, 4)]


PARENT = """
import sys, time
from taizhang.parallel import worked_ahead
from tests.test_parallel import pid
if __name__ == "__main__":
    print(*{worker for _, worker in worked_ahead(pid, range(50))}, flush=True)
    time.sleep(600)
"""


def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    variables = os.environ | {"TAIZHANG_PROCESSES": "2", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, tmp_path / "parent.py"], env=variables, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        workers = [psutil.Process(int(worker)) for worker in parent.stdout.readline().split()]
        parent.kill()
    assert workers
    assert psutil.wait_procs(workers, timeout=10)[1] == []
