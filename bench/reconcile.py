"""Finding the breaks between the three levels, beside the bare three-way join that only counts records that differ."""

import re
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from bench.ratio import Ratio, side_by_side
from taizhang.build import run_dbt
from taizhang.contract import Contract, contracts
from taizhang.inbox import all_dated_folders
from taizhang.settings import settings
from taizhang.warehouse import connect

_SETTINGS = "set work_mem = '128MB'; set default_statistics_target = 10"
"""What dbt sets before each model."""


def models_of(ledgers: list[str]) -> list[str]:
    """The models between staging and the breaks of records, in the order in which they are built."""
    return [
        *(f"int_{ledger}__{step}" for ledger in ledgers for step in ("disputed_key", "disputed")),
        *(f"int_reconciliation__{step}" for step in ("missing", "namesake", "identity")),
        *(f"int_{ledger}__break" for ledger in ledgers),
    ]


def measure(inbox: Path) -> Ratio:
    """Needs the inbox loaded. Ours is the SQL that finds and writes the breaks, timed in Postgres as dbt runs it;
    beside it a join that writes nothing and tells neither who lacks a record nor what differs, so it is the least
    that any tool would need.
    """
    run_dbt(all_dated_folders(inbox)[-1][1], "build", "--exclude-resource-type", "unit_test")
    ledgers = list(contracts())
    return side_by_side("reconcile", lambda: find(ledgers), lambda: join(ledgers), "bare three-way join", bound=2)


def find(ledgers: list[str]) -> int:
    """Build each of the models anew from what dbt compiled, beside those that are there, and throw them away; returns
    how many breaks they hold. The fingerprints that staging works out are for this alone, so they are counted too.
    """
    with connect() as connection:
        connection.execute(_SETTINGS)
        for ledger in ledgers:
            staged = sql.Identifier("staging", f"stg_{ledger}")
            connection.execute(sql.SQL("select max({}) from {}").format(fingerprint_of(ledger), staged))
        rows = {model: _build(connection, model) for model in models_of(ledgers)}
        connection.rollback()
    return sum(count for model, count in rows.items() if model.endswith("__break"))


def _build(connection: psycopg.Connection[TupleRow], model: str) -> int:
    name = sql.Identifier("intermediate", f"bench_{model}")
    built = connection.execute(sql.SQL("create table {} as {}").format(name, _compiled(model)))
    connection.execute(sql.SQL("analyze {}").format(name))
    return built.rowcount


def _compiled(model: str) -> sql.SQL:
    (path,) = (settings().home / "dbt" / "target" / "compiled" / "taizhang" / "models").rglob(f"{model}.sql")
    return sql.SQL(path.read_text(encoding="utf-8"))


def fingerprint_of(ledger: str) -> sql.SQL:
    """What staging works out of each row of a ledger."""
    compiled = _compiled(f"stg_{ledger}").as_string()
    (expression,) = re.findall(r"hash_record_extended\(row\(.*?\), 0\)", compiled, re.DOTALL)
    return sql.SQL(expression)


def join(ledgers: list[str]) -> None:
    """The bare join of each ledger, with the memory that dbt's models have."""
    with connect() as connection:
        connection.execute(_SETTINGS)
        for ledger in ledgers:
            connection.execute(_three_way_join(contracts()[ledger]))


def _three_way_join(contract: Contract) -> sql.Composed:
    staged = sql.Identifier("staging", f"stg_{contract.ledger}")
    key = ["period", *(_staged(name) for name in contract.key)]
    compared = [name for name in (_staged(column.name) for column in contract.compared) if name not in key]
    levels = [
        sql.SQL("(select * from {} where level = {}) as {}").format(staged, sql.Literal(level), sql.Identifier(level))
        for level in ("county", "township", "village")
    ]
    using = sql.SQL(", ").join(map(sql.Identifier, key))
    differs = sql.SQL(" or ").join(
        sql.SQL("{} is distinct from {}").format(sql.Identifier("county", name), sql.Identifier(other, name))
        for name in compared
        for other in ("township", "village")
    )
    return sql.SQL("select count(*) from {} full join {} using ({}) full join {} using ({}) where {}").format(
        levels[0], levels[1], using, levels[2], using, differs
    )


def _staged(name: str) -> str:
    """A column's name in staging, where nobody has an identity number any more."""
    return "person_key" if name == "id_no" else name
