"""Every suite of a night: which table each is run on, and what was found."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import psycopg
from great_expectations.core import ExpectationValidationResult
from psycopg import sql
from pydantic import SecretStr

from expectations.context import Plan, open_context, run
from expectations.finding import Finding
from expectations.ledgers import ledger_suite, silence_suite
from expectations.published_figures import published_figures_suite
from expectations.structure import REQUIRED_MARTS, extract_suite, mart_suite
from taizhang.contract import contracts
from taizhang.place import is_remote
from taizhang.redact import redact
from taizhang.settings import settings
from taizhang.store import send_folder
from taizhang.warehouse import as_conninfo, connect, warehouse_url

_BREAKS = ("reconciliation_next", "ledger_break")
_AGREEMENT = ("reconciliation_next", "agreement")
_ROWS_KEPT = 20


def evaluate(night_date: date, marts_schema: str) -> list[Finding]:
    """Evaluate every suite as the role `checker`, and build Data Docs in `outbox/data_docs`."""
    plans = _plans(night_date, marts_schema)
    unreadable = dict(_unreadable(plans))
    readable = [plan for plan in plans if plan not in unreadable]
    urls = {plan.schema: _checker_url(plan.schema) for plan in readable}
    docs = settings().data_docs_dir
    results = run(open_context(urls, docs), readable, docs, name=f"night of {night_date}")
    if is_remote(settings().outbox_dir):
        send_folder(docs, settings().outbox_dir / "data_docs")
    return [
        *(_finding(result.suite_name, one) for result in results for one in result.results),
        *(_unreadable_finding(plan, error) for plan, error in unreadable.items()),
    ]


def _checker_url(schema: str) -> SecretStr:
    options = f"-c role=checker -c search_path={schema}"
    url = warehouse_url().set(drivername="postgresql+psycopg2").update_query_dict({"options": options})
    return SecretStr(as_conninfo(url))


def _plans(night_date: date, marts_schema: str) -> list[Plan]:
    text_columns: dict[str, list[str]] = {table: [] for table in REQUIRED_MARTS} | dict(_text_columns(marts_schema))
    return [
        *(Plan(ledger_suite(contract, marts_schema), *_BREAKS) for contract in contracts().values()),
        Plan(silence_suite(marts_schema, night_date), *_AGREEMENT),
        Plan(published_figures_suite(), marts_schema, "published_figure_check"),
        Plan(extract_suite(night_date), "raw", "extract"),
        *(
            Plan(mart_suite(marts_schema, table, columns), marts_schema, table)
            for table, columns in text_columns.items()
        ),
    ]


# Straight from the catalogue: information_schema would hide a table that the checker may not read.
_TEXT_COLUMNS = """
select relation.relname::text, array_agg(attribute.attname::text order by attribute.attnum)
from pg_class as relation
join pg_attribute as attribute on attribute.attrelid = relation.oid and attribute.attnum > 0
join pg_type as type on type.oid = attribute.atttypid
where
    type.typname in ('text', 'varchar', 'bpchar', 'json', 'jsonb')
    and relation.relnamespace = to_regnamespace(%s)
    and relation.relkind in ('r', 'p', 'v', 'm')
group by relation.relname
order by relation.relname
"""


def _text_columns(schema: str) -> list[tuple[str, list[str]]]:
    """Every table of a schema that holds text, with its columns of text."""
    with connect("checker") as connection:
        return [(table, columns) for table, columns in connection.execute(_TEXT_COLUMNS, [schema])]


def _unreadable(plans: Iterable[Plan]) -> Iterator[tuple[Plan, str]]:
    """The plans whose table is missing or closed to the checker, and why: Great Expectations would stop."""
    with connect("checker") as connection:
        for plan in plans:
            try:
                with connection.transaction():
                    connection.execute(
                        sql.SQL("select from {} limit 0").format(sql.Identifier(plan.schema, plan.table))
                    )
            except psycopg.Error as error:
                yield plan, _first_line(error)


def _unreadable_finding(plan: Plan, error: str) -> Finding:
    return Finding(
        suite=plan.suite.name,
        expectation="expect_table_readable",
        ledger=None,
        severity="critical",
        success=False,
        unexpected_count=None,
        description=f"{plan.schema}.{plan.table} 可以读取。The checker can read {plan.schema}.{plan.table}.",
        details={"error": error},
    )


def _finding(suite: str, result: ExpectationValidationResult) -> Finding:
    config, error = result.expectation_config, _error(result)
    return Finding(
        suite=suite,
        expectation=config.meta["name"],
        ledger=config.kwargs.get("ledger"),
        severity="critical" if error else config.severity,
        success=bool(result.success),
        unexpected_count=None if error else result.result["observed_value"],
        description=config.description,
        details={"error": error} if error else _details(result),
    )


def _error(result: ExpectationValidationResult) -> str | None:
    """First line of what went wrong in evaluating, as opposed to in the data; None if nothing did."""
    info = result.exception_info or {}
    for one in (info, *(value for value in info.values() if isinstance(value, dict))):
        if one.get("raised_exception"):
            return _first_line(one["exception_message"])
    return None


def _first_line(error: object) -> str:
    return redact(str(error).strip().partition("\n")[0])


def _details(result: ExpectationValidationResult) -> dict[str, Any]:
    """The rows found, as JSON values: money is text with its two decimals. A single row stands by itself."""
    rows = result.result.get("details", {}).get("unexpected_rows", [])[:_ROWS_KEPT]
    details = rows[0] if len(rows) == 1 else {"rows": rows} if rows else {}
    kept: dict[str, Any] = json.loads(redact(json.dumps(details, default=str, ensure_ascii=False)))
    return kept
