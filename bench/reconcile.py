"""Reconciling the three levels, beside the bare three-way join that only counts the records that differ."""

from pathlib import Path
from statistics import median

from psycopg import sql

from bench.ratio import Ratio, seconds_of
from taizhang.build import run_dbt
from taizhang.contract import Contract, contracts
from taizhang.inbox import all_dated_folders
from taizhang.warehouse import connect


def models_of(ledger: str) -> list[str]:
    """The models between staging and the breaks of a ledger's records."""
    return [f"int_{ledger}__{step}" for step in ("matched", "disputed", "break")]


_MODELS = ["int_reconciliation__identity", *(model for ledger in contracts() for model in models_of(ledger))]


def measure(inbox: Path) -> Ratio:
    """Needs the inbox loaded. Ours are the models that find and write the breaks, with what dbt costs each of them;
    beside it a join that writes nothing and tells neither who lacks a record nor what differs, so it is the least
    that any tool would need.
    """
    night_date = all_dated_folders(inbox)[-1][1]
    run_dbt(night_date, "build", "--exclude-resource-type", "unit_test")
    runs = [sum(run_dbt(night_date, "run", "--threads", "1", "--select", *_MODELS).values()) for _ in range(3)]
    joins = [seconds_of(_join_all) for _ in range(3)]
    return Ratio("reconcile", median(runs), median(joins), "bare three-way join", bound=2)


def _join_all() -> None:
    for contract in contracts().values():
        join(contract)


def join(contract: Contract) -> None:
    """The bare join of a ledger, with the memory that dbt's models have."""
    with connect() as connection:
        connection.execute("set work_mem = '128MB'")
        connection.execute(_three_way_join(contract))


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
