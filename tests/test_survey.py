"""Workbooks that are out of the way: refused before they take memory, or read in full."""

import io
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from taizhang.settings import PROJECT
from taizhang.sheet import Sheet, read_sheets
from taizhang.survey import UNCOMPUTED, survey
from taizhang.unreadable import UnreadableFileError
from tests.test_sheet import archive_of
from tests.workbooks import biff5_of, packed, sheet_xml, xlsb_of, xlsx_of, xlsx_with, xml_rows

FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="务工">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
    + sheet_xml('<row><c t="str"><v>&a9;</v></c></row>')
)


def ods_of(rows: str, manifest: str = "") -> bytes:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    name = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = f'<manifest:manifest xmlns:manifest="{name}">{manifest}</manifest:manifest>'
    return packed({"mimetype": kind, "META-INF/manifest.xml": entries, "content.xml": _ODS.format(rows)})


def lying(content: bytes, part: str, size: int) -> bytes:
    """A workbook whose directory says of a part that it unpacks to so many bytes."""
    at = content.rindex(part.encode()) - 46 + 24
    assert content[at - 24 : at - 20] == b"PK\x01\x02"
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


FILES = Path(__file__).parent / "files"


def rule_of(content: bytes) -> tuple[str, str | None]:
    with pytest.raises(UnreadableFileError) as refused:
        read_sheets(content)
    return refused.value.rule, refused.value.value


