"""Who may do what in the warehouse, asked of Postgres itself as each role and as logins of them."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from taizhang import build, night
from taizhang.division import county, find_within
from taizhang.login import Login, LoginError, grant_login, revoke_login
from taizhang.publish import publish
from taizhang.settings import PROJECT
from taizhang.warehouse import Role, connect
from tests.extracts import DAY
from tests.logins import logged_in

HERE = find_within(county().code, "高沙镇").code
ROLES: tuple[Role, ...] = ("loader", "transformer", "checker", "analyst", "work_team", "auditor")
BREAKS = """
insert into reconciliation.ledger_break (break_id, ledger, period, kind, culprit, township_code, division_code,
    status, first_seen, last_seen, open_since, nights_open, times_reopened, awaits_acceptance, overdue_on)
select division_code, 'employment', '2020-12-01', 'total', 'unknown', left(division_code, 9) || '000', division_code,
    'open', '2020-12-31', '2020-12-31', '2020-12-31', 1, 0, false, '2021-01-08'
from marts.dim_division
"""
AGREEMENT = """
insert into reconciliation.agreement
    (night_date, ledger, period, division_code, division_level, records, agreeing, unknown, breaks)
select '2020-12-31', 'employment', '2020-12-01', division_code, level, 1, 1, 0, 0 from marts.dim_division
"""
LABOURERS = """
insert into marts.fct_subsidy (year, payment_no, labourer_key, subsidy_type, township_code, village_code, chain_key,
    attempt, status, is_paid, amount, period_from, period_from_precision, levels_handed_in, levels_with_record,
    levels_agreeing)
select 2020, division_code, 1, 'transport', township_code, division_code, division_code,
    1, 'paid', true, 1, '2020-12-01', 'month', 3, 3, 3
