"""post_rows: carry the tax office's notes to the rows on chain, where no piece is refunded twice.

One step a lot at a time, in the order of its history: the contract judges a step by the one before. A step that it
refuses is kept with the reason, for the office to see; the note itself stands, since it is what the office said.
"""

import logging
from collections.abc import Sequence

from service.core.row_steps import RowStep, row_steps
from service.flow.claim_calls import row_call
from service.flow.claim_ports import Claims, PostedRow
from service.flow.outbox import Outbox, OutboxError
from verifier.claim_messages import ROW_STATES
from verifier.record import lot_to_hex

log = logging.getLogger("cangsu.post_rows")

ACTION = "row"
TAKEN_BACK = "the note was taken back"
UNREADABLE = "the note names no row or no state"


def post_rows(outbox: Outbox) -> int:
    """Send the next step of every lot whose steps before are mined; how many. Safe to repeat."""
    with outbox.store.view() as claims:
        busy = {tx.subject[:8] for tx in claims.pending_txs() if tx.action == ACTION}
        lots = [lot for lot in claims.lots_with_new_notes() if lot.to_bytes(8, "big") not in busy]
        steps = [step for lot in lots if (step := _next(claims, lot, outbox)) is not None]
    for step in steps:
        _post(outbox, step)
    return len(steps)


def row_effect(claims: Claims, subject: bytes, failure: str | None) -> None:
    """A step was mined, or refused when it was."""
    lot, position = int.from_bytes(subject[:8], "big"), int.from_bytes(subject[8:12], "big")
    for row in claims.posted_rows(lot):
        if row.position == position:
            claims.save_posted_row(PostedRow(lot, position, row.row, row.state, failure))


def _next(claims: Claims, lot: int, outbox: Outbox) -> RowStep | None:
    """The first step that was not sent; None if its office holds its key itself and posts for itself."""
    posted = {row.position for row in claims.posted_rows(lot)}
    steps: Sequence[RowStep] = [step for step in row_steps(claims.tax_notes(lot)) if step.position not in posted]
    if not steps or not outbox.signer.signs_for(steps[0].party):
        return None
    return steps[0]


def _post(outbox: Outbox, step: RowStep) -> None:
    row = PostedRow(step.lot, step.position, step.row, step.state, None)
    failure = TAKEN_BACK if step.is_taken_back else UNREADABLE if not step.row else None
    if failure is None:
        pieces = outbox.chain.row_live_pieces(step.lot, step.row) if step.pieces is None else step.pieces
        state = ROW_STATES.index(step.state)
        call = row_call(outbox, step.party, step.lot, step.row, state, pieces, step.position)
        try:
            outbox.check(call)
        except OutboxError as error:
            failure = error.reason
        else:
            with outbox.store.claims() as claims:
                claims.save_posted_row(row)
                outbox.save(claims, [call])
            return
    log.warning("tax note %d of %s is not in its row on chain: %s", step.position, lot_to_hex(step.lot), failure)
    with outbox.store.claims() as claims:
        claims.save_posted_row(PostedRow(row.lot, row.position, row.row, row.state, failure))
