"""Numbers that name a paper, a phone or an account, and are not counted with."""

import polars as pl

from taizhang.clean.cell import Cell, Cleaned, Steps, unless_placeholder, without_fraction
from taizhang.redact import PERSON_ON_PAPER

# Polars has no looking around.
_PERSON_ON_PAPER = PERSON_ON_PAPER.replace(r"(?<!\d)", r"(^|\D)").replace(r"(?!\d)", r"(\D|$)")
_PHONE = r"(1[3-9]\d{9}|(\(?0\d{2,3}\)?-?)?[2-8]\d{6,7}(-\d{1,5})?)"
_ONE_PHONE = rf"^{_PHONE}$"
_SEVERAL_PHONES = rf"^{_PHONE}([^\d]+|-)({_PHONE}[^\d]*)+$|^(1[3-9]\d{{9}}){{2,}}$"


def paper_number(cell: Cell) -> Steps:
    """The number of a household, a class or a payment; some counties write them with as many digits as an account.

    A workbook keeps fifteen digits of a number: of a longer one nobody knows the rest, and two would be one key. A
    person's number is none of a paper: it would be published as one.
    """
    damaged = yield cell.text.str.contains(r"^\d(\.\d+)?[Ee]\+\d+$|^\d{16,}\.0$")  # 1E3 may be a paper's
    whole = yield without_fraction(cell.text)
    joined = yield cell.folded.str.replace_all(r"[-._/\s]", "")
    personal = yield cell.folded.str.contains(_PERSON_ON_PAPER) | joined.str.contains(_PERSON_ON_PAPER)
    value = yield unless_placeholder(pl.when(~damaged & ~personal).then(whole))
    return Cleaned(value, {"number_damaged": damaged, "number_of_person": personal})


def phone(cell: Cell) -> Steps:
    """A mobile or a landline, as it is written but for the country's code; several, or none, are told and kept."""
    spelt = yield cell.plain_number
    spelt = yield unless_placeholder(spelt).str.replace_all("['‘’]", "")
    value = yield spelt.str.replace(r"^(\+|00)86-?", "")
    is_one = yield value.str.contains(_ONE_PHONE)
    several = yield value.str.contains(_SEVERAL_PHONES) & ~is_one
    valid = is_one | value.str.replace_all("-", "").str.contains(_ONE_PHONE)
    return Cleaned(value, {"phone_several": several, "phone_invalid": ~valid & ~several})


def account(cell: Cell) -> Steps:
    """A bank account; what a workbook has made a number of more than fifteen digits is no account any more."""
    spelt = yield cell.plain_number.str.replace_all(r"['‘’-]", "")
    spelt = yield unless_placeholder(spelt)
    damaged = yield cell.is_rounded(spelt)
    value = yield pl.when(~damaged).then(spelt)
    return Cleaned(value, {"account_damaged": damaged, "account_invalid": ~value.str.contains(r"^\d{12,19}$")})
