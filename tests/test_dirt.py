"""What really comes in: every defect that hand-made ledgers are known for, in files by real programs."""

import csv
import io
import json
import logging
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import msoffcrypto.format.ooxml
import odf.opendocument
import odf.table
import odf.text
import openpyxl
import polars as pl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

import taizhang.extract.part
from taizhang.division import county, find_within
from taizhang.extract import HandedIn, read_file, read_files
from taizhang.records import below_header
from taizhang.rules import RULES
from taizhang.sheet import read_sheets
from taizhang.unreadable import UnreadableFileError
from tests.extracts import DAY, MALE, ROWS, VILLAGE, extract_of, id_of, text_table, told
from tests.test_survey import cell, ods_of, row
from tests.workbooks import Cell, biff5_of, xlsb_of, xlsx_of

FILES = Path(__file__).parent / "files"
ROW = ROWS["employment"]
Rows = list[list[Cell]]


def changed(**cells: Cell) -> bytes:
    """A workbook of one good row with some of its cells changed; a number is stored as a number."""
    one: dict[str, Cell] = {**ROW, **cells}
    return xlsx_of([list(one), list(one.values())])


def rules_of(content: bytes) -> list[str]:
    return extract_of(content).problems["rule"].to_list()


# files


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsx", "xml"])
def test_a_ledger_is_read_alike_in_every_format_of_a_workbook(suffix: str) -> None:
    """A title, a header in two rows, merged cells, a hidden row and sheet, an error, a total, a signature."""
    file = read_file((FILES / f"ledger.{suffix}").read_bytes(), county(), DAY)
    (extract,) = file.extracts
    assert extract.accepted.select("row_number", "name", "started_on", "months_worked", "village_code").rows() == [
        (4, "张三", date(2020, 3, 5), 9, VILLAGE.code),
        (5, "李四", date(2020, 4, 1), 8, VILLAGE.code),
    ]
    assert extract.rejected["row_number"].to_list() == [6]
    refused = extract.problems.filter(pl.col("severity") == "error")
    assert refused.select("cell", "rule", "value").rows() == [("G6", "value_error", "#DIV/0!")]
    assert file.problems["rule"].to_list() == ["sheet_hidden"]


def xls_of(rows: Rows) -> bytes:
    book, written = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet("务工")
    for number, cells in enumerate(rows):
        for column, text in enumerate(cells):
            sheet.write(number, column, text)
    book.save(written)
    return written.getvalue()


def odf_of(rows: Rows) -> bytes:
    document, written = odf.opendocument.OpenDocumentSpreadsheet(), io.BytesIO()
    table = odf.table.Table(name="务工")
    for cells in rows:
        line = odf.table.TableRow()
        for text in cells:
            place = odf.table.TableCell(valuetype="string")
            place.addElement(odf.text.P(text=text))
            line.addElement(place)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(written)
    return written.getvalue()


def openpyxl_of(rows: Rows) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    for cells in rows:
        book.worksheets[0].append(cells)
    book.save(written)
    return written.getvalue()


def html_of(rows: Rows) -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in cells) + "</tr>" for cells in rows)
    return f'<html><meta charset="utf-8"><table>{lines}</table></html>'.encode()


def text_of(encoding: str, delimiter: str) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        written = io.StringIO()
        csv.writer(written, delimiter=delimiter).writerows(rows)
        return written.getvalue().encode(encoding)

    return write


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "xlsx by xlsxwriter": xlsx_of,
    "xlsx by openpyxl": openpyxl_of,
    "xls by xlwt": xls_of,
    "xls of Excel 95": biff5_of,
    "xlsb": xlsb_of,
    "ods by odfpy": odf_of,
    "html": html_of,
    "csv in UTF-8": text_of("utf-8", ","),
    "csv in UTF-8 with a mark": text_of("utf-8-sig", ","),
    "csv in GB 18030": text_of("gb18030", ";"),
    "text in GBK": text_of("gbk", "|"),
    "text in UTF-16": text_of("utf-16", "\t"),
}
HAN = st.text(st.sampled_from("张王李赵刘陈杨黄周吴一二三丰芳敏静丽强磊"), min_size=2, max_size=4)
PEOPLE = st.lists(
    st.tuples(HAN, st.dates(date(1950, 1, 1), date(2000, 1, 1)), st.integers(0, 499), st.integers(1, 12)),
    min_size=1, max_size=5, unique_by=lambda person: (person[1], person[2]),
)  # fmt: skip


