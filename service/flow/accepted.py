"""The events that one transaction accepted: sealed, in order, ready to be saved with the chunks of their records."""

from typing import Any

import orjson

from service.core.batches import cut_chunks
from service.core.details import NOBODY, slots_of, subjects_of
from service.core.events import EventIn
from service.core.ledger import Known
from service.core.sealing import Sealed, salts_of, seal_event
from service.flow.ports import Capture, Chunk, EventRow, OwnSignature
from verifier.record import Word


class AcceptedEvents:
    """Rows and records of one transaction, and the sealed events that repeats are held against."""

    def __init__(self, capture: Capture, second: int) -> None:
        self._capture = capture
        self._second = second
        self._seq = capture.next_seq()
        self._records: list[tuple[int, bytes]] = []
        self.rows: list[EventRow] = []
        self.sealed: dict[bytes, tuple[bytes, bytes | None]] = {}

    def add(self, id_key: bytes, party: int, event: EventIn, known: Known, salts: bytes) -> bytes:
        """Seal an event that was applied; its digest."""
        sealed = _seal(event, known, salts)
        subjects = subjects_of(event.order, event.person) if event.order or event.person else NOBODY
        row = EventRow(self._seq, id_key, party, known, self._second, sealed.body, sealed.disclosures, subjects)
        self.rows.append(row)
        self._seq += 1
        self._records.append((party, sealed.record))
        self.sealed[id_key] = (sealed.body, sealed.disclosures)
        return sealed.record[16:]

    def load_sealed(self, id_keys: list[bytes]) -> None:
        """Bring in sealed events, to hold repeats against."""
        self.sealed.update(self._capture.find_sealed(id_keys))

    def salts(self, id_key: bytes) -> bytes | None:
        """The salts of a sealed event; None once any of them is erased."""
        slots = slots_of(self.sealed[id_key][1])
        return salts_of(slots) if all(slots) else None

    def is_same(self, id_key: bytes, event: EventIn, known: Known) -> bool:
        """Seal a repeat with the stored salts: the same payload, and only it, gives the same bytes.

        ``known`` is the repeat as it would be known. Of groups that were erased nothing is told apart any more.
        """
        body, disclosures = self.sealed[id_key]
        slots = slots_of(disclosures)
        repeat = _seal(event, known, salts_of(slots)).body
        erased = [number for number, slot in enumerate(slots) if not slot]
        return repeat == body if not erased else _without(repeat, erased) == _without(body, erased)

    def records(self) -> bytes:
        """The records of all rows, in order."""
        return b"".join(record for _, record in self._records)

    def save(self, own: OwnSignature | None = None, count: int = 0) -> None:
        """Write rows and chunks; the first ``count`` are one chunk that its party has signed (``own``)."""
        self._capture.save_events(self.rows, self._chunks(own, count))

    def _chunks(self, own: OwnSignature | None, count: int) -> list[Chunk]:
        """Runs of one party, cut to the size that the worker takes in one piece."""
        chunks: list[Chunk] = []
        seq = self.rows[0].seq if self.rows else 0
        if own is not None:
            signed = b"".join(record for _, record in self._records[:count])
            chunks.append(Chunk(seq, self._records[0][0], count, self._second, signed, own))
            seq += count
        start = count
        while start < len(self._records):
            party = self._records[start][0]
            end = start
            while end < len(self._records) and self._records[end][0] == party:
                end += 1
            for records in cut_chunks([record for _, record in self._records[start:end]]):
                chunks.append(Chunk(seq, party, len(records), self._second, b"".join(records)))
                seq += len(records)
            start = end
        return chunks


def _without(body: bytes, erased: list[int]) -> dict[str, Any]:
    """A sealed event without the digests of these slots."""
    sealed: dict[str, Any] = orjson.loads(body)
    for number in erased:
        sealed["_sd"][number] = None
    return sealed


def _seal(event: EventIn, known: Known, salts: bytes) -> Sealed:
    return seal_event(
        event_id=event.event_id,
        kind=event.kind,
        word=Word(known.lot, known.site, known.code, known.quantity),
        event_time=event.event_time,
        target=known.target,
        groups=event.groups(),
        salts=salts,
    )
