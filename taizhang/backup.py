"""Backup and restore: the warehouse as `pg_dump` writes it, and the archive of original bytes beside it.

A backup folder holds `archive/`, shared by all backups in it as its files never change, and one folder a backup:
`<UTC time>/warehouse.dump`, the audit trail in `audit.csv`, and `manifest.json`, which says what has to be there again
after a restore. The audit trail is added to what is there, as a restore must not undo it.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from upath import UPath

from taizhang import archive, audit
from taizhang.place import place
from taizhang.settings import settings
from taizhang.warehouse import connect, migrate, on_command_line, postgres_program, warehouse_url

_DUMP, _EVENTS, _MANIFEST, _ARCHIVE = "warehouse.dump", "audit.csv", "manifest.json", "archive"
_FOLDER_NAME = "%Y%m%dT%H%M%S.%fZ"


class BackupError(RuntimeError):
    """A backup cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """One backup: its folder, when it was made (UTC), rows by table, and the archived files that it has."""

    folder: str
    made_at: str
    rows: dict[str, int]
    sha256: tuple[str, ...]
    digests: dict[str, str]
    """The sha256 of the backup's own files; empty in one that is older than this field."""
    lost: tuple[str, ...] = ()
    """Files that the rows refer to and the archive had no more; those of them in `sha256` an older backup had."""


def make_backup(target: Path, *, keep: int | None = None) -> Backup:
    """Write a backup into the folder `target`; with `keep`, remove all but that many of the newest.

    It may run while a night does: the dump is of one moment, and the archive only grows. A backup that did not
    come to its end leaves nothing that could be taken for one. Files that the archive has lost keep back nothing
    else: the backup tells of them as `lost`. Raises `BackupError`.
    """
    made_at = datetime.now(UTC)
    folder = target / made_at.strftime(_FOLDER_NAME)
    audit.record("backup", folder.name)
    with _one_at_a_time() as connection:
        backup = _written(made_at, folder, connection)
        if keep is not None:
            _remove_old(target, keep)  # else it would remove what the next one copies
    return backup


def _written(made_at: datetime, folder: Path, connection: psycopg.Connection[TupleRow]) -> Backup:
    target = folder.parent
    with _whole_or_nothing(folder) as unfinished:
        with _reading(connection):
            # What is counted is what is dumped: both see the snapshot of this transaction.
            ((snapshot,),) = connection.execute("select pg_export_snapshot()").fetchall()
            schemas, rows, needed = _schemas(connection), _count_rows(connection), _needed(connection)
            selected = chain.from_iterable(("--schema", schema) for schema in schemas)
            _dump(unfinished / _DUMP, "--snapshot", snapshot, *selected)
            audit.write_events(connection, unfinished / _EVENTS)
        there, copied = _archived(), tuple(_copied(needed, settings().archive_dir, place(target / _ARCHIVE)))
        whole = there.intersection(copied)
        lost = tuple(sha256 for sha256 in needed if sha256 not in whole)
        digests = {name: _digest(unfinished / name) for name in (_DUMP, _EVENTS)}
        backup = Backup(str(folder), made_at.isoformat(timespec="seconds"), rows, copied, digests, lost)
        (unfinished / _MANIFEST).write_text(json.dumps(asdict(backup), indent=1), encoding="utf-8")
    return backup


def refuse_lost(backup: Backup) -> None:
    """Raises `BackupError` where the archive had lost files as a backup was made; the backup itself is good."""
    if told := told_of_lost(backup):
        raise BackupError(told)


def told_of_lost(backup: Backup) -> str:
    """Which files the archive had lost as a backup was made, and what to do; empty if none."""
    if not backup.lost:
        return ""
    kept = len(set(backup.lost).intersection(backup.sha256))
    return (
        f"The backup {backup.folder} is made, but the archive has lost {len(backup.lost):,} of its files, the first"
        f" of them {archive.path_of(backup.lost[0])}: they are missing or damaged. The backup has {kept:,} of them"
        f" in {Path(backup.folder).parent / _ARCHIVE}; copy them back, and the others from the inbox."
    )


