"""P3, endorsement 签注: how much of a claim's ceiling in one currency banks have used, and what is left.

It carries no events: the amounts are on chain as shares of a *tank*, whose whole only its opening (whole and salt)
tells. Everything here is recomputed from that opening; whether the chain holds these shares is step 9's to say.

The endorsing bank and the exporter get the whole form, with bank, amount and what was used before. Anybody else gets
the short form: used and remaining, never which bank used how much.
"""

from verifier.canonical import MAX_INTEGER
from verifier.claims.case import Case, ClaimRefusedError, Figures
from verifier.claims.record import SHARES, Tank
from verifier.errors import MalformedError
from verifier.record import MAX_PARTY
from verifier.shapes import hex_bytes, integer, members, to_hex

_SHORT = ("claim_id", "version", "currency", "whole_minor", "salt", "ceiling_minor", "used_after_minor")
_WHOLE = ("bank", "amount_minor", "used_before_minor")
_MAX_VERSION = (1 << 32) - 1


def endorsement_figures(case: Case) -> Figures:
    """The figures of an endorsement, from ``claim.asked``: shares out of 10^12, and what remains, below 0 if overdrawn.

    ``whole_minor`` is the ceiling when the claim was first issued, ``ceiling_minor`` that of ``version``. Raises
    MalformedError for another shape, ClaimRefusedError: EventsNotExpected, CeilingAboveWhole, AmountsDoNotAdd,
    RequestAboveRemaining.
    """
    if case.lots or case.books:
        raise ClaimRefusedError("EventsNotExpected", "an endorsement carries no events", lots=len(case.lots))
    asked = members(case.asked, "claim.asked", _SHORT, _WHOLE)
    hex_bytes(asked["claim_id"], "claim_id", 32)
    integer(asked["version"], "version", _MAX_VERSION, 1)
    tank = Tank.from_json({name: asked[name] for name in ("currency", "whole_minor", "salt")})
    ceiling = integer(asked["ceiling_minor"], "ceiling_minor", MAX_INTEGER, -MAX_INTEGER)
    used = integer(asked["used_after_minor"], "used_after_minor", tank.whole_minor)
    if ceiling > tank.whole_minor:
        raise ClaimRefusedError(
            "CeilingAboveWhole",
            "the ceiling passes the one of the first version",
            expected=tank.whole_minor,
            got=ceiling,
        )
    figures: Figures = {
        "currency": tank.currency,
        "used_minor": used,
        "remaining_minor": ceiling - used,
        "is_overdrawn": used > ceiling,
        "share_used": tank.share(used),
        "share_limit": max(0, tank.share(ceiling)),
        "shares_of_whole": SHARES,
        "commitment": to_hex(tank.commitment()),
    }
    return figures | _own_part(asked, tank, ceiling, used)


def _own_part(asked: Figures, tank: Tank, ceiling: int, used: int) -> Figures:
    """What the bank's own endorsement was, if this is its form."""
    given = [name for name in _WHOLE if name in asked]
    if not given:
        return {}
    if len(given) < len(_WHOLE):
        raise MalformedError(f"claim.asked has {', '.join(given)} only, not all of {', '.join(_WHOLE)}")
    integer(asked["bank"], "bank", MAX_PARTY, 1)
    before = integer(asked["used_before_minor"], "used_before_minor", tank.whole_minor)
    amount = integer(asked["amount_minor"], "amount_minor", tank.whole_minor, 1)
    if before + amount != used:
        raise ClaimRefusedError(
            "AmountsDoNotAdd", "what was used before and the amount are not what is used now",
            expected=before + amount, got=used,
        )  # fmt: skip
    if used > ceiling:
        raise ClaimRefusedError(
            "RequestAboveRemaining", f"only {ceiling - before} minor units of {tank.currency} remained",
            expected=ceiling - before, got=amount,
        )  # fmt: skip
    return {"share_before": tank.share(before)}
