"""Files read, one or many at once."""

import logging
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl

from taizhang.contract import contracts
from taizhang.division import Division
from taizhang.extract.file import Extract, File, HandedIn, merged
from taizhang.extract.opening import Opened, open_file
from taizhang.extract.problem import file_problem
from taizhang.extract.together import extracts_of
from taizhang.unreadable import is_fault

_log = logging.getLogger(__name__)


def read_file(content: bytes, division: Division, extract_date: date, name: str = "") -> File:
    """Read every ledger in a file of this name that `division` handed in on `extract_date`.

    A file that cannot be taken as a whole has no extracts and a problem of severity `error`.
    """
    return read_files([HandedIn(content, division, extract_date, name=name)])[0]


def read_files(handed_in: Sequence[HandedIn]) -> list[File]:
    """Read several files as `read_file` does, in the same order; together they cost far less than one by one.

    Where a fault of ours (or of a library's) breaks a file, that file is refused, and no other.
    """
    try:
        return _read_together(handed_in)
    except BaseException as error:
        if not is_fault(error):
            raise
        if len(handed_in) == 1:
            _log.error("a file of %s is refused: %s", handed_in[0].division.code, _without_values(error))
            return [File((), file_problem("file_unreadable"))]
    return [file for one in handed_in for file in read_files([one])]


def _without_values(error: BaseException) -> str:
    """What failed and where, without the error's message, which may hold what a cell holds."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {Path(last.filename).name}"


def _read_together(handed_in: Sequence[HandedIn]) -> list[File]:
    with ThreadPoolExecutor(2) as readers:
        opened = list(readers.map(open_file, handed_in, range(len(handed_in))))
    extracts = iter(extracts_of([part for file in opened for part in file.parts]))
    return [_file(file, [next(extracts) for _ in file.parts]) for file in opened]


def _file(opened: Opened, of_sheets: Iterable[Extract]) -> File:
    extracts = tuple(merged(of_sheets))
    if extracts and not any(extract.rows_read for extract in extracts):
        return File((), file_problem("file_empty"))
    refused = [
        file_problem("nothing_accepted", f"{extract.rows_read:,}", label=contracts()[extract.ledger].label)
        for extract in extracts
        if extract.is_refused
    ]
    return File(extracts, pl.concat([opened.problems, *refused]), opened.filled)
