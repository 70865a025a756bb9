"""Stores: what a place that may be a server's needs more than a folder of this machine.

Files are sent whole or not at all; an inbox is read from a mirror of it on this machine.
"""

import fcntl
import io
import json
import logging
import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal
from uuid import uuid4

from upath import UPath

from taizhang.place import is_remote
from taizhang.settings import settings

_log = logging.getLogger(__name__)
UNFINISHED = ".partial-"
_S3, _AT_ONCE = "s3", 32 * 1024 * 1024
_INDEX, _LOCK = ".index.json", "mirror.lock"
_LONGEST_NAME = 255
"""Bytes: what file systems take."""
NOT_GIVEN = ".not-given"
"""What a folder of the mirror holds that stands for a file which its server does not give us."""


def write(place: UPath, content: bytes | BinaryIO, *, mode: int = 0o600, has_rivals: bool = False) -> None:
    """Write a file, all of it or nothing; once this returns, a power cut does not undo it.

    On this machine only its owner may read it, unless `mode` says more. A write that was killed is overwritten by the
    next one; `has_rivals` where two may write the file at once, so that each begins one of its own. Raises `OSError`.
    """
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    if is_remote(place):
        _send(place, source)
    else:
        path = Path(place.path)
        _write_here(path, path.with_name(f"{UNFINISHED}{uuid4().hex if has_rivals else path.name}"), source, mode)


def _write_here(path: Path, unfinished: Path, content: BinaryIO, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if mode & 0o077 else 0o700)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink()
        raise OSError(error.errno, error.strerror, str(path.parent)) from error
    _make_durable(path.parent)


def _make_durable(folder: Path) -> None:
    """A file's name is on the disk when its folder is: the warehouse must not outlive what it refers to."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _send(path: UPath, content: BinaryIO) -> None:
    if path.protocol == _S3:
        _send_object(path, content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{UNFINISHED}{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(content, file)
        path.fs.mv(unfinished.path, path.path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _send_object(path: UPath, content: BinaryIO) -> None:
    """A large object goes in parts, and is there once it is committed."""
    first = content.read(_AT_ONCE)
    if len(first) < _AT_ONCE:
        path.fs.pipe_file(path.path, first)
        return
    with path.fs.open(path.path, "wb", autocommit=False) as file:
        file.write(first)
        shutil.copyfileobj(content, file)
    file.commit()


def send_folder(folder: Path, target: UPath) -> None:
    """Bring a remote folder up to one of this machine: what it lacks, or has in another size or older, is sent."""
    there = _listing(target)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        relative, about = path.relative_to(folder).as_posix(), path.stat()
        sent = there.get(relative)
        if sent is None or sent["size"] != about.st_size or _changed_at(sent) < about.st_mtime:
            with path.open("rb") as content:
                _send(target / relative, content)


def remove_folder(folder: UPath) -> None:
    if is_remote(folder):
        folder.fs.rm(folder.path, recursive=True)
    else:
        shutil.rmtree(Path(folder.path))


def fetch(source: UPath, *, once_for: int | None = None) -> Path:
    """The folder of this machine that has what lies at a place; of a remote one, a mirror that is brought up to date.

    A mirror that was fetched for the same night, `once_for`, is left as it is.
    """
    if not is_remote(source):
        return Path(source.path).resolve()
    folder = settings().home / "mirror"
    with _locked(folder):
        index = _read_index(folder, source)
        if once_for is None or index.get("fetched_for") != once_for:
            stamps = _bring_up_to_date(source, folder, index.get("stamps", {}))
            told = json.dumps({"source": _name(source), "fetched_for": once_for, "stamps": stamps})
            write(UPath(folder / _INDEX), told.encode())
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone on this machine: each has a mirror of its own."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read_index(folder: Path, source: UPath) -> dict[str, Any]:
    """What the mirror holds; one of another place is thrown away."""
    with suppress(FileNotFoundError):
        index: dict[str, Any] = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        if index["source"] == _name(source):
            return index
        shutil.rmtree(folder)
    return {}


def _name(source: UPath) -> str:
    return f"{source.protocol}://{source.storage_options.get('host', '')}{source.path}"


def _bring_up_to_date(source: UPath, folder: Path, before: dict[str, str]) -> dict[str, str]:
    """Fetch what changed and drop all else that is not there. Returns the stamp of each file that the mirror has."""
    there = _taken(_listing(source))
    stamps = {name: _stamp(about) for name, about in there.items()}
    _drop_others(folder, stamps)  # first, as what was a file may now be a folder, and the other way about
    kept = {name: stamp for name, stamp in stamps.items() if before.get(name) == stamp and (folder / name).exists()}
    came = {name: _try_to_fetch(source / name, folder / name, there[name]) for name in stamps.keys() - kept.keys()}
    held = kept | {name: stamps[name] for name, became in came.items() if became == "fetched"}
    _drop_others(folder, held)
    for name in (name for name, became in came.items() if became == "refused"):
        (folder / name).mkdir(parents=True)
        (folder / name / NOT_GIVEN).touch()
    return held


def _drop_others(folder: Path, held: Collection[str]) -> None:
    """Remove all files but these, and the folders that are empty then."""
    stay = {folder / name for name in (_INDEX, *held)}
    for at, _, names in os.walk(folder, topdown=False):
        for path in {Path(at, name) for name in names} - stay:
            path.unlink()
        with suppress(OSError):  # as it is not empty
            Path(at).rmdir()


def _taken(listed: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What can lie in the mirror: a key of S3 may be any text, and the folder of other keys beside them."""
    folders = {parent.as_posix() for name in listed for parent in PurePosixPath(name).parents}
    taken = {name: about for name, about in listed.items() if _is_taken(name) and name not in folders}
    if left_aside := len(listed) - len(taken):
        _log.warning(
            "%s files of the inbox are left aside: they are hidden, or their keys are no paths of files in a folder",
            left_aside,
        )
    return taken


