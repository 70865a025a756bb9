"""Where a record came from: the file, the sheet and the row of it at each level, and what became of it there."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from psycopg import sql
from psycopg.rows import class_row

from taizhang import audit
from taizhang.clean import clean
from taizhang.contract import Column, Contract, contracts, normalise_header
from taizhang.redact import mask_number, redact
from taizhang.warehouse import connect
from taizhang.wording import NUMBERS, in_words

State = Literal["counts", "superseded", "rejected", "rejected_before"]
_REFUSED = ("rejected", "rejected_before")


@dataclass(frozen=True)
class Place:
    """One row of one file. `state`: the row `counts`, was `superseded` by a later extract, is `rejected`, or was
    `rejected_before` a later extract was handed in.

    `values` are what it says, by the ledger's labels; of a superseded row only what a later row of the same division
    and period says otherwise. Of the columns `absent` from its file it says nothing, not even that they are empty.
    """

    level: str
    division_code: str
    period: date
    state: State
    extract_date: date
    path: str
    sheet: str
    row: int
    sha256: str
    loaded_at: datetime
    values: dict[str, str]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class OpenBreak:
    """One open break of a record, and what was answered to it: `outcome` is what the ledgers made of the answer."""

    break_id: str
    period: date
    kind: str
    column: str | None
    first_seen: date
    answer: str | None
    reason: str | None
    outcome: str | None


class UnknownLedgerError(LookupError):
    """There is no such ledger."""


def trace(ledger: str, key: str, *, full: bool = False) -> list[Place]:
    """Every row of a ledger, accepted or rejected, that bears a key.

    Identity numbers, phones and accounts are masked unless `full`, in the names of files and sheets too.

    `key` is an identity number, the `labourer_key` that stands for it in the marts, or another part of the
    ledger's business key (a class, a payment). Current extracts come first, by level. That somebody asked is
    recorded. Raises `UnknownLedgerError`.
    """
    if ledger not in contracts():
        raise UnknownLedgerError(f"{ledger!r} is no ledger: it is one of {', '.join(contracts())}")
    typed, key = key, _as_kept(ledger, key)
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
                extract as (
                    select
                        *,
                        row_number() over (
                            partition by level, division_code, period
                            order by status <> 'loaded', extract_date desc, extract_id desc
                        ) = 1 as counts,
                        row_number() over (
                            partition by level, division_code, period order by extract_date desc, extract_id desc
                        ) = 1 as is_newest
                    from raw.extract
                    where ledger = %(ledger)s
                ),
                found as (
                    select
                        extract_id, sheet, row_number, false as is_rejected, to_jsonb(accepted) as cells,
                        '{{}}'::text[] as headings
                    from raw.{ledger} as accepted
                    where {is_key} or accepted.id_no = (select written from key)
                    union all
                    select extract_id, sheet, row_number, true, cells, headings
                    from raw.rejected_row
                    cross join lateral (
                        select array_agg(cell.key) as headings
                        from jsonb_each_text(cells) as cell
                        where upper(cell.value) = (select written from key) or cell.value = %(typed)s
                    ) as bearing
                    where headings is not null
                )
                select
                    found.headings, extract.level, extract.division_code, extract.period,
                    case
                        when found.is_rejected and (extract.counts or extract.is_newest) then 'rejected'
                        when found.is_rejected then 'rejected_before'
                        when extract.counts then 'counts'
                        else 'superseded'
                    end,
                    extract.extract_date, extract.path, found.sheet, found.row_number, extract.sha256,
                    extract.loaded_at, found.cells, extract.absent_columns
                from found
                join extract using (extract_id)
                order by not (extract.counts or extract.is_newest), extract.level, extract.period desc,
                    extract.extract_date desc, extract.extract_id desc, found.sheet, found.row_number
                """
            ).format(ledger=sql.Identifier(ledger), is_key=is_key),
            {"key": key, "typed": typed, "ledger": ledger},
        ).fetchall()
    contract = contracts()[ledger]
    bearing = [Place(*row) for headings, *row in rows if not headings or _is_key(contract, headings)]
    places = [_place(contract, place, full=full) for place in bearing]
    audit.record("trace", ledger, rows=len(places), full=full, **_asked_for(key, places))
    return [_only_what_changed(place, places[:number]) for number, place in enumerate(places)]


