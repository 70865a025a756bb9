"""A worklist: the open breaks of one division as a workbook to correct from, and what stands in it when it returns.

A sheet for each ledger, a row for each break; only the right value and the reason can be written. A sheet is known
again by its header, whatever the file is called. All that comes from the ledgers is written as text: nothing executes.
"""

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any, Literal

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from taizhang.contract import Column, Contract, contracts
from taizhang.division import Division, Level, children, divisions
from taizhang.redact import mask_number
from taizhang.sheet import Sheet

GUIDE_SHEET, LISTS_SHEET = "填写说明", "选项"
OWN_SHEETS = (GUIDE_SHEET, LISTS_SHEET)
"""The sheets of a worklist that hold no breaks."""
NUMBERS = ("id_number", "phone", "account")
"""Kinds of columns whose values are never written in full."""
EMPTY = "（空）"
"""What stands for a cell that is empty, and is answered where it should be."""
NO_COLUMN = "（无此列）"
"""What stands for a cell whose column the ledger does not have: it says nothing, not even that it is empty."""
Lack = Literal["record", "column"]
Asked = Literal["value", "reason"]
ASKED: Mapping[Asked, str] = {"value": "正确值", "reason": "原因"}
"""The columns that can be written."""
LEVELS: Mapping[Level, str] = {"county": "县级", "township": "乡镇级", "village": "村级"}
KINDS = {
    "absent": "漏登", "extra": "多登", "differs": "内容不一致",
    "duplicate": "重复登记", "identity": "身份证号疑似有误", "total": "合计不符",
}  # fmt: skip
CHOICES = {
    "absent": {"应有": "present", "不应有": "not_present"},
    "extra": {"应有": "present", "不应有": "not_present"},
    "duplicate": {"是重复": "repeated", "不是重复": "not_repeated"},
    "identity": {"是同一人": "same_person", "不是同一人": "two_people"},
}
"""What can be answered where no column differs, by kind; a total follows from its records and is not answered."""
LEVEL_CHOICES: Mapping[str, Level] = {f"以{label}为准": level for level, label in LEVELS.items()}
"""What can be answered for an identity number: none is ever written into a worklist in full."""
REASONS = ("县级录入有误", "乡镇级录入有误", "村级录入有误", "情况已变化", "已核实，几级台账都要改", "其他（请写明）")
OUTCOMES = {
    "changed": "台账已改",
    "unchanged": "台账未改",
    "changed_otherwise": "台账改成别的",
    "awaiting_acceptance": "待县级认可",
}
"""What became of an answer to a break that is open still."""
_STATES = {
    "absent": ("无", "有"),
    "extra": ("多出", "无"),
    "duplicate": ("重复", ""),
    "identity": ("疑似有误", ""),
}
"""What a level is shown to hold where it is the one that the break is about, and where it is another."""
_LACKING: Mapping[Lack, str] = {"record": "（未登记）", "column": NO_COLUMN}
"""What stands for a value where a level lacks the record, or the column."""
_EITHER_NUMBER = "两号不同"
"""What each of two levels is shown to hold that have one person under two numbers, where the third cannot tell."""
_VALUE, _REASON, _BREAK_ID, _SEAL = *ASKED.values(), "差异编号", "校验"
_COLUMNS = {
    "序号": 6, "村（社区）": 14, "报告期": 9, "差异": 12, "姓名": 9, "身份证号": 20, "编号": 16, "项目": 12,
    **dict.fromkeys(LEVELS.values(), 16), "首次发现": 11, "天数": 6, _VALUE: 16, _REASON: 20, "上次答复": 24,
    _BREAK_ID: 12, _SEAL: 12,
}  # fmt: skip
_SEALED = ("村（社区）", "差异", "姓名", "身份证号", "编号", "项目", *LEVELS.values(), _BREAK_ID)
_TITLE_ROWS, _ROWS_SEARCHED = 1, 20
_LINE_HEIGHT, _FILLED = 16.5, 0.93
"""Points that a line of text takes, and how much of a column's width text can fill."""
_GUIDE_WIDTH, _QUOTED, _ROWS_TOLD = 68, 20, 6
_CHECK_DIGIT = 18
_ALLOWED = {"autofilter": True, "format_columns": True, "format_rows": True}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True, "valign": "vcenter"},
    "ask": {"bold": True, "border": 1, "bg_color": "#E2EFDA", "text_wrap": True, "valign": "vcenter"},
    "text": {"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"},
    "culprit": {"border": 1, "text_wrap": True, "valign": "top", "num_format": "@", "bg_color": "#FFC7CE"},
    "open": {
        "border": 1,
        "text_wrap": True,
        "valign": "top",
        "num_format": "@",
        "bg_color": "#F7FCF4",
        "locked": False,
    },
    "day": {"border": 1, "valign": "top", "num_format": "yyyy-mm-dd", "bg_color": "#F7FCF4", "locked": False},
    "closed": {"border": 1, "bg_color": "#EDEDED"},
    "guide": {"text_wrap": True, "valign": "top"},
}
_GUIDE = (
    "1. 每种台账一张表，每行一处差异；三级台账的内容并排列出，红色是系统判断可能有误的一级，仅供参考，请以事实为准。"
    "（空）是没有填写，（无此列）是表中没有这一列，（未登记）是没有登记这一条。",
    "2. 只填绿色的两列：“正确值”写核实后的正确内容，有下拉列表的从列表中选，应当空着的填（空）；“原因”可选可写；"
    "不清楚的不填。",
    "3. 其他单元格已锁定，请不要改动、增删行列；改动过的行不会收。灰色的“正确值”不用填：合计由明细得出，随明细改正；"
    "没有列出明细的，是某一级有行被退回，请按那一级的回执改正。",
    "4. 填好后保存，放进收件箱中本单位的文件夹，文件名不限，不要和台账放在同一个文件里；"
    "第二天的回执会说明哪些已收、哪些没有收。",
    "5. 在这里填写不会改动任何台账：请同时改正台账原表，再把原表重新交一次。各级改一致的，下一次的工作单不再列出；"
    "还列出的，“上次答复”写着答复了什么、台账改了没有。",
    "6. 答复“不是重复”的，台账不用改；“不是同一人”的，哪一级漏登了其中一人请补登。"
    "县里认可以前还会列在最后，“上次答复”写着“待县级认可”，不算超期。",
    "7. 本表含个人信息，仅供核对使用，请勿外传；核对完后请删除。",
)


