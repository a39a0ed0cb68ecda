"""The events of one transaction: each is accepted, held or refused, or recognised as a repeat; then all are saved.

What it decides on is loaded first (``load``), and the ledger's rules do the rest.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.core.allocation import apply_all, part_id
from service.core.errors import RefusedError, WaitingError
from service.core.events import EventIn, check_time, event_key
from service.core.goods import GOODS_CODES, note_goods
from service.core.ledger import Known, Ledger, Movement
from service.core.movements import line_of, lot_of, resolve
from service.core.parts import Split
from service.core.sealing import SALTS_BYTES
from service.core.times import utc_text
from service.flow.accepted import AcceptedEvents
from service.flow.allocate import Allocator, Name, check_id, is_bare, is_same, parts_to_json, sku_place, target_place
from service.flow.held import HeldEvents, is_payload
from service.flow.ports import Capture, EventRow, OwnSignature
from verifier.record import lot_to_hex

Random = Callable[[int], bytes]
"""So many random bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event. ``digests`` are those of what was sealed: none but for an accepted event."""

    status: str
    event_id: str | None
    members: dict[str, Any]
    digests: tuple[bytes, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The members of the answer."""
        return {"event_id": self.event_id, "status": self.status, **self.members}


class Group:
    """The events of one transaction and the working set that they need."""

    def __init__(self, capture: Capture, now: datetime, random: Random = os.urandom) -> None:
        self._capture = capture
        self._now = now
        self._second = int(now.timestamp())
        self._random = random
        self._ledger: Ledger = capture.load_registry()
        self._keys: dict[tuple[int, str], bytes] = {}
        self._accepted = AcceptedEvents(capture, self._second)
        self._held = HeldEvents(capture, self._second)
        self._is_target_awaited = capture.is_target_awaited()
        self._allocator = Allocator(capture, self._ledger)
        self._custodial = capture.custodial_parties(self._second)

    def load(self, events: Sequence[tuple[int, EventIn]]) -> None:
        """Bring into the working set what these events touch: their ids, targets, lots and what was used of targets."""
        ledger, capture = self._ledger, self._capture
        lines = {line for _, event in events if (line := line_of(event)) and line not in ledger.lot_by_line}
        ledger.lot_by_line.update(capture.find_lines(lines))
        own = {self._key(party, event.event_id): (party, event.event_id) for party, event in events}
        found = self._load_events(own, events)
        self._held.load_own(own)
        lots = {lot for party, event in events if (lot := lot_of(event, party, ledger.lot_by_line)) is not None}
        lots |= {known.lot for known in found} | self._allocator.load_skus(events)
        for state in capture.load_lots(lots - ledger.lots.keys()):
            ledger.lots[state.lot] = state
            self._allocator.note(state)
        targets = [(known.lot, known.position) for known in found]
        targets += [(known.lot, known.target) for known in found if known.target is not None]
        ledger.used.update(capture.find_used(place for place in targets if place not in ledger.used))
        places = {place for lot in lots for place in self._places_of(lot)}
        places |= {line for _, event in events if (line := line_of(event))}
        if self._is_target_awaited:
            places |= {target_place(id_key) for id_key in own}
        self._look_at(places)

    def _load_events(self, own: dict[bytes, Name], events: Sequence[tuple[int, EventIn]]) -> list[Known]:
        """Bring in what was accepted under these ids, what they name, and the parts of either."""
        known = self._ledger.known
        names = own | {
            self._key(*name): name
            for party, event in events
            if event.target_id is not None and (name := (event.target_party or party, event.target_id)) not in known
        }
        found = self._capture.find_events(names)
        repeated = [id_key for id_key in own if id_key in found]
        parts = self._allocator.load({id_key: name for id_key, name in names.items() if id_key not in found})
        if parts:
            found |= self._capture.find_events(parts)
            names |= parts
            repeated += [self._key(party, part_id(event_id, 1)) for party, event_id in own.values()]
        known.update((names[id_key], place) for id_key, place in found.items())
        self._accepted.load_sealed(repeated)
        return list(found.values())

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
            check_id(event.event_id)
            self._require_custody(party)
            first = len(self._accepted.rows)
            result = self._accept(party, event, self._random)
        except WaitingError as reason:
            return self._hold(party, event, reason)
        except RefusedError as refusal:
            return Result("refused", event.event_id, refusal.to_json())
        self._look_where_new(self._accepted.rows[-1].known)
        if self._held:
            self._held.release(self._places_since(first, party, event), self._accept_late)
        return result

    def take(self, party: int, event: EventIn, random: Random) -> Result:
        """Accept one event of a batch that its party signs itself, under salts of its own; else raise EventError.

        What waited for it is not released: see ``release``.
        """
        repeated = self._repeated(party, event)
        if repeated is not None:
            return repeated
        check_id(event.event_id)
        result = self._accept(party, event, random)
        self._look_where_new(self._accepted.rows[-1].known)
        return result

    def release(self, party: int, events: Sequence[EventIn]) -> None:
        """Try again what may have waited for the events that were taken."""
        if self._held:
            places = [place for event in events for place in self._places_since(0, party, event)]
            self._held.release(list(dict.fromkeys(places)), self._accept_late)

    def _require_custody(self, party: int) -> None:
        if party not in self._custodial:
            detail = "no key of this party is in custody here: it signs its batches itself (POST /v1/batches)"
            raise RefusedError("SelfCustody", detail)

    def wake(self, place: str) -> None:
        """Try again what waits in a place."""
        self._look_at([place])
        self._held.release([place], self._accept_late)

    def _accept_late(self, party: int, event: EventIn) -> Iterable[str]:
        self._require_custody(party)
        first = len(self._accepted.rows)
        self._accept(party, event, self._random)
        self._look_where_new(self._accepted.rows[-1].known)
        return self._places_since(first, party, event)

    def _look_where_new(self, known: Known) -> None:
        """A lot that was declared had no number before, one that was amended may have another SKU now."""
        if known.position == 0 or known.code in GOODS_CODES:
            self._look_at(self._places_of(known.lot))

    def _places_since(self, first: int, party: int, event: EventIn) -> list[str]:
        """Where events may wait for what was accepted from row ``first`` on, or for the event itself."""
        lots = dict.fromkeys(row.known.lot for row in self._accepted.rows[first:])
        return [
            *(place for lot in lots for place in self._places_of(lot)),
            target_place(self._key(party, event.event_id)),
        ]

    def _places_of(self, lot: int) -> list[str]:
        """Where events may wait for what happens in a lot."""
        places, state = [lot_to_hex(lot)], self._ledger.lots.get(lot)
        if state is not None and state.line:
            places.append(state.line)
        if state is not None and state.sku is not None:
            places.append(sku_place(state.sku))
        return places

    def _accept(self, party: int, event: EventIn, random: Random) -> Result:
        time = check_time(event.event_time, self._now)
        aimed = event
        if event.line is None and event.lot is None:
            split = self._allocator.split(party, event, int(time.timestamp()))
            if isinstance(split, Split):
                return self._accept_parts(party, event, time, split, random)
            aimed = split
        elif event.owner is not None:
            raise RefusedError("Malformed", "owner goes with goods.sku, and no line or lot", field="owner")
        elif self._allocator:
            aimed = self._allocator.aim(party, event, lot_of(event, party, self._ledger.lot_by_line))
        movement = self._resolve(party, aimed, time)
        known = self._ledger.apply(movement)
        digest = self._keep(party, event, known, random(SALTS_BYTES))
        members = {"lot": lot_to_hex(known.lot), "position": known.position}
        return Result("accepted", event.event_id, members, (digest,))

    def _accept_parts(self, party: int, event: EventIn, time: datetime, split: Split, random: Random) -> Result:
        """Accept the parts of an event that names no lot, all or none."""
        places = apply_all(self._ledger, [self._resolve(party, part, time) for part in split.events])
        salts = [random(SALTS_BYTES) for _ in places]
        digests = tuple(
            self._keep(party, part, known, salt) for part, known, salt in zip(split.events, places, salts, strict=True)
        )
        allocation = self._allocator.keep((party, event.event_id), event, split, places, salts[0])
        return Result("accepted", event.event_id, {"parts": parts_to_json(allocation)}, digests)

    def _resolve(self, party: int, event: EventIn, time: datetime) -> Movement:
        return resolve(event, party, time, self._ledger.lot_by_line, self._capture.line_key_party)

    def _keep(self, party: int, event: EventIn, known: Known, salts: bytes) -> bytes:
        """Seal an event that was applied and put it into the rows to save; its digest."""
        if known.code in GOODS_CODES:
            lot = self._ledger.lots[known.lot]
            note_goods(lot, event)
            self._allocator.note(lot)
        return self._accepted.add(self._key(party, event.event_id), party, event, known, salts)

    def _repeated(self, party: int, event: EventIn) -> Result | None:
        """The answer to an id that was seen before; RefusedError if its payload was another one."""
        id_key = self._key(party, event.event_id)
        held = self._held.find(id_key)
        if held is not None:
            if not is_payload(event, held.payload):
                raise RefusedError("EventIdTaken", "this id was posted with another payload", field="event_id")
            return Result("held", event.event_id, {"code": held.code, "expires_at": utc_text(held.expires_at)})
        name = (party, event.event_id)
        allocation = self._allocator.find(name) if self._allocator else None
        if allocation is not None:
            salts = self._accepted.salts(self._key(party, allocation.parts[0].event_id))
            if salts is not None and not is_same(event, allocation, salts):
                raise RefusedError("EventIdTaken", "this id was posted with another payload", field="event_id")
            return Result("duplicate", event.event_id, {"parts": parts_to_json(allocation)})
        known = self._ledger.known.get(name)
        if known is None or id_key not in self._accepted.sealed:
            return None
        if not self._is_same(party, event, known):
            raise RefusedError("EventIdTaken", "this id was posted with another payload", field="event_id")
        return Result("duplicate", event.event_id, {"lot": lot_to_hex(known.lot), "position": known.position})

    def _is_same(self, party: int, event: EventIn, known: Known) -> bool:
        lot, target = self._lot_of(party, event), None
        if event.target_id is not None:
            aimed = self._allocator.aim(party, event, lot)
            named = self._ledger.known.get((event.target_party or party, aimed.target_id or ""))
            if named is None:
                return False
            target = named.position
        if lot != known.lot or known.target != target:
            return False
        repeat = replace(known, site=event.site or 0, quantity=event.quantity or 0)
        return self._accepted.is_same(self._key(party, event.event_id), event, repeat)

    def _lot_of(self, party: int, event: EventIn) -> int | None:
        """The lot that an event names, or that of its target where it names none."""
        lot = lot_of(event, party, self._ledger.lot_by_line)
        if lot is None and is_bare(event) and event.target_id is not None:
            target = self._ledger.known.get((event.target_party or party, event.target_id))
            return None if target is None else target.lot
        return lot

    def _hold(self, party: int, event: EventIn, reason: WaitingError) -> Result:
        lot = self._lot_of(party, event)
        place = reason.place or (line_of(event) or "" if lot is None else lot_to_hex(lot))
        row = self._held.hold(self._key(party, event.event_id), party, event, place, reason)
        return Result("held", event.event_id, {**reason.to_json(), "expires_at": utc_text(row.expires_at)})

    @property
    def rows(self) -> Sequence[EventRow]:
        """What was accepted so far, in order."""
        return self._accepted.rows

    def records(self) -> bytes:
        """The records of what was accepted so far, in order."""
        return self._accepted.records()

    def save(self, own: OwnSignature | None = None, count: int = 0) -> None:
        """Write everything that this group changed. The first ``count`` events are a batch that was signed already."""
        self._accepted.save(own, count)
        self._capture.save_ledger(self._ledger)
        self._held.save()
        self._allocator.save()
