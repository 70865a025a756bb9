"""Reaching the warehouse."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from taizhang import warehouse as warehouse_module
from taizhang.contract import contracts
from taizhang.division import county
from taizhang.load import load_folder
from taizhang.night import open_night
from taizhang.settings import settings
from taizhang.warehouse import (
    MigrationError,
    NoProgramError,
    bring_up_to_date,
    connect,
    migrate,
    on_command_line,
    postgres_program,
    warehouse_url,
)
from tests.extracts import DAY, ROWS, text_table

# What the unit test of `break_id` expects of such breaks.
_DIFFERING, _TOTAL, _PAIR = (
    "ea62c4aa8b8231fd3759244a566326dc",  # pragma: allowlist secret
    "f493068feba176a7a4feb8386f8d873e",  # pragma: allowlist secret
    "75c4b5a54b3da2492f45c3d30cd96973",  # pragma: allowlist secret
)
_OF_AN_EARLIER_VERSION = """
drop table reconciliation.former_break;
create table intermediate.int_reconciliation__break_night (
    night_date date, is_open boolean, break_id text, kind text, level text, division_code text, person_key bigint,
    record_no text, column_name text, candidate_key bigint,
    ledger text default 'training', period date default '2020-01-01'
);
insert into intermediate.int_reconciliation__break_night values
    ('2020-12-29', true, 'village suspected', 'differs', 'village', '990525001001', 1, 'A', 'hours', null),
    ('2020-12-30', false, 'village suspected', 'differs', 'village', '990525001001', 1, 'A', 'hours', null),
    ('2020-12-30', true, 'nobody suspected', 'differs', null, '990525001002', 1, 'A', 'hours', null),
    ('2020-12-30', true, 'total', 'total', 'county', '990525001001', null, null, 'hours', null),
    ('2020-12-30', true, 'two numbers', 'identity', 'county', '990525001001', 4, 'A', null, 3);
create table intermediate.int_reconciliation__break_closed (closed_on date, break_id text, changed_levels text);
insert into intermediate.int_reconciliation__break_closed values ('2020-12-30', 'village suspected', 'village');
create table reconciliation.ledger_break (break_id text primary key, status text, last_seen date);
insert into reconciliation.ledger_break values
    ('village suspected', 'closed', '2020-12-29'), ('nobody suspected', 'open', '2020-12-30'),
    ('total', 'open', '2020-12-30'), ('two numbers', 'accepted', '2020-12-30');
insert into reconciliation.night (night_date, status) values ('2020-12-30', 'published');
insert into reconciliation.told_break (night_id, break_id, status)
select night_id, break_id, ledger_break.status from reconciliation.ledger_break, reconciliation.night
where ledger_break.status <> 'closed';
insert into reconciliation.accepted_difference (break_id, reason, accepted_by, accepted_on, accepted_until) values
    ('village suspected', '待核实', '李科长', '2020-12-28', '2021-06-30'),
    ('nobody suspected', '口径不同', '李科长', '2020-12-30', '2021-06-30'),
    ('two numbers', '不是同一人', '李科长', '2020-12-30', '2021-06-30');
"""
_KEPT = "p@ss"
_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from taizhang.warehouse import connect

all_here = Barrier(16)


def ask(number):
    all_here.wait()
    with connect() as connection:
        return connection.execute("select %s::integer", [number]).fetchone()[0]


with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(ask, range(16))))
"""


def test_threads_that_meet_the_server_at_once_all_reach_it(warehouse: Path) -> None:
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", _AT_ONCE], capture_output=True, text=True, check=False)
    assert (told.stdout.strip(), told.stderr) == ("120", "")


@pytest.mark.parametrize(
    ("said_since", "told"),
    [
        ("LOG:  starting PostgreSQL\nFATAL:  no space left\nFATAL:  could n", "no space left; see "),
        ("LOG:  starting PostgreSQL\nFATAL:  could n", "log says why."),
        ("", "the role is unknown; see "),
    ],
)
def test_why_the_server_does_not_start_is_what_it_has_said_since_somebody_tried(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said_since: str, told: str
) -> None:
    monkeypatch.setenv("TAIZHANG_HOME", str(tmp_path))
    settings.cache_clear()
    log = settings().postgres_dir / "log"
    log.parent.mkdir(parents=True)
    said_before = "FATAL:  the role is unknown\n"
    log.write_text(said_before + said_since, encoding="utf-8")
    words = warehouse_module._last_words(len(said_before))
    monkeypatch.undo()
    settings.cache_clear()
    assert told in words


@pytest.mark.parametrize(
    "url",
    [
        URL.create("postgresql", "li", _KEPT, "db", 5433, "taizhang", {"sslmode": "require"}),
        URL.create("postgresql", database="taizhang", query={"password": _KEPT, "sslmode": "require"}),
    ],
)
def test_a_password_is_not_on_the_command_line(url: URL) -> None:
    shown, variables = on_command_line(url)
    assert variables == {"PGPASSWORD": _KEPT}
    assert make_url(shown).password is None
    assert make_url(shown).query == {"sslmode": "require"}
    assert make_url(shown).database == "taizhang"


