"""What the flow refuses, as problems: its codes and figures, and the member of ``asked`` that has another shape."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from service.api.access import sight_of
from service.api.problems import ProblemError
from service.core.access import Sight
from service.core.caller import Caller
from service.flow.claim import ClaimWish
from service.flow.issue import IssueError
from service.store.claims import SqlClaims
from verifier.canonical import check_value
from verifier.errors import MalformedError
from verifier.record import lot_from_hex
from verifier.shapes import to_hex

T = TypeVar("T")
Members = dict[str, Any]

_IN_THE_WAY = ("NothingToClaim", "SettledElsewhere", "ClaimUnderWay")
_USED = "ClaimRegistryUsed"
"""What the flow and the contract say where another claim has what this one would take."""

_LACKS = re.compile(r"claim\.asked lacks (\w+)")
_UNKNOWN = re.compile(r"claim\.asked has unknown members '?(\w+)")
_MEMBER = re.compile(r"(?:claim\.asked\.)?((?<=asked\.)\w+|(?:exchange_rates|abroad_costs_minor)\.\w+) is not ")
_NO_LOT = re.compile(r"not a lot number")


def carry_out(act: Callable[[], T], tell: Callable[[IssueError], Members] = lambda error: {}) -> T:
    """What an act gives; its refusal as a problem, with the members that ``tell`` adds."""
    try:
        return act()
    except IssueError as error:
        raise ProblemError(409, error.code, error.detail, **error.figures | tell(error)) from error
    except MalformedError as error:  # whatever else comes in is parsed before: this is of what the claim asks
        raise malformed_asked(error) from error


def tell_of_lots(claims: SqlClaims, caller: Caller, wish: ClaimWish, error: IssueError) -> Members:
    """What a refused claim should know besides the figures: the lines of the lots that they name, as far as the caller
    may read these, and its own claim that stands on them and is in the way."""
    told: Members = {}
    named = error.figures.get("lot")
    many = error.figures.get("lots")
    if isinstance(named, str):
        told["line"] = _line(claims, caller, named)
    if isinstance(many, list):
        told["lines"] = [_line(claims, caller, lot) for lot in many]
    if error.code in _IN_THE_WAY or str(error.figures.get("reason", "")).startswith(_USED):
        lots = [lot_from_hex(named)] if isinstance(named, str) else wish.lots
        standing = [claim for claim in claims.claims_on(lots, wish.kind.purpose) if claim.owner == caller.party]
        if standing:
            told["claim_id"] = to_hex(max(standing, key=lambda claim: claim.created_at).claim_id)
    return {name: value for name, value in told.items() if value is not None}


def _line(claims: SqlClaims, caller: Caller, lot: str) -> str | None:
    found = claims.find_lot(lot=lot_from_hex(lot))
    return None if found is None or sight_of(claims, caller, found) is not Sight.WHOLE else found.line


def malformed_asked(error: MalformedError) -> ProblemError:
    """The verifier's words of a member of ``asked``, and the member as far as they name it."""
    text = str(error)
    for pattern in (_LACKS, _UNKNOWN, _MEMBER):
        found = pattern.match(text)
        if found:
            return ProblemError(422, "Malformed", text, field=f"asked.{found[1]}")
    if _NO_LOT.match(text):
        return ProblemError(422, "Malformed", text, field="asked.abroad_costs_minor")
    return ProblemError(422, "Malformed", text, field="asked")


def check_asked(asked: dict[str, Any]) -> None:
    """Refuse what no credential can carry (floats, text that is not in NFC), whatever the kind."""
    for name, value in asked.items():
        try:
            check_value({name: value})
        except MalformedError as error:
            hint = "; a decimal is written as a string" if isinstance(value, float) else ""
            detail = f"claim.asked.{name[:40]}: {error}{hint}"
            raise ProblemError(422, "Malformed", detail, field=f"asked.{name[:40]}") from error
