"""The credential inside a certificate (a PDF that we made): found, taken out, and nothing else believed.

What a PDF prints is not verified, so one question matters: is there one credential in the file, and only one, that any
reader could mean? Every revision of the file is read, the overwritten ones too, and a second attached file anywhere is
refused, since one might be shown and the other verified. The structure is the plain one that our files have: classic
cross-reference tables (ISO 32000-1 §7.5.4), appended revisions, no encryption, no compressed objects.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verifier.errors import MalformedError
from verifier.pdf_objects import Reference, read_object, skip_space

HEAD = b"%PDF-"
ATTACHMENT = b"credential.sdjwt"
MAX_REVISIONS = 8
MAX_OBJECTS = 200_000
MAX_OBJECT_BYTES = 2 << 20
"""An object without its stream: a dictionary takes some thirty times its bytes of memory once it is read."""
MAX_STRUCTURE_BYTES = 8 << 20
"""All objects without their streams, which take a second for each MiB to read. Ours have some ten KiB a page."""
_END = re.compile(rb"startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF[\r\n ]*\Z")
_TABLE = re.compile(rb"xref[\r\n ]+")
_SECTION = re.compile(rb"(\d{1,10}) (\d{1,10})[\r\n ]+")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n|\r|\n)")
_TRAILER = re.compile(rb"trailer[\r\n ]+")
_OBJECT = re.compile(rb"(\d{1,10}) (\d{1,5}) obj(?=[\r\n <\[(/])")
_OBJECT_END = re.compile(rb"endobj|stream\r?\n")
_STREAM = re.compile(rb"stream\r?\n")
_STREAM_END = re.compile(rb"\r?\n?endstream[\r\n ]")
_TAIL_BYTES = 64


@dataclass(frozen=True, slots=True)
class _Stream:
    dictionary: dict[str, Any]
    start: int


@dataclass(frozen=True, slots=True)
class _File:
    """A file's revisions, newest first: where each object lies, and the trailer of the newest."""

    data: bytes
    revisions: tuple[dict[int, tuple[int, int]], ...]
    trailer: dict[str, Any]

    def get(self, reference: Any) -> Any:
        """The newest version of an object; MalformedError if there is none."""
        if not isinstance(reference, Reference):
            raise MalformedError("the PDF is broken: expected a reference")
        for revision in self.revisions:
            if reference.number in revision:
                offset, generation = revision[reference.number]
                if generation != reference.generation:
                    break
                return _read_indirect(self.data, offset, reference.number, generation)[0]
        raise MalformedError(f"the PDF is broken: there is no object {reference.number}")

    def every(self) -> Iterator[Any]:
        """Every object of every revision, the overwritten ones too; MalformedError if one lies inside another."""
        places = {
            (offset, number, generation)
            for revision in self.revisions
            for number, (offset, generation) in revision.items()
        }
        end = size = 0
        for offset, number, generation in sorted(places):
            if offset < end:  # such a file could take quadratic time to read, and mean two things
                raise MalformedError(f"the PDF is broken: object {number} lies inside another")
            value, end, bytes_read = _read_indirect(self.data, offset, number, generation)
            size += bytes_read
            if size > MAX_STRUCTURE_BYTES:
                raise MalformedError(f"the PDF has more than {MAX_STRUCTURE_BYTES} bytes of structure")
            yield value


def is_pdf(data: bytes) -> bool:
    """Whether a file says that it is a PDF."""
    return data.startswith(HEAD)


def extract_credential(data: bytes, max_bytes: int) -> bytes:
    """The attached credential. MalformedError unless the file is one of ours and holds exactly one attached file."""
    file = _read_file(data)
    _check_single(file)
    stream = file.get(_attached(file))
    if not isinstance(stream, _Stream) or stream.dictionary.get("Type") != "EmbeddedFile":
        raise MalformedError("the attachment of the PDF is not an embedded file")
    return _decode(data, stream, max_bytes)


def _read_file(data: bytes) -> _File:
    found = _END.search(data, max(0, len(data) - _TAIL_BYTES))
    if not is_pdf(data) or found is None:
        raise MalformedError("the PDF is broken: it does not end with startxref and %%EOF")
    revisions: list[dict[int, tuple[int, int]]] = []
    trailers: list[dict[str, Any]] = []
    offset, limit, count = int(found[1]), len(data), 0
    while True:
        if offset >= limit or len(revisions) == MAX_REVISIONS:
            raise MalformedError(f"the PDF is broken: its revisions do not follow each other, up to {MAX_REVISIONS}")
        revision, trailer = _read_revision(data, offset, MAX_OBJECTS - count)
        revisions.append(revision)
        trailers.append(trailer)
        count += len(revision)
        if "Encrypt" in trailer or "XRefStm" in trailer:
            raise MalformedError("the PDF is encrypted or compressed, which ours never are")
        if "Prev" not in trailer:
            return _File(data, tuple(revisions), trailers[0])
        if type(trailer["Prev"]) is not int:
            raise MalformedError("the PDF is broken: /Prev is not a number")
        limit, offset = offset, trailer["Prev"]


