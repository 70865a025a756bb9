"""A receipt: the answer to one file, a workbook that goes back to the clerk who handed it in.

The clerk's own workbook with its cells marked, behind a first sheet that counts and lists what is wrong. Nothing
in it can execute: macros are left out, and what came from outside is written as text wherever we write it.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from taizhang.contract import contracts
from taizhang.division import Division
from taizhang.extract import RECEIPT_SHEET, File
from taizhang.sheet import ZIP_MAGIC, Sheet, read_sheets

MARKED_ROWS = 5_000
"""Workbooks of more rows come back as their rows with problems: rewriting all of them takes minutes."""
LISTED_PROBLEMS = 10_000
_AUTHOR = "台账核对"
_REJECTED, _WARNED = (PatternFill("solid", fgColor=colour) for colour in ("FFFFC7CE", "FFFFEB9C"))
_FILLS = {"error": _REJECTED, "warning": _WARNED}
SEVERITIES = {"error": "退回", "warning": "提醒"}
_COLUMNS = {"序号": 6, "级别": 8, "工作表": 16, "单元格": 10, "列": 18, "原文": 24, "问题与改法": 72}
_COMMENT_WIDTH, _COMMENT_HEIGHT = 320, 90
_HEAD_ROWS, _ORIGINAL_ROW = 4, "原行号"
_ROWS_TO_MEASURE = 50


@dataclass(frozen=True)
class Handled:
    """What became of one file: its name, whose it is, which ledgers it holds, its rows, and its problems.

    `problems` follows `taizhang.extract.PROBLEM_SCHEMA`.
    """

    file_name: str
    division: Division
    ledgers: tuple[str, ...]
    rows_accepted: int
    rows_rejected: int
    problems: pl.DataFrame

    @property
    def rows_read(self) -> int:
        return self.rows_accepted + self.rows_rejected

    @property
    def receipt_name(self) -> str:
        return f"{self.file_name}.回执.xlsx"

    @property
    def labels(self) -> str:
        return "、".join(contracts()[ledger].label for ledger in self.ledgers) or "未能识别"

    @property
    def counts(self) -> str:
        return f"读取{self.rows_read:,}行，接受{self.rows_accepted:,}行，退回{self.rows_rejected:,}行"

    @property
    def verdict(self) -> str:
        """One sentence for the clerk."""
        if not self.ledgers:
            return "整个文件被退回：请按下面的说明处理后重新交表。"
        if self.rows_rejected:
            return "有行被退回：请在原表中改正红色单元格，再把整个文件重新交一次。"
        if self.problems.height:
            return "全部接受；黄色单元格请核对，有误的改正后重新交表。"
        return "全部接受，没有发现问题。"


def handle(file_name: str, division: Division, file: File) -> Handled:
    """What became of a file that `division` handed in."""
    return Handled(
        file_name=file_name,
        division=division,
        ledgers=tuple(dict.fromkeys(extract.ledger for extract in file.extracts)),
        rows_accepted=sum(extract.accepted.height for extract in file.extracts),
        rows_rejected=sum(extract.rejected.height for extract in file.extracts),
        problems=pl.concat([file.problems, *(extract.problems for extract in file.extracts)]),
    )


@dataclass(frozen=True)
class _Mark:
    """What is told at one cell."""

    sheet: str
    row: int
    column: str
    severity: str
    message: str


def receipt(content: bytes, handled: Handled) -> bytes:
    """The receipt of a file, as an `.xlsx`.

    It holds the clerk's workbook as it was sent where a cell of it is to be marked; a workbook of another kind, or
    a text table, as an `.xlsx` of the same cells; of more than `MARKED_ROWS` rows, those with a problem. A file
    without such a cell gets the first sheet alone.
    """
    marks = _marks(handled.problems)
    workbook, place_of = _marked_workbook(content, marks) if marks else (_empty(), {})
    _write_summary(workbook.create_sheet(RECEIPT_SHEET, 0), handled, place_of)
    workbook.active = 0
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _empty() -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    return workbook


def _marks(problems: pl.DataFrame) -> list[_Mark]:
    """One mark a cell: all that is told there, as an error if any of it is; of a row as a whole, at its first cell."""
    cells = (
        problems.filter(pl.col("row_number").is_not_null())
        .with_columns(pl.coalesce("cell", pl.concat_str(pl.lit("A"), "row_number")).alias("cell"))
        .group_by("sheet", "row_number", "cell", maintain_order=True)
        .agg(pl.col("severity").min(), pl.col("message").unique(maintain_order=True).str.join("\n"))
    )
    return [
        _Mark(sheet, row, coordinate_from_string(cell)[0], severity, message)
        for sheet, row, cell, severity, message in cells.rows()
    ]


def _marked_workbook(content: bytes, marks: list[_Mark]) -> tuple[Workbook, dict[tuple[str, str], str]]:
    """The workbook with its marks, and where in it each marked cell of the file now is, as a link."""
    sheets = [sheet for sheet in read_sheets(content) if sheet.visible]
    if sum(sheet.cells.height for sheet in sheets) > MARKED_ROWS:
        workbook, rows = _excerpt(sheets, marks)
    else:
        workbook, rows = _own(content) or _copy(sheets), {}
    titles = {sheet.name: sheet.name or workbook.sheetnames[0] for sheet in sheets}
    links = {}
    for mark in marks:
        worksheet = workbook[titles[mark.sheet]]
        row = rows.get((mark.sheet, mark.row), mark.row)
        _mark(worksheet[_shown(worksheet, f"{mark.column}{row}")], mark)
        links[mark.sheet, f"{mark.column}{mark.row}"] = f"'{worksheet.title}'!{mark.column}{row}"
    return workbook, links


def _own(content: bytes) -> Workbook | None:
    """The clerk's workbook without its macros and without the marks of an earlier receipt; None if it is no `.xlsx`."""
    if not content.startswith(ZIP_MAGIC):
        return None
    try:
        workbook = load_workbook(io.BytesIO(content))
    except Exception:  # another writer's liberties, or an .ods or .xlsb: the cells are still ours to copy
        return None
    if RECEIPT_SHEET in workbook.sheetnames:
        workbook.remove(workbook[RECEIPT_SHEET])
    for worksheet in workbook.worksheets:
        for row in worksheet.iter_rows():
            for cell in row:
                if cell.comment and cell.comment.author == _AUTHOR:
                    cell.comment, cell.fill = None, PatternFill()
    return workbook


