"""The audit trail: who did what, in a table that is only ever added to."""

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row
from typer.testing import CliRunner

from taizhang.accept import accept
from taizhang.audit import outline
from taizhang.backup import make_backup, restore
from taizhang.cli import app
from taizhang.division import county
from taizhang.load import load_folder, register_people
from taizhang.login import Login, grant_login, revoke_login
from taizhang.trace import trace
from taizhang.warehouse import Role, connect
from tests.extracts import DAY, MALE, ROWS, text_table
from tests.logins import logged_in

Events = Callable[[], list[dict[str, Any]]]
NAME = ROWS["training"]["学员姓名"]


@pytest.fixture
def events(clean_warehouse: Path) -> Iterator[Events]:
    """What was recorded since the test began; none of it may tell of a person."""

    def since() -> list[dict[str, Any]]:
        with connect("auditor") as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "select * from audit.event where happened_at > %s order by happened_at", [began]
            ).fetchall()

    with connect() as connection:
        ((began,),) = connection.execute("select clock_timestamp()").fetchall()
    yield since
    told = str(since())
    assert MALE not in told
    assert NAME not in told


@pytest.fixture
def inbox(tmp_path: Path, events: Events) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def a_login(clean_warehouse: Path) -> Iterator[Login]:
    yield grant_login("高沙镇")
    revoke_login("高沙镇")


def hand_in(inbox: Path, **changed: str) -> None:
    folder = inbox / DAY.isoformat() / "county"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{MALE}.csv").write_bytes(text_table([ROWS["training"] | changed]))
    load_folder(1, county().code, inbox=inbox, night_date=DAY)


def test_what_is_loaded_and_handed_in_again_is_recorded(inbox: Path, events: Events) -> None:
    hand_in(inbox)
    hand_in(inbox, 培训地点="别处")
    assert [(one["action"], one["subject"], one["role_name"]) for one in events()] == [
        ("insert", "raw.extract", "loader")
    ] * 2
    first, again = (one["details"] for one in events())
    assert first["status"] == "loaded"
    assert first["sha256"] != again["sha256"]
    assert (first["division_code"], first["ledger"], first["period"]) == (
        again["division_code"], again["ledger"], again["period"]
    )  # fmt: skip


