"""No accepted value differs from what the clerk wrote but by what `docs/rules.md` lists: worked out anew, by cell."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.contract import Column, contracts
from taizhang.division import divisions
from tests.extracts import ROWS, extract_of, id_of
from tests.workbooks import xlsx_of

CONTRACT = contracts()["employment"]
COLUMNS = {column.headers[0]: column for column in CONTRACT.columns}
_SIGNS = "张三·•１205.-/年月日元,XY?万√是无 \u3000\u200b"
_WORDS = [
    "(户主)",
    "初中",
    "2020",
    "43895",
    "个月",
    "99052519800101001",
    "990525800101001",
    "13800138000",
    "黄桥",
    "左右",
]
PIECES = st.sampled_from([*_SIGNS, *_WORDS])
USUAL = [
    "2020-03-05",
    "2020年3月",
    "2020.10",
    "4,500.50元",
    "9个月",
    "0739-7210000",
    "990525800101001",
    "９",
    "残疾、患有大病",
    "至今",
]
CELLS = st.lists(PIECES, min_size=1, max_size=5).map("".join) | st.sampled_from(USUAL)
PLACEHOLDERS = re.compile(r"无|不详|暂无|未知|/|-+|—+|N/?A|null|0{6,}|999999\d*|至今")
NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)([1-9]\d{5}(19\d\d|200\d)\d{7}[\dXx]|1[3-9]\d{9})(?!\d)")


def shown(text: str) -> str:
    """What a cell shows: without white space around it, and characters that cannot be seen."""
    return re.sub("[\u200b\ufeff]", "", text).strip(" \t\r\n\u00a0\u3000")


def folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", shown(text)))


def without_zero(text: str) -> str:
    return re.sub(r"^(-?\d+)\.0$", r"\1", text)


def is_text(kept: object, written: str, _: Column) -> bool:
    return kept == re.sub(r"^(\d+)\.0$", r"\1", shown(written))


def is_name(kept: object, written: str, _: Column) -> bool:
    return re.sub(r"\s", "", str(kept)) == re.sub(r"\s", "", shown(written))


def is_identity(kept: object, written: str, _: Column) -> bool:
    bare = re.sub(r"\.0$", "", re.sub("[=\"'`]", "", folded(written).upper()))
    return kept in (bare, bare[:18], id_of(f"{bare[:6]}19{bare[6:]}") if re.fullmatch(r"\d{15}", bare) else None)


def is_phone(kept: object, written: str, _: Column) -> bool:
    return kept == re.sub(r"^(\+|00)86-?", "", without_zero(folded(written)))


def is_code(kept: object, written: str, column: Column) -> bool:
    spellings = {folded(spelling): value for spelling, value in column.code_of_spelling.items()}
    return kept == spellings.get(folded(written), "unmapped")


def is_list_of_codes(kept: object, written: str, column: Column) -> bool:
    spellings = column.code_of_spelling
    values = {spellings.get(one, "unmapped") for one in re.split("[,、;/]+", folded(written))}
    return kept == ",".join(sorted(values))


def is_yes_or_no(kept: object, written: str, _: Column) -> bool:
    yes = {"是", "有", "Y", "YES", "√", "1", "TRUE", "对", "合格", "已取证", "已返乡", "愿意"}
    return kept == (without_zero(folded(written)).upper() in yes)


def is_date(kept: object, written: str, _: Column) -> bool:
    assert isinstance(kept, date)
    numbers = [int(number) for number in re.findall(r"\d+", without_zero(folded(written)))]
    forms = [kept.year, kept.month, kept.day]
    together = [int(f"{kept:%Y%m%d}"), int(f"{kept:%Y%m}"), (kept - date(1899, 12, 30)) // timedelta(days=1)]
    return numbers in (forms, forms[:2], forms[:1], together[:1], together[1:2], together[2:])


def is_integer(kept: object, written: str, _: Column) -> bool:
    return str(kept) == str(int(re.sub(r"(个月|月|课时|学时|小时)$", "", without_zero(folded(written)))))


def is_money(kept: object, written: str, _: Column) -> bool:
    try:
        return Decimal(str(kept)) == Decimal(re.sub(r"[,¥￥]|元$", "", folded(written)))
    except InvalidOperation:
        return False


def is_division(kept: object, written: str, _: Column) -> bool:
    return divisions()[str(kept)].name.startswith(re.sub(r"\s", "", shown(written))[:2])


EXPLAINED: dict[str, Callable[[object, str, Column], bool]] = {
    "text": is_text,
    "name": is_name,
    "id_number": is_identity,
    "paper_number": is_text,
    "phone": is_phone,
    "code": is_code,
    "codes": is_list_of_codes,
    "yes_no": is_yes_or_no,
    "date": is_date,
    "integer": is_integer,
    "money": is_money,
    "township": is_division,
    "village": is_division,
}


CHANGES = st.dictionaries(st.sampled_from(sorted(COLUMNS)), CELLS, min_size=1, max_size=3)


@settings(max_examples=15)
@given(st.lists(CHANGES, min_size=20, max_size=40))
def test_what_is_kept_is_what_was_written_but_for_the_normalisations(changes: list[dict[str, str]]) -> None:
    usual = {CONTRACT.column_of_header[header].headers[0]: text for header, text in ROWS["employment"].items()}
    rows = [dict.fromkeys(COLUMNS, "") | usual | changed for changed in changes]
    extract = extract_of(xlsx_of([list(COLUMNS), *(list(row.values()) for row in rows)]))
    for kept in extract.accepted.iter_rows(named=True):
        for header, text in rows[kept["row_number"] - 2].items():
            assert_explained(kept[COLUMNS[header].name], text, COLUMNS[header], kept)


def assert_explained(kept: object, written: str, column: Column, row: dict[str, str]) -> None:
    if kept is None:
        is_personal = column.kind == "paper_number" and NUMBER_OF_A_PERSON.search(folded(written))
        is_nothing = not shown(written) or PLACEHOLDERS.fullmatch(folded(written))
        assert column.advisory or is_personal or is_nothing, (column.name, written)
    else:
        assert EXPLAINED[column.kind](kept, written, column), (column.name, written, kept)
    if kept == "unmapped":
        assert json.loads(row["extra"])[column.label] == shown(written)
