"""Build: dbt makes staging, intermediate, marts and reconciliation out of `raw`, beside what analysts read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from taizhang.contract import CONTRACTS
from taizhang.redact import redact
from taizhang.settings import PROJECT, settings
from taizhang.warehouse import connect, warehouse_url

DBT_PROJECT = PROJECT / "dbt_project"
_PROJECT_FILES = {".sql", ".yml", ".csv"}


class BuildError(RuntimeError):
    """A model or a data test failed; the message names it, the log under HOME/dbt has the rest."""


@dataclass(frozen=True)
class BuildResult:
    """`marts_schema` holds tonight's marts: those just built, or the published ones where nothing changed.

    `seconds` is the time that each model, seed and test took.
    """

    marts_schema: str
    skipped: bool
    seconds: dict[str, float]


def build(night_id: int, night_date: date) -> BuildResult:
    """Build the night's tables into `marts_next` and `reconciliation_next`.

    Where neither the current extracts nor the project changed since the last night, which was published,
    only the models that tell of the night itself (tag `nightly`) are built. Raises `BuildError`.
    """
    fingerprint = _fingerprint(night_date)
    unchanged = _previous_fingerprint(night_id) == fingerprint
    _record_fingerprint(night_id, fingerprint)
    seconds = _run_dbt(night_date, ["--select", "tag:nightly"] if unchanged else [])
    return BuildResult("marts" if unchanged else "marts_next", unchanged, seconds)


def _fingerprint(night_date: date) -> str:
    """A hash of the extracts that count on that date and of everything that decides what is made of them."""
    with connect("transformer") as connection:
        extracts = connection.execute(
            """
            select distinct on (ledger, level, division_code, period) extract_id
            from raw.extract
            where status = 'loaded' and extract_date <= %s
            order by ledger, level, division_code, period, extract_date desc, extract_id desc
            """,
            [night_date],
        ).fetchall()
    digest = hashlib.sha256(repr(sorted(extracts)).encode())
    files = [*DBT_PROJECT.rglob("*"), *CONTRACTS.glob("*.yaml")]
    for path in sorted(path for path in files if path.suffix in _PROJECT_FILES or path.parent == CONTRACTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _previous_fingerprint(night_id: int) -> str | None:
    """Fingerprint of the last night that built anything, if it was published; else the tables are in doubt."""
    with connect() as connection:
        row = connection.execute(
            """
            select case when status = 'published' then build_fingerprint end
            from reconciliation.night
            where night_id < %s and build_fingerprint is not null
            order by night_id desc
            limit 1
            """,
            [night_id],
        ).fetchone()
    return row[0] if row else None


def _record_fingerprint(night_id: int, fingerprint: str) -> None:
    with connect() as connection:
        connection.execute(
            "update reconciliation.night set build_fingerprint = %s where night_id = %s",
            [fingerprint, night_id],
        )


def _run_dbt(night_date: date, selection: list[str]) -> dict[str, float]:
    from dbt.cli.main import dbtRunner

    home = settings().home / "dbt"
    arguments = [
        "build", *selection,
        "--exclude-resource-type", "unit_test",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home / "target"), "--log-path", str(home / "logs"),
        "--log-level", "none", "--log-level-file", "info", "--no-use-colors",
    ]  # fmt: skip
    with _environment(night_date):
        outcome = dbtRunner().invoke(arguments)
    results = getattr(outcome.result, "results", [])
    if not outcome.success:
        failed = [result for result in results if result.status in ("error", "fail", "runtime error")]
        reason = "; ".join(f"{result.node.name}: {_first_line(result.message)}" for result in failed[:5])
        raise BuildError(f"dbt could not build: {reason or redact(str(outcome.exception))} (log: {home / 'logs'})")
    return {result.node.name: round(result.execution_time, 3) for result in results}


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "no message").splitlines() if line.strip()]
    return redact(" ".join(lines[:2]))


@contextmanager
def _environment(night_date: date) -> Iterator[None]:
    """What `profiles.yml` and the `night_date` macro read."""
    url = warehouse_url()
    wanted = {
        "TAIZHANG_NIGHT_DATE": night_date.isoformat(),
        "TAIZHANG_DBT_HOST": str(url.host or url.query.get("host", "")),
        "TAIZHANG_DBT_PORT": str(url.port or 5432),
        "TAIZHANG_DBT_USER": url.username or "",
        "TAIZHANG_DBT_PASSWORD": url.password or "",
        "TAIZHANG_DBT_DATABASE": url.database or "",
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
