"""A night: one complete run. Which date it is for, that there is only one at a time, and what it came to.

All that a night knows of itself is in `reconciliation.night`, as its tasks may run on several machines. The
`summary` there holds when each stage began and ended, what each division's load counted, and the breaks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from taizhang.inbox import all_dated_folders
from taizhang.settings import settings
from taizhang.warehouse import bring_up_to_date, connect

Stage = Literal["load", "answer", "build", "check", "publish", "worklists", "alert"]
STAGES: tuple[Stage, ...] = ("load", "build", "check", "publish", "alert")
LONGEST_PAUSE = timedelta(days=60)
"""Nobody believes a clock that says that no night has run for longer, unless a person does."""
_PATIENCE_SECONDS = 15.0
"""A busy scheduler takes a few of them from one task to the next."""
_CLOCKS_DIFFER = timedelta(hours=1)
# The column is missing until the first night of this version has brought the warehouse up to it.
_NIGHTS: LiteralString = """
select nights.* from (
    select
        night_id,
        night_date,
        status,
        coalesce((to_jsonb(night) ->> 'is_reproduction')::boolean, false) as is_reproduction,
        started_at,
        ended_at,
        summary
    from reconciliation.night
) as nights
"""


class NightError(RuntimeError):
    """A night cannot be opened or cannot go on."""


class WarehouseGoneError(RuntimeError):
    """Postgres went away while a task was at work; the task may be tried again."""


@dataclass(frozen=True)
class Night:
    """One row of `reconciliation.night`; it has ended once `ended_at` is set.

    A reproduction is for a date before the newest published night's: it is built beside what is published.
    """

    night_id: int
    night_date: date
    status: Literal["running", "published", "failed", "reproduced"]
    is_reproduction: bool
    started_at: datetime
    ended_at: datetime | None
    summary: dict[str, Any]


def resolve_date(inbox: Path, night_date: date | None = None) -> date:
    """The date a night is for: as asked, else the inbox's newest dated folder up to today, else today.

    Unless it is asked for, it is none before the newest published one: what came late is news of that night. Raises
    `NightError` for one that is to come: all nights until then would be before the newest published one.
    """
    today = settings().today()
    if night_date is not None:
        if night_date > today:
            raise NightError(
                f"A night for {night_date} is still to come: today is {today}. Mend the date, or the clock."
            )
        return night_date
    published = newest_published()
    days = [day for _, day in all_dated_folders(inbox) if day <= today]
    return max([*days, published] if published else days, default=today)


def refuse_jumped_clock(longest_pause: timedelta = timedelta.max) -> None:
    """Raise `NightError` if by this machine's clock the last night is still to come, or `longest_pause` ago.

    An empty battery sets a clock back by decades: what was handed in would all lie in the future.
    """
    last, now = find_night(), datetime.now(UTC)
    if last and not -_CLOCKS_DIFFER <= now - last.started_at <= longest_pause:
        raise NightError(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, but night {last.night_id} began at"
            f" {last.started_at.astimezone(UTC):%Y-%m-%d %H:%M}: set the clock; if it is right, run a night by hand"
            " with its date, `taizhang night --date YYYY-MM-DD`."
        )


def newest_published() -> date | None:
    """The date up to which nights have been published.

    What was published before anything had been handed in is no history: the first ledgers may be of any date.
    """
    # One table at a time: who migrates locks both, in an order of its own.
    with connect(autocommit=True) as connection:
        if not _exists(connection, "reconciliation.night"):
            return None
        first_night = _value(connection, "select min(night_id) from raw.extract")
        newest: date | None = _value(
            connection,
            "select max(night_date) from reconciliation.night where status = 'published' and night_id >= %s",
            first_night,
        )
    return newest


def find_published(night_date: date) -> Night | None:
    """The night that was published for a date, the last one of several."""
    with connect() as connection, connection.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(
            _NIGHTS + " where status = 'published' and night_date = %s order by night_id desc limit 1", [night_date]
        ).fetchone()


def find_night(night_id: int | None = None, *, reproductions: bool = True) -> Night | None:
    """The night of that number, else the last one, a reproduction or not; none before the first."""
    with connect() as connection, connection.cursor(row_factory=class_row(Night)) as cursor:
        if not _exists(connection, "reconciliation.night"):
            return None
        return cursor.execute(
            _NIGHTS + " where night_id = coalesce(%s, night_id) and is_reproduction <= %s"
            " order by night_id desc limit 1",
            [night_id, reproductions],
        ).fetchone()


def open_night(night_date: date, *, quiet: bool = False, patience: float = _PATIENCE_SECONDS) -> int:
    """Begin a night and return its number. Raises `NightError` while another one runs.

    For a date before the newest published night's it is a reproduction.

    Of a quiet one nobody is told before the next that is not. A night that never ended and gives no sign of life
    for `patience` seconds has crashed; it is closed.
    """
    former = find_night()
    refuse_running(patience=patience)
    if former and former.ended_at is None:  # and no other, which may have begun since
        close_night(former.night_id)
    bring_up_to_date()
    # While nothing is locked: a night that migrates wants the same tables, in an order of its own.
    newest = newest_published()
    with connect() as connection:
        connection.execute("lock table reconciliation.night in exclusive mode")
        if _value(connection, "select exists (select from reconciliation.night where ended_at is null)"):
            raise NightError("Another night began at the same moment; wait until it ends.")
        return int(
            _value(
                connection,
                "insert into reconciliation.night (night_date, is_quiet, is_reproduction) values (%s, %s, %s)"
                " returning night_id",
                night_date,
                quiet,
                newest is not None and night_date < newest,
            )
        )


def refuse_running(*, patience: float = _PATIENCE_SECONDS) -> None:
    """Raises `NightError` while a night runs."""
    last = find_night()
    if last and last.ended_at is None and is_alive(last, patience=patience):
        raise NightError(f"Night {last.night_id}, for {last.night_date}, is still running; wait until it ends.")


def is_alive(night: Night, *, patience: float = _PATIENCE_SECONDS) -> bool:
    """Whether an unended night gives a sign of life: a task at work, or a stage begun or ended meanwhile."""
    deadline = monotonic() + patience
    while not (_is_at_work(night.night_id) or find_night(night.night_id) != night):
        if monotonic() > deadline:
            return False
        sleep(0.2)
    return True


def _is_at_work(night_id: int) -> bool:
    with connect() as connection:
        return not _value(
            connection, "select pg_try_advisory_xact_lock(hashtext('taizhang.night'), %s::integer)", night_id
        )


def close_night(night_id: int) -> str:
    """End a night, as published (or reproduced) if its publish came through, else as failed. Returns its status."""
    with connect() as connection:
        return str(
            _value(
                connection,
                "update reconciliation.night set ended_at = coalesce(ended_at, clock_timestamp()), status ="
                " case when summary #>> '{stages,publish,ended}' is null then 'failed'"
                " when is_reproduction then 'reproduced' else 'published' end"
                " where night_id = %s returning status",
                night_id,
            )
        )


@contextmanager
def stage(night_id: int, name: Stage) -> Iterator[None]:
    """Do one task's work within a stage of a night; the stage lasts from its first task to its last.

    Raises `NightError` if the night has been closed meanwhile: two nights must never write at once; and
    `WarehouseGoneError` in the place of whatever fails because Postgres stopped, which is no fault of the work.
    """
    with connect() as connection:
        # Held by this session, so that it goes when the process does; the transaction is not kept open.
        connection.execute("select pg_advisory_lock_shared(hashtext('taizhang.night'), %s::integer)", [night_id])
        connection.commit()
        began = _mark_begun(night_id, name)
        try:
            yield
        except Exception as error:
            if _is_gone(connection):
                raise WarehouseGoneError(
                    f"Postgres went away during the {name} of night {night_id}, which is tried again; its log says why."
                    f" What the task said: {error}"
                ) from error
            raise
        _mark_ended(night_id, name, began)


def _is_gone(connection: psycopg.Connection[Any]) -> bool:
    """Whether this session has ended since it began: then what the other sessions said is no verdict on the data."""
    try:
        connection.execute("select")
    except psycopg.OperationalError:
        return True
    connection.commit()
    return False


def _mark_begun(night_id: int, name: Stage) -> float:
    with _amended(night_id) as (summary, now):
        summary.setdefault("stages", {}).setdefault(name, {"began": now})
    return now


def _mark_ended(night_id: int, name: Stage, began: float) -> None:
    """Note when a stage's last task ended, and how long all of them have worked."""
    with _amended(night_id) as (summary, now):
        marks = summary["stages"][name]
        marks |= {"ended": now, "worked": marks.get("worked", 0.0) + now - began}


