"""Where a record came from: the file, the sheet and the row of it at each level, and what became of it there."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from psycopg import sql

from taizhang.contract import contracts
from taizhang.warehouse import connect


@dataclass(frozen=True)
class Place:
    """One row of one file. `state`: the extract `counts`, is `superseded` by a later one, or `rejected` the row."""

    level: str
    division_code: str
    period: date
    state: Literal["counts", "superseded", "rejected"]
    extract_date: date
    path: str
    sheet: str
    row: int
    sha256: str


class UnknownLedgerError(LookupError):
    """There is no such ledger."""


def trace(ledger: str, key: str) -> list[Place]:
    """Every row of a ledger, accepted or rejected, that bears a key.

    `key` is an identity number, the `labourer_key` that stands for it in the marts, or another part of the
    ledger's business key (a class, a payment). Current extracts come first, by level. Raises
    `UnknownLedgerError`.
    """
    if ledger not in contracts():
        raise UnknownLedgerError(f"{ledger!r} is no ledger: it is one of {', '.join(contracts())}")
    is_key = sql.SQL(" or ").join(
        sql.SQL("accepted.{} = (select written from key)").format(sql.Identifier(name))
        for name in contracts()[ledger].key
    )
    with connect() as connection:
        rows = connection.execute(
            sql.SQL(
                """
                with key as (
                    select coalesce(min(id_no), %(key)s) as written from vault.person where person_key::text = %(key)s
                ),
                current_extract as (
                    select distinct on (level, division_code, period) extract_id
                    from raw.extract
                    where ledger = %(ledger)s and status = 'loaded'
                    order by level, division_code, period, extract_date desc, extract_id desc
                ),
                found as (
                    select extract_id, sheet, row_number, false as is_rejected
                    from raw.{ledger} as accepted
                    where {is_key} or accepted.id_no = (select written from key)
                    union all
                    select extract_id, sheet, row_number, true
                    from raw.rejected_row
                    where exists (select from jsonb_each_text(cells) where value = (select written from key))
                )
                select
                    extract.level, extract.division_code, extract.period,
                    case
                        when current_extract.extract_id is null then 'superseded'
                        when found.is_rejected then 'rejected'
                        else 'counts'
                    end,
                    extract.extract_date, extract.path, found.sheet, found.row_number, extract.sha256
                from found
                join raw.extract using (extract_id)
                left join current_extract using (extract_id)
                where extract.ledger = %(ledger)s
                order by current_extract.extract_id is null, extract.level, extract.period desc,
                    extract.extract_id, found.sheet, found.row_number
                """
            ).format(ledger=sql.Identifier(ledger), is_key=is_key),
            {"key": key, "ledger": ledger},
        ).fetchall()
    return [Place(*row) for row in rows]
