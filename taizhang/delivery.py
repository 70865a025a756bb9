"""The ledger of deliveries: each night and recipient is told at least once, and not twice as far as can be known.

Before a message leaves, its row stands in `reconciliation.alert_delivery` as `sending`; what became of it is written
after. A session lock is held in between: another process that tells the same recipient of the same date steps back.
A row that is `sending` without its lock was left by a crash. Nobody knows whether that message arrived, so it is sent
again: once too often is better than never. What could not be delivered is kept, and goes with a later night's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from taizhang.channel import Outcome
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """One message to one recipient, as the ledger knows it; of a night that never began there is no number."""

    night_id: int | None
    night_date: date
    channel: str
    content_hash: str
    title: str
    lines: list[str]


_OWED_FOR_DAYS = 14
"""Longer than that nobody wants to be told what was new."""


# Told already: by this night, or of this date with the same words by one that did not come to remember what it told.
_TOLD = """
select exists (
    select
    from reconciliation.alert_delivery
    where
        channel = %(channel)s and status = 'sent'
        and (
            night_id = %(night_id)s::bigint
            or (
                night_date = %(night_date)s and content_hash = %(content_hash)s
                and not exists (
                    select from reconciliation.night
                    where night.night_id = alert_delivery.night_id and night.told_at is not null
                )
            )
        )
)
"""

# What a night that came to remember what it told has sent is told: the same words of a later one are other news.
_CLAIM = """
insert into reconciliation.alert_delivery
    (night_id, night_date, channel, content_hash, title, lines, status, parts_sent)
select
    %(night_id)s::bigint, %(night_date)s, %(channel)s, %(content_hash)s, %(title)s, %(lines)s, 'sending',
    coalesce(max(parts_sent), 0)
from reconciliation.alert_delivery
where
    night_date = %(night_date)s and channel = %(channel)s and title = %(title)s and lines = %(lines)s
    and (
        night_id is not distinct from %(night_id)s::bigint
        or not exists (
            select from reconciliation.night
            where night.night_id = alert_delivery.night_id and night.told_at is not null
        )
    )
returning delivery_id, parts_sent
"""

_SETTLE = """
update reconciliation.alert_delivery
set status = %s, error = %s, parts_sent = %s, sent_at = clock_timestamp()
where delivery_id = %s
"""

# The last night that told anybody; who was tried more than once counts by the last attempt.
_UNDELIVERED = """
with attempts as (
    select distinct on (channel) channel, status
    from reconciliation.alert_delivery
    where night_id = (select max(night_id) from reconciliation.alert_delivery where night_id < %s)
    order by channel, delivery_id desc
)
select channel from attempts where status <> 'sent' order by channel
"""


# What a night has told others that did not come to remember it is told anew.
_OWED = """
with attempts as (
    select distinct on (night_id) night_id, night_date, channel, content_hash, title, lines, alert_delivery.status
    from reconciliation.alert_delivery
    inner join reconciliation.night using (night_id, night_date)
    where
        channel = %(channel)s and night_id < %(night_id)s and told_at is not null and title is not null
        and night_date >= %(night_date)s - %(days)s::integer
    order by night_id, delivery_id desc
)
select night_id, night_date, channel, content_hash, title, lines from attempts
where status <> 'sent'
order by night_id
"""


def deliver(letter: Letter, send: Callable[[int], Outcome]) -> Outcome | None:
    """Call `send` unless the recipient has been told, or is being told by another process; None if so.

    `send` is given how many parts of the same message have gone before.
    """
    values = vars(letter)
    with connect(autocommit=True) as connection:
        place = f"{letter.night_date} {letter.channel}"
        lock = "select pg_try_advisory_lock(hashtext('taizhang.alert'), hashtext(%s))"
        if connection.execute(lock, [place]).fetchone() != (True,):
            return None
        if connection.execute(_TOLD, values).fetchone() != (False,):
            return None
        ((delivery_id, parts_sent),) = connection.execute(_CLAIM, values).fetchall()
        outcome = send(parts_sent)
        status = "failed" if outcome.error else "sent"
        connection.execute(_SETTLE, [status, outcome.error, outcome.parts_sent, delivery_id])
    if outcome.error:
        _log.warning("The alert of %s did not go through %s: %s", letter.night_date, letter.channel, outcome.error)
    return outcome


def owed(channel: str, night_id: int, night_date: date) -> list[Letter]:
    """What a recipient was to be told before that night and has not been, the oldest first."""
    with connect() as connection, connection.cursor(row_factory=class_row(Letter)) as letters:
        values = {"channel": channel, "night_id": night_id, "night_date": night_date, "days": _OWED_FOR_DAYS}
        return letters.execute(_OWED, values).fetchall()


def undelivered(night_id: int) -> list[str]:
    """Who was not reached by the night before `night_id`."""
    with connect() as connection:
        return [channel for (channel,) in connection.execute(_UNDELIVERED, [night_id])]
