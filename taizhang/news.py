"""The news of a night: what is new, closed, overdue, late, rejected; read from the warehouse, without personal data."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, class_row

from taizhang.division import county, divisions, office_of
from taizhang.settings import settings
from taizhang.warehouse import connect


@dataclass(frozen=True)
class BreakCount:
    """Breaks of one division and ledger: open now, of these never told of, and closed since others were told of.

    Of those open, `reopened` were told of as closed or accepted, and `grown` are totals that are further apart than
    they were. `overdue` are open for longer than the settings allow, `newly_overdue` since people were last told;
    `accepted` are known and neither open nor closed.

    What is `awaiting` its acceptance is open, but the county's to act on: it is no longer overdue for the township,
    and `awaiting_overdue` where the county takes too long.
    """

    township_code: str
    division_code: str
    ledger: str
    open: int
    new: int
    closed: int
    overdue: int = 0
    newly_overdue: int = 0
    accepted: int = 0
    reopened: int = 0
    grown: int = 0
    awaiting: int = 0
    newly_awaiting: int = 0
    awaiting_overdue: int = 0
    newly_awaiting_overdue: int = 0
    newly_accepted: int = 0
    oldest: date | None = None

    @property
    def has_news(self) -> bool:
        settled = self.closed or self.newly_awaiting or self.newly_accepted
        return bool(self.new or self.reopened or self.grown or self.newly_overdue or settled)


@dataclass(frozen=True)
class HandedIn:
    """One file handed in, as it was received in the end; `path` as the inbox has it. Only a worklist has answers."""

    division_code: str
    path: str
    rejected: bool
    rows_rejected: int
    ledger: str | None = None
    answers_rejected: int = 0


@dataclass(frozen=True)
class Late:
    """A ledger that a division handed in before, but not of late."""

    division_code: str
    ledger: str
    last_date: date
    escalated: bool
    is_news: bool


@dataclass(frozen=True)
class CheckedFigure:
    """What the check found on one published figure; amounts are in its unit."""

    severity: str
    success: bool
    statement: str
    computed: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True)
class News:
    """All that there is to tell of one night; figures only if their verdict is another than the night before."""

    night_date: date
    breaks: tuple[BreakCount, ...] = ()
    handed_in: tuple[HandedIn, ...] = ()
    late: tuple[Late, ...] = ()
    figures: tuple[CheckedFigure, ...] = ()
    structural_failures: int = 0
    published: bool = True
    """Whether a night has been published yet: before the first, nobody knows of any breaks."""
    found_no_file: bool = False
    """Whether there was nothing in the inbox, not even what was loaded before: it may be cut off."""
    is_of_told_date: bool = False
    """Whether people have been told of this date before: an unchanged night is then not worth a word."""

    @property
    def rejected(self) -> tuple[HandedIn, ...]:
        return tuple(file for file in self.handed_in if file.rejected)

    @property
    def rows_rejected(self) -> int:
        return sum(file.rows_rejected for file in self.handed_in)

    @property
    def answers_rejected(self) -> int:
        return sum(file.answers_rejected for file in self.handed_in)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is other than when people were told last."""
        told = any(count.has_news or count.newly_awaiting_overdue for count in self.breaks)
        told = told or any(late.is_news for late in self.late)
        returned = self.rejected or self.rows_rejected or self.answers_rejected
        return not (told or returned or self.figures or self.structural_failures or self.found_no_file)

    @property
    def is_urgent(self) -> bool:
        overdue = any(count.newly_overdue or count.newly_awaiting_overdue for count in self.breaks)
        overdue = overdue or any(late.is_news for late in self.late)
        return bool(overdue or self.rejected or self.structural_failures or self.found_no_file)


def of_township(news: News, code: str) -> News:
    """What concerns a township and its villages; figures, structure and what is to be accepted are the county's."""
    return News(
        news.night_date,
        tuple(replace(count, newly_awaiting_overdue=0) for count in news.breaks if count.township_code == code),
        tuple(file for file in news.handed_in if office_of(divisions()[file.division_code]).code == code),
        tuple(late for late in news.late if office_of(divisions()[late.division_code]).code == code),
    )


def of_ledgers(news: News, ledgers: tuple[str, ...]) -> News:
    """What concerns these ledgers, or all if none is named; a file that shows no ledger concerns everybody."""
    if not ledgers:
        return news
    return replace(
        news,
        breaks=tuple(count for count in news.breaks if count.ledger in ledgers),
        handed_in=tuple(file for file in news.handed_in if file.ledger is None or file.ledger in ledgers),
        late=tuple(late for late in news.late if late.ledger in ledgers),
    )


