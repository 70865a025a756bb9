"""Corrections: what a filled worklist says, held to the open breaks and to the contract, and kept.

An answer never changes a ledger: the next night shows it beside what the ledgers then say.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl
from psycopg.rows import dict_row

from taizhang.clean import FORMULA_ERROR, clean
from taizhang.contract import Column, contracts
from taizhang.division import Division, Level, UnknownDivisionError, divisions, find_within
from taizhang.extract import PROBLEM_SCHEMA, file_problem
from taizhang.history import Connection
from taizhang.redact import redact
from taizhang.warehouse import connect
from taizhang.wording import EMPTY, NUMBERS
from taizhang.worklist import ASKED, CHOICES, LEVEL_CHOICES, LEVEL_WORDS, Asked


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
_ASKED = """
select asked, ledger_break.*
from unnest(%s::text[]) as asked
left join reconciliation.former_break on former_id = asked
inner join reconciliation.ledger_break on ledger_break.break_id = coalesce(former_break.break_id, asked)
"""
_TOLD = {"day": 10, "month": 7, "year": 4}
"""How much of a date's text is told, by its precision."""


_ANSWERED_BY_OTHERS = """
select distinct on (answer.break_id, extract.division_code)
    answer.break_id, extract.division_code, answer.correct_value
from reconciliation.worklist_answer as answer
inner join raw.extract as extract using (extract_id)
left join reconciliation.night using (night_id)
inner join reconciliation.ledger_break as found using (break_id)
where
    answer.break_id = any(%(breaks)s)
    and answer.correct_value is not null
    and extract.division_code <> %(own)s
    and greatest(extract.extract_date, night.night_date) >= found.open_since
order by
    answer.break_id,
    extract.division_code,
    greatest(extract.extract_date, night.night_date) desc,
    extract.extract_date desc,
    answer.answer_id desc
"""


class _Other(NamedTuple):
    """What another division answered to be right."""

    by: str
    correct_value: str


class _NotTakenError(Exception):
    """A row is not taken: the rule, in which of its two cells it is broken, and what else its sentence names."""

    def __init__(self, rule: str, at: Asked = "value", **told: str) -> None:
        super().__init__(rule)
        self.rule, self.at, self.told = rule, at, told


def judge(filled: pl.DataFrame, division: Division) -> Judged:
    """Hold the rows that `taizhang.worklist.filled_in` found in what `division` handed in to the breaks published last.

    A division answers the breaks of its own records, and the county all.
    """
    breaks = _breaks(filled["break_id"].drop_nulls().to_list())
    others = _answers_of_others([found["break_id"] for found in breaks.values()], division)
    answers, problems = [], [_NONE if filled.height else file_problem("worklist_empty")]
    for row in filled.iter_rows(named=True):
        try:
            answer = _answer(row, breaks, division)
        except _NotTakenError as reason:
            problems.append(_problem(row, reason.rule, reason.at, **reason.told))
            continue
        answers.append(answer)
        found = breaks[row["break_id"]]
        if found["status"] == "closed":
            problems.append(_problem(row, "answer_break_closed"))
        elif otherwise := [one.by for one in others.get(answer.break_id, ()) if _contradict(answer, one, found)]:
            problems.append(_problem(row, "answer_contradicts", label="、".join(otherwise)))
    return Judged(tuple(answers), pl.concat(problems))


def _problem(row: dict[str, Any], rule: str, at: Asked = "value", **told: str) -> pl.DataFrame:
    return file_problem(rule, row[at], **told).with_columns(
        pl.lit(row["sheet"]).alias("sheet"),
        pl.lit(row["row_number"], pl.Int64).alias("row_number"),
        pl.lit(row[f"{at}_cell"]).alias("cell"),
    )