@dataclass(frozen=True)
class Said:
    """What was answered last to a break: when, by which division, and what the ledgers made of it (`OUTCOMES`).

    `value` is as `reconciliation.answered_break` has it, but for a number, which is as the item's values are.
    """

    on: date
    by: str
    value: str | None
    reason: str | None
    outcome: str


@dataclass(frozen=True)
class Item:
    """One open break as its row shows it; the values are those of `reconciliation.ledger_break`.

    `level` is the one that the break is about, `culprit` the one that is probably wrong; of either none may be known.
    A level that handed in `lacks` the record or the column where it has no value for that reason. Of an identity break
    `candidate_no` is the other number, of a duplicate `rows` where it stands at that level: who handed it in, the
    sheet and the row.
    """

    break_id: str
    ledger: str
    period: date
    kind: str
    level: Level | None
    culprit: Level | None
    division_code: str
    name: str | None
    id_no: str | None
    record_no: str | None
    column_name: str | None
    values: Mapping[Level, str | None]
    handed_in: Mapping[Level, bool]
    first_seen: date
    said: Said | None
    candidate_no: str | None = None
    rows: tuple[tuple[str, str, int], ...] = ()
    lacks: Mapping[Level, Lack] = field(default_factory=dict)

    @property
    def awaits_acceptance(self) -> bool:
        """Whether it is answered that nothing is wrong, so that the county is to act and nobody else."""
        return self.said is not None and self.said.outcome == "awaiting_acceptance"

    @property
    def column(self) -> Column | None:
        """The column that differs, if it is one of the contract and not a count of records."""
        named = [column for column in contracts()[self.ledger].columns if column.name == self.column_name]
        return named[0] if named else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The list that the right value is chosen from, if there is one."""
        if self.kind in CHOICES:
            return tuple(CHOICES[self.kind])
        column = self.column
        if column is None or column.kind in NUMBERS:
            return tuple(LEVEL_CHOICES)
        if column.kind == "village":
            return tuple(village.name for village in children(divisions()[self.division_code].parent_code))
        listed = tuple(code.label for code in column.codes) or (("是", "否") if column.kind == "yes_no" else ())
        return (*listed, EMPTY) if listed and not column.required else listed


def worklist(division: Division, items: Sequence[Item], day: date) -> bytes:
    """The workbook of a division's open breaks, as of the night of `day`."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    looks = {name: workbook.add_format(dict(look)) for name, look in _LOOKS.items()}
    _write_guide(workbook.add_worksheet(GUIDE_SHEET), division, items, day, looks)
    by_ledger = {ledger: [item for item in items if item.ledger == ledger] for ledger in contracts()}
    sheets = {ledger: workbook.add_worksheet(contracts()[ledger].label) for ledger, own in by_ledger.items() if own}
    lists = _write_lists(workbook.add_worksheet(LISTS_SHEET), items)
    for ledger, worksheet in sheets.items():
        own = sorted(by_ledger[ledger], key=_order)
        _lay_out(worksheet, contracts()[ledger], len(own), looks)
        for row, item in enumerate(own, start=_TITLE_ROWS + 1):
            _write_item(worksheet, row, item, _texts(item, division), day, looks)
        _offer_lists(worksheet, own, lists)
    workbook.close()
    return buffer.getvalue()


