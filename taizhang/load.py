"""Load: find the extracts that changed, read them, keep their bytes, and `COPY` them into `raw`.

One transaction an extract: all of it or none. An unchanged file is not read again.
"""

import hashlib
import io
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path

import polars as pl
from psycopg import sql

from taizhang.archive import keep
from taizhang.contract import contracts
from taizhang.division import Division, county, divisions, find_within
from taizhang.extract import Extract, File, HandedIn, read_files
from taizhang.history import Connection, with_history
from taizhang.settings import settings
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)
_BATCH_FILES = 64
_BATCH_BYTES = 16 * 1024 * 1024
_UNFINISHED = ("~$", ".")
_UNFINISHED_SUFFIXES = {".part", ".tmp", ".crdownload"}


@dataclass(frozen=True)
class LoadCounts:
    """Files and rows of one load; `rows_read` is always `rows_accepted + rows_rejected`."""

    received: int = 0
    loaded: int = 0
    unchanged: int = 0
    rejected: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0

    def __add__(self, other: "LoadCounts") -> "LoadCounts":
        return LoadCounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Received:
    """A file in the inbox, with the division whose folder it lies in."""

    path: Path
    relative: str
    division: Division
    extract_date: date


@dataclass(frozen=True)
class _Content:
    received: Received
    content: bytes

    @property
    def handed_in(self) -> HandedIn:
        return HandedIn(self.content, self.received.division, self.received.extract_date)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def load_folder(night_id: int, division_code: str, *, inbox: Path, night_date: date) -> LoadCounts:
    """Load what the county, or a township and its villages, handed in up to `night_date`.

    Raises `UnknownDivisionError` where a folder of the inbox names no division, naming the folder.
    """
    received = list(find_files(inbox, divisions()[division_code], night_date))
    counts = LoadCounts()
    with connect("loader", autocommit=True) as connection:
        contents = (_Content(file, file.path.read_bytes()) for file in received)
        changed = (content for content in contents if not _is_unchanged(connection, content))
        for content, file in _read_ahead(_batches(changed)):
            counts += _load_file(connection, night_id, content, file)
    unchanged = len(received) - counts.received
    return counts + LoadCounts(received=unchanged, unchanged=unchanged)


def _batches(contents: Iterable[_Content]) -> Iterator[list[_Content]]:
    """Files that are read together: enough of them to be quick, and not more than memory holds with ease."""
    batch: list[_Content] = []
    size = 0
    for content in contents:
        if batch and (len(batch) == _BATCH_FILES or size + len(content.content) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(content)
        size += len(content.content)
    if batch:
        yield batch


def _read_ahead(batches: Iterable[list[_Content]]) -> Iterator[tuple[_Content, File]]:
    """Each file with what it holds; a batch is read while the caller writes the one before."""
    with ThreadPoolExecutor(1) as reader:
        reading = ((batch, reader.submit(read_files, [c.handed_in for c in batch])) for batch in batches)
        for begun, _ in pairwise(chain(reading, [None])):  # the next one begins before this one is asked for
            if begun:
                batch, files = begun
                yield from zip(batch, files.result(), strict=True)


def find_files(inbox: Path, division: Division, night_date: date) -> Iterator[Received]:
    """Files of a division (and of a township's villages) in the dated folders that the night looks at, oldest first."""
    for folder, day in dated_folders(inbox, night_date):
        if division.level == "county":
            yield from _files_of(inbox, folder / "county", division, day)
            continue
        for place in _folders_naming(folder / "township", county().code, division):
            yield from _files_of(inbox, place, division, day)
        for place in _folders_naming(folder / "village", county().code, division):
            for village in _subfolders(place):
                yield from _files_of(inbox, village, find_within(division.code, village.name), day)


def dated_folders(inbox: Path, night_date: date) -> list[tuple[Path, date]]:
    """The folders named YYYY-MM-DD that are at most `inbox_days` older than `night_date`, oldest first."""
    earliest = night_date - timedelta(days=settings().inbox_days)
    return [(folder, day) for folder, day in all_dated_folders(inbox) if earliest <= day <= night_date]


def all_dated_folders(inbox: Path) -> list[tuple[Path, date]]:
    """Every folder of the inbox that is named by a date, oldest first."""
    found = []
    for folder in _subfolders(inbox):
        try:
            found.append((folder, date.fromisoformat(folder.name)))
        except ValueError:
            _log.warning("inbox folder %r is not named by a date (YYYY-MM-DD) and is left aside", folder.name)
    return found


def _subfolders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []


def _folders_naming(parent: Path, within: str, division: Division) -> Iterator[Path]:
    for folder in _subfolders(parent):
        if find_within(within, folder.name) == division:
            yield folder


def _files_of(inbox: Path, folder: Path, division: Division, day: date) -> Iterator[Received]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            continue
        if path.name.startswith(_UNFINISHED) or path.suffix in _UNFINISHED_SUFFIXES:
            continue
        yield Received(path, path.relative_to(inbox).as_posix(), division, day)


def _load_file(connection: Connection, night_id: int, content: _Content, file: File) -> LoadCounts:
    with connection.transaction():
        # Two nights at once must not load one file twice: the second waits here, then finds it unchanged.
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [content.received.relative])
        if _is_unchanged(connection, content):
            return LoadCounts(received=1, unchanged=1)
        keep(content.content, content.sha256)
        extract_ids = [_write_extract(connection, night_id, content, extract) for extract in file.extracts]
        if file.problems.height or not extract_ids:
            # What belongs to the file as a whole is told with its first extract, or with its refusal.
            extract_id = extract_ids[0] if extract_ids else _insert_extract(connection, night_id, content)
            _copy(connection, "problem", extract_id, file.problems)
    return _counts(file)


