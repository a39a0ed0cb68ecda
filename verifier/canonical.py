"""Strict JSON in, RFC 8785 bytes out, for the part of JSON that Cangsu hashes.

Only strings, integers within ±(2^53−1), booleans, null, arrays and objects with ASCII member names are allowed. Over
that part, sorted keys and compact separators are RFC 8785: no number formatting and no UTF-16 ordering comes in.
"""

import binascii
import json
import re
import unicodedata
from typing import Any

from verifier.errors import MalformedError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STRAY_BITS = (0, 0, 0x0F, 0x03)
"""Bits of the last character that stand for nothing, by the length modulo 4."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a value that ``check_value`` accepts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_json(text: str | bytes) -> Any:
    """Parse JSON, refusing floats, integers beyond 2^53−1, duplicate names, strings not in NFC and lone surrogates."""
    try:
        # Decoded here, since json.loads would guess UTF-16 and UTF-32 from bytes.
        decoded = text if isinstance(text, str) else text.decode()
        check_depth(decoded)
        value = _DECODER.decode(decoded)
        # The decoder has judged every number. ASCII without escapes writes ASCII strings, in which nothing is amiss.
        if not decoded.isascii() or "\\u" in decoded:
            check_value(value)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not the JSON that is expected: {error}") from error
    return value


def check_depth(text: str) -> None:
    """Raise MalformedError for JSON that is nested too deep to be given to a parser.

    A parser that calls itself relies on Python's recursion limit. Libraries lift that limit, and then deep nesting ends
    the process instead of raising RecursionError. Quotes and backslashes outside strings are not JSON, so that a parser
    stops at the first place where what is counted here could be wrong.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for bracket in _NO_BRACKETS.sub("", outside):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH}")


def check_value(value: Any) -> None:
    """Raise MalformedError unless the value lies in the allowed part of JSON."""
    match value:
        case None | bool():
            return
        case int():
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise MalformedError(f"integer beyond 2^53-1: {value}")
        case str():
            _check_string(value)
        case list():
            for item in value:
                check_value(item)
        case dict():
            for name, item in value.items():
                if not (isinstance(name, str) and name.isascii()):
                    raise MalformedError("a member name is not ASCII")
                check_value(item)
        case _:
            raise MalformedError(f"{type(value).__name__} is not allowed")


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=").decode()


def from_base64url(text: Any, length: int | None = None) -> bytes:
    """Decode strict base64url: no padding, no other characters, no stray bits; ``length`` in bytes if given."""
    if not isinstance(text, str) or not _BASE64URL.match(text) or len(text) % 4 == 1:
        raise MalformedError("not base64url")
    if text and _ALPHABET.index(text[-1]) & _STRAY_BITS[len(text) % 4]:
        raise MalformedError("base64url with stray bits")
    data = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    if length is not None and len(data) != length:
        raise MalformedError(f"expected {length} bytes, got {len(data)}")
    return data


def _check_string(text: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise MalformedError("a string is not in Unicode normal form NFC")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MalformedError("a string has a lone surrogate") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _integer(text: str) -> int:
    value = int(text)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError("an integer beyond 2^53-1")
    return value


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is not an integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)
