"""Cuts accepted records into chunks and puts chunks into batches, within the limits of a transaction.

Records of one lot must reach the chain in the order of acceptance, and a batch is signed by one party. So a chunk may
join the newest batch of its party only if no lot of it lies in a later batch already; otherwise it begins a new one.
An admission decides who may sign in all lots of its owner, so nothing changes sides with it: it begins a new batch
behind all others, and all that comes later lies behind it.

What a party has signed itself (``own``) is a batch as it is: nothing joins it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from verifier.kinds import CODE_BY_NAME
from verifier.record import RECORD_BYTES

MAX_RECORDS = 2_048
CHUNK_RECORDS = 1_000
GAS_BUDGET = 11_500_000
"""Estimated gas at which a batch closes; with the margin below it stays under the 16.7 M of EIP-7825."""
GAS_MARGIN = 1.4
MAX_GAS = 16_700_000

_GAS_BATCH = 150_000
_GAS_RECORD = 3_300
_GAS_LOT = 21_000
"""Both slots of a history, the home and one site, touched for the first time in a transaction."""
_GAS_NEW = {CODE_BY_NAME["DECLARE"]: 52_000, CODE_BY_NAME["ASN"]: 17_100, CODE_BY_NAME["ADMIT"]: 60_000}
_GAS_BOOK = 42_000
_REGISTRY_TOP = b"\xff\xff\xff\xff"
"""What the number of every registry book begins with."""


class Chunk(Protocol):
    """Records of one party in the order of acceptance."""

    @property
    def party(self) -> int: ...
    @property
    def records(self) -> bytes: ...
    @property
    def own(self) -> object | None: ...


C = TypeVar("C", bound=Chunk)


@dataclass(slots=True)
class Draft(Generic[C]):
    """A batch in the making."""

    party: int
    chunks: list[C] = field(default_factory=list)
    lots: set[bytes] = field(default_factory=set)
    count: int = 0
    gas: int = _GAS_BATCH

    def sorted_records(self) -> bytes:
        """All records, sorted by lot, the order of acceptance kept inside each lot."""
        return sort_records(b"".join(chunk.records for chunk in self.chunks))


def sort_records(records: bytes) -> bytes:
    """Records sorted by lot; stable, so that each lot keeps its order."""
    slices = [records[i : i + RECORD_BYTES] for i in range(0, len(records), RECORD_BYTES)]
    slices.sort(key=_lot)
    return b"".join(slices)


def estimate_gas(records: bytes) -> int:
    """An upper estimate of the gas that a batch of these records uses, measured in ``make bench``."""
    kinds = records[11::RECORD_BYTES]
    lots = {records[i : i + 8] for i in range(0, len(records), RECORD_BYTES)}
    new = sum(kinds.count(code) * gas for code, gas in _GAS_NEW.items())
    books = sum(1 for lot in lots if lot[0] & 0x80)
    return _GAS_BATCH + len(kinds) * _GAS_RECORD + len(lots) * _GAS_LOT + books * _GAS_BOOK + new


def gas_limit(records: bytes) -> int:
    """The gas limit of the transaction: the estimate with a margin, at most what EIP-7825 allows."""
    return min(int(estimate_gas(records) * GAS_MARGIN), MAX_GAS)


def cut_chunks(records: Sequence[bytes]) -> list[list[bytes]]:
    """Cut records of one party into chunks that each fit into a batch, order kept."""
    chunks: list[list[bytes]] = []
    gas, lots = 0, set[bytes]()
    for record in records:
        lot = record[:8]
        own = _GAS_RECORD + _GAS_NEW.get(record[11], 0)
        if lot not in lots:
            own += _GAS_LOT + (_GAS_BOOK if lot[0] & 0x80 else 0)
        if not chunks or len(chunks[-1]) >= CHUNK_RECORDS or gas + own > GAS_BUDGET:
            chunks.append([])
            gas, lots = _GAS_BATCH, set()
        chunks[-1].append(record)
        lots.add(lot)
        gas += own
    return chunks


def draft_batches(chunks: Iterable[C]) -> list[Draft[C]]:
    """Put chunks, oldest first, into as few batches as the order of each lot allows. The batches are in chain order."""
    drafts: list[Draft[C]] = []
    newest_of_party: dict[int, int] = {}
    last_of_lot: dict[bytes, int] = {}
    for chunk in chunks:
        records = chunk.records
        lots = {records[i : i + 8] for i in range(0, len(records), RECORD_BYTES)}
        has_grant = any(lot.startswith(_REGISTRY_TOP) for lot in lots)
        is_own = chunk.own is not None
        place = None if has_grant or is_own else newest_of_party.get(chunk.party)
        if (
            place is None
            or not _fits(drafts[place], records, lots)
            or any(last_of_lot.get(lot, 0) > place for lot in lots)
        ):
            place = len(drafts)
            drafts.append(Draft(chunk.party))
            if has_grant:
                newest_of_party.clear()
            if not is_own:
                newest_of_party[chunk.party] = place
        draft = drafts[place]
        draft.gas += estimate_gas(records) - _GAS_BATCH - len(lots & draft.lots) * _GAS_LOT
        draft.chunks.append(chunk)
        draft.lots |= lots
        draft.count += len(records) // RECORD_BYTES
        last_of_lot.update(dict.fromkeys(lots, place))
    return drafts


def _fits(draft: Draft[C], records: bytes, lots: set[bytes]) -> bool:
    if draft.count + len(records) // RECORD_BYTES > MAX_RECORDS:
        return False
    gas = estimate_gas(records) - _GAS_BATCH - len(lots & draft.lots) * _GAS_LOT
    return draft.gas + gas <= GAS_BUDGET


def _lot(record: bytes) -> bytes:
    return record[:8]
