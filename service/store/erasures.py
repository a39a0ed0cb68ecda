"""Subjects as rows: finding what is locked for them, destroying keys, overwriting boxes and copies."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Engine, func, insert, select, update

from service.core.details import LOCKED, ORDER, PERSON, Subjects, slots_of, subjects_of
from service.core.erasure import ERASED, Asked, ErasureRow, Outlook, SubjectEvent, SubjectKind
from service.core.retention import Evidence
from service.store import claim_schema, schema
from service.store import subject_schema as tables
from service.store.database import CAPTURE_LOCK, reading, scrub, writing
from service.store.details import Details
from service.store.filings import day_of, find_filings
from service.store.schema import from_signed
from verifier.canonical import to_base64url
from verifier.event import parse_disclosure
from verifier.kinds import NAME_BY_CODE

_SLOTS = {"order": ORDER, "person": PERSON}
_COLUMNS = {"order": "order_subject", "person": "person_subject"}
_KEY_COLUMN = {SubjectKind.ORDER: schema.event.c.order_subject, SubjectKind.BUYER: schema.event.c.person_subject}


@dataclass(frozen=True, slots=True)
class _InClear:
    """An event that is to be locked."""

    seq: int
    party: int
    disclosures: bytes
    subjects: Subjects


class SqlErasures:
    """One transaction over subjects."""

    def __init__(self, connection: Connection, details: Details) -> None:
        self._connection = connection
        self._details = details

    # -- events from before details were locked

    def count_unlocked(self) -> int:
        """Events that may lie in clear yet."""
        state, event = tables.detail_state.c, schema.event.c
        query = select(func.count()).select_from(schema.event, tables.detail_state)
        query = query.where(event.seq > state.locked_seq, event.seq <= state.end_seq)
        return self._connection.execute(query).scalar_one()

    def cover_all(self) -> None:
        """Let the next ones be all events that are there: a process of the version before may have gone on writing."""
        newest = self._connection.execute(select(func.coalesce(func.max(schema.event.c.seq), 0))).scalar_one()
        state = tables.detail_state
        if self._connection.execute(update(state).values(end_seq=newest)).rowcount == 0:
            self._connection.execute(insert(state).values(id=0, locked_seq=0, end_seq=newest))

    def lock_next(self, limit: int) -> int:
        """Lock the next of them; how many events that were."""
        state, event = tables.detail_state, schema.event
        query = select(event.c.seq, event.c.party, event.c.disclosures).select_from(event, state)
        query = query.where(event.c.seq > state.c.locked_seq, event.c.seq <= state.c.end_seq)
        rows = self._connection.execute(query.order_by(event.c.seq).limit(limit)).all()
        if not rows:
            return 0
        todo = [found for row in rows if row.disclosures is not None and (found := _in_clear(*row)) is not None]
        for row, (disclosures, order, person) in zip(todo, self._details.lock(self._connection, todo), strict=True):
            values = {"disclosures": disclosures, "order_subject": order, "person_subject": person}
            self._connection.execute(update(event).where(event.c.seq == row.seq).values(**values))
        self._connection.execute(update(state).values(locked_seq=rows[-1].seq))
        return len(rows)

    # -- looking

    def find_subject(self, party: int, name: str) -> int | None:
        """The number of a subject whose key is there."""
        return self._details.find_subject(self._connection, party, name)

    def events_of(self, subject: int, kind: SubjectKind) -> list[SubjectEvent]:
        """The events that tell of a subject."""
        event = schema.event.c
        columns = (event.lot, event.position, event.kind, event.event_time, event.disclosures)
        rows = self._connection.execute(select(*columns).where(_KEY_COLUMN[kind] == subject)).all()
        places = [(from_signed(row.lot), row.position) for row in rows]
        filed, collected = find_filings(self._connection, places) if kind is SubjectKind.ORDER else ({}, {})
        return [
            SubjectEvent(
                Evidence(
                    NAME_BY_CODE[row.kind],
                    day_of(row.event_time),
                    frozenset(filed.get(place, ())),
                    frozenset(collected.get(place, ())),
                ),
                _says_person(bytes(row.disclosures)),
            )
            for row, place in zip(rows, places, strict=True)
        ]

    def find_waiting(self, asked: Asked) -> list[bytes]:
        """Events of a party that name the subject and wait: they lie here in clear."""
        held = schema.held.c
        query = select(held.id_key, held.payload).where(held.party == asked.party, held.ended_code.is_(None))
        found = []
        for id_key, payload in self._connection.execute(query):
            posted = orjson.loads(payload)
            if asked.name in subjects_of(posted.get("order"), posted.get("person")):
                found.append(bytes(id_key))
        return found

    def forget_expired(self, now: int) -> int:
        """Overwrite the events that waited until they expired; how many."""
        held = schema.held
        is_over = held.c.ended_code.is_(None) & (held.c.expires_at <= now)
        gone = update(held).where(is_over).values(ended_code="Expired", payload=b"")
        return self._connection.execute(gone).rowcount

    # -- erasing

    def begin(self, asked: Asked, outlook: Outlook, now: int) -> ErasureRow:
        """Record an erasure, destroy the key unless some of what it locks is kept, and end what waits."""
        newest = self._connection.execute(select(func.max(tables.erasure.c.number))).scalar_one()
        number = 1 if newest is None else newest + 1
        values = {
            "number": number,
            "party": asked.party,
            "kind": asked.kind,
            "groups": ",".join(outlook.groups),
            "asked_by": asked.by,
            "asked_at": now,
            "events": outlook.events,
            "subject": outlook.subject,
        }
        self._connection.execute(insert(tables.erasure).values(**values))
        if outlook.takes_key:
            gone = update(tables.subject).where(tables.subject.c.number == outlook.subject)
            self._connection.execute(gone.values(id=None, wrapped=None, erased_at=now))
        for id_key in outlook.waiting:
            ended = update(schema.held).where(schema.held.c.id_key == id_key)
            self._connection.execute(ended.values(ended_code=ERASED, payload=b""))
        return self._erasures(tables.erasure.c.number == number)[0]

    def unfinished(self) -> list[ErasureRow]:
        """Erasures that something is left of."""
        return self._erasures(tables.erasure.c.finished_at.is_(None))

    def erasures_of(self, party: int) -> list[ErasureRow]:
        """The erasures of a party, newest first."""
        return self._erasures(tables.erasure.c.party == party)[::-1]

    def overwrite(self, row: ErasureRow, after: int, limit: int) -> int | None:
        """Empty the slots of some of the events after a sequence number; the last one's, None if none was left."""
        event = schema.event
        query = select(event.c.seq, event.c.received_at, event.c.body, event.c.disclosures)
        query = query.where(_KEY_COLUMN[row.kind] == row.subject, event.c.seq > after)
        found = self._connection.execute(query.order_by(event.c.seq).limit(limit)).all()
        if not found:
            return None
        gone: set[str] = set()
        for seq, _, body, disclosures in found:
            slots, digests = slots_of(bytes(disclosures)), json.loads(bytes(body))["_sd"]
            for group in row.groups:
                slots[_SLOTS[group]] = b""
                gone.add(digests[_SLOTS[group]])
            values = {_COLUMNS[group]: None for group in row.groups} | {"disclosures": b"~".join(slots)}
            self._connection.execute(update(event).where(event.c.seq == seq).values(**values))
        self._strip_credentials(gone, min(received_at for _, received_at, _, _ in found))
        return int(found[-1].seq)

    def finish(self, number: int, now: int) -> None:
        """Nothing is left of an erasure, and nothing that says whose details they were."""
        row = tables.erasure
        self._connection.execute(update(row).where(row.c.number == number).values(subject=None, finished_at=now))

    def _strip_credentials(self, digests: set[str], since: int) -> None:
        """Take disclosures out of our copies of credentials. What was signed stays, and still verifies."""
        credential = claim_schema.credential
        issued = select(credential.c.status_index).where(
            credential.c.text.is_not(None), credential.c.issued_at >= since
        )
        for index in self._connection.execute(issued.order_by(credential.c.status_index)).scalars().all():
            place = credential.c.status_index == index
            text = bytes(self._connection.execute(select(credential.c.text).where(place)).scalar_one())
            signed, *shown, binding = text.split(b"~")
            left = [one for one in shown if to_base64url(hashlib.sha256(one).digest()) not in digests]
            if len(left) < len(shown):
                shorter = b"~".join((signed, *left, binding))
                self._connection.execute(update(credential).where(place).values(text=shorter))

    def _erasures(self, condition: object) -> list[ErasureRow]:
        query = select(tables.erasure).where(condition).order_by(tables.erasure.c.number)  # type: ignore[arg-type]
        return [
            ErasureRow(
                row.number,
                row.party,
                SubjectKind(row.kind),
                tuple(filter(None, row.groups.split(","))),
                row.asked_by,
                row.asked_at,
                row.events,
                row.subject,
                row.finished_at,
            )
            for row in self._connection.execute(query)
        ]


