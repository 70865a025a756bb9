"""A receipt: the answer to one file, a workbook that goes back to the clerk who handed it in.

The clerk's own workbook with its cells marked, behind a first sheet that counts and lists what is wrong. Nothing
in it can execute: macros are left out, and what came from outside is written as text wherever we write it.
"""

import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from taizhang.contract import contracts
from taizhang.division import Division
from taizhang.extract import RECEIPT_SHEET, File
from taizhang.marking import FrontSheet, Look, Mark, marked
from taizhang.ooxml import UnusualPackageError
from taizhang.period import told
from taizhang.sheet import ZIP_MAGIC, Sheet, read_sheets
from taizhang.worklist import lock

LISTED_PROBLEMS = 10_000
SEVERITIES = {"error": "退回", "warning": "提醒"}
_COLUMNS = {"序号": 6, "级别": 8, "工作表": 16, "单元格": 10, "列": 18, "原文": 24, "问题与改法": 72}
_COPIED_SHEET = "台账"
_ILLEGAL, _ILLEGAL_IN_TITLE = (
    re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"),
    re.compile(r"[\[\]:*?/\\]"),
)
_TITLE_LENGTH = 31
_LONGEST_NAME = 220
"""Bytes: file systems take 255, and a Chinese character has three."""
_FORMULA_STARTS = ("=", "+", "-", "@")
_ROWS_TO_MEASURE = 50
_A4 = 9


@dataclass(frozen=True)
class Handled:
    """What became of one file: its name, whose it is, which ledgers of which periods it holds, its rows, its problems.

    `problems` follows `taizhang.extract.PROBLEM_SCHEMA`. Of a worklist the rows are its answers; `unjudged` are
    those that were read where there is no warehouse to hold them to.
    """

    file_name: str
    folder: str = field(default="", kw_only=True)
    """What tells it from another file of its name."""
    division: Division
    taken: tuple[tuple[str, date], ...]
    rows_accepted: int
    rows_rejected: int
    problems: pl.DataFrame
    is_worklist: bool = False
    unjudged: int = 0

    @property
    def rows_read(self) -> int:
        return self.rows_accepted + self.rows_rejected

    @property
    def receipt_name(self) -> str:
        name = f"{self.file_name}{f'（{self.folder}）' if self.folder else ''}"
        if len(name.encode()) > _LONGEST_NAME:
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            name = f"{name.encode()[: _LONGEST_NAME - 12].decode(errors='ignore')}…{digest}"
        return f"{name}.回执.xlsx"

    @property
    def ledgers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ledger for ledger, _ in self.taken))

    @property
    def periods(self) -> str:
        """The month or the year that each ledger was taken for: 2020年12月, of several 就业帮扶台账2020年12月、…."""
        named = [(contracts()[ledger], period) for ledger, period in dict.fromkeys(self.taken)]
        if len(self.ledgers) == 1:
            return "、".join(told(contract, period) for contract, period in named)
        return "、".join(f"{contract.label}{told(contract, period)}" for contract, period in named)

    @property
    def labels(self) -> str:
        if self.is_worklist:
            return "差异工作单"
        return "、".join(contracts()[ledger].label for ledger in self.ledgers) or "未能识别"

    @property
    def counts(self) -> str:
        if self.is_worklist and not self.rows_read:
            return f"填写{self.unjudged:,}行"
        if self.is_worklist:
            return f"填写{self.rows_read:,}行，已收{self.rows_accepted:,}行，未收{self.rows_rejected:,}行"
        return f"读取{self.rows_read:,}行，接受{self.rows_accepted:,}行，退回{self.rows_rejected:,}行"

    @property
    def verdict(self) -> str:
        """One sentence for the clerk."""
        if self.is_worklist:
            return self._verdict_of_worklist
        if not self.ledgers:
            return "整个文件被退回：请按下面的说明处理后重新交表。"
        if "nothing_accepted" in self.problems["rule"]:
            return "其中有台账没有一行合格，整份没有采用：请先按下面的说明检查是不是交错了文件。"
        if self.rows_rejected:
            return "有行被退回：请在原表中改正红色单元格，再把整个文件重新交一次。"
        if self.problems.height:
            return "全部接受；黄色单元格请核对，有误的改正后重新交表。"
        return "全部接受，没有发现问题。"

    @property
    def _verdict_of_worklist(self) -> str:
        if self.unjudged:
            return "答复是否被接收，要等交表后与差异清单核对，结果见回执。"
        if not self.rows_read:
            return "没有填写任何答复。"
        if not self.rows_accepted:
            return "填写的答复都没有收，见下面的说明。"
        taken = "有答复没有收，见下面的说明；其余已收" if self.rows_rejected else "填写的答复已收"
        return f"{taken}。答复不会改动台账：请同时改正原表并重新交表。"


