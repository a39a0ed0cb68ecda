"""The kinds of credential: what each is called, which figures it states, and what it uses up on chain."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from verifier.claims.case import Case, Figures
from verifier.claims.correction import correction_figures
from verifier.claims.endorsement import endorsement_figures
from verifier.claims.exchange import exchange_figures
from verifier.claims.loss import CONSUMED as LOSSES
from verifier.claims.loss import LESSENING, loss_figures
from verifier.claims.pre_refund import pre_refund_figures
from verifier.claims.provenance import provenance_figures
from verifier.claims.return_to_origin import CONSUMED as ENTRIES
from verifier.claims.return_to_origin import ROOTS as RETURNS
from verifier.claims.return_to_origin import return_figures
from verifier.claims.sales import CONSUMED, SALES
from verifier.claims.settlement import settlement_figures
from verifier.claims.stock import stock_figures
from verifier.errors import MalformedError

_PREFIX = "urn:cangsu:vct:"


class Purpose(IntEnum):
    """What a claim is for on chain: a sale backs one claim of each purpose (``ClaimRegistry``)."""

    NONE = 0
    """Not recorded there: it uses nothing up."""
    EXCHANGE = 1
    SETTLEMENT = 2
    RETURN = 3
    LOSS = 4


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """One kind. ``figures`` computes what its member ``claim.figures`` must say."""

    name: str
    figures: Callable[[Case], Figures]
    purpose: Purpose = Purpose.NONE
    roots: frozenset[str] = frozenset()
    """The events that a claim of this kind uses up: each backs one standing claim of its purpose."""
    consumed: frozenset[str] = frozenset()
    """The events that it takes along, because they follow on a root and change what it came to."""
    lessening: frozenset[str] = frozenset()
    """The events that lessen a root without naming it: a later version takes those that no claim has."""
    may_take_nothing: bool = False
    """It can be claimed though nothing is used up by it."""
    takes_books: bool = False
    """The notes of books count towards its figures, each once: it consumes them."""
    reads_books: bool = False
    """It shows the owner's books, and consumes nothing of them."""
    speaks_of_claim: bool = False
    """It says something of a claim that is recorded elsewhere, and is nothing without the chain either."""

    @property
    def asks_chain(self) -> bool:
        """Whether nothing can be told of a credential of this kind without the registry of claims."""
        return self.purpose is not Purpose.NONE or self.speaks_of_claim

    @property
    def vct(self) -> str:
        """The type of its credentials."""
        return f"{_PREFIX}{self.name}:1"


PROVENANCE = ClaimKind("provenance", provenance_figures)
EXCHANGE_COLLECTION = ClaimKind(
    "exchange-collection", exchange_figures, Purpose.EXCHANGE,
    roots=frozenset(SALES), consumed=CONSUMED, takes_books=True,
)  # fmt: skip
SETTLEMENT = ClaimKind(
    # A pre-refund of goods that were not sold at all is reversed too.
    "settlement", settlement_figures, Purpose.SETTLEMENT,
    roots=frozenset(SALES), consumed=CONSUMED, may_take_nothing=True, reads_books=True,
)  # fmt: skip
RETURN_TO_ORIGIN = ClaimKind("return-to-origin", return_figures, Purpose.RETURN, roots=RETURNS, consumed=ENTRIES)
LOSS = ClaimKind("loss", loss_figures, Purpose.LOSS, roots=LOSSES, consumed=LOSSES, lessening=LESSENING)
STOCK = ClaimKind("stock", stock_figures)
ENDORSEMENT = ClaimKind("endorsement", endorsement_figures, speaks_of_claim=True)
CORRECTION = ClaimKind("correction", correction_figures, speaks_of_claim=True)
PRE_REFUND = ClaimKind("pre-refund", pre_refund_figures)
CLAIM_KINDS = {
    kind.vct: kind
    for kind in (
        PROVENANCE,
        EXCHANGE_COLLECTION,
        LOSS,
        STOCK,
        ENDORSEMENT,
        CORRECTION,
        PRE_REFUND,
        SETTLEMENT,
        RETURN_TO_ORIGIN,
    )
}
KIND_BY_NAME = {kind.name: kind for kind in CLAIM_KINDS.values()}


def claim_kind(vct: str) -> ClaimKind:
    """The kind of a ``vct``; MalformedError for one that this verifier does not know."""
    kind = CLAIM_KINDS.get(vct)
    if kind is None:
        raise MalformedError(f"vct {vct} is not a kind of credential that this verifier knows")
    return kind
