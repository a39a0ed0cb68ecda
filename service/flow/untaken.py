"""What has followed on the sales of a claim that no version of it has taken: its ceiling may be wrong."""

import json

from service.flow.claim_ports import ClaimRow, Claims
from service.flow.issue import IssueError
from verifier.claims.kinds import KIND_BY_NAME
from verifier.claims.record import ClaimRecord
from verifier.kinds import NAME_BY_CODE


def check_taken(claims: Claims, claim: ClaimRow) -> None:
    """IssueError (ClaimBehind) while the newest version of a claim has not taken all that followed on its sales."""
    behind = _count_untaken(claims, claim)
    if behind:
        raise IssueError(
            "ClaimBehind", "refunds, returns or corrections of its sales are in no version of this claim yet",
            expected=0, got=behind,
        )  # fmt: skip


def _count_untaken(claims: Claims, claim: ClaimRow) -> int:
    """Events that follow on sales of a claim, and that its newest version has not taken: its ceiling may be wrong."""
    consumed = KIND_BY_NAME[claim.kind].consumed
    record, count = ClaimRecord.from_json(claim.record), 0
    for lot in record.pieces():
        known = set(record.positions(lot))
        for event in claims.events_of(lot):
            if event.position in known or NAME_BY_CODE[event.kind] not in consumed:
                continue
            if json.loads(event.body).get("target") in known:
                known.add(event.position)
                count += 1
    return count