@contextmanager
def _amended(night_id: int) -> Iterator[tuple[dict[str, Any], float]]:
    """The summary of a night to change in place, and the warehouse's clock in seconds."""
    with connect() as connection:
        row = connection.execute(
            "select summary, extract(epoch from clock_timestamp())::float8 from reconciliation.night"
            " where night_id = %s and ended_at is null for update",
            [night_id],
        ).fetchone()
        if row is None:
            raise NightError(f"Night {night_id} has been closed; it does not go on.")
        summary, now = row
        yield summary, now
        connection.execute(
            "update reconciliation.night set summary = %s where night_id = %s", [Jsonb(summary), night_id]
        )


def record_load(night_id: int, division_code: str, counts: Mapping[str, int]) -> None:
    """Keep what the load of one division's folder counted; a repeated task replaces its counts."""
    with _amended(night_id) as (summary, _):
        summary.setdefault("loads", {})[division_code] = dict(counts)


def record_checksums(night_id: int, checksums: Mapping[str, str]) -> None:
    """Keep what tonight's tables say, and of those that it does not replace what the night before did."""
    with connect() as connection:
        before = _value(
            connection,
            "select coalesce((select summary -> 'checksums' from reconciliation.night"
            " where status = 'published' and night_id < %s order by night_id desc limit 1), '{}')",
            night_id,
        )
    with _amended(night_id) as (summary, _):
        summary["checksums"] = before | summary.get("checksums", {}) | dict(checksums)