@settings(max_examples=5)
@pytest.mark.parametrize("name", FORMATS)
@given(people=PEOPLE)
def test_any_ledger_of_valid_people_reads_back_equal_from_every_format(
    name: str, people: list[tuple[str, date, int, int]]
) -> None:
    numbers = [id_of(f"990525{born:%Y%m%d}{2 * order + 1:03d}") for _, born, order, _ in people]
    written = [
        ROW | {"姓名": who, "身份证号": number, "开始时间": "2020-01", "务工时间(月)": str(months)}
        for (who, *_, months), number in zip(people, numbers, strict=True)
    ]
    extract = extract_of(FORMATS[name]([list(ROW), *(list(cells.values()) for cells in written)]))
    assert extract.problems.rows() == []
    assert extract.accepted.select("name", "id_no", "months_worked").rows() == [
        (who, number, months) for (who, *_, months), number in zip(people, numbers, strict=True)
    ]


def encrypted_xlsx() -> bytes:
    written = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(changed())).encrypt("secret", written)
    return written.getvalue()


def encrypted_xls() -> bytes:
    """A record FilePass behind the first one; what follows is not looked at any more."""
    plain = biff5_of([["姓名"]], contained=False)
    return plain[:12] + b"\x2f\x00\x06\x00\x00\x00\x00\x00\x00\x00" + plain[12:]


def encrypted_ods() -> bytes:
    data = "<manifest:encryption-data/>"
    return ods_of(row(cell("a")), f'<manifest:file-entry manifest:full-path="content.xml">{data}</manifest:file-entry>')


@pytest.mark.parametrize("write", [encrypted_xlsx, encrypted_xls, encrypted_ods])
def test_a_password_is_told_and_not_taken_for_damage(write: Callable[[], bytes]) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(write())
    assert refused.value.rule == "file_encrypted"