def handle(file_name: str, division: Division, file: File, folder: str = "") -> Handled:
    """What became of a file that `division` handed in."""
    return Handled(
        file_name=file_name,
        folder=folder,
        division=division,
        taken=tuple((extract.ledger, extract.period) for extract in file.extracts),
        rows_accepted=sum(extract.accepted.height for extract in file.extracts),
        rows_rejected=sum(extract.rejected.height for extract in file.extracts),
        problems=pl.concat([file.problems, *(extract.problems for extract in file.extracts)]),
        is_worklist=file.filled is not None,
        unjudged=0 if file.filled is None else file.filled.height,
    )


def folder_name(folders: Iterable[str]) -> str:
    """Folders as a part of a receipt's name."""
    return "／".join(folders)


def receipt(content: bytes, handled: Handled) -> bytes:
    """The receipt of a file, as an `.xlsx`.

    It holds the clerk's workbook as it was sent, be it ledgers or a worklist; of a workbook of another kind, of one
    that might execute something, or of a text table in which a cell is to be marked, an `.xlsx` of the same cells. A
    file that was refused as a whole, and a text table in which nothing is wrong, get the first sheet alone.
    """
    marks = _marks(handled.problems)
    if (handled.ledgers or handled.is_worklist) and content.startswith(ZIP_MAGIC):
        try:
            return marked(content, marks, _first_sheet(handled, {mark.sheet: mark.sheet for mark in marks}))
        except UnusualPackageError:
            pass  # an .ods or .xlsb, or a writer's liberties: the cells are still ours to copy
    sheets = [sheet for sheet in read_sheets(content) if sheet.visible and sheet.name != RECEIPT_SHEET] if marks else []
    titles = _titles([sheet.name for sheet in sheets])
    marks = [replace(mark, sheet=titles[mark.sheet]) for mark in marks]
    return marked(_copy(sheets, titles), marks, _first_sheet(handled, titles))


def _marks(problems: pl.DataFrame) -> list[Mark]:
    """One mark a cell: all that is told there, as an error if any of it is; of a row as a whole, at its first cell."""
    cells = (
        problems.filter(pl.col("row_number").is_not_null())
        .with_columns(_place())
        .group_by("sheet", "place", maintain_order=True)
        .agg(pl.col("severity").min(), pl.col("message").unique(maintain_order=True).str.join("\n"))
    )
    return [Mark(sheet, cell, severity, message) for sheet, cell, severity, message in cells.rows()]


def _place() -> pl.Expr:
    """The cell of a problem; of one that concerns a row, the row's first."""
    return pl.coalesce("cell", pl.concat_str(pl.lit("A"), "row_number")).alias("place")


def _titles(names: Iterable[str]) -> dict[str, str]:
    """What the sheets of another kind of file are called in a workbook, whose rules for names are its own."""
    titles: dict[str, str] = {}
    for name in names:
        legal = _ILLEGAL_IN_TITLE.sub(" ", _ILLEGAL.sub("", name)).strip(" '")[:_TITLE_LENGTH] or _COPIED_SHEET
        taken = {title.lower() for title in titles.values()} | {RECEIPT_SHEET}
        candidates = (f"{legal[: _TITLE_LENGTH - 4]} {number}" for number in range(2, len(taken) + 3))
        titles[name] = legal if legal.lower() not in taken else next(c for c in candidates if c.lower() not in taken)
    return titles


