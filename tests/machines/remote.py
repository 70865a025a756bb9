"""A county whose inbox, archive and outbox lie on a server: what each test of one does with it."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from upath import UPath

from taizhang import steps
from taizhang.division import county, find_within
from taizhang.place import place
from taizhang.settings import settings
from tests.extracts import DAY, MALE, ROWS, text_table

PLACES = ("inbox", "archive", "outbox")
TOWNSHIP = find_within(county().code, "黄桥镇")
ASKED = dict.fromkeys(steps.PARAMETERS) | {"quiet": True}


@contextmanager
def county_at(root: str, **variables: str) -> Iterator[UPath]:
    """The settings of a county whose places lie below `root`; its folder there and this machine's mirror are empty."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ({f"TAIZHANG_{name.upper()}": f"{root}/{name}" for name in PLACES} | variables).items():
            patch.setenv(name, value)
        settings.cache_clear()
        shutil.rmtree(settings().home / "mirror", ignore_errors=True)
        folder = place(root)
        folder.fs.invalidate_cache()
        for name in PLACES:
            if (folder / name).exists():
                folder.fs.rm((folder / name).path, recursive=True)
        yield folder
    settings.cache_clear()


class Broken(io.BytesIO):
    """A file whose second half cannot be read."""

    def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002
        if self.tell():
            raise OSError("the disk is gone")
        return super().read(len(self.getbuffer()) // 2)


def put(path: UPath, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def hand_in(name: str, number: str = MALE) -> bytes:
    """A township hands in a file, long enough ago to be finished; its bytes."""
    content = text_table([ROWS["employment"] | {"身份证号": number}])
    put(settings().inbox_dir / DAY.isoformat() / "township" / "黄桥" / name, content)
    return content


def load_and_answer() -> None:
    """The tasks of a night that move files, as two machines might run them: each with a mirror of its own."""
    opened = steps.open_night(ASKED, SimpleNamespace(run_type="manual"))
    (folder,) = steps.folders({"division": TOWNSHIP.name})
    shutil.rmtree(settings().home / "mirror")
    steps.load(opened, **folder)
    assert steps.folders_owed(opened) == [folder]
    steps.answer(opened, **folder)
    steps.close_night(opened)


def below(folder: UPath) -> set[str]:
    """The files below a folder of a server, by their paths there."""
    folder.fs.invalidate_cache()
    found = folder.fs.find(folder.path) if folder.exists() else []
    return {os.path.relpath(path, folder.path) for path in found}


def names(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith(".")}
