"""Claims that are not filled: they stand in the way of the next one, but of nothing for ever (S-84)."""

import pytest
from actors import ACTORS
from claims import CAD, EXCHANGE, ISSUER, OTHER_ISSUER, SETTLEMENT, USD, WHOLE, book_range, some_hash
from ledger import FOREVER, refused
from trade import BOOK, LOT, OTHER_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, LotSet, fold

OPEN, LIVE, REVOKED = 1, 2, 3
SALE_AT_EXPORT, SALE = 3, 11
OTHER_OWNER, STRANGER = ACTORS["other_exporter"], ACTORS["stranger"]
PARTS = [LotSet(LOT, 60, 0, (1 << SALE,)), LotSet(UNTOUCHED_LOT, 7, 0, (1 << 2,))]


@pytest.fixture(autouse=True)
def sold(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))


def open_claim(claims, books=(), tanks=None, deducted=(), **members):
    """A claim that has the upper of two lots; its order."""
    order = claims.order(PARTS, books, tanks, deducted, **members)
    claims.send_issue(order, PARTS[1:], books, tanks, deducted, previous=fold(EMPTY_SET, PARTS[:1]))
    return order


# -- in the way of the next claim


def test_a_debt_is_not_left_to_a_claim_that_is_never_filled(claims):
    """The owner has one issuer's claim opened, which takes the debt over, and asks another issuer for the sales."""
    debt = claims.issue()
    claims.endorse(claims.endorsement(debt, WHOLE, 10))
    claims.supersede(debt, limits={USD: 1})
    opened = open_claim(claims, tanks={USD: some_hash("usd")}, deducted=[debt]).id
    assert claims.overdrawn() == []
    with refused("ClaimRegistryWrongState", opened, OPEN):
        claims.issue({LOT: [SALE]}, {LOT: 60}, issuer=OTHER_ISSUER.number, signer=OTHER_ISSUER)
    claims.revoke(opened)
    assert claims.overdrawn() == [debt]


def test_fees_are_not_left_to_a_claim_that_is_never_filled(claims):
    claims.charge(3)
    opened = open_claim(claims, [book_range(0, 3)]).id
    with refused("ClaimRegistryWrongState", opened, OPEN):
        claims.issue({LOT: [SALE]}, {LOT: 60}, [book_range(3, 3)], issuer=OTHER_ISSUER.number, signer=OTHER_ISSUER)
    claims.revoke(opened)
    assert claims.contract.bookCursor(EXCHANGE, BOOK) == 0


def test_a_second_claim_is_not_opened_beside_the_first(claims):
    opened = open_claim(claims).id
    with refused("ClaimRegistryWrongState", opened, OPEN):
        open_claim(claims)


@pytest.mark.parametrize("end", ["filled", "revoked"])
def test_the_way_is_free_when_the_claim_is_whole_or_gone(claims, end):
    opened = open_claim(claims).id
    claims.add(opened, PARTS[:1]) if end == "filled" else claims.revoke(opened)
    claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20}, tanks={CAD: some_hash("cad")})
    assert claims.claim(opened)["state"] == (LIVE if end == "filled" else REVOKED)


def test_an_open_claim_is_in_nobody_elses_way(claims):
    open_claim(claims)
    claims.issue({LOT: [SALE]}, {LOT: 60}, purpose=SETTLEMENT)
    claims.issue({OTHER_LOT: [0]}, owner=OTHER_OWNER.number, consenter=OTHER_OWNER)


# -- of nothing for ever


@pytest.fixture
def late(claims, chain):
    """A claim that is still open when the time of its order is over; and another that is whole."""
    deadline = claims.ledger.now() + 60
    whole = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20}, deadline=deadline)
    opened = open_claim(claims, deadline=deadline).id
    assert chain[-1].timestamp <= deadline
    chain.mine(timestamp=deadline + 1)
    return opened, whole


def test_anyone_revokes_a_claim_that_was_not_filled_in_time(claims, late, accounts):
    """No issuer that is gone, or unwilling, keeps an owner's sales locked in half a claim."""
    opened, _ = late
    claims.relayer = accounts[8]
    claims.act("revoke", (opened, 1, 0), b"")
    claims.unwind(opened, PARTS[1:], rest=fold(EMPTY_SET, PARTS[:1]))
    assert (claims.used(UNTOUCHED_LOT), claims.claimed(UNTOUCHED_LOT)) == (set(), 0)
    claims.issue({LOT: [SALE], UNTOUCHED_LOT: [2]}, {LOT: 60, UNTOUCHED_LOT: 7})


def test_only_the_issuer_revokes_it_before(claims):
    deadline = claims.ledger.now() + 1000
    opened = open_claim(claims, deadline=deadline).id
    with refused("ClaimRegistryNotAKey", ISSUER.number, STRANGER.address):
        claims.revoke(opened, signer=STRANGER)
    claims.revoke(opened)


def test_only_the_issuer_revokes_a_whole_claim_however_late(claims, late):
    opened, whole = late
    claims.add(opened, PARTS[:1])
    for id in (opened, whole):
        with refused("ClaimRegistryNotAKey", ISSUER.number, STRANGER.address):
            claims.revoke(id, signer=STRANGER, deadline=FOREVER)


def test_a_claim_may_still_be_filled_late(claims, late):
    opened, _ = late
    claims.add(opened, PARTS[:1])
    assert claims.claim(opened)["state"] == LIVE
