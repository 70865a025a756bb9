"""Finding the breaks between the three levels, beside the bare three-way join that only counts records that differ."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psycopg import sql

from bench.ratio import Ratio, side_by_side
from taizhang.build import run_dbt
from taizhang.contract import Contract, contracts
from taizhang.inbox import all_dated_folders
from taizhang.settings import settings
from taizhang.warehouse import connect

_SETTINGS = "set work_mem = '128MB'; set default_statistics_target = 10"
"""What dbt sets before each model."""
_THREADS = 4
"""Models that dbt builds at once, as in its profile; the bare joins have as many."""
_ACROSS_LEDGERS = [f"int_reconciliation__{step}" for step in ("missing", "namesake", "identity")]


def models_of(ledgers: list[str]) -> list[str]:
    """The models between staging and the breaks of records, in the order in which they are built."""
    return [
        *(model for ledger in ledgers for model in _disputed(ledger)),
        *_ACROSS_LEDGERS,
        *(f"int_{ledger}__break" for ledger in ledgers),
    ]


def _disputed(ledger: str) -> list[str]:
    return [f"int_{ledger}__disputed_key", f"int_{ledger}__disputed"]


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
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(_find_disputed, ledgers))
        _build(_ACROSS_LEDGERS)
        return sum(pool.map(lambda ledger: _build([f"int_{ledger}__break"]), ledgers))


def _find_disputed(ledger: str) -> None:
    staged = sql.Identifier("staging", f"stg_{ledger}")
    with connect() as connection:
        connection.execute(_SETTINGS)
        connection.execute(sql.SQL("select max({}) from {}").format(fingerprint_of(ledger), staged))
    _build(_disputed(ledger))


def _build(models: list[str]) -> int:
    """How many rows the last of the models has."""
    with connect() as connection:
        connection.execute(_SETTINGS)
        for model in models:
            name = sql.Identifier("intermediate", f"bench_{model}")
            built = connection.execute(sql.SQL("create table {} as {}").format(name, _compiled(model)))
            connection.execute(sql.SQL("analyze {} {}").format(name, _analyzed(model)))
        connection.rollback()
    return built.rowcount


def _compiled(model: str) -> sql.SQL:
    (path,) = (settings().home / "dbt" / "target" / "compiled" / "taizhang" / "models").rglob(f"{model}.sql")
    return sql.SQL(path.read_text(encoding="utf-8"))


def _analyzed(model: str) -> sql.Composable:
    """The columns at which dbt has the planner look: all, but the key alone of the tables that are very wide."""
    ledger, _, step = model.removeprefix("int_").partition("__")
    if step != "disputed":
        return sql.SQL("")
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, _key(contracts()[ledger]))))


def fingerprint_of(ledger: str) -> sql.SQL:
    """What staging works out of each row of a ledger to find its breaks."""
    compiled = _compiled(f"stg_{ledger}").as_string()
    (expression,) = re.findall(r"(hash_record_extended\(row\([^()]*\), 0\)) as fingerprint", compiled)
    return sql.SQL(expression)


def join(ledgers: list[str]) -> None:
    """The bare join of each ledger, with the memory that dbt's models have."""
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(_join, ledgers))


def _join(ledger: str) -> None:
    with connect() as connection:
        connection.execute(_SETTINGS)
        connection.execute(_three_way_join(contracts()[ledger]))


def _three_way_join(contract: Contract) -> sql.Composed:
    staged = sql.Identifier("staging", f"stg_{contract.ledger}")
    key = _key(contract)
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


def _key(contract: Contract) -> list[str]:
    return ["period", *(_staged(name) for name in contract.key)]


def _staged(name: str) -> str:
    """A column's name in staging, where nobody has an identity number any more."""
    return "person_key" if name == "id_no" else name
