"""receive: take posted events in, decide each one, seal and save the accepted ones. All in one transaction.

Repeating is safe: the same id with the same payload is a duplicate and changes nothing; the same id with another
payload is refused. An event that waits for another one is held, and applied when that one comes.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.core.batches import cut_chunks
from service.core.errors import RefusedError, WaitingError
from service.core.events import EventIn, check_time, event_key
from service.core.ledger import Known, Ledger
from service.core.movements import line_of, resolve
from service.core.sealing import SALTS_BYTES, Sealed, salts_of, seal_event
from service.flow.held import HeldEvents, is_payload
from service.flow.ports import Capture, CaptureStore, Chunk, EventRow
from verifier.record import Word, lot_from_hex, lot_to_hex, registry_book

_GRANTS = ("ADMIT", "ADMIT_END")


@dataclass(frozen=True, slots=True)
class Post:
    """The events of one request."""

    party: int
    events: Sequence[EventIn | RefusedError]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event. ``digest`` is the sealed event's, of an accepted event only."""

    status: str
    event_id: str | None
    members: dict[str, Any]
    digest: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        """The members of the answer."""
        return {"event_id": self.event_id, "status": self.status, **self.members}


def receive(
    store: CaptureStore, posts: Sequence[Post], now: datetime, random: Callable[[int], bytes] = os.urandom
) -> list[list[Result]]:
    """Decide the events of several requests, in order, and save the outcome. One list of results for each post.

    After it returns, whatever it called accepted or held is durable.
    """
    with store.capture() as capture:
        group = _Group(capture, now, random)
        group.load([(post.party, event) for post in posts for event in post.events if isinstance(event, EventIn)])
        results = [[group.decide(post.party, event) for event in post.events] for post in posts]
        group.save()
    return results