def _breaks(break_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The breaks by the number that a worklist has for them, which may be an earlier version's."""
    with connect("transformer") as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("select to_regclass('reconciliation.ledger_break') as it")
        if (cursor.fetchone() or {"it": None})["it"] is None:
            return {}
        return {row["asked"]: row for row in cursor.execute(_ASKED, [break_ids])}


def _answers_of_others(break_ids: list[str], division: Division) -> dict[str, list[_Other]]:
    """What each other division answered last to be right since a break was found, as far as it is read by now."""
    if not break_ids:
        return {}
    with connect("transformer") as connection:
        rows = connection.execute(_ANSWERED_BY_OTHERS, {"breaks": break_ids, "own": division.code}).fetchall()
    others: dict[str, list[_Other]] = defaultdict(list)
    for break_id, code, value in rows:
        others[break_id].append(_Other(divisions()[code].full_name, value))
    return others


def _contradict(answer: Answer, other: _Other, found: dict[str, Any]) -> bool:
    """Whether two answers cannot both be right; who tells less of a date or a place (2020-03, 广东) may well be."""
    if answer.correct_value is None:
        return False
    column = _column(found)
    one, another = sorted((_folded(answer.correct_value), _folded(other.correct_value)), key=len)
    told_in_part = column is not None and column.compare in ("date", "place")
    return not another.startswith(one) if told_in_part else one != another


def _answer(row: dict[str, Any], breaks: dict[str, dict[str, Any]], division: Division) -> Answer:
    found = breaks.get(row["break_id"] or "")
    if found is None:
        raise _NotTakenError("answer_break_unknown")
    if not found["division_code"].startswith(division.code_prefix):
        raise _NotTakenError("answer_break_elsewhere", label=divisions()[found["division_code"]].full_name)
    if found["kind"] == "total":
        raise _NotTakenError("answer_of_total")
    if not row["is_sealed"]:
        raise _NotTakenError("answer_row_changed")
    for at, label in ASKED.items():
        if re.match(FORMULA_ERROR, row[at] or ""):
            raise _NotTakenError("value_error", at, label=label)
    value = None if row["value"] is None else _correct_value(row, found)
    return Answer(found["break_id"], value, row["reason"] and redact(row["reason"]), row["sheet"], row["row_number"])


def _correct_value(row: dict[str, Any], found: dict[str, Any]) -> str:
    """What is written as right, as the ledgers' values are kept in a break; of a date only what is told."""
    text, column = row["value"], _column(found)
    if found["kind"] in CHOICES:
        return _chosen(text, CHOICES[found["kind"]])
    level = LEVEL_WORDS.get(_folded(text))
    if column is None or column.kind in NUMBERS:
        offered = [choice for choice, at in LEVEL_CHOICES.items() if found[f"{at}_value"] is not None]
        return _chosen(text, {} if level is None else {text: found[f"{level}_value"]}, offered)
    if level:
        value = _at_level(level, row, found)
    elif _says_empty(text):
        value = EMPTY
    elif column.kind in ("village", "township"):
        value = _division(text, found)
    else:
        value = _cleaned(text, column)
    if value is None or (value == EMPTY and column.required):
        raise _NotTakenError("answer_value_invalid", label=column.label)
    return value


def _column(found: dict[str, Any]) -> Column | None:
    return next((c for c in contracts()[found["ledger"]].columns if c.name == found["column_name"]), None)


def _chosen(text: str, choices: Mapping[str, str | None], offered: Iterable[str] = ()) -> str:
    """What a choice stands for. Choices that stand for nothing are none; `offered` are those to tell, if not all."""
    value = choices.get(text)
    if value is None:
        raise _NotTakenError("answer_choice_unknown", label="、".join(offered or choices))
    return value


def _at_level(level: Level, row: dict[str, Any], found: dict[str, Any]) -> str | None:
    """What a level has in a break; None where it lacks the record or the column, which is not an empty cell."""
    value: str | None = found[f"{level}_value"]
    return EMPTY if value is None and _says_empty(row[level] or "") else value


def _folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _says_empty(text: str) -> bool:
    return _folded(text).strip("()") == "空"


def _division(text: str, found: dict[str, Any]) -> str | None:
    try:
        return find_within(found["township_code"], text).code
    except UnknownDivisionError:
        return None


def _cleaned(text: str, column: Column) -> str | None:
    """A cell as the load would clean it, in the form in which Postgres writes it; None where a rule is broken.

    A month or a year is no day: 2020-03 stays 2020-03.
    """
    cleaned = clean(pl.DataFrame({column.name: [text]}), [column])
    if any(cleaned[name].item() for name in cleaned.columns if "|" in name):
        return None
    value = cleaned[column.name].item()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()[: _TOLD[cleaned[f"{column.name}_precision"].item()]]
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
