"""Accepting a difference that is known: with a reason, by somebody, until a day, and as long as its values stay."""

from datetime import date

from psycopg.errors import UndefinedTable

from taizhang.redact import redact
from taizhang.warehouse import connect


class AcceptError(ValueError):
    """The difference cannot be accepted."""


_ACCEPT = """
insert into reconciliation.accepted_difference
    (
        break_id, kind, level, reason, accepted_by, accepted_on, accepted_until,
        county_value, township_value, village_value
    )
select
    break_id, kind, level, %(reason)s, %(by)s, last_seen, %(until)s,
    county_value, township_value, village_value
from reconciliation.ledger_break
where break_id = %(break_id)s and status <> 'closed' and last_seen <= %(until)s
"""


def accept(break_id: str, *, reason: str, by: str, until: date) -> None:
    """Accept an open break up to and including a day; the next night shows it as `accepted`, then as open again.

    Accepted once more, the new acceptance counts from then on; nights before keep theirs. Raises `AcceptError` where
    no such break is open, or the day is past.
    """
    if not reason.strip() or not by.strip():
        raise AcceptError("A difference is accepted for a reason and by somebody: give --reason and --by.")
    values = {"break_id": break_id, "reason": redact(reason.strip()), "by": by.strip(), "until": until}
    try:
        with connect() as connection:
            accepted = connection.execute(_ACCEPT, values).rowcount
    except UndefinedTable as error:
        raise AcceptError("No night has been published yet: run `taizhang night` first.") from error
    if not accepted:
        raise AcceptError(
            f"No open break {break_id} was last seen by {until}: see break_id in reconciliation.ledger_break,"
            " and give a day that is not past."
        )