def _is_taken(name: str) -> bool:
    """Whether a name leads nowhere but into the mirror, and fits there; what is hidden is no ledger."""
    parts = name.split("/")
    return "\0" not in name and not any(
        part == "" or part.startswith(".") or len(os.fsencode(part)) > _LONGEST_NAME for part in parts
    )


def _try_to_fetch(source: UPath, target: Path, listed: dict[str, Any]) -> Literal["fetched", "left", "refused"]:
    """Fetch a file; what becomes of it keeps no other back, as long as it is the file that is at fault."""
    try:
        return "fetched" if _fetch_file(source, target, listed) else "left"
    except FileNotFoundError:  # gone since it was listed
        return "left"
    except PermissionError:
        return "refused"


def _fetch_file(source: UPath, target: Path, listed: dict[str, Any]) -> bool:
    """Fetch a file; one that is still being written is left for another time."""
    grows_in_place = source.protocol != _S3
    if grows_in_place and time.time() - _changed_at(listed) < settings().settled_seconds:
        return False

    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{UNFINISHED}{uuid4().hex}")
    try:
        source.fs.get_file(source.path, str(unfinished))
        os.utime(unfinished, (_changed_at(listed), _changed_at(listed)))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return not grows_in_place or _stamp(source.fs.info(source.path)) == _stamp(listed)


def _listing(folder: UPath) -> dict[str, dict[str, Any]]:
    """Every file below a folder of a store, by its path there."""
    folder.fs.invalidate_cache()
    root = PurePosixPath(folder.path)
    try:
        # A listing that breaks off must not pass for one of fewer files.
        found = folder.fs.find(folder.path, detail=True, **({} if folder.protocol == _S3 else {"on_error": "raise"}))
    except FileNotFoundError:
        return {}
    return {
        name.removeprefix(f"{root}/"): about
        for name, about in found.items()
        if about["type"] == "file" and name.startswith(f"{root}/") and not name.endswith("/")
    }


def _changed_at(about: dict[str, Any]) -> float:
    changed = about.get("mtime") or about["LastModified"]
    return float(changed.timestamp())


def _stamp(about: dict[str, Any]) -> str:
    """What changes with a file."""
    return f"{about.get('ETag', '')} {about['size']} {_changed_at(about)}"