def _read_revision(data: bytes, position: int, max_objects: int) -> tuple[dict[int, tuple[int, int]], dict[str, Any]]:
    """One cross-reference table and its trailer."""
    position = _expect(_TABLE, data, position, "a cross-reference table").end()
    found: dict[int, tuple[int, int]] = {}
    while (section := _SECTION.match(data, position)) is not None:
        first, length, position = int(section[1]), int(section[2]), section.end()
        for number in range(first, first + length):
            entry = _expect(_ENTRY, data, position, "a cross-reference entry")
            position = entry.end()
            if entry[3] != b"n":
                continue
            if number in found or len(found) >= max_objects:
                raise MalformedError(f"the PDF is broken: object {number} twice, or more than {MAX_OBJECTS} objects")
            found[number] = int(entry[1]), int(entry[2])
    start = _expect(_TRAILER, data, position, "a trailer").end()
    trailer, _ = read_object(data[start : start + MAX_OBJECT_BYTES], 0)
    if not isinstance(trailer, dict):
        raise MalformedError("the PDF is broken: the trailer is not a dictionary")
    return found, trailer


def _read_indirect(data: bytes, offset: int, number: int, generation: int) -> tuple[Any, int, int]:
    """An object, where it ends, and its bytes without those of its stream."""
    head = _expect(_OBJECT, data, offset, f"object {number}")
    if (int(head[1]), int(head[2])) != (number, generation):
        raise MalformedError(f"the PDF is broken: expected object {number} {generation} at byte {offset}")
    end = _OBJECT_END.search(data, head.end(), head.end() + MAX_OBJECT_BYTES)
    if end is None:
        raise MalformedError(f"the PDF is broken: object {number} does not end within {MAX_OBJECT_BYTES} bytes")
    value, size = read_object(data[head.end() : end.end()], 0)
    position = head.end() + size
    stream = _STREAM.match(data, skip_space(data, position))
    if stream is None:
        return value, position, size
    length = value.get("Length") if isinstance(value, dict) else None
    if type(length) is not int or length < 0:
        raise MalformedError(f"the PDF is broken: the stream of object {number} has no plain length")
    after = _expect(_STREAM_END, data, stream.end() + length, f"the end of the stream of object {number}").end()
    return _Stream(value, stream.end()), after, size


def _check_single(file: _File) -> None:
    """One file specification with an embedded file, and one embedded file, in all revisions together."""
    specifications = streams = 0
    for value in file.every():
        inner = value.dictionary if isinstance(value, _Stream) else value
        if isinstance(value, _Stream):
            if inner.get("Type") in ("ObjStm", "XRef"):
                raise MalformedError("the PDF holds compressed objects, which ours never do")
            streams += inner.get("Type") == "EmbeddedFile"
        specifications += _count_specifications(inner)
    if (specifications, streams) != (1, 1):
        raise MalformedError(f"expected one attached file, got {specifications} entries for {streams} attached files")


def _count_specifications(value: Any) -> int:
    if isinstance(value, dict):
        return ("EF" in value) + sum(map(_count_specifications, value.values()))
    return sum(map(_count_specifications, value)) if isinstance(value, list) else 0


def _attached(file: _File) -> Reference:
    """The embedded file of the one entry of the catalog's /EmbeddedFiles, under our name in every place."""
    value: Any = file.get(file.trailer.get("Root"))
    for name in ("Names", "EmbeddedFiles", "Names"):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, list) or len(value) != 2 or value[0] != ATTACHMENT:
        raise MalformedError(f"the PDF holds no attachment named {ATTACHMENT.decode()}")
    specification = file.get(value[1])
    embedded = specification.get("EF") if isinstance(specification, dict) else None
    if not isinstance(embedded, dict) or [specification.get("F"), specification.get("UF")] != [ATTACHMENT] * 2:
        raise MalformedError(f"the PDF's attachment is not {ATTACHMENT.decode()} alone")
    if set(embedded) != {"F", "UF"} or embedded["F"] != embedded["UF"] or not isinstance(embedded["F"], Reference):
        raise MalformedError("the PDF's attachment has two contents")
    return embedded["F"]


def _decode(data: bytes, stream: _Stream, max_bytes: int) -> bytes:
    dictionary = stream.dictionary
    raw = data[stream.start : stream.start + dictionary["Length"]]
    filters = dictionary.get("Filter")
    if "F" in dictionary or "DecodeParms" in dictionary or filters not in (None, "FlateDecode"):
        raise MalformedError("the PDF's attachment is encoded as ours never are")
    if filters is None:
        plain, is_whole = raw, True
    else:
        inflate = zlib.decompressobj()
        try:
            plain = inflate.decompress(raw, max_bytes + 1)
        except zlib.error as error:
            raise MalformedError("the PDF's attachment does not decompress") from error
        is_whole = inflate.eof and not inflate.unused_data
    if len(plain) > max_bytes:
        raise MalformedError(f"the attached credential has more than {max_bytes} bytes")
    if not is_whole:
        raise MalformedError("the PDF's attachment is cut off, or something follows it")
    return plain


def _expect(pattern: re.Pattern[bytes], data: bytes, position: int, what: str) -> re.Match[bytes]:
    found = pattern.match(data, position)
    if found is None:
        raise MalformedError(f"the PDF is broken: expected {what} at byte {position}")
    return found
