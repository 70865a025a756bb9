"""Corrections: what a filled worklist says, held to the open breaks and to the contract, and kept.

An answer never changes a ledger: the next night shows it beside what the ledgers then say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg.rows import dict_row

from taizhang.clean import clean
from taizhang.contract import Column, contracts
from taizhang.division import UnknownDivisionError, find_within
from taizhang.extract import PROBLEM_SCHEMA, file_problem
from taizhang.history import Connection
from taizhang.redact import redact
from taizhang.warehouse import connect
from taizhang.worklist import CHOICES, LEVEL_CHOICES


@dataclass(frozen=True)
class Answer:
    """One row of a worklist that is taken; `correct_value` is written as the break's own values are."""

    break_id: str
    correct_value: str | None
    reason: str | None
    sheet: str
    row_number: int


@dataclass(frozen=True)
class Judged:
    """What is taken of a filled worklist, and why the rest is not (see `taizhang.extract.PROBLEM_SCHEMA`)."""

    answers: tuple[Answer, ...]
    problems: pl.DataFrame


_NONE = pl.DataFrame(schema=PROBLEM_SCHEMA)


class _NotTakenError(Exception):
    """A row is not taken: the rule, and the label and value that its sentence names."""

    def __init__(self, rule: str, **told: str) -> None:
        super().__init__(rule)
        self.rule, self.told = rule, told


def judge(filled: pl.DataFrame) -> Judged:
    """Hold the rows that `taizhang.worklist.filled_in` found to the breaks that were published last."""
    breaks = _breaks(filled["break_id"].drop_nulls().to_list())
    answers, problems = [], [_NONE if filled.height else file_problem("worklist_empty")]
    for row in filled.iter_rows(named=True):
        try:
            answers.append(_answer(row, breaks))
        except _NotTakenError as reason:
            problems.append(_problem(row, reason))
    return Judged(tuple(answers), pl.concat(problems))


def _problem(row: dict[str, Any], reason: _NotTakenError) -> pl.DataFrame:
    return file_problem(reason.rule, row["value"], **reason.told).with_columns(
        pl.lit(row["sheet"]).alias("sheet"),
        pl.lit(row["row_number"], pl.Int64).alias("row_number"),
        pl.lit(row["cell"]).alias("cell"),
    )


def _breaks(break_ids: list[str]) -> dict[str, dict[str, Any]]:
    with connect("transformer") as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("select to_regclass('reconciliation.ledger_break') as it")
        if (cursor.fetchone() or {"it": None})["it"] is None:
            return {}
        found = cursor.execute("select * from reconciliation.ledger_break where break_id = any(%s)", [break_ids])
        return {row["break_id"]: row for row in found}


def _answer(row: dict[str, Any], breaks: dict[str, dict[str, Any]]) -> Answer:
    found = breaks.get(row["break_id"] or "")
    if found is None:
        raise _NotTakenError("answer_break_unknown")
    if not row["is_sealed"] or found["kind"] == "total":
        raise _NotTakenError("answer_row_changed")
    value = None if row["value"] is None else _correct_value(row["value"], found)
    return Answer(found["break_id"], value, row["reason"] and redact(row["reason"]), row["sheet"], row["row_number"])


def _correct_value(text: str, found: dict[str, Any]) -> str:
    """What is written as right, as the ledgers' values are kept in a break."""
    column = next((c for c in contracts()[found["ledger"]].columns if c.name == found["column_name"]), None)
    if choices := CHOICES.get(found["kind"]):
        value = choices.get(text)
    elif column is None or column.kind in ("id_number", "phone", "account"):
        value = found[f"{LEVEL_CHOICES[text]}_value"] if text in LEVEL_CHOICES else None
    elif column.kind in ("village", "township"):
        value = _division(text, found)
    else:
        value = _cleaned(text, column)
    if value is None:
        raise _NotTakenError("answer_value_invalid", label=column.label if column else "正确值")
    return str(value)


def _division(text: str, found: dict[str, Any]) -> str | None:
    try:
        return find_within(found["township_code"], text).code
    except UnknownDivisionError:
        return None


def _cleaned(text: str, column: Column) -> str | None:
    """A cell as the load would clean it, in the form in which Postgres writes it; None where a rule is broken."""
    cleaned = clean(pl.DataFrame({column.name: [text]}), [column])
    if any(cleaned[name].item() for name in cleaned.columns if "|" in name):
        return None
    value = cleaned[column.name].item()
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2f}" if isinstance(value, float) else None if value is None else str(value)


def record(connection: Connection, extract_id: int, answers: tuple[Answer, ...]) -> None:
    """Keep answers with the file that they came in and the values that they speak of."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into reconciliation.worklist_answer"
            " (extract_id, sheet, row_number, break_id, correct_value, reason) values (%s, %s, %s, %s, %s, %s)",
            list(_rows(extract_id, answers)),
        )


def _rows(extract_id: int, answers: tuple[Answer, ...]) -> Iterator[tuple[object, ...]]:
    for one in answers:
        yield extract_id, one.sheet, one.row_number, one.break_id, one.correct_value, one.reason
