"""outdate: call a credential invalid that the chain does not record, once something that it rests on is taken back.

A stock position or the basis of a pre-refund tells of a lot as it was; that pieces are sold later makes neither untrue.
What does is a reversal of an event that it counted, and an amendment of the declaration. The status list says so, with
the event that is to blame; claims that the chain records are run again instead (``service.flow.correct``).
"""

import json
import time

from service.flow.claim_ports import Claims, ClaimStore, RestsOn
from verifier.kinds import NAME_BY_CODE, REVERSAL_SUFFIX
from verifier.record import lot_to_hex
from verifier.status import Status

_AMENDMENTS = ("AMEND", "REDECLARE")


def outdate_credentials(store: ClaimStore) -> int:
    """Look at what is new on chain in the lots of standing credentials; how many became invalid. Safe to repeat."""
    with store.view() as claims:
        grown = claims.outgrown(int(time.time()))
        found = [(rests_on, _reason(claims, rests_on)) for rests_on in grown]
    if not found:
        return 0
    with store.claims() as claims:
        for rests_on, reason in found:
            if reason is not None:
                claims.set_status(rests_on.digest, Status.INVALID, reason, None)
            claims.set_looked(rests_on)
    return sum(reason is not None for _, reason in found)


def _reason(claims: Claims, rests_on: RestsOn) -> str | None:
    """Which new event makes the credential untrue, None if none does."""
    for event in claims.events_of(rests_on.lot, rests_on.looked, rests_on.end):
        kind = NAME_BY_CODE[event.kind]
        target = json.loads(event.body).get("target")
        is_taken_back = kind.endswith(REVERSAL_SUFFIX) and target is not None and target < rests_on.length
        if is_taken_back or kind in _AMENDMENTS:
            return f"corrected: {kind} at {lot_to_hex(rests_on.lot)}:{event.position}"
    return None
