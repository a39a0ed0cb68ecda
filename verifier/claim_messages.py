"""What parties sign about claims: the EIP-712 messages of contracts/ClaimRegistry.sol under the registry's domain.

Each message is a dataclass whose members are those of the Solidity struct, in its order. ``digest`` gives the 32 bytes
that a batch key of the party signs; the domain is ``verifier.contract.registry_domain``. Arrays are signed as the
keccak256 of their elements' words, one after the other (``tanks_hash`` and its like).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

from verifier.eip712 import Domain, uint
from verifier.keccak import keccak256

SHARES = 10**12
"""U: a whole claim or receipt."""
PURPOSES = {"EXCHANGE": 1, "SETTLEMENT": 2, "RETURN": 3, "LOSS": 4}
STATES = ("NONE", "OPEN", "LIVE", "REVOKED")
ROW_STATES = (
    "NONE",
    "PRE_REFUND",
    "FINALISED",
    "REPAID",
    "REVERSED",
    "RECLAIMED",
    "RECLAIM_ADJUSTED",
    "ORDINARY",
    "RECOVERED",
)


class Message:
    """A message of members that are words. ``TYPE`` is its EIP-712 type."""

    __slots__ = ()
    TYPE: ClassVar[str]

    def digest(self, registry: Domain) -> bytes:
        """What is signed under the registry's domain."""
        return registry.digest(hash_struct(self.TYPE, self))


@dataclass(frozen=True, slots=True)
class Order:
    """A claim to be issued: what the issuer signs as ``Issue`` and its owner as ``IssueConsent``."""

    id: bytes
    issuer: int
    owner: int
    purpose: int
    set_hash: bytes
    credential_digest: bytes
    tanks_hash: bytes
    deducted_hash: bytes
    deadline: int

    def issue_digest(self, registry: Domain) -> bytes:
        """What the issuer signs."""
        return registry.digest(hash_struct(f"Issue({_ORDER})", self))

    def consent_digest(self, registry: Domain) -> bytes:
        """What the owner signs."""
        return registry.digest(hash_struct(f"IssueConsent({_ORDER})", self))


_ORDER = (
    "bytes32 id,uint32 issuer,uint32 owner,uint8 purpose,bytes32 setHash,bytes32 credentialDigest,bytes32 tanksHash,"
    "bytes32 deductedHash,uint64 deadline"
)


@dataclass(frozen=True, slots=True)
class Supersede(Message):
    """The next version of a claim, signed by its issuer. ``version`` is the current one."""

    TYPE: ClassVar[str] = (
        "Supersede(bytes32 id,uint32 version,bytes32 setHash,bytes32 credentialDigest,bytes32 limitsHash,"
        "uint64 deadline)"
    )
    id: bytes
    version: int
    set_hash: bytes
    credential_digest: bytes
    limits_hash: bytes
    deadline: int


@dataclass(frozen=True, slots=True)
class Reduce(Message):
    """Fewer pieces at once, signed by the issuer."""

    TYPE: ClassVar[str] = "Reduce(bytes32 id,uint32 version,bytes32 piecesHash,uint64 deadline)"
    id: bytes
    version: int
    pieces_hash: bytes
    deadline: int


@dataclass(frozen=True, slots=True)
class Endorse(Message):
    """A bank takes shares of a claim's currency and of one of its receipts: cumulative, from and to."""

    TYPE: ClassVar[str] = (
        "Endorse(uint32 bank,bytes32 id,uint32 version,bytes3 currency,uint64 claimFrom,uint64 claimTo,"
        "bytes32 receiptReference,bytes32 receiptCommitment,uint64 receiptFrom,uint64 receiptTo,uint64 adverse,"
        "uint256 nonce,uint64 deadline)"
    )
    bank: int
    id: bytes
    version: int
    currency: str
    claim_from: int
    claim_to: int
    receipt_reference: bytes
    receipt_commitment: bytes
    receipt_from: int
    receipt_to: int
    adverse: int
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class EndorseConsent(Message):
    """Up to which cumulative share the claim's owner lets a bank endorse."""

    TYPE: ClassVar[str] = "EndorseConsent(bytes32 id,uint32 bank,bytes3 currency,uint64 maximum,uint64 deadline)"
    id: bytes
    bank: int
    currency: str
    maximum: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Release(Message):
    """A bank gives shares back, citing its outward payment."""

    TYPE: ClassVar[str] = (
        "Release(uint32 bank,bytes32 id,bytes3 currency,uint64 claimFrom,uint64 claimTo,bytes32 receiptReference,"
        "uint64 receiptFrom,uint64 receiptTo,bytes32 payment,uint256 nonce,uint64 deadline)"
    )
    bank: int
    id: bytes
    currency: str
    claim_from: int
    claim_to: int
    receipt_reference: bytes
    receipt_from: int
    receipt_to: int
    payment: bytes
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Revoke(Message):
    """The end of a claim of which nothing is endorsed, signed by its issuer."""

    TYPE: ClassVar[str] = "Revoke(bytes32 id,uint32 version,uint64 deadline)"
    id: bytes
    version: int
    deadline: int


@dataclass(frozen=True, slots=True)
class RowPost(Message):
    """The next state of a tax row. ``state`` is a place in ``ROW_STATES``."""

    TYPE: ClassVar[str] = (
        "RowPost(uint32 party,uint64 lot,uint32 row,uint8 state,uint32 pieces,uint32 position,uint256 nonce,"
        "uint64 deadline)"
    )
    party: int
    lot: int
    row: int
    state: int
    pieces: int
    position: int
    nonce: int
    deadline: int


def tanks_hash(commitment_by_currency: Mapping[str, bytes]) -> bytes:
    """The hash of a claim's tanks; currencies in alphabetical order."""
    return _hash_words(
        part for currency in sorted(commitment_by_currency) for part in (currency, commitment_by_currency[currency])
    )


def limits_hash(limit_by_currency: Mapping[str, int]) -> bytes:
    """The hash of new limits, in shares; currencies in alphabetical order."""
    return _hash_words(
        part for currency in sorted(limit_by_currency) for part in (currency, limit_by_currency[currency])
    )


def pieces_hash(pieces_by_lot: Mapping[int, int]) -> bytes:
    """The hash of lots with their new pieces, ascending by lot."""
    return _hash_words(part for lot in sorted(pieces_by_lot) for part in (lot, pieces_by_lot[lot]))


def deducted_hash(ids: Iterable[bytes]) -> bytes:
    """The hash of the overdrawn lineages that an order names, in its order."""
    return _hash_words(ids)


def hash_struct(type_text: str, message: Message | Order) -> bytes:
    """EIP-712 hashStruct of a message."""
    values = (getattr(message, field.name) for field in fields(message))  # type: ignore[arg-type]
    return keccak256(keccak256(type_text.encode()) + b"".join(map(_word, values)))


def _hash_words(values: Iterable[int | bytes | str]) -> bytes:
    return keccak256(b"".join(map(_word, values)))


def _word(value: int | bytes | str) -> bytes:
    """An integer to the right, a currency code (bytes3) to the left, 32 bytes as they are."""
    if isinstance(value, int):
        return uint(value)
    if isinstance(value, str):
        data = value.encode("ascii")
        if len(data) != 3:
            raise ValueError(f"{value!r} is not a currency code")
        return data.ljust(32, b"\x00")
    if len(value) != 32:
        raise ValueError(f"expected 32 bytes, got {len(value)}")
    return value
