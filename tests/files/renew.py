"""Writes the workbooks of this folder anew, by LibreOffice: `python -m tests.files.renew`, where it is installed."""

import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
FILTERS = {"xls": "MS Excel 97", "ods": "calc8", "xlsx": "Calc MS Excel 2007 XML"}
GROUPS = {"务工地": ("省", "市", "县"), "务工时间": ("开始时间", "务工时间(月)")}
ROWS = (
    ("张三", "990525198001010017", "男", "外出务工", "广东省", "深圳市", "宝安区", date(2020, 3, 5), 9),
    ("李四", "990525198001010025", "女", "外出务工", "浙江省", "杭州市", "余杭区", date(2020, 4, 1), 8),
    ("王五", "990525198001010033", "男", "外出务工", "广东省", "广州市", "白云区", date(2020, 5, 6), 7),
)


def ledger(path: Path) -> None:
    """A title, a header in two rows with merged cells, a hidden row, an error, a total, a signature, a hidden sheet."""
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet = workbook.add_worksheet("务工")
        sheet.merge_range(0, 0, 0, 10, "洞口县2020年12月就业帮扶台账")
        for column, header in enumerate(("姓名", "身份证号", "性别", "务工状态")):
            sheet.merge_range(1, column, 2, column, header)
        column = 4
        for group, headers in GROUPS.items():
            sheet.merge_range(1, column, 1, column + len(headers) - 1, group)
            sheet.write_row(2, column, headers)
            column += len(headers)
        sheet.merge_range(1, 9, 2, 9, "乡镇")
        sheet.merge_range(1, 10, 2, 10, "行政村")
        sheet.merge_range(3, 9, 5, 9, "黄桥镇")
        for number, row in enumerate(ROWS, start=3):
            sheet.write_row(number, 0, row[:7])
            sheet.write_datetime(number, 7, row[7], day)
            sheet.write_number(number, 8, row[8])
            sheet.write_string(number, 10, "清风村")
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.write_formula(5, 6, "=1/0", value="#DIV/0!")
        sheet.write_row(6, 0, ("合计",))
        sheet.write_formula(6, 8, "=SUM(I4:I6)", value=24)
        sheet.write_string(7, 0, "填报人：赵六")
        hidden = workbook.add_worksheet("旧表")
        hidden.write_string(0, 0, "不要看")
        hidden.hide()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ledger.xlsx"
        ledger(source)
        for suffix, name in FILTERS.items():
            command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
            out = Path(folder) / suffix
            subprocess.run(
                [*command, "--convert-to", f"{suffix}:{name}", "--outdir", str(out), str(source)], check=True
            )
            shutil.copy(out / f"ledger.{suffix}", HERE / f"ledger.{suffix}")


if __name__ == "__main__":
    main()
