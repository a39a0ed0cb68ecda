"""Movement words, records, leaves, history heads and lot numbers (docs/formats.md §1).

word    16 bytes   lot uint64 | site uint24 | kind uint8 | quantity uint32, big-endian
record  48 bytes   word ‖ event digest
entry   52 bytes   record ‖ party uint32: what the contract hashes into the tree
leaf    32 bytes   SHA-256(0x00 ‖ entry)
head    32 bytes   keccak256(head ‖ leaf), one chain for each lot or book; 32 zero bytes before the first
"""

import hashlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from verifier.errors import InvalidError, MalformedError
from verifier.keccak import keccak256

WORD_BYTES = 16
RECORD_BYTES = 48
ENTRY_BYTES = 52
EMPTY_HEAD = bytes(32)
MAX_PARTY = (1 << 24) - 1
BOOK_BIT = 1 << 63
REGISTRY_ACCOUNT = 0x7FFFFFFF
"""Account number of a party's registry book: its roles, keys, sites and admissions are leaves of this book."""

_LINE = re.compile(r"[0-9]{18}\Z")
_LOT = re.compile(r"[0-9a-f]{16}\Z")
_WORD = struct.Struct(">QII")


@dataclass(frozen=True, slots=True)
class Word:
    """A movement or a note, as the chain shows it. ``quantity`` is in pieces."""

    lot: int
    site: int
    kind: int
    quantity: int

    def to_bytes(self) -> bytes:
        """The 16 bytes on chain; struct.error if a field is out of range."""
        return _WORD.pack(self.lot, self.site << 8 | self.kind, self.quantity)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Word":
        """The word in the first 16 bytes of ``data``."""
        lot, site_kind, quantity = _WORD.unpack_from(data)
        return cls(lot, site_kind >> 8, site_kind & 0xFF, quantity)


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry (record ‖ party)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def to_entry(record: bytes, party: int) -> bytes:
    """record ‖ party: the 52 bytes that say what was attested and by whom."""
    return record + party.to_bytes(4, "big")


def next_head(head: bytes, leaf: bytes) -> bytes:
    """The history head after one more leaf."""
    return keccak256(head + leaf)


def history_head(leaves: Iterable[bytes], head: bytes = EMPTY_HEAD) -> bytes:
    """The head of a history with these leaves, oldest first."""
    for leaf in leaves:
        head = next_head(head, leaf)
    return head


def book_number(account: int, party: int) -> int:
    """The number of a book: top bit, uint31 account, party in the low 32 bits."""
    if not (0 <= account <= REGISTRY_ACCOUNT and 0 < party <= MAX_PARTY):
        raise MalformedError(f"no such book: account {account}, party {party}")
    return BOOK_BIT | account << 32 | party


def registry_book(party: int) -> int:
    """The number of the book that holds a party's roles, keys, sites and admissions."""
    return book_number(REGISTRY_ACCOUNT, party)


def lot_to_hex(lot: int) -> str:
    """A lot or book number as JSON carries it: 16 lower-case hex digits, never a JSON number."""
    return f"{lot:016x}"


def lot_from_hex(text: object) -> int:
    """The number behind 16 lower-case hex digits; MalformedError for anything else, and for 0."""
    if not (isinstance(text, str) and _LOT.match(text) and text != "0" * 16):
        raise MalformedError(f"not a lot number of 16 lower-case hex digits: {text!r}")
    return int(text, 16)


def line_message(declaration_no: str, item_no: int, part_no: int = 0) -> bytes:
    """What the customs gateway signs to number a line: declaration, 项号 and part, fixed width."""
    if not (isinstance(declaration_no, str) and _LINE.match(declaration_no)):
        raise MalformedError("a declaration number has 18 digits")
    if not (0 < item_no <= 99 and 0 <= part_no <= 99):
        raise MalformedError("an item number is 1 to 99, a part number 0 to 99")
    return b"cangsu-line-v1\x00" + f"{declaration_no}{item_no:02d}{part_no:02d}".encode()


def lot_number(line_signature: bytes) -> int:
    """The lot number that a line signature derives: 8 bytes of its SHA-256, top bit cleared."""
    return int.from_bytes(hashlib.sha256(line_signature).digest()[:8], "big") & ~BOOK_BIT


def verify_line(key: RSAPublicKey, signature: bytes, message: bytes) -> int:
    """Check RSASSA-PKCS1-v1_5-SHA256 over a line and return its lot number; InvalidError if it does not hold.

    The padding is deterministic, so one line under one key has one signature and therefore one lot number: the same
    line cannot be declared twice as two lots.
    """
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise InvalidError("the line signature is not the customs gateway's") from error
    return lot_number(signature)
