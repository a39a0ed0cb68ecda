"""erase: forget what a party has told of one order or buyer, as far as no law wants it kept (docs/erasure.md).

    record the erasure, destroy the key, overwrite what it locked and copies in credentials  →  the rest  →  finished

The first step is one transaction over up to 500 events; a crash after it leaves work that the next erasure, or the
worker when it starts, finishes by the same function. Digests, leaves, histories and every other proof stay as they are.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Protocol

from service.core.erasure import Asked, ErasureRow, Outlook, SubjectEvent, SubjectKind
from service.core.retention import Kept, order_kept

CHUNK = 500
"""Events that one transaction rewrites."""


class RetainedError(Exception):
    """Nothing may be erased yet: ``kept`` says by which rule, and until when."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(f"kept until {kept.until.isoformat()}: {kept.rule.en} ({kept.rule.source})")
        self.kept = kept


class NotLockedError(Exception):
    """Events from before details were locked lie in clear, and nobody knows whose they are."""

    def __init__(self) -> None:
        super().__init__("some events from before an upgrade lie in clear: run `cangsu encrypt-details` first")


class Erasures(Protocol):
    """One transaction over subjects and what is locked for them."""

    def count_unlocked(self) -> int: ...
    def cover_all(self) -> None: ...
    def lock_next(self, limit: int) -> int: ...
    def find_subject(self, party: int, name: str) -> int | None: ...
    def events_of(self, subject: int, kind: SubjectKind) -> list[SubjectEvent]: ...
    def find_waiting(self, asked: Asked) -> list[bytes]: ...
    def forget_expired(self, now: int) -> int: ...
    def begin(self, asked: Asked, outlook: Outlook, now: int) -> ErasureRow: ...
    def unfinished(self) -> list[ErasureRow]: ...
    def overwrite(self, row: ErasureRow, after: int, limit: int) -> int | None: ...
    def finish(self, number: int, now: int) -> None: ...


class ErasureStore(Protocol):
    """Opens transactions; those that write come one after the other, and after captures."""

    def erasures(self) -> AbstractContextManager[Erasures]: ...
    def view(self) -> AbstractContextManager[Erasures]: ...
    def scrub(self) -> None: ...


def preview_erasure(store: ErasureStore, asked: Asked, today: date) -> Outlook:
    """What would be erased. Changes nothing. Raises NotLockedError."""
    with store.view() as erasures:
        return _look(erasures, asked, today)


def erase(store: ErasureStore, asked: Asked, today: date) -> Outlook:
    """Erase what may go today. Safe to repeat: what is gone already is not there to be erased.

    Raises NotLockedError, and RetainedError if nothing may go.
    """
    finish_erasures(store)
    with store.erasures() as erasures:
        outlook = _look(erasures, asked, today)
        if outlook.is_empty:
            if outlook.kept is not None:
                raise RetainedError(outlook.kept)
            return outlook
        row = erasures.begin(asked, outlook, int(time.time()))
        erasures.overwrite(row, 0, CHUNK)
    # From here on the key is gone; what is left, beyond so many events, is to overwrite what it had locked.
    finish_erasures(store)
    store.scrub()
    return replace(outlook, number=row.number)


def finish_erasures(store: ErasureStore) -> int:
    """Overwrite what erasures have left that a crash has interrupted; how many. Safe to repeat."""
    with store.view() as erasures:
        rows = erasures.unfinished()
    for row in rows:
        after: int | None = 0
        while after is not None:
            with store.erasures() as erasures:
                after = erasures.overwrite(row, after, CHUNK)
        with store.erasures() as erasures:
            erasures.finish(row.number, int(time.time()))
    return len(rows)


def forget_expired(store: ErasureStore, now: int) -> int:
    """Overwrite events that nobody waits for any more; how many."""
    with store.erasures() as erasures:
        return erasures.forget_expired(now)


def lock_details(store: ErasureStore) -> Iterator[int]:
    """Lock the details of events from before they were; yields how many events each step has done. Safe to repeat."""
    with store.erasures() as erasures:
        erasures.cover_all()
    while True:
        with store.erasures() as erasures:
            done = erasures.lock_next(CHUNK)
        if not done:
            break
        yield done
    store.scrub()


def _look(erasures: Erasures, asked: Asked, today: date) -> Outlook:
    if erasures.count_unlocked():
        raise NotLockedError
    waiting = tuple(erasures.find_waiting(asked))
    subject = erasures.find_subject(asked.party, asked.name)
    events = [] if subject is None else erasures.events_of(subject, asked.kind)
    if not events:
        # A subject without events is one whose capture was refused in the end, or whose events wait.
        return Outlook(subject, 0, (), waiting, None)
    if asked.kind is SubjectKind.BUYER:
        return Outlook(subject, len(events), ("person",), waiting, None)
    kept = order_kept((event.evidence for event in events), today)
    groups: tuple[str, ...] = ("order",) if kept is None else ()
    if any(event.has_person for event in events):
        groups += ("person",)
    return Outlook(subject, len(events), groups, waiting, kept)