@pytest.fixture
def by_tls(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A warehouse at a port where nobody listens, to be spoken to by TLS."""
    monkeypatch.setenv("TAIZHANG_WAREHOUSE", "postgresql://127.0.0.1:1/taizhang?sslmode=verify-full")
    for cached in (settings, warehouse_url):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (settings, warehouse_url):
        cached.cache_clear()


def test_a_program_of_postgres_speaks_tls_where_the_warehouse_asks_for_it(
    by_tls: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgramError, match="needs a pg_dump of this machine"):
        postgres_program("pg_dump")
    (tmp_path / "pg_dump").touch(mode=0o755)
    assert postgres_program("pg_dump") == tmp_path / "pg_dump"


def migrations() -> int:
    with connect() as connection:
        return connection.execute("select from audit.migration").rowcount


def test_a_night_begins_beside_a_reader_who_does_not_let_go(clean_warehouse: Path) -> None:
    bring_up_to_date()
    with connect("analyst") as reader, connect("transformer") as builder:
        reader.execute("select from reconciliation.night")
        builder.execute("select from raw.extract")
        open_night(DAY)


def test_a_migration_gives_up_on_a_reader_who_does_not_let_go_and_names_it(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse_module, "_ATTEMPTS", 1)
    before = migrations()
    with connect("analyst") as reader:
        reader.execute("select from reconciliation.night")
        session = reader.info.backend_pid
        with pytest.raises(MigrationError, match=rf"session {session}, reconciliation\.night\) kept a lock"):
            migrate()
    assert migrations() == before


@pytest.mark.parametrize("dropped", ["schema reconciliation_next, vault", "schema audit", "owned by checker"])
def test_what_was_dropped_is_made_anew_by_the_next_night(clean_warehouse: Path, dropped: str) -> None:
    bring_up_to_date()
    before = migrations()
    with connect() as connection:
        connection.execute(f"drop {dropped} cascade".encode())
        if dropped == "owned by checker":  # as on a new server
            connection.execute("drop role checker")
    open_night(DAY)
    assert migrations() == (1 if dropped == "schema audit" else before + 1)
    bring_up_to_date()
    assert migrations() == (1 if dropped == "schema audit" else before + 1)
    with connect("checker") as connection:
        assert connection.execute("select from raw.extract").rowcount == 0
    with connect("loader") as connection:
        assert connection.execute("select from vault.person").rowcount == 0


def test_what_a_version_changes_is_made_by_the_next_night(
    clean_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date()
    before, script = migrations(), warehouse_module._script()
    monkeypatch.setattr(warehouse_module, "_script", lambda: f"{script}; select 1")
    open_night(DAY)
    assert migrations() == before + 1


def test_a_column_that_a_version_adds_is_filled_from_then_on_and_what_was_loaded_before_stays(
    clean_warehouse: Path, tmp_path: Path
) -> None:
    def hand_in(place: str) -> None:
        folder = tmp_path / DAY.isoformat() / "county"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "培训.csv").write_bytes(text_table([ROWS["training"] | {"培训地点": place}]))
        load_folder(1, county().code, inbox=tmp_path, night_date=DAY)

    hand_in("清风村")
    with connect() as connection:  # as a version had it that knew of no such column
        connection.execute("alter table raw.training drop column venue cascade")
    for _ in range(2):
        migrate()
    hand_in("黄桥镇")
    with connect() as connection:
        loaded = connection.execute("select name, venue from raw.training order by extract_id").fetchall()
        described = connection.execute(
            "select col_description('raw.training'::regclass, attnum) from pg_attribute"
            " where attrelid = 'raw.training'::regclass and attname = 'venue'"
        ).fetchone()
    assert loaded == [("张三", None), ("张三", "黄桥镇")]
    assert described == (contracts()["training"].column("venue").description,)


def test_what_an_earlier_version_kept_of_a_break_is_its_own_still(clean_warehouse: Path) -> None:
    """Which took one for another as soon as another level was suspected; it knows which worklists it wrote of them."""
    with connect() as connection:
        connection.execute(_OF_AN_EARLIER_VERSION)
    for _ in range(2):
        migrate()
    with connect() as connection:

        def ask(what: str, table: str) -> list[tuple[object, ...]]:
            query = f"select {what} from {table} order by 1, 2"
            return connection.execute(query.encode()).fetchall()

        breaks = sorted([(_DIFFERING, "open"), (_TOTAL, "open"), (_PAIR, "accepted")])
        assert ask("break_id, status", "reconciliation.ledger_break") == breaks
        assert ask("break_id, status", "reconciliation.told_break") == breaks
        assert ask("break_id, reason", "reconciliation.accepted_difference") == [
            (_PAIR, "不是同一人"),
            (_DIFFERING, "口径不同"),
        ]
        assert ask(
            "night_date::text, is_open", f"intermediate.int_reconciliation__break_night where break_id = '{_DIFFERING}'"
        ) == [
            ("2020-12-29", True),
            ("2020-12-30", True),
        ]
        assert ask("break_id, changed_levels", "intermediate.int_reconciliation__break_closed") == [
            (_DIFFERING, "village")
        ]
        assert len(ask("former_id, break_id", "reconciliation.former_break")) == 4