def record_reproduction(night_id: int, found: Mapping[str, Any]) -> None:
    """Keep what a reproduction came to: its schemas, its breaks, and where it differs from what was published."""
    with _amended(night_id) as (summary, _):
        summary.update(found)


def record_build(night_id: int, seconds: Mapping[str, float]) -> None:
    """Keep how long each model took to build."""
    with _amended(night_id) as (summary, _):
        summary["models"] = dict(seconds)


def record_alerts(night_id: int, sent: int) -> None:
    with _amended(night_id) as (summary, _):
        summary["alerts_sent"] = sent


def record_breaks(night_id: int) -> None:
    """Count tonight's breaks against those published before; to be done before they are published."""
    with connect() as connection:
        if not _exists(connection, "reconciliation_next.ledger_break"):
            return  # published already, by a task that is run again
        before = sql.SQL("select break_id from reconciliation.ledger_break where status = 'open'")
        if not _exists(connection, "reconciliation.ledger_break"):
            before = sql.SQL("select null::text as break_id where false")
        counts = count_breaks(connection, "reconciliation_next", open_before=before)
    with _amended(night_id) as (summary, _):
        summary["breaks"] = counts


def count_breaks(
    connection: psycopg.Connection[TupleRow], schema: str, *, open_before: sql.Composable
) -> dict[str, int]:
    """What a schema's breaks come to beside those that were open before, a query for their `break_id`.

    One that is back is new; one that is accepted now is neither open nor closed.
    """
    query = sql.SQL(
        "with tonight as (select break_id from {breaks} where status = 'open'),"
        " standing as (select break_id from {breaks} where status = 'accepted'),"
        " before as ({open_before})"
        " select count(tonight.break_id), count(*) filter (where before.break_id is null),"
        " count(*) filter (where tonight.break_id is null and break_id not in (select break_id from standing))"
        " from tonight full join before using (break_id)"
    )
    row = connection.execute(
        query.format(breaks=sql.Identifier(schema, "ledger_break"), open_before=open_before)
    ).fetchone()
    return dict(zip(("open", "new", "closed"), row or (0, 0, 0), strict=True))


