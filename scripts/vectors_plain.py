"""The formats once more, as plainly as the standards put them: what scripts/vectors.py computes its values with.

Nothing here may use the code under test. Fast does not matter; being easy to compare with the standard does.
"""

import hashlib
import json
from typing import Any

from Crypto.Hash import keccak
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import PrivateKey

Json = dict[str, Any]

BATCH = [("party", "uint32"), ("nonce", "uint256"), ("deadline", "uint64"), ("recordsHash", "bytes32")]
ADD_KEY = [
    ("party", "uint32"),
    ("keyType", "uint8"),
    ("keyId", "bytes32"),
    ("validFrom", "uint64"),
    ("validTo", "uint64"),
    ("isCustodial", "bool"),
]
RETIRE_KEY = [("keyId", "bytes32"), ("deadline", "uint64")]
_DOMAIN = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
]
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017 §9.2)."""


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()


def from_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def keccak256(data: bytes) -> bytes:
    return bytes(keccak.new(digest_bits=256, data=data).digest())


def pack_word(lot: int, site: int, kind: int, quantity: int) -> bytes:
    return (lot << 64 | site << 40 | kind << 32 | quantity).to_bytes(16, "big")


def hash_leaf(record: bytes, party: int) -> bytes:
    return sha256(b"\x00" + record + party.to_bytes(4, "big"))


def hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def hash_tree(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, with the leaf hashes in hand."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = largest_power_below(len(leaves))
    return hash_node(hash_tree(leaves[:split]), hash_tree(leaves[split:]))


def find_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = largest_power_below(len(leaves))
    if index < split:
        return [*find_path(index, leaves[:split]), hash_tree(leaves[split:])]
    return [*find_path(index - split, leaves[split:]), hash_tree(leaves[:split])]


def find_multiproof(indices: list[int], leaves: list[bytes]) -> list[bytes]:
    """docs/formats.md §6: the heads of the ranges without any of these indices, from left to right."""
    if not indices:
        return [hash_tree(leaves)]
    if len(leaves) == 1:
        return []
    split = largest_power_below(len(leaves))
    left = find_multiproof([index for index in indices if index < split], leaves[:split])
    return left + find_multiproof([index - split for index in indices if index >= split], leaves[split:])


def chain(leaves: list[bytes]) -> bytes:
    """The head of a history."""
    head = bytes(32)
    for leaf in leaves:
        head = keccak256(head + leaf)
    return head


def sign_rsa(message: bytes, modulus: int, private_exponent: int) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2.1), from the textbook."""
    size = (modulus.bit_length() + 7) // 8
    info = _SHA256_INFO + sha256(message)
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    return pow(int.from_bytes(padded, "big"), private_exponent, modulus).to_bytes(size, "big")


def known_key(name: str) -> PrivateKey:
    """A key that everyone can have: never use it outside of tests."""
    return PrivateKey(sha256(b"cangsu test key: " + name.encode()))


def contract_address(deployer: PrivateKey) -> str:
    """Where the first contract of an account goes: keccak(rlp([account, 0]))."""
    rlp = b"\xd6\x94" + deployer.public_key.to_canonical_address() + b"\x80"
    return to_hex(keccak256(rlp)[12:])


def sign_typed(domain: Json, primary: str, fields: list[tuple[str, str]], values: Json, key: PrivateKey) -> Json:
    """Digest and signature of a struct under EIP-712, by eth-account."""
    types = {
        "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN],
        primary: [{"name": name, "type": kind} for name, kind in fields],
    }
    full = {
        "name": domain.get("name", "Cangsu"),
        "version": "1",
        "chainId": domain["chain_id"],
        "verifyingContract": domain["contract"],
        "salt": from_hex(domain["log_id"]),
    }
    message = encode_typed_data(
        full_message={"types": types, "primaryType": primary, "domain": full, "message": values}
    )
    signed = Account.sign_message(message, key.to_bytes())
    return {"digest": to_hex(signed.message_hash), "signature": to_hex(signed.signature)}


def to_text(vector: Json) -> str:
    """JSON, with one line for each case of a list."""
    members = []
    for name, value in vector.items():
        if isinstance(value, list) and value:
            entries = ",\n".join("    " + json.dumps(entry, ensure_ascii=False) for entry in value)
            members.append(f"  {json.dumps(name)}: [\n{entries}\n  ]")
        else:
            members.append(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def largest_power_below(size: int) -> int:
    """The largest power of two below a size."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power
