"""Puts an EIP-1186 state proof together from what a node answers, so that a kept block hash is enough to verify."""

from collections.abc import Iterable, Mapping
from typing import Any

from verifier.contract import TREE_ROOT_SLOT, TREE_SIZE_SLOT, history_slots
from verifier.evm_proof import Item, StateProof, rlp_encode

_HEADER = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
_NUMBERS = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
_SEAL = ("extraData", "mixHash", "nonce")
_LATER = ("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash")
"""Members that forks have added since London, in the order in which they came."""
_QUANTITIES = frozenset((*_NUMBERS, "baseFeePerGas", "blobGasUsed", "excessBlobGas"))


def storage_keys(lots: Iterable[int]) -> list[str]:
    """The keys to ask ``eth_getProof`` for: tree head, and the histories of these lots and books."""
    slots = [TREE_SIZE_SLOT, TREE_ROOT_SLOT]
    for lot in lots:
        slots += history_slots(lot)
    return [f"0x{slot:064x}" for slot in slots]


def to_state_proof(block: Mapping[str, Any], proof: Mapping[str, Any]) -> StateProof:
    """The state proof from the answers of ``eth_getBlockByNumber`` and ``eth_getProof`` at that block.

    Each trie node is kept once. The caller MUST compare the header's keccak with the block hash: a chain whose headers
    have other members gives no state proofs.
    """
    nodes = dict.fromkeys(proof["accountProof"])
    for entry in proof["storageProof"]:
        nodes |= dict.fromkeys(entry["proof"])
    return StateProof(rlp_encode(_header(block)), tuple(bytes.fromhex(node[2:]) for node in nodes))


def _header(block: Mapping[str, Any]) -> list[Item]:
    names = (*_HEADER, *_NUMBERS, *_SEAL, *(name for name in _LATER if block.get(name) is not None))
    return [_member(name, block[name]) for name in names]


def _member(name: str, value: str) -> bytes:
    if name not in _QUANTITIES:
        return bytes.fromhex(value[2:])
    number = int(value, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
