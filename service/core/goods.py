"""What the service keeps of a lot's papers beside its pieces: SKU, export date, FOB. Customs' events tell them."""

from service.core.events import EventIn
from service.core.ledger import LotState
from verifier.kinds import CODE_BY_NAME, Home

GOODS_CODES = frozenset(
    CODE_BY_NAME[name] for name in ("DECLARE", "AMEND", "AMEND_REVERSAL", "DEPART", "DEPART_REVERSAL")
)
"""Kinds after which ``note_goods`` is called."""


def note_goods(lot: LotState, event: EventIn) -> None:
    """Take over what an accepted event says of its lot.

    DECLARE tells SKU and FOB; AMEND, and the reversal of one, may tell them anew. The export date is the first that a
    DEPART names; it is forgotten when every piece is back as declared.
    """
    if event.kind == "DEPART":
        lot.export_date = lot.export_date or (event.document or {}).get("export_date")
    elif event.kind == "DEPART_REVERSAL":
        home = lot.accounts.get(0)
        if home is not None and home[Home.DECLARED] == lot.declared:
            lot.export_date = None
    elif event.goods is not None:
        lot.sku = event.goods.get("sku", lot.sku)
        lot.fob_minor = event.goods.get("fob_minor", lot.fob_minor)
        lot.fob_currency = event.goods.get("fob_currency", lot.fob_currency)
