"""Typed reads of the members of a group. A sender with its own key can seal anything, so nothing is taken on trust.

Each raises WithheldError if the group is not shown, and ClaimRefusedError (IllTyped) if the member is of another type.
"""

from datetime import date

from verifier.canonical import MAX_INTEGER
from verifier.claims.case import ClaimRefusedError, Told

_MAX_TEXT = 200
_YEARS = range(1900, 3000)
"""Of a day that somebody writes: terms are counted from it, which must stay within the calendar."""


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
    """A day written YYYY-MM-DD, of the years 1900 to 2999; None if the member is missing."""
    value = find_text(event, group, member)
    if value is None:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.isoformat() != value or found.year not in _YEARS:
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


def amount(event: Told, member: str, currency: str | None = None, *, is_signed: bool = False) -> tuple[str, int]:
    """The currency and an amount of ``money``, in minor units, below 0 only if it is one that carries a sign.

    Raises ClaimRefusedError: AmountMissing, and OtherCurrency if ``currency`` is given and the event names another.
    """
    found = find_currency(event, "money", "currency")
    minor = find_whole(event, "money", member, minimum=-MAX_INTEGER if is_signed else 0)
    if found is None or minor is None:
        raise ClaimRefusedError(
            "AmountMissing", f"{event} states no {member}", position=event.position, field=f"money.{member}"
        )
    if currency not in (None, found):
        raise ClaimRefusedError(
            "OtherCurrency", f"{event} is in another currency than what it speaks of",
            position=event.position, expected=currency, got=found,
        )  # fmt: skip
    return found, minor


def check_same_attester(reversal: Told, target: Told) -> None:
    """Whoever said a thing takes it back. Raises ClaimRefusedError (TakenBackByAnother).

    The chain lets every party that may sign a kind sign its reversal [an owner takes back the platform's refund].
    """
    if reversal.attester != target.attester:
        raise ClaimRefusedError(
            "TakenBackByAnother", f"{reversal} takes back what another party said",
            position=reversal.position, expected=target.attester, got=reversal.attester,
        )  # fmt: skip
