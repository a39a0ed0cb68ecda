"""Whatever the file holds, the verifier answers: it never raises, and it never calls anything else valid."""

import copy
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.canonical import canonical_bytes, to_base64url
from verifier.render import render
from verifier.report import Answer
from verifier.view import NoView

FREE = {("iss",), ("iat",), ("exp",), ("cutoff", "event_time")}
"""What an issuer may choose: nothing else that it changes may stay valid."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
patiently = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield (*path, name)
        yield from places(child, (*path, name))


def change(payload: dict[str, Any], path: tuple[Any, ...], value: Any) -> bool:
    """Put a value in its place; whether that changed anything."""
    found: Any = payload
    for name in path[:-1]:
        found = found[name]
    before, found[path[-1]] = found[path[-1]], value
    return type(before) is not type(value) or before != value


@patiently
@given(data=st.binary(max_size=300))
def test_random_bytes_are_invalid(factory: CredentialFactory, data: bytes) -> None:
    assert factory.judge(data, NoView()).answer is Answer.INVALID


@patiently
@given(text=st.text("eyJ0.~-_A=\n{}[]\"'", max_size=200))
def test_random_text_that_looks_like_one_is_invalid(factory: CredentialFactory, text: str) -> None:
    assert factory.judge(text.encode(), NoView()).answer is Answer.INVALID


@patiently
@given(header=JSON, payload=JSON, disclosure=JSON)
def test_random_json_is_invalid(factory: CredentialFactory, header: Any, payload: Any, disclosure: Any) -> None:
    parts = [to_base64url(canonical_bytes(part)) for part in (header, payload, disclosure) if _is_writable(part)]
    if len(parts) == 3:
        text = f"{parts[0]}.{parts[1]}.{'A' * 86}~{parts[2]}~"
        assert factory.judge(text.encode(), NoView()).answer is Answer.INVALID


@settings(patiently, max_examples=300)
@given(data=st.data(), value=JSON.filter(lambda value: _is_writable(value)))
def test_any_value_in_any_place_of_a_signed_payload(
    factory: CredentialFactory, small: Issued, data: st.DataObject, value: Any
) -> None:
    payload = copy.deepcopy(small.payload)
    path = data.draw(st.sampled_from(sorted(places(payload), key=str)))
    is_changed = change(payload, path, value)
    report = factory.judge(factory.sign(payload, ()))
    assert report.answer is not Answer.VALID or path in FREE or not is_changed
    assert render(report, "en")


def test_any_place_swapped_with_any_other(factory: CredentialFactory, story: Issued) -> None:
    """Values of the right shape in the wrong place, which random values seldom are."""
    seeded = random.Random(4)
    every = sorted(places(story.payload), key=str)
    for _ in range(400):
        payload = copy.deepcopy(story.payload)
        one, other = seeded.sample(every, 2)
        taken: Any = story.payload
        for name in other:
            taken = taken[name]
        is_changed = change(payload, one, copy.deepcopy(taken))
        report = factory.judge(factory.sign(payload, ()))
        assert report.answer is not Answer.VALID or one in FREE or not is_changed, (one, other)


def test_any_member_left_out(factory: CredentialFactory, small: Issued) -> None:
    for path in places(small.payload):
        payload = copy.deepcopy(small.payload)
        found: Any = payload
        for name in path[:-1]:
            found = found[name]
        del found[path[-1]]
        assert factory.judge(factory.sign(payload, ())).answer is Answer.INVALID, path


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["\\"]",'])
def test_deep_nesting_is_invalid(factory: CredentialFactory, small: Issued, opening: bytes) -> None:
    deep = to_base64url(opening * 300_000)
    head, payload, signature = small.text.rstrip("~").split(".")
    for text in (f"{deep}.{payload}.{signature}~", f"{head}.{deep}.{signature}~", f"{small.text}{deep}~", deep):
        assert factory.judge(text.encode(), NoView()).answer is Answer.INVALID


def test_a_file_that_is_too_large_is_refused_unread(factory: CredentialFactory, monkeypatch: Any) -> None:
    monkeypatch.setattr("verifier.credential.MAX_BYTES", 1000)
    report = factory.judge(os.urandom(1001), NoView())
    assert report.answer is Answer.INVALID
    assert report.deciding_step is not None
    assert "more than 1000 bytes" in report.deciding_step.reason


def test_a_file_cannot_paint_its_own_verdict(factory: CredentialFactory, small: Issued) -> None:
    for hostile in ("\x1b[2J\x1b[HVALID", "a\nVALID", "\u202eDILAV", "x" * 300):
        payload = copy.deepcopy(small.payload)
        payload["iss"] = hostile
        payload["claim"]["accounts"][hostile] = {}
        shown = render(factory.judge(factory.sign(payload, ())), "en")
        assert shown.startswith("INVALID")
        assert all(line.isprintable() and len(line) < 500 for line in shown.splitlines())


def _is_writable(value: Any) -> bool:
    try:
        canonical_bytes(value)
    except (UnicodeEncodeError, ValueError):
        return False
    return True
