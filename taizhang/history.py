"""An extract beside what was handed in before: what only the warehouse can tell a clerk."""

from collections.abc import Iterator
from datetime import date
from typing import TypeAlias

import polars as pl
import psycopg
from psycopg.rows import TupleRow

from taizhang.contract import contracts
from taizhang.division import Division, divisions
from taizhang.extract import Extract, file_problem
from taizhang.period import told

Connection: TypeAlias = psycopg.Connection[TupleRow]

_SHARE_OF_A_JUMP = 0.3
_ROWS_OF_A_JUMP = 10


def with_history(
    connection: Connection, extract: Extract, division: Division, extract_date: date, sha256: str
) -> pl.DataFrame:
    """The problems of an extract of `extract_date` that is about to be written, and those that its history adds.

    A number that a workbook damaged gets the one registered person it can have been, if there is just one.
    """
    found = [
        *_same_bytes(connection, extract, division, sha256),
        *_jump(connection, extract, division),
        *_outdated(connection, extract, division, extract_date),
    ]
    return pl.concat([_suggested(connection, extract), *found])


def replaced(connection: Connection, night_id: int, extract: Extract, division: Division, path: str) -> dict[int, str]:
    """The extracts of this night, by number, and their paths, whose place one that is about to be written takes."""
    return dict(
        connection.execute(
            "select extract_id, path from raw.extract where night_id = %s and ledger = %s and period = %s"
            " and division_code = %s and path <> %s and status = 'loaded' order by extract_id",
            [night_id, extract.ledger, extract.period, division.code, path],
        ).fetchall()
    )


def _same_bytes(connection: Connection, extract: Extract, division: Division, sha256: str) -> Iterator[pl.DataFrame]:
    """Whether another division, or this one before or for another period, handed in the same file."""
    contract = contracts()[extract.ledger]
    earlier = connection.execute(
        "select division_code, max(extract_date) filter (where period = %(period)s or ledger <> %(ledger)s),"
        " max(period) filter (where ledger = %(ledger)s) from raw.extract"
        " where sha256 = %(sha256)s and status = 'loaded' group by division_code order by division_code",
        {"sha256": sha256, "ledger": extract.ledger, "period": extract.period},
    ).fetchall()
    for code, day, period in earlier:
        if code == division.code and day is None:
            yield file_problem("file_of_other_period", value=told(contract, period))
        elif code == division.code:
            yield file_problem("file_again", value=day.isoformat())
        else:
            yield file_problem("file_elsewhere", value=divisions()[code].name)


def _jump(connection: Connection, extract: Extract, division: Division) -> Iterator[pl.DataFrame]:
    """Whether there are far more or fewer rows than the last time; what a year adds up begins anew with the year."""
    earliest = extract.period if contracts()[extract.ledger].periodicity == "year" else date.min
    before = connection.execute(
        "select rows_read from raw.extract where ledger = %s and level = %s and division_code = %s"
        " and status = 'loaded' and period between %s and %s order by period desc, extract_id desc limit 1",
        [extract.ledger, division.level, division.code, earliest, extract.period],
    ).fetchone()
    if before and abs(extract.rows_read - before[0]) > max(_ROWS_OF_A_JUMP, _SHARE_OF_A_JUMP * before[0]):
        yield file_problem("rows_jump", value=f"{before[0]:,}", expected=f"{extract.rows_read:,}")


def _outdated(
    connection: Connection, extract: Extract, division: Division, extract_date: date
) -> Iterator[pl.DataFrame]:
    """Whether a later one has been handed in, which counts: a correction may have been saved in an old folder."""
    ((newest,),) = connection.execute(
        "select max(extract_date) from raw.extract where ledger = %s and level = %s and division_code = %s"
        " and status = 'loaded' and period = %s",
        [extract.ledger, division.level, division.code, extract.period],
    ).fetchall()
    if newest and newest > extract_date:
        yield file_problem("file_outdated", value=extract_date.isoformat(), expected=newest.isoformat())


def _suggested(connection: Connection, extract: Extract) -> pl.DataFrame:
    if not extract.damaged.height:
        return extract.problems
    damaged = extract.damaged.with_columns(pl.lit("id_damaged").alias("rule"), _registered(connection, extract.damaged))
    told = pl.concat_str("message", pl.lit("；登记在册的可能是"), "person")
    return (
        extract.problems.join(damaged, on=["sheet", "row_number", "rule"], how="left", maintain_order="left")
        .with_columns(pl.coalesce(told, "message").alias("message"))
        .select(extract.problems.columns)
    )


def _registered(connection: Connection, damaged: pl.DataFrame) -> pl.Series:
    """For each row, the number of the only person of that name and village on the county's register that fits."""
    found = connection.execute(
        """
        with register as (
            select name, village_code, id_no
            from raw.employment
            where extract_id = (
                select max(extract_id) from raw.extract
                where ledger = 'employment' and level = 'county' and status = 'loaded'
            )
        )
        select case when count(distinct register.id_no) = 1 then min(register.id_no) end
        from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as damaged (name, village_code, digits, place)
        left join register
            on register.name = damaged.name
            and register.village_code = damaged.village_code
            and starts_with(register.id_no, damaged.digits)
        group by damaged.place
        order by damaged.place
        """,
        [damaged[column].to_list() for column in ("name", "village_code", "digits")],
    ).fetchall()
    return pl.Series("person", [row[0] for row in found], dtype=pl.String)
