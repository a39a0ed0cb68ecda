"""The events that wait: what they wait on, until when, and what became of their waiting.

An event waits on a *place*: a lot in hex, a line that is not declared yet; where it names neither, a SKU or its target
(``service.flow.allocate``). Whatever is accepted there may close its gap, so all that wait there are tried again.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace

import orjson

from service.core.errors import RefusedError, WaitingError
from service.core.events import EventIn, parse_events
from service.flow.ports import Capture, HeldRow

HOLD_SECONDS = 30 * 24 * 3600
"""How long an event waits before it is refused for good."""

Accept = Callable[[int, EventIn], Iterable[str]]
"""Accepts one event of a party and tells the places that it touched; raises EventError if it is not accepted."""


class HeldEvents:
    """The waiting events of one transaction: those that were loaded, and those that it holds itself."""

    def __init__(self, capture: Capture, second: int) -> None:
        self._capture = capture
        self._second = second
        self._stored: dict[bytes, HeldRow] = {}
        self._new: dict[bytes, HeldRow] = {}
        self._known: set[bytes] = set()
        self._by_place: dict[str, dict[bytes, tuple[HeldRow, EventIn]]] = {}
        self._asked: set[str] = set()
        self._ended: list[tuple[bytes, str | None]] = []

    def __bool__(self) -> bool:
        """Whether anything waits in the places that were looked at."""
        return bool(self._by_place)

    def load_own(self, id_keys: Iterable[bytes]) -> None:
        """Bring in what waits under these ids."""
        self._stored.update(self._capture.find_held(id_keys, self._second))

    def find(self, id_key: bytes) -> HeldRow | None:
        """What waits under an id."""
        return self._new.get(id_key) or self._stored.get(id_key)

    def look_at(self, places: Iterable[str]) -> list[tuple[int, EventIn]]:
        """Bring in what waits in these places, each only once; the (party, event) pairs that came new."""
        new = [place for place in places if place not in self._asked]
        self._asked.update(new)
        found = []
        for row in self._capture.waiting_on(new, self._second):
            event = _parse(row)
            if isinstance(event, RefusedError):
                self._ended.append((row.id_key, event.code))  # the rules of its shape have changed since
            else:
                self._known.add(row.id_key)
                self._by_place.setdefault(row.waits_on, {})[row.id_key] = row, event
                found.append((row.party, event))
        return found

    def hold(self, id_key: bytes, party: int, event: EventIn, place: str, reason: WaitingError) -> HeldRow:
        """Let an event wait."""
        expires_at = self._second + HOLD_SECONDS
        row = HeldRow(id_key, party, place, reason.code, to_payload(event), self._second, expires_at)
        self._new[id_key] = row
        self._by_place.setdefault(place, {})[id_key] = row, event
        return row

    def release(self, places: Iterable[str], accept: Accept) -> None:
        """Try again what waits in these places, oldest first, and in those that a success touches, until none moves."""
        todo = [place for place in places if place in self._by_place]
        while todo:
            place = todo.pop(0)
            for row, event in list(self._by_place.get(place, {}).values()):
                touched = self._try_again(row, event, accept)
                todo += [place for place in touched if place in self._by_place and place not in todo]

    def _try_again(self, row: HeldRow, event: EventIn, accept: Accept) -> Iterable[str]:
        """Apply a held event; the places that it touched, none if it still waits or is refused in the end."""
        code, touched = None, [row.waits_on]
        try:
            touched += accept(row.party, event)
        except WaitingError as reason:
            if reason.place not in (None, row.waits_on):
                self._move(row, event, reason)
            return ()
        except RefusedError as refusal:
            code = refusal.code
        self._leave(row)
        self._stored.pop(row.id_key, None)
        self._new.pop(row.id_key, None)
        if row.id_key in self._known:
            self._ended.append((row.id_key, code))
        elif code is not None:
            self._new[row.id_key] = row  # answered "held" in this very group: keep the reason of its end
            self._ended.append((row.id_key, code))
        return touched

    def _move(self, row: HeldRow, event: EventIn, reason: WaitingError) -> None:
        """Let an event that found what it waited for wait for the next thing."""
        self._leave(row)
        moved = replace(row, waits_on=reason.place or "", code=reason.code)
        self._new[row.id_key] = moved
        self._by_place.setdefault(moved.waits_on, {})[row.id_key] = moved, event

    def _leave(self, row: HeldRow) -> None:
        beside = self._by_place[row.waits_on]
        del beside[row.id_key]
        if not beside:
            del self._by_place[row.waits_on]

    def save(self) -> None:
        """Write what began to wait and what no longer does."""
        self._capture.save_held(list(self._new.values()))
        self._capture.end_held(self._ended)


_NAMES = [item.name for item in fields(EventIn)]


def to_payload(event: EventIn) -> bytes:
    """An event as it is kept while it waits: the members that were posted."""
    members = {name: value for name in _NAMES if (value := getattr(event, name)) is not None}
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)


def is_payload(event: EventIn, payload: bytes) -> bool:
    """Whether a stored payload is that of this event; older ones say null for what was not posted."""
    return bool(orjson.loads(to_payload(event)) == _members(payload))


def _members(payload: bytes) -> dict[str, object]:
    return {name: value for name, value in orjson.loads(payload).items() if value is not None}


def _parse(row: HeldRow) -> EventIn | RefusedError:
    return parse_events(orjson.dumps(_members(row.payload)))[0]
