"""Revoking: only what no bank has endorsed, and then all of it comes free (S-88)."""

import pytest
from claims import EXCHANGE, LOSS, RETURN, SETTLEMENT, some_hash
from ledger import refused
from trade import BOOK, LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, BookRange, LotSet, fold, lot_sets

SALE_AT_EXPORT, SALE = 3, 11
OPEN, LIVE, REVOKED = 1, 2, 3
SETS = [LotSet(LOT, 60, 0, (1 << SALE,)), LotSet(UNTOUCHED_LOT, 7, 0, (1 << 2,))]


@pytest.fixture(autouse=True)
def sold(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))


def issue(claims, sets=SETS, first=0, books=(), **members):
    order = claims.order(sets, books, tanks={"USD": b"\1" * 32}, **members)
    claims.send_issue(order, sets[first:], books, {"USD": b"\1" * 32}, previous=fold(EMPTY_SET, sets[:first]))
    return order.id


def test_revoking_gives_pieces_back_at_once_and_positions_by_unwinding(claims):
    id = issue(claims)
    receipt = claims.revoke(id)
    assert [event.name for event in receipt.events] == ["ClaimRevoked"]
    assert claims.claim(id)["state"] == REVOKED
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [0, 0]
    assert [claims.contract.piecesOf(id, lot) for lot in (LOT, UNTOUCHED_LOT)] == [0, 0]
    assert claims.used(LOT) == {SALE}
    claims.unwind(id, SETS)
    assert (claims.used(LOT), claims.used(UNTOUCHED_LOT)) == (set(), set())
    assert bytes(claims.claim(id)["setHash"]) == EMPTY_SET


def test_what_came_free_can_be_claimed_again(claims):
    id = issue(claims)
    claims.revoke(id)
    with refused("ClaimRegistryUsed", EXCHANGE, UNTOUCHED_LOT, 0, 1 << 2):
        issue(claims)
    claims.unwind(id, SETS)
    issue(claims)
    assert claims.claimed(LOT) == 60


def test_nothing_comes_free_while_anything_is_endorsed(claims):
    id = issue(claims)
    claims.endorse(claims.endorsement(id, 1, 1))
    with refused("ClaimRegistryEndorsed", id, b"USD", 1):
        claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, LIVE):
        claims.unwind(id, SETS)
    claims.release(claims.returned(id, 0, 0))
    claims.revoke(id)


@pytest.mark.parametrize("purpose", [SETTLEMENT, RETURN, LOSS])
def test_a_claim_of_any_purpose_is_revoked(claims, purpose):
    id = claims.issue({LOT: [SALE]}, {LOT: 10}, purpose=purpose)
    claims.revoke(id)
    claims.unwind(id, lot_sets({LOT: [SALE]}, {LOT: 10}))
    assert (claims.claimed(LOT, purpose), claims.used(LOT, purpose)) == (0, set())


def test_other_claims_keep_what_they_have(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 50})
    other = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 30})
    claims.revoke(id)
    claims.unwind(id, lot_sets({LOT: [SALE]}, {LOT: 50}))
    assert (claims.claimed(LOT), claims.used(LOT)) == (30, {SALE_AT_EXPORT})
    assert claims.contract.piecesOf(other, LOT) == 30


# -- open claims


def test_an_open_claim_gives_back_exactly_what_it_has(claims):
    """Half a claim can lock nothing for ever: what it never got is not given back, or another's would be freed."""
    other = claims.issue({LOT: [SALE]}, {LOT: 60})
    id = issue(claims, first=1)
    assert claims.claim(id)["state"] == OPEN
    claims.revoke(id)
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [60, 0]
    claims.unwind(id, SETS[1:], rest=fold(EMPTY_SET, SETS[:1]))
    assert (claims.used(LOT), claims.used(UNTOUCHED_LOT)) == ({SALE}, set())
    with refused("ClaimRegistryNotTheLast", id, fold(EMPTY_SET, SETS[:1])):
        claims.unwind(id, SETS[:1])
    assert claims.contract.piecesOf(other, LOT) == 60


def test_an_open_claim_that_got_more_gives_more_back(claims):
    parts = [LotSet(LOT, 20, 0, (1 << SALE_AT_EXPORT,)), *SETS[1:]]
    id = issue(claims, [LotSet(LOT - 1, 0, 0, (1,)), *parts], first=2)
    claims.add(id, parts[:1], previous=fold(EMPTY_SET, [LotSet(LOT - 1, 0, 0, (1,))]))
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [20, 7]
    claims.revoke(id)
    assert [claims.claimed(lot) for lot in (LOT, UNTOUCHED_LOT)] == [0, 0]
    claims.unwind(id, parts, rest=fold(EMPTY_SET, [LotSet(LOT - 1, 0, 0, (1,))]))
    assert (claims.used(LOT), claims.used(UNTOUCHED_LOT)) == (set(), set())


