"""Which declared line a lot is."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verifier.canonical import to_base64url
from verifier.declaration import verify_declaration
from verifier.errors import InvalidError, MalformedError, VerificationError
from verifier.record import line_message, lot_number

KEY = rsa.generate_private_key(65537, 2048)
NUMBER = "223320260001234567"


def spki(key: Any) -> str:
    return to_base64url(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def document(
    key: rsa.RSAPrivateKey = KEY, declaration_no: str = NUMBER, item_no: int = 1, part_no: int = 0
) -> tuple[dict[str, Any], int]:
    message = line_message(declaration_no, item_no, part_no)
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    members = {"declaration_no": declaration_no, "item_no": item_no, "part_no": part_no, "line_key": spki(key)}
    return members | {"line_signature": to_base64url(signature)}, lot_number(signature)


def test_a_line_signature_proves_the_lot() -> None:
    members, lot = document(part_no=3)
    line = verify_declaration(members | {"source_document": "x"}, lot)
    assert (line.declaration_no, line.item_no, line.part_no) == (NUMBER, 1, 3)


def test_one_line_is_one_lot() -> None:
    lots = {document(item_no=item, part_no=part)[1] for item in (1, 2) for part in (0, 1)}
    assert len(lots) == 4
    assert document()[1] == document()[1]


@pytest.mark.parametrize("name", ["item_no", "part_no", "line_signature", "line_key"])
def test_a_line_without_its_proof_is_malformed(name: str) -> None:
    members, lot = document()
    del members[name]
    with pytest.raises(MalformedError):
        verify_declaration(members, lot)


@pytest.mark.parametrize(
    "change",
    [
        {"declaration_no": "223320260001234568"},
        {"declaration_no": "22332026000123456"},
        {"declaration_no": "22332026x001234567"},
        {"declaration_no": 223320260001234567},
        {"item_no": 2},
        {"item_no": 0},
        {"item_no": 100},
        {"item_no": "1"},
        {"part_no": 1},
        {"part_no": -1},
        {"line_signature": "AAAA"},
        {"line_signature": 5},
        {"line_key": "AAAA"},
        {"line_key": spki(rsa.generate_private_key(65537, 2048))},
        {"line_key": spki(ec.generate_private_key(ec.SECP256R1()))},
    ],
)
def test_a_changed_line_is_refused(change: dict[str, Any]) -> None:
    members, lot = document()
    with pytest.raises(VerificationError):
        verify_declaration(members | change, lot)


def test_an_import_declaration_is_no_export() -> None:
    members, lot = document(declaration_no="223320261001234567")
    with pytest.raises(InvalidError, match="export flag"):
        verify_declaration(members, lot)


def test_another_lot_is_not_that_line() -> None:
    members, lot = document()
    with pytest.raises(InvalidError):
        verify_declaration(members, lot ^ 1)


@pytest.mark.parametrize(("exponent", "bits"), [(3, 2048), (65537, 1024)])
def test_a_weak_key_is_refused(exponent: int, bits: int) -> None:
    members, lot = document(rsa.generate_private_key(exponent, bits))
    with pytest.raises(InvalidError):
        verify_declaration(members, lot)
