"""issue: put a provenance credential together, sign it, and verify it before it leaves the house.

Only what is on chain is told: the newest checkpoint is the credential's anchor, and events accepted after it wait for
the next one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from service.core.drafts import DraftRequest, LoggedEvent, draft_credential, parties_that_matter
from service.flow.ports import Run, Segment
from verifier.anchor import Anchor
from verifier.books import Book
from verifier.canonical import to_base64url
from verifier.eip712 import Domain
from verifier.es256 import Jwk
from verifier.evm_proof import StateProof
from verifier.inclusion import Inclusion
from verifier.kinds import NAME_BY_CODE
from verifier.merkle import inclusion_path
from verifier.payload import Issuer
from verifier.policy import Policy
from verifier.record import registry_book
from verifier.report import Answer, Report
from verifier.sdjwt import assemble, make_signing_input
from verifier.steps import verify
from verifier.view import ChainView

VALID_SECONDS = 180 * 24 * 3600


class IssueError(Exception):
    """No credential can be issued. ``code`` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class StoredEvent(Protocol):
    """An event as the store keeps it."""

    @property
    def position(self) -> int: ...
    @property
    def party(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def disclosures(self) -> bytes | None: ...


class Trail(Protocol):
    """The reads that a credential needs, in one transaction."""

    def last_segment(self) -> Segment | None: ...
    def events_of(self, lot: int, first: int = 0, last: int = ...) -> Sequence[StoredEvent]: ...
    def runs_of(self, lot: int) -> list[Run]: ...
    def registry_entries(self, book: int) -> dict[int, dict[str, Any]]: ...
    def node(self, level: int, number: int) -> bytes: ...


class Proofs(Protocol):
    """State proofs of the chain's node; None where it gives none."""

    def state_proof(self, block_number: int, lots: Iterable[int]) -> StateProof | None: ...


class Signer(Protocol):
    """Signs as the issuer."""

    def sign_es256(self, message: bytes) -> bytes: ...
    def jwk(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class IssuerDesk:
    """Who issues: URI, party and signer; on which log; what it verifies its own work against."""

    iss: str
    party: int
    signer: Signer
    domain: Domain
    view: ChainView
    proofs: Proofs


def issue_provenance(
    trail: Trail, desk: IssuerDesk, lot: int, owner: int, *, shown: Collection[str], now: datetime, holder: Jwk | None
) -> tuple[str, Report]:
    """A provenance credential of a lot that shows the groups ``shown``, and the report of our own verifier on it.

    Raises IssueError if nothing of the lot is on chain yet, or if our own verifier does not accept the result.
    """
    leaves = _Leaves(trail)
    runs = trail.runs_of(lot)
    length = runs[-1].length if runs else 0
    events = trail.events_of(lot, 0, length)
    if not events or [event.position for event in events] != list(range(length)):
        raise IssueError("NotAnchored", "the lot is not on chain yet, or holds events that this service does not know")
    parties = parties_that_matter(desk.party, owner, [event.party for event in events])
    jwk = Jwk.from_json(desk.signer.jwk())
    request = DraftRequest(
        iss=desk.iss,
        issuer=Issuer(desk.party, jwk),
        iat=int(now.timestamp()),
        exp=int(now.timestamp()) + VALID_SECONDS,
        owner=owner,
        events=[
            LoggedEvent(event.body, event.disclosures or b"", frozenset(shown), event.party, leaves.inclusion(runs, i))
            for i, event in enumerate(events)
        ],
        registry=[leaves.book(party) for party in parties],
        anchor=leaves.anchor(desk.domain),
        holder=holder,
    )
    proof = desk.proofs.state_proof(request.anchor.block_number, [lot, *map(registry_book, parties)])
    draft = draft_credential(replace(request, anchor=replace(request.anchor, state_proof=proof)))
    signing_input = make_signing_input(jwk, draft.payload)
    credential = assemble(signing_input, desk.signer.sign_es256(signing_input), draft.disclosures)
    # We issue nothing that our own verifier does not accept.
    report = verify(credential.encode(), Policy(now=int(datetime.now(UTC).timestamp())), desk.view)
    if report.answer is not Answer.VALID:
        step = report.deciding_step
        raise IssueError("OwnVerifierRefuses", "unknown" if step is None else f"step {step.number}: {step.reason}")
    return credential, report


class _Leaves:
    """Places of leaves in the tree as of the newest checkpoint."""

    def __init__(self, trail: Trail) -> None:
        last = trail.last_segment()
        if last is None:
            raise IssueError("NotAnchored", "nothing is on chain yet")
        self._trail = trail
        self._last = last
        self._size = last.first_leaf + last.count
        self._nodes: dict[tuple[int, int], bytes] = {}

    def anchor(self, domain: Domain) -> Anchor:
        """The newest checkpoint."""
        last = self._last
        return Anchor(domain, self._size, last.root, last.block_number, last.block_hash, last.block_time)

    def inclusion(self, runs: Sequence[Run], position: int) -> Inclusion:
        """Where the leaf at a position of a history lies."""
        run = next(run for run in runs if run.first_position <= position < run.length)
        index = run.first_leaf + position - run.first_position
        return Inclusion(index, tuple(inclusion_path(index, self._size, self._node)))

    def book(self, party: int) -> Book:
        """The whole registry book of a party."""
        number = registry_book(party)
        runs = self._trail.runs_of(number)
        length = runs[-1].length if runs else 0
        written = self._trail.registry_entries(number)
        sealed = {event.position: event for event in self._trail.events_of(number, 0, length)}
        entries = [
            (written.get(position) or _grant(sealed[position])) | self.inclusion(runs, position).to_json()
            for position in range(length)
        ]
        return Book.from_json({"party": party, "entries": entries})

    def _node(self, level: int, number: int) -> bytes:
        found = self._nodes.get((level, number))
        if found is None:
            found = self._nodes[level, number] = self._trail.node(level, number)
        return found


def _grant(event: StoredEvent) -> dict[str, Any]:
    """ADMIT and ADMIT_END as a registry entry."""
    digest = to_base64url(hashlib.sha256(event.body).digest())
    site = json.loads(event.body)["site"]
    return {"kind": NAME_BY_CODE[event.kind], "site": site, "digest": digest, "attester": event.party}
