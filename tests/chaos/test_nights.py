"""Whole nights to which something happens: what they say of it, and that the next one completes."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.chaos.county import Found, Shaken, end
from tests.chaos.invariants import Examination
from tests.chaos.project import broken_project
from tests.chaos.tally import Tally
from tests.end_to_end.airflow import Airflow, free_ports

pytestmark = pytest.mark.chaos
_MODEL_FAILS = "\nwhere 1 / 0 = 1\n"
_SECONDS_TO_BEGIN = 5
_SECONDS_OF_A_NIGHT = """
select extract(epoch from max(ended_at - started_at))::float8 from reconciliation.night where status = 'published'
"""
_EXPECTATION_FAILS = '\n\nExpectEveryRejectedRowKept.query = "select 1 / 0 from {{batch}}"\n'


def completes(county: Shaken, tally: Tally, undisturbed: Examination, fault: str) -> None:
    ended = county.night()
    assert ended.status == 0, ended.told
    is_whole(county, tally, undisturbed, fault)


def is_whole(county: Shaken, tally: Tally, undisturbed: Examination, fault: str) -> None:
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault(fault, []).append(examined)


def test_of_two_nights_started_at_once_one_goes_on_and_the_other_says_so(
    lived: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    lived.forget()
    ended = [end(night) for night in [lived.start("night", "--json") for _ in range(2)]]
    assert sorted(one.status for one in ended) == [0, 2], ended
    assert any(
        words in max(ended, key=lambda one: one.status).told for words in ("still running", "at the same moment")
    )
    completes(lived, tally, undisturbed, "two nights at once")


@pytest.mark.parametrize(
    ("fault", "file", "added", "told"),
    [
        ("a model fails", "dbt_project/models/marts/fct_training.sql", _MODEL_FAILS, "fct_training"),
        ("an expectation raises", "expectations/structure.py", _EXPECTATION_FAILS, "division by zero"),
    ],
)
def test_a_night_that_fails_leaves_the_marts_and_says_why_and_the_next_completes(
    lived: Shaken, tmp_path: Path, tally: Tally, undisturbed: Examination, fault: str, file: str, added: str, told: str
) -> None:
    lived.hand_in_again()
    broken = Shaken(lived.home, {}, broken_project(tmp_path, file, added))
    ended = broken.night()
    assert ended.status == 1, ended.told
    assert told in ended.told
    assert lived.examine(after_night=False).rows > undisturbed.rows
    with lived.connect() as connection:
        assert connection.execute("select count(*) from marts.fct_training").fetchall() == [
            (undisturbed.facts["marts.fct_training"],)
        ]
    completes(lived, tally, undisturbed, fault)


def test_a_night_killed_at_any_moment_is_followed_by_one_that_completes(
    lived: Shaken, tally: Tally, tries: int, chance: random.Random, undisturbed: Examination
) -> None:
    with lived.connect() as connection:
        ((seconds,),) = connection.execute(_SECONDS_OF_A_NIGHT).fetchall()
    for _ in range(max(1, tries // 4)):
        lived.forget()
        night = lived.start("night", "--json")
        time.sleep(chance.uniform(_SECONDS_TO_BEGIN, seconds))
        os.killpg(night.pid, signal.SIGKILL)
        night.communicate()
        completes(lived, tally, undisturbed, "a whole night is killed with SIGKILL")


def test_a_clock_that_was_set_back_is_told_and_a_date_by_hand_overrules_it(
    lived: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    with lived.connect() as connection:  # the past is moved: a test cannot move the clock
        connection.execute("update reconciliation.night set started_at = started_at + interval '20 years'")
    ended = lived.night()
    assert ended.status == 2
    assert "set the clock" in ended.told
    by_hand = lived.night("--date", "2020-12-31")
    assert by_hand.status == 0, by_hand.told
    is_whole(lived, tally, undisturbed, "a clock jumps")


def test_a_channel_that_hangs_keeps_no_night_from_its_end(
    lived: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    with lived.connect() as connection:  # of a date that people know, nothing is told but what has changed
        connection.execute("update reconciliation.night set told_at = null")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        telling = Shaken(lived.home, {"TAIZHANG_ALERT_URLS": f"json://127.0.0.1:{port}/"})
        ended = telling.night()
    assert ended.status == 0, ended.told
    with lived.connect() as connection:
        states = connection.execute(
            "select distinct status from reconciliation.alert_delivery"
            " where night_id = (select max(night_id) from reconciliation.night)"
        ).fetchall()
    assert states == [("failed",)]
    is_whole(lived, tally, undisturbed, "an alert channel hangs")


def test_a_scheduler_that_is_killed_is_brought_back_by_up_and_the_run_ends(found: Found, tally: Tally) -> None:
    county, twin = found(**free_ports()), found()
    for one in (county, twin):
        one.hand_in_today()  # a night that is due when Airflow comes up is of the same day
    assert twin.night().status == 0
    undisturbed = twin.examine()
    twin.taizhang("down")
    airflow = Airflow(**county.taizhang("up"))
    asked = airflow.ask("/api/v2/dags/night/dagRuns", logical_date=None)["dag_run_id"]
    _wait(lambda: "running" in _states_of_loads(airflow))
    _kill_schedulers(county)
    _wait(lambda: airflow.ask("/api/v2/monitor/health")["scheduler"]["status"] != "healthy")
    airflow = Airflow(**county.taizhang("up"))
    # Airflow takes five minutes to give a task up that gives no sign of life.
    assert airflow.end("night", asked, seconds=1200) == "success"
    county.taizhang("down")
    is_whole(county, tally, undisturbed, "the scheduler is killed and started again")


def _states_of_loads(airflow: Airflow) -> set[str]:
    """In whichever run: the one that is due goes before the one that is asked for."""
    tasks = airflow.ask("/api/v2/dags/night/dagRuns/~/taskInstances?task_id=load&limit=100")["task_instances"]
    return {one["state"] for one in tasks}


def _kill_schedulers(county: Shaken) -> None:
    pid = int((county.home / "airflow" / "standalone.pid").read_text())
    for process in psutil.Process(pid).children(recursive=True):
        with_scheduler = any("scheduler" in word for word in process.cmdline())
        if with_scheduler:
            os.kill(process.pid, signal.SIGKILL)


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.5)
