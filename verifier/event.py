"""The sealed event: its clear part, its six salted groups and its digest (docs/formats.md §2).

The movement word is always *built* from the clear part, never sent beside it, so the two cannot disagree.
"""

import hashlib
import re
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from verifier.canonical import canonical_bytes, from_base64url, parse_json, to_base64url
from verifier.errors import InvalidError, MalformedError
from verifier.kinds import CODE_BY_NAME, target_kinds
from verifier.record import Word, lot_from_hex

SCHEMA = "cangsu-event-1"
GROUPS = ("document", "goods", "logistics", "money", "order", "person")
"""The salted groups, in the order of their digests in ``_sd``."""
CLEAR_MEMBERS = ("schema", "event_id", "kind", "lot", "site", "quantity", "event_time")
SALT_BYTES = 16
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\Z", re.ASCII)
_MAX_SITE = (1 << 24) - 1
_MAX_QUANTITY = (1 << 32) - 1


def make_disclosure(salt: str, group: str, value: dict[str, Any]) -> str:
    """base64url(JSON [salt, group, value]) (RFC 9901 §4.2.1). ``salt`` is base64url of 16 random bytes."""
    return to_base64url(canonical_bytes([salt, group, value]))


def disclosure_digest(disclosure: str) -> str:
    """base64url(SHA-256(ASCII disclosure)) (RFC 9901 §4.2.3): the string itself is hashed, never re-serialised."""
    return to_base64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def parse_disclosure(disclosure: str) -> tuple[str, dict[str, Any]]:
    """The (group, value) that a disclosure shows; MalformedError if it is not one of the six groups."""
    parsed = parse_json(from_base64url(disclosure))
    match parsed:
        case [str(salt), str(group), dict(value)] if group in GROUPS:
            from_base64url(salt, SALT_BYTES)
            return group, value
    raise MalformedError("a disclosure is not [salt, group, object] of a known group")


def event_digest(clear: dict[str, Any], digests: list[str]) -> bytes:
    """SHA-256 of RFC 8785 of the clear part with ``_sd``."""
    return hashlib.sha256(canonical_bytes({**clear, "_sd": digests})).digest()


def check_clear(clear: dict[str, Any]) -> Word:
    """Check the members of a clear part and build its movement word.

    Raises MalformedError for a missing, unknown or ill-typed member, InvalidError for an unlisted kind or a target
    where the kind has none.
    """
    if set(clear) - {"target"} != set(CLEAR_MEMBERS):
        raise MalformedError(f"the clear part has the members {sorted(clear)}")
    if clear["schema"] != SCHEMA:
        raise InvalidError(f"unknown event schema {clear['schema']!r}")
    code = CODE_BY_NAME.get(clear["kind"]) if isinstance(clear["kind"], str) else None
    if code is None:
        raise InvalidError(f"unlisted kind {clear['kind']!r}")
    if not (isinstance(clear["event_id"], str) and 0 < len(clear["event_id"]) <= 100):
        raise MalformedError("an event_id has 1 to 100 characters")
    event_time(clear)
    if bool(target_kinds(code)) != ("target" in clear):
        raise InvalidError(f"{clear['kind']} {'must' if target_kinds(code) else 'cannot'} name a target")
    if "target" in clear:
        _integer(clear, "target", _MAX_QUANTITY)
    return Word(
        lot_from_hex(clear["lot"]),
        _integer(clear, "site", _MAX_SITE),
        code,
        _integer(clear, "quantity", _MAX_QUANTITY),
    )


def event_time(clear: dict[str, Any]) -> datetime:
    """The aware time of an event, written YYYY-MM-DDThh:mm:ss±hh:mm."""
    text = clear["event_time"]
    if not (isinstance(text, str) and _TIME.match(text)):
        raise MalformedError("event_time is written YYYY-MM-DDThh:mm:ss±hh:mm")
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(f"no such time: {text}") from error
    if not MINYEAR < found.year < MAXYEAR:  # its Beijing day would lie outside the calendar
        raise MalformedError(f"no such time: {text}")
    return found


def _integer(clear: dict[str, Any], name: str, maximum: int) -> int:
    value = clear[name]
    if type(value) is not int or not 0 <= value <= maximum:
        raise MalformedError(f"{name} is an integer from 0 to {maximum}")
    return value
