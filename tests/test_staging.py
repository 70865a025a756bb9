"""What staging makes of a cell: the macros by themselves, in Postgres."""

from pathlib import Path

import jinja2
import polars as pl
import pytest

from taizhang.build import DBT_PROJECT
from taizhang.clean import clean
from taizhang.contract import contracts
from taizhang.warehouse import connect

EMPLOYER = contracts()["employment"].column("employer")
FILES = ("without_number.sql", "folded_name.sql", "differs.sql")
WITH_A_NUMBER = [
    "恒达电子厂13800138000",
    "恒达电子厂 138-0013-8000",
    "恒达 138.0013.8000",
    "恒达138/0013/8000",
    "恒达138_0013_8000",
    "恒达 138—0013—8000",
    "恒达 138\u00a00013  8000",
    "恒达\n138\n0013\n8000",
    "（０７３９）７２２１２３４",
    "990525.19800101.0017",
    "6217·0012·3400·0123·456",
    "张伟一三八〇〇一三八〇〇〇",
    "恒达13800三八零零零1",
    "恒达 电话：7221234",
    "恒达手机号722-1234",
]
WITHOUT = [
    "洞口县第3建筑公司2020年12月",
    "高沙镇工业园区A1栋2层3号",
    "恒达（2019）有限公司8车间6组",
    "广东省深圳市龙岗区1988创意园",
    "二〇二〇年十二月洞口县第三建筑公司",
    "电话机厂2020年12月",
]


def staged_as(text: str, macro: str, *arguments: str) -> str | None:
    """What a macro makes of a text."""
    macros = "".join(path.read_text("utf-8") for path in (DBT_PROJECT / "macros" / name for name in FILES))
    called = getattr(jinja2.Environment(autoescape=True).from_string(macros).module, macro)("source.text", *arguments)
    with connect() as connection:
        query = f"select {called} from (select %s::text as text) as source"
        ((staged,),) = connection.execute(query.encode(), [text]).fetchall()
    return None if staged is None else str(staged)


@pytest.mark.parametrize("text", [*WITH_A_NUMBER, *WITHOUT])
def test_a_text_with_a_number_of_a_person_stays_in_raw_and_is_told_and_no_other(warehouse: Path, text: str) -> None:
    staged = staged_as(text, "without_number")
    cleaned = clean(pl.DataFrame({"employer": [text]}), [EMPLOYER])
    assert staged == (None if text in WITH_A_NUMBER else text)
    assert ("employer|number_in_text" in cleaned.columns) == (text in WITH_A_NUMBER)


@pytest.mark.parametrize("written", [f"买买提{point}艾力" for point in "·•・‧．.∙⋅･"])
@pytest.mark.parametrize("note", ["", "(户主)", "（户主）", "(本人)", "（本人）", "（户主本人）"])
def test_names_that_are_no_difference_are_one_name_by_which_people_are_paired(
    warehouse: Path, written: str, note: str
) -> None:
    assert staged_as(written + note, "normalised", "normalised") == "买买提·艾力"
    assert staged_as(written + note, "folded_name") == "买买提·艾力"
