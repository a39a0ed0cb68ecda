"""checkpoints: what the log was at the end of a block, who cosigned it, proofs that it only grew, and its entries.

A checkpoint is of a block in which leaves were recorded, so that a credential may be anchored at it. We serve none that
the worker has not read off the chain and compared with its own tree (``flow/confirm.py``).
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from service.core.chain import Recorded
from service.flow.ports import Segment
from verifier.checkpoint import Checkpoint, Signature
from verifier.eip712 import Domain
from verifier.errors import InvalidError
from verifier.merkle import Tree
from verifier.record import RECORD_BYTES, to_entry
from verifier.signed_note import KeyType, VerifierKey, find_signed

MAX_ENTRIES = 4_096
"""Entries in one answer."""
_MAX_BLOCKS = 2_000
"""Blocks whose logs are read for one answer."""


class Witnesses(Protocol):
    """One transaction over the tree, the witnesses and what they cosigned."""

    def segment_at(self, block: int | None) -> Segment | None: ...
    def segments_from(self, leaf: int, limit: int) -> list[Segment]: ...
    def node(self, level: int, number: int) -> bytes: ...
    def witnesses(self) -> dict[str, str]: ...
    def find_witness(self, name: str) -> tuple[str, int | None] | None: ...
    def add_witness(self, name: str, key: str) -> None: ...
    def end_witness(self, name: str, now: int) -> None: ...
    def cosignatures(self, checkpoint: Checkpoint) -> tuple[Signature, ...]: ...
    def save_cosignatures(self, checkpoint: Checkpoint, signatures: Sequence[Signature]) -> None: ...
    def wanted(self, name: str, limit: int) -> list[int]: ...


class WitnessStore(Protocol):
    """Opens transactions."""

    def witnesses(self) -> AbstractContextManager[Witnesses]: ...
    def view(self) -> AbstractContextManager[Witnesses]: ...


class LogChain(Protocol):
    """The logs on chain."""

    def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]: ...


class CheckpointError(Exception):
    """What was asked for is not there, or what was sent does not count. ``code`` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class WitnessKeyError(Exception):
    """A witness that cannot be registered, or is none of ours; the message says which."""


@dataclass(frozen=True, slots=True)
class OurLog:
    """Which log we keep, and under which host its checkpoints are."""

    host: str
    domain: Domain


def checkpoint_at(log: Witnesses, ours: OurLog, block: int | None = None) -> Checkpoint | None:
    """The checkpoint of a block, None if no leaves were recorded in it; without a block the newest."""
    last = log.segment_at(block)
    if last is None:
        return None
    size = last.first_leaf + last.count
    return Checkpoint(ours.host, ours.domain, size, last.root, last.block_number, last.block_hash)


def consistency_proof(log: Witnesses, old_size: int, size: int) -> list[bytes]:
    """That the tree of ``size`` continues the one of ``old_size``. Raises CheckpointError for sizes we do not have."""
    newest = log.segment_at(None)
    have = 0 if newest is None else newest.first_leaf + newest.count
    if not 0 <= old_size <= size <= have:
        raise CheckpointError("NoSuchTree", f"expected 0 ≤ from ≤ to ≤ {have}, the number of leaves on chain")
    return Tree(size, log.node).consistency(old_size)


def take_cosignatures(
    store: WitnessStore, ours: OurLog, checkpoint: Checkpoint, signatures: Sequence[Signature]
) -> list[str]:
    """Keep the cosignatures that witnesses of ours made of a checkpoint of ours; their names. Repeating is safe.

    Raises CheckpointError: it is not our checkpoint (the one who sent it may have seen a fork), a signature of a known
    witness does not hold, or none is of a witness that we know.
    """
    with store.witnesses() as log:
        if checkpoint_at(log, ours, checkpoint.block_number) != checkpoint:
            raise CheckpointError("NotOurCheckpoint", "this is not what our log was at that block")
        known = [VerifierKey.from_text(key) for key in log.witnesses().values()]
        try:
            signed = find_signed(known, checkpoint.body(), signatures)
        except InvalidError as error:
            raise CheckpointError("BadCosignature", str(error)) from error
        if not signed:
            raise CheckpointError("UnknownWitness", "no signature is of a witness that is registered here")
        counting = [signature for signature in signatures if any(key.is_of(signature) for key in signed)]
        log.save_cosignatures(checkpoint, list({signature.name: signature for signature in counting}.values()))
        return sorted(key.name for key in signed)


def read_entries(log: Witnesses, chain: LogChain, first: int, count: int) -> bytes:
    """The entries (record and party, 52 bytes each) of the leaves from ``first`` on, as the chain recorded them.

    At most ``count``, and fewer where they lie far apart on chain; none behind the end.
    """
    segments = log.segments_from(first, MAX_ENTRIES)
    found: list[bytes] = []
    near = [
        s for s in segments if s.block_number < segments[0].block_number + _MAX_BLOCKS and s.first_leaf < first + count
    ]
    if not near:
        return b""
    for recorded in chain.recorded(near[0].block_number, near[-1].block_number):
        for place, start in enumerate(range(0, len(recorded.records), RECORD_BYTES), recorded.first_leaf):
            if first <= place < first + count:
                found.append(to_entry(recorded.records[start : start + RECORD_BYTES], recorded.party))
    return b"".join(found)


def add_witness(store: WitnessStore, key: VerifierKey) -> None:
    """Take cosignatures of a witness from now on. Raises WitnessKeyError if its name stands for another key, or if the
    key is not a witness's.
    """
    if key.key_type is not KeyType.WITNESS:
        raise WitnessKeyError("expected a witness's key (type 4), got a log's")
    with store.witnesses() as log:
        known = log.find_witness(key.name)
        if known is None:
            log.add_witness(key.name, key.to_text())
        elif known != (key.to_text(), None):
            raise WitnessKeyError(f"{key.name} is or was another key: a new key needs a new name")


def end_witness(store: WitnessStore, name: str, now: int) -> None:
    """Take no more cosignatures of a witness; those that it made stay. Raises WitnessKeyError if there is none."""
    with store.witnesses() as log:
        if name not in log.witnesses():
            raise WitnessKeyError(f"there is no witness {name} in force")
        log.end_witness(name, now)
