"""An event as a party posts it: its shape, its times and the checks that need no state.

Shapes are checked by pydantic in strict mode straight from the request's bytes. What JSON leaves open is closed here:
duplicate member names, strings that are not in NFC, integers that other JSON readers would round (RFC 8785 §3.1).
"""

import hashlib
import re
import unicodedata
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from service.core.errors import RefusedError
from service.core.groups import DocumentGroup, GoodsGroup, LogisticsGroup, MoneyGroup, OrderGroup, PersonGroup
from service.core.shown import shown
from verifier.canonical import parse_json
from verifier.errors import MalformedError
from verifier.record import MAX_PARTY

MAX_EVENTS = 5_000
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""An event_time further ahead of the clock than this is refused (docs/formats.md §2)."""

MAX_ID = 100
EventId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
_LOT = r"^[0-9a-f]*[1-9a-f][0-9a-f]*$"
"""Lot 0 is no lot."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIn:
    """One event as posted; what was not posted is None. An absent site or quantity counts as 0.

    ``site`` names the owner for DECLARE and the party admitted for ADMIT. ``owner`` goes with a ``goods.sku`` in place
    of a lot: whose goods they are, where the site keeps the same SKU for several.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")

    event_id: EventId
    kind: str
    event_time: str
    line: Annotated[str, StringConstraints(pattern=r"^[0-9]{18}-[0-9]{2}(-[0-9]{2})?$")] | None = None
    lot: Annotated[str, StringConstraints(pattern=_LOT, min_length=16, max_length=16)] | None = None
    site: Annotated[int, Field(ge=0, le=MAX_PARTY)] | None = None
    quantity: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    target_id: EventId | None = None
    target_party: Annotated[int, Field(ge=1, le=MAX_PARTY)] | None = None
    owner: Annotated[int, Field(ge=1, le=MAX_PARTY)] | None = None
    document: DocumentGroup | None = None
    goods: GoodsGroup | None = None
    logistics: LogisticsGroup | None = None
    money: MoneyGroup | None = None
    order: OrderGroup | None = None
    person: PersonGroup | None = None

    def groups(self) -> tuple[Any, ...]:
        """The six groups in the order of their digests; None where one is absent."""
        return (self.document, self.goods, self.logistics, self.money, self.order, self.person)


_EVENT: TypeAdapter[EventIn] = TypeAdapter(EventIn)
_EVENTS: TypeAdapter[list[EventIn]] = TypeAdapter(list[EventIn])
_OPTIONAL = attrgetter(*[item.name for item in fields(EventIn) if item.default is None])
_REQUIRED_COUNT = sum(item.default is MISSING for item in fields(EventIn))


def parse_events(body: bytes) -> list[EventIn | RefusedError]:
    """Parse a request: one event or an array of up to 5,000.

    An event of the wrong shape becomes its refusal; the others stand. Raises RefusedError if the body as a whole cannot
    be read.
    """
    plain = _parse_plain(body)
    if plain is not None:
        return list(plain)
    try:
        posted = parse_json(body)
    except MalformedError as error:
        raise RefusedError("Malformed", f"expected JSON without duplicate names or floats, in NFC: {error}") from error
    events = posted if isinstance(posted, list) else [posted]
    _check_count(len(events))
    return [_parse_one(event) for event in events]


def _check_count(count: int) -> None:
    if not 0 < count <= MAX_EVENTS:
        raise RefusedError("Malformed", f"expected 1 to {MAX_EVENTS} events", got=count)


def _parse_plain(body: bytes) -> list[EventIn] | None:
    """An array of good events, read by pydantic alone; None in any doubt, for the strict and slow way to decide.

    What pydantic does not look at is looked at here. Strings are in NFC if the whole text is and nothing is escaped as
    ``\\u``. No member was lost to a duplicate name if there are as many members as ``":`` in the text: where no colon
    follows white space, each member writes that exactly once.
    """
    if body[:1] != b"[" or b"\\u" in body or not _is_nfc(body):
        return None
    if b" :" in body or b"\t:" in body or b"\n:" in body or b"\r:" in body:
        return None
    try:
        events = _EVENTS.validate_json(body)
    except ValidationError:
        return None
    _check_count(len(events))
    return events if body.count(b'":') == sum(map(_count_members, events)) else None


def _is_nfc(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        return unicodedata.is_normalized("NFC", body.decode())
    except UnicodeDecodeError:
        return False


def _count_members(event: EventIn) -> int:
    count = _REQUIRED_COUNT
    for value in _OPTIONAL(event):
        if value is not None:
            count += 1 + len(value) if type(value) is dict else 1
    return count


def _parse_one(posted: Any) -> EventIn | RefusedError:
    try:
        return _EVENT.validate_json(orjson.dumps(posted))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        refusal = RefusedError("Malformed", first["msg"], field=field, got=shown(first["input"]))
        event_id = posted.get("event_id") if isinstance(posted, dict) else None
        refusal.event_id = event_id[:MAX_ID] if isinstance(event_id, str) else None
        return refusal


def check_time(text: str, now: datetime) -> datetime:
    """The aware time behind ``YYYY-MM-DDThh:mm:ss±hh:mm``; refused if it is no time or lies in the future."""
    try:
        time = datetime.fromisoformat(text) if _TIME.match(text) else None
    except ValueError:
        time = None
    if time is None:
        raise RefusedError("Malformed", "expected YYYY-MM-DDThh:mm:ss±hh:mm", field="event_time", got=text[:40])
    if time > now + MAX_CLOCK_SKEW:
        raise RefusedError(
            "EventTimeInFuture", f"at most 10 minutes after {now:%Y-%m-%dT%H:%M:%SZ}", field="event_time", got=text
        )
    return time


def event_key(party: int, event_id: str) -> bytes:
    """The 16 bytes under which (party, event_id) is unique."""
    return hashlib.sha256(party.to_bytes(4, "big") + event_id.encode()).digest()[:16]
