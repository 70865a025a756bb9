"""A copy of the project in which something is broken, to run a night with."""

import shutil
from pathlib import Path

from tests.chaos.county import REPOSITORY

_FOLDERS = ("contracts", "dags", "dbt_project", "expectations", "taizhang")


def broken_project(folder: Path, file: str, added: str) -> Path:
    """A copy of the project with something added at the end of one of its files."""
    for name in _FOLDERS:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("target", "logs"))
    with (folder / file).open("a", encoding="utf-8") as broken:
        broken.write(added)
    return folder
