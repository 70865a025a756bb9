"""Logins of the work team: a Postgres role for each division, which is shown the rows of that division only.

Analysts' logins are made in SQL, by whoever knows who they are; both kinds are revoked here.
"""

import secrets
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from taizhang import audit
from taizhang.division import Division, UnknownDivisionError, county, find_within
from taizhang.warehouse import as_conninfo, connect, warehouse_url

_PATIENCE_MS = 10_000


class LoginError(LookupError):
    """Nobody of that name has a login, or may have one."""


@dataclass(frozen=True)
class Login:
    """A login as it is granted; the password is told this once, the warehouse keeps its SCRAM verifier."""

    role_name: str
    division_name: str
    password: str


def grant_login(division: str) -> Login:
    """Let the work team of the county or of a township, by name or code, log in; again, with a new password.

    Raises `LoginError` for what is neither.
    """
    granted = _division(division)
    login = Login(_role_name(granted), granted.name, secrets.token_urlsafe(15))
    with connect() as connection:
        if not _exists(connection, login.role_name):
            connection.execute(sql.SQL("create role {}").format(sql.Identifier(login.role_name)))
        # Not to become `work_team` itself, which sees the whole county.
        _execute(connection, "grant work_team to {} with inherit true, set false", login.role_name)
        _set_password(connection, login)
        connection.execute(
            "insert into reconciliation.team_login (role_name, code_prefix) values (%s, %s)"
            # Written again, so that the audit has each password that was given out.
            " on conflict (role_name) do update set code_prefix = excluded.code_prefix",
            [login.role_name, granted.code_prefix],
        )
    return login


def revoke_login(holder: str) -> str:
    """Take a login away: a division's, or an analyst's by the login's name. Returns the login's name.

    From the first moment nobody comes in with it, whatever its holder has made that stands in the way of the rest;
    then what it owns goes, in each database. Raises `LoginError` if there is no such login, or others have built
    upon what it owns.
    """
    role_name = _held_by(holder)
    with connect() as connection:
        _execute(connection, "alter role {} nologin", role_name)
        _execute(connection, "grant {} to current_user", role_name)  # only who has its rights may end its sessions
        is_teams = connection.execute(
            "delete from reconciliation.team_login where role_name = %s", [role_name]
        ).rowcount
    if not is_teams:
        audit.record("revoke", role_name)  # of the work team's the map records it
    with connect(autocommit=True) as connection:
        _end_sessions(connection, role_name)
        for database in _databases_of(connection, role_name):
            _drop_owned(database, role_name)
        _execute(connection, "drop role {}", role_name)
    return role_name


def _held_by(holder: str) -> str:
    """The name of a login that is a division's or an analyst's, and neither ours nor one that runs the night."""
    try:
        role_name = _role_name(_division(holder))
    except LoginError:
        role_name = holder
    with connect() as connection:
        found = connection.execute(
            "select from pg_auth_members join pg_roles on pg_roles.oid = member where rolname = %s"
            " and pg_get_userbyid(roleid) in ('analyst', 'work_team')"
            " and not exists (select from pg_roles where rolname = 'loader' and pg_has_role(member, oid, 'member'))",
            [role_name],
        )
    if not found.rowcount:
        raise LoginError(f"{holder} has no login, so nothing is revoked: name a township, the county or an analyst's.")
    return role_name


def _end_sessions(connection: psycopg.Connection[TupleRow], role_name: str) -> None:
    connection.execute(
        "select pg_terminate_backend(pid, %s) from pg_stat_activity where usename = %s", [_PATIENCE_MS, role_name]
    )


def _databases_of(connection: psycopg.Connection[TupleRow], role_name: str) -> list[str]:
    """The warehouse, and each other database of the server in which something is the login's."""
    rows = connection.execute(
        "select datname from pg_database where datname = current_database() or oid in"
        " (select dbid from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = %s::regrole)",
        [sql.Identifier(role_name).as_string(connection)],
    ).fetchall()
    return [name for (name,) in rows]


def _drop_owned(database: str, role_name: str) -> None:
    try:
        with psycopg.connect(as_conninfo(warehouse_url().set(database=database))) as connection:
            _execute(connection, "drop owned by {}", role_name)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise LoginError(
            f"{role_name} can no longer log in, but is still there, as others have built upon what it owns"
            f" ({error.diag.message_detail}): drop that, or `reassign owned`, and revoke it again."
        ) from error


def _division(text: str) -> Division:
    try:
        return county() if text in (county().code, county().name) else find_within(county().code, text)
    except UnknownDivisionError as error:
        raise LoginError(f"{error}: give the name or code of a township, or {county().name}.") from error


def _role_name(division: Division) -> str:
    return f"work_team_{division.code_prefix}"


def _exists(connection: psycopg.Connection[TupleRow], role_name: str) -> bool:
    return bool(connection.execute("select from pg_roles where rolname = %s", [role_name]).rowcount)


def _set_password(connection: psycopg.Connection[TupleRow], login: Login) -> None:
    """Hashed here, so that the server's log never has it."""
    verifier = connection.pgconn.encrypt_password(
        login.password.encode(), login.role_name.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("alter role {} login password {}").format(
        sql.Identifier(login.role_name), sql.Literal(verifier)
    )
    connection.execute(statement)


def _execute(connection: psycopg.Connection[TupleRow], statement: str, role_name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(role_name)))
