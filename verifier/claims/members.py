"""Typed reads of the members of a group. A sender with its own key can seal anything, so nothing is taken on trust.

Each raises WithheldError if the group is not shown, and ClaimRefusedError (IllTyped) if the member is of another type.
"""

from datetime import date

from verifier.canonical import MAX_INTEGER
from verifier.claims.case import ClaimRefusedError, Told

_MAX_TEXT = 200


def find_text(event: Told, group: str, member: str) -> str | None:
    """A string of 1 to 200 printable characters; None if the member is missing."""
    value = event.group(group).get(member)
    if value is None:
        return None
    if not (isinstance(value, str) and 0 < len(value) <= _MAX_TEXT and value.isprintable()):
        raise _ill_typed(event, group, member, "a text")
    return value


def find_whole(event: Told, group: str, member: str, *, minimum: int = 0) -> int | None:
    """An integer of at least ``minimum``; None if the member is missing."""
    value = event.group(group).get(member)
    if value is None:
        return None
    if type(value) is not int or not minimum <= value <= MAX_INTEGER:
        raise _ill_typed(event, group, member, f"an integer from {minimum}")
    return value


def find_flag(event: Told, group: str, member: str) -> bool | None:
    """true or false; None if the member is missing."""
    value = event.group(group).get(member)
    if value is None or isinstance(value, bool):
        return value
    raise _ill_typed(event, group, member, "true or false")


def find_day(event: Told, group: str, member: str) -> date | None:
    """A day written YYYY-MM-DD; None if the member is missing."""
    value = find_text(event, group, member)
    if value is None:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise _ill_typed(event, group, member, "a day")
    return found


def find_currency(event: Told, group: str, member: str) -> str | None:
    """Three capitals, as ISO 4217 writes a currency; None if the member is missing."""
    value = find_text(event, group, member)
    if value is None or (len(value) == 3 and value.isascii() and value.isupper() and value.isalpha()):
        return value
    raise _ill_typed(event, group, member, "a currency")


def _ill_typed(event: Told, group: str, member: str, expected: str) -> ClaimRefusedError:
    return ClaimRefusedError(
        "IllTyped", f"{group}.{member} of {event} is not {expected}",
        position=event.position, field=f"{group}.{member}", expected=expected,
    )  # fmt: skip
