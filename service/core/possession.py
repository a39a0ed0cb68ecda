"""What a key signs to show that its holder has it, under the log's EIP-712 domain. Never seen by the contract."""

from verifier.eip712 import Domain, uint
from verifier.keccak import keccak256

_JOIN_TYPE = keccak256(b"Join(uint32 party,bytes32 keyId,bytes32 invitation)")
_ROTATE_TYPE = keccak256(b"Rotate(uint32 party,bytes32 keyId)")
_END_KEY_TYPE = keccak256(b"EndKey(uint32 party,bytes32 keyId)")


def join_digest(domain: Domain, party: int, key_id: bytes, invitation: bytes) -> bytes:
    """A new key takes up an invitation (the SHA-256 of its token)."""
    return domain.digest(keccak256(_JOIN_TYPE + uint(party) + key_id + invitation))


def rotate_digest(domain: Domain, party: int, key_id: bytes) -> bytes:
    """A new key says that it is there; that it may join its party is what an old one says (``AddKey``)."""
    return domain.digest(keccak256(_ROTATE_TYPE + uint(party) + key_id))


def end_key_digest(domain: Domain, party: int, key_id: bytes) -> bytes:
    """A key of the party asks the registrar to end one, which may be itself."""
    return domain.digest(keccak256(_END_KEY_TYPE + uint(party) + key_id))