def summarise(night_id: int) -> dict[str, Any]:
    """The figures of a night as `taizhang night --json` prints them; `seconds` by stage, of the whole under `total`."""
    night = find_night(night_id)
    if night is None:
        raise NightError(f"There is no night {night_id}.")
    loads = night.summary.get("loads", {}).values()
    with connect() as connection:
        evaluated, failed = connection.execute(
            "select count(*), count(*) filter (where not success and severity <> 'info')"
            " from reconciliation.expectation_result where night_id = %s",
            [night_id],
        ).fetchall()[0]
        breaks = night.summary.get("breaks") or {"open": _open_breaks(connection), "new": 0, "closed": 0}
    return {
        "date": night.night_date.isoformat(),
        "files": {name: sum(load[name] for load in loads) for name in ("received", "loaded", "unchanged", "rejected")},
        "rows": {name: sum(load[f"rows_{name}"] for load in loads) for name in ("read", "accepted", "rejected")},
        "breaks": {name: breaks[name] for name in ("open", "new", "closed")},
        "expectations": {"evaluated": evaluated, "failed": failed},
        "alerts_sent": night.summary.get("alerts_sent", 0),
        "seconds": _seconds(night),
        **({"reproduction": night.summary.get("reproduction")} if night.is_reproduction else {}),
    }


def _open_breaks(connection: psycopg.Connection[Any]) -> int:
    if not _exists(connection, "reconciliation.ledger_break"):
        return 0
    return int(_value(connection, "select count(*) from reconciliation.ledger_break where status = 'open'"))


def slowest_models(night_id: int, count: int = 5) -> list[tuple[str, float]]:
    """The models that took longest to build, and how many seconds, the slowest first."""
    night = find_night(night_id)
    models: dict[str, float] = night.summary.get("models", {}) if night else {}
    return sorted(models.items(), key=lambda model: (-model[1], model[0]))[:count]


def answer_seconds(night_id: int) -> float:
    """How long the tasks that write receipts worked, all together, between those of other stages or beside them."""
    night = find_night(night_id)
    marks = night.summary.get("stages", {}).get("answer", {}) if night else {}
    return round(float(marks.get("worked", 0)), 2)


def newest_answered(night_id: int) -> date | None:
    """The newest day on which something was handed in that a night wrote a receipt for: its receipts lie under it."""
    with connect() as connection:
        day: date | None = _value(
            connection,
            "select max(extract_date) from raw.extract join raw.receipt using (extract_id) where receipt.night_id = %s",
            night_id,
        )
    return day


def _seconds(night: Night) -> dict[str, float]:
    """How long each stage took, and the whole since its opening; 0 for a stage that never ended."""
    stages = night.summary.get("stages", {})
    marks = {name: stages.get(name, {}) for name in STAGES}
    seconds = {name: m["ended"] - m["began"] if "ended" in m else 0.0 for name, m in marks.items()}
    ended_at = night.ended_at or datetime.now(night.started_at.tzinfo)
    total = (ended_at - night.started_at).total_seconds()
    return {**{name: round(value, 2) for name, value in seconds.items()}, "total": round(total, 2)}


def _exists(connection: psycopg.Connection[Any], table: str) -> bool:
    return _value(connection, "select to_regclass(%s)", table) is not None


def _value(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    ((value,),) = connection.execute(query, values or None).fetchall()
    return value
