"""The extracts as files in an inbox folder, as each division's clerk hands them in."""

import csv
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import xlwt

from taizhang.demo.ledger import LEVELS, Ledger, filed_by
from taizhang.demo.sheet import SHEET_NAMES, Cell, Sheet, lay_out
from taizhang.demo.spelling import division_name
from taizhang.demo.style import Style, style_of
from taizhang.demo.xlsx import workbook
from taizhang.division import Level, divisions
from taizhang.rules import RULES

_WRITERS = 2
_SUFFIXES = {"xlsx": ".xlsx", "xls": ".xls", "csv_gbk": ".csv", "csv_utf8": ".csv"}
_FOLDER_FORMS = ("full", "short", "code")
_FOLDER_SHARES = (0.72, 0.2, 0.08)


@dataclass(frozen=True)
class SpoiltCell:
    """A planted fault: where it stands, as the sheet counts rows, and which rule the load finds broken."""

    file: str
    ledger: str
    level: Level
    division_code: str
    sheet: str
    row: int
    column: str
    rule: str
    severity: str


@dataclass(frozen=True)
class Written:
    files: int
    rows: int
    faults: list[SpoiltCell]


@dataclass(frozen=True)
class _Extract:
    ledger: Ledger
    level: Level
    division_code: str
    rows: pl.DataFrame


def write_files(
    ledgers: Sequence[Ledger],
    directory: Path,
    on: date,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> Written:
    """Write every division's extracts under `directory/<date>`; `progress` hears how many are done of all."""
    by_division: dict[str, list[_Extract]] = {}
    for ledger in ledgers:
        for level in LEVELS:
            for extract in _extracts(ledger, level):
                by_division.setdefault(extract.division_code, []).append(extract)
    inbox = directory / on.isoformat()
    with ThreadPoolExecutor(_WRITERS) as pool:
        results = pool.map(lambda extracts: _write_division(extracts, inbox, on, seed), by_division.values())
        written = []
        for done, result in enumerate(results, 1):
            written.append(result)
            if progress:
                progress(done, len(by_division))
    faults = [fault for result in written for fault in result.faults]
    return Written(
        files=sum(result.files for result in written),
        rows=sum(result.rows for result in written),
        faults=sorted(faults, key=lambda fault: (fault.file, fault.sheet, fault.row)),
    )


def _extracts(ledger: Ledger, level: Level) -> list[_Extract]:
    if level not in ledger.levels:
        return []
    parts = (
        ledger.levels[level]
        .with_columns(filed_by(level).alias("division"))
        .partition_by("division", as_dict=True, include_key=False, maintain_order=True)
    )
    return [_Extract(ledger, level, str(code), rows) for (code,), rows in parts.items()]


def _write_division(extracts: list[_Extract], inbox: Path, on: date, seed: int) -> Written:
    first = extracts[0]
    rng = np.random.default_rng([seed, int(first.division_code)])
    style = style_of(first.level, rng)
    folder = _folder(inbox, first.level, first.division_code, seed)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = [lay_out(e.ledger, e.level, e.rows, style, on, rng) for e in extracts]
    one = style.one_workbook and len(sheets) > 1
    groups = [list(range(len(sheets)))] if one else [[number] for number in range(len(sheets))]
    faults = []
    for group in groups:
        path = folder / _file_name([extracts[number] for number in group], style)
        path.write_bytes(_content([sheets[number] for number in group], style))
        for number in group:
            faults += _faults(extracts[number], sheets[number], path.relative_to(inbox.parent).as_posix(), style)
    return Written(len(groups), sum(extract.rows.height for extract in extracts), faults)


def _folder(inbox: Path, level: Level, code: str, seed: int) -> Path:
    """The division's folder, each part named by what people call the division or by its code."""
    folder = inbox / level
    if level == "village":
        folder /= _folder_name(divisions()[code].parent_code, seed)
    return folder if level == "county" else folder / _folder_name(code, seed)


def _folder_name(code: str, seed: int) -> str:
    rng = np.random.default_rng([seed, int(code), 1])
    return division_name(code, str(rng.choice(_FOLDER_FORMS, p=_FOLDER_SHARES)))


def _file_name(extracts: list[_Extract], style: Style) -> str:
    first = extracts[0]
    division = "" if style.salt % 3 == 0 else divisions()[first.division_code].name
    subject = "就业扶贫台账汇总" if len(extracts) > 1 else SHEET_NAMES[first.ledger.name]
    period = first.ledger.period
    when = f"{period.year}年{period.month}月" if first.ledger.contract.periodicity == "month" else f"{period.year}年"
    return f"{division}{subject}{when}{_SUFFIXES[style.file_format]}"


def _faults(extract: _Extract, sheet: Sheet, file: str, style: Style) -> list[SpoiltCell]:
    is_text = style.file_format.startswith("csv")
    spoilt = extract.rows.with_row_index("place").filter(pl.col("fault_rule").is_not_null())
    return [
        SpoiltCell(
            file=file,
            ledger=extract.ledger.name,
            level=extract.level,
            division_code=extract.division_code,
            sheet="" if is_text else sheet.name,
            row=sheet.first_row + row["place"],
            column=row["fault_column"],
            rule=row["fault_rule"],
            severity=RULES[row["fault_rule"]].severity,
        )
        for row in spoilt.iter_rows(named=True)
    ]


def _content(sheets: list[Sheet], style: Style) -> bytes:
    if style.file_format == "xlsx":
        return workbook(sheets)
    if style.file_format == "xls":
        return _old_workbook(sheets[0])
    return _text_table(sheets[0]).encode("gb18030" if style.file_format == "csv_gbk" else "utf-8-sig")


def _grid(sheet: Sheet) -> list[list[Cell]]:
    """Every cell of a sheet, row by row from its first title to its signature."""
    width = sheet.cells.width
    rows = [[Cell(title), *[Cell("")] * (width - 1)] for title in sheet.titles]
    rows.append([Cell(header) for header in sheet.headers])
    for number, texts in enumerate(sheet.cells.iter_rows()):
        row = [Cell(text or "", kind) for text, kind in zip(texts, sheet.kinds, strict=True)]
        rows.append([sheet.spoilt.get((number, place), cell) for place, cell in enumerate(row)])
    rows += [[row.get(place, Cell("")) for place in range(width)] for row in sheet.tail]
    return rows


def _text_table(sheet: Sheet) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([cell.text for cell in row] for row in _grid(sheet))
    return file.getvalue()


def _old_workbook(sheet: Sheet) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet.name)
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    plain = xlwt.Style.default_style
    for row, cells in enumerate(_grid(sheet)):
        for place, cell in enumerate(cells):
            if cell.text:
                value = cell.text if cell.kind == "text" else float(cell.text)
                page.write(row, place, value, day if cell.kind == "date" else plain)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
