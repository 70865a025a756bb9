"""A file opened: the sheets of it that are ledgers, and what is told of the others."""

from dataclasses import dataclass

import polars as pl

from taizhang.extract.file import HandedIn
from taizhang.extract.part import Part, part_of
from taizhang.extract.problem import PROBLEM_SCHEMA, file_problem, period_problems
from taizhang.header import HeaderError
from taizhang.sheet import Sheet, read_sheets
from taizhang.unreadable import UnreadableFileError
from taizhang.worklist import OWN_SHEETS, filled_in

RECEIPT_SHEET = "回执"
"""Name of the sheet that a receipt adds; a clerk may correct the receipt itself and hand it in."""


@dataclass(frozen=True)
class Opened:
    """The ledgers of a file, the problems of its other sheets; of a worklist that comes back, what is filled in."""

    parts: tuple[Part, ...]
    problems: pl.DataFrame
    filled: pl.DataFrame | None = None


def open_file(handed_in: HandedIn, number: int) -> Opened:
    """Find the ledgers in a file, the one of this number; a file that cannot be taken as a whole has none."""
    if handed_in.problem:
        return Opened((), file_problem(*handed_in.problem))
    try:
        sheets = read_sheets(handed_in.content)
        return _worklist(sheets) or _ledgers(sheets, handed_in, number)
    except UnreadableFileError as problem:
        return _refused(problem)


def _refused(problem: UnreadableFileError, sheet: str | None = None) -> Opened:
    told = {"label": problem.label} if isinstance(problem, HeaderError) else {}
    return Opened((), file_problem(problem.rule, problem.value, sheet, **told))


def _worklist(sheets: list[Sheet]) -> Opened | None:
    """The file if it is a worklist; beside one, no ledger is read."""
    filled = {sheet.name: rows for sheet in sheets if (rows := filled_in(sheet)) is not None}
    if not filled:
        return None
    known = {*filled, *OWN_SHEETS, RECEIPT_SHEET}
    aside = [_left_aside(sheet, "sheet_beside_worklist") for sheet in sheets if sheet.name not in known]
    return Opened((), _together(aside), pl.concat(filled.values()))


def _ledgers(sheets: list[Sheet], handed_in: HandedIn, number: int) -> Opened:
    parts: list[Part] = []
    aside: list[pl.DataFrame] = []
    for sheet in sheets:
        if sheet.name == RECEIPT_SHEET:
            continue
        try:
            part = part_of(sheet, handed_in, number) if sheet.visible else None
        except UnreadableFileError as problem:
            return _refused(problem, sheet.name or None)
        if part:
            parts.append(part)
        else:
            aside.append(_left_aside(sheet, "sheet_unrecognised"))
    if not parts:
        return Opened((), file_problem("ledger_unknown"))
    return Opened(tuple(parts), _together([*period_problems(parts), *aside]))


def _left_aside(sheet: Sheet, rule: str) -> pl.DataFrame:
    """What is told of a sheet that is not read: the rule if it can be seen and is not empty."""
    if not sheet.visible:
        return file_problem("sheet_hidden", sheet.name)
    return file_problem(rule, sheet.name) if sheet.cells.height else _together([])


def _together(problems: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=PROBLEM_SCHEMA), *problems])
