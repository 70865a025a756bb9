"""Logins of the work team: a Postgres role for each division, which sees the rows of that division only."""

import secrets
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from taizhang.division import Division, UnknownDivisionError, county, find_within
from taizhang.warehouse import connect


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
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(login.role_name)))
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


def revoke_login(division: str) -> str:
    """Take the login of a division away and end its sessions; returns its name. Raises `LoginError` if it has none."""
    role_name = _role_name(_division(division))
    with connect() as connection:
        if not _exists(connection, role_name):
            raise LoginError(f"{division} has no login, so nothing is revoked.")
        connection.execute("delete from reconciliation.team_login where role_name = %s", [role_name])
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role_name])
        _execute(connection, "drop role if exists {}", role_name)
    return role_name


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
    statement = sql.SQL("alter role {} password {}").format(sql.Identifier(login.role_name), sql.Literal(verifier))
    connection.execute(statement)


def _execute(connection: psycopg.Connection[TupleRow], statement: str, role_name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(role_name)))
