"""Airflow inside this process."""

import os
import signal

import pytest

from taizhang.airflow import TaskEvent, _interruptible

FAILED = TaskEvent("load", "高沙镇", "failed", "it was broken off")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_night_that_is_stopped_does_not_go_on_with_its_next_task(number: signal.Signals) -> None:
    told: list[TaskEvent] = []
    before = signal.getsignal(number)
    with _interruptible(told.append) as tell:
        tell(FAILED)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            tell(FAILED)
    assert told == [FAILED]
    assert signal.getsignal(number) is before