def test_a_fault_of_ours_refuses_one_file_of_a_batch_and_logs_no_cell(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(sheet: object, *given: object) -> pl.DataFrame:
        if "害" in str(sheet):
            raise ValueError(f"a fault at {MALE}")
        return below_header(sheet, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(taizhang.extract.part, "below_header", failing)
    contents = [
        text_table([ROW]),
        xlsx_of([list(ROW), list((ROW | {"姓名": "害"}).values())], sheet="害"),
        text_table([ROW]),
    ]
    with caplog.at_level(logging.ERROR):
        files = read_files([HandedIn(content, county(), DAY) for content in contents])
    assert [len(file.extracts) for file in files] == [1, 0, 1]
    assert files[1].problems["rule"].to_list() == ["file_unreadable"]
    assert "ValueError in failing" in caplog.text
    assert MALE not in caplog.text


# cells; the rest of their forms is in tests/clean


@pytest.mark.parametrize(
    ("cells", "rules"),
    [
        ({"身份证号": 9.90525198001010017e17}, ["id_damaged"]),  # typed as a number: digits 16 to 18 are lost
        ({"身份证号": "9.90525E+17"}, ["id_damaged"]),
        ({"身份证号": "990525198001010031"}, ["id_checksum"]),  # went through a float somewhere
        ({"身份证号": f'="{MALE}"'}, []),
        ({"身份证号": f"'{MALE}\t"}, []),
        ({"身份证号": f"\u00a0{MALE}\u3000"}, []),
        ({"身份证号": "99052519800101005×"}, []),
        ({"身份证号": "990525800101001"}, ["id_upgraded"]),
        ({"身份证号": 990525800101001.0}, ["id_upgraded"]),  # fifteen digits survive
        ({"身份证号": f"{MALE}43"}, ["id_disability_card"]),
        ({"身份证号": "999999198001010017"}, ["required_missing"]),
        ({"身份证号": "同上"}, ["value_ditto"]),
        ({"开始时间": 2020.1}, ["date_ambiguous"]),
        ({"开始时间": "2020.1"}, []),  # a text keeps what was typed
        ({"开始时间": 43895.0}, []),
        ({"开始时间": 20200305.0}, []),
        ({"开始时间": 202003.0}, []),
        ({"开始时间": "三月"}, ["date_invalid"]),
        ({"开始时间": "2020.2-2020.12"}, ["date_span"]),
        ({"结束时间": "至今"}, []),
        ({"户编号": 43052510320400001.0}, ["number_damaged"]),
        ({"户编号": 4305250001.0}, []),
        ({"联系电话": 13800138000.0}, []),
        ({"联系电话": "0739-7210000"}, []),
        ({"联系电话": "13800138000、13900139000"}, ["phone_several"]),
        ({"月收入": "3000左右"}, ["amount_invalid"]),
        ({"月收入": "3000-4000"}, ["amount_invalid"]),
        ({"月收入": 3000.5}, []),
        ({"月收入": 36000.0}, ["amount_out_of_range"]),  # the year's in the month's column
        ({"月收入": 350.0}, ["amount_unusual"]),
        ({"姓名": "张\ufffd"}, ["name_garbled"]),
        ({"姓名": "张 三"}, []),
        ({"姓名": "欧阳 修远"}, []),
        ({"姓名": "张三丰\n李四光"}, ["name_several"]),
        ({"姓名": "张三、李四"}, ["name_several"]),
        ({"姓名": "张三 李四"}, ["name_several"]),
        ({"姓名": "张三丰\u3000李四光 王五"}, ["name_several"]),
        ({"姓名": "买买提 艾力"}, []),
        ({"姓名": "张 三 丰"}, []),
        ({"姓名": "买买提•艾力(户主)"}, []),
        ({"乡镇": "黄桥镇人民政府", "行政村": "清风村村委会"}, []),
        ({"乡镇": "黄桥", "行政村": "清风"}, []),
        ({"乡镇": float(VILLAGE.parent_code), "行政村": float(VILLAGE.code)}, []),
        ({"乡镇": "黄桥镇政府", "行政村": "黄桥镇清风村"}, []),
        ({"乡镇": "洞口县黄桥镇", "行政村": "清风村委"}, []),
        ({"行政村": "湖南省邵阳市洞口县黄桥镇清风村"}, []),
        ({"乡镇": "湖南省洞口县黄桥镇"}, []),
        ({"乡镇": "430525106"}, []),
        ({"乡镇": 430525106.0}, []),
        ({"乡镇": "文昌街道办", "行政村": "平青村"}, []),
        ({"行政村": "不知道村"}, ["village_unknown"]),
        ({"行政村": "文昌街道平青村"}, ["village_unknown"]),
        ({"乡镇": "同上", "行政村": "同上"}, ["value_ditto", "value_ditto"]),
        ({"性别": "2"}, ["code_unmapped"]),  # man in one system, woman in the other
        ({"是否返乡": "×"}, []),
    ],
)  # fmt: skip
def test_each_known_defect_of_a_cell_is_mended_or_told(cells: dict[str, Cell], rules: list[str]) -> None:
    file = read_file(changed(**cells), county(), DAY)
    (extract,) = file.extracts
    assert extract.problems["rule"].to_list() == rules
    is_refused = any(RULES[rule].severity == "error" for rule in rules)
    assert (extract.accepted.height, extract.rejected.height) == ((0, 1) if is_refused else (1, 0))
    if is_refused:
        kept = json.loads(extract.rejected["cells"].item())
        assert all(str(value) == kept[header] for header, value in cells.items() if isinstance(value, str))


@pytest.mark.parametrize("write", [html_of, text_of("gb18030", ",")])
@pytest.mark.parametrize(
    ("text", "rules"), [("2020.1", ["date_ambiguous"]), ("2020.10", []), ("2020.01", []), ("2020.2", [])]
)
def test_a_month_saved_as_text_may_have_been_a_number_before(
    write: Callable[[Rows], bytes], text: str, rules: list[str]
) -> None:
    one = {**ROW, "开始时间": text, "务工时间(月)": "3"}
    assert rules_of(write([list(one), list(one.values())])) == rules


def test_two_payments_are_never_one_for_what_a_workbook_has_lost_of_their_numbers() -> None:
    numbers = (202011300000000123.0, 202011300000000124.0)
    rows: Rows = [list(ROWS["subsidy"]), *([number, *list(ROWS["subsidy"].values())[1:]] for number in numbers)]
    extract = extract_of(xlsx_of(rows))
    assert (extract.accepted.height, extract.rejected.height) == (0, 2)
    assert extract.problems["rule"].to_list() == ["number_damaged", "required_missing"] * 2


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ({"务工时间(月)": 13.0}, "13"),
        ({"务工时间(月)": 10.5}, "10.5"),
        ({"行政村": 430525103000.0}, "430525103000"),
        ({"月收入": -5.0}, "-5"),
        ({"姓名": ""}, None),
    ],
)
def test_what_is_quoted_to_a_clerk_is_what_the_cell_shows(cells: dict[str, Cell], value: str | None) -> None:
    problem = extract_of(changed(**cells)).problems.row(0, named=True)
    assert problem["value"] == value
    assert value is None or f"“{value}”" in problem["message"]


