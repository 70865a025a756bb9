"""What goes when it has grown old, and what stays for ever."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from taizhang import archive
from taizhang.division import county
from taizhang.load import load_folder
from taizhang.maintenance import Pruned, prune_history, prune_logs, prune_outbox, vacuum
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import DAY, ROWS, text_table

LONG_AFTER = DAY + timedelta(days=5_000)


def hand_in(inbox: Path, content: bytes, name: str = "培训.csv", day: date = DAY) -> None:
    folder = inbox / day.isoformat() / "county"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    load_folder(1, county().code, inbox=inbox, night_date=DAY)


def training(name: str) -> bytes:
    return text_table([ROWS["training"] | {"学员姓名": name}])


def age() -> None:
    """Let what is loaded have been loaded on the county's day, long ago."""
    with connect() as connection:
        connection.execute("update raw.extract set loaded_at = %s", [DAY])


def names() -> list[str]:
    with connect() as connection:
        return [name for (name,) in connection.execute("select name from raw.training order by name").fetchall()]


def kept() -> int:
    return sum(1 for _ in settings().archive_dir.glob("*/*"))


@pytest.fixture
def inbox(clean_warehouse: Path, tmp_path: Path) -> Path:
    for path in settings().archive_dir.glob("*/*"):
        path.unlink()
    return tmp_path


def test_what_was_replaced_long_ago_goes_and_that_it_was_handed_in_stays(inbox: Path) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"))
    age()
    assert prune_history(LONG_AFTER) == Pruned(extracts=1, rows=1, files=1)
    assert names() == ["李四"]
    assert kept() == 1
    with connect() as connection:
        asked = connection.execute("select rows_accepted, pruned_on from raw.extract order by extract_id")
        assert asked.fetchall() == [(1, LONG_AFTER), (1, None)]
    assert prune_history(LONG_AFTER) == Pruned(extracts=0, rows=0, files=0)


def test_what_was_replaced_of_late_stays(inbox: Path) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"))
    assert prune_history(settings().today()) == Pruned(extracts=0, rows=0, files=0)
    assert names() == ["张三", "李四"]


def test_an_older_extract_that_came_later_replaces_nothing(inbox: Path) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"), day=DAY - timedelta(days=3))
    age()
    assert prune_history(LONG_AFTER).extracts == 1
    assert names() == ["张三"]


def test_a_refused_file_goes_once_its_path_was_read_again(inbox: Path) -> None:
    hand_in(inbox, b"nothing that is a ledger")
    age()
    assert prune_history(LONG_AFTER) == Pruned(extracts=0, rows=0, files=0)
    hand_in(inbox, training("张三"))
    age()
    assert prune_history(LONG_AFTER) == Pruned(extracts=1, rows=1, files=1)  # its row is its problem
    assert names() == ["张三"]


def test_bytes_that_a_current_extract_has_too_stay(inbox: Path) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"))
    hand_in(inbox, training("张三"))
    age()
    assert prune_history(LONG_AFTER) == Pruned(extracts=2, rows=2, files=1)
    with connect() as connection:
        ((sha256,),) = connection.execute("select sha256 from raw.extract where pruned_on is null").fetchall()
    assert archive.kept(sha256) == training("张三")


@pytest.fixture
def no_commit(inbox: Path) -> Iterator[None]:
    """A warehouse that takes what is said of extracts, and then fails to commit it."""
    with connect() as connection:
        connection.execute(
            "create function raw.fail() returns trigger language plpgsql as"
            " $$ begin raise exception 'the disk is gone'; end $$"
        )
        connection.execute(
            "create constraint trigger fail after update on raw.extract deferrable initially deferred"
            " for each row execute function raw.fail()"
        )
    yield
    with connect() as connection:
        connection.execute("drop function raw.fail cascade")


def test_bytes_stay_as_long_as_the_warehouse_refers_to_them(inbox: Path, no_commit: None) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"))
    with connect() as connection:
        connection.execute("alter table raw.extract disable trigger fail")
        connection.execute("update raw.extract set loaded_at = %s", [DAY])
        connection.execute("alter table raw.extract enable trigger fail")
    with pytest.raises(psycopg.errors.RaiseException, match="the disk is gone"):
        prune_history(LONG_AFTER)
    assert names() == ["张三", "李四"]
    assert kept() == 2


def test_bytes_that_a_crash_has_left_go_with_the_next_run(inbox: Path) -> None:
    hand_in(inbox, training("张三"))
    hand_in(inbox, training("李四"))
    age()
    prune_history(LONG_AFTER)
    archive.keep(training("张三"), hashlib.sha256(training("张三")).hexdigest())
    assert prune_history(LONG_AFTER) == Pruned(extracts=0, rows=0, files=1)


@pytest.fixture
def impatient(inbox: Path) -> Iterator[None]:
    """A warehouse whose sessions give up rather than wait."""
    with connect(autocommit=True) as connection:
        connection.execute("alter database taizhang set lock_timeout = '100ms'")
        yield
        connection.execute("alter database taizhang reset lock_timeout")


def test_a_load_finds_out_what_is_kept_only_when_nobody_prunes(inbox: Path, impatient: None) -> None:
    with connect("loader") as pruning:
        pruning.execute("lock table raw.extract in share row exclusive mode")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            hand_in(inbox, training("张三"))
        assert kept() == 0


def test_old_answers_go_and_what_bears_no_date_stays(warehouse: Path) -> None:
    outbox = settings().outbox_dir
    shutil.rmtree(outbox, ignore_errors=True)
    for name in ("receipts/2020-12-31/county", "receipts/2021-12-31", "worklists/2020-12-31", "data_docs/2020-12-31"):
        (outbox / name).mkdir(parents=True)
    (outbox / "alerts").mkdir()
    (outbox / "alerts" / "2020-12-31.md").touch()
    (outbox / "receipts" / "note.txt").touch()
    assert prune_outbox(DAY + timedelta(days=settings().keep_outbox_days + 1)) == 3
    assert sorted(path.name for path in (outbox / "receipts").iterdir()) == ["2021-12-31", "note.txt"]
    assert (outbox / "data_docs" / "2020-12-31").is_dir()


def test_logs_that_nobody_writes_to_any_more_go(warehouse: Path) -> None:
    logs = settings().airflow_home / "logs" / "dag_id=night"
    logs.mkdir(parents=True)
    for name in ("old.log", "new.log"):
        (logs / name).touch()
    long_ago = (logs / "new.log").stat().st_mtime - (settings().keep_logs_days + 1) * 86_400
    os.utime(logs / "old.log", (long_ago, long_ago))
    assert prune_logs() == 1
    assert [path.name for path in logs.iterdir()] == ["new.log"]


def test_room_is_given_back(warehouse: Path) -> None:
    vacuum()
    with connect() as connection:
        asked = connection.execute("select vacuum_count > 0 from pg_stat_user_tables where relname = 'extract'")
        assert asked.fetchall() == [(True,)]