def _order(item: Item) -> tuple[object, ...]:
    """By village and age; what the division has done its part in comes last."""
    of_record = item.name or "", item.record_no or "", item.column_name or ""
    return item.awaits_acceptance, item.division_code, item.first_seen, *of_record


def _write_guide(
    worksheet: Worksheet, division: Division, items: Sequence[Item], day: date, looks: Mapping[str, Format]
) -> None:
    counts = Counter(contracts()[item.ledger].label for item in items)
    told = "，".join(f"{label}{count:,}条" for label, count in counts.items())
    worksheet.set_column(0, 0, _GUIDE_WIDTH)
    worksheet.write_string(0, 0, f"{division.name}台账差异工作单", looks["title"])
    worksheet.write_string(1, 0, f"截至{day:%Y年%-m月%-d日}未消除的差异共{len(items):,}条：{told}。")
    for row, line in enumerate(_GUIDE, start=3):
        worksheet.write_string(row, 0, line, looks["guide"])
        worksheet.set_row(row, _height([(line, _GUIDE_WIDTH)]))
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.protect()


def _write_lists(worksheet: Worksheet, items: Iterable[Item]) -> dict[tuple[str, ...], str]:
    """Every list once, on a hidden sheet, as a list within a cell is held to 255 characters; where each stands."""
    lists = [REASONS, *dict.fromkeys(item.choices for item in items if item.choices)]
    places = {}
    for number, choices in enumerate(lists):
        worksheet.write_column(0, number, choices)
        letter = xl_col_to_name(number)
        places[choices] = f"={LISTS_SHEET}!${letter}$1:${letter}${len(choices)}"
    worksheet.hide()
    worksheet.protect()
    return places


def _offer_lists(worksheet: Worksheet, items: Sequence[Item], lists: Mapping[tuple[str, ...], str]) -> None:
    rows_of = defaultdict(list)
    for row, item in enumerate(items, start=_TITLE_ROWS + 1):
        if item.kind != "total":
            rows_of[item.choices].append(row)
    value, reason = _position(_VALUE), _position(_REASON)
    for choices, rows in rows_of.items():
        if choices:
            _offer(worksheet, value, rows, lists[choices], "stop")
    _offer(worksheet, reason, [row for rows in rows_of.values() for row in rows], lists[REASONS], "information")


def _lay_out(worksheet: Worksheet, contract: Contract, count: int, looks: Mapping[str, Format]) -> None:
    worksheet.write_string(0, 0, f"{contract.label}：未消除的差异", looks["title"])
    for number, (heading, width) in enumerate(_COLUMNS.items()):
        look = looks["ask" if heading in (_VALUE, _REASON) else "head"]
        hidden = {"hidden": heading in (_BREAK_ID, _SEAL)}
        worksheet.set_column(number, number, width, None, hidden)
        worksheet.write_string(_TITLE_ROWS, number, heading, look)
    worksheet.freeze_panes(_TITLE_ROWS + 1, _position("姓名") + 1)
    worksheet.autofilter(_TITLE_ROWS, 0, _TITLE_ROWS + count, _position("上次答复"))
    worksheet.protect("", _ALLOWED)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(_TITLE_ROWS)
    worksheet.set_footer("&L内部资料，请勿外传&R第&P页，共&N页")


