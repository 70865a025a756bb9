"""Build: dbt makes staging, intermediate, marts and reconciliation out of `raw`, beside what analysts read."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import sql
from upath import UPath

from taizhang.contract import CONTRACTS
from taizhang.redact import without_values
from taizhang.settings import PROJECT, settings
from taizhang.store import write
from taizhang.warehouse import connect, warehouse_url

DBT_PROJECT = PROJECT / "dbt_project"
NEXT_SCHEMAS = ("marts_next", "reconciliation_next")
_PROJECT_FOLDERS = ("macros", "models", "seeds")
_NAMED_AT_MOST = 5
_SERVICE = "taizhang"


class BuildError(RuntimeError):
    """A model or a data test failed; the message names it, the log under HOME/dbt has the rest."""


@dataclass(frozen=True)
class BuildResult:
    """`marts_schema` holds tonight's marts: those just built, or the published ones where nothing changed.

    `seconds` is the time that each model took.
    """

    marts_schema: str
    skipped: bool
    seconds: dict[str, float]


def build(night_id: int, night_date: date) -> BuildResult:
    """Build the night's tables into `marts_next` and `reconciliation_next`.

    Where neither the current extracts nor the project changed since the last build, which was published, only
    the models that tell of the night itself (tag `nightly`) are built. Raises `BuildError`.
    """
    fingerprint = _fingerprint(night_date)
    unchanged = _previous_fingerprint(night_id) == fingerprint
    # Before anything is overwritten, so that the next night knows of a build that did not come to its end.
    _record_fingerprint(night_id, fingerprint)
    _clear_next_schemas()
    selection = ["--select", "tag:nightly"] if unchanged else []
    seconds = run_dbt(night_date, "build", *selection, "--exclude-resource-type", "unit_test")
    of_models = {node.rsplit(".", 1)[1]: taken for node, taken in seconds.items() if node.startswith("model.")}
    return BuildResult("marts" if unchanged else "marts_next", unchanged, of_models)


def run_dbt(
    night_date: date, command: str, *options: str, target: str = "target", variables: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Run a dbt command in this process, as of `night_date`; return the seconds that each node took, by its id.

    What dbt remembers of the project from run to run is in `target`; `variables` are for its macros to read.
    Raises `BuildError` where a node failed, without any value of a row in its message.
    """
    from dbt.cli.main import dbtRunner

    home = settings().home / "dbt"
    arguments = [
        command, *options,
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home / target), "--log-path", str(home / "logs"),
        "--log-level", "none", "--log-level-file", "none", "--no-use-colors",
        *([] if command == "docs" else ["--no-write-json"]),  # its page is made of them
    ]  # fmt: skip
    with _environment(night_date, variables or {}), _log(home / "logs" / "dbt.log") as on_event:
        outcome = dbtRunner(callbacks=[on_event]).invoke(arguments)
    results = getattr(outcome.result, "results", [])
    if not outcome.success:
        failed = [
            f"{result.node.name}: {_reason(result.message or 'no message')}"
            for result in results
            if result.status in ("error", "fail", "runtime error")
        ]
        reason = "; ".join(failed[:_NAMED_AT_MOST]) or _reason(str(outcome.exception))
        raise BuildError(f"dbt could not {command}: {reason} (log: {home / 'logs'})")
    return {result.node.unique_id: round(result.execution_time, 3) for result in results}


def _reason(message: str) -> str:
    """What failed and why, in one line."""
    lines = (line.strip() for line in without_values(message).splitlines())
    return " ".join([line for line in lines if line not in ("", "Runtime Error")][:2])


@contextmanager
def _log(path: Path) -> Iterator[Callable[[Any], None]]:
    """Takes dbt's events and writes what they say to a log of its own, as dbt's would show the rows that fail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:

        def on_event(event: Any) -> None:
            if event.info.level != "debug":
                moment = event.info.ts.ToJsonString()
                print(moment, f"[{event.info.level}]", without_values(event.info.msg), file=log, flush=True)

        yield on_event


def _fingerprint(night_date: date) -> str:
    """A hash of the extracts that count on that date and of everything that decides what is made of them."""
    digest = hashlib.sha256(repr(current_extracts(night_date)).encode())
    for path in _files_that_decide():
        digest.update(f"\0{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def current_extracts(night_date: date, last_night: int | None = None) -> list[int]:
    """The extracts that count on a date, of those that had been loaded up to `last_night`."""
    with connect("transformer") as connection:
        extracts = connection.execute(
            "select distinct on (ledger, level, division_code, period) extract_id from raw.extract"
            " where status = 'loaded' and extract_date <= %(night_date)s"
            " and night_id <= coalesce(%(last_night)s, night_id)"
            " order by ledger, level, division_code, period, extract_date desc, extract_id desc",
            {"night_date": night_date, "last_night": last_night},
        ).fetchall()
    return sorted(extract_id for (extract_id,) in extracts)


def _files_that_decide() -> list[Path]:
    folders = [CONTRACTS, *(DBT_PROJECT / folder for folder in _PROJECT_FOLDERS)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sorted([DBT_PROJECT / "dbt_project.yml", *files])


def _previous_fingerprint(night_id: int) -> str | None:
    """Fingerprint of the last build before, if it was published; else it is in doubt what its tables hold."""
    with connect() as connection:
        row = connection.execute(
            "select case when status = 'published' then build_fingerprint end from reconciliation.night"
            " where night_id < %s and build_fingerprint is not null order by night_id desc limit 1",
            [night_id],
        ).fetchone()
    return row[0] if row else None


def _record_fingerprint(night_id: int, fingerprint: str) -> None:
    with connect() as connection:
        connection.execute(
            "update reconciliation.night set build_fingerprint = %s where night_id = %s", [fingerprint, night_id]
        )


def _clear_next_schemas() -> None:
    """Drop what a night that was not published left behind, so that none of it is ever published."""
    with connect("transformer") as connection:
        leftovers: Sequence[tuple[str, str]] = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s)", [list(NEXT_SCHEMAS)]
        ).fetchall()
        for table in leftovers:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*table)))


@contextmanager
def _environment(night_date: date, variables: Mapping[str, str]) -> Iterator[None]:
    """What `profiles.yml` and the macros read, and libpq: whatever else the URL says of how the server is reached."""
    url, service = warehouse_url(), settings().home / "dbt" / "pg_service.conf"
    told = {name: value for name, value in url.query.items() if name not in ("host", "password")}
    lines = [f"[{_SERVICE}]", *(f"{name}={value}" for name, value in told.items())]
    write(UPath(service), "".join(f"{line}\n" for line in lines).encode(), has_rivals=True)
    wanted = {
        **variables,
        "TAIZHANG_CITUS": str(settings().citus).lower(),
        "TAIZHANG_NIGHT_DATE": night_date.isoformat(),
        "TAIZHANG_OVERDUE_DAYS": str(settings().overdue_days),
        "TAIZHANG_DBT_HOST": str(url.host or url.query.get("host", "")),
        "TAIZHANG_DBT_PORT": str(url.port or 5432),
        "TAIZHANG_DBT_USER": url.username or "",
        "TAIZHANG_DBT_PASSWORD": str(url.password or url.query.get("password", "")),
        "TAIZHANG_DBT_DATABASE": url.database or "",
        "PGSERVICEFILE": str(service),
        "PGSERVICE": _SERVICE,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
