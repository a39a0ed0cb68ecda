"""Sets: their one form, and claims that several transactions bring in, by whoever sends them (S-84)."""

import pytest
from actors import ACTORS, SITE_A
from claims import EXCHANGE, OWNER, some_hash
from ledger import refused
from records import notes
from trade import BOOK, LOT, OTHER_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, BookRange, LotSet, fold, lot_sets, set_hash

OPEN, LIVE, REVOKED = 1, 2, 3
SALE_AT_EXPORT, SALE = 3, 11
LOW = LOT
HIGH = UNTOUCHED_LOT


@pytest.fixture
def parts(claims):
    """Two lots, the lower one in two LotSets, and a book: a set that is cut anywhere."""
    claims.ledger.tell(("DEPART", HIGH, 0, UNTOUCHED), ("SALE_AT_EXPORT", HIGH, 0, 7))
    claims.ledger.record(ACTORS["operator_a"], *notes(LOW, SITE_A, 300))
    claims.charge(2)
    return [LotSet(LOW, 50, 0, (1 << SALE,)), LotSet(LOW, 10, 1, (0b110,)), LotSet(HIGH, 7, 0, (1 << 2,))]


BOOKS = [BookRange(BOOK, 0, 2)]


def open_claim(claims, parts, first=2, books=BOOKS, **members):
    """A claim that has the LotSets from ``first`` on; its order."""
    order = claims.order(parts, books, **members)
    claims.send_issue(order, parts[first:], books, previous=fold(EMPTY_SET, parts[:first]))
    return order


def test_a_set_has_the_hash_that_the_verifier_computes(claims, parts):
    id = claims.issue({LOW: [SALE, 257, 258], HIGH: [2]}, {LOW: 60, HIGH: 7}, books=BOOKS)
    expected = set_hash(lot_sets({LOW: [SALE, 257, 258], HIGH: [2]}, {LOW: 60, HIGH: 7}), BOOKS)
    assert bytes(claims.claim(id)["setHash"]) == expected


# -- opened, added, sealed


def test_a_claim_is_open_until_all_of_its_set_is_there(claims, parts):
    order = claims.order(parts, BOOKS)
    receipt = claims.send_issue(order, parts[2:], BOOKS, previous=fold(EMPTY_SET, parts[:2]))
    assert [event.name for event in receipt.events] == ["ClaimOpened"]
    assert claims.claim(order.id)["state"] == OPEN
    assert bytes(claims.contract.restOf(order.id)) == fold(EMPTY_SET, parts[:2])
    assert (claims.used(HIGH), claims.used(LOW)) == ({2}, set())
    claims.add(order.id, parts[1:2], previous=fold(EMPTY_SET, parts[:1]))
    assert claims.claim(order.id)["state"] == OPEN
    assert claims.used(LOW) == {257, 258}
    receipt = claims.add(order.id, parts[:1])
    assert [event.name for event in receipt.events] == ["ClaimIssued"]
    assert claims.claim(order.id)["state"] == LIVE
    assert bytes(claims.contract.restOf(order.id)) == EMPTY_SET
    assert bytes(claims.claim(order.id)["setHash"]) == order.set_hash
    assert claims.used(LOW) == {SALE, 257, 258}
    assert [claims.contract.piecesOf(order.id, lot) for lot in (LOW, HIGH)] == [60, 7]
    assert list(claims.contract.lotsOf(order.id)) == [HIGH, LOW]


def test_anybody_may_add_what_was_signed(claims, parts, accounts):
    order = open_claim(claims, parts)
    claims.relayer = accounts[7]
    claims.add(order.id, parts[:2])
    assert claims.claim(order.id)["state"] == LIVE


def test_parts_in_the_wrong_order_are_refused(claims, parts):
    order = open_claim(claims, parts)
    rest = fold(EMPTY_SET, parts[:2])
    with refused("ClaimRegistryWrongHash", order.id, fold(EMPTY_SET, parts[:1]), rest):
        claims.add(order.id, parts[:1])
    with refused("ClaimRegistryWrongHash", order.id, fold(EMPTY_SET, parts[1::-1]), rest):
        claims.add(order.id, parts[1::-1])


@pytest.mark.parametrize(
    "wrong",
    [
        LotSet(LOW, 11, 1, (0b110,)),
        LotSet(LOW, 10, 1, (0b111,)),
        LotSet(LOW, 10, 0, (0b110,)),
        LotSet(HIGH, 10, 1, (0b110,)),
        LotSet(LOW, 10, 1, (0b110, 1)),
    ],
    ids=["pieces", "bits", "word", "lot", "one word more"],
)
def test_another_part_than_the_signed_one_is_refused(claims, parts, wrong):
    order = open_claim(claims, parts)
    previous = fold(EMPTY_SET, parts[:1])
    with refused("ClaimRegistryWrongHash", order.id, fold(previous, [wrong]), fold(previous, parts[1:2])):
        claims.add(order.id, [wrong], previous=previous)


def test_a_part_is_not_added_twice(claims, parts):
    order = open_claim(claims, parts)
    previous = fold(EMPTY_SET, parts[:1])
    claims.add(order.id, parts[1:2], previous=previous)
    with refused("ClaimRegistryWrongHash", order.id, fold(previous, parts[1:2]), previous):
        claims.add(order.id, parts[1:2], previous=previous)


def test_adding_nothing_changes_nothing(claims, parts):
    order = open_claim(claims, parts)
    before = claims.claim(order.id)
    claims.add(order.id, [], previous=fold(EMPTY_SET, parts[:2]))
    assert claims.claim(order.id) == before