# -- after new versions and reductions


def test_a_superseded_claim_gives_all_its_versions_back(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 60}, books=[])
    claims.charge(2)
    returned = claims.note("RETURN_IN", 10)
    later, books = lot_sets({LOT: [returned]}, {LOT: 50}), [BookRange(BOOK, 0, 2)]
    claims.supersede(id, later, books)
    claims.revoke(id)
    assert (claims.claimed(LOT), claims.contract.bookCursor(EXCHANGE, BOOK)) == (0, 0)
    first = fold(EMPTY_SET, lot_sets({LOT: [SALE]}, {LOT: 60}))
    claims.unwind(id, later, books, rest=first)
    claims.unwind(id, lot_sets({LOT: [SALE]}, {LOT: 60}))
    assert claims.used(LOT) == set()


def test_a_reduced_claim_gives_back_what_it_still_has(claims):
    id = issue(claims)
    claims.reduce(id, {LOT: 25})
    claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 55})
    claims.revoke(id)
    assert claims.claimed(LOT) == 55


# -- what is refused


def test_a_version_that_is_not_the_current_one_is_not_revoked(claims):
    id = issue(claims)
    claims.supersede(id)
    with refused("ClaimRegistryWrongVersion", id, 1, 2):
        claims.revoke(id, version=1)


def test_a_claim_is_revoked_once(claims):
    id = issue(claims)
    claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, REVOKED):
        claims.revoke(id)
    assert claims.claimed(LOT) == 0
    with refused("ClaimRegistryWrongState", some_hash("no claim"), 0):
        claims.revoke(some_hash("no claim"))


def test_a_revoked_claim_is_not_endorsed(claims):
    id = issue(claims)
    claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, REVOKED):
        claims.endorse(claims.endorsement(id, 1, 1))


# -- unwinding


@pytest.mark.parametrize("state", [0, OPEN, LIVE])
def test_only_a_revoked_claim_is_unwound(claims, state):
    id = some_hash() if state == 0 else issue(claims, first=1 if state == OPEN else 0)
    with refused("ClaimRegistryWrongState", id, state):
        claims.unwind(id, SETS)
    with refused("ClaimRegistryWrongState", id, state):
        claims.unwind(id, [], [BookRange(BOOK, 0, 0)])


def test_anybody_may_unwind(claims, accounts):
    id = issue(claims)
    claims.revoke(id)
    claims.relayer = accounts[6]
    claims.unwind(id, SETS)
    assert claims.used(LOT) == set()


def test_parts_come_off_from_the_end(claims):
    id = issue(claims)
    claims.revoke(id)
    with refused("ClaimRegistryNotTheLast", id, fold(EMPTY_SET, SETS)):
        claims.unwind(id, SETS[:1])


def test_a_part_comes_off_once(claims):
    """Else whoever claims the sales next could be robbed of them."""
    id = issue(claims)
    claims.revoke(id)
    claims.unwind(id, SETS)
    issue(claims)
    for part in SETS:
        with refused("ClaimRegistryNotTheLast", id, EMPTY_SET):
            claims.unwind(id, [part])
    assert claims.used(LOT) == {SALE}


@pytest.mark.parametrize("wrong", [LotSet(UNTOUCHED_LOT, 7, 0, (1 << 3,)), LotSet(LOT, 7, 0, (1 << 2,))])
def test_positions_of_others_are_not_freed(claims, wrong):
    id = issue(claims)
    claims.revoke(id)
    with refused("ClaimRegistryNotTheLast", id, fold(EMPTY_SET, SETS)):
        claims.unwind(id, [SETS[0], wrong])


def test_a_book_does_not_pass_for_a_lot_nor_a_lot_for_a_book(claims):
    claims.charge(1)
    books = [BookRange(BOOK, 0, 1)]
    id = issue(claims, SETS[:1], books=books)
    claims.revoke(id)
    last = fold(EMPTY_SET, SETS[:1], books)
    with refused("ClaimRegistryNotTheLast", id, last):
        claims.unwind(id, [LotSet(BOOK, 0, 1, ())])
    claims.unwind(id, SETS[:1], books)
    assert claims.used(LOT) == set()
