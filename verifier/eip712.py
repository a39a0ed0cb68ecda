"""What a party signs (docs/formats.md §3): EIP-712 ``Batch``, ``AddKey`` and ``RetireKey`` under the log's domain.

The domain's ``salt`` is the log id: two development chains can have the same chain id, address and genesis.
"""

from dataclasses import dataclass

from verifier.keccak import keccak256

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
_BATCH_TYPE = keccak256(b"Batch(uint32 party,uint256 nonce,uint64 deadline,bytes32 recordsHash)")
_ADD_KEY_TYPE = keccak256(
    b"AddKey(uint32 party,uint8 keyType,bytes32 keyId,uint64 validFrom,uint64 validTo,bool isCustodial)"
)
_RETIRE_KEY_TYPE = keccak256(b"RetireKey(bytes32 keyId,uint64 deadline)")
_VERSION = keccak256(b"1")


@dataclass(frozen=True, slots=True)
class Domain:
    """Which log on which chain. ``contract`` is 20 bytes, ``log_id`` 32. The claim registry has another ``name``."""

    chain_id: int
    contract: bytes
    log_id: bytes
    name: str = "Cangsu"

    def origin(self, host: str) -> str:
        """The checkpoint origin ``<host>/<chainId>/<contract>/<logId>`` (docs/formats.md §7)."""
        return f"{host}/{self.chain_id}/0x{self.contract.hex()}/{self.log_id.hex()}"

    def separator(self) -> bytes:
        """The EIP-712 domain separator."""
        address = self.contract.rjust(32, b"\x00")
        return keccak256(
            _DOMAIN_TYPE + keccak256(self.name.encode()) + _VERSION + uint(self.chain_id) + address + self.log_id
        )

    def digest(self, struct_hash: bytes) -> bytes:
        """The 32 bytes that are signed for a struct."""
        return keccak256(b"\x19\x01" + self.separator() + struct_hash)


def uint(value: int) -> bytes:
    """An unsigned integer as an ABI word of 32 bytes."""
    return value.to_bytes(32, "big")


def batch_digest(domain: Domain, party: int, nonce: int, deadline: int, records: bytes) -> bytes:
    """What a key of ``party`` signs so that these records may be recorded. ``deadline`` in unix seconds."""
    return domain.digest(keccak256(_BATCH_TYPE + uint(party) + uint(nonce) + uint(deadline) + keccak256(records)))


def add_key_digest(
    domain: Domain, party: int, key_type: int, key_id: bytes, valid_from: int, valid_to: int, is_custodial: bool
) -> bytes:
    """What a key of an active party signs to admit a further key at once."""
    fields = uint(party) + uint(key_type) + key_id + uint(valid_from) + uint(valid_to) + uint(is_custodial)
    return domain.digest(keccak256(_ADD_KEY_TYPE + fields))


def retire_key_digest(domain: Domain, key_id: bytes, deadline: int) -> bytes:
    """What a key signs to end itself or another key of its party, with no registrar. ``deadline`` in unix seconds."""
    return domain.digest(keccak256(_RETIRE_KEY_TYPE + key_id + uint(deadline)))
