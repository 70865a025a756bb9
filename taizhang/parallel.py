"""Work on many items ahead of whoever takes what comes of it, in as many processes as the settings allow."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import TypeVar

from taizhang.settings import settings

T = TypeVar("T")
R = TypeVar("R")


def worked_ahead(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Each item with what `work` makes of it, in order; the next ones are at work while the caller is busy.

    With several processes the items, `work` and what it returns or raises go between them, so all can be pickled.
    """
    with executor() as workers:
        begun: deque[tuple[T, Future[R]]] = deque()
        try:
            for item in items:
                begun.append((item, workers.submit(work, item)))
                if len(begun) > 2 * settings().processes:
                    yield _ended(*begun.popleft())
            while begun:
                yield _ended(*begun.popleft())
        finally:
            for _, future in begun:
                future.cancel()


def _ended(item: T, future: Future[R]) -> tuple[T, R]:
    return item, future.result()


@contextmanager
def executor() -> Iterator[Executor]:
    """The processes to work in, or a thread where the settings allow one only."""
    if settings().processes == 1:
        with ThreadPoolExecutor(1) as executor:
            yield executor
        return
    try:
        yield _processes(settings().processes)
    except BrokenProcessPool:
        _processes.cache_clear()  # a task that is tried again gets others
        raise


def stop() -> None:
    """End what is at work in other processes, of which nobody wants to know any more."""
    for process in multiprocessing.active_children():
        process.terminate()


@cache
def _processes(number: int) -> ProcessPoolExecutor:
    """Processes that stay for what comes next, as each takes a second to begin.

    They are begun anew: a fork would inherit the locks of threads that it does not have.
    """
    return ProcessPoolExecutor(number, multiprocessing.get_context("spawn"), _end_with_parent)


def _end_with_parent() -> None:
    """Leave interruptions to the parent, and do not outlive one that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
