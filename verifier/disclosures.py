"""What the disclosures of a credential show, and of which event (docs/formats.md §2, RFC 9901 §7.1)."""

from collections.abc import Sequence
from typing import Any

from verifier.errors import InvalidError
from verifier.event import GROUPS, disclosure_digest, parse_disclosure

Shown = tuple[dict[str, dict[str, Any]], ...]
"""Group name → value, for each event of a history."""


def place_disclosures(disclosures: Sequence[str], digests: Sequence[Sequence[str]]) -> Shown:
    """Group name → value, for each event: what the disclosures show of the events with these ``_sd`` arrays.

    Raises InvalidError for a digest that stands twice, a disclosure that no digest references or that comes twice, and
    one whose group is not that of its slot [two money groups under one leaf: one for the bank, one for tax].
    """
    place_by_digest: dict[str, tuple[int, str]] = {}
    for position, event_digests in enumerate(digests):
        for group, digest in zip(GROUPS, event_digests, strict=True):
            if digest in place_by_digest:
                raise InvalidError("one digest stands in two places")
            place_by_digest[digest] = position, group
    shown: Shown = tuple({} for _ in digests)
    for disclosure in disclosures:
        group, value = parse_disclosure(disclosure)
        _refuse_nested_digests(value)
        place = place_by_digest.pop(disclosure_digest(disclosure), None)
        if place is None:
            raise InvalidError(f"a {group} disclosure is referenced by no digest, or comes twice")
        if place[1] != group:
            raise InvalidError(f"a {group} disclosure lies in the slot of {place[1]} of event {place[0]}")
        shown[place[0]][group] = value
    return shown


def _refuse_nested_digests(value: Any) -> None:
    """A library would read ``_sd`` or ``...`` inside a group as further digests, and show something else than we do."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            if "_sd" in current or "..." in current:
                raise InvalidError("a disclosed group holds digests of its own")
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
