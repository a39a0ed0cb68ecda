"""Seals events as their own party, and checks that what the service proposes is what was asked (docs/formats.md §3).

The service knows lots, targets and how an event without a lot is split; everything else a party knows itself, and
compares before it signs: whoever signs blindly signs what the relayer wants.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.core.batches import sort_records
from service.core.sealing import SALTS_BYTES, seal_event
from verifier.canonical import from_base64url
from verifier.event import GROUPS, check_clear
from verifier.record import lot_number, lot_to_hex

_SPLIT_GROUPS = ("money", "order", "goods")
"""Groups that may differ between the parts of an event: amounts, shares, SKUs of a kit."""


class ProposalError(Exception):
    """The service proposes something else than the event says; nothing was signed."""


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event with its salts and the records that it makes, one for each part."""

    event: Mapping[str, Any]
    salts: tuple[bytes, ...]
    records: tuple[bytes, ...]
    part_ids: tuple[str, ...]


def seal(event: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> SealedEvent:
    """Seal an event as the parts that the service proposes, under fresh salts. Raises ProposalError."""
    check_proposal(event, parts)
    salts = tuple(os.urandom(SALTS_BYTES) for _ in parts)
    records = tuple(_record(part, salt) for part, salt in zip(parts, salts, strict=True))
    return SealedEvent(event, salts, records, tuple(part["clear"]["event_id"] for part in parts))


def batch_records(events: Sequence[SealedEvent]) -> bytes:
    """The records of a batch as they are signed and recorded: sorted by lot, each lot in its order."""
    return sort_records(b"".join(record for event in events for record in event.records))


def check_proposal(event: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> None:
    """Raise ProposalError unless the parts are what the event says."""
    is_split = len(parts) > 1 or parts[0]["clear"]["event_id"] != event["event_id"]
    if is_split and ("lot" in event or "line" in event):
        raise ProposalError("an event that names its lot is not split")
    for number, part in enumerate(parts, 1):
        clear, groups = part["clear"], part["groups"]
        expected_id = f"{event['event_id']}#{number}" if is_split else event["event_id"]
        expected = {"event_id": expected_id, "kind": event["kind"], "event_time": event["event_time"]}
        expected |= {"site": event.get("site", 0)}
        if not is_split:
            expected |= {"quantity": event.get("quantity", 0)} | ({"lot": event["lot"]} if "lot" in event else {})
        for name, value in expected.items():
            if clear.get(name) != value:
                raise ProposalError(f"{name}: the event says {value!r}, the service {clear.get(name)!r}")
        for group in GROUPS:
            may_differ = is_split and group in _SPLIT_GROUPS
            if not may_differ and groups.get(group, {}) != event.get(group, {}):
                raise ProposalError(f"{group}: the service proposes another content than the event has")
    _check_declared(event, parts[0]["clear"])
    if is_split:
        _check_sums(event, parts)


def _check_declared(event: Mapping[str, Any], clear: Mapping[str, Any]) -> None:
    """A line's lot follows from the line's signature, where the event carries it."""
    signature = event.get("document", {}).get("line_signature")
    if signature is not None and clear["lot"] != lot_to_hex(lot_number(from_base64url(signature))):
        raise ProposalError("lot: it does not follow from the line's signature")


def _check_sums(event: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> None:
    """Amounts of the parts add up to the event's. Pieces do where no kit was taken apart."""
    money = event.get("money", {})
    for name in ("gross_minor", "refund_minor"):
        if name in money and sum(part["groups"]["money"].get(name, 0) for part in parts) != money[name]:
            raise ProposalError(f"money.{name}: the parts do not sum to the event")
    sku = event.get("goods", {}).get("sku")
    is_kit = any(part["groups"].get("goods", {}).get("sku") != sku for part in parts)
    if not is_kit and sum(part["clear"]["quantity"] for part in parts) != event.get("quantity", 0):
        raise ProposalError("quantity: the parts do not sum to the event")


def _record(part: Mapping[str, Any], salts: bytes) -> bytes:
    clear, groups = part["clear"], part["groups"]
    return seal_event(
        event_id=clear["event_id"],
        kind=clear["kind"],
        word=check_clear(dict(clear)),
        event_time=clear["event_time"],
        target=clear.get("target"),
        groups=[groups.get(group) or None for group in GROUPS],
        salts=salts,
    ).record