def _copy(sheets: Iterable[Sheet]) -> Workbook:
    workbook = _empty()
    for sheet in sheets:
        worksheet = workbook.create_sheet(sheet.name or "台账")
        for number, cells in enumerate(sheet.cells.rows(), start=1):
            _write_row(worksheet, number, cells)
        for (top, left), (bottom, right) in sheet.merged:
            worksheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
        _widen(worksheet, sheet.cells.head(_ROWS_TO_MEASURE))
    return workbook


def _excerpt(sheets: Iterable[Sheet], marks: list[_Mark]) -> tuple[Workbook, dict[tuple[str, int], int]]:
    """The rows above the records and those that are marked, and which row each of them has become."""
    workbook, moved = _empty(), {}
    for sheet in sheets:
        marked = sorted({mark.row for mark in marks if mark.sheet == sheet.name})
        if not marked:
            continue
        worksheet = workbook.create_sheet(sheet.name or "台账")
        head = [row for row in range(1, min(_HEAD_ROWS, marked[0]) + 1) if row not in marked]
        for number, row in enumerate([*head, *marked], start=1):
            _write_row(worksheet, number, sheet.cells.row(row - 1))
            worksheet.cell(number, sheet.cells.width + 1, row)
            moved[sheet.name, row] = number
        worksheet.cell(1, sheet.cells.width + 1, _ORIGINAL_ROW)
        _widen(worksheet, sheet.cells.head(_ROWS_TO_MEASURE))
    return workbook, moved


def _write_row(worksheet: Worksheet, row: int, cells: Iterable[str | None]) -> None:
    for column, text in enumerate(cells, start=1):
        if text is not None:
            _write_text(worksheet, row, column, text)