def _as_kept(ledger: str, key: str) -> str:
    """A key as the load keeps it: an identity number of 15 digits, with a small x or in blanks is a whole one."""
    read = clean(pl.DataFrame({"id_no": [key]}), [contracts()[ledger].column("id_no")])["id_no"].item()
    return read if re.fullmatch(r"\d{17}[\dX]", read or "") else key.strip()


def _is_key(contract: Contract, headings: Sequence[str]) -> bool:
    """Whether one of a rejected row's headings is that of a number which tells whose or which record it is.

    The same text in another cell is somebody else's row: a sex, a number of months.
    """
    columns = (contract.column_of(normalise_header(heading)) for heading in headings)
    return any(column.name in (*contract.key, "id_no") for column in columns if column)


def _asked_for(key: str, places: Sequence[Place]) -> dict[str, object]:
    """A key as the audit keeps it: of a person the surrogate, of a record its number, else nothing."""
    with connect() as connection:
        known = connection.execute(
            "select person_key from vault.person where %(key)s in (id_no, person_key::text)", {"key": key}
        ).fetchone()
    if known:
        return {"labourer_key": known[0]}
    return {"record": redact(key)} if any(place.state not in _REFUSED for place in places) else {}


def _place(contract: Contract, found: Place, *, full: bool) -> Place:
    """A row as it is told; as found its values are the cells as they are kept, and its columns have their names."""
    told = _rejected_values if found.state in _REFUSED else _accepted_values
    absent = tuple(column.label for column in contract.columns if column.name in found.absent)
    found = replace(found, values=told(contract, found.values, full=full), absent=absent)
    return found if full else replace(found, path=redact(found.path), sheet=redact(found.sheet))


def _rejected_values(contract: Contract, cells: dict[str, Any], *, full: bool) -> dict[str, str]:
    """The text of each cell; what no column of the ledger is called by its header."""
    values = {}
    for header, text in cells.items():
        column = contract.column_of_header.get(normalise_header(header))
        if text:
            values[column.label if column else header] = str(text) if full else _hidden(column, str(text))
    return values


def _accepted_values(contract: Contract, cells: dict[str, Any], *, full: bool) -> dict[str, str]:
    values = {}
    for column in contract.columns:
        value = cells[column.name]
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            values[column.label] = _in_words(column, text, full=full)
    return values


def _in_words(column: Column, text: str, *, full: bool) -> str:
    if full and column.kind in NUMBERS:
        return text
    words = in_words(column, text)
    return redact(words) if column.is_free_text and not full else words


def _hidden(column: Column | None, text: str) -> str:
    return mask_number(text) if column and column.kind in NUMBERS else redact(text)


def _only_what_changed(place: Place, newer: Sequence[Place]) -> Place:
    """A superseded row without what the next newer row of its division and period still says."""
    same = [
        other
        for other in newer
        if (other.level, other.division_code, other.period) == (place.level, place.division_code, place.period)
        and other.state not in _REFUSED
    ]
    if place.state != "superseded" or not same:
        return place
    after = same[-1].values
    labels = dict.fromkeys([*place.values, *after])
    changed = {label: place.values.get(label, "") for label in labels if place.values.get(label) != after.get(label)}
    return replace(place, values=changed)


def open_breaks_of(ledger: str, key: str) -> list[OpenBreak]:
    """The open breaks of the records that bear a key, as published last, and what was answered to them.

    One person under two numbers is found by either.
    """
    with connect() as connection, connection.cursor(row_factory=class_row(OpenBreak)) as cursor:
        published = connection.execute("select to_regclass('reconciliation.answered_break')").fetchone()
        if published == (None,):
            return []
        return cursor.execute(
            """
            select
                found.break_id, found.period, found.kind, found.column_name as column, found.first_seen,
                answered.correct_value as answer, answered.reason, answered.outcome
            from reconciliation.ledger_break as found
            left join reconciliation.answered_break as answered using (break_id)
            left join vault.person on person.person_key = found.person_key
            left join vault.person as candidate on candidate.person_key = found.candidate_key
            where
                found.ledger = %(ledger)s
                and found.status = 'open'
                and %(key)s in (
                    found.person_key::text, person.id_no, found.record_no, found.candidate_key::text, candidate.id_no
                )
            order by found.period desc, found.first_seen, found.break_id
            """,
            {"ledger": ledger, "key": _as_kept(ledger, key)},
        ).fetchall()
