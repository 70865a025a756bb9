"""The inbox: which files lie in it, and whose they are, told by their folders.

`<date>/county/<file>`, `<date>/township/<township>/<file>`, `<date>/village/<township>/<village>/<file>`.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from taizhang.division import Division, UnknownDivisionError, county, divisions, find_within
from taizhang.redact import redact
from taizhang.settings import settings
from taizhang.store import NOT_GIVEN

_log = logging.getLogger(__name__)
_UNFINISHED = ("~$", ".")
_UNFINISHED_SUFFIXES = {".part", ".tmp", ".crdownload"}
_OF_FOLDERS = {"thumbs.db", "desktop.ini"}
"""What Windows leaves in a folder that is looked at; nobody hands it in."""
_DEPTH = {"county": 0, "township": 1, "village": 2}
"""How many folders lead from a level's own folder to a division's."""
_DEEPEST = 20


@dataclass(frozen=True)
class Received:
    """A file in the inbox and the division that handed it in on a date.

    `relative` is its path within the inbox as a person reads it. Where its folders name no division, `division` is
    the nearest one above that they do name, and `misplaced` is the path of these folders.
    """

    path: Path
    relative: str
    division: Division
    extract_date: date
    misplaced: str | None = None


def find_files(inbox: Path, division: Division, night_date: date) -> list[Received]:
    """Files that the county, or a township with its villages, is answerable for, oldest first.

    They are those of the dated folders that a night looks at; files that are still being written are left. A folder
    that cannot be looked into is one of them: it cannot be read either.
    """
    return [
        received
        for folder, day in dated_folders(inbox, night_date)
        for received in _received(inbox, folder, day, division)
    ]


def dated_folders(inbox: Path, night_date: date) -> list[tuple[Path, date]]:
    """The folders named YYYY-MM-DD that are at most `inbox_days` older than `night_date`, oldest first."""
    earliest = night_date - timedelta(days=settings().inbox_days)
    return [(folder, day) for folder, day in all_dated_folders(inbox) if earliest <= day <= night_date]


def all_dated_folders(inbox: Path) -> list[tuple[Path, date]]:
    """Every folder of the inbox that is named by a date, oldest first; links are not followed."""
    found = []
    for folder in sorted(_subfolders(inbox)) if inbox.is_dir() else []:
        try:
            found.append((folder, _day(folder.name)))
        except ValueError:
            _log.warning("inbox folder %r is not named by a date (YYYY-MM-DD) and is left aside", redact(folder.name))
    return found  # as names of this form are sorted by their days


def _day(name: str) -> date:
    """The day of a folder named YYYY-MM-DD. Raises `ValueError` for any other, be it a date in a form of its own."""
    day = date.fromisoformat(name)
    if name != day.isoformat():
        raise ValueError(f"{name!r} is not YYYY-MM-DD")
    return day


def why_empty(inbox: Path, night_date: date, *, called: object) -> str:
    """For a night that found no file: which folders it looked for, and what there is, in a sentence.

    `called` is what people call the inbox, which may be a mirror of one elsewhere.
    """
    earliest = night_date - timedelta(days=settings().inbox_days)
    days = [day for _, day in all_dated_folders(inbox)]
    if not inbox.is_dir():
        found = "there is no such folder"
    elif not days:
        found = "it has no folder that is named by a date"
    else:
        found = f"its dated folders are of {days[0]} to {days[-1]}"
    return f"No file in {called} from {earliest} to {night_date} (TAIZHANG_INBOX_DAYS): {found}"


def owner_of(folders: Sequence[str]) -> Division:
    """The division that folders name: `county`, `township/高沙`, `village/高沙/云峰村`.

    Raises `UnknownDivisionError`.
    """
    level, *names = folders or [""]
    if _DEPTH.get(level) != len(names):
        raise UnknownDivisionError(f"{'/'.join(folders)!r} is not county, township/NAME or village/NAME/NAME")
    division = county()
    for name in names:
        division = find_within(division.code, name)
    return division


def find_division(text: str) -> Division:
    """The division of a code, a township's name, or a village's behind its township's: `高沙镇/云峰村`.

    Raises `UnknownDivisionError`.
    """
    if text in divisions():
        return divisions()[text]
    if text == county().name:
        return county()
    names = text.split("/")
    return owner_of([list(_DEPTH)[min(len(names), 2)], *names])


def place_of(path: Path) -> tuple[Division, date] | None:
    """The division and the date that a file's own folders tell, or None where it does not lie in an inbox."""
    parts = [readable(name) for name in path.absolute().parts[:-1]]
    for level, depth in _DEPTH.items():
        if len(parts) > depth + 1 and parts[-1 - depth] == level:
            try:
                return owner_of(parts[-1 - depth :]), _day(parts[-2 - depth])
            except (UnknownDivisionError, ValueError):
                return None
    return None


