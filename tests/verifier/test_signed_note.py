"""Signed notes: the shared vectors, and that what is signed here is read back."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.vectors import Case, cases, load, raw
from verifier.checkpoint import Checkpoint, Signature, parse_note
from verifier.eip712 import Domain
from verifier.errors import InvalidError, MalformedError
from verifier.signed_note import KeyType, VerifierKey, find_signed, signed_message

CHECKPOINT = Checkpoint("cangsu.example", Domain(1, bytes(20), bytes(32)), 3, bytes(32), 5, bytes(32))
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey("witness.example", KeyType.WITNESS, PRIVATE.public_key().public_bytes_raw())
KNOWN = [VerifierKey.from_text(text) for text in load("notes")["known"]]


def cosign(time: int, body: str = CHECKPOINT.body()) -> Signature:
    return KEY.signature(PRIVATE.sign(signed_message(KeyType.WITNESS, body, time)), time)


@cases("notes", "keys")
def test_a_key_has_the_text_and_the_id(case: Case) -> None:
    key = VerifierKey(case["key_name"], KeyType(case["type"]), raw(case["public"]))
    assert (key.to_text(), key.key_id) == (case["vkey"], raw(case["key_id"]))
    assert VerifierKey.from_text(case["vkey"]) == key


@cases("notes", "refused_keys")
def test_a_key_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        VerifierKey.from_text(case["vkey"])


@cases("notes", "accepted")
def test_a_note_is_signed_by_those_of_the_vector(case: Case) -> None:
    checkpoint, signatures = parse_note(case["note"])
    signed = find_signed(KNOWN, checkpoint.body(), signatures)
    assert {key.to_text(): at for key, at in signed.items()} == case["signed"]


@cases("notes", "refused")
def test_a_note_with_a_bad_signature_of_a_known_key_is_refused(case: Case) -> None:
    checkpoint, signatures = parse_note(case["note"])
    with pytest.raises(InvalidError):
        find_signed(KNOWN, checkpoint.body(), signatures)


@given(st.integers(0, 2**63 - 1))
def test_what_is_signed_is_read_back(time: int) -> None:
    _, signatures = parse_note(CHECKPOINT.note((cosign(time),)))
    assert find_signed([KEY], CHECKPOINT.body(), signatures) == {KEY: time}


@given(st.integers(4, 75), st.integers(0, 7))
def test_a_bit_of_a_signature_changed_spoils_it(place: int, bit: int) -> None:
    data = bytearray(cosign(1_780_000_000).data)
    data[place] ^= 1 << bit
    with pytest.raises(InvalidError):
        KEY.verify(Signature(KEY.name, bytes(data)), CHECKPOINT.body())


@given(st.integers(0, len(CHECKPOINT.body()) - 1))
def test_a_cosignature_covers_every_byte_of_the_body(place: int) -> None:
    body = CHECKPOINT.body()
    changed = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
    with pytest.raises(InvalidError):
        KEY.verify(cosign(7), changed)
