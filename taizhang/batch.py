"""Many files read one after the other, in batches, ahead of whoever takes them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import TypeVar

from taizhang.extract import File, HandedIn, read_files

_FILES, _BYTES = 64, 16 * 1024 * 1024
H = TypeVar("H", bound=HandedIn)


def read_in_batches(handed_in: Iterable[H]) -> Iterator[tuple[H, File]]:
    """Each file with what it holds, in order; a batch is read while the caller is busy with the one before."""
    with ThreadPoolExecutor(1) as reader:
        reading = ((batch, reader.submit(read_files, batch)) for batch in _batches(handed_in))
        for begun, _ in pairwise(chain(reading, [None])):  # the next one begins before this one is asked for
            if begun:
                batch, files = begun
                yield from zip(batch, files.result(), strict=True)


def _batches(handed_in: Iterable[H]) -> Iterator[list[H]]:
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