def _write_item(
    worksheet: Worksheet, row: int, item: Item, told: Mapping[str, str], day: date, looks: Mapping[str, Format]
) -> None:
    for heading, text in told.items():
        look = "culprit" if item.culprit and heading == LEVELS[item.culprit] else "text"
        worksheet.write_string(row, _position(heading), text, looks[look])
    worksheet.write_number(row, 0, row - _TITLE_ROWS, looks["text"])
    worksheet.write_number(row, _position("天数"), (day - item.first_seen).days, looks["text"])
    is_day = item.column is not None and item.column.kind == "date"
    look = "closed" if item.kind == "total" else "day" if is_day else "open"
    worksheet.write_blank(row, _position(_VALUE), None, looks[look])
    worksheet.write_blank(row, _position(_REASON), None, looks["closed" if item.kind == "total" else "open"])
    worksheet.write_string(row, _position(_SEAL), _seal(told[heading] for heading in _SEALED))
    worksheet.set_row(row, _height((text, _COLUMNS[heading]) for heading, text in told.items() if heading != _BREAK_ID))


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Points that a row of wrapped texts takes in columns of these widths; not every program finds that out itself."""
    lines = (ceil(_width(line) / (width * _FILLED)) for text, width in cells for line in text.splitlines())
    return _LINE_HEIGHT * max(lines, default=1)


def _width(text: str) -> int:
    """How wide a text is in a spreadsheet, where a Chinese character is two wide."""
    return (len(text.encode()) + len(text)) // 2


def _texts(item: Item, reader: Division) -> dict[str, str]:
    """The text of every cell of an item's row that is text; villages of several townships share a name."""
    column, place = item.column, divisions()[item.division_code]
    label = column.label if column else {"records": "记录数"}.get(item.column_name or "", _places_that_differ(item))
    return {
        "村（社区）": place.full_name if reader.level == "county" else place.name,
        "报告期": f"{item.period:%Y-%m}" if contracts()[item.ledger].periodicity == "month" else f"{item.period:%Y}",
        "差异": KINDS.get(item.kind, item.kind),
        "姓名": item.name or "",
        "身份证号": mask_number(item.id_no or ""),
        "编号": item.record_no or "",
        "项目": f"{label}合计" if item.kind == "total" else label,
        **{LEVELS[level]: _told(item, level) for level in LEVELS},
        "首次发现": item.first_seen.isoformat(),
        "上次答复": _answered(item),
        _BREAK_ID: item.break_id,
    }


def _told(item: Item, level: Level) -> str:
    """What a level has in a break, for a person to read."""
    if not item.handed_in[level]:
        is_of_villages = item.kind == "total" and divisions()[item.division_code].level != "village"
        return "未交齐" if is_of_villages and level == "village" else "未交"
    if item.kind == "identity" and item.level is None:
        return _EITHER_NUMBER
    if item.kind in _STATES:
        return _STATES[item.kind][level != item.level] + (_rows_told(item.rows) if level == item.level else "")
    if level in item.lacks:
        return _LACKING[item.lacks[level]]
    value = item.values[level]
    return EMPTY if value is None else in_words(item.column, value)


