"""What changed in an inbox, read by one process and by several."""

import errno
import random
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest

from taizhang import changed
from taizhang.changed import Content, Inbox, read_changed
from taizhang.division import Division, children, offices
from taizhang.inbox import Received
from taizhang.load import LoadCounts, load_folder
from taizhang.warehouse import connect
from tests.extracts import DAY, ROWS, text_table

OFFICES = [office.code for office in offices()]
MANY = offices()[1]


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of each office, and of one more files than are read together, of which the last one counts."""
    inbox = tmp_path_factory.mktemp("inbox")
    for office in offices():
        hand_in(inbox, office, ["务工.csv"])
    hand_in(inbox, MANY, [f"务工{number:03}.csv" for number in range(70)])
    return inbox


def folder_of(inbox: Path, office: Division) -> Path:
    return inbox / DAY.isoformat() / (office.level if office.level == "county" else f"township/{office.name}")


def hand_in(inbox: Path, office: Division, names: list[str]) -> None:
    township = office if office.level == "township" else MANY
    place = {"乡镇": township.name, "行政村": children(township.code)[0].name}
    folder_of(inbox, office).mkdir(parents=True, exist_ok=True)
    for name in names:
        row = ROWS["employment"] | place | {"单位名称": name}
        (folder_of(inbox, office) / name).write_bytes(text_table([row]))


def load(inbox: Path, codes: list[str], night_id: int = 1) -> list[LoadCounts]:
    return [load_folder(night_id, code, inbox=inbox, night_date=DAY) for code in codes]


def loaded() -> list[tuple[str, str, str]]:
    """Whose extracts have come, in the order of each office's."""
    with connect("loader") as connection:
        return connection.execute(
            "select division_code, path, sha256 from raw.extract order by division_code, extract_id"
        ).fetchall()


@pytest.mark.parametrize("seed", range(3))
def test_several_processes_load_what_one_does_in_whatever_order_they_are_asked(
    clean_warehouse: Path, inbox: Path, several: None, seed: int
) -> None:
    asked = random.Random(seed).sample(OFFICES, k=len(OFFICES))  # noqa: S311
    counts = dict(zip(asked, load(inbox, asked), strict=True))
    assert counts.pop(MANY.code) == LoadCounts(71, 71, rows_read=71, rows_accepted=71)
    assert set(counts.values()) == {LoadCounts(1, 1, rows_read=1, rows_accepted=1)}
    assert [path for code, path, _ in loaded() if code == MANY.code] == sorted(
        str(path.relative_to(inbox)) for path in folder_of(inbox, MANY).iterdir()
    )
    again = load(inbox, asked, night_id=2)
    assert {counts.unchanged for counts in again} == {1, 71}
    assert sum(counts.loaded for counts in again) == 0


def test_no_more_is_read_ahead_than_memory_holds(
    clean_warehouse: Path, inbox: Path, several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = Inbox(9, inbox, DAY)
    size = (folder_of(inbox, offices()[0]) / "务工.csv").stat().st_size
    monkeypatch.setattr(changed, "_BYTES_AHEAD", 3 * size)
    received, files = read_changed(night, OFFICES[0])
    assert (received, len(list(files))) == (1, 1)
    begun = {code: folder.batches_begun for code, folder in changed._read_ahead(night)._folders.items()}
    assert {code: batches for code, batches in begun.items() if batches} == {MANY.code: 1}


def test_what_fails_ahead_of_its_task_is_read_again_by_its_task(
    clean_warehouse: Path, inbox: Path, several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = [OSError(errno.ENOENT, "removed by somebody")]
    read_content = changed.read_content

    def read(received: Received) -> Content:
        if passing and received.division == MANY and received.path.name == "务工003.csv":
            raise passing.pop()
        return read_content(received)

    monkeypatch.setattr(changed, "read_content", read)
    first, many = load(inbox, [OFFICES[0], MANY.code], night_id=8)
    assert (first.loaded, many.loaded, passing) == (1, 71, [])


def test_an_office_that_is_asked_for_again_finds_its_files_unchanged(
    clean_warehouse: Path, inbox: Path, several: None
) -> None:
    first, again = load(inbox, [MANY.code, MANY.code])
    assert (first.loaded, again.unchanged) == (71, 71)


def test_a_reading_process_that_dies_fails_one_task_and_nothing_is_lost(
    clean_warehouse: Path, inbox: Path, several: None
) -> None:
    load(inbox, OFFICES[:1])
    readers = [process for process in psutil.Process().children() if "spawn_main" in " ".join(process.cmdline())]
    assert readers
    for process in readers:
        process.kill()
    with pytest.raises(BrokenProcessPool):
        load(inbox, [MANY.code])
    assert sum(counts.loaded for counts in load(inbox, OFFICES)) == len(OFFICES) - 1 + 70
