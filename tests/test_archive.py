"""The archive keeps bytes whole, or not at all."""

import hashlib
from pathlib import Path

from taizhang import archive

CONTENT = "台账".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_what_is_kept_comes_back_as_it_was(clean_warehouse: Path) -> None:
    archive.keep(CONTENT, SHA256)
    assert archive.kept(SHA256) == CONTENT
    assert archive.remove({SHA256}) == 1


def test_what_a_killed_loader_left_unfinished_goes_and_nothing_else(clean_warehouse: Path) -> None:
    kept = archive.keep(CONTENT, SHA256)
    unfinished = kept.with_name(".partial-x")
    unfinished.write_bytes(CONTENT[:2])
    assert archive.discard_unfinished() == 1
    assert not unfinished.exists()
    assert archive.kept(SHA256) == CONTENT
