"""A disk that is full, a small filesystem in memory: while a file is kept, a row is written, a receipt, the publish."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.chaos.county import Found, Shaken, end
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally

pytestmark = pytest.mark.chaos
_LARGE = "1g"


class Disk:
    """A filesystem of its own at a folder; mounting one takes root."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", folder], capture_output=True, text=True
        )
        assert mounted.returncode == 0, f"A test of full disks has to mount one, as root: {mounted.stderr}"

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)

    def fill(self) -> None:
        """Leave no block free."""
        space = os.statvfs(self.folder)
        used = (space.f_blocks - space.f_bfree) * space.f_frsize
        self.resize(f"{used // 1024}k")


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Disk]:
    mounted = Disk(folder, size)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def settled(found: Found) -> Iterator[tuple[Shaken, Disk]]:
    """A county whose Postgres has a disk of its own, and has run a night."""
    county = found()
    with disk(county.home / "postgres", _LARGE) as mounted:
        assert county.night().status == 0
        yield county, mounted
        county.taizhang("down")


def test_a_full_archive_stops_the_night_and_the_next_completes(
    found: Found, tally: Tally, undisturbed: Examination
) -> None:
    county = found()
    with disk(county.home / "archive", "256k") as mounted:
        full = county.night()
        assert full.status == 1
        assert "No space left on device" in full.told
        county.examine(after_night=False)
        mounted.resize(_LARGE)
        _completes(county, tally, undisturbed, "the disk is full during the archive")


def test_a_full_outbox_owes_the_receipts_and_the_next_night_writes_them(
    found: Found, tally: Tally, undisturbed: Examination
) -> None:
    county = found()
    with disk(county.home / "outbox" / "receipts", "64k") as mounted:
        full = county.night()
        assert full.status == 1
        assert "receipts could not be written" in full.told
        mounted.resize(_LARGE)
        _completes(county, tally, undisturbed, "the disk is full during the receipts")


def test_a_full_warehouse_stops_the_load_and_the_next_night_completes(
    settled: tuple[Shaken, Disk], tally: Tally, undisturbed: Examination
) -> None:
    county, mounted = settled
    county.forget()
    mounted.fill()
    full = county.night()
    assert full.status in (1, 2)
    assert full.told
    mounted.resize(_LARGE)
    _completes(county, tally, undisturbed, "the disk is full during the load")


def test_a_disk_that_is_full_at_the_publish_leaves_yesterdays_marts_or_all_of_tonights(
    settled: tuple[Shaken, Disk], tally: Tally, undisturbed: Examination
) -> None:
    county, mounted = settled
    county.hand_in_again()
    night = county.start("night", "--json")
    with county.connect() as reader:  # the publish waits for this one
        reader.execute("select from marts.fct_employment limit 1")
        county.wait_until("select from pg_locks where not granted and mode = 'AccessExclusiveLock'", night)
        mounted.fill()
        with pytest.raises(psycopg.OperationalError), county.connect() as crash:
            # Write-ahead log that there is no room for stops Postgres.
            crash.execute(
                "select pg_logical_emit_message(false, 'chaos', repeat('x', 1000000)) from generate_series(1, 300)"
            )
        ended = end(night)
    assert ended.status == 1, ended.told
    mounted.resize(_LARGE)
    _completes(county, tally, undisturbed, "the disk is full during the publish")


def _completes(county: Shaken, tally: Tally, undisturbed: Examination, fault: str) -> None:
    ended = county.night()
    assert ended.status == 0, ended.told
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault(fault, []).append(examined)
