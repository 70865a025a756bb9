"""Reconciling the three levels, beside the bare three-way join that only counts the records that differ."""

import re
from pathlib import Path

from psycopg import sql

from bench.ratio import Ratio, seconds_of
from taizhang.build import run_dbt
from taizhang.contract import Contract, contracts
from taizhang.load import all_dated_folders
from taizhang.warehouse import connect

_RECONCILES = re.compile(r"int_\w+__(repeated|joined|break)|int_reconciliation__\w+|ledger_break|agreement")


def measure(inbox: Path) -> Ratio:
    """Needs the inbox loaded. Ours are the seconds of the models that reconcile, one after the other."""
    night_date = all_dated_folders(inbox)[-1][1]
    run_dbt(night_date, "seed")
    seconds = run_dbt(night_date, "run", "--threads", "1")
    ours = sum(took for model, took in seconds.items() if _RECONCILES.fullmatch(model))
    return Ratio("reconcile", ours, seconds_of(_join_all), "bare three-way join", bound=2)


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