# How far apart the levels' totals are.
_DIFFERENCE = sql.SQL("""
case when kind = 'total' then
    greatest(county_value::numeric, township_value::numeric, village_value::numeric)
    - least(county_value::numeric, township_value::numeric, village_value::numeric)
end
""")

# Beside how they stood when people were last told, which quiet runs by day and nights that failed do not change.
_BREAKS = sql.SQL("""
with told as (
    select break_id, status, difference, awaits_acceptance
    from reconciliation.told_break
    where night_id = %(before_id)s
),
beside as (
    select
        coalesce(township_code, %(county)s) as township_code,
        coalesce(division_code, township_code, %(county)s) as division_code,
        ledger,
        ledger_break.status,
        open_since,
        ledger_break.awaits_acceptance,
        overdue_on <= %(night_date)s as is_overdue,
        -- for whom it is overdue now
        overdue_on <= %(before)s
        and told.status is not distinct from 'open'
        and ledger_break.awaits_acceptance = told.awaits_acceptance as was_overdue,
        coalesce(told.awaits_acceptance, false) as was_awaiting,
        ledger_break.status = 'open' and told.status is distinct from 'open' as is_opened,
        told.break_id is not null or first_seen < %(before)s as is_known,
        ledger_break.status = 'closed' and told.status = 'open' as is_closed,
        ledger_break.status not in ('open', 'closed') and told.status = 'open' as is_accepted_now,
        ledger_break.status = 'open' and told.status = 'open' and {difference} > told.difference as has_grown
    from reconciliation.ledger_break
    left join told using (break_id)
)
select
    township_code,
    division_code,
    ledger,
    count(*) filter (where status = 'open') as open,
    count(*) filter (where is_opened and not is_known) as new,
    count(*) filter (where is_opened and is_known) as reopened,
    count(*) filter (where has_grown) as grown,
    count(*) filter (where is_closed) as closed,
    count(*) filter (where is_overdue and not awaits_acceptance) as overdue,
    count(*) filter (where is_overdue and not was_overdue and not awaits_acceptance) as newly_overdue,
    count(*) filter (where status not in ('open', 'closed')) as accepted,
    count(*) filter (where awaits_acceptance) as awaiting,
    count(*) filter (where awaits_acceptance and not was_awaiting) as newly_awaiting,
    count(*) filter (where is_overdue and awaits_acceptance) as awaiting_overdue,
    count(*) filter (where is_overdue and not was_overdue and awaits_acceptance) as newly_awaiting_overdue,
    count(*) filter (where is_accepted_now) as newly_accepted,
    min(open_since) filter (where status = 'open' and not awaits_acceptance) as oldest
from beside
group by township_code, division_code, ledger
order by oldest nulls last, division_code, ledger
""").format(difference=_DIFFERENCE)

_REMEMBER = sql.SQL("""
insert into reconciliation.told_break (night_id, break_id, status, difference, awaits_acceptance)
select %(night_id)s, break_id, status, {difference}, awaits_acceptance from reconciliation.ledger_break
where status <> 'closed'
""").format(difference=_DIFFERENCE)

# A file may be read by several nights before people are told of one: only what became of it last counts.
_HANDED_IN = """
with received as (
    select extract.*, rank() over (partition by division_code, path order by night_id desc) as age
    from raw.extract
    where night_id > coalesce(%(before_id)s, 0) and night_id <= %(night_id)s
)
select
    division_code,
    path,
    bool_or(status = 'rejected') as rejected,
    coalesce(sum(rows_rejected) filter (where status <> 'worklist'), 0)::integer as rows_rejected,
    coalesce(sum(rows_rejected) filter (where status = 'worklist'), 0)::integer as answers_rejected,
    case when count(distinct ledger) = 1 then min(ledger) end as ledger
from received
where age = 1
group by division_code, path
order by division_code, path
"""

# `is_news` on the night on which it becomes late, and again on the one on which it is escalated.
_LATE = """
with handed_in as (
    select division_code, ledger, max(extract_date) as last_date
    from raw.extract
    where status = 'loaded' and extract_date <= %(night_date)s
    group by division_code, ledger
)
select
    division_code,
    ledger,
    last_date,
    last_date < %(escalated)s as escalated,
    last_date >= case when last_date < %(escalated)s then %(escalated_before)s else %(late_before)s end as is_news
from handed_in
where last_date < %(late)s
order by last_date, division_code, ledger
"""