class SqlErasureStore:
    """Opens transactions on an engine."""

    def __init__(self, engine: Engine, details: Details) -> None:
        self._engine = engine
        self._details = details

    @contextmanager
    def erasures(self) -> Iterator[SqlErasures]:
        """One transaction that writes, serialised with captures: none locks anything for a key that goes meanwhile."""
        with writing(self._engine, CAPTURE_LOCK) as connection:
            yield SqlErasures(connection, self._details)

    @contextmanager
    def view(self) -> Iterator[SqlErasures]:
        """One transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlErasures(connection, self._details)

    def scrub(self) -> None:
        """Clear away what the database keeps of old rows."""
        scrub(self._engine, ("event", "subject", "held", "credential"))


def _in_clear(seq: int, party: int, disclosures: bytes) -> _InClear | None:
    """An event whose last two groups name a subject in clear; None if they do not."""
    slots = slots_of(bytes(disclosures))
    last = [b"" if slots[place].startswith(LOCKED) else slots[place] for place in (ORDER, PERSON)]
    subjects = subjects_of(*(parse_disclosure(slot.decode())[1] if slot else None for slot in last))
    return None if subjects == (None, None) else _InClear(seq, party, bytes(disclosures), subjects)


def _says_person(disclosures: bytes) -> bool:
    return slots_of(disclosures)[PERSON].startswith(LOCKED)
