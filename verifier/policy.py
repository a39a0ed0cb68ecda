"""What the verifier decides for itself before it looks at a credential."""

from dataclasses import dataclass

from verifier.checkpoint import Pin

CLOCK_SKEW_SECONDS = 600
"""How far clocks may disagree: ours and the issuer's, a sender's and the chain's."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``now`` in unix seconds. Everything else is optional; what is left open is named as not checked.

    ``log`` pins the log. ``max_age_seconds`` is how old the anchor's block may be. ``audience`` and ``nonce`` are what
    this verifier asked the holder to sign. ``status_list`` is the status list token that it fetched itself.
    """

    now: int
    log: Pin | None = None
    max_age_seconds: int | None = None
    audience: str | None = None
    nonce: str | None = None
    status_list: bytes | None = None
