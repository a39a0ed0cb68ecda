"""Drafts the payload of a provenance credential (docs/formats.md §6) from what the log holds of a lot. Pure.

The numbers of the claim come out of the same replay that the verifier makes, so a draft that breaks a rule is refused
here. A draft proves nothing: what is signed MUST pass ``verifier.steps`` before it leaves the house.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import parse_json
from verifier.es256 import Jwk
from verifier.event import check_clear, parse_disclosure
from verifier.inclusion import Inclusion
from verifier.provenance import Claim, Cutoff, Event, Issuer, Provenance
from verifier.replay import Replay


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An anchored event as the store has it.

    ``body`` is RFC 8785 of the clear part with ``_sd``; ``disclosures`` are the six, joined by ``~``, or empty if they
    were erased; ``shown`` names the groups that the reader of this credential may see.
    """

    body: bytes
    disclosures: bytes
    shown: frozenset[str]
    party: int
    inclusion: Inclusion


@dataclass(frozen=True, slots=True)
class ProvenanceRequest:
    """All that a provenance credential of one lot is made of. Times in unix seconds.

    ``events`` is the lot's whole history in its order. ``registry`` holds the whole registry book of the issuer, the
    owner and every attester. ``event_cutoff`` is T, written as in an event; None takes the time of the anchor's block.
    """

    iss: str
    issuer: Issuer
    iat: int
    exp: int
    lot: int
    events: Sequence[LoggedEvent]
    registry: Sequence[Book]
    anchor: Anchor
    holder: Jwk | None = None
    event_cutoff: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the issuer's key signs, and the disclosures to put behind it (``verifier.sdjwt.make_signing_input``)."""

    payload: dict[str, Any]
    disclosures: tuple[str, ...]


def parties_that_matter(issuer: int, owner: int, attesters: Sequence[int]) -> list[int]:
    """Whose registry books a credential must carry."""
    return sorted({issuer, owner, *attesters})


def draft_provenance(request: ProvenanceRequest) -> Draft:
    """The payload and the disclosures. Raises the verifier's errors if the history breaks a rule."""
    events = tuple(_to_event(logged) for logged in request.events)
    record_time = _to_time(request.anchor.block_time)
    payload = Provenance(
        iss=request.iss,
        iat=request.iat,
        exp=request.exp,
        issuer=request.issuer,
        holder=request.holder,
        cutoff=Cutoff(request.event_cutoff or record_time, record_time),
        claim=_to_claim(request.lot, events),
        events=events,
        registry=tuple(request.registry),
        anchor=request.anchor,
    )
    disclosures = tuple(text for logged in request.events for text in _to_shown(logged))
    return Draft(payload.to_json(), disclosures)


def _to_event(logged: LoggedEvent) -> Event:
    clear = parse_json(logged.body)
    digests = tuple(clear.pop("_sd"))
    return Event(clear, digests, logged.party, logged.inclusion)


def _to_claim(lot: int, events: tuple[Event, ...]) -> Claim:
    replay = Replay(lot)
    for event in events:
        replay.apply(check_clear(event.clear), event.clear.get("target"))
    return Claim(lot, replay.owner, replay.declared, replay.accounts.to_names())


def _to_shown(logged: LoggedEvent) -> list[str]:
    disclosures = logged.disclosures.decode("ascii").split("~") if logged.disclosures else []
    return [text for text in disclosures if parse_disclosure(text)[0] in logged.shown]


def _to_time(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")
