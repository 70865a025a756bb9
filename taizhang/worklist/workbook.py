"""The workbook of a division's open breaks: a sheet for each ledger, a row for each break."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from taizhang.contract import Contract, contracts
from taizhang.division import Division
from taizhang.worklist.item import LEVELS, Item
from taizhang.worklist.layout import (
    ALLOWED,
    BREAK_ID,
    COLUMNS,
    GUIDE_SHEET,
    LISTS_SHEET,
    REASON,
    SEAL,
    SEALED,
    VALUE,
    position,
    seal,
)
from taizhang.worklist.texts import texts

_REASONS = ("县级录入有误", "乡镇级录入有误", "村级录入有误", "情况已变化", "已核实，几级台账都要改", "其他（请写明）")
_TITLE_ROWS = 1
_LINE_HEIGHT, _FILLED = 16.5, 0.93
"""Points that a line of text takes, and how much of a column's width text can fill."""
_GUIDE_WIDTH = 68
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
    "closed": {"border": 1, "bg_color": "#EDEDED"},
    "guide": {"text_wrap": True, "valign": "top"},
}
_GUIDE = (
    "1. 每种台账一张表，每行一处差异；三级台账的内容并排列出，红色是系统判断可能有误的一级，仅供参考，请以事实为准。"
    "（空）是没有填写，（无此列）是表中没有这一列，（未登记）是没有登记这一条，"
    "（被退回）是可能就是这一条的行被退回了，请按那一级的回执改正，不要另外登记。",
    "2. 只填绿色的两列：“正确值”写核实后的正确内容，有下拉列表的从列表中选，应当空着的填（空），"
    "没有列表的也可以写“以县级为准”“以乡镇级为准”“以村级为准”；“原因”可选可写；不清楚的不填。",
    "3. 其他单元格已锁定，请不要改动、增删行列；改动过的行不会收。灰色的“正确值”不用填：合计由明细得出，随明细改正；"
    "没有列出明细的，是某一级有行被退回，请按那一级的回执改正。",
    "4. 填好后保存，放进收件箱中本单位的文件夹，文件名不限，不要和台账放在同一个文件里；"
    "第二天的回执会说明哪些已收、哪些没有收。",
    "5. 在这里填写不会改动任何台账：请同时改正台账原表，再把原表重新交一次。各级改一致的，下一次的工作单不再列出；"
    "还列出的，“上次答复”写着答复了什么、台账改了没有；消除后又出现的，“天数”从再次出现那天算起。",
    "6. 答复“不是重复”的，台账不用改；“不是同一人”的，哪一级漏登了其中一人请补登。"
    "县里认可以前还会列在最后，“上次答复”写着“待县级认可”，不算超期。",
    "7. 本表含个人信息，仅供核对使用，请勿外传；核对完后请删除。",
)


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
            _write_item(worksheet, row, item, texts(item, division), day, looks)
        _offer_lists(worksheet, own, lists)
    workbook.close()
    return buffer.getvalue()


def _order(item: Item) -> tuple[object, ...]:
    """By village and age; what the division has done its part in comes last."""
    of_record = item.name or "", item.record_no or "", item.column_name or ""
    return item.awaits_acceptance, item.division_code, item.open_since, *of_record


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
    lists = [_REASONS, *dict.fromkeys(item.choices for item in items if item.choices)]
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
    value, reason = position(VALUE), position(REASON)
    for choices, rows in rows_of.items():
        if choices:
            _offer(worksheet, value, rows, lists[choices], "stop")
    _offer(worksheet, reason, [row for rows in rows_of.values() for row in rows], lists[_REASONS], "information")


def _lay_out(worksheet: Worksheet, contract: Contract, count: int, looks: Mapping[str, Format]) -> None:
    worksheet.write_string(0, 0, f"{contract.label}：未消除的差异", looks["title"])
    for number, (heading, width) in enumerate(COLUMNS.items()):
        look = looks["ask" if heading in (VALUE, REASON) else "head"]
        hidden = {"hidden": heading in (BREAK_ID, SEAL)}
        worksheet.set_column(number, number, width, None, hidden)
        worksheet.write_string(_TITLE_ROWS, number, heading, look)
    worksheet.freeze_panes(_TITLE_ROWS + 1, position("姓名") + 1)
    worksheet.autofilter(_TITLE_ROWS, 0, _TITLE_ROWS + count, position("上次答复"))
    worksheet.protect("", ALLOWED)
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
        worksheet.write_string(row, position(heading), text, looks[look])
    worksheet.write_number(row, 0, row - _TITLE_ROWS, looks["text"])
    worksheet.write_number(row, position("天数"), (day - item.open_since).days, looks["text"])
    # As text in a date's column too: a spreadsheet would make the first of it of 2020-3, and July 1905 of 2020.3.
    for heading in (VALUE, REASON):
        worksheet.write_blank(row, position(heading), None, looks["closed" if item.kind == "total" else "open"])
    worksheet.write_string(row, position(SEAL), seal(told[heading] for heading in SEALED))
    worksheet.set_row(row, _height((text, COLUMNS[heading]) for heading, text in told.items() if heading != BREAK_ID))


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Points that a row of wrapped texts takes in columns of these widths; not every program finds that out itself."""
    lines = (ceil(_width(line) / (width * _FILLED)) for text, width in cells for line in text.splitlines())
    return _LINE_HEIGHT * max(lines, default=1)


def _width(text: str) -> int:
    """How wide a text is in a spreadsheet, where a Chinese character is two wide."""
    return (len(text.encode()) + len(text)) // 2


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
