"""What a night must not lay open, and where it could have: told by the county's own persons, not by shapes alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg

from taizhang.contract import contracts
from tests.end_to_end.county import County

# Made to hold personal data, and for who handed it in only.
_PERSONAL = ("inbox", "archive", "outbox/receipts", "postgres")
_OF_A_PERSON = ("name", "id_number", "phone", "account")
_OF_PEOPLE = {"payee_name": " where payee_id_no is not null"}
"""An employer that is paid is named in the marts."""
_SHAPES = re.compile(r"(?<![\d.])(?:990525(?:19|20)\d{6}\d{3}[\dXx]|1[3-9]\d{9})(?![\d.])")


def personal_values(county: County) -> set[str]:
    """Every name, identity number, phone, account and certificate that the ledgers of the county hold."""
    query = " union ".join(
        f"select {column.name} as value from raw.{ledger}{_OF_PEOPLE.get(column.name, '')}"
        for ledger, contract in contracts().items()
        for column in contract.columns
        if column.kind in _OF_A_PERSON or (column.kind == "paper_number" and column.personal)
    )
    return {row["value"] for row in county.rows(query, role="loader") if row["value"]}


_PARSED = "partial_parse.msgpack"
"""What dbt has parsed of the project: the people of its unit tests may bear numbers of the demo's."""


def texts_of_files(home: Path) -> Iterator[tuple[str, str]]:
    """Whatever a night leaves in files: logs, Airflow's database with its XComs, dbt's target, alerts, Data Docs."""
    kept = tuple(home / folder for folder in _PERSONAL)
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.name != _PARSED and not any(path.is_relative_to(folder) for folder in kept):
            yield str(path.relative_to(home)), path.read_bytes().decode("utf-8", "replace")
    yield "postgres/log", (home / "postgres" / "log").read_text("utf-8", "replace")


def texts_of_marts(home: Path) -> Iterator[tuple[str, str]]:
    """Every row of what analysts read and of what the nights record of themselves, as text."""
    with psycopg.connect(host=str(home / "postgres"), user="postgres", dbname="taizhang") as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'marts'"
            " or (schemaname = 'reconciliation' and tablename <> 'ledger_break' and tablename !~ 'worklist')"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"select t::text from {table} t".encode()).fetchall()
            yield table, "\n".join(row for (row,) in rows)


_ARBITRARY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}")
"""UUIDs and digests, whose digits now and then have the shape of a phone and are nobody's."""


_ESCAPED = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)
"""A character as JSON writes it: XComs, dbt's results and the pages of the checks are JSON."""


def laid_open(text: str, values: set[str]) -> set[str]:
    text = _ARBITRARY.sub("…", _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))
    found = {value for value in values if value in text}
    return found | set(_SHAPES.findall(text))
