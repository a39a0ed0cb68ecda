"""What a verifier can see of the chain, and what it sees when it has neither a node nor a kept checkpoint."""

from dataclasses import dataclass
from typing import Protocol

from verifier.anchor import Anchor
from verifier.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class History:
    """What the contract keeps of a lot or book: the head of its hash chain and how many leaves it has."""

    head: bytes
    length: int


class ChainView(Protocol):
    """A source that the *verifier* chose. Both answers are of the anchor's block."""

    trusted: str
    """What one has to trust: ``node``, ``checkpoint`` or ``nothing``, a code of ``verifier.texts``."""
    pins_log: bool
    """Whether the source itself says which log it is of, so that no further pin is needed."""

    def verify_anchor(self, anchor: Anchor) -> None:
        """InvalidError if the chain contradicts the anchor, UnavailableError if the source cannot say."""

    def history(self, anchor: Anchor, lot: int) -> History:
        """The history of a lot or book; UnavailableError if the source cannot say."""


class NoView:
    """Nothing to look at: whatever depends on the chain is not checked."""

    trusted = "nothing"
    pins_log = False

    def verify_anchor(self, anchor: Anchor) -> None:
        """Always UnavailableError."""
        raise UnavailableError("neither a node nor a kept checkpoint was given")

    def history(self, anchor: Anchor, lot: int) -> History:
        """Always UnavailableError."""
        raise UnavailableError("neither a node nor a kept checkpoint was given")
