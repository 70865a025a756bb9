"""Many files read in batches, ahead of whoever takes them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from taizhang.extract import File, HandedIn, read_files
from taizhang.parallel import worked_ahead

_FILES, _BYTES = 64, 8 * 1024 * 1024
H = TypeVar("H", bound=HandedIn)


def read_in_batches(handed_in: Iterable[H]) -> Iterator[tuple[H, File]]:
    """Each file with what it holds, in order; a batch is read while the caller is busy with the one before."""
    for batch, files in worked_ahead(read_files, batches(handed_in)):
        yield from zip(batch, files, strict=True)


def batches(handed_in: Iterable[H]) -> Iterator[list[H]]:
    """Files that are read together: enough of them to be quick, and not more than memory holds with ease."""
    batch: list[H] = []
    size = 0
    for one in handed_in:
        if batch and (len(batch) == _FILES or size + len(one.content) > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one.content)
    if batch:
        yield batch