def backups(target: Path) -> list[Backup]:
    """The finished backups in a folder, oldest first."""
    return [_read_manifest(path.parent) for path in sorted(target.glob(f"[!.]*/{_MANIFEST}"))]


def restore(source: Path, *, replace: bool = False) -> Backup:
    """Bring back the backup `source`, or the newest one in the folder `source`.

    The warehouse is restored in one transaction, in which its rows are counted, and only if it is empty, unless
    `replace` says that what it holds may go. Raises `BackupError`; the warehouse is then as it was.
    """
    found = [_read_manifest(source)] if (source / _MANIFEST).exists() else backups(source)
    if not found:
        raise BackupError(f"There is no backup in {source}.")
    backup = found[-1]
    migrate()  # roles and extensions are the server's, so they are in no dump
    with connect() as connection:
        held = sum(_count_rows(connection).values())
        schemas = _schemas(connection)
    if held and not replace:
        raise BackupError(f"The warehouse holds {held:,} rows; --replace lets the backup take their place.")
    folder = Path(backup.folder)
    _refuse_damaged(folder, backup.digests)
    audit.record("restore", folder.name)
    _bring_back_archive(backup.sha256, place(folder.parent / _ARCHIVE))
    _restore_dump(folder / _DUMP, schemas, backup.rows)
    migrate()  # the dump may be older than the contracts
    if (folder / _EVENTS).exists():  # not in a backup that is older than the audit
        audit.bring_back_events(folder / _EVENTS)
    return backup


@contextmanager
def _one_at_a_time() -> Iterator[psycopg.Connection[TupleRow]]:
    with connect(autocommit=True) as connection:
        if connection.execute("select pg_try_advisory_lock(hashtext('taizhang.backup'))").fetchone() != (True,):
            raise BackupError("Another backup is being made; wait until it ends.")
        yield connection


@contextmanager
def _reading(connection: psycopg.Connection[TupleRow]) -> Iterator[None]:
    """One transaction that sees one moment. No longer than it has to be: no night can publish before it ends."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute("select pg_advisory_xact_lock(hashtext('taizhang.dump'))")  # as `wait_for_dump` asks
        yield


@contextmanager
def _whole_or_nothing(folder: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is full. It holds personal data: its owner alone reads it."""
    for broken_off in folder.parent.glob(".*.part"):  # by a kill or a power cut, as there is one at a time
        shutil.rmtree(broken_off)
    unfinished = folder.with_name(f".{folder.name}.part")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        yield unfinished
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _read_manifest(folder: Path) -> Backup:
    """The manifest of a backup, which may have been moved since it was made."""
    try:
        told = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        kept, lost = tuple(told["sha256"]), tuple(told.get("lost", ()))
        return Backup(str(folder), told["made_at"], told["rows"], kept, told.get("digests", {}), lost)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder / _MANIFEST} is damaged: that backup cannot be used.") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_damaged(folder: Path, digests: Mapping[str, str]) -> None:
    for name, digest in digests.items():
        if not (folder / name).exists() or _digest(folder / name) != digest:
            raise BackupError(f"{folder / name} is missing or damaged: that backup cannot be used.")


def _schemas(connection: psycopg.Connection[TupleRow]) -> list[str]:
    """The warehouse's own schemas; what else the database holds is others' to back up."""
    rows = connection.execute(
        "select nspname from pg_namespace where pg_get_userbyid(nspowner) in ('loader', 'transformer') order by nspname"
    ).fetchall()
    return [schema for (schema,) in rows]


def _count_rows(connection: psycopg.Connection[TupleRow]) -> dict[str, int]:
    tables: list[tuple[str, str]] = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", [_schemas(connection)]
    ).fetchall()
    counts = {}
    for table in tables:
        ((rows,),) = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(*table))).fetchall()
        counts[".".join(table)] = int(rows)
    return counts


def _needed(connection: psycopg.Connection[TupleRow]) -> tuple[str, ...]:
    """The files that the warehouse refers to, refused ones too; those of pruned extracts alone are gone on purpose."""
    rows = connection.execute("select distinct sha256 from raw.extract where pruned_on is null order by sha256")
    return tuple(sha256 for (sha256,) in rows)


