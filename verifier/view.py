"""What a verifier can see of the chain, and what it sees when it has neither a node nor a kept checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from verifier.anchor import Anchor
from verifier.eip712 import Domain
from verifier.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class History:
    """What the contract keeps of a lot or book: the head of its hash chain and how many leaves it has."""

    head: bytes
    length: int


@dataclass(frozen=True, slots=True)
class TankState:
    """A claim's currency on chain: how far it is drained, and how far it may be, in shares of its whole."""

    share: int
    limit: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class ClaimState:
    """What the registry of claims holds of a claim at ``block_number``, which may be later than any anchor.

    ``state``: 0 none, 1 open, 2 live, 3 revoked. ``tanks`` has the currencies that were asked for.
    """

    block_number: int
    issuer: int
    owner: int
    purpose: int
    state: int
    is_reduced: bool
    version: int
    set_hash: bytes
    credential_digest: bytes
    tanks: dict[str, TankState]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a claim took over of an overdrawn one when it was issued: a share of that one's tank of a currency."""

    claim_id: bytes
    currency: str
    share: int


class ChainView(Protocol):
    """A source that the *verifier* chose. Both answers are of the anchor's block."""

    trusted: str
    """What one has to trust: ``node``, ``checkpoint``, ``witnesses``, ``nobody``, ``nothing``; a code of the texts."""
    witnesses: tuple[str, ...]
    """Who cosigned what is trusted, by the names that the verifier gave them."""
    pins_log: bool
    """Whether the source itself says which log it is of, so that no further pin is needed."""

    def verify_anchor(self, anchor: Anchor) -> None:
        """InvalidError if the chain contradicts the anchor, UnavailableError if the source cannot say."""

    def history(self, anchor: Anchor, lot: int) -> History:
        """The history of a lot or book; UnavailableError if the source cannot say."""

    def claim(self, domain: Domain, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        """A claim as it is now; UnavailableError if the source cannot say."""

    def usage(self, domain: Domain, purpose: int, lot: int, word: int) -> int:
        """Which of the positions 256·word … 256·word + 255 of a lot are used for a purpose, position 0 lowest."""

    def book_cursor(self, domain: Domain, purpose: int, book: int) -> int:
        """Up to which position claims of a purpose have consumed a book."""

    def endorsed(self, domain: Domain, claim_id: bytes, currency: str, bank: int) -> int:
        """What a bank has endorsed of a currency of a claim and not released, in shares."""

    def settlements(self, domain: Domain, claim_id: bytes) -> tuple[Settlement, ...]:
        """What a claim took over of overdrawn ones."""

    def adverse(self, domain: Domain, claim_id: bytes) -> int:
        """How many refunds, returns and reversals the lots of a claim have by now."""


class NoView:
    """Nothing to look at: whatever depends on the chain is not checked."""

    trusted = "nothing"
    witnesses: tuple[str, ...] = ()
    pins_log = False

    def verify_anchor(self, anchor: Anchor) -> None:
        """Always UnavailableError."""
        raise UnavailableError("neither a node nor a kept checkpoint was given")

    def history(self, anchor: Anchor, lot: int) -> History:
        """Always UnavailableError."""
        raise UnavailableError("neither a node nor a kept checkpoint was given")

    def claim(self, domain: Domain, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")

    def usage(self, domain: Domain, purpose: int, lot: int, word: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")

    def book_cursor(self, domain: Domain, purpose: int, book: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")

    def endorsed(self, domain: Domain, claim_id: bytes, currency: str, bank: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")

    def settlements(self, domain: Domain, claim_id: bytes) -> tuple[Settlement, ...]:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")

    def adverse(self, domain: Domain, claim_id: bytes) -> int:
        """Always UnavailableError."""
        raise UnavailableError("no node was given")
