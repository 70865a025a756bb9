"""Load: find the extracts that changed, read them, keep their bytes, and `COPY` them into `raw`.

One transaction an extract: all of it or none. An unchanged file is not read again.
"""

import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path, PurePath

import polars as pl
import psycopg
from psycopg import sql

from taizhang.archive import keep, keep_file
from taizhang.changed import Content, Inbox, known_contents, read_changed
from taizhang.contract import contracts
from taizhang.correction import judge, record
from taizhang.extract import Extract, File, file_problem
from taizhang.history import Connection, replaced, with_history
from taizhang.redact import redact
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)
_NOT_TO_BE_HELD = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What comes again with the same values; all other errors are the server's."""


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


def load_folder(night_id: int, division_code: str, *, inbox: Path, night_date: date) -> LoadCounts:
    """Load what the county, or a township and its villages, handed in up to `night_date`."""
    received, changed = read_changed(Inbox(night_id, inbox, night_date), division_code)
    counts = LoadCounts()
    with connect("loader", autocommit=True) as connection:
        for content, file in changed:
            counts += _load_or_refuse(connection, night_id, content, file)
    unchanged = received - counts.received
    return counts + LoadCounts(received=unchanged, unchanged=unchanged)


def _load_or_refuse(connection: Connection, night_id: int, content: Content, file: File) -> LoadCounts:
    """Load one file; what the warehouse cannot hold is refused as a whole, and keeps no other file back."""
    try:
        return _load_file(connection, night_id, content, file)
    except _NOT_TO_BE_HELD as error:
        # The error's own words show the value.
        _log.error("A file of %s is refused by the warehouse: %s", content.division.code, type(error).__name__)
        return _load_file(connection, night_id, content, File((), file_problem("file_unreadable")))


def _load_file(connection: Connection, night_id: int, content: Content, file: File) -> LoadCounts:
    with connection.transaction():
        # Two nights at once must not load one file twice: the second waits here, then finds it unchanged.
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [content.received.relative])
        # Nor may bytes that are kept already be pruned before there is an extract that needs them.
        connection.execute("lock table raw.extract in row exclusive mode")
        if known_contents(connection, [content.received.division.code]).has(content):
            return LoadCounts(received=1, unchanged=1)
        content = _kept(content)
        if file.filled is not None:
            return _record_worklist(connection, night_id, content, file.filled, file.problems)
        extract_ids = [_write_extract(connection, night_id, content, extract) for extract in file.extracts]
        if file.problems.height or not extract_ids:
            # What belongs to the file as a whole is told with its first extract, or with its refusal.
            extract_id = extract_ids[0] if extract_ids else _insert_extract(connection, night_id, content)
            _copy(connection, "problem", extract_id, file.problems)
    return _counts(file)


def _kept(content: Content) -> Content:
    """Keep the bytes of a file; of one too large for memory those that it has by now."""
    if content.size > len(content.content):
        return replace(content, sha256=keep_file(content.received.path))
    keep(content.content, content.sha256)
    return content


def _record_worklist(
    connection: Connection, night_id: int, content: Content, filled: pl.DataFrame, problems: pl.DataFrame
) -> LoadCounts:
    """Keep what a filled worklist says; its rows are no rows of a ledger, and are not counted with those."""
    judged = judge(filled, content.division)
    taken = len(judged.answers)
    rows = (filled.height, taken, filled.height - taken)
    extract_id = _insert_extract(connection, night_id, content, status="worklist", rows=rows)
    record(connection, extract_id, judged.answers)
    _copy(connection, "problem", extract_id, pl.concat([problems, judged.problems]))
    return LoadCounts(received=1, loaded=1)


def _counts(file: File) -> LoadCounts:
    return LoadCounts(
        received=1,
        loaded=int(file.is_loaded),
        rejected=int(not file.is_loaded),
        rows_read=sum(extract.rows_read for extract in file.extracts),
        rows_accepted=sum(extract.accepted.height for extract in file.extracts),
        rows_rejected=sum(extract.rejected.height for extract in file.extracts),
    )


def _write_extract(connection: Connection, night_id: int, content: Content, extract: Extract) -> int:
    received, label = content.received, contracts()[extract.ledger].label
    problems = with_history(connection, extract, received.division, received.extract_date, content.sha256)
    beside = {} if extract.is_refused else replaced(connection, night_id, extract, received.division, received.relative)
    extract_id = _insert_extract(
        connection,
        night_id,
        content,
        ledger=extract.ledger,
        period=extract.period,
        status="rejected" if extract.is_refused else "loaded",
        rows=(extract.rows_read, extract.accepted.height, extract.rejected.height),
        unknown_headers=extract.unknown_headers,
        absent_columns=extract.absent_columns,
    )
    columns = ["sheet", "row_number", "extra", *contracts()[extract.ledger].raw_columns]
    _copy(connection, extract.ledger, extract_id, extract.accepted.select(columns))
    _copy(connection, "rejected_row", extract_id, extract.rejected)
    _copy(connection, "problem", extract_id, problems)
    for other_id, path in beside.items():
        _copy(connection, "problem", extract_id, file_problem("ledger_twice", _named(path), label=label))
        _copy(connection, "problem", other_id, file_problem("ledger_replaced", _named(received.relative), label=label))
    return extract_id


def _named(path: str) -> str:
    """A file's name as people are told it."""
    return redact(PurePath(path).name)


def _insert_extract(
    connection: Connection,
    night_id: int,
    content: Content,
    *,
    ledger: str | None = None,
    period: date | None = None,
    status: str = "rejected",
    rows: tuple[int, int, int] = (0, 0, 0),
    unknown_headers: Iterable[str] = (),
    absent_columns: Iterable[str] = (),
) -> int:
    received = content.received
    row = connection.execute(
        """
        insert into raw.extract (
            night_id, path, sha256, size_bytes, level, division_code, extract_date, ledger, period, status,
            rows_read, rows_accepted, rows_rejected, unknown_headers, absent_columns
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning extract_id
        """,
        [
            night_id, received.relative, content.sha256, content.size, received.division.level,
            received.division.code, received.extract_date, ledger, period, status, *rows, list(unknown_headers),
            list(absent_columns),
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


_REGISTERED = {
    "person.id_no": ("employment.id_no", "training.id_no", "subsidy.id_no", "subsidy.payee_id_no"),
    "account.account": ("subsidy.account",),
    "phone.phone": ("employment.phone", "training.phone"),
}
"""What the vault gives surrogate keys to, and the columns of `raw` in which it is written."""


def register_people() -> int:
    """Give every identity number, account and phone in `raw` that has none a surrogate key.

    Returns how many people were new.
    """
    with connect("loader") as connection:
        new = {kept: _register(connection, kept, written) for kept, written in _REGISTERED.items()}
    return new["person.id_no"]


def _register(connection: Connection, kept: str, written: Iterable[str]) -> int:
    table, number = kept.split(".")
    # Keys in the order of the numbers would tell who is born before whom, and in which region.
    statement = sql.SQL(
        "insert into {0} ({1}) select {1} from ({2} except select {1} from {0}) as new order by random()"
        " on conflict do nothing"
    )
    sources = (place.split(".") for place in written)
    found = sql.SQL(" union ").join(
        sql.SQL("select {0} from {1} where {0} is not null").format(
            sql.Identifier(column), sql.Identifier("raw", ledger)
        )
        for ledger, column in sources
    )
    return connection.execute(statement.format(sql.Identifier("vault", table), sql.Identifier(number), found)).rowcount