class _Group:
    """The events of one transaction and the working set that they need."""

    def __init__(self, capture: Capture, now: datetime, random: Callable[[int], bytes]) -> None:
        self._capture = capture
        self._now = now
        self._second = int(now.timestamp())
        self._random = random
        self._ledger: Ledger = capture.load_registry()
        self._seq = capture.next_seq()
        self._keys: dict[tuple[int, str], bytes] = {}
        self._rows: list[EventRow] = []
        self._records: list[tuple[int, bytes]] = []
        self._sealed: dict[bytes, tuple[bytes, bytes | None]] = {}
        self._held = HeldEvents(capture, self._second)

    def load(self, events: Sequence[tuple[int, EventIn]]) -> None:
        """Bring into the working set what these events touch: their ids, targets, lots and what was used of targets."""
        ledger, capture = self._ledger, self._capture
        lines = {line for _, event in events if (line := line_of(event)) and line not in ledger.lot_by_line}
        ledger.lot_by_line.update(capture.find_lines(lines))
        own = {self._key(party, event.event_id): (party, event.event_id) for party, event in events}
        named = {
            self._key(*key): key
            for party, event in events
            if event.target_id is not None
            and (key := (event.target_party or party, event.target_id)) not in ledger.known
        }
        found = capture.find_events([*own, *(key for key in named if key not in own)])
        for id_key, known in found.items():
            key = own.get(id_key) or named[id_key]
            ledger.known[key] = known
        repeated = [id_key for id_key in own if id_key in found]
        self._sealed.update(capture.find_sealed(repeated))
        self._held.load_own(own)
        lots = {lot for party, event in events if (lot := _lot_of(event, party, ledger)) is not None}
        lots |= {known.lot for known in found.values()}
        for state in capture.load_lots(lots - ledger.lots.keys()):
            ledger.lots[state.lot] = state
        targets = [(known.lot, known.position) for known in found.values()]
        targets += [(known.lot, known.target) for known in found.values() if known.target is not None]
        ledger.used.update(capture.find_used(place for place in targets if place not in ledger.used))
        places = {lot_to_hex(lot) for lot in lots} | {line for _, event in events if (line := line_of(event))}
        places |= {line for lot in lots if (line := ledger.lots[lot].line if lot in ledger.lots else None)}
        self._look_at(places)

    def _look_at(self, places: Iterable[str]) -> None:
        """Bring into the working set what waits in these places, and what that touches."""
        if found := self._held.look_at(places):
            self.load(found)

    def _key(self, party: int, event_id: str) -> bytes:
        """``event_key``, computed once."""
        key = self._keys.get((party, event_id))
        if key is None:
            key = self._keys[party, event_id] = event_key(party, event_id)
        return key

    def decide(self, party: int, event: EventIn | RefusedError) -> Result:
        """Accept, hold or refuse one event, or recognise it as a repeat."""
        if isinstance(event, RefusedError):
            return Result("refused", event.event_id, event.to_json())
        try:
            repeated = self._repeated(party, event)
            if repeated is not None:
                return repeated
            result = self._accept(party, event)
        except WaitingError as reason:
            return self._hold(party, event, reason)
        except RefusedError as refusal:
            return Result("refused", event.event_id, refusal.to_json())
        known = self._rows[-1].known
        if known.position == 0:
            self._look_at([lot_to_hex(known.lot)])  # its number was not known before it was declared
        if self._held:
            self._held.release(self._places_of(known.lot), self._accept_late)
        return result

    def _accept_late(self, party: int, event: EventIn) -> Iterable[str]:
        self._accept(party, event)
        return self._places_of(self._rows[-1].known.lot)

    def _places_of(self, lot: int) -> list[str]:
        """Where events may wait for what happens in a lot."""
        line = self._ledger.lots[lot].line
        return [lot_to_hex(lot), line] if line else [lot_to_hex(lot)]

    def _accept(self, party: int, event: EventIn) -> Result:
        movement = resolve(
            event,
            party,
            check_time(event.event_time, self._now),
            self._ledger.lot_by_line,
            self._capture.line_key_party,
        )
        known = self._ledger.apply(movement)
        sealed = self._seal(event, movement.word, known.target, self._random(SALTS_BYTES))
        id_key = self._key(party, event.event_id)
        row = EventRow(self._seq, id_key, party, known, self._second, sealed.body, sealed.disclosures)
        self._seq += 1
        self._rows.append(row)
        self._records.append((party, sealed.record))
        self._sealed[id_key] = (sealed.body, sealed.disclosures)
        members = {"lot": lot_to_hex(known.lot), "position": known.position}
        return Result("accepted", event.event_id, members, sealed.record[16:])

    def _seal(self, event: EventIn, word: Word, target: int | None, salts: bytes) -> Sealed:
        return seal_event(
            event_id=event.event_id,
            kind=event.kind,
            word=word,
            event_time=event.event_time,
            target=target,
            groups=event.groups(),
            salts=salts,
        )

    def _repeated(self, party: int, event: EventIn) -> Result | None:
        """The answer to an id that was seen before; RefusedError if its payload was another one."""
        id_key = self._key(party, event.event_id)
        held = self._held.find(id_key)
        if held is not None:
            if not is_payload(event, held.payload):
                raise RefusedError("EventIdTaken", "this id was posted with another payload", field="event_id")
            return Result("held", event.event_id, {"code": held.code, "expires_at": _iso(held.expires_at)})
        known = self._ledger.known.get((party, event.event_id))
        sealed = self._sealed.get(id_key)
        if known is None or sealed is None:
            return None
        body, disclosures = sealed
        if disclosures is not None and not self._is_same(party, event, known, body, disclosures):
            raise RefusedError("EventIdTaken", "this id was posted with another payload", field="event_id")
        return Result("duplicate", event.event_id, {"lot": lot_to_hex(known.lot), "position": known.position})

    def _is_same(self, party: int, event: EventIn, known: Known, body: bytes, disclosures: bytes) -> bool:
        """Seal the repeat with the stored salts: the same payload, and only it, gives the same bytes."""
        target = None
        if event.target_id is not None:
            named = self._ledger.known.get((event.target_party or party, event.target_id))
            if named is None:
                return False
            target = named.position
        if _lot_of(event, party, self._ledger) != known.lot or known.target != target:
            return False
        word = Word(known.lot, event.site or 0, known.code, event.quantity or 0)
        return self._seal(event, word, target, salts_of(disclosures)).body == body

    def _hold(self, party: int, event: EventIn, reason: WaitingError) -> Result:
        lot = _lot_of(event, party, self._ledger)
        place = line_of(event) or "" if lot is None else lot_to_hex(lot)
        row = self._held.hold(self._key(party, event.event_id), party, event, place, reason)
        return Result("held", event.event_id, {**reason.to_json(), "expires_at": _iso(row.expires_at)})

    def save(self) -> None:
        """Write everything that this group changed."""
        self._capture.save_events(self._rows, self._chunks())
        self._capture.save_ledger(self._ledger)
        self._held.save()

    def _chunks(self) -> list[Chunk]:
        """Runs of one party, cut to the size that the worker takes in one piece."""
        chunks: list[Chunk] = []
        seq = self._rows[0].seq if self._rows else 0
        start = 0
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


def _lot_of(event: EventIn, party: int, ledger: Ledger) -> int | None:
    """The lot or book that an event names; None for a line that is not declared."""
    if event.lot is not None:
        return lot_from_hex(event.lot)
    if event.line is None and event.kind in _GRANTS:
        return registry_book(party)
    return ledger.lot_by_line.get(line_of(event) or "")


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
