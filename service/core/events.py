"""An event as a party posts it: its shape, its times and the checks that need no state.

Shapes are checked by pydantic in strict mode straight from the request's bytes. What JSON leaves open is closed here:
duplicate member names, strings that are not in NFC, integers that other JSON readers would round (RFC 8785 §3.1).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from service.core.errors import RefusedError
from service.core.groups import DocumentGroup, GoodsGroup, LogisticsGroup, MoneyGroup, OrderGroup, PersonGroup
from verifier.canonical import check_value, parse_json
from verifier.errors import MalformedError
from verifier.record import MAX_PARTY

MAX_EVENTS = 5_000
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""An event_time further ahead of the clock than this is refused (docs/formats.md §2)."""

EventId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIn:
    """One event as posted. ``site`` names the owner for DECLARE and the party admitted for ADMIT."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")

    event_id: EventId
    kind: str
    event_time: str
    line: Annotated[str, StringConstraints(pattern=r"^[0-9]{18}-[0-9]{2}(-[0-9]{2})?$")] | None = None
    lot: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")] | None = None
    site: Annotated[int, Field(ge=0, le=MAX_PARTY)] = 0
    quantity: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    target_id: EventId | None = None
    target_party: Annotated[int, Field(ge=1, le=MAX_PARTY)] | None = None
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


def parse_events(body: bytes) -> list[EventIn | RefusedError]:
    """Parse a request: one event or an array of up to 5,000. A bad event becomes its refusal; the others stand.

    Raises RefusedError if the body as a whole cannot be read.
    """
    try:
        posted = orjson.loads(body)
        if not has_unique_names(body, posted):
            posted = parse_json(body)
    except (orjson.JSONDecodeError, MalformedError) as error:
        raise RefusedError("Malformed", f"expected JSON (RFC 8259, no duplicate names, no floats): {error}") from error
    events = posted if isinstance(posted, list) else [posted]
    if not 0 < len(events) <= MAX_EVENTS:
        raise RefusedError("Malformed", f"expected 1 to {MAX_EVENTS} events", got=len(events))
    # ASCII without escapes is in NFC: such a body goes through in one piece.
    if isinstance(posted, list) and body.isascii() and b"\\u" not in body:
        try:
            return list(_EVENTS.validate_json(body))
        except ValidationError:
            pass  # some are bad: say which, and why
    return [_parse_one(event) for event in events]


def has_unique_names(body: bytes, posted: Any) -> bool:
    """True if no member name can have been lost to a duplicate, shown by counting.

    Where no colon follows white space, each member writes ``":`` exactly once. If the parsed value has just as many
    members, none was dropped. Any doubt, such as a string that holds ``":``, says False, and the slow parser decides.
    """
    if b" :" in body or b"\t:" in body or b"\n:" in body or b"\r:" in body:
        return False
    return body.count(b'":') == _count_members(posted)


def _count_members(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum([_count_members(item) for item in value.values() if type(item) in (dict, list)])
    return sum(map(_count_members, value)) if type(value) is list else 0


def _parse_one(posted: Any) -> EventIn | RefusedError:
    try:
        check_value(posted)
        return _EVENT.validate_json(orjson.dumps(posted))
    except MalformedError as error:
        return RefusedError("Malformed", str(error))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return RefusedError("Malformed", first["msg"], field=field, got=_shown(first["input"]))


def _shown(value: Any) -> str:
    """A refused value as an answer may show it: its type alone where it is not short and simple."""
    return str(value)[:40] if isinstance(value, (str, int)) else type(value).__name__


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
