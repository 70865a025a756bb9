"""Reconciling the three levels, beside the bare three-way join that only counts the records that differ."""

from pathlib import Path
from statistics import median

from psycopg import sql

from bench.ratio import Ratio, seconds_of
from taizhang.build import run_dbt
from taizhang.contract import Contract, contracts
from taizhang.inbox import all_dated_folders
from taizhang.warehouse import connect

_MODELS = [f"int_{ledger}__break" for ledger in contracts()]


def measure(inbox: Path) -> Ratio:
    """Needs the inbox loaded. Ours are the models that find the breaks of records, with what dbt costs them."""
    night_date = all_dated_folders(inbox)[-1][1]
    run_dbt(night_date, "build", "--exclude-resource-type", "unit_test")
    runs = [sum(run_dbt(night_date, "run", "--threads", "1", "--select", *_MODELS).values()) for _ in range(3)]
    joins = [seconds_of(_join_all) for _ in range(3)]
    return Ratio("reconcile", median(runs), median(joins), "bare three-way join", bound=2)


def _join_all() -> None:
    with connect() as connection:
        connection.execute("set work_mem = '128MB'")
        for contract in contracts().values():
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
