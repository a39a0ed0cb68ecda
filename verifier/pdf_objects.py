"""The objects of a PDF (ISO 32000-1 §7.3), as far as the certificates that we make use them.

No more than is needed to find one attachment: no comments inside objects, no encryption, no object streams. What is
not read here is refused; nothing is repaired.
"""

import re
from dataclasses import dataclass
from typing import Any

from verifier.errors import MalformedError

MAX_DEPTH = 32
_SPACE = re.compile(rb"[\x00\t\n\x0c\r ]*")
_NUMBER = re.compile(rb"[+-]?(?:\d{1,10}(?:\.\d{0,20})?|\.\d{1,20})(?=[\x00\t\n\x0c\r ()<>\[\]/]|$)")
_REFERENCE = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?=[\x00\t\n\x0c\r ()<>\[\]/]|$)")
_NAME = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]{0,127})(?=[\x00\t\n\x0c\r ()<>\[\]/]|$)")
_WORD = re.compile(rb"true|false|null")
_HEX_STRING = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>")
_STRING_PART = re.compile(rb"[^()\\]+")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_ESCAPED_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_WORDS = {b"true": True, b"false": False, b"null": None}
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Name(str):
    """A name object, ``/Type`` for ``Type``; never equal to a string object, which is bytes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """``12 0 R``: an indirect object elsewhere in the file."""

    number: int
    generation: int


def skip_space(data: bytes, position: int) -> int:
    """The position of the next byte that is no white space."""
    found = _SPACE.match(data, position)
    return position if found is None else found.end()


def read_object(data: bytes, position: int, depth: int = 0) -> tuple[Any, int]:
    """The object at a position and where it ends: dict, list, Name, Reference, bytes, int, float, bool or None."""
    if depth > MAX_DEPTH:
        raise MalformedError(f"a PDF object nests deeper than {MAX_DEPTH}")
    position = skip_space(data, position)
    match data[position : position + 1]:
        case b"<" if data[position + 1 : position + 2] == b"<":
            return _read_dictionary(data, position + 2, depth)
        case b"<":
            return _read_hex_string(data, position)
        case b"[":
            return _read_array(data, position + 1, depth)
        case b"(":
            return _read_string(data, position + 1)
        case b"/":
            return _read_name(data, position)
        case _:
            return _read_plain(data, position)


def _read_dictionary(data: bytes, position: int, depth: int) -> tuple[dict[Name, Any], int]:
    found: dict[Name, Any] = {}
    while True:
        position = skip_space(data, position)
        if data[position : position + 2] == b">>":
            return found, position + 2
        name, position = _read_name(data, position)
        if name in found:
            raise MalformedError(f"a PDF dictionary names {name} twice")
        found[name], position = read_object(data, position, depth + 1)


def _read_array(data: bytes, position: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while True:
        position = skip_space(data, position)
        if data[position : position + 1] == b"]":
            return found, position + 1
        value, position = read_object(data, position, depth + 1)
        found.append(value)


def _read_name(data: bytes, position: int) -> tuple[Name, int]:
    found = _NAME.match(data, position)
    if found is None:
        raise _broken("a name", position)
    plain = _ESCAPED_IN_NAME.sub(lambda escape: bytes([int(escape[1], 16)]), found[1])
    return Name(plain.decode("latin-1")), found.end()


def _read_hex_string(data: bytes, position: int) -> tuple[bytes, int]:
    found = _HEX_STRING.match(data, position)
    if found is None:
        raise _broken("a hexadecimal string", position)
    digits = b"".join(found[1].replace(b"\0", b" ").split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()), found.end()


def _read_string(data: bytes, position: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    open_parentheses = 1
    while True:
        plain = _STRING_PART.match(data, position)
        if plain is not None:
            parts.append(plain[0])
            position = plain.end()
        match data[position : position + 1]:
            case b"(":
                open_parentheses += 1
            case b")" if open_parentheses == 1:
                return b"".join(parts), position + 1
            case b")":
                open_parentheses -= 1
            case _:
                part, position = _read_escape(data, position)
                parts.append(part)
                continue
        parts.append(data[position : position + 1])
        position += 1


def _read_escape(data: bytes, position: int) -> tuple[bytes, int]:
    found = _ESCAPE.match(data, position)
    if found is None:
        raise _broken("the end of a string", position)
    octal, line_end, letter = found.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF]), found.end()
    return b"" if line_end is not None else _LETTERS.get(letter, letter), found.end()


def _read_plain(data: bytes, position: int) -> tuple[Reference | int | float | bool | None, int]:
    found = _REFERENCE.match(data, position)
    if found is not None:
        return Reference(int(found[1]), int(found[2])), found.end()
    found = _NUMBER.match(data, position)
    if found is not None:
        return float(found[0]) if b"." in found[0] else int(found[0]), found.end()
    found = _WORD.match(data, position)
    if found is not None:
        return _WORDS[found[0]], found.end()
    raise _broken("an object", position)


def _broken(expected: str, position: int) -> MalformedError:
    return MalformedError(f"the PDF is broken: expected {expected} at byte {position}")