def _archived() -> set[str]:
    return {path.name for path in settings().archive_dir.glob("*/*")}


def _copied(needed: Iterable[str], source: UPath, target: UPath) -> Iterator[str]:
    """Copy what is not there yet; yields all that is then, and so no file that is gone or not what its name says."""
    for sha256 in needed:
        kept, copy = source / sha256[:2] / sha256, target / sha256[:2] / sha256
        with suppress(FileNotFoundError, archive.DamagedFileError):
            if not copy.exists():
                archive.copy_verified(kept, copy)
            yield sha256


def _bring_back_archive(needed: Sequence[str], source: UPath) -> None:
    """Raises `BackupError` where the backup does not have a file that it should."""
    missing = set(needed).difference(_copied(needed, source, settings().archive_dir))
    if missing:
        sha256 = min(missing)
        raise BackupError(f"{source / sha256[:2] / sha256} is missing or damaged: that archive is not whole.")


def _dump(path: Path, *options: str) -> None:
    _end(_start("pg_dump", "--format", "custom", "--file", str(path), *options))


def _restore_dump(path: Path, replaced: Sequence[str], rows: Mapping[str, int]) -> None:
    """Put a dump in the place of the given schemas. Only one that came to its end and holds so many rows is committed.

    Whatever happens, no program is left that would hold a transaction open.
    """
    extract: list[str | Path] = [postgres_program("pg_restore"), "--file", "-", path]
    with (
        _start("psql", "--no-psqlrc", "--quiet", "--output", os.devnull, "--set", "ON_ERROR_STOP=1") as psql,
        subprocess.Popen(extract, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as script,
    ):
        assert script.stdout is not None  # noqa: S101  # both are pipes
        assert psql.stdin is not None  # noqa: S101
        with suppress(BrokenPipeError):  # psql says itself why it gave up
            drops = (f'drop schema "{name}" cascade;' for name in replaced)
            psql.stdin.write("".join(["set client_min_messages = warning; begin;", *drops]).encode())
            shutil.copyfileobj(script.stdout, psql.stdin)
            script.stdout.close()
            _end(script)
            psql.stdin.write(f"{_unless_unlike(rows)};commit;".encode())
        _end(psql)


def _unless_unlike(rows: Mapping[str, int]) -> str:
    """A statement that fails, and names the tables, unless each holds so many rows."""
    counted = (
        sql.SQL("select {}, {}, (select count(*) from {})").format(table, number, sql.Identifier(*table.split(".", 1)))
        for table, number in rows.items()
    )
    statement = sql.SQL(
        """
        do $unlike$
        declare unlike text;
        begin
            select string_agg(told, ', ' order by told)
            from ({}) as held (told, expected, restored)
            where expected <> restored
            into unlike;
            if unlike is not null then
                raise exception 'what is restored is not what was backed up: look at %', unlike;
            end if;
        end
        $unlike$
        """
    )
    return statement.format(sql.SQL(" union all ").join(counted)).as_string()


def _start(program: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start one of Postgres' own programs on the warehouse."""
    database, password = on_command_line(warehouse_url())
    return subprocess.Popen(
        [postgres_program(program), "--dbname", database, *arguments],
        env=os.environ | password,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a program. Raises `BackupError` with the first line of what it says, as later ones may quote rows."""
    _, errors = process.communicate()
    if process.returncode:
        program = Path(process.args[0]).name if isinstance(process.args, list) else "Postgres"
        told = next(iter(errors.decode(errors="replace").strip().splitlines()), f"status {process.returncode}")
        raise BackupError(f"{program} did not come to its end: {told}")


def _remove_old(target: Path, keep: int) -> None:
    """Remove old backups, and the archived files that none of those left refers to."""
    made = backups(target)
    for backup in made[:-keep]:
        shutil.rmtree(backup.folder)
    needed = {sha256 for backup in made[-keep:] for sha256 in backup.sha256}
    for path in (target / _ARCHIVE).glob("*/*"):
        if path.name not in needed:
            path.unlink()
