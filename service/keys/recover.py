"""Whose key made a signature: the contract's rule (OpenZeppelin's ECDSA), by libsecp256k1."""

from coincurve import PublicKey
from eth_keys.datatypes import PublicKey as EthPublicKey

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """The 20-byte address behind r ‖ s ‖ v over a 32-byte digest; None if the contract would recover none."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except ValueError:
        return None
    return EthPublicKey(key.format(compressed=False)[1:]).to_canonical_address()
