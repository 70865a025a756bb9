"""Identity numbers, phones and accounts: their shapes, and how text for a log or an alert loses them."""

import re
import unicodedata

from taizhang.division import divisions

# Python and Postgres read these alike; `(?:` is left out, as SQLAlchemy takes `:` for a parameter.
SHAPES: dict[str, str] = {
    "identity number": r"(?<!\d)[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx](?!\d)",
    "mobile": r"(?<!\d)1[3-9]\d{9}(?!\d)",
    "account": r"(?<!\d)\d{12,19}(?!\d)",
}
"""Regular expressions of what no mart may hold, by the name used in messages."""
PERSON_ON_PAPER = "|".join(
    [SHAPES["identity number"].replace("(18|19|20)\\d{2}", "(19\\d{2}|200\\d)"), SHAPES["mobile"]]
)
"""What the number of a paper may not hold: an identity number, of somebody born before 2010, or a mobile.

A county's code, a day and four digits, by which payments are numbered, look like one of somebody born since.
"""

_DIGEST = r"(?<![0-9A-Za-z])(?=\d*[a-f])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9A-Za-z])"
_GAP = r"(?:[^\S\n]|[-－‐-―._·•]){0,2}"
_MOBILE, _LANDLINE = rf"(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}", rf"[(（]?0\d{{2,3}}[)）]?{_GAP}\d{{7,8}}"
_PARTS = {
    "digest": _DIGEST,
    "身份证号": rf"(?<!\d)(?:\d{{6}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{3}}[\dXx*×]|\d{{17}}[Xx*×])(?!\d)",
    "电话": rf"(?<!\d)(?:{_MOBILE}|{_LANDLINE})(?!\d)",
    "账号": rf"(?<!\d)\d{{4}}(?:{_GAP}\d{{4}}){{2,4}}(?:{_GAP}\d{{1,3}})?(?!\d)|\d{{12,}}",
}
_PATTERN = re.compile("|".join(f"({pattern})" for pattern in _PARTS.values()))
_LABELS = tuple(_PARTS)


def redact(text: str) -> str:
    """Put a label in the place of whatever is shaped like an identity number, a phone or an account.

    Full-width digits count as digits; groups set apart by blanks, hyphens or dots count as one number. Division
    codes and digests (`sha256`) stay, as they name no person. Redacting twice changes nothing more.
    """
    return _PATTERN.sub(_label, _half_width_digits(text))


def without_values(message: str) -> str:
    """An error of the database without the values of a row: what failed and why, not on whom.

    Postgres shows the row in a detail or a context, which come last, or in quotes at the end of a line.
    """
    told = re.split(r"^\s*(?:DETAIL|CONTEXT):", message, maxsplit=1, flags=re.MULTILINE)[0]
    return redact(re.sub(r': ".*"$', "", told, flags=re.MULTILINE)).rstrip()


def _label(match: re.Match[str]) -> str:
    kind = _LABELS[(match.lastindex or 1) - 1]
    if kind == "digest" or match[0] in divisions():
        return match[0]
    return f"[{kind}]"


def _half_width_digits(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", c) if "０" <= c <= "９" or c == "Ｘ" else c for c in text)


def mask_number(number: str) -> str:
    """A number of which only as much is left as it takes to find its holder: the first six and last four of an
    identity number, the first three and last four of a phone, the last four of an account.
    """
    digits = len(number)
    head = {18: 6, 11: 3}.get(digits, 0)
    return number[:head] + "*" * max(digits - head - 4, 0) + number[max(digits - 4, head) :]
