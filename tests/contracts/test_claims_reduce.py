"""Fewer pieces at once, after a return: it opens room for the goods and none for money (S-87)."""

from dataclasses import astuple

import pytest
from claims import EXCHANGE, ISSUER, some_hash
from ledger import FOREVER, refused, sign
from trade import LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_messages import Reduce
from verifier.claim_set import lot_sets
from verifier.eip712 import uint
from verifier.keccak import keccak256

SALE_AT_EXPORT, SALE = 3, 11
REVOKED = 3


@pytest.fixture
def id(claims):
    return claims.issue({LOT: [SALE]}, {LOT: 60})


def test_a_reduction_follows_a_return(claims, id):
    claims.note("RETURN_IN", 20)
    receipt = claims.reduce(id, {LOT: 40})
    assert claims.claimed(LOT) == claims.contract.piecesOf(id, LOT) == 40
    assert claims.claim(id)["isReduced"]
    assert claims.claim(id)["version"] == 1
    assert [event.name for event in receipt.events] == ["ClaimReduced"]


def test_a_reduced_claim_is_not_endorsed_until_it_is_superseded(claims, id):
    claims.note("RETURN_IN", 20)
    claims.reduce(id, {LOT: 40})
    with refused("ClaimRegistryReduced", id, 1):
        claims.endorse(claims.endorsement(id, 10, 10))
    claims.supersede(id)
    assert not claims.claim(id)["isReduced"]
    claims.endorse(claims.endorsement(id, 10, 10))


def test_a_reduction_frees_no_position(claims, id):
    """The pieces that it lets go can be claimed with sales of their own only, not with the sale of this claim."""
    claims.reduce(id, {LOT: 0})
    assert claims.used(LOT) == {SALE}
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.issue({LOT: [SALE]}, {LOT: 60})


def test_pieces_that_were_let_go_do_not_come_back(claims, id):
    """An issuer that reduces one claim for another to grow cannot grow the first one again."""
    claims.reduce(id, {LOT: 0})
    claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 80})
    for again in (lambda: claims.reduce(id, {LOT: 1}), lambda: claims.supersede(id, lot_sets({LOT: [2]}, {LOT: 1}))):
        with refused("ClaimRegistryMorePieces", LOT, 1, 0):
            again()


def test_a_reduction_can_be_sent_again(claims, id):
    for _ in range(2):
        claims.reduce(id, {LOT: 40})
    assert claims.claimed(LOT) == 40
    claims.reduce(id, {LOT: 30})
    with refused("ClaimRegistryMorePieces", LOT, 40, 30):
        claims.reduce(id, {LOT: 40})


def test_a_reduction_is_of_the_current_version(claims, id):
    claims.supersede(id)
    with refused("ClaimRegistryWrongVersion", id, 1, 2):
        claims.reduce(id, {LOT: 40}, version=1)


def test_a_lot_that_is_not_claimed_is_not_reduced(claims, id):
    with refused("ClaimRegistryLotNotClaimed", UNTOUCHED_LOT):
        claims.reduce(id, {UNTOUCHED_LOT: 0})
    with refused("ClaimRegistryLotNotClaimed", LOT - 1):
        claims.reduce(id, {LOT - 1: 0})


def test_a_lot_is_reduced_once_in_a_call(claims, id):
    with pytest.raises(Exception, match="ClaimRegistryLotNotClaimed"):
        _reduce_raw(claims, id, [(LOT, 50), (LOT, 40)])


def test_several_lots_are_reduced_together(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))
    id = claims.issue({LOT: [SALE], UNTOUCHED_LOT: [2]}, {LOT: 60, UNTOUCHED_LOT: 7})
    claims.reduce(id, {LOT: 50, UNTOUCHED_LOT: 6})
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [50, 6]
    claims.reduce(id, {UNTOUCHED_LOT: 5})
    assert [claims.contract.piecesOf(id, lot) for lot in (LOT, UNTOUCHED_LOT)] == [50, 5]


def test_a_relayer_cannot_swap_the_pieces(claims, id):
    with pytest.raises(Exception, match="ClaimRegistryWrongHash"):
        claims.reduce(id, {LOT: 40}, pieces_hash=b"\1" * 32)


@pytest.mark.parametrize("state", [0, REVOKED])
def test_only_a_live_claim_is_reduced(claims, id, state):
    if state == 0:
        id = some_hash()
    else:
        claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, state):
        claims.reduce(id, {LOT: 0})


def _reduce_raw(claims, id, pairs):
    words = b"".join(uint(value) for pair in pairs for value in pair)
    message = Reduce(id, 1, keccak256(words), FOREVER)
    return claims.ask("reduce", astuple(message), pairs, sign(ISSUER.key, message.digest(claims.domain)))
