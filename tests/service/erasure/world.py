"""Orders of buyers, and the ways in which a test looks for what should be gone."""

import sqlite3
from base64 import urlsafe_b64encode
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from service.core.details import open_slots
from service.core.erasure import Asked, Outlook, SubjectKind
from service.core.events import event_key
from service.flow.erase import erase
from service.store import schema, subject_schema
from service.store.database import reading, writing
from tests.service.house import House
from tests.service.market import EXPORTER, PLATFORM, Event, a_sale, an_event
from verifier.record import lot_from_hex, lot_to_hex

TODAY, MUCH_LATER = date(2026, 6, 1), date(2040, 1, 1)


def an_order(order_ref: str, buyer: str, pieces: int = 1) -> list[Event]:
    """Shipped and sold: the warehouse knows the order, the platform its buyer, too."""
    ship = an_event("SHIP", pieces, order={"order_ref": order_ref}, logistics={"ship_purpose": "sale"})
    person = {"buyer_pseudonym": buyer, "country": "US"} if buyer else {"country": "US"}
    return [ship, a_sale(ship, order={"order_ref": order_ref, "platform_account": 1}, person=person)]


def forget(house: House, *, order: str = "", buyer: str = "", party: int = PLATFORM, today: date = TODAY) -> Outlook:
    """Erase an order or a buyer of a party."""
    kind = SubjectKind.ORDER if order else SubjectKind.BUYER
    return erase(house.runtime.erasures, Asked(party, kind, order or buyer, "a test"), today)


def everything_in(house: House) -> bytes:
    """All that the database holds, in its files too where it has any: what a thief would search."""
    found = bytearray()
    with reading(house.runtime.engine) as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                found += b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    folder = house.settings.var
    for path in (*folder.glob("cangsu.db*"), *folder.rglob("*.log")):
        found += path.read_bytes()
    return bytes(found)


def in_any_form(text: str) -> list[bytes]:
    """A text as it may lie in a file: plain, or within base64 at each of its three offsets. A short one is no test."""
    assert len(text) > 10
    forms = [text.encode()]
    for offset in range(3):
        coded = urlsafe_b64encode(b"x" * offset + text.encode())
        forms.append(coded[4 if offset else 0 : -4])
    return forms


def holds(house: House, text: str) -> bool:
    """Whether the database holds a text in any form."""
    content = everything_in(house)
    return any(form in content for form in in_any_form(text))


def shown_of(house: House, event: Event, party: int = PLATFORM) -> dict[str, Any]:
    """Group → disclosure that can still be read of an event."""
    with house.trails.trail() as trail:
        found = trail.find_event(event_key(party, event["event_id"]))
        assert found is not None
        return open_slots(found.disclosures)


def heads(house: House) -> list[Any]:
    """What proofs rest on: bodies, leaves, runs with their heads, segments with their roots."""
    with house.trails.trail() as trail:
        lots = [lot_from_hex(lot_to_hex(entry.lot)) for entry in trail.list_lots(EXPORTER, (), 0, 10)]
        return [trail.last_segment(), *(trail.runs_of(lot) for lot in lots)] + [
            event.body for lot in lots for event in trail.events_of(lot)
        ]


def sqlite_is_sound(house: House) -> bool:
    """Whether the file is whole."""
    connection = sqlite3.connect(house.settings.var / "cangsu.db")
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        connection.close()


def put_in_clear(house: House, since: int = 0) -> None:
    """Bring events into the state from before details were locked: all, as a migration finds them, or the late ones."""
    with house.trails.trail() as trail:
        lots = trail.list_lots(None, (), 0, 10)
        events = [event for lot in lots for event in trail.events_of(lot.lot) if event.seq >= since]
    with writing(house.runtime.engine) as connection:
        for event in events:
            values = {"disclosures": event.disclosures, "order_subject": None, "person_subject": None}
            connection.execute(update(schema.event).where(schema.event.c.seq == event.seq).values(**values))
        if since:
            return
        newest = max(event.seq for event in events)
        connection.execute(insert(subject_schema.detail_state).values(id=0, locked_seq=0, end_seq=newest))
