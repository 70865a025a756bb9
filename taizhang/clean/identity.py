"""The identity numbers of people."""

import polars as pl

from taizhang.clean.cell import Asking, Cell, Cleaned, Steps, unless_placeholder, without_fraction

_LOOKS_LIKE_X = "×*ХΧ"
_OLD = r"^\d{15}$"
_OF_CARD = r"^\d{17}[\dX]\d{2}(\d{2})?$"
_CREDIT_CODE = r"^[159NAY][12349]\d{6}[0-9A-HJ-NPQRTUWXY]{8}[0-9X][0-9A-HJ-NPQRTUWXY]$"
"""GB 32100-2015, table 1: the unified social credit code of an organisation, which has eighteen characters too."""
ROUNDED = r"^\d{15}000$"
"""What a number becomes that was stored as one, where it has since been saved as text, or into a text table."""
_REGIONS = "^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91|99)"
"""First digits of a region: GB/T 2260, 91 of foreigners, and 99, which is assigned to nobody but the demo county.

What follows is not looked up: codes change with every reform, and a number keeps the one of its day for ever. A list
that knows a code for some years of birth only refuses people who were given it in others.
"""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, annex A
_CHECK_CHARACTERS = "10X98765432"


def id_number(cell: Cell) -> Steps:
    """A citizen identity number after GB 11643-1999.

    15 digits are upgraded, a disability card's 20 or 22 lose what follows the 18th. Of the region only the province
    is looked at: people marry in, and old codes are valid for ever. An organisation's credit code is nobody's number.
    """
    bare = yield from _bare(cell)
    is_old = yield bare.str.contains(_OLD)
    is_card = yield bare.str.contains(_OF_CARD)
    upgraded = yield bare.str.head(6) + "19" + bare.str.tail(9)
    body = pl.when(is_old).then(upgraded).otherwise(bare.str.head(17))
    check = yield from _check_character(body)
    of_office = bare.str.contains(_CREDIT_CODE) & bare.str.contains(r"[A-WY]")
    value = yield (
        pl.when(is_old).then(upgraded + check).when(is_card).then(bare.str.head(18)).when(~of_office).then(bare)
    )
    damaged = yield cell.is_rounded(bare) | (bare.str.contains(ROUNDED) & (check != "0"))
    wrong = yield from _wrong(value, check, damaged)
    return Cleaned(value, {**wrong, "id_upgraded": is_old, "id_disability_card": is_card, "id_credit_code": of_office})


def _bare(cell: Cell) -> Asking[pl.Expr]:
    """What is written without what programs and keyboards put around it."""
    unquoted = cell.folded.str.to_uppercase().str.replace_all(r"[=\"'`‘’“”]", "")
    bare = yield without_fraction(unquoted).str.replace(rf"^(\d{{17}})[{_LOOKS_LIKE_X}]$", "${1}X")
    return (yield unless_placeholder(bare))


def _check_character(body: pl.Expr) -> Asking[pl.Expr]:
    """The check character of a number's first 17 digits: ISO 7064 MOD 11-2."""
    digits = yield body.cast(pl.Int64, strict=False)
    weighed = [digits // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(_WEIGHTS)]
    remainder = pl.sum_horizontal(weighed, ignore_nulls=False) % 11
    return (yield remainder.replace_strict(dict(enumerate(_CHECK_CHARACTERS)), return_dtype=pl.String, default=None))


def _wrong(value: pl.Expr, check: pl.Expr, damaged: pl.Expr) -> Asking[dict[str, pl.Expr]]:
    """By rule, where a number of 18 characters cannot be one."""
    shaped = yield value.str.contains(r"^\d{17}[\dX]$")
    born = yield value.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    return {
        "id_damaged": damaged,
        "id_length": ~damaged & ~shaped,
        "id_birth_date": shaped & (born.is_null() | ~born.dt.year().is_between(1900, 2100)),
        "id_checksum": ~damaged & shaped & (value.str.tail(1) != check),
        "id_region_unknown": ~damaged & shaped & ~value.str.contains(_REGIONS),
    }