def test_an_event_knows_who_ran_the_program_whatever_the_variables_say(
    inbox: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    hand_in(inbox)
    assert {one["os_user"] for one in events()} == {pwd.getpwuid(os.getuid()).pw_name}


def test_a_change_by_hand_is_recorded_too(inbox: Path, events: Events) -> None:
    hand_in(inbox)
    with connect() as connection:
        connection.execute("update raw.extract set rows_rejected = 1, rows_accepted = 0")
        connection.execute("truncate raw.extract cascade")
    of_extracts = [one for one in events() if one["subject"] == "raw.extract"]
    assert [(one["action"], one["details"].get("rows_rejected")) for one in of_extracts] == [
        ("insert", 0),
        ("update", 1),
        ("truncate", None),
    ]


def test_who_accepted_a_difference_is_recorded(events: Events) -> None:
    with connect("transformer") as connection:
        connection.execute(
            "create table reconciliation.ledger_break as select 'b' as break_id, 'open' as status, 'differs' as kind,"
            " null::text as level, '2020-12-31'::date as last_seen,"
            " ''::text as county_value, '' as township_value, '' as village_value"
        )
    accept("b", reason="口径不同", by="李科长", until=DAY)
    assert [(one["action"], one["details"]["break_id"], one["details"]["accepted_by"]) for one in events()] == [
        ("insert", "b", "李科长")
    ]


def test_a_login_that_is_granted_granted_again_and_revoked_is_recorded(events: Events) -> None:
    login = grant_login("高沙镇")
    grant_login("高沙镇")
    revoke_login("高沙镇")
    assert [one["action"] for one in events()] == ["insert", "update", "delete"]
    assert {one["details"]["role_name"] for one in events()} == {login.role_name}


def test_an_analysts_login_that_is_revoked_is_recorded(events: Events) -> None:
    with connect() as connection:
        connection.execute("create role zhang login in role analyst")
    revoke_login("zhang")
    assert [(one["action"], one["subject"]) for one in events()] == [("revoke", "zhang")]


def test_who_asked_for_whom_is_recorded_by_surrogate_key(inbox: Path, events: Events) -> None:
    hand_in(inbox)
    register_people()
    with connect() as connection:
        ((person_key,),) = connection.execute("select person_key from vault.person").fetchall()
    for key in (MALE, str(person_key), "B1", NAME, "990525198001010"):
        trace("training", key, full=key == MALE)
    traced = [one["details"] for one in events() if one["action"] == "trace"]
    assert traced == [
        {"labourer_key": person_key, "rows": 1, "full": True},
        {"labourer_key": person_key, "rows": 1, "full": False},
        {"record": "B1", "rows": 1, "full": False},
        {"rows": 0, "full": False},
        {"rows": 0, "full": False},
    ]


def test_a_person_who_is_in_the_vault_not_yet_is_not_told_of(inbox: Path, events: Events) -> None:
    hand_in(inbox)
    assert trace("training", MALE)
    assert events()[-1]["details"] == {"record": "[身份证号]", "rows": 1, "full": False}


@pytest.mark.parametrize("role", ["analyst", "work_team", "transformer"])
def test_who_asked_what_as_which_role_is_recorded_but_not_of_whom(events: Events, role: Role) -> None:
    query = f"select '{MALE}' = '{NAME}', {MALE}"
    assert CliRunner().invoke(app, ["sql", "--json", "--as", role, "-c", query]).exit_code == 0
    (asked,) = events()
    assert (asked["action"], asked["subject"]) == ("sql", role)
    assert asked["details"] == {"query": "select … = …, …", "as_of": None}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("select $x$彭光利$x$, 1 -- 彭光利", "select …, …"),
        ("explain analyze select 1", "explain analyze select …"),
        (
            "SELECT f.ledger, count(*) FROM raw.extract f\nWHERE f.division_code  IN ('430525106202') GROUP BY 1",
            "SELECT ….ledger, count(*) FROM raw.extract … WHERE ….division_code IN (…) GROUP BY …",
        ),
        ("with peng as (select 1) select * from peng", "with … as (select …) select * from …"),
        ("select 'peng' from raw.extract where 'unfinished", "…"),
        ("select $900$x$900$ from marts.night", "…"),
        (r"\dt marts.*", r"\… marts.*"),
        ("", ""),
    ],
)
def test_of_a_query_is_kept_what_was_asked_and_not_of_whom(warehouse: Path, query: str, kept: str) -> None:
    assert outline(query) == kept


LITERALS = [
    "'{}'", "'it''s {}'", "'\\', '{}'", "E'\\'{}'", "E'\\\\', '{}'", "N'{}'", "U&'{}'", "'a'\n'{}'",
    "'!!' || '{}'", "$${}$$", "$a${}$a$", "${0}$x${0}$", '"{}"', 'U&"{}"', '"a""{}"', "1 as {}", "x.{}", "{}",
    "'{{\"{}\": 1}}'::jsonb", "1 -- {}\n", "/* {} */ 1", "/* /* */ {} */ 1", "`{}`", "${}", ":{}",
    "@{}", "[{}]", "\\echo {} ",
]  # fmt: skip
WORDS = st.from_regex(r"[彭光利张][彭光利张三\u3400-\u9fff·]{0,3}", fullmatch=True) | st.from_regex(
    r"xq[a-z]{4,8}|9[0-9]{2,18}(\.[0-9]+)?", fullmatch=True
)


def is_sql(written: tuple[str, str]) -> bool:
    """The tag of a dollar quote begins with no digit; whatever is no SQL is kept as nothing at all."""
    literal, word = written
    return not (literal == "${0}$x${0}$" and word.isdecimal())


