"""GET /v1/tax-rows: the refund rows of a lot, as the tax office's notes have them and as the chain took them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from service.api.access import CallerDep, require_lot
from service.api.document import may_answer
from service.api.examples import TAX_ROWS_ANSWER
from service.api.problems import not_found
from service.core.access import may_read_tax_rows
from service.core.row_steps import row_steps
from service.store.claims import SqlClaimStore
from verifier.record import lot_to_hex

router = APIRouter(prefix="/v1", tags=["tax"])


@router.get("/tax-rows", summary="Refund rows of a lot 退税明细行", responses=TAX_ROWS_ANSWER | may_answer(404))
def get_tax_rows(
    request: Request,
    caller: CallerDep,
    declaration_no: Annotated[str, Query(pattern=r"^[0-9]{18}$", description="18-digit declaration number")],
    item_no: Annotated[int, Query(ge=1, le=99, description="项号")],
    part_no: Annotated[int, Query(ge=0, le=99)] = 0,
) -> dict[str, Any]:
    """Each note of the tax office, the step that it makes a row take, and whether the chain took it.

    On chain a row has the number ``row``, never the office's own. Read by the lot's owner and by tax offices.
    """
    store: SqlClaimStore = request.app.state.claims.store
    with store.view() as claims:
        line = f"{declaration_no}-{item_no:02d}-{part_no:02d}"
        lot = require_lot(request, claims, caller, claims.find_lot(line=line))
        is_admitted = claims.is_admitted(lot.owner, caller.party)
        if not may_read_tax_rows(caller, owner=lot.owner, is_admitted=is_admitted):
            raise not_found()
        steps = row_steps(claims.tax_notes(lot.lot))
        posted = {row.position: row for row in claims.posted_rows(lot.lot)}
        pending = {tx.subject[:12] for tx in claims.pending_txs()}
    live, refunded = request.app.state.claims.desk.outbox.chain.refunds(lot.lot)
    return {
        "lot": lot_to_hex(lot.lot),
        "line": line,
        "live_pieces": live,
        "refunded_pieces": refunded,
        "steps": [
            {
                "position": step.position,
                "row": step.row,
                "tax_seq": step.seq,
                "tax_state": step.state,
                "pieces": step.pieces,
                "is_taken_back": step.is_taken_back,
                **_on_chain(
                    posted.get(step.position), lot.lot.to_bytes(8, "big") + step.position.to_bytes(4, "big") in pending
                ),
            }
            for step in steps
        ],
    }


def _on_chain(row: Any, is_pending: bool) -> dict[str, Any]:
    """Whether the chain took a step: waiting, sent, recorded, or refused with the contract's reason."""
    if row is None:
        return {"status": "waiting", "failure": None}
    if row.failure is not None:
        return {"status": "refused", "failure": row.failure}
    return {"status": "sent" if is_pending else "recorded", "failure": None}
