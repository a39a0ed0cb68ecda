"""While the ledger is paused nothing new is claimed, and whatever takes back goes on (S-89)."""

import pytest
from claims import SETTLEMENT, WHOLE
from ledger import refused
from trade import LOT, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, LotSet, fold

SALE_AT_EXPORT, SALE = 3, 11


@pytest.fixture
def acts(claims):
    """Everything that can be done about claims, as the ledger is paused."""
    endorsed = claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.endorse(claims.endorsement(endorsed, 10, 10))
    spare, revoked = claims.issue({UNTOUCHED_LOT: [0]}), claims.issue({LOT: [0]})
    claims.revoke(revoked)
    sets = [LotSet(LOT, 0, 0, (2,))]
    note = claims.note("TAX_STATE", site=0)
    opened = claims.order([*sets, LotSet(UNTOUCHED_LOT, 0, 0, (2,))], purpose=SETTLEMENT)
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, 1))
    claims.send_issue(opened, [LotSet(UNTOUCHED_LOT, 0, 0, (2,))], previous=fold(EMPTY_SET, sets))
    claims.ledger.act("pause")
    return {
        "issue": lambda: claims.issue({LOT: [SALE_AT_EXPORT]}),
        "add": lambda: claims.add(opened.id, sets),
        "supersede": lambda: claims.supersede(endorsed),
        "endorse": lambda: claims.endorse(claims.endorsement(endorsed, WHOLE, WHOLE)),
        "postRow": lambda: claims.post(1, "PRE_REFUND", 5, position=note),
        "reduce": lambda: claims.reduce(endorsed, {LOT: 5}),
        "release": lambda: claims.release(claims.returned(endorsed, 0, 0)),
        "revoke": lambda: claims.revoke(spare),
        "revoke an open claim": lambda: claims.revoke(opened.id),
        "unwind": lambda: claims.unwind(revoked, [LotSet(LOT, 0, 0, (1,))]),
    }


NEW = ("issue", "add", "supersede", "endorse", "postRow")


@pytest.mark.parametrize("act", NEW)
def test_nothing_new_is_claimed_while_paused(claims, acts, act):
    with refused("ClaimRegistryPaused"):
        acts[act]()
    claims.ledger.act("unpause")
    acts[act]()


@pytest.mark.parametrize("act", ["reduce", "release", "revoke", "revoke an open claim", "unwind"])
def test_what_takes_back_goes_on_while_paused(acts, act):
    acts[act]()
