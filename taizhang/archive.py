"""The archive: the original bytes of every extract, by their sha256, so that any night can be read again."""

import os
import tempfile
from pathlib import Path

from taizhang.settings import settings


def path_of(sha256: str) -> Path:
    return settings().archive_dir / sha256[:2] / sha256


def kept(sha256: str) -> bytes:
    """The bytes of that hash. Raises `FileNotFoundError` where they were never kept."""
    return path_of(sha256).read_bytes()


def keep(content: bytes, sha256: str) -> Path:
    """Keep the bytes under their hash; already there, nothing is written. Whole or not at all."""
    path = path_of(sha256)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(partial).replace(path)
    return path
