"""The rows of a sheet as they are written, and the looks that some of their cells are to have."""

import re
from collections.abc import Callable, Iterator

from xlsxwriter.utility import xl_col_to_name

from taizhang.marking.mark import Place, place_of
from taizhang.ooxml import UnusualPackageError

_NUMBER, _LOOK, _SPANS = re.compile(rb'\sr="(\d+)"'), re.compile(rb'\ss="(\d+)"'), re.compile(rb'\sspans="[^"]*"')
_LETTERS, _OWN_LOOK = re.compile(rb'\sr="([A-Z]+)\d+"'), re.compile(rb'\scustomFormat="(?:1|true)"')
_DATA = re.compile(rb"<((?:\w+:)?)sheetData\b[^<>]*?(/?)>")
Change = Callable[[int], int]
"""Of a look into another."""


def split(content: bytes) -> tuple[bytes, bytes, bytes]:
    """A sheet without its rows, the rows, and the prefix of its elements' names."""
    opening = _DATA.search(content)
    if opening is None or b"<!" in content or content.rfind(b"<?") > opening.start():
        raise UnusualPackageError("a sheet is written in an unusual way")
    prefix = opening[1]
    closing = b"</" + prefix + b"sheetData>"
    end = opening.end() if opening[2] else content.find(closing, opening.end())
    if end < 0:
        raise UnusualPackageError("a sheet does not end")
    after = end if opening[2] else end + len(closing)
    shell = content[: opening.start()] + b"<" + prefix + b"sheetData/>" + content[after:]
    return shell, content[opening.end() : end], prefix


def joined(shell: bytes, rows: list[bytes], prefix: bytes) -> list[bytes]:
    """The sheet with its rows again."""
    before, found, after = shell.partition(b"<" + prefix + b"sheetData/>")
    if not found:
        raise UnusualPackageError("the rows lost their place")
    return [before, b"<" + prefix + b"sheetData>", *rows, b"</" + prefix + b"sheetData>", after]


class Rows:
    def __init__(self, data: bytes, prefix: bytes, column_look: Callable[[int], int]) -> None:
        self._data, self._prefix, self._column_look = data, prefix, column_look
        self._changes: dict[int, dict[int, Change]] = {}
        self._cell = re.compile(rb"<" + prefix + rb"c\b([^<>]*?)(/?)>")
        self.looks: dict[Place, int] = {}
        """What the changed cells looked like before."""

    def change(self, place: Place, change: Change) -> None:
        self._changes.setdefault(place[0] + 1, {})[place[1]] = change

    def written(self) -> Iterator[bytes]:
        row = re.compile(rb"<" + self._prefix + rb"row\b([^<>]*?)(/?)>")
        closing = b"</" + self._prefix + b"row>"
        waiting, copied = sorted(self._changes, reverse=True), 0
        for opening in row.finditer(self._data):
            if not waiting:
                break
            number = _row_number(opening)
            if number < waiting[-1]:
                continue
            yield self._data[copied : opening.start()]
            copied = opening.start()
            while waiting and waiting[-1] < number:
                yield self._changed(waiting.pop())
            if waiting and waiting[-1] == number:
                end = opening.end() if opening[2] else self._data.index(closing, opening.end())
                yield self._changed(waiting.pop(), opening[1], self._data[opening.end() : end])
                copied = end if opening[2] else end + len(closing)
        yield self._data[copied:]
        yield from map(self._changed, reversed(waiting))

    def _changed(self, number: int, attributes: bytes | None = None, cells: bytes = b"") -> bytes:
        """A row with its cells changed, those that are not there put in their place."""
        attributes = b' r="%d"' % number if attributes is None else attributes
        own = _LOOK.search(attributes) if _OWN_LOOK.search(attributes) else None
        row_look = int(own[1]) if own else None
        waiting, chunks, copied = sorted(self._changes[number], reverse=True), list[bytes](), 0
        for opening in self._cell.finditer(cells):
            if not waiting:
                break
            column = _column_number(opening)
            if column < waiting[-1]:
                continue
            chunks.append(cells[copied : opening.start()])
            copied = opening.start()
            while waiting and waiting[-1] < column:
                chunks.append(self._missing(number, waiting.pop(), row_look))
            if waiting and waiting[-1] == column:
                chunks.append(self._filled(number, waiting.pop(), opening))
                copied = opening.end()
        chunks.append(cells[copied:])
        chunks += [self._missing(number, column, row_look) for column in reversed(waiting)]
        tag = self._prefix + b"row"
        return b"<%b%b>%b</%b>" % (tag, _SPANS.sub(b"", attributes), b"".join(chunks), tag)

    def _missing(self, number: int, column: int, row_look: int | None) -> bytes:
        look = self._new_look(number, column, self._column_look(column) if row_look is None else row_look)
        return b'<%bc r="%b%d" s="%d"/>' % (self._prefix, xl_col_to_name(column).encode(), number, look)

    def _filled(self, number: int, column: int, opening: re.Match[bytes]) -> bytes:
        own = _LOOK.search(opening[1])
        look = self._new_look(number, column, int(own[1]) if own else 0)
        return b'<%bc%b s="%d"%b>' % (self._prefix, _LOOK.sub(b"", opening[1]), look, opening[2])

    def _new_look(self, number: int, column: int, look: int) -> int:
        self.looks[number - 1, column] = look
        return self._changes[number][column](look)


def _row_number(opening: re.Match[bytes]) -> int:
    number = _NUMBER.search(opening[1])
    if number is None:
        raise UnusualPackageError("rows without numbers")
    return int(number[1])


def _column_number(opening: re.Match[bytes]) -> int:
    letters = _LETTERS.search(opening[1])
    if letters is None:
        raise UnusualPackageError("cells without places")
    return place_of(f"{letters[1].decode()}1")[1]
