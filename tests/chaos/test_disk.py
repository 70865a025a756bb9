"""A disk that is full while the receipts are written, and at the publish."""

import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from tests.chaos.county import AT_WORK, Found, Shaken, end
from tests.chaos.disk import LARGE, Disk, disk
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally

pytestmark = pytest.mark.chaos


@pytest.fixture
def on_its_own_disk(found: Found, lived: Shaken) -> Iterator[tuple[Shaken, Disk]]:
    """A county that has had a good night, and whose Postgres has a disk of its own."""
    county = found()
    lived.stop_postgres("fast")
    with disk(county.home / "postgres", LARGE) as mounted:
        for folder in ("archive", "inbox", "postgres"):
            subprocess.run(["cp", "-a", lived.home / folder, county.home], check=True)
        lived.start_postgres()
        county.start_postgres()
        yield county, mounted
        county.taizhang("down")


def test_a_full_outbox_owes_the_receipts_and_the_next_night_writes_them(
    lived: Shaken, tally: Tally, undisturbed: Examination
) -> None:
    refused = lived.home / "inbox" / "2020-12-31" / "county" / "refused.csv"
    refused.write_bytes(b"no ledger")
    with disk(lived.home / "outbox" / "receipts", "4k") as mounted:
        full = lived.night()
        assert full.status == 1
        assert "receipts could not be written" in full.told
        mounted.resize(LARGE)
        _completes(lived, tally, undisturbed, "the disk is full during the receipts")


def test_a_disk_that_is_full_at_the_publish_leaves_yesterdays_marts_or_all_of_tonights(
    on_its_own_disk: tuple[Shaken, Disk], tally: Tally, undisturbed: Examination
) -> None:
    county, mounted = on_its_own_disk
    county.hand_in_again()
    night = county.start("night", "--json")
    reader = county.connect()  # the publish waits for this one
    reader.execute("select from marts.fct_employment limit 1")
    county.wait_until(AT_WORK.format(stage="publish"), night)
    county.wait_until("select from pg_locks where not granted and mode = 'AccessExclusiveLock'", night)
    mounted.fill()
    with pytest.raises(psycopg.OperationalError), county.connect() as crash:
        # Write-ahead log that there is no room for stops Postgres.
        crash.execute(
            "select pg_logical_emit_message(false, 'chaos', repeat('x', 1000000)) from generate_series(1, 300)"
        )
    reader.close()
    ended = end(night)
    assert ended.status == 1, ended.told
    assert "No space left on device" in ended.told
    mounted.resize(LARGE)
    _completes(county, tally, undisturbed, "the disk is full during the publish")


def _completes(county: Shaken, tally: Tally, undisturbed: Examination, fault: str) -> None:
    ended = county.night()
    assert ended.status == 0, ended.told
    examined = county.examine()
    assert examined.facts == undisturbed.facts
    tally.setdefault(fault, []).append(examined)
