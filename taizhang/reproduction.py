"""A reproduction: a night for a date before the newest published one, built again from what that night knew.

Its tables stand beside the published ones, in schemas named by its date. Nothing is loaded, answered, published or
sent for it, and it counts in the life of no break.
"""

from datetime import date
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from taizhang.build import current_extracts, run_dbt
from taizhang.night import Night, NightError, count_breaks, find_published, newest_published
from taizhang.warehouse import connect

_READ = ("marts", "reconciliation")
_BUILT_ON = ("staging", "intermediate")
_FOUND = "int_reconciliation__break_night"
# What each night found and who put right what was gone, by the column that says the night: a break's life is worked
# out from them.
_KEPT = {_FOUND: "night_date", "int_reconciliation__break_closed": "closed_on"}
# Tells when it was built.
_OF_THE_RUN = "marts.night"
_TABLES: LiteralString = """
select schemaname, tablename from pg_tables
where schemaname = any(%s) and tableowner = 'transformer'
order by schemaname, tablename
"""

# What was open on the night before, of which no table is kept; each night keeps whether a break was accepted on it.
_OPEN_BEFORE: LiteralString = """
select found.break_id
from {found} as found
inner join (
    select max(night_date) as night_date from reconciliation.night
    where status = 'published' and night_date < {day}
) as before using (night_date)
where found.is_open and found.is_accepted is not true
"""


def schema_of(layer: str, night_date: date) -> str:
    """`marts_20201130` for the marts of 2020-11-30."""
    return layer + _suffix(night_date)


def as_of(day: date) -> list[str]:
    """The schemas that tell how things stood on a day, for a `search_path`: a reproduction's, or the published ones.

    Raises `NightError` where that day's night has not been reproduced.
    """
    newest = newest_published()
    if newest is not None and day >= newest:
        return list(_READ)
    schemas = [schema_of(layer, day) for layer in _READ]
    with connect() as connection:
        ((is_readable,),) = connection.execute(
            "select coalesce(has_schema_privilege('analyst', to_regnamespace(%s)::oid, 'usage'), false)", [schemas[0]]
        ).fetchall()
    if not is_readable:
        raise NightError(f"The night of {day} has not been reproduced: run `taizhang night --date {day}` first.")
    return schemas


def reproduce(night_date: date) -> str:
    """Build the night's tables again, in schemas of their own; return that of the marts.

    Of a date for which no night was published, what was handed in by then counts, whenever it was loaded. Raises
    `BuildError`, or `NightError` if rows that it needs have been pruned.
    """
    published = find_published(night_date)
    _refuse_if_pruned(night_date, published)
    with connect() as connection:
        _make_schemas(connection, night_date)
    with connect("transformer") as connection:
        _carry_over(connection, night_date)
    variables = {
        "TAIZHANG_REPRODUCTION": f"{night_date:%Y%m%d}",
        "TAIZHANG_LAST_NIGHT_KNOWN": str(published.night_id) if published else "",
        "TAIZHANG_LAST_BUILD_KNOWN": str(_built_at(published)) if published else "",
    }
    # Parsed anew, and remembered elsewhere: dbt keeps the schemas' names with what it has parsed.
    options = ("--exclude-resource-type", "unit_test", "--no-partial-parse")
    run_dbt(night_date, "build", *options, target="reproduction", variables=variables)
    return schema_of("marts", night_date)


def _built_at(published: Night) -> float:
    """When the build began: what had been accepted by then it knew."""
    build: dict[str, float] = published.summary.get("stages", {}).get("build", {})
    return build.get("began", published.started_at.timestamp())


def _refuse_if_pruned(night_date: date, published: Night | None) -> None:
    extracts = current_extracts(night_date, published.night_id if published else None)
    with connect("transformer") as connection:
        pruned = connection.execute(
            "select from raw.extract where extract_id = any(%s) and pruned_on is not null", [extracts]
        ).rowcount
    if pruned:
        raise NightError(
            f"The night of {night_date} cannot be reproduced: the rows of {pruned} of its extracts were pruned"
            " (TAIZHANG_KEEP_HISTORY_DAYS). Restore a backup that still has them into another warehouse."
        )


def _make_schemas(connection: psycopg.Connection[TupleRow], night_date: date) -> None:
    """Empty ones; what an earlier reproduction of that date left goes."""
    for layer in (*_BUILT_ON, *_READ):
        schema = sql.Identifier(schema_of(layer, night_date))
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
        connection.execute(sql.SQL("create schema {} authorization transformer").format(schema))


def _carry_over(connection: psycopg.Connection[TupleRow], night_date: date) -> None:
    """What the nights up to that one kept, on which the build goes on as it did then."""
    for table, night in _KEPT.items():
        if connection.execute("select to_regclass(%s)", [f"intermediate.{table}"]).fetchone() != (None,):
            connection.execute(
                sql.SQL("create table {} as select * from {} where {} <= {}").format(
                    sql.Identifier(schema_of("intermediate", night_date), table),
                    sql.Identifier("intermediate", table),
                    sql.Identifier(night),
                    sql.Literal(night_date),
                )
            )


def compare(night_date: date) -> dict[str, Any]:
    """What the reproduction came to, for its night's summary: its breaks, and what differs from what was published."""
    published = find_published(night_date)
    return {
        "breaks": _count_breaks(night_date),
        "reproduction": {
            "of_night": published and published.night_id,
            "schemas": [schema_of(layer, night_date) for layer in _READ],
            "differing": differing(night_date),
        },
    }


def differing(night_date: date) -> list[str] | None:
    """The tables whose rows are not those that were published; None if no night kept their checksums."""
    published = find_published(night_date)
    kept = published and published.summary.get("checksums")
    if not kept:
        return None
    found = checksums(_suffix(night_date))
    return sorted(table for table in {*kept, *found} if kept.get(table) != found.get(table))


def _count_breaks(night_date: date) -> dict[str, int]:
    open_before = sql.SQL(_OPEN_BEFORE).format(
        day=sql.Literal(night_date),
        found=sql.Identifier(schema_of("intermediate", night_date), _FOUND),
    )
    with connect("transformer") as connection:
        return count_breaks(connection, schema_of("reconciliation", night_date), open_before=open_before)


def checksums(suffix: str) -> dict[str, str]:
    """For each table that dbt built into `marts` and `reconciliation`, so suffixed: its rows, in whatever order."""
    query = sql.SQL("select concat(count(*), ':', sum(hash_record_extended(rows, 0))) from {} as rows")
    with connect("transformer") as connection:
        tables = connection.execute(_TABLES, [[layer + suffix for layer in _READ]]).fetchall()
        sums = {
            f"{schema.removesuffix(suffix)}.{table}": connection.execute(
                query.format(sql.Identifier(schema, table))
            ).fetchall()[0][0]
            for schema, table in tables
        }
    return {table: checksum for table, checksum in sums.items() if table != _OF_THE_RUN}


def show(night_date: date) -> None:
    """Let people read the reproduction, now that it is whole; what it was built on goes."""
    with connect() as connection:
        for layer in _READ:
            statement = sql.SQL("grant usage on schema {} to analyst, work_team, checker")
            connection.execute(statement.format(sql.Identifier(schema_of(layer, night_date))))
        for layer in _BUILT_ON:
            statement = sql.SQL("drop schema if exists {} cascade")
            connection.execute(statement.format(sql.Identifier(schema_of(layer, night_date))))


def _suffix(night_date: date) -> str:
    return f"_{night_date:%Y%m%d}"
