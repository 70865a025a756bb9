"""The archive: the original bytes of every extract, by their sha256, so that any night can be read again."""

import hashlib
import io
from collections.abc import Set
from pathlib import Path
from typing import cast

from upath import UPath

from taizhang.settings import settings
from taizhang.store import UNFINISHED, write


class DamagedFileError(Exception):
    """A file of an archive is not what its name says."""


def path_of(sha256: str) -> UPath:
    return settings().archive_dir / sha256[:2] / sha256


def kept(sha256: str) -> bytes:
    """The bytes of that hash. Raises `FileNotFoundError` where they were never kept."""
    return path_of(sha256).read_bytes()


def remove(unneeded: Set[str]) -> int:
    """Remove what is kept under these hashes, of which most may be gone already. Returns how many files went."""
    # A listing tells which are there; a server would have to be asked for each that ever was.
    kept_still = [path for path in settings().archive_dir.glob("*/*") if path.name in unneeded]
    for path in kept_still:
        path.unlink()
    return len(kept_still)


def discard_unfinished() -> int:
    """Remove what loaders left behind that were killed while they kept a file. Returns how many there were.

    Only for when nobody is keeping one.
    """
    left = list(settings().archive_dir.glob(f"*/{UNFINISHED}*"))
    for path in left:
        path.unlink()
    return len(left)


def sha256_of(path: Path) -> str:
    """The name under which a file would be kept; memory need not hold it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_file(path: Path) -> str:
    """Keep a file that memory need not hold; returns its sha256."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if not path_of(sha256).exists():
            file.seek(0)
            write(path_of(sha256), file, has_rivals=True)
    return sha256


def keep(content: bytes, sha256: str) -> UPath:
    """Keep the bytes under their hash; already there, nothing is written. Whole or not at all."""
    path = path_of(sha256)
    if not path.exists():
        write(path, content, has_rivals=True)
    return path


def copy_verified(source: UPath, target: UPath) -> None:
    """Copy a file from one archive to another. Raises `DamagedFileError` where its bytes are not those of its name."""
    with source.open("rb") as opened:
        file = cast(io.BufferedReader, opened)
        if hashlib.file_digest(file, "sha256").hexdigest() != source.name:
            raise DamagedFileError(f"{source} is damaged")
        file.seek(0)
        write(target, file, has_rivals=True)
