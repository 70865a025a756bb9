"""Pages packed into one file (MHTML, RFC 2557): the "single file web page" of Excel and WPS, also under `.xls`."""

import email
import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from taizhang.unreadable import UnreadableFileError

BEGINNING = re.compile(r"\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?MIME-Version:")
_NAMED = re.compile(r'<x:Name>([^<]*)</x:Name>\s*<x:WorksheetSource\s+HRef="([^"]*)"')
_HIDDEN = re.compile(r"<x:Visible>Sheet(?:Very)?Hidden</x:Visible>")


@dataclass(frozen=True)
class Page:
    """A page; `name` is the one of the sheet that it is, or else its number."""

    name: str
    text: str
    visible: bool


def read_pages(content: bytes, decode: Callable[[bytes], str]) -> list[Page]:
    """The HTML pages of a file, in order: of a workbook one that names the sheets, and one for each of them.

    Raises `UnreadableFileError`.
    """
    try:
        parts = [part for part in email.message_from_bytes(content).walk() if part.get_content_type() == "text/html"]
        packed = [(_file(str(part["Content-Location"])), bytes(part.get_payload(decode=True))) for part in parts]
    except Exception as error:  # what a damaged head leads to is as various as heads are
        raise UnreadableFileError("file_unreadable") from error
    pages = [(file, decode(page)) for file, page in packed]
    names = {_file(source): html.unescape(name) for _, page in pages for name, source in _NAMED.findall(page)}
    return [
        Page(names.get(file, str(number)), page, visible=_HIDDEN.search(page) is None)
        for number, (file, page) in enumerate(pages, start=1)
    ]


def _file(location: str) -> str:
    return re.split(r"[/\\]", location)[-1]