def cell(text: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>'


def row(cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


GAP_BELOW = row("<table:table-cell/>", 'table:number-rows-repeated="1048574"')
GAP_BESIDE = '<table:table-cell table:number-columns-repeated="16383"/>'
EVERYWHERE = row(cell("a", 'table:number-columns-repeated="16384"'), 'table:number-rows-repeated="1048576"')
PREFIXED = re.sub(r"<(/?)(\w)", r"<\1x:\2", FAR)
STRAY: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx_with(sheet_xml(FAR)),
    "single quotes": lambda: xlsx_with(sheet_xml(FAR.replace('"', "'"))),
    "blanks": lambda: xlsx_with(sheet_xml(FAR.replace("r=", "r = "))),
    "prefix": lambda: xlsx_with(sheet_xml(PREFIXED, prefix="x")),
    "ods": lambda: ods_of(row(cell("a")) + GAP_BELOW + row(GAP_BESIDE + cell("a"))),
    "xlsb": lambda: xlsb_of([["a"]], begin=(1_048_575, 16_383)),
}


@pytest.mark.parametrize("stray", STRAY)
def test_a_stray_cell_is_named_instead_of_being_given_a_terabyte(stray: str) -> None:
    assert rule_of(STRAY[stray]()) == ("cell_astray", "XFD1048576")


HUGE: dict[str, Callable[[], bytes]] = {
    "no places": lambda: xlsx_with(sheet_xml("<row/>" * 99_999 + f"<row>{'<c><v>1</v></c>' * 100}</row>")),
    "one cell repeated": lambda: ods_of(EVERYWHERE),
    "one blank repeated": lambda: ods_of(row(cell('<text:s text:c="4000000000"/>'))),
    "tags": lambda: xlsx_with(sheet_xml("", before="<x/>" * 32_000_000)),
    "merged ranges": lambda: xlsx_with(sheet_xml("", before='<mergeCell ref="A1:A9"/>' * 200_001)),
    "inflated": lambda: lying(xlsx_with(""), "xl/worksheets/sheet1.xml", 600 << 20),
    "columns": lambda: b"a" + b"," * 6_000_000,
    "rows": lambda: b"a,b\n" * 3_000_000,
    "ragged": lambda: b"a" + b"," * 100_000 + b"\n" + b"a\n" * 1000,
    "paragraphs": lambda: b"<table>" + b"<p>" * 6_000_000,
}  # fmt: skip


@pytest.mark.parametrize("huge", HUGE)
def test_what_would_take_too_much_memory_is_refused(huge: str) -> None:
    assert rule_of(HUGE[huge]())[0] in ("file_too_large", "cell_astray")


@pytest.mark.parametrize(
    "content",
    [
        xlsx_with(LAUGHS),
        lying(xlsx_with(sheet_xml(xml_rows([["甲"] * 20] * 1000))), "xl/worksheets/sheet1.xml", 100),
        xlsx_of([["甲"]])[:-30],
        biff5_of([["甲"]])[:700],
    ],
    ids=["entities", "a lying header", "truncated", "truncated container"],
)
def test_what_is_damaged_or_made_to_deceive_is_unreadable(content: bytes) -> None:
    assert rule_of(content) == ("file_unreadable", None)


def only(content: bytes) -> Sheet:
    (sheet,) = read_sheets(content)
    return sheet


def test_cells_that_have_a_format_only_are_not_stray() -> None:
    sheet = only(xlsx_with(sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>')))
    assert sheet.cells.rows() == [("1.0",)]


def test_a_wide_sheet_and_a_long_one_are_read() -> None:
    wide = only(xlsx_of([[f"第{n}列" for n in range(800)]]))
    assert wide.cells.width == 800
    long = only(xlsx_of([["姓名"], *[[None]] * 120_000, ["张三"]]))
    assert (long.cells.height, long.cells[-1, 0]) == (120_002, "张三")


def test_a_dimension_that_says_a1_hides_nothing() -> None:
    rows = [["姓名", "乡镇"], ["张三", "黄桥镇"]]
    sheet = only(xlsx_with(sheet_xml(xml_rows(rows), before='<dimension ref="A1"/>')))
    assert [list(row) for row in sheet.cells.rows()] == rows


@pytest.mark.parametrize("write", [xlsb_of, biff5_of, lambda *given: biff5_of(*given, contained=False)])
def test_old_and_binary_workbooks_tell_the_errors_of_formulas(write: Callable[..., bytes]) -> None:
    rows = [["姓名", "收入"], ["张三", 3.5], ["李四", "x"]]
    assert only(write(rows, {(2, 1): 7})).cells.rows() == [("姓名", "收入"), ("张三", "3.5"), ("李四", "#DIV/0!")]


@pytest.mark.parametrize(("more", "struck"), [("", {"务工": {1: (1, 0)}}), ("<x/>" * 1_100_000, {})])
def test_what_is_struck_out_is_told_unless_the_styles_are_too_many_to_be_looked_at(
    more: str, struck: dict[str, dict[int, tuple[int, int]]]
) -> None:
    fonts = "<fonts><font/><font><strike/></font></fonts>"
    styles = f'<styleSheet>{fonts}<cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs>{more}</styleSheet>'
    rows = [f'<row r="{row}"><c r="A{row}" s="{style}"><v>1</v></c></row>' for row, style in ((1, 0), (2, 1))]
    found = survey(xlsx_with(sheet_xml("".join(rows)), styles=styles)).struck
    assert {sheet: cells for sheet, cells in found.items() if cells} == struck


def test_cells_that_have_the_format_of_a_month_only_are_no_cells() -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="17"/></cellXfs></styleSheet>'
    cells = '<c r="A1" s="1"><v>43891</v></c><c r="B1" s="1"/><c r="C1" s="1"><v/></c><c r="D900000" s="1"/>'
    content = xlsx_with(sheet_xml(f'<row r="1">{cells}</row>'), styles=styles)
    assert survey(content).months == {"务工": [(0, 0), (0, 2)]}
    assert only(content).cells.rows()[0][0] == "2020-03"


def test_an_error_is_told_by_the_name_of_its_sheet() -> None:
    xml = sheet_xml('<row r="2"><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>')
    assert survey(xlsx_with(xml)).failed == {"务工": {(1, 1): "#DIV/0!"}}


@pytest.mark.parametrize(
    "formula", ["<f>B1</f>", "<f>B1</f><v></v>", "<f>B1</f><v/>", '<f t="shared" si="0"/>', "<f>B1</f><v />"]
)
def test_a_formula_that_was_never_worked_out_is_no_empty_cell(formula: str) -> None:
    xml = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="A3" s="1">{formula}</c></row>'
    assert only(xlsx_with(sheet_xml(xml))).cells.rows() == [("1.0",), (None,), (UNCOMPUTED,)]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell_and_nothing_unusual() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><f>""</f><v></v></c></row>')
    assert survey(xlsx_with(xml)).failed == {}
    assert only(xlsx_with(xml)).cells["0"].to_list() == ["1.0"]


def test_a_document_tells_a_formula_without_a_result() -> None:
    formula = '<table:table-cell table:formula="of:=[.A1]"/>'
    cells = only(ods_of(row(cell("a") + cell("b")) + row(cell("c") + formula))).cells
    assert cells.rows() == [("a", "b"), ("c", UNCOMPUTED)]


LIMITED = """
import resource, sys
from contextlib import suppress
from pathlib import Path
from taizhang.sheet import read_sheets
from taizhang.unreadable import UnreadableFileError
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 2**31, held + 2**31))
for path in sorted(Path(sys.argv[1]).iterdir()):
    with suppress(UnreadableFileError):
        read_sheets(path.read_bytes())
    print(path.name)
"""


def read_in_limits(folder: Path, files: dict[str, bytes]) -> None:
    """Read files in a process that may take 2 GB more than it has, and a minute; each is read or refused."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-W", "ignore", "-c", LIMITED, str(folder)]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == sorted(files), ran.stderr[-1000:]


def test_no_file_takes_more_memory_than_the_largest_ledger_may(tmp_path: Path) -> None:
    bombs = {name: write() for name, write in STRAY.items() if " " not in name}
    bombs |= {"repeated": ods_of(EVERYWHERE), "laughs": xlsx_with(LAUGHS), "rows": HUGE["rows"]()}
    read_in_limits(tmp_path, bombs)


def whole_files() -> dict[str, bytes]:
    """A small file of every kind."""
    rows = [["姓名", "收入"], ["张三", 3.5], ["李四", "x"]]
    page = "<table><tr><td colspan=2>姓名</td></tr><tr><td rowspan=2>张三</table>"
    written = {
        "xlsb": xlsb_of(rows, {(2, 1): 7}),
        "old": biff5_of(rows, {(2, 1): 7}),
        "bare": biff5_of(rows, contained=False),
    }
    written |= {"csv": "姓名,收入\n张三,3.5\n".encode("gbk"), "html": page.encode()}
    written |= {"mht": archive_of({"sheet001.htm": page}, "gb2312")}
    return written | {path.suffix[1:]: path.read_bytes() for path in sorted(FILES.glob("ledger.*"))}


def damaged(chance: random.Random, content: bytes) -> bytes:
    """Some bytes changed, and sometimes the end missing."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.choice((len(changed), len(changed), chance.randint(1, len(changed))))])


def damaged_within(chance: random.Random, content: bytes) -> bytes:
    """An archive in order, one part of which is damaged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    filled = [name for name, part in parts.items() if part and name != "mimetype"]
    name = chance.choice(filled)
    return packed(parts | {name: damaged(chance, bytes(parts[name]))})  # type: ignore[arg-type]


def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    """The same six hundred files in every run."""
    chance, whole = random.Random(20201231), whole_files()  # noqa: S311
    files = {}
    for number in range(600):
        kind, content = chance.choice(sorted(whole.items()))
        damage = damaged_within if content.startswith(b"PK") and number % 3 else damaged
        files[f"{number:03d}.{kind}"] = damage(chance, content)
    read_in_limits(tmp_path, files)
