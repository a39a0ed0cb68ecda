"""The pinned code of the contract, and where its storage holds what a proof needs.

``contract.json`` is the compiled runtime code with its immutables left blank, and where each of them goes; it is
written by ``scripts/contract_template.py``. An anchor fixes all three immutables, so the whole code is known. A
contract with another domain separator, deployed to replay a log's signatures in its own order, does not match.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verifier.eip712 import Domain, uint
from verifier.keccak import keccak256

IMMUTABLES = ("log_id", "chain_id", "domain_separator")
"""The immutables of contracts/Log.sol in the order of their declaration."""

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
def load_template() -> Template:
    """The template that this verifier ships with."""
    found = json.loads(files("verifier").joinpath("contract.json").read_text("ascii"))
    places = {name: tuple(found["immutables"][name]) for name in IMMUTABLES}
    return Template(bytes.fromhex(found["code"][2:]), places)


def expected_code(domain: Domain) -> bytes:
    """The runtime code of the contract of a log."""
    template = load_template()
    values = dict(zip(IMMUTABLES, (domain.log_id, uint(domain.chain_id), domain.separator()), strict=True))
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
