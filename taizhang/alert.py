"""The alert after a night: what is open, new and rejected, by township, without personal data.

It goes through every channel of `TAIZHANG_ALERT_URLS`; a copy is always left in `outbox/alerts/`.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePath

import psycopg
from psycopg.rows import TupleRow, class_row

from taizhang.channel import channels, send
from taizhang.division import Division, children, county, divisions
from taizhang.redact import redact
from taizhang.settings import settings
from taizhang.warehouse import connect

LEDGER_NAMES = {"employment": "就业", "training": "培训", "subsidy": "补贴"}
FILE_CHANNEL = "file"
_NAMED_AT_MOST = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BreakCount:
    """Breaks of one township and ledger: open now, of these first seen tonight, and closed tonight."""

    township_code: str
    ledger: str
    open: int
    new: int
    closed: int


@dataclass(frozen=True)
class HandedIn:
    """One file handed in, as it was received in the end; `path` as the inbox has it."""

    division_code: str
    path: str
    rejected: bool
    rows_rejected: int


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
    """All that an alert tells of one night."""

    night_date: date
    breaks: tuple[BreakCount, ...] = ()
    handed_in: tuple[HandedIn, ...] = ()
    figures: tuple[CheckedFigure, ...] = ()
    structural_failures: int = 0


def alert(night_id: int, night_date: date) -> int:
    """Tell the county of the night. Returns how many channels took it; the file is one if there is no other.

    A channel that took the same words for the same date is not told again. One that fails is logged and
    recorded in `reconciliation.alert_delivery`; the night goes on.
    """
    with connect("checker") as connection:
        news = gather(connection, night_id, night_date)
    title, lines = compose(news)
    _write_copy(night_date, title, lines)
    content_hash = hashlib.sha256("\n".join([title, *lines]).encode()).hexdigest()
    taken = 0
    for channel, error in _deliver(title, lines, _told(night_date, content_hash)):
        _record(night_id, night_date, channel, content_hash, error)
        taken += error is None
    return taken


_BREAKS = """
select
    township_code,
    ledger,
    count(*) filter (where status = 'open') as open,
    count(*) filter (where status = 'open' and first_seen = %(night_date)s) as new,
    count(*) filter (where closed_on = %(night_date)s) as closed
from reconciliation.ledger_break
group by township_code, ledger
"""

# A night may run twice on one date: of each file only what became of it last counts.
_HANDED_IN = """
with received as (
    select extract.*, rank() over (partition by division_code, path order by night_id desc) as age
    from raw.extract
    join reconciliation.night using (night_id)
    where night_date = %(night_date)s
)
select
    division_code,
    path,
    bool_or(status = 'rejected') as rejected,
    sum(rows_rejected)::integer as rows_rejected
from received
where age = 1
group by division_code, path
order by division_code, path
"""

_FIGURES = """
select
    severity,
    success,
    coalesce(details ->> 'known_reason_zh', details ->> 'quote', description) as statement,
    (details ->> 'computed')::numeric as computed,
    (details ->> 'difference')::numeric as difference
from reconciliation.expectation_result
where night_id = %(night_id)s and suite = 'published_figures'
order by expectation
"""

_STRUCTURAL_FAILURES = """
select count(*)::integer
from reconciliation.expectation_result
where night_id = %(night_id)s and severity = 'critical' and not success
"""


def gather(connection: psycopg.Connection[TupleRow], night_id: int, night_date: date) -> News:
    """Read a night's news. Before the first publish there are no breaks to tell of."""
    values = {"night_id": night_id, "night_date": night_date}
    published = connection.execute("select to_regclass('reconciliation.ledger_break')").fetchall() != [(None,)]
    ((structural_failures,),) = connection.execute(_STRUCTURAL_FAILURES, values).fetchall()
    with (
        connection.cursor(row_factory=class_row(BreakCount)) as breaks,
        connection.cursor(row_factory=class_row(HandedIn)) as handed_in,
        connection.cursor(row_factory=class_row(CheckedFigure)) as figures,
    ):
        return News(
            night_date,
            tuple(breaks.execute(_BREAKS, values)) if published else (),
            tuple(handed_in.execute(_HANDED_IN, values)),
            tuple(figures.execute(_FIGURES, values)),
            structural_failures,
        )