def _counts(file: File) -> LoadCounts:
    return LoadCounts(
        received=1,
        loaded=int(bool(file.extracts)),
        rejected=int(not file.extracts),
        rows_read=sum(extract.rows_read for extract in file.extracts),
        rows_accepted=sum(extract.accepted.height for extract in file.extracts),
        rows_rejected=sum(extract.rejected.height for extract in file.extracts),
    )


def _is_unchanged(connection: Connection, content: _Content) -> bool:
    """Whether the last thing read at this path, or the newest extract of the division, has the same bytes."""
    row = connection.execute(
        """
        select
            (
                select at_path.sha256 from raw.extract as at_path
                where at_path.division_code = %(division)s and at_path.path = %(path)s
                order by at_path.extract_id desc limit 1
            ) = %(sha256)s
            or exists (
                select from raw.extract as same
                where
                    same.division_code = %(division)s and same.sha256 = %(sha256)s and same.status = 'loaded'
                    and not exists (
                        select from raw.extract as later
                        where
                            later.division_code = same.division_code and later.level = same.level
                            and later.ledger = same.ledger and later.period = same.period
                            and later.extract_id > same.extract_id
                    )
            )
        """,
        {
            "division": content.received.division.code,
            "path": content.received.relative,
            "sha256": content.sha256,
        },
    ).fetchone()
    return bool(row and row[0])


def _write_extract(connection: Connection, night_id: int, content: _Content, extract: Extract) -> int:
    problems = with_history(connection, extract, content.received.division, content.sha256)
    extract_id = _insert_extract(
        connection,
        night_id,
        content,
        ledger=extract.ledger,
        period=extract.period,
        status="loaded",
        rows=(extract.rows_read, extract.accepted.height, extract.rejected.height),
        unknown_headers=list(extract.unknown_headers),
    )
    columns = ["sheet", "row_number", "extra", *contracts()[extract.ledger].raw_columns]
    _copy(connection, extract.ledger, extract_id, extract.accepted.select(columns))
    _copy(connection, "rejected_row", extract_id, extract.rejected)
    _copy(connection, "problem", extract_id, problems)
    return extract_id


def _insert_extract(
    connection: Connection,
    night_id: int,
    content: _Content,
    *,
    ledger: str | None = None,
    period: date | None = None,
    status: str = "rejected",
    rows: tuple[int, int, int] = (0, 0, 0),
    unknown_headers: Iterable[str] = (),
) -> int:
    received = content.received
    row = connection.execute(
        """
        insert into raw.extract (
            night_id, path, sha256, size_bytes, level, division_code, extract_date, ledger, period, status,
            rows_read, rows_accepted, rows_rejected, unknown_headers
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning extract_id
        """,
        [
            night_id, received.relative, content.sha256, len(content.content), received.division.level,
            received.division.code, received.extract_date, ledger, period, status, *rows, list(unknown_headers),
        ],
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101  # `returning` of one inserted row
    return int(row[0])


def _copy(connection: Connection, table: str, extract_id: int, rows: pl.DataFrame) -> None:
    """`COPY` a frame whose columns bear the table's names; an empty CSV field is null, as no text is empty."""
    if not rows.height:
        return
    rows = rows.select(pl.lit(extract_id).alias("extract_id"), pl.all())
    buffer = io.BytesIO()
    rows.write_csv(buffer, include_header=False)
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier("raw", table), sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    )
    with connection.cursor().copy(statement) as copy:
        copy.write(buffer.getbuffer())


def register_people() -> int:
    """Give every identity number in `raw` that has none a surrogate key; returns how many were new."""
    with connect("loader") as connection:
        return connection.execute(
            """
            insert into vault.person (id_no)
            select id_no from raw.employment
            union
            select id_no from raw.training
            union
            select id_no from raw.subsidy
            union
            select payee_id_no from raw.subsidy where payee_id_no is not null
            except
            select id_no from vault.person
            order by id_no
            on conflict do nothing
            """
        ).rowcount
