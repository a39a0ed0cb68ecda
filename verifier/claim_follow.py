"""Step 9 of the kinds that speak of a claim recorded elsewhere: endorsements (P3) and correction notices (P9)."""

from typing import Any

from verifier.claims.kinds import ENDORSEMENT, claim_kind
from verifier.claims.record import Tank
from verifier.errors import InvalidError
from verifier.payload import Payload
from verifier.shapes import hex_bytes
from verifier.view import ChainView, ClaimState

LIVE = 2


def verify_spoken_of(payload: Payload, view: ChainView) -> ClaimState:
    """The claim as the chain has it; InvalidError if it does not bear out what the credential says of it."""
    asked = payload.claim["asked"]
    claim_id = hex_bytes(asked["claim_id"], "claim_id", 32)
    is_endorsement = claim_kind(payload.vct) is ENDORSEMENT
    state = view.claim(payload.anchor.domain, claim_id, [asked["currency"]] if is_endorsement else [])
    if state.state != LIVE:
        raise InvalidError("the chain has no such claim, or it was revoked")
    if (state.issuer, state.owner) != (payload.issuer.party, payload.claim["owner"]):
        raise InvalidError("the chain has this claim of another issuer or owner")
    if is_endorsement:
        _verify_endorsement(payload, asked, state, view)
    else:
        _verify_correction(asked, state)
    return state


def _verify_endorsement(payload: Payload, asked: dict[str, Any], state: ClaimState, view: ChainView) -> None:
    """The tank is the one that is opened, its ceiling no higher than its limit, and what was used still is.

    A bank's own form says what it has endorsed, and holds while that is not released, whatever others do. The short
    form says what is left, and holds until anything moves.
    """
    tank = Tank.from_json({name: asked[name] for name in ("currency", "whole_minor", "salt")})
    found = state.tanks[tank.currency]
    if found.commitment != tank.commitment():
        raise InvalidError(f"the chain has another whole of {tank.currency} under this claim")
    if asked["version"] > state.version:
        raise InvalidError(f"the chain has version {state.version} of this claim only")
    if asked["version"] == state.version and asked["ceiling_minor"] > tank.amount(found.limit):
        raise InvalidError(f"the chain lets banks endorse {tank.amount(found.limit)} of this claim only")
    claim_id = hex_bytes(asked["claim_id"], "claim_id", 32)
    if "bank" in asked:
        share = view.endorsed(payload.anchor.domain, claim_id, tank.currency, asked["bank"])
        # Shares are rounded down one by one, so that the parts of a bank come to the amount within a minor unit each.
        if tank.amount(share) + 1 < asked["amount_minor"]:
            raise InvalidError(f"the chain shows {tank.amount(share)} of this bank: it has released some since")
    elif asked["version"] != state.version:
        raise InvalidError(f"superseded: the chain has version {state.version} of this claim")
    elif tank.amount(found.share) != asked["used_after_minor"]:
        raise InvalidError(f"the chain shows {tank.amount(found.share)} used: more was endorsed, or some released")


def _verify_correction(asked: dict[str, Any], state: ClaimState) -> None:
    new = asked["new"]
    if new["version"] != state.version:
        raise InvalidError(f"the chain has version {state.version} of this claim, no longer or not yet the successor's")
    if hex_bytes(new["digest"], "digest", 32) != state.credential_digest:
        raise InvalidError("the chain has another credential as the successor")
