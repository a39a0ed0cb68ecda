"""The sealed bytes are those that the verifier would make, and those of a foreign RFC 8785."""

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import RefusedError
from service.core.sealing import SALT_BYTES, SALTS_BYTES, salts_of, seal_event
from verifier.canonical import canonical_bytes, parse_json, to_base64url
from verifier.event import GROUPS, SCHEMA, disclosure_digest, event_digest, make_disclosure
from verifier.kinds import CODE_BY_NAME
from verifier.record import Word, lot_to_hex

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
"""Any text: quotes, control characters, astral planes."""
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
VALUES = TEXT | st.integers(-(2**53 - 1), 2**53 - 1) | st.booleans() | st.none()
GROUP = st.none() | st.dictionaries(NAMES, VALUES, max_size=6)
SALTS = st.binary(min_size=SALTS_BYTES, max_size=SALTS_BYTES)
WORDS = st.builds(
    Word,
    st.integers(1, 2**64 - 1),
    st.integers(0, 2**24 - 1),
    st.sampled_from(sorted(CODE_BY_NAME.values())),
    st.integers(0, 2**32 - 1),
)
TIME = "2026-05-02T09:30:00-07:00"


@given(TEXT, WORDS, st.none() | st.integers(0, 2**32 - 1), st.tuples(*[GROUP] * 6), SALTS)
def test_sealed_bytes_are_the_verifiers(
    event_id: str, word: Word, target: int | None, groups: tuple[Any, ...], salts: bytes
) -> None:
    sealed = seal_event(
        event_id=event_id, kind="SHIP", word=word, event_time=TIME, target=target, groups=groups, salts=salts
    )
    disclosures = [
        make_disclosure(to_base64url(salts[i * SALT_BYTES : (i + 1) * SALT_BYTES]), name, groups[i] or {})
        for i, name in enumerate(GROUPS)
    ]
    digests = [disclosure_digest(disclosure) for disclosure in disclosures]
    clear = {"schema": SCHEMA, "event_id": event_id, "kind": "SHIP", "lot": lot_to_hex(word.lot)}
    clear |= {"site": word.site, "quantity": word.quantity, "event_time": TIME}
    clear |= {} if target is None else {"target": target}
    assert sealed.disclosures.decode().split("~") == disclosures
    assert sealed.body == canonical_bytes({**clear, "_sd": digests}) == rfc8785.dumps({**clear, "_sd": digests})
    assert sealed.record == word.to_bytes() + event_digest(clear, digests)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_groups_are_written_as_a_foreign_rfc_8785_writes_them(group: dict[str, Any]) -> None:
    sealed = seal_event(
        event_id="a", kind="SHIP", word=Word(1, 1, 15, 1), event_time=TIME, target=None,
        groups=(group, *[None] * 5), salts=bytes(SALTS_BYTES),
    )  # fmt: skip
    expected = rfc8785.dumps([to_base64url(bytes(SALT_BYTES)), "document", group])
    assert sealed.disclosures.split(b"~")[0].decode() == to_base64url(expected)


@given(SALTS)
def test_the_salts_can_be_read_back(salts: bytes) -> None:
    sealed = seal_event(
        event_id="a", kind="SHIP", word=Word(1, 1, 15, 1), event_time=TIME, target=None, groups=[None] * 6, salts=salts
    )
    assert salts_of(sealed.disclosures.split(b"~")) == salts


def test_the_body_is_what_was_sealed() -> None:
    sealed = seal_event(
        event_id='"\\é\u2028', kind="SALE", word=Word(255, 1, 0x15, 3), event_time=TIME, target=7,
        groups=[None] * 6, salts=bytes(SALTS_BYTES),
    )  # fmt: skip
    body = parse_json(sealed.body)
    assert (body["event_id"], body["lot"], body["target"]) == ('"\\é\u2028', "00000000000000ff", 7)
    assert sealed.record[16:] == hashlib.sha256(sealed.body).digest()


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**64])
def test_an_integer_beyond_53_bits_is_not_sealed(number: int) -> None:
    with pytest.raises(RefusedError):
        seal_event(
            event_id="a", kind="SHIP", word=Word(1, 1, 15, 1), event_time=TIME, target=None,
            groups=({"item_no": number}, *[None] * 5), salts=bytes(SALTS_BYTES),
        )  # fmt: skip
