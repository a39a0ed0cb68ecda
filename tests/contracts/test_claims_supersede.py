"""The next version of a claim: a late return is remedied, and nothing is gained by it (S-86)."""

import pytest
from claims import CAD, EXCHANGE, USD, WHOLE, currency, some_hash
from ledger import refused
from trade import LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import LotSet, fold, lot_sets

SALE_AT_EXPORT, SALE, LAST = 3, 11, 15
LIVE, REVOKED = 2, 3


@pytest.fixture
def id(claims):
    """A claim of 60 pieces in two currencies."""
    return claims.issue({LOT: [SALE]}, {LOT: 60}, tanks={USD: some_hash("usd"), CAD: some_hash("cad")})


def part(positions, pieces, lot=LOT):
    return lot_sets({lot: positions}, {lot: pieces})


def test_a_version_replaces_set_and_credential_and_keeps_all_else(claims, id):
    claims.endorse(claims.endorsement(id, 10, 10))
    before = claims.claim(id)
    digest, returned = some_hash(), claims.note("RETURN_IN", 5)
    receipt = claims.supersede(id, part([returned], 55), credential_digest=digest)
    after = claims.claim(id)
    assert (after["version"], after["state"], bytes(after["credentialDigest"])) == (2, LIVE, digest)
    assert bytes(after["setHash"]) == fold(bytes(before["setHash"]), part([returned], 55))
    assert [after[name] for name in ("issuer", "owner", "purpose")] == [
        before[name] for name in ("issuer", "owner", "purpose")
    ]
    assert claims.used(LOT) == {SALE, returned}
    assert claims.share(id) == 10
    event = receipt.events["ClaimSuperseded"]
    assert (event["version"], bytes(event["oldDigest"])) == (2, bytes(before["credentialDigest"]))


def test_a_late_return_does_not_block_its_own_remedy(claims, id):
    """All that is sold is claimed, then a piece comes back: the claim holds more than there is, and can be mended."""
    claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    returned = claims.note("RETURN_IN", 30)
    assert claims.claimed(LOT) == 80 > claims.ledger.lanes(LOT)[2] == 50
    claims.supersede(id, part([returned], 30))
    assert claims.claimed(LOT) == claims.ledger.lanes(LOT)[2]


def test_a_reversed_sale_and_the_one_in_its_place_join_the_claim(claims, id):
    reversed_at = claims.note("SALE_REVERSAL", 60)
    again = claims.sell(60)
    claims.supersede(id, part([reversed_at, again], 60))
    assert claims.used(LOT) == {SALE, reversed_at, again}
    assert claims.claimed(LOT) == 60


def test_a_version_follows_the_one_before_once(claims, id):
    claims.supersede(id)
    with refused("ClaimRegistryWrongVersion", id, 1, 2):
        claims.supersede(id, version=1)
    with refused("ClaimRegistryWrongVersion", id, 3, 2):
        claims.supersede(id, version=3)


@pytest.mark.parametrize("state", [0, REVOKED])
def test_only_a_live_claim_is_superseded(claims, id, state):
    if state == 0:
        id = some_hash()
    else:
        claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, state):
        claims.supersede(id)


# -- nothing is gained


def test_pieces_never_rise(claims, id):
    with refused("ClaimRegistryMorePieces", LOT, 61, 60):
        claims.supersede(id, part([SALE_AT_EXPORT], 61))


def test_pieces_never_rise_over_several_parts_of_a_lot(claims, id):
    """Each part is below 2^32, their sum is not: it does not wrap around."""
    parts = [LotSet(LOT, 2**32 - 1, 0, (1 << SALE_AT_EXPORT,)), LotSet(LOT, 2, 1, ())]
    with refused("ClaimRegistryMorePieces", LOT, 2**32 + 1, 60):
        claims.supersede(id, parts)


def test_pieces_that_fell_do_not_rise_again(claims, id):
    claims.supersede(id, part([SALE_AT_EXPORT], 40))
    with refused("ClaimRegistryMorePieces", LOT, 60, 40):
        claims.supersede(id, part([2], 60))