def test_a_day_in_a_cell_of_that_format_is_read_as_the_day() -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    for cells in (list(ROW), [*ROW.values()]):
        book.worksheets[0].append(cells)
    place = list(ROW).index("开始时间") + 1
    book.worksheets[0].cell(2, place).value = datetime(2020, 3, 5)
    book.save(written)
    assert extract_of(written.getvalue()).accepted["started_on"].to_list() == [date(2020, 3, 5)]
    early = extract_of(written.getvalue(), day=date(2020, 3, 4)).problems
    assert early["value"].to_list() == ["2020-03-05", "9"]


@pytest.mark.parametrize("is_struck", [True, False])
def test_a_row_with_something_struck_out_is_read_and_told_once(*, is_struck: bool) -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    other = ROW | {"身份证号": id_of("99052519800101003")}
    for cells in (["作废说明"], list(ROW), [*ROW.values()], [*other.values()], ["合计"], ["填报人：张三"]):
        sheet.append(cells)
    struck_out = openpyxl.styles.Font(strike=is_struck, bold=not is_struck)
    for number in (1, 4, 6):  # a title and a signature are no records
        for place in range(2, len(ROW) + 2):
            sheet.cell(number, place).font = struck_out
    sheet.cell(1, 1).font = sheet.cell(6, 1).font = struck_out
    book.save(written)
    extract = extract_of(written.getvalue())
    assert extract.accepted["row_number"].to_list() == [3, 4]
    told = extract.problems.filter(pl.col("rule") == "row_struck").select("sheet", "row_number", "cell").rows()
    assert told == ([("Sheet", 4, "B4")] if is_struck else [])


@pytest.mark.parametrize("suffix", ["xls", "xlsx"])
@pytest.mark.parametrize("shared", [True, False])
def test_a_text_of_which_a_part_is_struck_out_is_told_too(suffix: str, *, shared: bool) -> None:
    """Struck out and written anew behind it: no name is both."""
    content = struck_xls() if suffix == "xls" else struck_xlsx(shared=shared)
    extract = extract_of(content)
    told = extract.problems.select("rule", "cell").rows()
    assert (extract.accepted["name"].to_list(), told) == (["李四张三"], [("row_struck", "A2")])


def struck_xlsx(*, shared: bool) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "constant_memory": not shared}) as book:
        sheet = book.add_worksheet("务工")
        sheet.write_row(0, 0, list(ROW))
        sheet.write_rich_string(1, 0, book.add_format({"font_strikeout": True}), "李四", book.add_format(), "张三")
        sheet.write_row(1, 1, list(ROW.values())[1:])
    return written.getvalue()


def struck_xls() -> bytes:
    book, written = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet("务工")
    for column, (header, text) in enumerate(ROW.items()):
        sheet.write(0, column, header)
        sheet.write(1, column, text) if column else None
    sheet.write_rich_text(1, 0, (("李四", xlwt.easyfont("struck_out true")), ("张三", xlwt.easyfont(""))))
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize("write", ["xls", "xlsx"])
@pytest.mark.parametrize(
    ("look", "day", "kept"),
    [
        ('yyyy"年"m"月"', 1, "month"),
        ("[$-804]yyyy\\-mm;@", 1, "month"),
        ("mmm-yy", 1, "month"),
        ("yyyy.m", 5, "day"),
        ("yyyy-mm-dd", 1, "day"),
        ('m"月"d"日"', 1, "day"),
        ("yyyy-mm hh:mm", 1, "day"),
    ],
)
def test_a_month_that_a_workbook_made_a_day_of_is_the_month_that_it_shows(
    write: str, look: str, day: int, kept: str
) -> None:
    """Typed as 2020-3 into Excel or WPS it is stored as the first of March."""
    xls, xlsx, written = xlwt.Workbook(), openpyxl.Workbook(), io.BytesIO()
    sheet, other = xls.add_sheet("务工"), xlsx.worksheets[0]
    for column, (header, text) in enumerate((ROW | {"开始时间": datetime(2020, 3, day)}).items()):
        style = xlwt.easyxf(num_format_str=look) if header == "开始时间" else xlwt.easyxf()
        for number, value in enumerate((header, text)):
            sheet.write(number, column, value, style)
            other.cell(number + 1, column + 1).value = value
            other.cell(number + 1, column + 1).number_format = style.num_format_str
    (xls if write == "xls" else xlsx).save(written)
    assert extract_of(written.getvalue()).accepted.select("started_on", "started_on_precision").rows() == [
        (date(2020, 3, day), kept)
    ]


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("2020年3月", "month"),
        ("2020-03", "month"),
        ("Mar 20", "month"),
        ("3月1日", "day"),
        ("Mar 01", "day"),
        ("2020/3/1", "day"),
    ],
)
def test_a_month_in_a_document_is_the_month_that_it_shows(shown: str, kept: str) -> None:
    document, written = odf.opendocument.OpenDocumentSpreadsheet(), io.BytesIO()
    table, header, line = odf.table.Table(name="务工"), odf.table.TableRow(), odf.table.TableRow()
    for heading, text in ROW.items():
        is_date = heading == "开始时间"
        told = {"valuetype": "date", "datevalue": "2020-03-01"} if is_date else {"valuetype": "string"}
        for cells, place, words in (
            (header, odf.table.TableCell(valuetype="string"), heading),
            (line, odf.table.TableCell(**told), shown if is_date else text),
        ):
            place.addElement(odf.text.P(text=words))
            cells.addElement(place)
    for cells in (header, line):
        table.addElement(cells)
    document.spreadsheet.addElement(table)
    document.save(written)
    assert extract_of(written.getvalue()).accepted["started_on_precision"].to_list() == [kept]