def compose(news: News) -> tuple[str, list[str]]:
    """Title and lines of the alert, in Chinese."""
    lines = [_headline(news), *_figure_lines(news.figures)]
    if news.structural_failures:
        lines.insert(0, f"⚠ {news.structural_failures} 项结构检查未通过，今晚的数据没有发布，请尽快处理。")
    for division in (county(), *children(county().code)):
        lines += _division_lines(division, news)
    return f"{county().name}台账核对 {news.night_date.isoformat()}", lines


def _headline(news: News) -> str:
    open_, new, closed = (sum(getattr(count, name) for count in news.breaks) for name in ("open", "new", "closed"))
    files = sum(file.rejected for file in news.handed_in)
    rows = sum(file.rows_rejected for file in news.handed_in)
    if not (open_ or new or closed or files or rows):
        return "各级台账一致，没有退回的文件和行。"
    return f"未消除差异 {open_} 处，今晚新增 {new} 处、消除 {closed} 处；退回文件 {files} 个、退回 {rows} 行。"


def _figure_lines(figures: Sequence[CheckedFigure]) -> Iterator[str]:
    """The published figures' verdict, the unmet ones by name while they are few, and the known difference."""
    held = [figure for figure in figures if figure.severity != "info"]
    unmet = [figure for figure in held if not figure.success]
    if held:
        yield f"公布数据：{len(held) - len(unmet)} 项相符，{len(unmet)} 项不符。"
    for figure in unmet if len(unmet) <= _NAMED_AT_MOST else ():
        yield f"- 不符：{figure.statement}，台账算得 {_number(figure.computed)}"
    for figure in figures:
        if figure.severity == "info" and figure.difference:
            yield f"- 已知差异：{figure.statement}（{figure.difference:,.2f} 元）"


def _number(value: Decimal | None) -> str:
    return "不出" if value is None else f"{value:,.2f}".removesuffix(".00")


def _division_lines(division: Division, news: News) -> Iterator[str]:
    """What a township (or the county's own office) has open, and what it and its villages got back."""
    breaks = [count for count in news.breaks if count.township_code == division.code and count.open]
    handed_in = [file for file in news.handed_in if _office(file.division_code) == division.code]
    rejected = [file for file in handed_in if file.rejected]
    rows = sum(file.rows_rejected for file in handed_in)
    told = [_break_phrase(count) for count in sorted(breaks, key=lambda c: [*LEDGER_NAMES].index(c.ledger))]
    if rows:
        told.append(f"退回 {rows} 行")
    if rejected:
        told.append(f"退回文件 {len(rejected)} 个")
    if told:
        yield f"【{division.name}】{'，'.join(told)}"
    for file in rejected[:_NAMED_AT_MOST]:
        yield f"- {divisions()[file.division_code].name}：{redact(PurePath(file.path).name)}"
    if len(rejected) > _NAMED_AT_MOST:
        yield f"- 另有 {len(rejected) - _NAMED_AT_MOST} 个文件"


def _office(division_code: str) -> str:
    """The township that answers for a division: its own, a village's, or the county itself."""
    division = divisions()[division_code]
    return division.parent_code if division.level == "village" else division_code


def _break_phrase(count: BreakCount) -> str:
    new = f"（新 {count.new}）" if count.new else ""
    return f"{LEDGER_NAMES[count.ledger]} {count.open} 处{new}"


def _write_copy(night_date: date, title: str, lines: Sequence[str]) -> None:
    path = settings().outbox_dir / "alerts" / f"{night_date.isoformat()}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([f"# {title}", *lines]) + "\n", encoding="utf-8")


def _deliver(title: str, lines: Sequence[str], told: set[str]) -> Iterator[tuple[str, str | None]]:
    """Send to every channel not yet told; yield its name and what went wrong, if anything."""
    configured = channels()
    if not configured and FILE_CHANNEL not in told:
        yield FILE_CHANNEL, None
    for channel in configured:
        if channel.name not in told:
            yield channel.name, send(channel, title, lines)


def _told(night_date: date, content_hash: str) -> set[str]:
    with connect() as connection:
        rows = connection.execute(
            "select channel from reconciliation.alert_delivery"
            " where night_date = %s and content_hash = %s and status = 'sent'",
            [night_date, content_hash],
        )
        return {channel for (channel,) in rows}


def _record(night_id: int, night_date: date, channel: str, content_hash: str, error: str | None) -> None:
    if error is not None:
        _log.warning("The alert of %s did not go through %s: %s", night_date, channel, error)
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.alert_delivery"
            " (night_id, night_date, channel, content_hash, status, error) values (%s, %s, %s, %s, %s, %s)",
            [night_id, night_date, channel, content_hash, "failed" if error else "sent", error],
        )
