"""Ed25519 signatures and cosignatures of C2SP notes (docs/formats.md §7), and the text form of the keys.

    key id              SHA-256(<name> ‖ 0x0A ‖ type ‖ 32-byte key)[:4]
    verifier key        <name>+<key id in hex>+<base64(type ‖ key)>
    type 0x01, log      id ‖ Ed25519 over the body
    type 0x04, witness  id ‖ 8-byte time ‖ Ed25519 over "cosignature/v1\\ntime <time>\\n" ‖ body

Who holds the private key signs ``signed_message`` and puts the result together with ``VerifierKey.signature``.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.checkpoint import Signature, read_base64
from verifier.errors import InvalidError, MalformedError

ID_BYTES = 4
TIME_BYTES = 8
SIGNATURE_BYTES = 64
MAX_TIME = (1 << 63) - 1

_NAME = re.compile(r"[^\s+]+\Z")
_ID = re.compile(r"[0-9a-f]{8}\Z")


class KeyType(IntEnum):
    """What a key signs: notes, as a log; or that it has seen a checkpoint follow on what it saw before, at a time."""

    LOG = 1
    WITNESS = 4


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a note key: 32 bytes of Ed25519, under the name that stands in its signature lines."""

    name: str
    key_type: KeyType
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or not self.name.isprintable() or len(self.public) != 32:
            raise MalformedError("a note key has a name without spaces and plus, and 32 bytes")

    @classmethod
    def from_text(cls, text: str) -> "VerifierKey":
        """Read ``<name>+<id>+<base64>``; MalformedError unless it is well-formed, of a known type, and the id fits."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not _ID.match(parts[1]):
            raise MalformedError("a verifier key is written <name>+<key id>+<base64>")
        data = read_base64(parts[2])
        if len(data) != 33 or data[0] not in set(KeyType):
            raise MalformedError("not an Ed25519 key of a log (type 1) or of a witness (type 4)")
        key = cls(parts[0], KeyType(data[0]), data[1:])
        if key.key_id.hex() != parts[1]:
            raise MalformedError("the id of the verifier key is not that of its name and key")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes that its signatures begin with."""
        named = self.name.encode() + b"\n" + bytes([self.key_type]) + self.public
        return hashlib.sha256(named).digest()[:ID_BYTES]

    def to_text(self) -> str:
        """``<name>+<id>+<base64>``."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.key_type]) + self.public).decode()}"

    def signature(self, raw: bytes, time: int = 0) -> Signature:
        """The signature line's content for 64 bytes that the private half made over ``signed_message``."""
        at = time.to_bytes(TIME_BYTES, "big") if self.key_type is KeyType.WITNESS else b""
        return Signature(self.name, self.key_id + at + raw)

    def is_of(self, signature: Signature) -> bool:
        """Whether a signature line says that it is of this key. Name and id must both fit."""
        return (signature.name, signature.data[:ID_BYTES]) == (self.name, self.key_id)

    def verify(self, signature: Signature, body: str) -> int:
        """The time of a cosignature, 0 of a log's signature; InvalidError unless it is this key's over ``body``."""
        time, raw = 0, signature.data[ID_BYTES:]
        if self.key_type is KeyType.WITNESS:
            time, raw = int.from_bytes(raw[:TIME_BYTES], "big"), raw[TIME_BYTES:]
        try:
            if not self.is_of(signature) or len(raw) != SIGNATURE_BYTES or time > MAX_TIME:
                raise InvalidSignature
            Ed25519PublicKey.from_public_bytes(self.public).verify(raw, signed_message(self.key_type, body, time))
        except (InvalidSignature, ValueError) as error:
            raise InvalidError(f"the signature of {self.name} does not hold") from error
        return time


def signed_message(key_type: KeyType, body: str, time: int = 0) -> bytes:
    """The bytes that a key of a type signs for a note. ``time`` in unix seconds, of a witness only."""
    head = f"cosignature/v1\ntime {time}\n" if key_type is KeyType.WITNESS else ""
    return (head + body).encode()


def find_signed(keys: Iterable[VerifierKey], body: str, signatures: Iterable[Signature]) -> dict[VerifierKey, int]:
    """Which of these keys have signed, and when (of several times the latest). Unknown signature lines are passed over.

    InvalidError if a line says that it is of one of the keys and is not: then the note as a whole is to be refused.
    """
    found: dict[VerifierKey, int] = {}
    known = list(keys)
    for signature in signatures:
        for key in known:
            if key.is_of(signature):
                found[key] = max(found.get(key, 0), key.verify(signature, body))
    return found
