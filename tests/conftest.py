"""A warehouse of its own for each run of the tests: real Postgres in a temporary folder."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from psycopg import sql

from taizhang import warehouse as taizhang_warehouse
from taizhang.settings import settings

# How long an example takes tells of the machine and its neighbours.
hypothesis.settings.register_profile("taizhang", deadline=None)
hypothesis.settings.load_profile("taizhang")

_OWN_FOLDER = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Gives root's tests a folder of their own: each pytest that starts closes the usual one to everybody else, and
    so to the servers of another run, as Postgres does not run as root.
    """
    is_worker = hasattr(config, "workerinput")
    if os.geteuid() == 0 and config.option.basetemp is None and not is_worker:
        config.option.basetemp = config.stash[_OWN_FOLDER] = tempfile.mkdtemp(prefix="taizhang-tests-")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What failed is left to be looked at."""
    if exitstatus == pytest.ExitCode.OK and (folder := session.config.stash.get(_OWN_FOLDER, None)):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """TAIZHANG_HOME in a temporary folder, its Postgres started and migrated; stopped at the end."""
    home = tmp_path_factory.mktemp("taizhang")
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TAIZHANG_")}
    os.environ["TAIZHANG_HOME"] = str(home)
    _forget()
    taizhang_warehouse.migrate()
    yield home
    taizhang_warehouse.stop_embedded_server()
    del os.environ["TAIZHANG_HOME"]
    os.environ.update(before)
    _forget()


def _forget() -> None:
    settings.cache_clear()
    taizhang_warehouse.embedded_server_url.cache_clear()
    taizhang_warehouse.warehouse_url.cache_clear()


@pytest.fixture(scope="session")
def empty_warehouse(warehouse: Path) -> Callable[[], None]:
    """Leaves the warehouse without a row: raw, vault and nights emptied, built tables and logins dropped."""

    def empty() -> None:
        with taizhang_warehouse.connect() as connection:
            reproduced = connection.execute("select nspname from pg_namespace where nspname ~ '_[0-9]{8}$'").fetchall()
            for (schema,) in reproduced:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
            built = connection.execute(
                "select schemaname, tablename from pg_tables"
                " where schemaname in ('staging', 'intermediate', 'marts', 'marts_next', 'reconciliation_next')"
                " or (schemaname = 'reconciliation'"
                " and (tableowner = 'transformer' or tablename in ('ledger_break', 'agreement', 'answered_break')))"
            ).fetchall()
            for schema, table in built:
                connection.execute(sql.SQL("drop table if exists {} cascade").format(sql.Identifier(schema, table)))
            connection.execute(
                "truncate raw.extract, raw.rejected_row, raw.problem, raw.employment, raw.training, raw.subsidy,"
                " vault.person, vault.account, vault.phone, reconciliation.night, reconciliation.worklist_answer,"
                " reconciliation.accepted_difference, reconciliation.former_break cascade"
            )
            logins = connection.execute("delete from reconciliation.team_login returning role_name").fetchall()
            for (login,) in logins:
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(login)))

    return empty


@pytest.fixture
def clean_warehouse(warehouse: Path, empty_warehouse: Callable[[], None]) -> Path:
    """The warehouse without a row."""
    empty_warehouse()
    return warehouse


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two processes read extracts and write receipts."""
    monkeypatch.setenv("TAIZHANG_PROCESSES", "2")
    settings.cache_clear()
    yield
    settings.cache_clear()
