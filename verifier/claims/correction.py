"""P9, correction notice: an earlier credential is no longer true, by how much, and because of which events.

It goes to every reader of the earlier one. Old and new figures are the issuer's word, bound to the credentials by their
digests; the difference is computed, and every event that is named as a reason stands in the history that is carried.
"""

from datetime import UTC

from verifier.canonical import MAX_INTEGER
from verifier.claims.case import Case, ClaimRefusedError, Figures, Told
from verifier.errors import MalformedError
from verifier.kinds import CODE_BY_NAME, KIND_BY_NAME, REVERSAL_SUFFIX
from verifier.record import lot_from_hex, lot_to_hex
from verifier.shapes import hex_bytes, integer, items, members, string

_MAX_VERSION = (1 << 32) - 1
_ALSO = ("ADJUST", "FEE", "FEE_CREDIT", "FIND", "FOUND_SHORT", "VOID_SHORT", "GIVEN_BACK", "AMEND", "REDECLARE", "VOID")
REASONS = frozenset(
    name
    for name in CODE_BY_NAME
    if name.endswith(REVERSAL_SUFFIX) or name in _ALSO or (name in KIND_BY_NAME and KIND_BY_NAME[name].adverse)
)
"""Kinds of event that can make an earlier figure untrue: reversals, goods and money back, corrections."""


def correction_figures(case: Case) -> Figures:
    """The figures of a correction, from ``claim.asked``.

    asked = {claim_id, old: {version, digest, amounts, pieces}, new: {…}, reasons: [{lot, position, kind}]}; ``amounts``
    are currency → minor units of the ceiling, ``pieces`` lot → pieces; digests are SHA-256 of ``header.payload``.
    Raises MalformedError for another shape, ClaimRefusedError: NotASuccessor, NothingChanged, ReasonMissing,
    ReasonUnknown, ReasonNotInHistory.
    """
    asked = members(case.asked, "claim.asked", ("claim_id", "old", "new", "reasons"))
    hex_bytes(asked["claim_id"], "claim_id", 32)
    old, new = _state(asked["old"], "old"), _state(asked["new"], "new")
    if new["version"] <= old["version"] or new["digest"] == old["digest"]:
        raise ClaimRefusedError(
            "NotASuccessor",
            "the new credential does not follow the old one",
            expected=old["version"] + 1,
            got=new["version"],
        )
    amounts = _differences(old["amounts_minor"], new["amounts_minor"])
    pieces = _differences(old["pieces"], new["pieces"])
    if not any(amounts.values()) and not any(pieces.values()):
        raise ClaimRefusedError("NothingChanged", "the old and the new figures are the same")
    reasons = items(asked["reasons"], "reasons")
    if not reasons:
        raise ClaimRefusedError("ReasonMissing", "no event is named as the reason")
    return {
        "difference_minor": amounts,
        "difference_pieces": pieces,
        "reasons": [_reason(case, reason) for reason in reasons],
        "successor": new["digest"],
    }


def _state(value: object, name: str) -> Figures:
    found = members(value, name, ("version", "digest", "amounts_minor", "pieces"))
    integer(found["version"], f"{name}.version", _MAX_VERSION, 1)
    hex_bytes(found["digest"], f"{name}.digest", 32)
    for member, minimum in (("amounts_minor", -MAX_INTEGER), ("pieces", 0)):
        if not isinstance(found[member], dict):
            raise MalformedError(f"{name}.{member} is not an object")
        for key, number in found[member].items():
            _check_name(key, f"{name}.{member}", is_lot=member == "pieces")
            integer(number, f"{name}.{member}.{key}", MAX_INTEGER, minimum)
    return found


def _check_name(key: str, name: str, *, is_lot: bool) -> None:
    if is_lot:
        lot_from_hex(key)
    elif not (len(key) == 3 and key.isascii() and key.isalpha() and key.isupper()):
        raise MalformedError(f"{name} names {key[:16]!r}, which is no currency")


def _differences(old: dict[str, int], new: dict[str, int]) -> dict[str, int]:
    """new − old, name by name; below 0 where less is left."""
    return {name: new.get(name, 0) - old.get(name, 0) for name in sorted(old.keys() | new.keys())}


def _reason(case: Case, value: object) -> Figures:
    found = members(value, "a reason", ("lot", "position", "kind"))
    lot, position = lot_from_hex(found["lot"]), integer(found["position"], "position")
    kind = string(found["kind"], "kind")
    if kind not in REASONS:
        raise ClaimRefusedError("ReasonUnknown", f"{kind} makes no earlier figure untrue", position=position, got=kind)
    event = _find(case, lot, position)
    if event is None or event.kind != kind:
        raise ClaimRefusedError(
            "ReasonNotInHistory", f"no {kind} stands at {lot_to_hex(lot)}:{position}",
            lot=lot_to_hex(lot), position=position, expected=kind, got=None if event is None else event.kind,
        )  # fmt: skip
    return {
        "lot": lot_to_hex(lot),
        "position": position,
        "kind": kind,
        "quantity": event.quantity,
        "event_time": event.time.astimezone(UTC).isoformat(timespec="seconds"),
        "attester": event.attester,
    }


def _find(case: Case, lot: int, position: int) -> Told | None:
    events = next((story.events for story in case.lots if story.lot == lot), ())
    events = events or next((story.events for story in case.books if story.book == lot), ())
    return events[position] if position < len(events) else None
