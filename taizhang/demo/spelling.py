"""Cells as a clerk writes them: one expression a column, from the ledger's value to the text of the cell."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import polars as pl

from taizhang.contract import Column
from taizhang.demo.style import Style
from taizhang.division import children, county, divisions, names_within

CellKind = Literal["text", "number", "date"]
_EXCEL_EPOCH = date(1899, 12, 30)
_MONTH_COLUMNS = ("period_from", "period_to")
_SPELT_BY_LABEL = ("relation_to_head", "gender")  # their synonyms hold for some of a code's people only


@dataclass(frozen=True)
class Spelt:
    """Text of a column's cells (null is an empty cell), and how the workbook stores them."""

    cells: pl.Expr
    kind: CellKind = "text"


def spell(column: Column, style: Style) -> Spelt:
    """How a clerk of this style writes a column."""
    value = pl.col(column.name)
    match column.kind:
        case "name":
            return Spelt(_spaced(value, style))
        case "id_number":
            return Spelt(_id_number(value, style))
        case "phone":
            return Spelt(value, "number" if style.phone_numbers else "text")
        case "township" | "village":
            return Spelt(value.replace_strict(*_division_names(column.kind, style.divisions)))
        case "code":
            return Spelt(_code(column, style))
        case "codes":
            return Spelt(_codes(column))
        case "yes_no":
            yes, no = style.yes_no
            return Spelt(pl.when(value).then(pl.lit(yes)).when(~value).then(pl.lit(no)))
        case "date":
            return _date(column, style)
        case "integer":
            unit = style.month_unit and column.name == "months_worked"
            text = value.cast(pl.String)
            return Spelt(text + "个月") if unit else Spelt(text, "number")
        case "money":
            return _money(column, style)
        case _:
            return Spelt(value)


def _is_so(share: int, style: Style) -> pl.Expr:
    """Whether a row is one of the `share` percent that show a habit."""
    return (pl.col("record") * 7919 + style.salt) % 100 < share


def _spaced(name: pl.Expr, style: Style) -> pl.Expr:
    """Some names of two characters with a blank between them, so that they are as wide as those of three."""
    short = name.str.contains(r"^\p{Han}{2}$") & _is_so(style.spaced_name_share, style)
    return pl.when(short).then(name.str.head(1) + "　" + name.str.tail(1)).otherwise(name)


def _id_number(number: pl.Expr, style: Style) -> pl.Expr:
    if style.ids == "lower":
        return number.str.to_lowercase()
    if style.ids == "quote":
        return "'" + number
    if style.ids == "space":
        return pl.when(_is_so(40, style)).then(number + " ").otherwise(number)
    return number


@cache
def _division_names(kind: str, form: str) -> tuple[pl.Series, pl.Series]:
    """Codes of all townships or villages, and what people call them."""
    townships = children(county().code)
    of_kind = townships if kind == "township" else [village for town in townships for village in children(town.code)]
    codes = [division.code for division in of_kind]
    return pl.Series(codes), pl.Series([division_name(code, form) for code in codes])


@cache
def division_name(code: str, form: str) -> str:
    """A division as people name it: `full`, `short` (高沙, 罗溪乡) if that is unambiguous, or its `code`."""
    division = divisions()[code]
    if form == "code":
        return code
    short = division.name.replace("瑶族乡", "乡")
    for suffix in ("镇", "街道", "村", "社区"):
        short = short.removesuffix(suffix)
    known = names_within(division.parent_code).get(short) == code
    return short if form == "short" and known and len(short) > 1 else division.name


def _code(column: Column, style: Style) -> pl.Expr:
    value = pl.col(column.name)
    labels = {code.value: code.label for code in column.codes}
    spelt = value.replace(labels)
    if column.name == "relation_to_head":
        mother = (value == "parent") & (pl.col("gender") == "female")
        return pl.when(mother).then(pl.lit("之母")).otherwise(spelt)
    if column.name in _SPELT_BY_LABEL or not style.synonym_share:
        return spelt
    others = {code.value: code.spellings[style.salt % len(code.spellings)] for code in column.codes}
    return pl.when(_is_so(style.synonym_share, style)).then(value.replace(others)).otherwise(spelt)


def _codes(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    for code in column.codes:
        value = value.str.replace(code.value, code.label, literal=True)
    return value.str.replace_all(",", "、", literal=True)


def _date(column: Column, style: Style) -> Spelt:
    value = pl.col(column.name)
    if column.name in _MONTH_COLUMNS:
        forms = {"iso": "%Y-%m", "compact": "%Y%m", "han": "%Y年%-m月"}
        return Spelt(value.dt.strftime(forms[style.months]))
    if style.dates == "cell":
        return Spelt((value - pl.lit(_EXCEL_EPOCH)).dt.total_days().cast(pl.String), "date")
    forms = {"iso": "%Y-%m-%d", "slash": "%Y/%-m/%-d", "han": "%Y年%-m月%-d日", "compact": "%Y%m%d"}
    return Spelt(value.dt.strftime(forms[style.dates]))


def _money(column: Column, style: Style) -> Spelt:
    return Spelt(money_text(pl.col(column.name), column, style), _money_kind(column, style))


def in_ten_thousands(column: Column, style: Style) -> bool:
    """Whether the amounts of a column are written in 万元, as its header then says."""
    return style.money == "ten_thousands" and column.name == "amount"


def _money_kind(column: Column, style: Style) -> CellKind:
    return "number" if style.money == "number" or in_ten_thousands(column, style) else "text"


def money_text(fen: pl.Expr, column: Column, style: Style) -> pl.Expr:
    """Fen as the clerk writes them: yuan with as many decimals as there are, or 万元."""
    if in_ten_thousands(column, style):
        return (fen / 1_000_000).cast(pl.String).str.replace(r"\.0$", "")
    yuan, rest = fen // 100, fen % 100
    grouped = pl.format("{},{}", yuan // 1000, (yuan % 1000).cast(pl.String).str.zfill(3))
    whole = yuan.cast(pl.String)
    if style.money == "thousands":
        whole = pl.when(yuan >= 1000).then(grouped).otherwise(whole)
    return pl.when(rest == 0).then(whole).otherwise(whole + "." + rest.cast(pl.String).str.zfill(2))
