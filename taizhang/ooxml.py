"""An OOXML package (`.xlsx`, `.xlsm`): its parts, how they relate, and the package with some of them changed.

Parts that nobody asked to change are carried over as the bytes that they are, compressed as they were.
See ECMA-376 part 2, Open Packaging Conventions.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from xml.sax.saxutils import escape

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
"""How the content types of a workbook's own parts begin."""
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_TYPES_PART, _TYPES, _RELS = "[Content_Types].xml", f"{_PACKAGE}content-types", f"{_PACKAGE}relationships"
_LOCAL_HEADER, _NAME_LENGTHS = 30, slice(26, 30)
_STREAMED = 0x08  # the sizes follow the data instead of standing before it
_DOCTYPE = b"<!DOCTYPE"
_STRICT, _TOLERANT = (
    etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=recover)
    for recover in (False, True)
)
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class UnusualPackageError(Exception):
    """A package that we do not know how to change without harm."""


@dataclass(frozen=True)
class Relation:
    id: str
    type: str
    """The last word of the relation's type: `worksheet`, `comments`."""
    target: str
    """A part's name, or the address of something outside."""


def parse(content: bytes, *, tolerant: bool = False) -> etree._Element:
    """The root of a part. Raises `UnusualPackageError`; a document type could name files and grow without end."""
    if _DOCTYPE in content[:4096] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnusualPackageError("a part declares a document type or is no UTF-8")
    try:
        root = etree.fromstring(content, _TOLERANT if tolerant else _STRICT)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnusualPackageError("a part is no XML") from error
    if root is None:
        raise UnusualPackageError("a part is empty")
    return root


def serialise(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def xml_text(text: str) -> str:
    """Text as an element holds it: `_x0041_` would be read as the character of that code."""
    return escape(_ESCAPED.sub("_x005F_", legal(text)))


class Package:
    """The parts of a package, to be changed in place and written anew."""

    def __init__(self, content: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError) as error:
            raise UnusualPackageError("no zip archive") from error
        self._names = {name.lower(): name for name in self._archive.namelist() if not name.endswith("/")}
        self._changed: dict[str, Iterable[bytes]] = {}
        self._relations: dict[str, etree._Element] = {}
        self._related_anew: set[str] = set()
        if _TYPES_PART.lower() not in self._names:
            raise UnusualPackageError("no content types")

    @property
    def names(self) -> list[str]:
        return list(self._names.values())

    def read(self, name: str) -> bytes:
        """A part as it was handed in."""
        try:
            return self._archive.read(self._names[name.lower()])
        except (KeyError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
            # `RuntimeError` is a password's, and of a compression that is not known here.
            raise UnusualPackageError("a part is missing or damaged") from error

    def write(self, name: str, content: bytes | Iterable[bytes], content_type: str | None = None) -> None:
        """Replace a part or add one, which then needs its content type."""
        name = self._names.setdefault(name.lower(), name)
        self._changed[name] = [content] if isinstance(content, bytes) else content
        if content_type:
            self.set_content_type(name, content_type)

    def drop(self, name: str) -> None:
        """Leave a part out, with what only it relates to being left where it is."""
        for gone in (name, _relations_part(name)):
            self._changed.pop(self._names.pop(gone.lower(), gone), None)
        self._relations.pop(name, None)
        self._forget_content_type(name)

    def free_name(self, pattern: str) -> str:
        """A name after a pattern with `{}` that no part has."""
        numbers = iter(range(1, len(self._names) + 2))
        return next(name for name in map(pattern.format, numbers) if name.lower() not in self._names)

    @cached_property
    def _content_types(self) -> etree._Element:
        return parse(self.read(_TYPES_PART))

    def set_content_type(self, name: str, content_type: str) -> None:
        self._forget_content_type(name)
        etree.SubElement(self._content_types, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=content_type)

    def _forget_content_type(self, name: str) -> None:
        for override in self._content_types.findall(f"{{{_TYPES}}}Override"):
            if override.get("PartName", "").lower() == f"/{name}".lower():
                self._content_types.remove(override)

    def relations(self, part: str) -> list[Relation]:
        return [
            Relation(
                found.get("Id", ""),
                found.get("Type", "").rsplit("/", 1)[-1],
                _resolve(part, found.get("Target", "")),
            )
            for found in self._relations_of(part)
        ]

    def related(self, part: str, kind: str) -> Relation | None:
        return next((relation for relation in self.relations(part) if relation.type == kind), None)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation within the package; returns its identifier."""
        root = self._relations_of(part)
        self._related_anew.add(part)
        used = {found.get("Id") for found in root}
        identifier = next(name for name in (f"rId{number}" for number in range(1, len(used) + 2)) if name not in used)
        attributes = {"Id": identifier, "Type": f"{RELATIONS}/{kind}", "Target": f"/{target}"}
        etree.SubElement(root, f"{{{_RELS}}}Relationship", attributes)
        return identifier

    def unrelate(self, part: str, identifier: str) -> None:
        root = self._relations_of(part)
        self._related_anew.add(part)
        for found in root.xpath("*[@Id=$id]", id=identifier):
            root.remove(found)

    def _relations_of(self, part: str) -> etree._Element:
        if part not in self._relations:
            name = _relations_part(part)
            root = parse(self.read(name)) if name.lower() in self._names else etree.Element(f"{{{_RELS}}}Relationships")
            self._relations[part] = root
        return self._relations[part]

    def save(self) -> bytes:
        for part in self._related_anew & self._relations.keys():
            self.write(_relations_part(part), serialise(self._relations[part]))
        self.write(_TYPES_PART, serialise(self._content_types))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=2) as written:
            for name in self._names.values():
                if name in self._changed:
                    _write_part(written, name, self._changed[name])
                else:
                    _carry_over(self._archive, written, self._archive.getinfo(name))
        return buffer.getvalue()


def _relations_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolve(part: str, target: str) -> str:
    if re.match("[A-Za-z][A-Za-z0-9+.-]+:", target):
        return target
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def _write_part(written: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> None:
    # By its name: a `ZipInfo` of ours would not know how hard the archive is to compress.
    with written.open(name, "w") as part:
        for chunk in chunks:
            part.write(chunk)


def _carry_over(source: zipfile.ZipFile, written: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Copy an entry without unpacking it, which `zipfile` has no method for."""
    if source.fp is None or written.fp is None or entry.flag_bits & 1:
        raise UnusualPackageError("a part is encrypted")
    source.fp.seek(entry.header_offset)
    header = source.fp.read(_LOCAL_HEADER)
    source.fp.seek(sum(struct.unpack("<HH", header[_NAME_LENGTHS])), io.SEEK_CUR)
    carried = copy(entry)
    carried.extra, carried.flag_bits = b"", entry.flag_bits & ~_STREAMED
    carried.header_offset = written.fp.tell()
    written.fp.write(carried.FileHeader(zip64=False))
    written.fp.write(source.fp.read(entry.compress_size))
    written.filelist.append(carried)
    written.NameToInfo[carried.filename] = carried
    written.start_dir = written.fp.tell()
