"""A backup, and what comes back of it after the warehouse or the archive is lost."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner
from upath import UPath

from taizhang import archive, backup, night, publish, steps
from taizhang.backup import BackupError, backups, make_backup, refuse_lost, restore
from taizhang.cli import app
from taizhang.division import county
from taizhang.load import load_folder, register_people
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import DAY, ROWS, text_table

TABLES = ("raw.extract", "raw.training", "raw.employment", "raw.problem", "vault.person", "marts.fct_training")


def hand_in(inbox: Path, ledger: str, **changed: str) -> None:
    folder = inbox / DAY.isoformat() / "county"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{ledger}.csv").write_bytes(text_table([ROWS[ledger] | changed]))
    load_folder(1, county().code, inbox=inbox, night_date=DAY)
    register_people()


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    """An inbox that is loaded, and a mart that analysts may read."""
    shutil.rmtree(settings().archive_dir, ignore_errors=True)
    hand_in(tmp_path / "inbox", "training")
    hand_in(tmp_path / "inbox", "employment")
    with connect("transformer") as connection:
        connection.execute("create table marts.fct_training as select 'B1' as class_no")
        connection.execute("grant select on marts.fct_training to analyst")
        connection.execute("comment on table marts.fct_training is 'Trainees. 参训人员'")
    return tmp_path / "inbox"


def held() -> dict[str, list[Any]]:
    with connect() as connection:
        return {
            table: sorted(connection.execute(f"select to_jsonb(held)::text from {table} as held".encode()).fetchall())
            for table in TABLES
        }


def lose_everything() -> None:
    with connect() as connection:
        connection.execute("drop schema raw, vault, marts cascade")
    shutil.rmtree(settings().archive_dir)


def test_what_was_lost_is_there_again_and_the_same_files_are_known(inbox: Path, tmp_path: Path) -> None:
    before = held()
    made = make_backup(tmp_path / "backup")
    lose_everything()
    assert restore(tmp_path / "backup") == made
    assert held() == before
    assert all(archive.kept(sha256) for sha256 in made.sha256)
    assert load_folder(2, county().code, inbox=inbox, night_date=DAY).unchanged == 2


def test_rights_and_descriptions_come_back_too(inbox: Path, tmp_path: Path) -> None:
    make_backup(tmp_path / "backup")
    lose_everything()
    restore(tmp_path / "backup")
    with connect("analyst") as connection:
        assert connection.execute("select class_no from marts.fct_training").fetchall() == [("B1",)]
    with connect() as connection:
        assert connection.execute("select obj_description('marts.fct_training'::regclass)").fetchone() == (
            "Trainees. 参训人员",
        )


def test_a_warehouse_that_holds_something_is_replaced_only_on_request(inbox: Path, tmp_path: Path) -> None:
    made = make_backup(tmp_path / "backup")
    hand_in(inbox, "subsidy")
    with pytest.raises(BackupError, match="--replace"):
        restore(tmp_path / "backup")
    restore(tmp_path / "backup", replace=True)
    with connect() as connection:
        assert connection.execute("select count(*) from raw.subsidy").fetchone() == (0,)
    assert made.rows["raw.training"] == 1


def test_old_backups_go_with_the_files_that_only_they_refer_to(inbox: Path, tmp_path: Path) -> None:
    first = make_backup(tmp_path / "backup")
    with connect() as connection:
        connection.execute("delete from raw.extract where ledger = 'training'")
    second = make_backup(tmp_path / "backup", keep=1)
    assert len(first.sha256) == 2
    assert backups(tmp_path / "backup") == [second]
    assert [path.name for path in (tmp_path / "backup" / "archive").glob("*/*")] == [*second.sha256]


def beside(monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], None]) -> None:
    """Let something else happen as a backup comes to one of its steps."""
    do = getattr(backup, step)

    def meanwhile(*arguments: Any) -> Any:
        act()
        return do(*arguments)

    monkeypatch.setattr(backup, step, meanwhile)


def test_a_backup_begins_only_when_the_one_before_has_cleaned_up(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would remove from the archive what the next one has copied and not yet told of."""
    refused = []

    def begin_another() -> None:
        with pytest.raises(BackupError, match="Another backup is being made") as told:
            make_backup(tmp_path / "backup")
        refused.append(told)

    beside(monkeypatch, "_remove_old", begin_another)
    make_backup(tmp_path / "backup", keep=1)
    assert len(refused) == 1
    make_backup(tmp_path / "backup")


