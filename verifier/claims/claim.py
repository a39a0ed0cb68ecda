"""The member ``claim``, put together from a case and held against it.

A provenance credential states its figures bare. Every other kind states ``{owner, asked, figures}``: whose claim it is,
what the exporter asked for, and what the events come to.
"""

from typing import Any

from verifier.claims.case import Case, Figures
from verifier.claims.kinds import PROVENANCE, ClaimKind, Purpose
from verifier.errors import InvalidError, MalformedError
from verifier.record import lot_to_hex
from verifier.shapes import integer, members


def make_claim(kind: ClaimKind, case: Case) -> dict[str, Any]:
    """The member ``claim``. Raises what the figures of the kind raise."""
    figures = kind.figures(case)
    return figures if kind is PROVENANCE else {"owner": case.owner, "asked": case.asked, "figures": figures}


def claim_owner(kind: ClaimKind, claim: dict[str, Any]) -> int:
    """Whose claim it says it is."""
    return integer(claim.get("owner"), "claim.owner")


def claim_asked(kind: ClaimKind, claim: dict[str, Any]) -> dict[str, Any]:
    """What the exporter asked for; MalformedError unless the claim has the members of its kind."""
    if kind is PROVENANCE:
        members(claim, "claim", ("lot", "owner", "declared", "accounts"))
        return {}
    found = members(claim, "claim", ("owner", "asked", "figures"))
    for name in ("asked", "figures"):
        if not isinstance(found[name], dict):
            raise MalformedError(f"claim.{name} is not an object")
    asked: dict[str, Any] = found["asked"]
    return asked


def verify_claim(kind: ClaimKind, case: Case, claim: dict[str, Any]) -> None:
    """InvalidError, naming the first figure that differs, unless the claim says what the events come to."""
    expected = make_claim(kind, case)
    if claim == expected:
        _verify_pieces(kind, case, expected)
        return
    raise InvalidError(f"{_difference('claim', expected, claim)}; the events say otherwise")


def _verify_pieces(kind: ClaimKind, case: Case, claim: dict[str, Any]) -> None:
    """What the chain counts against the lot is what the figures come to."""
    if kind.purpose is Purpose.NONE:
        return
    if case.record is None:
        raise InvalidError("the claim has no record of what it uses up")
    held = case.record.pieces()
    counted = {lot_to_hex(lot.lot): held.get(lot.lot, 0) for lot in case.lots}
    if counted != claim["figures"]["pieces"] or held.keys() - {lot.lot for lot in case.lots}:
        raise InvalidError(f"{_difference('pieces', claim['figures']['pieces'], counted)} in the record")


def _difference(name: str, expected: Figures | Any, got: Any) -> str:
    if isinstance(expected, dict) and isinstance(got, dict):
        for member in sorted(expected.keys() | got.keys()):
            if member not in got:
                return f"{name}.{member} is missing"
            if member not in expected:
                return f"{name}.{str(member)[:40]} is too much"
            if expected[member] != got[member]:
                return _difference(f"{name}.{member}", expected[member], got[member])
    return f"{name} is {str(got)[:80]}, expected {str(expected)[:80]}"
