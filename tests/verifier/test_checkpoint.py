"""Checkpoints: the note, and what a kept one says of an anchor."""

import base64
from dataclasses import replace

import pytest

from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.checkpoint import Checkpoint, CheckpointView, Pin, Signature, parse_note
from verifier.eip712 import Domain
from verifier.errors import MalformedError
from verifier.report import Answer

DOMAIN = Domain(31337, bytes(range(20)), bytes(range(32)))
CHECKPOINT = Checkpoint("cangsu.example", DOMAIN, 35, b"\x01" * 32, 24, b"\x02" * 32)
BODY = (
    "cangsu.example/31337/0x000102030405060708090a0b0c0d0e0f10111213/"
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    "35\n"
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
    "block 24 0x0202020202020202020202020202020202020202020202020202020202020202\n"
)


def test_a_note_is_written_as_the_format_says() -> None:
    assert CHECKPOINT.body() == BODY
    signed = CHECKPOINT.note((Signature("cangsu.example", b"\x00\x01\x02\x03sig"),))
    assert signed == f"{BODY}\n— cangsu.example {base64.b64encode(b'    sig').decode()}\n".replace(
        base64.b64encode(b"    sig").decode(), "AAECA3NpZw=="
    )


def test_a_note_is_read_with_and_without_signatures() -> None:
    assert parse_note(BODY) == (CHECKPOINT, ())
    assert parse_note(CHECKPOINT.note()) == (CHECKPOINT, ())
    signatures = (Signature("a", b"12345"), Signature("b", b"67890"))
    assert parse_note(CHECKPOINT.note(signatures)) == (CHECKPOINT, signatures)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        BODY.replace("35\n", "35.0\n"),
        BODY.replace("35\n", "035\n"),
        BODY.replace("block 24", "block -1"),
        BODY.replace("block 24", "blocks 24"),
        BODY.replace("AQEB", "AQE", 1),
        BODY.replace("AQE=", "AQF="),
        BODY.replace("0x0001", "0X0001"),
        BODY.replace("/0001", "/0x0001"),
        BODY.removeprefix("cangsu.example/"),
        BODY + "more\n",
        BODY + "\n- a AAAA\n",
        BODY + "\n— a !!!!\n",
    ],
)
def test_anything_else_is_no_note(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_note(text)


def test_a_log_is_pinned_with_or_without_its_host() -> None:
    origin = DOMAIN.origin("cangsu.example/log")
    assert Pin.from_text(origin) == Pin("cangsu.example/log", DOMAIN)
    assert Pin.from_text(DOMAIN.origin("")[1:]) == Pin("", DOMAIN)
    for text in ("", "1/2/3", "31337/0x00/00", origin.upper()):
        with pytest.raises(MalformedError):
            Pin.from_text(text)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"domain": DOMAIN}, Answer.CANNOT_TELL),
        ({"block_hash": bytes(32)}, Answer.INVALID),
        ({"root": bytes(32)}, Answer.INVALID),
        ({"root": bytes(32), "block_number": 10**6, "block_hash": bytes(32)}, Answer.INVALID),
        ({"tree_size": 1, "root": bytes(32)}, Answer.INVALID),
        ({"block_number": 10**6, "block_hash": bytes(32)}, Answer.CANNOT_TELL),
        ({"tree_size": 1, "block_number": 10**6, "block_hash": bytes(32)}, Answer.CANNOT_TELL),
        ({"block_number": 10**6}, Answer.INVALID),
        ({}, Answer.CANNOT_TELL),
    ],
)
def test_a_kept_checkpoint_contradicts_or_cannot_tell(
    factory: CredentialFactory, small: Issued, change: dict[str, object], answer: Answer
) -> None:
    kept = replace(factory.checkpoint(small.payload["anchor"]), **change)  # type: ignore[arg-type]
    assert factory.judge(small, CheckpointView(kept)).answer is answer