def test_a_version_takes_no_new_lot(claims, id):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))
    for pieces in (0, 7):
        with refused("ClaimRegistryLotNotClaimed", UNTOUCHED_LOT):
            claims.supersede(id, part([2], pieces, UNTOUCHED_LOT))


def test_a_version_takes_no_sale_of_another_claim(claims, id):
    claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE_AT_EXPORT):
        claims.supersede(id, part([SALE_AT_EXPORT], 60))


def test_a_version_takes_its_own_sale_once(claims, id):
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.supersede(id, part([SALE], 60))


def test_a_version_takes_no_position_that_is_not_there_yet(claims, id):
    with refused("ClaimRegistryUnknownPosition", LOT, 0, LAST + 1):
        claims.supersede(id, part([LAST + 1], 60))


def test_limits_never_rise(claims, id):
    claims.supersede(id, limits={USD: WHOLE // 2})
    with refused("ClaimRegistryHigherLimit", id, b"USD", WHOLE // 2 + 1, WHOLE // 2):
        claims.supersede(id, limits={USD: WHOLE // 2 + 1})
    with refused("ClaimRegistryHigherLimit", id, b"CAD", WHOLE + 1, WHOLE):
        claims.supersede(id, limits={CAD: WHOLE + 1})


def test_a_limit_falls_to_nothing(claims, id):
    claims.supersede(id, limits={USD: 0})
    assert tuple(claims.contract.tankOf(id, currency(USD)))[:2] == (0, 0)
    assert tuple(claims.contract.tankOf(id, currency(CAD)))[:2] == (0, WHOLE)
    with refused("ClaimRegistryBadShare", 0, 1, 0):
        claims.endorse(claims.endorsement(id, 1, 1))


def test_a_version_opens_no_currency(claims, id):
    with refused("ClaimRegistryBadTank", id, b"EUR"):
        claims.supersede(id, limits={"EUR": 1})


def test_a_version_gives_no_sale_back(claims, id):
    """Whatever it says, what was taken stays taken: a sale is never free again while its claim lives."""
    claims.supersede(id, [LotSet(LOT, 0, 0, ())], limits={USD: 0, CAD: 0})
    assert (claims.used(LOT), claims.claimed(LOT)) == ({SALE}, 0)
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.issue({LOT: [SALE]}, {LOT: 60})


# -- the form of what is given


@pytest.mark.parametrize("member", ["set_hash", "limits_hash"])
def test_a_relayer_can_swap_nothing_of_a_version(claims, id, member):
    with pytest.raises(Exception, match="ClaimRegistryWrongHash"):
        claims.supersede(id, part([SALE_AT_EXPORT], 60), limits={USD: 5}, **{member: b"\1" * 32})


def test_lots_of_a_version_ascend(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))
    id = claims.issue({LOT: [SALE], UNTOUCHED_LOT: [2]}, {LOT: 60, UNTOUCHED_LOT: 7})
    low, high = LotSet(LOT, 59, 0, (1,)), LotSet(UNTOUCHED_LOT, 6, 0, (1,))
    with refused("ClaimRegistryLotNotClaimed", UNTOUCHED_LOT):
        claims.supersede(id, [high, low])
    claims.supersede(id, [low, high])
    assert [claims.contract.piecesOf(id, lot) for lot in (LOT, UNTOUCHED_LOT)] == [59, 6]
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [59, 6]


@pytest.mark.parametrize("sets", [[LotSet(LOT, 1, 0, (1, 0))], [LotSet(LOT, 1, 0, (1,)), LotSet(LOT, 1, 0, (2,))]])
def test_sets_of_a_version_have_the_same_form(claims, id, sets):
    with refused("ClaimRegistryBadSet", LOT, 0, len(sets[0].words)):
        claims.supersede(id, sets)


def test_a_version_without_sets_changes_the_credential_only(claims, id):
    before = claims.claim(id)
    claims.supersede(id)
    after = claims.claim(id)
    assert after["setHash"] == before["setHash"]
    assert (claims.used(LOT), claims.claimed(LOT)) == ({SALE}, 60)
