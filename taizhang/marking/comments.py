"""The comments of a sheet: their texts, in a part beside the boxes that show them.

What an earlier receipt told is known by its author, who survives a correction in Excel or WPS; so does, in the
author's name, the colour that a cell had before it was marked.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from lxml import etree

from taizhang.marking.boxes import Boxes
from taizhang.marking.mark import Place, place_of
from taizhang.marking.styles import COLOUR
from taizhang.ooxml import MAIN, SPREADSHEET, Package, UnusualPackageError, parse, serialise, xml_text

_AUTHOR = "台账核对"
_OURS = re.compile(rf"{_AUTHOR}(?:（底色({COLOUR.pattern})）)?(?:、(.*))?", re.DOTALL)
_OWN_REMARK = "\n\n原批注：\n"
_TYPE = f"{SPREADSHEET}comments+xml"
_NONE = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'
_FACE = '<rPr><sz val="10"/><color indexed="81"/><rFont val="宋体"/><charset val="134"/></rPr>'


class Comments:
    def __init__(self, package: Package, sheet: str) -> None:
        self._package, self._sheet = package, sheet
        found = package.related(sheet, "comments")
        self._part = found.target if found else None
        self._root = parse(package.read(found.target) if found else _NONE.encode())
        self._authors, self._list = (self._root.find(f"{{{MAIN}}}{name}") for name in ("authors", "commentList"))
        if self._authors is None or self._list is None:
            raise UnusualPackageError("comments without a list")
        self._names = [author.text or "" for author in self._authors]

    @cached_property
    def ours(self) -> dict[Place, str]:
        """Where an earlier receipt told something, and the colour that the cell had before."""
        found = ((comment, _OURS.fullmatch(self._author(comment))) for comment in self._list)
        return {place_of(comment.get("ref")): ours[1] or "" for comment, ours in found if ours}

    def replace(
        self, messages: Mapping[str, str], colours: Mapping[Place, str], width: Callable[[int], int]
    ) -> str | None:
        """Take away what an earlier receipt told, and tell what there is to tell, before the clerk's own remarks.

        Returns the identifier of the drawing, if it is a new one.
        """
        before = set(self.ours)
        remarks = {comment.get("ref"): comment for comment in self._list}
        for comment in list(self._list):
            if place_of(comment.get("ref")) in before:
                self._take_off(comment)
        told = "".join(
            self._told(cell, message, colours.get(place_of(cell), ""), remarks.get(cell))
            for cell, message in messages.items()
        )
        for cell in messages.keys() & remarks.keys():
            if remarks[cell].getparent() is not None:
                self._list.remove(remarks[cell])
        self._list.extend(etree.fromstring(f'<commentList xmlns="{MAIN}">{told}</commentList>'))
        self._list[:] = sorted(self._list, key=lambda comment: place_of(comment.get("ref")))
        return self._save(before | {place_of(cell) for cell in messages}, width)

    def _author(self, comment: etree._Element) -> str:
        number = int(comment.get("authorId", "0"))
        return self._names[number] if number < len(self._names) else ""

    def _author_number(self, name: str) -> int:
        if name not in self._names:
            etree.SubElement(self._authors, f"{{{MAIN}}}author").text = name
            self._names.append(name)
        return self._names.index(name)

    def _take_off(self, comment: etree._Element) -> None:
        """Leave the clerk's own remark, if there was one."""
        ours = _OURS.fullmatch(self._author(comment))
        _, found, remark = "".join(comment.itertext()).partition(_OWN_REMARK)
        if found and ours:
            comment.set("authorId", str(self._author_number(ours[2] or "")))
            comment[:] = [etree.fromstring(_text(remark, f' xmlns="{MAIN}"'))]
        else:
            self._list.remove(comment)

    def _told(self, cell: str, message: str, colour: str, remark: etree._Element | None) -> str:
        author = f"{_AUTHOR}（底色{colour}）" if colour else _AUTHOR
        if remark is not None and remark.getparent() is not None:
            author = f"{author}、{self._author(remark)}"
            message = f"{message}{_OWN_REMARK}{''.join(remark.itertext())}"
        return f'<comment ref="{cell}" authorId="{self._author_number(author)}">{_text(message)}</comment>'

    def _save(self, changed: set[Place], width: Callable[[int], int]) -> str | None:
        package, kept = self._package, {place_of(comment.get("ref")) for comment in self._list}
        threads = package.related(self._sheet, "threadedComment")
        if threads:  # a conversation repeats the comments, and would contradict them
            package.unrelate(self._sheet, threads.id)
            package.drop(threads.target)
        if self._part is None:
            self._part = package.free_name("xl/comments{}.xml")
            package.relate(self._sheet, "comments", self._part)
        package.write(self._part, serialise(self._root), _TYPE)
        boxes = Boxes(package, self._sheet)
        changed = changed if boxes.drawn else kept
        boxes.remove(changed)
        boxes.draw(sorted(kept & changed), width)
        return boxes.save()


def _text(text: str, namespace: str = "") -> str:
    return f'<text{namespace}><r>{_FACE}<t xml:space="preserve">{xml_text(text)}</t></r></text>'
