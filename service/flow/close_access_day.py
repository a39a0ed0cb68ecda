"""close_access_day: once a Beijing day has ended, commit to the access log of every owner by one event on chain.

Saved before it is posted, and posted under an id that the day gives: a crash anywhere between, or another worker at the
same moment, changes nothing. A day on which nothing was read needs no event: the one before covers it. What a day
commits to is every entry up to the moment of closing, so that it may hold some of the next morning's.
"""

import json
import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from service.core.access_entry import Leaf, day_root
from service.core.events import parse_events
from service.flow.ports import CaptureStore
from service.flow.receive import Post, receive
from verifier.access_log import KIND
from verifier.calendar import BEIJING, beijing_day
from verifier.canonical import to_base64url
from verifier.record import book_number, lot_to_hex

log = logging.getLogger("cangsu.access")

ACCOUNT = 0
"""Of the book of the service's own party that these notes stand on."""


class Days(Protocol):
    """What is asked of the store, in one transaction."""

    def all_heads(self) -> list[Leaf]: ...
    def last_day(self) -> str | None: ...
    def leaves_of(self, day: str) -> list[Leaf]: ...
    def close_day(self, day: str, root: bytes, leaves: Sequence[Leaf], now: int) -> None: ...
    def days_to_post(self) -> list[tuple[str, bytes, int]]: ...
    def note_posted(self, day: str, now: int) -> None: ...


class DayStore(Protocol):
    """Opens such transactions."""

    def write(self) -> AbstractContextManager[Days]: ...
    def view(self) -> AbstractContextManager[Days]: ...


def close_access_day(store: DayStore, captures: CaptureStore, party: int, now: datetime) -> None:
    """Close the day that has ended, if something was read since, and post what is not posted yet. Safe to repeat."""
    day = (beijing_day(now) - timedelta(days=1)).isoformat()
    with store.view() as days:
        last, is_waiting = days.last_day(), bool(days.days_to_post())
    if last is None or last < day:
        _close(store, day, now)
    elif not is_waiting:
        return
    with store.view() as days:
        waiting = [(day, root, at, len(days.leaves_of(day))) for day, root, at in days.days_to_post()]
    for day, root, closed_at, owners in waiting:
        _post(store, captures, party, an_event(party, day, root, owners, closed_at), day, now)


def an_event(party: int, day: str, root: bytes, owners: int, closed_at: int) -> dict[str, Any]:
    """The event of a day: the same whenever it is made."""
    return {
        "event_id": event_id(day),
        "kind": KIND,
        "lot": lot_to_hex(book_number(ACCOUNT, party)),
        "event_time": datetime.fromtimestamp(closed_at, BEIJING).isoformat(timespec="seconds"),
        "document": {"access_day": day, "access_root": to_base64url(root), "access_owners": owners},
    }


def event_id(day: str) -> str:
    """The id of a day's event."""
    return f"access-log-{day}"


def _close(store: DayStore, day: str, now: datetime) -> None:
    with store.write() as days:
        last = days.last_day()
        if last is not None and last >= day:
            return  # another worker was faster
        leaves = days.all_heads()
        if leaves and (last is None or leaves != days.leaves_of(last)):
            days.close_day(day, day_root(leaves), leaves, int(now.timestamp()))


def _post(store: DayStore, captures: CaptureStore, party: int, event: dict[str, Any], day: str, now: datetime) -> None:
    ((result,),) = receive(captures, [Post(party, parse_events(json.dumps(event).encode()))], now.astimezone(UTC))
    if result.status not in ("accepted", "duplicate"):
        log.warning("the access log of %s could not be posted: %s %s", day, result.status, result.members)
        return
    # A crash here posts it again: the same id and payload are a duplicate.
    with store.write() as days:
        days.note_posted(day, int(now.timestamp()))
