"""What customs' papers of a lot say, as tax claims and returns read it: mode, model of sale, treatment, departure."""

from datetime import date

from verifier.calendar import beijing_day
from verifier.claims.case import ClaimRefusedError, LotStory, Told
from verifier.claims.members import find_day, find_flag, find_text
from verifier.kinds import Role
from verifier.record import lot_to_hex
from verifier.rules import claim_deadline, claim_until, exchange_deadline

MODE = "9810"
NOT_STATED = "not_stated"
UNSOLD = ("TRANSIT", "EXPECTED", "ON_HAND", "HELD", "SHIPPED")
"""Lanes of pieces that left and are neither sold nor gone."""


def stated(lot: LotStory, member: str) -> str | None:
    """A member of DECLARE's ``document``, or of the last AMEND that changes it."""
    found = None
    for event in lot.of("DECLARE", "AMEND"):
        found = find_text(event, "document", member) or found
    return found


def stated_food(lot: LotStory) -> bool | None:
    """Whether the goods are food, by DECLARE or the last AMEND that says; None if none does."""
    found = None
    for event in lot.of("DECLARE", "AMEND"):
        flag = find_flag(event, "goods", "is_food")
        found = found if flag is None else flag
    return found


def declared_on(lot: LotStory) -> date:
    """Customs' day of declaration: not later than the release, which nothing tells."""
    return find_day(lot.declaration, "document", "declaration_date") or beijing_day(lot.declaration.time)


def export_day(lot: LotStory) -> date:
    """Customs' export date. Raises ClaimRefusedError: NoDeparture, ExportDateMissing; and WithheldError."""
    departed = [event for event in lot.of("DEPART") if Role.GATEWAY in event.roles]
    if not departed:
        raise refused(lot, "NoDeparture", "customs attested no departure", expected=lot.declared, got=0)
    days = [day for day in (find_day(event, "document", "export_date") for event in departed) if day is not None]
    if not days:
        raise refused(lot, "ExportDateMissing", "customs' departure names no day", field="document.export_date")
    return days[0]


def export_clocks(exported: date) -> dict[str, str]:
    """The export date and the clocks that run from it, by name; those without a rule are left out."""
    found = {
        "export_date": exported,
        "claim_deadline": claim_deadline(exported),
        "claim_until": claim_until(exported),
        "exchange_deadline": exchange_deadline(exported),
    }
    return {name: day.isoformat() for name, day in found.items() if day is not None}


def departed_by_customs(lot: LotStory) -> int:
    """Pieces whose departure customs attested. ClaimRefusedError (NotByCustoms) if a carrier alone attests some."""
    others = [event for event in lot.of("DEPART") if Role.GATEWAY not in event.roles]
    if others:
        raise refused(
            lot, "NotByCustoms", "a departure is attested by a carrier only",
            position=others[0].position, got=sum(left(lot, event) for event in others), expected=0,
        )  # fmt: skip
    return sum(left(lot, event) for event in lot.of("DEPART"))


def left(lot: LotStory, event: Told) -> int:
    """Pieces of a movement that were not taken back."""
    return event.quantity - lot.taken_back(event)


def check_refundable(lot: LotStory) -> None:
    """Stock declared under 9810, sold later, and not exempt: what a pre-refund is for (STA 2025-3).

    Raises ClaimRefusedError: NotMode9810, SoldAtExport, ExemptLine.
    """
    mode = stated(lot, "mode")
    if mode != MODE:
        raise refused(lot, "NotMode9810", "was not declared under 9810", expected=MODE, got=mode)
    model = stated(lot, "sale_model")
    if model == "sold_at_export" or next(lot.of("SALE_AT_EXPORT"), None) is not None:
        raise refused(lot, "SoldAtExport", "was sold at export", expected="sold_later", got=model)
    # A line is either exempt or refunded, never both (财税〔2018〕103号).
    if stated(lot, "tax_treatment") == "exempt":
        raise refused(lot, "ExemptLine", "is exempt without invoice", expected="refund", got="exempt")


def refused(lot: LotStory, code: str, detail: str, **figures: object) -> ClaimRefusedError:
    """A refusal that names the lot."""
    return ClaimRefusedError(code, f"lot {lot_to_hex(lot.lot)} {detail}", lot=lot_to_hex(lot.lot), **figures)