def _copy(sheets: Iterable[Sheet], titles: dict[str, str]) -> bytes:
    """A workbook of the same cells, each as text and nothing else, however it looks and even when it is edited.

    A worklist is locked as it was sent.
    """
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    quoted, unlocked = {"quote_prefix": True}, {"locked": False}
    looks = {
        (False, True): workbook.add_format(quoted),
        (True, False): workbook.add_format(unlocked),
        (True, True): workbook.add_format(quoted | unlocked),
    }
    for sheet in sheets:
        worksheet = workbook.add_worksheet(titles[sheet.name])
        _widen(worksheet, sheet.cells.head(_ROWS_TO_MEASURE))
        worksheet.set_landscape()
        worksheet.set_paper(_A4)
        worksheet.fit_to_pages(1, 0)
        asked = lock(worksheet, sheet, looks[True, False])
        for row, cells in enumerate(sheet.cells.iter_rows()):
            for column, text in enumerate(cells):
                if text is not None:
                    look = looks.get((column in asked, text.startswith(_FORMULA_STARTS)))
                    worksheet.write_string(row, column, _ILLEGAL.sub("", text), look)
        # `merge_range` writes cells of several rows, which a workbook that is written row by row cannot.
        worksheet.merge += [[top, left, bottom, right] for (top, left), (bottom, right) in sheet.merged]
    if not titles:
        workbook.add_worksheet(RECEIPT_SHEET)  # a workbook has a sheet; this one's place the first sheet takes
    workbook.close()
    return buffer.getvalue()


def _widen(worksheet: Worksheet, cells: pl.DataFrame) -> None:
    """Columns as wide as what they hold, a Chinese character being two wide; titles and signatures run over them."""
    filled = cells.filter(pl.sum_horizontal(pl.all().is_not_null()) > 1) if cells.width else cells
    for number, text in enumerate(filled):
        longest = ((text.str.len_bytes() + text.str.len_chars()) // 2).max()
        worksheet.set_column(number, number, min(max(int(str(longest or 0)) + 2, 8), 30))


def _first_sheet(handled: Handled, titles: dict[str, str]) -> FrontSheet:
    """The counts and the problems, linked to their cells in the sheets of these titles."""
    rows = _counted(handled)
    links: list[tuple[str, str, str]] = []
    frozen_rows = 0
    if handled.problems.height:
        rows += [_told(handled.problems.height), [(heading, "heading") for heading in _COLUMNS]]
        frozen_rows = len(rows)
        labels = {column.name: column.label for ledger in handled.ledgers for column in contracts()[ledger].columns}
        listed = handled.problems.sort("severity", maintain_order=True).head(LISTED_PROBLEMS).with_columns(_place())
        for number, problem in enumerate(listed.iter_rows(named=True), start=1):
            title = titles.get(problem["sheet"]) if problem["place"] else None
            rows.append(_listed(number, problem, labels, title))
            if title is not None:
                links.append((f"D{len(rows)}", title, problem["place"]))
    return FrontSheet(RECEIPT_SHEET, list(_COLUMNS.values()), rows, frozen_rows, links)


def _counted(handled: Handled) -> list[list[tuple[str, Look]]]:
    lines = {
        "文件": handled.file_name,
        "交表单位": handled.division.full_name,
        "台账": handled.labels,
        **({"报告期": handled.periods} if handled.taken else {}),
        "行数": handled.counts,
        "结果": handled.verdict,
    }
    rows: list[list[tuple[str, Look]]] = [[("台账回执", "title")]]
    rows += [[(name, "bold"), ("", "text"), (text, "text")] for name, text in lines.items()]
    if handled.problems.height:
        rows.append([("图例", "bold"), ("", "text"), ("红色：退回", "error"), ("", "text"), ("黄色：提醒", "warning")])
    return rows


def _told(problems: int) -> list[tuple[str, Look]]:
    if problems <= LISTED_PROBLEMS:
        return []
    return [("", "text"), ("", "text"), (f"问题共{problems:,}条，下面列出前{LISTED_PROBLEMS:,}条。", "text")]


def _listed(number: int, problem: dict[str, Any], labels: dict[str, str], title: str | None) -> list[tuple[str, Look]]:
    """A problem, in the sheet of this title if it is at a cell that the receipt shows."""
    return [
        (str(number), "text"),
        (SEVERITIES[problem["severity"]], problem["severity"]),
        (title or problem["sheet"] or "", "text"),
        (problem["place"] or "", "link" if title else "text"),
        (labels.get(problem["column_name"], ""), "text"),
        (problem["value"] or "", "wrapped"),
        (problem["message"], "wrapped"),
    ]
