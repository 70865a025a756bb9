"""One sheet of an extract: titles, header, cells, total row and signature, laid out in a clerk's style."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from taizhang.contract import Column, Contract
from taizhang.demo.ledger import Ledger
from taizhang.demo.spelling import CellKind, in_ten_thousands, money_text, spell
from taizhang.demo.style import Style
from taizhang.division import Level, county, divisions

SHEET_NAMES = {"employment": "就业帮扶台账", "training": "培训台账", "subsidy": "补贴发放台账"}
_TITLES = {
    "employment": "就业帮扶实名制台账（{0.year}年{0.month}月）",
    "training": "{0.year}年职业培训实名制台账",
    "subsidy": "{0.year}年就业补贴实名制发放台账",
}
_CLERKS = ("刘某", "肖某", "曾某", "尹某", "谢某", "杨某")
_DIVISION_COLUMNS = ("township_code", "village_code")
_NEVER_FILLED = {
    "employment": ("village_group", "work_place", "ended_on", "remark"),
    "training": ("village_group", "remark"),
    "subsidy": ("village_group", "remark"),
}
_ONLY_ABOVE = ("phone", "training_wanted")
"""Columns that some villages do not keep; nothing is lost, as the township and the county have them."""
_NUMBER = Column("sequence", "序号", "", "integer", ("序号",))


@dataclass(frozen=True)
class Cell:
    text: str
    kind: CellKind = "text"


@dataclass(frozen=True)
class Sheet:
    """`kinds` says how each column of `cells` is stored, `spoilt` what stands instead at (row, column).

    `merged` are (first row, last row, column) within `cells`; rows and columns count from 0.
    """

    name: str
    titles: tuple[str, ...]
    headers: tuple[str, ...]
    cells: pl.DataFrame
    kinds: tuple[CellKind, ...]
    spoilt: dict[tuple[int, int], Cell]
    tail: tuple[dict[int, Cell], ...]
    merged: tuple[tuple[int, int, int], ...]

    @property
    def first_row(self) -> int:
        """Row of the first record as the sheet counts, from 1."""
        return len(self.titles) + 2


def lay_out(
    ledger: Ledger, level: Level, frame: pl.DataFrame, style: Style, on: date, rng: np.random.Generator
) -> Sheet:
    """The sheet of one extract; `frame` holds its rows in the order in which they are filed."""
    columns = _columns(ledger.contract, level, style, rng)
    spelt = {column.name: spell(column, style) for column in columns}
    cells = frame.with_columns(sequence=pl.int_range(1, pl.len() + 1)).select(
        spelling.cells.alias(name) for name, spelling in spelt.items()
    )
    runs = _runs(cells) if style.merged else {}
    return Sheet(
        name=SHEET_NAMES[ledger.name],
        titles=_titles(ledger, level, frame, style, on),
        headers=tuple(_header(column, style, rng) for column in columns),
        cells=cells.with_columns(
            pl.when(pl.int_range(pl.len()).is_in([first for first, _ in ends])).then(name).alias(name)
            for name, ends in runs.items()
        ),
        kinds=tuple(spelling.kind for spelling in spelt.values()),
        spoilt=_spoilt(frame, cells.columns),
        tail=_tail(frame, columns, style, on),
        merged=tuple(
            (first, last, cells.columns.index(name))
            for name, ends in runs.items()
            for first, last in ends
            if last > first
        ),
    )


def _columns(contract: Contract, level: Level, style: Style, rng: np.random.Generator) -> list[Column]:
    """The contract's columns, a few out of order, without those that this clerk does not keep."""
    left_out = set(_NEVER_FILLED[contract.ledger]) if rng.random() < 0.6 else set()
    if level == "village" and rng.random() < 0.15:
        left_out |= set(_ONLY_ABOVE)
    if style.division_columns != "both":
        left_out |= {"township_code"} if style.division_columns == "village" else set(_DIVISION_COLUMNS)
    kept = [column for column in contract.columns if column.name not in left_out]
    order = np.argsort(np.arange(len(kept)) + rng.normal(0, 1.2, len(kept)))
    return [*([_NUMBER] if style.numbered else []), *(kept[place] for place in order)]


def _header(column: Column, style: Style, rng: np.random.Generator) -> str:
    """One of the header's spellings, with the star, unit and brackets that clerks add."""
    header = column.headers[0] if rng.random() < 0.6 else str(rng.choice(column.headers))
    if column.kind == "money":
        header += "（万元）" if in_ten_thousands(column, style) else "（元）" if rng.random() < 0.5 else ""
    if rng.random() < 0.5:
        header = header.replace("(", "（").replace(")", "）")
    if len(header) == 2 and style.spaced_name_share:
        header = "　".join(header)
    return f"*{header}" if style.starred and column.required else header


def _titles(ledger: Ledger, level: Level, frame: pl.DataFrame, style: Style, on: date) -> tuple[str, ...]:
    if not style.titled:
        return ()
    codes = {"township": ("township_code",), "village": _DIVISION_COLUMNS}.get(level, ())
    division = county().name + "".join(divisions()[frame[code][0]].name for code in codes)
    title = division + _TITLES[ledger.name].format(ledger.period)
    # what the titles say holds for every column whose heading names no unit
    ten_thousands = any(in_ten_thousands(column, style) for column in ledger.contract.columns)
    unit = f"单位：{'万元' if ten_thousands else '元'}　　填报日期：{on:%Y-%m-%d}"
    return (title, unit) if style.unit_line else (title,)


def _runs(cells: pl.DataFrame) -> dict[str, list[tuple[int, int]]]:
    """First and last row of each run of the same township or village."""
    runs = {}
    for name in set(_DIVISION_COLUMNS) & set(cells.columns):
        lengths = cells[name].rle().struct.field("len").cast(pl.Int64)
        last = (lengths.cum_sum() - 1).to_list()
        runs[name] = [(end - length + 1, end) for end, length in zip(last, lengths, strict=True)]
    return dict(sorted(runs.items()))


def _spoilt(frame: pl.DataFrame, names: list[str]) -> dict[tuple[int, int], Cell]:
    faults = frame.with_row_index("row").filter(pl.col("fault_column").is_not_null())
    return {
        (fault["row"], names.index(fault["fault_column"])): Cell(
            fault["fault_text"], "number" if fault["fault_rule"] == "id_damaged" else "text"
        )
        for fault in faults.iter_rows(named=True)
    }


def _tail(frame: pl.DataFrame, columns: list[Column], style: Style, on: date) -> tuple[dict[int, Cell], ...]:
    """The row of totals, of the cells that can be added up, and who filled in the sheet."""
    rows = []
    if style.total_row:
        sums = {place: _sum(frame, column, style) for place, column in enumerate(columns) if column.totalled}
        rows.append({**sums, 0: Cell("合计")})
    if style.signed:
        clerk, checker = _CLERKS[style.salt % len(_CLERKS)], _CLERKS[style.salt // 7 % len(_CLERKS)]
        rows.append({0: Cell(f"填报人：{clerk}　　审核人：{checker}　　填报日期：{on.year}年{on.month}月{on.day}日")})
    return tuple(rows)


def _sum(frame: pl.DataFrame, column: Column, style: Style) -> Cell:
    legible = frame.filter((pl.col("fault_column") == column.name).fill_null(False).not_())
    total = legible.select(pl.col(column.name).sum())
    if column.kind != "money":
        return Cell(str(total.item()), "number")
    text: str = total.select(money_text(pl.col(column.name), column, style)).item()
    return Cell(text, "text" if "," in text else "number")