_FIGURES = """
with verdict as (
    select night_id, expectation, success, case when severity = 'info' then details ->> 'difference' end as difference
    from reconciliation.expectation_result
    where suite = 'published_figures'
),
changed as (
    select expectation, success, difference from verdict where night_id = %(night_id)s
    except
    select expectation, success, difference from verdict where night_id = %(before_id)s
)
select
    severity,
    success,
    coalesce(details ->> 'known_reason_zh', details ->> 'quote', description) as statement,
    (details ->> 'computed')::numeric as computed,
    (details ->> 'difference')::numeric as difference
from reconciliation.expectation_result
where night_id = %(night_id)s and suite = 'published_figures' and exists (select from changed)
order by expectation
"""

_STRUCTURAL_FAILURES = """
select count(*)::integer
from reconciliation.expectation_result
where night_id = %(night_id)s and severity = 'critical' and not success
"""

# A run for one township does not look at the others' folders.
_FOUND_NO_FILE = """
select coalesce(sum((load.value ->> 'received')::bigint) = 0 and count(*) > 1, false)
from reconciliation.night
cross join jsonb_each(summary -> 'loads') as load
where night_id = %(night_id)s
"""

# A night before this one of which people were told, be it of the same date.
_BEFORE = """
select night_id, night_date
from reconciliation.night
where night_date <= %(night_date)s and night_id < coalesce(%(night_id)s::bigint, night_id + 1) and told_at is not null
order by night_id desc
limit 1
"""


def gather(connection: psycopg.Connection[TupleRow], night_id: int, night_date: date) -> News:
    """Read a night's news. Before the first publish there are no breaks to tell of."""
    values = {"night_id": night_id, "county": county().code, **_dates(connection, night_date, night_id)}
    published = _has_published(connection)
    ((structural_failures,),) = connection.execute(_STRUCTURAL_FAILURES, values).fetchall()
    ((found_no_file,),) = connection.execute(_FOUND_NO_FILE, values).fetchall()
    with (
        connection.cursor(row_factory=class_row(BreakCount)) as breaks,
        connection.cursor(row_factory=class_row(HandedIn)) as handed_in,
        connection.cursor(row_factory=class_row(CheckedFigure)) as figures,
    ):
        return News(
            night_date,
            tuple(breaks.execute(_BREAKS, values)) if published else (),
            tuple(handed_in.execute(_HANDED_IN, values)),
            gather_late(connection, night_date, night_id),
            tuple(figures.execute(_FIGURES, values)),
            structural_failures,
            published,
            found_no_file,
            values["before"] == night_date,
        )


def remember(night_id: int, night_date: date) -> None:
    """Keep how the breaks stand that people have been told of tonight: what changes from now on is news.

    Of a quiet run that its check stops it is not kept: the next one says the same, and so is not told again.
    """
    with connect() as connection:
        quiet = "select from reconciliation.night where night_id = %s and is_quiet"
        if connection.execute(quiet, [night_id]).fetchone() is not None:
            return
        values = {"night_id": night_id, **_dates(connection, night_date, night_id)}
        connection.execute(
            "delete from reconciliation.told_break where night_id = %(night_id)s or night_id < %(before_id)s", values
        )
        if _has_published(connection):
            connection.execute(_REMEMBER, values)
        connection.execute("update reconciliation.night set told_at = now() where night_id = %(night_id)s", values)


def _has_published(connection: psycopg.Connection[TupleRow]) -> bool:
    return connection.execute("select to_regclass('reconciliation.ledger_break')").fetchall() != [(None,)]


def gather_late(
    connection: psycopg.Connection[TupleRow], night_date: date, night_id: int | None = None
) -> tuple[Late, ...]:
    """Who has not handed in of late what was handed in before, the latest first."""
    with connection.cursor(row_factory=class_row(Late)) as late:
        return tuple(late.execute(_LATE, _dates(connection, night_date, night_id)))


def _dates(
    connection: psycopg.Connection[TupleRow], night_date: date, night_id: int | None
) -> dict[str, date | int | None]:
    """What is older than `late` or `escalated` is so; `…_before` are these dates as of `before`.

    That is the date of the night of which people were told last, the night `before_id`.
    """
    last_told = connection.execute(_BEFORE, {"night_date": night_date, "night_id": night_id}).fetchone()
    before_id, before = last_told or (None, date(1, 1, 1))
    limits = {"late": settings().late_after_days, "escalated": settings().escalate_after_days}
    dates: dict[str, date | int | None] = {"night_date": night_date, "before_id": before_id, "before": before}
    for name, days in limits.items():
        dates[name] = night_date - timedelta(days)
        dates[f"{name}_before"] = before - timedelta(days) if before_id else before
    return dates