def _answered(item: Item) -> str:
    """What was answered the last time, by whom, and what became of it."""
    said = item.said
    if said is None:
        return ""
    answer = "" if said.value is None else _answer_in_words(item, said.value)
    quoted = [text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…" for text in (answer, said.reason) if text]
    return f"{said.on}{divisions()[said.by].name}：{'；'.join([*quoted, OUTCOMES[said.outcome]])}"


def _answer_in_words(item: Item, value: str) -> str:
    """A right value as it was chosen or written; of a number only the level that has it."""
    if item.kind in CHOICES:
        return next((label for label, choice in CHOICES[item.kind].items() if choice == value), "")
    if item.column is None or item.column.kind in NUMBERS:
        return next((label for label, level in LEVEL_CHOICES.items() if item.values[level] == value), "另一号码")
    return value if value == EMPTY else in_words(item.column, value)


def _places_that_differ(item: Item) -> str:
    """Where two numbers of one person differ, without a digit of them; the check digit follows from the others."""
    pairs = zip(item.id_no or "", item.candidate_no or "", strict=False)
    places = [place for place, (one, other) in enumerate(pairs, start=1) if one != other]
    if places[:-1]:
        places = [place for place in places if place < _CHECK_DIGIT]
    return f"两号第{'、'.join(map(str, places))}位不同" if places else ""


def _rows_told(rows: Sequence[tuple[str, str, int]]) -> str:
    """Rows by their file and sheet, which are named (by who handed it in) where there are two."""
    divisions_told, sheets_told = ({row[place] for row in rows} for place in (0, 1))
    by_file: dict[str, list[str]] = defaultdict(list)
    for code, sheet, number in rows[:_ROWS_TOLD]:
        where = divisions()[code].name if len(divisions_told) > 1 else ""
        by_file[where + (f"“{sheet}”" if len(sheets_told) > 1 else "")].append(str(number))
    told = "，".join(f"{where}第{'、'.join(numbers)}行" for where, numbers in by_file.items())
    return f"（{told}{'等' if len(rows) > _ROWS_TOLD else ''}）" if told else ""


def in_words(column: Column | None, value: str) -> str:
    """A value as the ledgers print it: the label of a code, the name of a division, 是 or 否."""
    if column is None:
        return value
    if column.kind in ("code", "codes"):
        label_of = {code.value: code.label for code in column.codes}
        return "、".join(label_of.get(code, "其他写法") for code in value.split(","))
    if column.kind == "yes_no":
        return {"true": "是", "false": "否"}.get(value, value)
    if column.kind in ("village", "township") and value in divisions():
        return divisions()[value].full_name
    return mask_number(value) if column.kind in NUMBERS else value


def _seal(texts: Iterable[str]) -> str:
    """What tells whether a row's locked cells are still those that were written."""
    return hashlib.sha256("\0".join(text.strip() for text in texts).encode()).hexdigest()[:16]


def _position(heading: str) -> int:
    return list(_COLUMNS).index(heading)


def _offer(worksheet: Worksheet, column: int, rows: Sequence[int], source: str, strictness: str) -> None:
    """Offer a list at the cells of a column in some rows."""
    if not rows:
        return
    first, *others = sorted(rows)
    told = {"error_title": "请从列表中选择", "error_message": "请从下拉列表中选择一项"}
    cells = {"other_cells": [[row, column, row, column] for row in others]} if others else {}
    worksheet.data_validation(
        first, column, first, column, {"validate": "list", "source": source, "error_type": strictness, **told, **cells}
    )


def lock(worksheet: Worksheet, sheet: Sheet, look: Format) -> set[int]:
    """Lock the copy of a worklist's sheet as the worklist is, and lock nothing else.

    Returns the columns that can be written, each cell of which has to have the unlocked `look`.
    """
    found = _header(sheet)
    if found is None:
        return set()
    columns = {heading: int(position) for heading, position in found[1].items()}
    for heading in (_BREAK_ID, _SEAL):
        worksheet.set_column(columns[heading], columns[heading], _COLUMNS[heading], None, {"hidden": True})
    for heading in ASKED.values():
        worksheet.set_column(columns[heading], columns[heading], _COLUMNS[heading], look)
    worksheet.protect("", _ALLOWED)
    return {columns[heading] for heading in ASKED.values()}


def filled_in(sheet: Sheet) -> pl.DataFrame | None:
    """The rows of a worklist's sheet in which something is filled in; None if the sheet is of no worklist.

    Columns: `sheet`, `row_number`, `break_id`, `value` and `reason` with their cells, and `is_sealed`: whether the
    locked cells are as they were.
    """
    found = _header(sheet)
    if found is None:
        return None
    head, places = found
    rows = sheet.cells.slice(head + 1).select(pl.col(places[heading]).alias(heading) for heading in places)
    seals = [_seal(text or "" for text in texts) for texts in rows.select(_SEALED).iter_rows()]
    return (
        rows.select(
            pl.lit(sheet.name).alias("sheet"),
            pl.int_range(head + 2, head + 2 + pl.len(), dtype=pl.Int64).alias("row_number"),
            pl.col(_BREAK_ID).alias("break_id"),
            pl.col(_VALUE).alias("value"),
            pl.col(_REASON).alias("reason"),
            pl.col(_SEAL).eq_missing(pl.Series(seals, dtype=pl.String)).alias("is_sealed"),
        )
        .filter(pl.col("value").is_not_null() | pl.col("reason").is_not_null())
        .with_columns(
            pl.format(f"{xl_col_to_name(int(places[heading]))}{{}}", "row_number").alias(f"{name}_cell")
            for name, heading in ASKED.items()
        )
    )


def _header(sheet: Sheet) -> tuple[int, dict[str, str]] | None:
    """The row of a worklist's header, and the position of each of its columns."""
    wanted = {*_SEALED, _VALUE, _REASON, _SEAL}
    for number, row in enumerate(sheet.cells.head(_ROWS_SEARCHED).iter_rows()):
        places = {text: position for position, text in zip(sheet.cells.columns, row, strict=True) if text in wanted}
        if len(places) == len(wanted):
            return number, places
    return None
