"""A lot with its papers, for tests of deadlines: declared, exported on 2026-03-10, pre-refunded and finalised."""

from typing import Any

from tests.service.market import LINE, LOS_ANGELES, Event, a_declare, a_sale, an_event

TAX_SEQ = "2026040001"


def a_departed_lot(
    quantity: int = 1000, *, line: str = LINE, export_date: str = "2026-03-10", is_food: bool = False, **members: Any
) -> list[Event]:
    """Declared, departed on a day that customs names, announced and received."""
    goods = {"sku": "A-100", "is_food": is_food}
    document = {"export_date": export_date} if export_date else {}
    declared = a_declare(quantity, line=line, goods=goods, event_time="2026-03-05T14:20:00+08:00", **members)
    moves = [an_event(kind, quantity, line=line, site=LOS_ANGELES) for kind in ("ASN", "RECEIVE")]
    return [declared, an_event("DEPART", quantity, line=line, document=document), *moves]


def a_tax_note(state: str, pieces: int = 1000, *, line: str = LINE, day: str = "2026-04-08", **document: Any) -> Event:
    """A state of the tax row, as the office posts it."""
    papers = {"tax_state": state, "tax_seq": TAX_SEQ} | document
    return an_event(
        "TAX_STATE", line=line, event_time=f"{day}T10:00:00+08:00", document=papers, goods={"pieces": pieces}
    )


def a_pre_refund(*, line: str = LINE, pieces: int = 1000, finalised_on: str = "2026-04-20") -> list[Event]:
    """Claimed by a trader, and finalised."""
    claimed = a_tax_note("PRE_REFUND", pieces, line=line, tax_method="exempt_refund", claim_type="HWC-YT")
    return [claimed, a_tax_note("FINALISED", pieces, line=line, day=finalised_on, finalised_on=finalised_on)]


def a_sold_order(pieces: int, at: str, *, line: str = LINE) -> list[Event]:
    """Shipped and sold at the same moment."""
    ship = an_event("SHIP", pieces, line=line, event_time=at)
    return [ship, a_sale(ship, line=line, event_time=at)]