def _received(inbox: Path, dated: Path, day: date, answerable: Division) -> Iterator[Received]:
    for path in _files(dated, answerable):
        folders = [readable(name) for name in path.relative_to(dated).parts[:-1]]
        relative = readable(path.relative_to(inbox).as_posix())
        try:
            yield Received(path, relative, owner_of(folders), day)
        except UnknownDivisionError:
            yield Received(path, relative, answerable, day, misplaced="/".join(folders) or dated.name)


def _files(dated: Path, answerable: Division) -> list[Path]:
    """Every finished file that a township or the county is answerable for, in order; links are not followed.

    A township's lie below the folders that bear its name, whatever level they are under; the rest is the county's.
    """
    level_folders = _subfolders_seen(dated)
    of_townships = {folder: _township(folder) for level in level_folders for folder in _subfolders_seen(level)}
    if answerable == county():
        others = [folder for folder, township in of_townships.items() if township is None]
        found = [path for folder in (dated, *level_folders) for path in _files_in(folder)]
    else:
        others, found = [folder for folder, township in of_townships.items() if township == answerable], []
    found += [path for folder in others for at in _and_below(folder) for path in _files_in(at)]
    return sorted(found)


def _and_below(folder: Path, depth: int = _DEEPEST) -> Iterator[Path]:
    """A folder and those in it; one that lies deeper than anybody sorts papers is left aside."""
    yield folder
    for inner in _subfolders_seen(folder):
        if depth:
            yield from _and_below(inner, depth - 1)
        else:
            _log.warning(
                "what lies below the inbox folder %r is too deep, and left aside", redact(readable(inner.name))
            )


def _subfolders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _subfolders_seen(folder: Path) -> list[Path]:
    """None of a folder that cannot be looked into, which stands among the files."""
    try:
        return _subfolders(folder)
    except OSError:
        return []


def _files_in(folder: Path) -> list[Path]:
    """The files that were handed in; of a folder that cannot be looked into, itself, so that somebody is told.

    So it is with one that stands for a file which the inbox' server keeps to itself.
    """
    try:
        with os.scandir(folder) as entries:
            paths = [Path(entry) for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []  # removed since
    except OSError:
        return [folder]
    if folder / NOT_GIVEN in paths:
        return [folder]
    return [path for path in paths if _is_handed_in(path.name, path.suffix)]


def _is_handed_in(name: str, suffix: str) -> bool:
    is_unfinished = name.startswith(_UNFINISHED) or suffix in _UNFINISHED_SUFFIXES
    return not is_unfinished and name.lower() not in _OF_FOLDERS


def _township(folder: Path) -> Division | None:
    """The township that a folder's name tells, if it does."""
    try:
        return find_within(county().code, readable(folder.name))
    except UnknownDivisionError:
        return None


def readable(name: str) -> str:
    """The name of a file or a folder; an archive that was packed on a Chinese Windows leaves it in GBK."""
    try:
        name.encode()
    except UnicodeEncodeError:  # what was no UTF-8, as Python hands it on
        return os.fsencode(name).decode("gb18030", "backslashreplace")
    return name