def test_a_night_publishes_while_a_backup_copies_the_archive(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_ATTEMPTS", 1)
    with connect("transformer") as connection:
        connection.execute("create table marts_next.fct_training as select 'B2' as class_no")
    beside(monkeypatch, "_copied", lambda: publish.publish(1))
    make_backup(tmp_path / "backup")
    with connect() as connection:
        assert connection.execute("select class_no from marts.fct_training").fetchall() == [("B2",)]


def test_a_publish_waits_while_a_backup_reads(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_ATTEMPTS", 1)
    with ThreadPoolExecutor(1) as pool:
        published = []

        def publish_beside() -> None:
            with connect("transformer") as connection:
                connection.execute("create table marts_next.fct_training as select 'B2' as class_no")
            published.append(pool.submit(publish.publish, 1))
            with connect(autocommit=True) as connection:
                while not connection.execute("select from pg_locks where not granted").rowcount:
                    assert not published[0].done()

        beside(monkeypatch, "_dump", publish_beside)
        make_backup(tmp_path / "backup")
        published[0].result()
    with connect() as connection:
        assert connection.execute("select class_no from marts.fct_training").fetchall() == [("B2",)]


def test_a_damaged_archive_is_told_before_the_warehouse_is_touched(inbox: Path, tmp_path: Path) -> None:
    made = make_backup(tmp_path / "backup")
    damaged = tmp_path / "backup" / "archive" / made.sha256[0][:2] / made.sha256[0]
    damaged.write_bytes(b"x")
    lose_everything()
    with pytest.raises(BackupError, match="not whole"):
        restore(tmp_path / "backup")
    with connect() as connection:
        assert connection.execute("select count(*) from raw.extract").fetchone() == (0,)


def test_a_backup_that_does_not_end_leaves_nothing_that_looks_like_one(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "archive").touch()  # where a folder should be
    with pytest.raises(OSError, match="archive"):
        make_backup(tmp_path / "backup")
    assert backups(tmp_path / "backup") == []
    assert not [path for path in (tmp_path / "backup").iterdir() if path.suffix == ".part"]


def a_file() -> str:
    with connect() as connection:
        ((sha256,),) = connection.execute("select min(sha256) from raw.extract").fetchall()
    return str(sha256)


@pytest.mark.parametrize("lose", [UPath.unlink, lambda path: path.write_bytes(b"x")], ids=["gone", "damaged"])
def test_a_file_that_the_archive_has_lost_is_told_and_keeps_nothing_else_back(
    inbox: Path, tmp_path: Path, lose: Callable[[UPath], object]
) -> None:
    before, lost = held(), a_file()
    lose(archive.path_of(lost))
    made = make_backup(tmp_path / "backup")
    assert (len(made.sha256), made.lost) == (1, (lost,))
    with pytest.raises(BackupError, match=f"is made, but .* lost 1 of its files, .*{lost}.* has 0 of them"):
        refuse_lost(made)
    lose_everything()
    assert restore(tmp_path / "backup") == made
    assert held() == before


def test_by_night_lost_files_fail_a_task_of_their_own_on_whichever_machine(inbox: Path) -> None:
    steps.refuse_lost_files(steps.make_backup())
    archive.path_of(a_file()).unlink()
    backed_up = steps.make_backup()
    shutil.rmtree(settings().backup_dir)  # another machine does not have it
    with pytest.raises(BackupError, match="lost 1 of its files"):
        steps.refuse_lost_files(backed_up)


def test_a_lost_file_that_an_older_backup_has_stays_in_the_newer_ones(inbox: Path, tmp_path: Path) -> None:
    make_backup(tmp_path / "backup")
    lost = a_file()
    archive.path_of(lost).unlink()
    made = make_backup(tmp_path / "backup", keep=1)
    with pytest.raises(BackupError, match="has 1 of them"):
        refuse_lost(made)
    restore(tmp_path / "backup", replace=True)
    assert archive.path_of(lost).exists()


def test_what_was_pruned_is_not_lost(inbox: Path, tmp_path: Path) -> None:
    with connect() as connection:
        connection.execute("update raw.extract set pruned_on = %s where sha256 = %s", [DAY, a_file()])
    archive.path_of(a_file()).unlink()
    made = make_backup(tmp_path / "backup")
    refuse_lost(made)
    assert (len(made.sha256), made.lost) == (1, ())


def without_digests(backup: Path) -> None:
    """As a version made it that kept none."""
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    del manifest["digests"]
    (backup / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_truncated_dump_leaves_the_warehouse_as_it_was(inbox: Path, tmp_path: Path) -> None:
    dump = Path(make_backup(tmp_path / "backup").folder) / "warehouse.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    without_digests(dump.parent)
    before = held()
    with pytest.raises(BackupError, match="did not come to its end"):
        restore(tmp_path / "backup", replace=True)
    assert held() == before


def test_a_restore_that_fails_leaves_nobody_behind_who_holds_the_warehouse(inbox: Path, tmp_path: Path) -> None:
    dump = Path(make_backup(tmp_path / "backup").folder) / "warehouse.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    without_digests(dump.parent)
    with pytest.raises(BackupError) as told:  # which keeps alive what is not ended
        restore(tmp_path / "backup", replace=True)
    assert "pg_restore did not come to its end" in str(told.value)
    assert not [child for child in psutil.Process().children() if child.name() in ("psql", "pg_restore")]


def test_a_dump_without_all_rows_leaves_the_warehouse_as_it_was(inbox: Path, tmp_path: Path) -> None:
    manifest = Path(make_backup(tmp_path / "backup").folder) / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    told["rows"]["raw.training"] = told["rows"]["raw.employment"] = 7
    manifest.write_text(json.dumps(told), encoding="utf-8")
    hand_in(inbox, "subsidy")
    before = held()
    with pytest.raises(BackupError, match=r"not what was backed up: look at raw\.employment, raw\.training$"):
        restore(tmp_path / "backup", replace=True)
    assert held() == before


@pytest.mark.parametrize("name", ["audit.csv", "warehouse.dump", "manifest.json"])
def test_what_is_damaged_of_a_backup_is_told_before_the_warehouse_is_touched(
    inbox: Path, tmp_path: Path, name: str
) -> None:
    damaged = Path(make_backup(tmp_path / "backup").folder) / name
    damaged.write_bytes(damaged.read_bytes()[:-10])
    before = held()
    with pytest.raises(BackupError, match=f"{name} is .*damaged"):
        restore(tmp_path / "backup", replace=True)
    assert held() == before


def test_what_a_backup_left_that_was_killed_goes_with_the_next(inbox: Path, tmp_path: Path) -> None:
    broken_off = tmp_path / "backup" / ".20201231T000000.000000Z.part"
    broken_off.mkdir(parents=True)
    (broken_off / "warehouse.dump").touch()
    make_backup(tmp_path / "backup")
    assert not broken_off.exists()


def test_a_folder_without_a_backup_is_said_to_be_one(clean_warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no backup"):
        restore(tmp_path)


def test_nothing_is_restored_while_a_night_runs(inbox: Path, tmp_path: Path) -> None:
    make_backup(tmp_path / "backup")
    night_id = night.open_night(DAY)
    before = held()
    with night.stage(night_id, "load"):
        ended = CliRunner().invoke(app, ["restore", str(tmp_path / "backup"), "--replace"])
    assert f"Night {night_id}" in str(ended.exception)
    assert "still running" in str(ended.exception)
    assert held() == before