def _write_text(worksheet: Worksheet, row: int, column: int, text: str) -> None:
    """Text and nothing else: what looks like a formula stays what it looks like, even when it is edited."""
    cell = worksheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _widen(worksheet: Worksheet, cells: pl.DataFrame) -> None:
    for number, position in enumerate(cells.columns, start=1):
        longest = cells[position].str.len_chars().max()
        worksheet.column_dimensions[get_column_letter(number)].width = min(max(int(str(longest or 0)) * 1.6, 8), 30)


def _shown(worksheet: Worksheet, place: str) -> str:
    """Where a person sees the cell at a place: of a merged range, at its first."""
    if not isinstance(worksheet[place], MergedCell):
        return place
    (covering,) = (merged for merged in worksheet.merged_cells.ranges if place in merged)
    return f"{get_column_letter(covering.min_col)}{covering.min_row}"


def _mark(cell: Cell, mark: _Mark) -> None:
    cell.fill = _FILLS[mark.severity]
    comment = Comment(mark.message, _AUTHOR, height=_COMMENT_HEIGHT, width=_COMMENT_WIDTH)
    if cell.comment:  # the clerk's own remark is not lost
        comment.text = f"{mark.message}\n\n{cell.comment.text}"
    cell.comment = comment


def _write_summary(worksheet: Worksheet, handled: Handled, link_of: dict[tuple[str, str], str]) -> None:
    lines = (
        ("台账回执", ""),
        ("文件", handled.file_name),
        ("交表单位", handled.division.full_name),
        ("台账", handled.labels),
        ("行数", handled.counts),
        ("结果", handled.verdict),
    )
    for row, (name, text) in enumerate(lines, start=1):
        worksheet.cell(row, 1, name).font = Font(bold=True, size=16 if row == 1 else 11)
        _write_text(worksheet, row, 3, text)
    worksheet.page_setup.orientation, worksheet.page_setup.fitToHeight = "landscape", 0
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for column, width in enumerate(_COLUMNS.values(), start=1):
        worksheet.column_dimensions[get_column_letter(column)].width = width
    if handled.problems.height:
        _write_list(worksheet, len(lines) + 2, handled, link_of)


def _labels(ledgers: Iterable[str]) -> dict[str, str]:
    return {column.name: column.label for ledger in ledgers for column in contracts()[ledger].columns}


def _write_list(worksheet: Worksheet, top: int, handled: Handled, link_of: dict[tuple[str, str], str]) -> None:
    for column, heading in enumerate(_COLUMNS, start=1):
        worksheet.cell(top, column, heading).font = Font(bold=True)
    worksheet.freeze_panes = f"A{top + 1}"
    labels = _labels(handled.ledgers)
    listed = handled.problems.sort("severity", maintain_order=True).head(LISTED_PROBLEMS)
    for number, problem in enumerate(listed.iter_rows(named=True), start=1):
        row = top + number
        place = problem["cell"] or (f"A{problem['row_number']}" if problem["row_number"] else None)
        texts = (
            SEVERITIES[problem["severity"]], problem["sheet"], place, labels.get(problem["column_name"]),
            problem["value"], problem["message"],
        )  # fmt: skip
        worksheet.cell(row, 1, number)
        for column, text in enumerate(texts, start=2):
            _write_text(worksheet, row, column, text or "")
        worksheet.cell(row, 2).fill = _FILLS[problem["severity"]]
        worksheet.cell(row, len(_COLUMNS)).alignment = Alignment(wrap_text=True, vertical="top")
        if link := link_of.get((problem["sheet"], place or "")):
            worksheet.cell(row, 4).hyperlink = Hyperlink(ref=f"D{row}", location=link)
            worksheet.cell(row, 4).style = "Hyperlink"
    if handled.problems.height > LISTED_PROBLEMS:
        told = f"问题共{handled.problems.height:,}条，下面列出前{LISTED_PROBLEMS:,}条。"
        _write_text(worksheet, top - 1, 3, told)
