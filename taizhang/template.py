"""An empty workbook of a ledger, made from its contract, for a clerk to fill in."""

import io
from datetime import date

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from taizhang.contract import Column, Contract, Kind
from taizhang.records import EXAMPLE

_ROWS = 5_000
"""Rows that are formatted, and whose cells offer their lists: no village has more people."""
_HEADER_ROW, _FIRST_ROW = 2, 3
_SEQUENCE = "序号"
_HINT = "带 * 的列必填；身份证号等列已设为文本，请不要改格式；首列写“示例”的行不会读取。"
_TEXT, _NUMBER, _MONEY, _DAY = "@", "0", "0.00", "yyyy-mm-dd"
_FORMATS: dict[Kind, str] = {"integer": _NUMBER, "money": _MONEY, "date": _DAY}
_NARROW, _WIDE = 12, 22


def template(contract: Contract) -> bytes:
    """An `.xlsx` with the contract's header, an example row, a list for each coded column, and formats that keep
    identity numbers whole.
    """
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    worksheet = workbook.add_worksheet(contract.label)
    worksheet.freeze_panes(_FIRST_ROW, 0)
    worksheet.write_string(0, 0, contract.label, workbook.add_format({"bold": True, "font_size": 16}))
    worksheet.write_string(1, 0, _HINT, workbook.add_format({"font_color": "#7F7F7F"}))
    header = workbook.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True})
    required = workbook.add_format({"bold": True, "border": 1, "bg_color": "#FCE4D6", "text_wrap": True})
    grey = {"font_color": "#7F7F7F", "italic": True}
    worksheet.write_string(_HEADER_ROW, 0, _SEQUENCE, header)
    worksheet.write_string(_FIRST_ROW, 0, EXAMPLE, workbook.add_format(grey))
    for number, column in enumerate(contract.columns, start=1):
        number_format = _FORMATS.get(column.kind, _TEXT)
        width = _WIDE if number_format == _TEXT and not column.codes else _NARROW
        worksheet.set_column(number, number, width, workbook.add_format({"num_format": number_format}))
        heading = f"*{column.headers[0]}" if column.required else column.headers[0]
        worksheet.write_string(_HEADER_ROW, number, heading, required if column.required else header)
        worksheet.write_comment(_HEADER_ROW, number, column.description)
        _offer(worksheet, number, column)
        _write_example(worksheet, number, column, workbook.add_format({**grey, "num_format": number_format}))
    workbook.close()
    return buffer.getvalue()


def _offer(worksheet: Worksheet, number: int, column: Column) -> None:
    """The list of a coded column; several codes in one cell are only proposed, not held to the list."""
    labels = [code.label for code in column.codes] or (["是", "否"] if column.kind == "yes_no" else [])
    if labels:
        offered = {"validate": "list", "source": labels, "error_title": column.label, "error_message": "请从列表中选择"}
        if column.kind == "codes":
            offered["error_type"] = "information"
        worksheet.data_validation(_FIRST_ROW, number, _FIRST_ROW + _ROWS, number, offered)


def _write_example(worksheet: Worksheet, number: int, column: Column, look: Format) -> None:
    if not column.example:
        worksheet.write_blank(_FIRST_ROW, number, None, look)
    elif column.kind == "date" and len(column.example) == len("2020-03-05"):
        worksheet.write_datetime(_FIRST_ROW, number, date.fromisoformat(column.example), look)
    elif column.kind in ("integer", "money"):
        worksheet.write_number(_FIRST_ROW, number, float(column.example), look)
    else:
        worksheet.write_string(_FIRST_ROW, number, column.example, look)