def test_a_value_stands_in_the_rows_that_its_merged_cell_covers_and_in_no_other() -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(list(ROW))
    for number, township in enumerate(["黄桥镇", None, None]):
        people = ROW | {"身份证号": id_of(f"9905251980010100{2 * number + 1}"), "乡镇": township}
        sheet.append(list(people.values()))
    place = openpyxl.utils.get_column_letter(list(ROW).index("乡镇") + 1)
    sheet.merge_cells(f"{place}2:{place}3")
    book.save(written)
    extract = extract_of(written.getvalue())
    assert extract.accepted["row_number"].to_list() == [2, 3]
    assert extract.rejected["row_number"].to_list() == [4]


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ("洞口县黄桥镇清风村", []),
        ("湖南省邵阳市洞口县黄桥镇清风村", []),
        ("黄桥镇 清风", []),
        ("洞口县黄桥镇不知道村", ["village_unknown"]),
        ("高沙镇云峰村", ["township_elsewhere"]),
    ],
)
def test_township_and_village_may_stand_in_one_cell(written: str, rules: list[str]) -> None:
    row = {header: text for header, text in ROW.items() if header not in ("乡镇", "行政村")} | {"所属区域": written}
    extract = extract_of(text_table([row]), division=find_within(county().code, "黄桥镇"))
    assert extract.problems["rule"].to_list() == rules
    assert extract.accepted["village_code"].to_list() == ([] if rules else [VILLAGE.code])
    if not rules:
        assert extract_of(text_table([row])).accepted["village_code"].to_list() == [VILLAGE.code]


@pytest.mark.parametrize("text", ["合计", "小 计", "填报人：张三", "审核人:李四", "合计：1人，800元", "注：按月填报"])
def test_a_total_or_a_signature_is_no_record(text: str) -> None:
    extract = extract_of(xlsx_of([list(ROW), list(ROW.values()), [text]]))
    assert (extract.rows_read, extract.problems.height) == (1, 0)


# rows


def phone_of(*people: tuple[str, str]) -> list[str]:
    """Rules told of people with one phone number, each given by household and last digits of the identity number."""
    rows = [
        ROW | {"户编号": household, "身份证号": id_of(f"99052519800101{order}"), "联系电话": "13800138000"}
        for household, order in people
    ]
    return rules_of(text_table(rows))


def test_a_phone_of_one_household_is_theirs_and_one_of_three_is_told() -> None:
    assert phone_of(("1", "001"), ("1", "003"), ("1", "005"), ("2", "007")) == []
    assert phone_of(("1", "001"), ("2", "003"), ("3", "005")) == ["phone_shared"] * 3
    assert phone_of(("", "001"), ("", "003"), ("", "005")) == ["phone_shared"] * 3


@pytest.mark.parametrize(
    ("kind", "amount", "rules"),
    [
        ("交通补贴", "1000", set()),
        ("交通补贴", "4000", {"amount_unlike_type"}),
        ("创业担保贷款", "200000", set()),
    ],
)
def test_an_amount_is_held_against_what_is_usual_for_its_type(kind: str, amount: str, rules: set[str]) -> None:
    assert told("subsidy", 补贴类型=kind, 补贴金额=amount) == rules
