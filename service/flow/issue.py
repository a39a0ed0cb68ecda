"""issue: put a credential together, sign it, and verify it before it leaves the house.

Only what is on chain is told: the newest checkpoint is the credential's anchor, and events accepted after it wait for
the next one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from service.core.drafts import DraftRequest, draft_credential, parties_that_matter
from service.flow.histories import Histories, NotAnchoredError, ShownFor, Trail
from verifier.anchor import Anchor
from verifier.claims.case import Case, ClaimRefusedError, WithheldError
from verifier.claims.kinds import PROVENANCE, ClaimKind
from verifier.claims.record import ClaimRecord
from verifier.eip712 import Domain
from verifier.errors import UnavailableError
from verifier.es256 import Jwk
from verifier.evm_proof import StateProof
from verifier.payload import Issuer
from verifier.policy import Policy
from verifier.record import BOOK_BIT, registry_book
from verifier.report import Answer, Outcome, Report
from verifier.roles import PartyHistory
from verifier.sdjwt import assemble, make_signing_input
from verifier.status import StatusPlace
from verifier.steps import verify
from verifier.view import ChainView, ClaimState, History, Settlement

VALID_SECONDS = 180 * 24 * 3600


class IssueError(Exception):
    """No credential can be issued. ``code`` is stable; ``figures`` say what was expected and what came."""

    def __init__(self, code: str, detail: str, **figures: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.figures = figures


class Proofs(Protocol):
    """State proofs of the chain's node; None where it gives none."""

    def state_proof(self, block_number: int, lots: Iterable[int]) -> StateProof | None: ...


class Signer(Protocol):
    """Signs as the issuer."""

    def sign_es256(self, message: bytes) -> bytes: ...
    def jwk(self) -> dict[str, str]: ...


class Signers(Protocol):
    """The keys of the issuer, of which one signs as of its registry book."""

    def issuer_key(self, history: PartyHistory) -> Signer: ...


@dataclass(frozen=True, slots=True)
class IssuerDesk:
    """Who issues: URI, party and keys; on which log; what it verifies its own work against."""

    iss: str
    party: int
    signers: Signers
    domain: Domain
    open_view: Callable[[], ChainView]
    proofs: Proofs

    @property
    def view(self) -> ChainView:
        """A new one for each verification, which go on side by side: a view remembers the anchor that it has read."""
        return self.open_view()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be issued: of which kind, whose, over which histories (lots first, then books), shown to whom.

    ``take`` says what the claim uses up, from its case (``service.core.take``).
    """

    kind: ClaimKind
    owner: int
    histories: Sequence[int]
    shown_for: ShownFor
    asked: dict[str, Any] = field(default_factory=dict)
    take: Callable[[Case], ClaimRecord | None] = lambda case: None
    status: StatusPlace | None = None
    holder: Jwk | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed credential; ``signing_input`` is what a digest of it names. ``report`` is our own verifier's."""

    text: str
    signing_input: bytes
    payload: dict[str, Any]
    case: Case
    anchor: Anchor
    report: Report


def issue_credential(trail: Trail, desk: IssuerDesk, wanted: Wanted, now: datetime) -> Issued:
    """A credential, signed, and accepted by our own verifier as far as it can be before the chain records the claim.

    Raises IssueError: the rules forbid the claim (the code of the refusal, with its figures), a history is not on chain
    yet (NotAnchored), or our own verifier does not accept the result (OwnVerifierRefuses).
    """
    try:
        request, signer = _request(trail, desk, wanted, now)
        draft = draft_credential(request)
    except NotAnchoredError as error:
        raise IssueError("NotAnchored", str(error)) from error
    except ClaimRefusedError as error:
        raise IssueError(error.code, error.detail, **error.figures) from error
    except WithheldError as error:
        raise IssueError("Withheld", str(error)) from error
    signing_input = make_signing_input(request.issuer.jwk, draft.payload)
    credential = assemble(signing_input, signer.sign_es256(signing_input), draft.disclosures)
    # We issue nothing that our own verifier does not accept.
    report = verify(credential.encode(), Policy(now=int(datetime.now(UTC).timestamp())), UnrecordedView(desk.view))
    if not is_sound(report, wanted.kind):
        step = report.deciding_step
        raise IssueError("OwnVerifierRefuses", "unknown" if step is None else f"step {step.number}: {step.reason}")
    return Issued(credential, signing_input, draft.payload, draft.case, request.anchor, report)


def is_sound(report: Report, kind: ClaimKind) -> bool:
    """Valid, or open only in what the chain does not record yet (step 9)."""
    if report.answer is Answer.VALID:
        return True
    unchecked = {step.number for step in report.steps if step.outcome is not Outcome.PASSED}
    return report.answer is Answer.CANNOT_TELL and kind.asks_chain and unchecked == {9}


def _request(trail: Trail, desk: IssuerDesk, wanted: Wanted, now: datetime) -> tuple[DraftRequest, Signer]:
    """What is drafted, and the key that signs it: one that the credential's own copy of the registry has in force."""
    histories = Histories(trail)
    signer = desk.signers.issuer_key(PartyHistory(histories.book(desk.party)))
    events = [event for lot in wanted.histories for event in histories.history(lot, wanted.shown_for)]
    books = [number & 0xFFFFFFFF for number in wanted.histories if number & BOOK_BIT]
    parties = parties_that_matter(desk.party, wanted.owner, [*(event.party for event in events), *books])
    anchor = histories.anchor(desk.domain)
    proof = desk.proofs.state_proof(anchor.block_number, [*wanted.histories, *map(registry_book, parties)])
    request = DraftRequest(
        iss=desk.iss,
        issuer=Issuer(desk.party, Jwk.from_json(signer.jwk())),
        iat=int(now.timestamp()),
        exp=int(now.timestamp()) + VALID_SECONDS,
        owner=wanted.owner,
        events=events,
        registry=[histories.book(party) for party in parties],
        prove=histories.prove,
        anchor=replace(anchor, state_proof=proof),
        kind=wanted.kind,
        asked=wanted.asked,
        take=wanted.take,
        status=wanted.status,
        holder=wanted.holder,
    )
    return request, signer


def provenance(lot: int, owner: int, shown: frozenset[str], holder: Jwk | None = None) -> Wanted:
    """A provenance credential of one lot that shows these groups of every event."""
    return Wanted(PROVENANCE, owner, [lot], lambda kind: shown, holder=holder)


class UnrecordedView:
    """The chain as it is before a claim is recorded: nothing can be said of the record yet."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self.trusted = view.trusted
        self.witnesses = view.witnesses
        self.pins_log = view.pins_log

    def verify_anchor(self, anchor: Anchor) -> None:
        self._view.verify_anchor(anchor)

    def history(self, anchor: Anchor, lot: int) -> History:
        return self._view.history(anchor, lot)

    def claim(self, domain: Domain, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        raise UnavailableError("the claim is not recorded yet")

    def usage(self, domain: Domain, purpose: int, lot: int, word: int) -> int:
        raise UnavailableError("the claim is not recorded yet")

    def book_cursor(self, domain: Domain, purpose: int, book: int) -> int:
        raise UnavailableError("the claim is not recorded yet")

    def endorsed(self, domain: Domain, claim_id: bytes, currency: str, bank: int) -> int:
        raise UnavailableError("the claim is not recorded yet")

    def settlements(self, domain: Domain, claim_id: bytes) -> tuple[Settlement, ...]:
        raise UnavailableError("the claim is not recorded yet")

    def adverse(self, domain: Domain, claim_id: bytes) -> int:
        raise UnavailableError("the claim is not recorded yet")
