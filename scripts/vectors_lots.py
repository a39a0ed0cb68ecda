"""The lot vectors: lines of declarations, their signatures and lot numbers, under one RSA key.

The key was made once and is kept in lots.json. It is public, and for tests only.
"""

import json
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from scripts.vectors_plain import Json, sha256, sign_rsa, to_hex

KEPT = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "lots.json"
FIRST_LINE = ("223320260001234567", 1, 0)
LINES = {
    "first_line": FIRST_LINE,
    "second_line": ("223320260001234567", 2, 0),
    "part_of_the_first_line": ("223320260001234567", 1, 1),
    "last_line_and_part": ("999999999999999999", 99, 99),
    "zeros_in_front": ("000000000000000001", 1, 0),
}
REFUSED_LINES = {
    "declaration_of_17_digits": ("2" * 17, 1, 0),
    "declaration_of_19_digits": ("2" * 19, 1, 0),
    "declaration_in_other_digits": ("２" * 18, 1, 0),
    "declaration_with_line_feed": ("2" * 18 + "\n", 1, 0),
    "item_0": ("2" * 18, 0, 0),
    "item_100": ("2" * 18, 100, 0),
    "part_100": ("2" * 18, 1, 100),
}


def lots_vector() -> Json:
    """Lines with their lots, signatures that do not hold, and lines that cannot be."""
    modulus = _line_key().public_key().public_numbers().n
    message, good = _message(*LINES["first_line"]), _sign(*LINES["first_line"])
    refused = {
        "signature_of_another_line": (message, _sign(*LINES["second_line"])),
        "signature_with_one_bit_changed": (message, good[:-1] + bytes([good[-1] ^ 1])),
        "signature_one_byte_short": (message, good[:-1]),
        "signature_plus_the_modulus": (message, (int.from_bytes(good, "big") + modulus).to_bytes(len(good) + 1, "big")),
        "message_without_part": (message[:-2], good),
    }
    pem = _line_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "about": "lot = first 8 bytes of SHA-256(signature), top bit cleared; signed RSASSA-PKCS1-v1_5 with SHA-256.",
        "TEST_ONLY": "The private key below is public. It MUST NOT number a line outside of tests.",
        "private_key_pem": pem.decode(),
        "public_key_spki": to_hex(line_spki()),
        "key_id": to_hex(sha256(line_spki())),
        "lines": [{"name": name, **_to_line(line), **_number(line)} for name, line in LINES.items()],
        "refused": [
            {"defect": defect, "message": to_hex(message), "signature": to_hex(signature)}
            for defect, (message, signature) in refused.items()
        ],
        "refused_lines": [{"defect": defect, **_to_line(line)} for defect, line in REFUSED_LINES.items()],
    }


def line_spki() -> bytes:
    """The public half of the gateway's test key, as the registry identifies it."""
    return _line_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def first_lot() -> int:
    """The lot of the first line: the log vector's main lot."""
    return _lot(_sign(*FIRST_LINE))


def _to_line(line: tuple[str, int, int]) -> Json:
    return dict(zip(("declaration_no", "item_no", "part_no"), line, strict=True))


def _number(line: tuple[str, int, int]) -> Json:
    signature = _sign(*line)
    return {"message": to_hex(_message(*line)), "signature": to_hex(signature), "lot": f"{_lot(signature):016x}"}


def _message(declaration_no: str, item_no: int, part_no: int) -> bytes:
    return b"cangsu-line-v1\x00" + f"{declaration_no}{item_no:02d}{part_no:02d}".encode()


def _sign(declaration_no: str, item_no: int, part_no: int) -> bytes:
    numbers = _line_key().private_numbers()
    return sign_rsa(_message(declaration_no, item_no, part_no), numbers.public_numbers.n, numbers.d)


def _lot(signature: bytes) -> int:
    return int.from_bytes(sha256(signature)[:8], "big") & (2**63 - 1)


@cache
def _line_key() -> rsa.RSAPrivateKey:
    if not KEPT.exists():
        return rsa.generate_private_key(65537, 2048)
    key = load_pem_private_key(json.loads(KEPT.read_text("utf-8"))["private_key_pem"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
