"""What the chain says, as values: blocks, recorded leaves, registry changes."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number, hash and time (unix seconds), and the hash of the block before it."""

    number: int
    hash: bytes
    time: int
    parent: bytes


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """What the registrar changed: name (PartySet, KeyAdded, KeyEnded, SiteOpened) and fields of the contract event."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One ``Recorded`` log: ``records`` begin at leaf ``first_leaf`` and make the tree head ``root``."""

    first_leaf: int
    party: int
    root: bytes
    records: bytes
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    change: RegistryChange | None = None
