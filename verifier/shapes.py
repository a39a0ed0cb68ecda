"""Typed reads out of parsed JSON. Each raises one MalformedError that names the member and what was expected."""

import re
from collections.abc import Collection
from typing import Any

from verifier.canonical import MAX_INTEGER, from_base64url
from verifier.errors import MalformedError

_HEX = re.compile(r"0x(?:[0-9a-f]{2})+\Z")


def members(value: Any, name: str, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Any]:
    """The object, if it has all required members and no others but the optional ones."""
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object")
    missing, unknown = set(required) - set(value), set(value) - set(required) - set(optional)
    if missing:
        raise MalformedError(f"{name} lacks {', '.join(sorted(missing))}")
    if unknown:
        raise MalformedError(f"{name} has unknown members {', '.join(sorted(unknown))[:80]!r}")
    return value


def integer(value: Any, name: str, maximum: int = MAX_INTEGER, minimum: int = 0) -> int:
    """A JSON integer in a range; true and false are none."""
    if type(value) is not int or not minimum <= value <= maximum:
        raise MalformedError(f"{name} is not an integer from {minimum} to {maximum}")
    return value


def boolean(value: Any, name: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise MalformedError(f"{name} is not true or false")
    return value


def string(value: Any, name: str, maximum: int = 200) -> str:
    """A string of 1 to ``maximum`` characters, without control characters."""
    if not (isinstance(value, str) and 0 < len(value) <= maximum and value.isprintable()):
        raise MalformedError(f"{name} is not a string of 1 to {maximum} printable characters")
    return value


def items(value: Any, name: str) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise MalformedError(f"{name} is not an array")
    return value


def hex_bytes(value: Any, name: str, length: int) -> bytes:
    """``length`` bytes written as 0x and lower-case hex."""
    if not (isinstance(value, str) and len(value) == 2 + 2 * length and _HEX.match(value)):
        raise MalformedError(f"{name} is not 0x and {2 * length} lower-case hex digits")
    return bytes.fromhex(value[2:])


def base64url_bytes(value: Any, name: str, length: int | None = None) -> bytes:
    """Bytes in strict base64url."""
    try:
        return from_base64url(value, length)
    except MalformedError as error:
        raise MalformedError(f"{name}: {error}") from error


def to_hex(data: bytes) -> str:
    """0x and lower-case hex."""
    return "0x" + data.hex()
