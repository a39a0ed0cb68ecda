"""What the verbs need from the outside: ports that the store, the chain and the keys fill, and tests fake."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from service.core.allocation import Allocation, Kit
from service.core.chain import RegistryChange
from service.core.details import NOBODY, Subjects
from service.core.ledger import Known, Ledger, LotState, Used


@dataclass(frozen=True, slots=True)
class EventRow:
    """An accepted event, ready to be stored."""

    seq: int
    id_key: bytes
    party: int
    known: Known
    received_at: int
    body: bytes
    disclosures: bytes
    subjects: Subjects = NOBODY
    """Whose details its order and person groups are (``service.core.details``): the store locks them."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An event that waits. ``payload`` is its JSON as posted; ``waits_on`` the place (``service.flow.held``)."""

    id_key: bytes
    party: int
    waits_on: str
    code: str
    payload: bytes
    received_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """What an event without a lot became, ready to be stored."""

    id_key: bytes
    party: int
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """What a party that keeps its own key has signed: one batch, at ``nonce`` of one of its lanes (1 and up)."""

    lane: int
    nonce: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Up to 1,000 records of one party in the order of acceptance: what the worker reads instead of rows.

    With a signature of its party's own it holds all of a batch, 2,048 records at most; ``failure`` says why the
    contract takes that signature no more.
    """

    first_seq: int
    party: int
    count: int
    received_at: int
    records: bytes
    own: OwnSignature | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class BatchKey:
    """A batch key of a party, as the registry on chain has it. Times in unix seconds."""

    address: bytes
    valid_from: int
    valid_to: int
    is_custodial: bool


class Capture(Protocol):
    """One transaction that accepts events. Captures are serialised, so sequence numbers appear in commit order."""

    def load_registry(self) -> Ledger: ...
    def next_seq(self) -> int: ...
    def find_lines(self, lines: Iterable[str]) -> dict[str, int]: ...
    def load_lots(self, lots: Iterable[int]) -> list[LotState]: ...
    def find_events(self, id_keys: Iterable[bytes]) -> dict[bytes, Known]: ...
    def find_sealed(self, id_keys: Iterable[bytes]) -> dict[bytes, tuple[bytes, bytes | None]]: ...
    def find_used(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Used]: ...
    def find_held(self, id_keys: Iterable[bytes], now: int) -> dict[bytes, HeldRow]: ...
    def waiting_on(self, keys: Iterable[str], now: int) -> list[HeldRow]: ...
    def is_target_awaited(self) -> bool: ...
    def find_allocations(self, id_keys: Iterable[bytes]) -> dict[bytes, Allocation]: ...
    def find_kits(self, skus: Iterable[str]) -> list[Kit]: ...
    def find_lots_of(self, skus: Iterable[str]) -> set[int]: ...
    def save_kit(self, kit: Kit) -> None: ...
    def save_allocations(self, rows: Sequence[AllocationRow]) -> None: ...
    def line_key_party(self, key_id: bytes) -> int | None: ...
    def batch_keys(self, party: int) -> list[BatchKey]: ...
    def custodial_parties(self, now: int) -> frozenset[int]: ...
    def next_own_nonce(self, party: int, lane: int) -> int: ...
    def find_own(self, party: int, lane: int, nonce: int) -> Chunk | None: ...
    def find_unsigned(self, party: int) -> list[Chunk]: ...
    def renew_own(self, chunk: Chunk, own: OwnSignature) -> None: ...
    def save_events(self, rows: Sequence[EventRow], chunks: Sequence[Chunk]) -> None: ...
    def save_ledger(self, ledger: Ledger) -> None: ...
    def save_held(self, rows: Sequence[HeldRow]) -> None: ...
    def end_held(self, ended: Sequence[tuple[bytes, str | None]]) -> None: ...


class CaptureStore(Protocol):
    """Opens captures; ``view`` only reads."""

    def capture(self) -> AbstractContextManager[Capture]: ...
    def view(self) -> AbstractContextManager[Capture]: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """A signed batch: the intent that is saved before anything is sent."""

    number: int
    party: int
    nonce: int
    deadline: int
    signature: bytes
    records: bytes
    first_leaf: int
    tx_nonce: int
    tx_hash: bytes
    raw_tx: bytes
    sealed_at: int
    lane: int = 0

    @property
    def keyed_nonce(self) -> int:
        """The nonce as the contract takes it: the lane in the upper 192 bits (OpenZeppelin's NoncesKeyed)."""
        return self.lane << 64 | self.nonce

    @property
    def own(self) -> OwnSignature | None:
        """The signature, if the party has made it itself: ours are in lane 0."""
        return OwnSignature(self.lane, self.nonce, self.deadline, self.signature) if self.lane else None


@dataclass(frozen=True, slots=True)
class Segment:
    """Leaves that one ``Recorded`` log put on chain."""

    first_leaf: int
    count: int
    party: int
    root: bytes
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class Run:
    """Positions of a lot that are consecutive leaves. ``head`` is the lot's history head after the last of them."""

    lot: int
    first_position: int
    count: int
    first_leaf: int
    head: bytes

    @property
    def length(self) -> int:
        """The length of the lot's history after this run."""
        return self.first_position + self.count


@dataclass(frozen=True, slots=True)
class RegistryTx:
    """A signed change of the registry. ``first_leaf`` is where it lay before the chain lost it, if it did."""

    tx_hash: bytes
    raw_tx: bytes
    first_leaf: int | None = None


class Log(Protocol):
    """One transaction of the worker on batches, segments, runs and tree."""

    def unsealed_chunks(self, limit: int) -> list[Chunk]: ...
    def last_batch(self) -> Batch | None: ...
    def next_nonce(self, party: int) -> int | None: ...
    def save_batches(self, batches: Sequence[Batch], chunks: Sequence[tuple[int, int]]) -> None: ...
    def replace_batches(self, batches: Sequence[Batch]) -> None: ...
    def count_pending(self, up_to: int | None = None) -> int: ...
    def pending_batches(self, after: int, limit: int) -> list[Batch]: ...
    def save_registry_txs(self, txs: Sequence[RegistryTx], now: int) -> None: ...
    def pending_registry_txs(self) -> list[RegistryTx]: ...
    def fail_registry_tx(self, tx_hash: bytes, reason: str) -> None: ...
    def registry_tx_outcome(self, tx_hash: bytes) -> str | None: ...
    def fail_batch(self, number: int, reason: str) -> None: ...
    def unseal_batches(self, numbers: Sequence[int], reason: str) -> None: ...
    def failed_batch(self) -> tuple[int, str] | None: ...
    def scanned_block(self) -> int: ...
    def scanned_hash(self) -> bytes | None: ...
    def set_scanned_block(self, number: int, block_hash: bytes | None) -> None: ...
    def last_segment(self, before_leaf: int | None = None) -> Segment | None: ...
    def last_runs(self, lots: Iterable[int]) -> dict[int, Run]: ...
    def tree_size(self) -> int: ...
    def tree_node(self, level: int, number: int) -> bytes: ...
    def append_leaves(self, size: int, leaves: Sequence[bytes]) -> None: ...
    def save_segments(self, segments: Sequence[Segment], records: Sequence[bytes], runs: Sequence[Run]) -> None: ...
    def forget_from(self, leaf: int, block: int, block_hash: bytes | None) -> None: ...
    def save_changes(self, changes: Sequence[tuple[Run, RegistryChange]]) -> None: ...
    def first_block(self) -> int: ...


class LogStore(Protocol):
    """Opens worker transactions: ``log`` writes, one at a time; ``view`` only reads."""

    def log(self) -> AbstractContextManager[Log]: ...
    def view(self) -> AbstractContextManager[Log]: ...


class Wrapping(Protocol):
    """Encrypts secrets of the database under keys that lie elsewhere."""

    def wrap(self, name: str, plaintext: bytes, context: bytes) -> bytes: ...
    def unwrap(self, name: str, wrapped: bytes, context: bytes) -> bytes: ...


class BatchSigner(Protocol):
    """Signs for parties whose keys are in custody."""

    def sign_digest(self, party: int, digest: bytes) -> bytes: ...
