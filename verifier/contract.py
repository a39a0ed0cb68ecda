"""The pinned code of the ledger and of its claim registry, and where the ledger's storage holds what a proof needs.

``contract.json`` is the ledger's compiled runtime code with its immutables left blank, and where each of them goes,
``claim_registry.json`` that of the registry; ``scripts/contract_template.py`` writes them. An anchor fixes all of the
immutables, so the whole code is known. A contract with another domain separator, deployed to replay a log's signatures
in its own order, does not match.

The registry is the first contract that the ledger creates, so its address is known too: a twin of it, over the same
ledger, would let every sale serve twice.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verifier.eip712 import Domain, uint
from verifier.evm_proof import rlp_encode
from verifier.keccak import keccak256

IMMUTABLES = ("log_id", "chain_id", "domain_separator")
"""The immutables of contracts/Domain.sol in the order of their declaration."""
REGISTRY_IMMUTABLES = (*IMMUTABLES, "ledger")
CLAIMS_DOMAIN = "Cangsu Claims"
"""The name of the registry's EIP-712 domain."""

TREE_SIZE_SLOT = 48
"""Storage layout of contracts/Log.sol; a test holds it against the compiler's."""
TREE_ROOT_SLOT = 49
HISTORIES_SLOT = 50
_LENGTH_MASK = (1 << 32) - 1
_SIZE_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Template:
    """Runtime code with blanks of 32 bytes, and where each immutable stands."""

    code: bytes
    places: dict[str, tuple[int, ...]]


@cache
def load_template(file: str = "contract.json") -> Template:
    """A template that this verifier ships with: the ledger's, or the registry's ``claim_registry.json``."""
    found = json.loads(files("verifier").joinpath(file).read_text("ascii"))
    return Template(bytes.fromhex(found["code"][2:]), {name: tuple(at) for name, at in found["immutables"].items()})


def expected_code(domain: Domain) -> bytes:
    """The runtime code of the contract of a log."""
    return _fill(load_template(), _immutables(domain))


def registry_address(domain: Domain) -> bytes:
    """The 20 bytes of the claim registry of a log: the first contract that the ledger creates (EIP-161 nonce 1)."""
    return keccak256(rlp_encode([domain.contract, b"\x01"]))[12:]


def registry_domain(domain: Domain) -> Domain:
    """The EIP-712 domain of the claim registry of a log."""
    return Domain(domain.chain_id, registry_address(domain), domain.log_id, CLAIMS_DOMAIN)


def expected_registry_code(domain: Domain) -> bytes:
    """The runtime code of the claim registry of a log. ``domain`` is the log's."""
    values = _immutables(registry_domain(domain)) | {"ledger": domain.contract.rjust(32, b"\x00")}
    return _fill(load_template("claim_registry.json"), values)


def _immutables(domain: Domain) -> dict[str, bytes]:
    return dict(zip(IMMUTABLES, (domain.log_id, uint(domain.chain_id), domain.separator()), strict=True))


def _fill(template: Template, values: dict[str, bytes]) -> bytes:
    code = bytearray(template.code)
    for name, places in template.places.items():
        for start in places:
            code[start : start + 32] = values[name]
    return bytes(code)


def history_slots(lot: int) -> tuple[int, int]:
    """The storage slots of a history's head, and of its length together with other counts."""
    head = int.from_bytes(keccak256(uint(lot) + uint(HISTORIES_SLOT)), "big")
    return head, (head + 1) % (1 << 256)


def length_of(word: int) -> int:
    """The length in the second slot of a history: its lowest 32 bits."""
    return word & _LENGTH_MASK


def size_of(word: int) -> int:
    """The tree size in its slot."""
    return word & _SIZE_MASK
