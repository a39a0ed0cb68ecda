"""Drafts the payload of a credential (docs/formats.md §6) from what the log holds. Pure.

The figures of the claim come out of the same functions that the verifier recomputes them with, so a draft that breaks a
rule is refused here. A draft proves nothing: what is signed MUST pass ``verifier.steps`` before it leaves the house.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from service.core.details import open_slots
from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import parse_json
from verifier.claims.build import build_case
from verifier.claims.case import Case
from verifier.claims.claim import make_claim
from verifier.claims.kinds import PROVENANCE, ClaimKind
from verifier.claims.record import ClaimRecord
from verifier.es256 import Jwk
from verifier.event import check_clear, parse_disclosure
from verifier.payload import Cutoff, Event, Issuer, Payload, to_histories
from verifier.status import StatusPlace


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An anchored event as the store has it.

    ``body`` is RFC 8785 of the clear part with ``_sd``; ``disclosures`` are the six, in the order of the groups and
    joined by ``~``, slots of erased groups empty; ``shown`` names the groups that the reader may see.
    """

    body: bytes
    disclosures: bytes
    shown: frozenset[str]
    party: int
    leaf_index: int


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """All that a credential is made of. Times in unix seconds.

    ``events`` are the whole histories of its lots and books, one after the other. ``registry`` holds the whole registry
    book of the issuer, the owner and every attester. ``event_cutoff`` is T, written as in an event; None takes the time
    of the anchor's block. ``prove`` gives the proof of the leaves at these indices; ``take`` the record of what the
    claim uses up, from the case without one.
    """

    iss: str
    issuer: Issuer
    iat: int
    exp: int
    owner: int
    events: Sequence[LoggedEvent]
    registry: Sequence[Book]
    prove: Callable[[Iterable[int]], Sequence[bytes]]
    anchor: Anchor
    kind: ClaimKind = PROVENANCE
    asked: dict[str, Any] = field(default_factory=dict)
    take: Callable[[Case], ClaimRecord | None] = lambda case: None
    status: StatusPlace | None = None
    holder: Jwk | None = None
    event_cutoff: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the issuer's key signs, and the disclosures to put behind it (``verifier.sdjwt.make_signing_input``)."""

    payload: dict[str, Any]
    disclosures: tuple[str, ...]
    case: Case


def parties_that_matter(issuer: int, owner: int, attesters: Sequence[int]) -> list[int]:
    """Whose registry books a credential must carry."""
    return sorted({issuer, owner, *attesters})


def draft_credential(request: DraftRequest) -> Draft:
    """The payload and the disclosures.

    Raises the verifier's errors if a history breaks a rule, ClaimRefusedError if the rules forbid the claim, and
    WithheldError if the reader may not see what the figures need.
    """
    record_time = _to_time(request.anchor.block_time)
    shown = tuple(_shown(logged) for logged in request.events)
    payload = Payload(
        vct=request.kind.vct,
        iss=request.iss,
        iat=request.iat,
        exp=request.exp,
        issuer=request.issuer,
        holder=request.holder,
        status=request.status,
        cutoff=Cutoff(request.event_cutoff or record_time, record_time),
        claim=_empty_claim(request),
        record=None,
        histories=to_histories(_to_event(logged) for logged in request.events),
        registry=tuple(request.registry),
        proof=tuple(request.prove(_leaf_indices(request))),
        anchor=request.anchor,
    )
    words = tuple(check_clear(event.clear) for event in payload.events)
    case = build_case(payload, words, tuple(groups for groups, _ in shown))
    case = replace(case, record=request.take(case))
    payload = replace(payload, claim=make_claim(request.kind, case), record=case.record)
    return Draft(payload.to_json(), tuple(text for _, texts in shown for text in texts), case)


def _empty_claim(request: DraftRequest) -> dict[str, Any]:
    """Enough of the claim for its case to be built."""
    if request.kind is PROVENANCE:
        return {"lot": "", "owner": request.owner, "declared": 0, "accounts": {}}
    return {"owner": request.owner, "asked": request.asked, "figures": {}}


def _leaf_indices(request: DraftRequest) -> list[int]:
    entries = [entry for book in request.registry for entry in book.entries]
    return [*(logged.leaf_index for logged in request.events), *(entry.leaf_index for entry in entries)]


def _to_event(logged: LoggedEvent) -> Event:
    clear = parse_json(logged.body)
    digests = tuple(clear.pop("_sd"))
    return Event(clear, digests, logged.party, logged.leaf_index)


def _shown(logged: LoggedEvent) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The groups that the reader may see, and their disclosures."""
    if not (logged.disclosures and logged.shown):
        return {}, []
    texts = [text for group, text in open_slots(logged.disclosures).items() if group in logged.shown]
    return dict(map(parse_disclosure, texts)), texts


def _to_time(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")
