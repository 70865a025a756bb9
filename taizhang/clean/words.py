"""Names, and what is told in words."""

import polars as pl

from taizhang.clean.cell import Cell, Cleaned, Steps, unless_placeholder, without_fraction

_HAN = r"\p{Han}"
_ANOTHER_NAME = rf"[\r\n、，,;；/]\s*{_HAN}{{2}}"
_SURNAME = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方"
    "邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常欧申卿]"
)
"""The commonest surnames: of two names that only a blank parts, both begin with one."""
_TWO_NAMES = rf"^{_SURNAME}{_HAN}{{1,2}}\s+{_SURNAME}{_HAN}{{1,2}}(\s|$)"
_GARBLED = r"[?？\u{FFFD}\u{E000}-\u{F8FF}\u{F0000}-\u{10FFFD}]"
"""What a character becomes that a program had no code for: a question mark, or one of private use."""
_NUMBER_OF_A_PERSON = (
    r"([0-9零〇○一二三四五六七八九幺][^0-9A-Za-z\x{3400}-\x{9FFF}]*){11}"
    r"|(电话|手机|号码|微信|联系方式)[^0-9]{0,3}[0-9]([- ]?[0-9]){6}"
)
"""Eleven digits with no word between them, or what is called a phone (as in the macro `without_number`)."""
_LETTER = r"\p{L}"


def text(cell: Cell) -> Steps:
    """What is written; eleven digits among words are a phone, an identity number or an account that slipped in.

    It is kept, as it is the clerk's, but goes no further than raw (macro `without_number`).
    """
    whole = yield without_fraction(cell.text)
    value = yield unless_placeholder(whole)
    slipped_in = cell.text.str.normalize("NFKC").str.contains(_NUMBER_OF_A_PERSON)
    return Cleaned(value, {"number_in_text": slipped_in})


def name(cell: Cell) -> Steps:
    """A person's (or payee's) name, as it is written: only blanks between Han characters go.

    How names are folded where two ledgers are compared is the business of who compares (macro `folded_name`).
    """
    joined = cell.text
    for _ in range(2):  # a match ends on the character that the next one needs
        joined = joined.str.replace_all(rf"({_HAN})\s+({_HAN})", "$1$2")
    joined = yield joined
    value = yield unless_placeholder(joined)
    of_two = cell.text.str.contains(f"{_ANOTHER_NAME}|{_TWO_NAMES}")
    is_none = ~value.str.contains(f"{_LETTER}|{_GARBLED}")
    return Cleaned(
        pl.when(~is_none).then(value),
        {"name_invalid": is_none, "name_garbled": value.str.contains(_GARBLED), "name_several": of_two},
    )