@given(st.lists(st.tuples(st.sampled_from(LITERALS), WORDS).filter(is_sql), min_size=1, max_size=6))
@hypothesis.settings(max_examples=60)
def test_no_literal_of_any_kind_is_kept_of_a_query(warehouse: Path, written: list[tuple[str, str]]) -> None:
    kept = outline("select " + ", ".join(literal.format(word) for literal, word in written) + " from marts.night")
    assert kept.endswith(" from marts.night")
    assert not [word for _, word in written if word in kept]


@pytest.mark.parametrize("begun", ["'{}", "B'{}'", '"{}', "$${}", "$x${}$$", "E'\\'{}", "/* {}", "-- {}"])
def test_nothing_is_kept_of_what_is_no_sql_or_breaks_off(warehouse: Path, begun: str) -> None:
    assert NAME not in outline(f"select 1, {begun.format(NAME)}")


def test_who_comes_in_past_our_programs_is_recorded(events: Events, a_login: Login) -> None:
    with logged_in(a_login, application_name="a tool of somebody's"):
        pass
    (login,) = (one for one in events() if one["action"] == "login")
    assert {login["subject"], login["database_user"], login["role_name"]} == {a_login.role_name}
    assert login["details"] == {"address": None, "application": "a tool of somebody's"}  # by a socket of this machine


def test_who_lets_nothing_be_written_is_told_in_the_log_of_the_server(
    events: Events, a_login: Login, clean_warehouse: Path
) -> None:
    with logged_in(a_login, options="-c default_transaction_read_only=on"):
        pass
    assert "login" not in {one["action"] for one in events()}
    log = (clean_warehouse / "postgres" / "log").read_text("utf-8")
    assert f'login of "{a_login.role_name}"' in log


def test_a_restore_undoes_no_event_and_brings_back_those_of_a_lost_server(
    inbox: Path, events: Events, tmp_path: Path
) -> None:
    hand_in(inbox)
    made = make_backup(tmp_path / "backup")
    hand_in(inbox, 培训地点="别处")
    before = events()
    restore(tmp_path / "backup", replace=True)
    assert events()[: len(before)] == before
    assert [(one["action"], one["subject"]) for one in events()[len(before) :]] == [("restore", Path(made.folder).name)]
    with connect() as connection:
        connection.execute("drop schema audit, raw, vault cascade")
    restore(tmp_path / "backup", replace=True)
    assert [one["action"] for one in events()] == ["insert", "backup", "restore"]


# Nobody changes it


@pytest.mark.parametrize("statement", ["update audit.event set action = ''", "delete from audit.event",
                                       "truncate audit.event"])  # fmt: skip
@pytest.mark.parametrize("role", [None, "loader", "transformer", "checker", "analyst", "work_team", "auditor"])
def test_nobody_changes_what_was_recorded(events: Events, role: Role | None, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege), connect(role) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["transformer", "checker", "analyst", "work_team", "auditor"])
def test_who_only_works_or_reads_writes_no_event(events: Events, role: Role) -> None:
    with pytest.raises(InsufficientPrivilege), connect(role) as connection:
        connection.execute("insert into audit.event (action, subject) values ('insert', 'raw.extract')")


@pytest.mark.parametrize("column", ["happened_at", "database_user", "role_name", "os_user"])
def test_the_loader_can_neither_date_an_event_nor_sign_it_for_another(events: Events, column: str) -> None:
    statement = f"insert into audit.event (action, subject, {column}) select action, subject, {column} from audit.event"
    with pytest.raises(InsufficientPrivilege), connect("loader") as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["loader", "transformer", "checker", "analyst", "work_team"])
def test_only_the_auditor_reads_the_events(events: Events, role: Role) -> None:
    with pytest.raises(InsufficientPrivilege), connect(role) as connection:
        connection.execute("select from audit.event")


@pytest.mark.parametrize("table", ["raw.extract", "vault.person", "marts.night", "reconciliation.night"])
def test_the_auditor_reads_nothing_else(events: Events, table: str) -> None:
    with pytest.raises(InsufficientPrivilege), connect("auditor") as connection:
        connection.execute(f"select from {table}".encode())