@pytest.mark.parametrize("state", [0, LIVE, REVOKED])
def test_only_to_an_open_claim_is_added(claims, parts, state):
    id = some_hash() if state == 0 else claims.issue({LOT: [SALE_AT_EXPORT]})
    if state == REVOKED:
        claims.revoke(id)
    with refused("ClaimRegistryWrongState", id, state):
        claims.add(id, parts)


def test_a_sale_that_went_to_another_claim_meanwhile_is_not_added(claims, parts):
    other = claims.issue({LOW: [SALE_AT_EXPORT]}, {LOW: 1})
    order = open_claim(claims, parts)
    claims.supersede(other, lot_sets({LOW: [SALE]}, {LOW: 1}))
    with refused("ClaimRegistryUsed", EXCHANGE, LOW, 0, 1 << SALE):
        claims.add(order.id, parts[:2])


def test_pieces_that_came_back_meanwhile_are_not_added(claims, parts):
    order = open_claim(claims, parts)
    claims.note("RETURN_IN", 30)
    with refused("ClaimRegistryInsufficient", EXCHANGE, LOW, 40, 50):
        claims.add(order.id, parts[:2])


def test_a_lot_of_another_is_not_added(claims, parts):
    parts = [LotSet(OTHER_LOT - 0x200, 0, 0, (1,)), *parts[2:]]  # a lot of nobody
    order = open_claim(claims, parts, first=1)
    with refused("ClaimRegistryNotTheOwner", OTHER_LOT - 0x200, OWNER.number, 0):
        claims.add(order.id, parts[:1])


def test_an_open_claim_can_be_neither_endorsed_nor_superseded_nor_reduced(claims, parts):
    id = open_claim(claims, parts).id
    acts = (
        lambda: claims.endorse(claims.endorsement(id, 1, 1)),
        lambda: claims.supersede(id),
        lambda: claims.reduce(id, {HIGH: 1}),
    )
    for act in acts:
        with refused("ClaimRegistryWrongState", id, OPEN):
            act()


# -- whoever sends the order first cannot spoil it


def test_an_order_cannot_be_opened_so_that_it_can_never_be_filled(claims, parts):
    """A stranger sends the order without its books: what is left then ends in a book, which ``add`` cannot bring."""
    order = claims.order(parts, BOOKS)
    with refused("ClaimRegistryWrongHash", order.id, order.set_hash, EMPTY_SET):
        claims.send_issue(order, [], [], previous=order.set_hash)
    with refused("ClaimRegistryWrongHash", order.id, fold(EMPTY_SET, parts), EMPTY_SET):
        claims.send_issue(order, [], BOOKS, previous=fold(EMPTY_SET, parts))


@pytest.mark.parametrize("first", [0, 1, 2])
def test_wherever_a_stranger_cuts_an_order_anyone_fills_it(claims, parts, first):
    order = open_claim(claims, parts, first)
    if first:
        claims.add(order.id, parts[:first])
    assert claims.claim(order.id)["state"] == LIVE
    assert claims.contract.bookCursor(EXCHANGE, BOOK) == 2


# -- the form of LotSets


@pytest.mark.parametrize(
    ("sets", "bad"),
    [
        ([LotSet(LOW, 0, 0, ())], (LOW, 0, 0)),
        ([LotSet(LOW, 0, 0, (1, 0))], (LOW, 0, 2)),
        ([LotSet(LOW, 0, 0, (0,))], (LOW, 0, 1)),
        ([LotSet(LOW, 0, 0, (1,)), LotSet(LOW, 0, 0, (2,))], (LOW, 0, 1)),
        ([LotSet(LOW, 0, 0, (1, 1)), LotSet(LOW, 0, 1, (2,))], (LOW, 0, 2)),
        ([LotSet(LOW, 0, 1, (1,)), LotSet(LOW, 0, 0, (1,))], (LOW, 1, 1)),
        ([LotSet(HIGH, 0, 0, (1,)), LotSet(LOW, 0, 0, (1,))], (HIGH, 0, 1)),
        ([LotSet(LOW, 0, 0, (1,) * 257)], (LOW, 0, 257)),
        ([LotSet(LOW, 0, 2**32 - 1, (1, 1)), LotSet(LOW + 1, 0, 0, (1,))], (LOW, 2**32 - 1, 2)),
    ],
    ids=[
        "no word",
        "zero behind",
        "only zero",
        "twice",
        "overlap",
        "words down",
        "lots down",
        "257 words",
        "past 2^32",
    ],
)
def test_a_set_of_another_form_is_refused(claims, parts, sets, bad):
    with refused("ClaimRegistryBadSet", *bad):
        claims.send_issue(claims.order(sets), sets)


def test_what_is_added_stays_below_what_is_there(claims, parts):
    """The same order over transactions: the lot of an OPEN claim does not come again above."""
    parts = [parts[2], parts[0]]
    order = open_claim(claims, parts, first=1)
    with refused("ClaimRegistryBadSet", HIGH, 0, 1):
        claims.add(order.id, parts[:1])


def test_pieces_without_a_position_are_refused(claims):
    """[a lot is named with pieces, and no sale of it is used]"""
    with refused("ClaimRegistryBadSet", LOW, 0, 0):
        claims.send_issue(claims.order([LotSet(LOW, 80, 0, ())]), [LotSet(LOW, 80, 0, ())])


def test_positions_without_pieces_are_taken_all_the_same(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 0})
    assert (claims.claimed(LOT), claims.used(LOT)) == (0, {SALE})
    assert claims.contract.piecesOf(id, LOT) == 0
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.issue({LOT: [SALE]}, {LOT: 60})
