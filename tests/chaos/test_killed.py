"""Processes that are killed with SIGKILL, as by a power cut, at moments drawn by lot."""

import os
import random
import signal
import subprocess
import time

import pytest

from tests.chaos.county import Shaken, end
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally


def test_a_loader_killed_at_any_moment_leaves_whole_extracts_and_the_next_one_loads_the_rest(
    county: Shaken, tally: Tally, tries: int, chance: random.Random
) -> None:
    seconds = _load(county)
    whole = county.examine(after_night=False)
    for _ in range(tries):
        county.forget()
        loader = _loader(county)
        time.sleep(chance.uniform(0, seconds))
        _kill(loader)
        struck = county.examine(after_night=False)
        _load(county)
        tally.setdefault("the loader is killed with SIGKILL", []).append(struck)
    assert county.examine(after_night=False) == whole


@pytest.mark.chaos
def test_a_night_killed_at_any_moment_is_followed_by_one_that_completes(
    county: Shaken, tally: Tally, tries: int, chance: random.Random, undisturbed: Examination
) -> None:
    county.forget()
    began = time.monotonic()
    assert county.night().status == 0
    seconds = time.monotonic() - began
    for _ in range(max(1, tries // 3)):
        county.forget()
        night = county.start("night", "--json")
        time.sleep(chance.uniform(0, seconds))
        _kill(night)
        after = county.night()
        assert after.status == 0, after.told
        examined = county.examine()
        assert examined.facts == undisturbed.facts
        tally.setdefault("a whole night is killed with SIGKILL", []).append(examined)


def _loader(county: Shaken) -> "subprocess.Popen[str]":
    """A loader that has come as far as its work."""
    process = county.start(module="tests.chaos.load")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def _load(county: Shaken) -> float:
    """Load everything; returns how long it took."""
    process, began = _loader(county), time.monotonic()
    ended = end(process)
    assert ended.status == 0, ended.told
    return time.monotonic() - began


def _kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
