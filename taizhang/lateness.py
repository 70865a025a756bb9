"""A night that is late: by the hour at which people begin to work it is not published, and nobody has heard why.

It never began, as the power was off at two or the clock was not to be believed; or it is still at work; or it failed
before its own alert. Each leaves the county with yesterday's tables and without a word, which is what it hears here,
once a day.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Literal, LiteralString
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from taizhang.alert import FILE_CHANNEL, Message, send_to, spared, write_copy
from taizhang.channel import Outcome
from taizhang.contact import FindConnection, recipients
from taizhang.delivery import Letter, deliver
from taizhang.division import county
from taizhang.night import newest_published
from taizhang.settings import settings
from taizhang.warehouse import connect

_STAGES = {
    "load": "读入",
    "answer": "回执",
    "build": "建表",
    "check": "检查",
    "publish": "发布",
    "worklists": "差异清单",
    "alert": "通知",
}
# One of today that is published and told counts before one that somebody runs after it.
_LAST_NIGHT: LiteralString = """
select status, started_at, coalesce((summary ->> 'alerts_sent')::integer, 0) > 0 as is_told, summary
from reconciliation.night
where not is_reproduction and not is_quiet
order by
    status = 'published' and summary #> '{stages,alert,ended}' is not null
    and (started_at at time zone %(timezone)s)::date = %(today)s desc,
    night_id desc
limit 1
"""


@dataclass(frozen=True)
class _LastNight:
    status: str
    started_at: datetime
    is_told: bool
    summary: dict[str, Any]


@dataclass(frozen=True)
class Lateness:
    """What became of the night of a day; `stage` is the one that it did not end."""

    day: date
    cause: Literal["absent", "running", "failed"]
    stage: str | None = None


def find_lateness(now: datetime) -> Lateness | None:
    """Whether the night of today's small hours is late; none is before the first one that ever was."""
    timezone = settings().timezone
    here = now.astimezone(ZoneInfo(timezone))
    with connect() as connection, connection.cursor(row_factory=class_row(_LastNight)) as cursor:
        last = cursor.execute(_LAST_NIGHT, {"timezone": timezone, "today": here.date()}).fetchone()
    if here.time() < settings().due_by or last is None:
        return None
    # After today, by a clock that was ahead: nights are refused until it is over.
    if last.started_at.astimezone(here.tzinfo).date() != here.date():
        return Lateness(here.date(), "absent")
    if last.status == "running":
        return Lateness(here.date(), "running", _unended(last.summary))
    if not last.is_told and (last.status == "failed" or not _has_alerted(last.summary)):
        return Lateness(here.date(), "failed", _unended(last.summary))
    return None


def _has_alerted(summary: dict[str, Any]) -> bool:
    """Whether a night came as far as the end of its alert: one that is published may have failed after that."""
    return "ended" in summary.get("stages", {}).get("alert", {})


def _unended(summary: dict[str, Any]) -> str | None:
    """The stage that began last and did not end."""
    marks = {name: marks for name, marks in summary.get("stages", {}).items() if "ended" not in marks}
    return max(marks, key=lambda name: marks[name]["began"], default=None)


def tell_lateness(now: datetime, find_connection: FindConnection | None = None) -> int:
    """Tell the county of a night that is late, once a day. Returns how many were told; the file counts as one.

    A channel that fails is tried again when this is called the next time.
    """
    late = find_lateness(now)
    if late is None:
        return 0
    message = compose_lateness(late, newest_published())
    copy = partial(write_copy, f"{late.day.isoformat()}-late", message)
    concerned = [one for one in recipients(find_connection) if one.division_code == county().code]
    sends: dict[str, Callable[[int], Outcome]] = {
        one.name: partial(send_to, one, message.title, message.lines) for one in concerned
    }
    if not sends:
        copy()  # what there is to read
    # Once a day, whatever else becomes of that night: its title is what counts as the same words.
    said = hashlib.sha256(message.title.encode()).hexdigest()
    outcomes = [
        deliver(Letter(None, late.day, name, said, message.title, list(message.lines)), send)
        for name, send in (sends or {FILE_CHANNEL: lambda _: Outcome()}).items()
    ]
    if sends:
        with spared("the copy of what was sent"):
            copy()
    return sum(outcome is not None and outcome.error is None for outcome in outcomes)


def compose_lateness(late: Lateness, published: date | None) -> Message:
    """What the county reads of it, and what to do."""
    stage = _STAGES[late.stage] if late.stage else None
    running = f"进行到“{stage}”" if stage else "才刚开始"
    failed = f"在“{stage}”这一步失败了" if stage else "刚开始就失败了"
    said = {
        "absent": "今天的核对没有开始：夜里可能停电或关机，也可能是时钟不准。请运行 make up 或 taizhang night。",
        "running": f"今天的核对还没有结束，{running}。请用 taizhang status 查看。",
        "failed": f"今天的核对{failed}。请查看 Airflow 中的日志，处理后重新运行。",
    }
    lines = [f"⚠ 截至 {settings().due_by:%H:%M}，{said[late.cause]}"]
    if published:
        lines.append(f"在此之前，大家查到的仍是 {published.isoformat()} 的数据。")
    return Message(f"{county().name}台账核对 {late.day.isoformat()} 没有按时完成", tuple(lines), urgent=True)
