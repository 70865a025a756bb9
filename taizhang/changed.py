"""What changed in the inbox since it was loaded, read ahead of whoever loads it. Nothing is written."""

import errno
import hashlib
import logging
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path, PurePath
from typing import NamedTuple

from taizhang.archive import sha256_of
from taizhang.batch import batches, read_in_batches
from taizhang.division import divisions, offices
from taizhang.extract import File, HandedIn, read_files
from taizhang.history import Connection
from taizhang.inbox import Received, find_files
from taizhang.parallel import executor
from taizhang.period import PeriodsNamed, periods_named
from taizhang.settings import settings
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)
_BYTES_AHEAD = 32 * 1024 * 1024
_PASSING = {errno.ENOENT, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What a task that is tried again may not meet any more; all other errors of reading are those of a file."""


@dataclass(frozen=True, kw_only=True)
class Content(HandedIn):
    """`content` is empty where it is not to be read; `size` and `sha256` are those of the file."""

    received: Received
    sha256: str
    size: int


_Bytes = tuple[str, str, PeriodsNamed]
"""What tells a division's file wherever it lies: the division, its sha256, the periods that its name tells."""


class Known(NamedTuple):
    """What need not be read again: the last thing read at each path, and what is in force.

    A file that was renamed is known by its bytes, unless its name tells of another period than the one before did. At
    a path where nothing was read yet, bytes that have been replaced do not come back but from a later folder than
    that of what took their place: an old copy beside a correction is no correction.
    """

    at_path: Mapping[tuple[str, str], str]
    in_force: frozenset[_Bytes]
    replaced_on: Mapping[_Bytes, date]

    def has(self, content: Content) -> bool:
        code, path = content.received.division.code, content.received.relative
        bytes_ = (code, content.sha256, periods_named(path))
        if (code, path) in self.at_path:
            return self.at_path[code, path] == content.sha256 or bytes_ in self.in_force
        return bytes_ in self.in_force or content.extract_date <= self.replaced_on.get(bytes_, date.min)


class Inbox(NamedTuple):
    """A night's inbox; what is read ahead for one night is not for another."""

    night_id: int
    folder: Path
    night_date: date


def read_changed(inbox: Inbox, office: str) -> tuple[int, Iterator[tuple[Content, File]]]:
    """How many files an office's folder holds, and those of them that changed, each with what it holds.

    Where there are several processes to read with, they go on with the folders of the offices whose tasks come later.
    """
    if settings().processes == 1:
        received, changed = _changed(inbox, office)
        return received, read_in_batches(changed)
    return _read_ahead(inbox).folder(office)


def _changed(inbox: Inbox, office: str) -> tuple[int, Iterator[Content]]:
    received = find_files(inbox.folder, divisions()[office], inbox.night_date)
    with connect("loader") as connection:
        known = known_contents(connection, {file.division.code for file in received})
    return len(received), (content for content in map(read_content, received) if not known.has(content))


class _Folder:
    """An office's folder, some batches of which have been begun to be read."""

    def __init__(self, inbox: Inbox, office: str) -> None:
        self._inbox, self._office = inbox, office
        self._begun: deque[tuple[list[Content], Future[list[File]]]] = deque()

    @cached_property
    def _found(self) -> tuple[int, Iterator[list[Content]]]:
        received, changed = _changed(self._inbox, self._office)
        return received, batches(changed)

    @property
    def received(self) -> int:
        return self._found[0]

    def begin(self, processes: Executor) -> bool:
        """Have the next batch read; returns whether there was one."""
        batch = next(self._found[1], None)
        if batch is not None:
            self._begun.append((batch, processes.submit(read_files, batch)))
        return batch is not None

    def take(self) -> Iterator[tuple[Content, File]]:
        """The first batch that has been begun, once it is read."""
        batch, reading = self._begun.popleft()
        yield from zip(batch, reading.result(), strict=True)

    @property
    def batches_begun(self) -> int:
        return len(self._begun)

    @property
    def batches_unread(self) -> int:
        return sum(not reading.done() for _, reading in self._begun)

    @property
    def bytes_begun(self) -> int:
        return sum(len(content.content) for batch, _ in self._begun for content in batch)


class _ReadAhead:
    """The folders of all offices, read in our order and kept for tasks that come in an order of Airflow's own."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._folders = {office.code: _Folder(inbox, office.code) for office in offices()}

    def folder(self, office: str) -> tuple[int, Iterator[tuple[Content, File]]]:
        """The folder of an office; if it is asked for again, by a task that is tried again, anew."""
        asked = self._folders.pop(office, None) or _Folder(self._inbox, office)
        return asked.received, self._read(asked)

    def _read(self, asked: _Folder) -> Iterator[tuple[Content, File]]:
        try:
            with executor() as processes:
                while asked.batches_begun or asked.begin(processes):
                    self._keep_busy(processes, asked)
                    yield from asked.take()
        except BrokenProcessPool:
            _read_ahead.cache_clear()
            raise

    def _keep_busy(self, processes: Executor, asked: _Folder) -> None:
        """Have as much read as there are processes for and memory holds with ease, of what is asked for first."""
        folders = (asked, *self._folders.values())
        _begin(processes, asked, folders)
        for office, folder in list(self._folders.items()):
            try:
                _begin(processes, folder, folders)
            except Exception:  # whatever it is, it is to fail the task that asks for it, if it comes again
                del self._folders[office]


def _begin(processes: Executor, folder: _Folder, folders: Iterable[_Folder]) -> None:
    """Have as much of a folder read as there is room for."""
    while _has_room(folders) and folder.begin(processes):
        pass


def _has_room(folders: Iterable[_Folder]) -> bool:
    are_busy = sum(folder.batches_unread for folder in folders) >= 2 * settings().processes
    return not are_busy and sum(folder.bytes_begun for folder in folders) < _BYTES_AHEAD


@lru_cache(maxsize=1)
def _read_ahead(inbox: Inbox) -> _ReadAhead:
    """That of the night whose tasks run in this process."""
    return _ReadAhead(inbox)


def has_news(inbox: Path, night_date: date) -> bool:
    """Whether a night would find something to load: a file that nobody has touched for `settled_seconds`."""
    settled = time.time() - settings().settled_seconds
    of_offices = (find_files(inbox, office, night_date) for office in offices())
    received = [file for files in of_offices for file in files if _changed_at(file.path) < settled]
    with connect("loader") as connection:
        known = known_contents(connection, {file.division.code for file in received})
    return any(not known.has(content) for content in map(read_content, received))


def _changed_at(path: Path) -> float:
    """When a file was written to; one that cannot be looked at may be told of at once."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def read_content(received: Received) -> Content:
    """What a file is known by, and its bytes or why they are not to be read. Nothing is written.

    Raises `OSError` where it is not the file that is at fault: this machine, or somebody who has just removed it.
    """
    try:
        content, sha256, size, problem = _bytes_of(received.path)
    except OSError as error:
        if error.errno in _PASSING:
            raise OSError(error.errno, error.strerror) from None  # its path may name a person
        _log.warning("A file of %s cannot be read: %s", received.division.code, error.strerror)
        content, sha256, size, problem = b"", hashlib.sha256().hexdigest(), 0, ("file_inaccessible", None)
    else:
        problem = ("division_unknown", received.misplaced) if received.misplaced else problem
    return Content(
        content,
        received.division,
        received.extract_date,
        problem,
        PurePath(received.relative).name,
        received=received,
        sha256=sha256,
        size=size,
    )


def _bytes_of(path: Path) -> tuple[bytes, str, int, tuple[str, str | None] | None]:
    """A file's bytes, their sha256 and number; or without the bytes, as there are too many; or that they change."""
    limit, before = settings().max_file_mb, path.stat()
    if before.st_size > limit * 1024 * 1024:
        return b"", sha256_of(path), before.st_size, ("file_too_large", f"{limit}MB")
    content, after = path.read_bytes(), path.stat()
    is_changing = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    sha256 = hashlib.sha256(content).hexdigest()
    return content, sha256, len(content), ("file_changing", None) if is_changing else None


def known_contents(connection: Connection, division_codes: Collection[str]) -> Known:
    loaded = connection.execute(_LOADED, {"divisions": list(division_codes)}).fetchall()
    in_force, replaced_on = set[_Bytes](), dict[_Bytes, date]()
    for code, sha256, path, replaced in loaded:
        bytes_ = (code, sha256, periods_named(path))
        if replaced is None:
            in_force.add(bytes_)
        else:
            replaced_on[bytes_] = max(replaced, replaced_on.get(bytes_, date.min))
    at_path = connection.execute(_LAST_READ, {"divisions": list(division_codes)})
    return Known({(code, path): sha256 for code, path, sha256 in at_path}, frozenset(in_force), replaced_on)


_LAST_READ = """
select distinct on (division_code, path) division_code, path, sha256
from raw.extract
where
    division_code = any(%(divisions)s)
    and not (
        status = 'rejected'
        and exists (
            select from raw.problem
            where problem.extract_id = extract.extract_id and rule = 'file_changing'
        )
    )
order by division_code, path, extract_id desc
"""
_LOADED = """
with loaded as (
    select * from raw.extract
    where division_code = any(%(divisions)s) and status = 'loaded'
),
in_force as (
    select distinct on (division_code, level, ledger, period) *
    from loaded
    order by division_code, level, ledger, period, extract_date desc, extract_id desc
)
select
    loaded.division_code,
    loaded.sha256,
    loaded.path,
    max(in_force.extract_date) filter (where in_force.sha256 <> loaded.sha256) as replaced_on
from loaded
inner join in_force using (division_code, level, ledger, period)
group by loaded.division_code, loaded.sha256, loaded.path
"""
"""What was ever loaded, and of which day's folder the last is that replaces any of its ledgers, if any does."""
