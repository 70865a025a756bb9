"""The ledger of deliveries: each night and recipient is told at least once, and not twice as far as can be known.

Before a message leaves, its row stands in `reconciliation.alert_delivery` as `sending`; what became of it is written
after. A session lock is held in between: another process that tells the same recipient of the same date steps back.
A row that is `sending` without its lock was left by a crash. Nobody knows whether that message arrived, so it is sent
again: once too often is better than never.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from taizhang.warehouse import connect

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """One message to one recipient, as the ledger knows it; of a night that never began there is no number."""

    night_id: int | None
    night_date: date
    channel: str
    content_hash: str


@dataclass(frozen=True)
class Delivery:
    """What became of an attempt: why it failed, or None."""

    error: str | None


# Told already: by this night, or on this date with the same words.
_TOLD = """
select exists (
    select
    from reconciliation.alert_delivery
    where
        channel = %(channel)s and status = 'sent'
        and (night_id = %(night_id)s::bigint or (night_date = %(night_date)s and content_hash = %(content_hash)s))
)
"""

_CLAIM = """
insert into reconciliation.alert_delivery (night_id, night_date, channel, content_hash, status)
values (%(night_id)s::bigint, %(night_date)s, %(channel)s, %(content_hash)s, 'sending')
returning delivery_id
"""

_SETTLE = """
update reconciliation.alert_delivery
set status = %s, error = %s, sent_at = clock_timestamp()
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


def deliver(letter: Letter, send: Callable[[], str | None]) -> Delivery | None:
    """Call `send` unless the recipient has been told, or is being told by another process; None if so."""
    values = vars(letter)
    with connect(autocommit=True) as connection:
        place = f"{letter.night_date} {letter.channel}"
        lock = "select pg_try_advisory_lock(hashtext('taizhang.alert'), hashtext(%s))"
        if connection.execute(lock, [place]).fetchone() != (True,):
            return None
        if connection.execute(_TOLD, values).fetchone() != (False,):
            return None
        ((delivery_id,),) = connection.execute(_CLAIM, values).fetchall()
        error = send()
        connection.execute(_SETTLE, ["failed" if error else "sent", error, delivery_id])
    if error:
        _log.warning("The alert of %s did not go through %s: %s", letter.night_date, letter.channel, error)
    return Delivery(error)


def undelivered(night_id: int) -> list[str]:
    """Who was not reached by the night before `night_id`."""
    with connect() as connection:
        return [channel for (channel,) in connection.execute(_UNDELIVERED, [night_id])]
