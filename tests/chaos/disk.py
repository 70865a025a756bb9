"""A disk of its own at a folder, a filesystem in memory, that can be made full. Mounting one takes root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGE = "1g"


class Disk:
    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", folder]
        mounted = subprocess.run(mount, capture_output=True, text=True)
        assert mounted.returncode == 0, f"A test of full disks has to mount one, as root: {mounted.stderr}"

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)

    def fill(self) -> None:
        """Leave no block free."""
        space = os.statvfs(self.folder)
        self.resize(f"{(space.f_blocks - space.f_bfree) * space.f_frsize // 1024}k")


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Disk]:
    mounted = Disk(folder, size)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
