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
_HOW: dict[Kind, str] = {
    "id_number": "18位，最后一位可以是X",
    "phone": "手机11位；固定电话带区号",
    "account": "完整账号，不要有空格",
    "township": "写全称",
    "village": "写全称，必须属于左边的乡镇",
    "code": "从列表中选择一项",
    "codes": "从列表中选择；有几项时用顿号隔开",
    "yes_no": "从列表中选择“是”或“否”",
    "date": "写成2020-03-05的样子；只到月的写成2020-03",
    "integer": "只填数字",
    "money": "只填数字，单位是元",
}
_MONTH = len("2020-03")
_WIDTHS: dict[Kind, int] = {"id_number": 22, "account": 24, "text": 16, "phone": 14}
_WIDTH = 12
_A3 = 8


def template(contract: Contract) -> bytes:
    """An `.xlsx` with the contract's header, an example row, a list for each coded column, and formats that keep
    identity numbers whole.
    """
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    worksheet = workbook.add_worksheet(contract.label)
    worksheet.freeze_panes(_FIRST_ROW, 0)
    worksheet.set_landscape()
    worksheet.set_paper(_A3)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(0, _HEADER_ROW)
    worksheet.write_string(0, 0, contract.label, workbook.add_format({"bold": True, "font_size": 16}))
    worksheet.write_string(1, 0, _HINT, workbook.add_format({"font_color": "#7F7F7F"}))
    header = workbook.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True})
    required = workbook.add_format({"bold": True, "border": 1, "bg_color": "#FCE4D6", "text_wrap": True})
    grey = {"font_color": "#7F7F7F", "italic": True}
    worksheet.write_string(_HEADER_ROW, 0, _SEQUENCE, header)
    worksheet.write_string(_FIRST_ROW, 0, EXAMPLE, workbook.add_format(grey))
    for number, column in enumerate(contract.columns, start=1):
        number_format = _format(column)
        width = _WIDTHS.get(column.kind, _WIDTH)
        worksheet.set_column(number, number, width, workbook.add_format({"num_format": number_format}))
        heading = f"*{column.headers[0]}" if column.required else column.headers[0]
        worksheet.write_string(_HEADER_ROW, number, heading, required if column.required else header)
        worksheet.write_comment(_HEADER_ROW, number, _advice(column))
        _offer(worksheet, number, column)
        _write_example(worksheet, number, column, workbook.add_format({**grey, "num_format": number_format}))
    workbook.close()
    return buffer.getvalue()


def _format(column: Column) -> str:
    """Of a column's cells; Excel would make a day of a month that is not a text."""
    return _TEXT if len(column.example) == _MONTH and column.kind == "date" else _FORMATS.get(column.kind, _TEXT)


def _advice(column: Column) -> str:
    """What a clerk needs to know before writing; descriptions are in two languages, theirs the last."""
    described = column.description.rpartition(". ")[2]
    return "\n".join([described, "必填" if column.required else "可以不填", *filter(None, [_HOW.get(column.kind)])])


def _offer(worksheet: Worksheet, number: int, column: Column) -> None:
    """The list of a coded column; it only proposes where more than its labels is read: several, or a synonym (之母)."""
    labels = [code.label for code in column.codes] or (["是", "否"] if column.kind == "yes_no" else [])
    if labels:
        offered = {"validate": "list", "source": labels, "error_title": column.label, "error_message": "请从列表中选择"}
        if column.kind == "codes" or any(code.synonyms for code in column.codes):
            offered["error_type"] = "information"
        worksheet.data_validation(_FIRST_ROW, number, _FIRST_ROW + _ROWS, number, offered)


def _write_example(worksheet: Worksheet, number: int, column: Column, look: Format) -> None:
    if not column.example:
        worksheet.write_blank(_FIRST_ROW, number, None, look)
    elif _format(column) == _DAY:
        worksheet.write_datetime(_FIRST_ROW, number, date.fromisoformat(column.example), look)
    elif column.kind in ("integer", "money"):
        worksheet.write_number(_FIRST_ROW, number, float(column.example), look)
    else:
        worksheet.write_string(_FIRST_ROW, number, column.example, look)
