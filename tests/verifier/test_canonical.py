"""Canonical JSON against the reference, and what is refused before it is hashed."""

import base64
import json
import sys
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from verifier.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    canonical_bytes,
    check_value,
    from_base64url,
    parse_json,
    to_base64url,
)
from verifier.errors import MalformedError

TEXT = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: _is_nfc(text))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
NAMES = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20)


def _is_nfc(text: str) -> bool:
    import unicodedata

    return unicodedata.is_normalized("NFC", text)


@given(VALUES)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    check_value(value)
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert parse_json(canonical_bytes(value)) == value


LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
"""What a JSON parser reads, allowed or not."""


@given(LOOSE, st.booleans())
def test_what_is_read_is_what_is_allowed(value: Any, is_escaped: bool) -> None:
    """ASCII without escapes is not walked again: that must let nothing through that ``check_value`` refuses."""
    text = json.dumps(value, ensure_ascii=is_escaped)
    try:
        check_value(value)
    except MalformedError:
        with pytest.raises(MalformedError):
            parse_json(text)
    else:
        assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "1.0",
        "1e3",
        "NaN",
        "Infinity",
        str(2**53),
        str(-(2**53)),
        "[[1,9007199254740992]]",
        "9" * 5000,
        '{"a":1,"a":2}',
        '{"é":1}',
        '"e\\u0301"',
        '"\\ud800"',
        "[1,]",
        "",
        "\ufeff1",
        "{'a':1}",
        b"\xff",
        "1".encode("utf-16"),
    ],
)
def test_other_json_is_malformed(text: str | bytes) -> None:
    with pytest.raises(MalformedError):
        parse_json(text)


@pytest.mark.parametrize("opening", ["[", '{"a":', '["\\"]",{"\\\\":'])
def test_deep_nesting_is_refused_whatever_the_recursion_limit(opening: str) -> None:
    """Libraries lift the limit for the whole process; the parser of the standard library would then crash it."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        with pytest.raises(MalformedError):
            parse_json(opening * 200_000)
    finally:
        sys.setrecursionlimit(limit)


def test_brackets_in_strings_are_no_nesting() -> None:
    value = {"a": ["[" * 500, '"[' * 500, "\\" * 501 + "[{"]}
    assert parse_json(json.dumps(value)) == value
    deepest: Any = 1
    for _ in range(MAX_DEPTH):
        deepest = [deepest]
    assert parse_json(json.dumps(deepest)) == deepest


@given(st.binary(max_size=40))
def test_base64url_has_one_form(data: bytes) -> None:
    assert to_base64url(data) == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert from_base64url(to_base64url(data), len(data)) == data


@pytest.mark.parametrize("text", ["A", "AA=", "AB", "A A", "A+/A", "AAAAA", None, 5, "é"])
def test_other_base64url_is_malformed(text: Any) -> None:
    with pytest.raises(MalformedError):
        from_base64url(text)
