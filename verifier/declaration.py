"""Which customs declaration a lot is: the ``document`` group of DECLARE, when it is shown (docs/formats.md §1).

The customs gateway numbers each line by a signature, and the lot number follows from the signature. Whoever is shown
the declaration number can check that this lot is that line; nobody else can guess it.
"""

from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from verifier.errors import InvalidError, MalformedError
from verifier.record import line_message, verify_line
from verifier.registry import key_id_of_line
from verifier.shapes import base64url_bytes, integer, string

MEMBERS = ("declaration_no", "item_no", "part_no", "line_signature", "line_key")
_EXPORT_FLAG = "0"
_FLAG_PLACE = 8  # 4 customs house, 4 year, 1 flag, 9 serial
_EXPONENT = 65537
_MIN_KEY_BITS, _MAX_KEY_BITS = 2048, 8192


@dataclass(frozen=True, slots=True)
class Line:
    """An item line (项号) of an export declaration, or a part of it; part 0 is the whole line."""

    declaration_no: str
    item_no: int
    part_no: int
    key_id: bytes
    """SHA-256 of the SubjectPublicKeyInfo of the key that numbered the line."""


def verify_declaration(document: dict[str, Any], lot: int) -> Line:
    """The line that a ``document`` group proves the lot to be.

    Raises MalformedError or InvalidError if it does not. That the key is the gateway's is the caller's to check.
    """
    missing = [name for name in MEMBERS if name not in document]
    if missing:
        raise MalformedError(f"the document group of DECLARE lacks {', '.join(missing)}")
    declaration_no = string(document["declaration_no"], "declaration_no", 18)
    item_no = integer(document["item_no"], "item_no", 99, 1)
    part_no = integer(document["part_no"], "part_no", 99)
    message = line_message(declaration_no, item_no, part_no)
    if declaration_no[_FLAG_PLACE] != _EXPORT_FLAG:
        raise InvalidError("the ninth digit of the declaration number is not the export flag 0")
    spki = base64url_bytes(document["line_key"], "line_key")
    signature = base64url_bytes(document["line_signature"], "line_signature")
    if verify_line(_load_key(spki), signature, message) != lot:
        raise InvalidError("the line signature numbers another lot")
    return Line(declaration_no, item_no, part_no, key_id_of_line(spki))


def _load_key(spki: bytes) -> RSAPublicKey:
    """An RSA key. Odd exponents and sizes are refused: under a made-up key one line may have many signatures."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("line_key is not a SubjectPublicKeyInfo") from error
    if not isinstance(key, RSAPublicKey):
        raise InvalidError("line_key is not an RSA key")
    if key.public_numbers().e != _EXPONENT or not _MIN_KEY_BITS <= key.key_size <= _MAX_KEY_BITS:
        raise InvalidError(f"line_key is not an RSA key of {_MIN_KEY_BITS} to {_MAX_KEY_BITS} bits and exponent 65537")
    return key