from marts.dim_division where level = 'village'
"""


@pytest.fixture(scope="module")
def published(empty_warehouse: Callable[[], None]) -> None:
    """Every table of a night, published; a break, an agreement and a payment for each division."""
    empty_warehouse()
    build.run_dbt(DAY, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    publish(night.open_night(DAY))
    with connect() as connection:
        for statement in (BREAKS, AGREEMENT, LABOURERS):
            connection.execute(statement)


@pytest.fixture
def township(published: None) -> Iterator[Login]:
    yield grant_login("高沙镇")
    revoke_login("高沙镇")


def ask(role: Role, statement: str) -> Any:
    """What a role is answered; nothing that it does stays."""
    with connect(role) as connection:
        try:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else None
        finally:
            connection.rollback()


# What each role may read

READABLE: dict[str, set[str]] = {
    "raw.extract": {"loader", "transformer", "checker"},
    "raw.problem": {"loader", "transformer"},
    "raw.rejected_row": {"loader", "transformer"},
    "raw.employment": {"loader", "transformer"},
    "vault.person": {"loader", "transformer"},
    "staging.stg_employment": {"transformer"},
    "staging.division": {"transformer"},
    "intermediate.int_employment__disputed": {"transformer", "checker"},
    "marts.fct_employment": {"transformer", "checker", "analyst", "work_team"},
    "marts.dim_labourer": {"transformer", "checker", "analyst", "work_team"},
    "marts.night": {"transformer", "checker", "analyst", "work_team"},
    "reconciliation.agreement": {"transformer", "checker", "analyst", "work_team"},
    "reconciliation.agreement_by_column": {"transformer", "checker", "analyst", "work_team"},
    "reconciliation.ledger_break": {"transformer", "checker", "work_team"},
    "reconciliation.night": {"transformer", "checker", "analyst", "work_team"},
    "reconciliation.expectation_result": {"transformer", "checker", "work_team"},
    "reconciliation.alert_delivery": set(),
    "reconciliation.former_break": {"transformer"},
    "reconciliation.told_break": {"checker"},
    "reconciliation.team_login": {"work_team"},
    "audit.event": {"auditor"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", READABLE)
def test_a_role_reads_what_it_is_for_and_nothing_else(published: None, role: Role, table: str) -> None:
    if role in READABLE[table]:
        ask(role, f"select * from {table} limit 1")
    else:
        with pytest.raises(InsufficientPrivilege):
            ask(role, f"select * from {table} limit 1")


def test_whatever_an_analyst_reads_is_in_the_marts_or_an_aggregate_and_on_the_map(published: None) -> None:
    readable = ask(
        "analyst",
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relkind in ('r', 'p', 'v', 'm', 'f')"
        " and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
        " and has_schema_privilege(relnamespace, 'usage') and has_any_column_privilege(oid, 'select')",
    )
    beside_marts = {table for schema, table in readable if schema != "marts"}
    assert beside_marts == {"agreement", "agreement_by_column", "night"}
    page = (PROJECT / "docs" / "analysts.md").read_text(encoding="utf-8")
    assert [table for schema, table in readable if f"`{schema}.{table}`" not in page.split("## ")[0]] == []


@pytest.mark.parametrize("role", ["analyst", "work_team", "checker"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.night values ('2020-12-31', now())",
        "update marts.fct_employment set monthly_income = 0",
        "delete from reconciliation.agreement",
        "truncate marts.fct_employment",
        "drop table marts.fct_employment",
        "alter table marts.fct_employment disable row level security",
        "create policy mine on marts.fct_employment using (true)",
        "insert into reconciliation.team_login values (current_user, '430525')",
        "update reconciliation.team_login set code_prefix = '430525'",
        "create table marts.mine (a int)",
        "create view reconciliation.mine as select 1 as a",
        "create table public.mine (a int)",
        "create schema mine",
        "create role mine",
        "grant transformer to current_user",
        "alter role current_user bypassrls",
        "select pg_read_file('postgresql.conf')",
        "select pg_ls_dir('.')",
        "copy marts.night to '/tmp/night.csv'",
        "copy (select 1) to program 'cat'",
        "select lo_import('/etc/hostname')",
        "select lo_from_bytea(0, 'any size')",
        "select pg_advisory_lock(hashtext('taizhang.migrate'))",
        "select pg_try_advisory_xact_lock_shared(1, 1)",
        "create extension dblink schema marts",
        "create function pg_temp.f() returns int language internal as 'pg_backend_pid'",
        "select rolpassword from pg_authid",
        "set log_statement = 'none'",
    ],
)
def test_who_only_reads_can_neither_write_nor_create_nor_look_at_the_machine(
    published: None, role: Role, statement: str
) -> None:
    with pytest.raises(InsufficientPrivilege):
        ask(role, statement)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("loader", "select * from marts.fct_employment"),
        ("loader", "create table marts.mine (a int)"),
        ("loader", "insert into reconciliation.night (night_date) values ('2020-12-31')"),
        ("transformer", "insert into raw.extract default values"),
        ("transformer", "delete from vault.person"),
        ("transformer", "create table raw.mine (a int)"),
        ("transformer", "update reconciliation.team_login set code_prefix = '430525'"),
    ],
)
def test_who_writes_does_so_in_schemas_of_their_own_only(published: None, role: Role, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        ask(role, statement)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("loader", "insert into vault.person (id_no) values ('990525190001010000')"),
        ("loader", "create temporary table here (a int)"),
        ("transformer", "create table marts_next.mine (a int)"),
        ("transformer", "create table staging.mine (a int)"),
        ("analyst", "create temporary table mine as select * from marts.dim_division"),
    ],
)
def test_a_role_can_do_its_work(published: None, role: Role, statement: str) -> None:
    ask(role, statement)


# A table that somebody adds


@pytest.mark.parametrize(
    ("maker", "table"),
    [("transformer", "marts.added"), ("transformer", "reconciliation.added"), ("loader", "raw.added"),
     ("transformer", "staging.added"), ("loader", "vault.added")],
)  # fmt: skip
def test_a_new_table_is_read_by_nobody_before_it_is_granted(published: None, maker: Role, table: str) -> None:
    with connect(maker) as connection:
        connection.execute(f"create table {table} (a int)".encode())
        readers = connection.execute(
            "select rolname from pg_roles where not rolsuper and rolname !~ '^pg_' and rolname <> %s"
            " and has_table_privilege(rolname, %s, 'select')",
            [maker, table],
        ).fetchall()
        connection.rollback()
    assert readers == []


def test_no_function_that_somebody_could_call_runs_with_its_makers_rights(published: None) -> None:
    functions = ask(
        "checker",
        "select proname from pg_proc where prosecdef and pronamespace::regnamespace::text !~ '^pg_'"
        " and prorettype <> 'event_trigger'::regtype",
    )
    assert functions == []


# A township's login


def codes(connection: psycopg.Connection[Any], table: str, column: str = "division_code") -> set[str]:
    query = sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(*table.split(".")))
    return {code for (code,) in connection.execute(query).fetchall()}


OWN_ROWS = [
    ("reconciliation.ledger_break", "division_code"),
    ("reconciliation.agreement", "division_code"),
    ("marts.fct_subsidy", "village_code"),
]


@pytest.mark.parametrize(("table", "column"), OWN_ROWS)
def test_a_township_sees_all_of_its_own_rows_and_no_others(township: Login, table: str, column: str) -> None:
    with connect() as connection:
        everything = codes(connection, table, column)
    with logged_in(township) as connection:
        seen = codes(connection, table, column)
    assert seen == {code for code in everything if code.startswith(HERE[:9])}
    assert 0 < len(seen) < len(everything)


@pytest.mark.parametrize(("table", "column"), OWN_ROWS)
@pytest.mark.parametrize("role", ["work_team", "checker", "county"])
def test_the_county_sees_every_row(published: None, role: Any, table: str, column: str) -> None:
    with connect() as connection:
        everything = codes(connection, table, column)
    if role == "county":
        with logged_in(grant_login("洞口县")) as connection:
            seen = codes(connection, table, column)
        revoke_login("洞口县")
    else:
        with connect(role) as connection:
            seen = codes(connection, table, column)
    assert seen == everything


def test_a_township_reads_what_is_of_no_person_for_the_whole_county(township: Login) -> None:
    with connect() as connection:
        everything = codes(connection, "marts.dim_division")
    with logged_in(township) as connection:
        assert codes(connection, "marts.dim_division") == everything


def test_what_a_township_reads_of_others_has_no_row_of_a_person(township: Login) -> None:
    with logged_in(township) as connection:
        unguarded = connection.execute(
            "select relnamespace::regnamespace::text, relname, array_agg(attname::text) from pg_class"
            " join pg_attribute on attrelid = pg_class.oid and attnum > 0"
            " where relkind in ('r', 'p', 'v', 'm', 'f') and not relrowsecurity"
            " and 'security_invoker=true' <> all(coalesce(reloptions, '{}'))"
            " and relnamespace::regnamespace::text !~ '^(pg_|information_)'"
            " and has_schema_privilege(relnamespace, 'usage') and has_table_privilege(pg_class.oid, 'select')"
            " group by 1, 2"
        ).fetchall()
    assert {table for schema, table, _ in unguarded if schema != "marts"} == {"night"}
    assert {"submission_status", "village_report", "dim_employer"} < {table for _, table, _ in unguarded}
    assert not [table for _, table, columns in unguarded if {"labourer_key", "person_key", "payment_no"} & {*columns}]


def test_what_the_checks_found_of_the_county_is_not_for_a_township(township: Login) -> None:
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.expectation_result (night_id, suite, expectation, severity, success)"
            " select max(night_id), 'structure', 'expect', 'info', true from reconciliation.night"
        )
    query = "select suite from reconciliation.expectation_result"
    assert ask("work_team", query) == ask("checker", query) == [("structure",)]
    with logged_in(township) as connection:
        assert connection.execute(query).fetchall() == []


@pytest.mark.parametrize("role", [*ROLES, "postgres"])
def test_a_township_cannot_climb_to_another_role(township: Login, role: str) -> None:
    with logged_in(township) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    with (
        pytest.raises(psycopg.OperationalError, match="permission denied to set role"),
        logged_in(township, options=f"-c role={role}"),
    ):
        pass


@pytest.mark.parametrize(
    "trick",
    [
        "set row_security = off",
        "set search_path = pg_temp, reconciliation",
        "create function pg_temp.starts_with(text, text) returns boolean language sql return true",
        "create temporary table team_login as select current_user as role_name, '430525' as code_prefix",
        "prepare peek as select division_code from reconciliation.ledger_break",
    ],
)
def test_no_trick_shows_a_township_another_ones_rows(township: Login, trick: str) -> None:
    with logged_in(township) as connection:
        try:
            connection.execute(trick.encode())
            seen = codes(connection, "reconciliation.ledger_break")
        except InsufficientPrivilege:
            return
    assert all(code.startswith(HERE[:9]) for code in seen)


def test_an_error_shows_a_township_no_value_of_another_one(township: Login) -> None:
    """Postgres looks whose a row is before it hands the row to a function that could tell of it."""
    with logged_in(township) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation) as failure:
        connection.execute("select from reconciliation.ledger_break where (division_code || 'x')::bigint = 1")
    assert f'"{HERE[:9]}' in str(failure.value)


def test_a_township_sees_only_its_own_line_of_the_map(township: Login) -> None:
    with logged_in(township) as connection:
        lines = connection.execute("select role_name, code_prefix from reconciliation.team_login").fetchall()
    assert lines == [(township.role_name, HERE[:9])]


def test_a_member_of_the_work_team_who_is_not_on_the_map_sees_no_row(published: None) -> None:
    with connect() as connection:
        connection.execute("create role stranger in role work_team")
        connection.execute("set local role stranger")
        seen = [codes(connection, table, column) for table, column in OWN_ROWS]
        connection.rollback()
    assert seen == [set(), set(), set()]


def test_a_login_that_is_granted_again_has_a_new_password_and_the_same_rows(township: Login) -> None:
    again = grant_login("高沙镇")
    assert again.role_name == township.role_name == f"work_team_{HERE[:9]}"
    assert again.password != township.password
    with connect() as connection:
        ((verifier,),) = connection.execute(
            "select rolpassword from pg_authid where rolname = %s", [again.role_name]
        ).fetchall()
    assert verifier.startswith("SCRAM-SHA-256$")


def test_a_login_that_is_revoked_is_gone(published: None) -> None:
    login = grant_login("黄桥镇")
    with logged_in(login) as connection:
        revoke_login("黄桥镇")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"), logged_in(login):
        pass


@pytest.mark.parametrize(
    "hold",
    [
        "alter default privileges grant select on tables to public",
        "create temporary table mine as select 1 as a",
        "set role none; alter role current_user set search_path = marts",
    ],
)
@pytest.mark.parametrize("holder", ["高沙镇", "somebody"])
def test_nothing_that_its_holder_makes_keeps_a_login(published: None, holder: str, hold: str) -> None:
    login = grant_login(holder) if holder == "高沙镇" else analysts_login()
    with logged_in(login, autocommit=True) as connection:
        try:
            connection.execute(hold.encode())
        except InsufficientPrivilege:
            assert (holder, hold[:6]) == ("高沙镇", "create")
        assert revoke_login(holder) == login.role_name
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"), logged_in(login):
        pass


def test_what_a_login_has_made_in_another_database_does_not_keep_it(published: None) -> None:
    login = grant_login("高沙镇")
    with logged_in(login, dbname="postgres") as connection:
        connection.execute("select lo_creat(-1)")
    revoke_login("高沙镇")
    with connect() as connection:
        assert not connection.execute("select from pg_roles where rolname = %s", [login.role_name]).rowcount


def test_a_login_upon_whose_views_others_have_built_reads_no_more_and_goes_with_them(published: None) -> None:
    login = analysts_login()
    with connect() as connection:
        connection.execute("create schema own authorization somebody; set local role somebody")
        connection.execute("create view own.low as select division_code from marts.dim_division; reset role")
        connection.execute("create view public.high as select * from own.low")
    with pytest.raises(LoginError, match=r"somebody can no longer log in.*view high depends on view own\.low"):
        revoke_login("somebody")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"), logged_in(login):
        pass
    with connect() as connection:
        connection.execute("drop view public.high")
    assert revoke_login("somebody") == "somebody"


def test_a_login_that_was_half_revoked_can_be_granted_again(township: Login) -> None:
    with connect() as connection:
        connection.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(township.role_name)))
    with logged_in(grant_login("高沙镇")) as connection:
        assert codes(connection, "reconciliation.ledger_break")


@pytest.mark.parametrize("role", [*ROLES, "postgres", "nobody"])
def test_what_is_nobodys_login_is_not_revoked(published: None, role: str) -> None:
    with pytest.raises(LoginError, match=f"{role} has no login"):
        revoke_login(role)


def analysts_login() -> Login:
    with connect() as connection:
        connection.execute("create role somebody login in role analyst")
    return Login("somebody", "", "")


def test_an_analysts_login_reads_as_analysts_do_and_cannot_become_another(published: None) -> None:
    login = analysts_login()
    try:
        with logged_in(login) as connection:
            assert codes(connection, "marts.fct_subsidy", "village_code")
            with pytest.raises(InsufficientPrivilege):
                connection.execute("set role transformer")
    finally:
        revoke_login("somebody")
