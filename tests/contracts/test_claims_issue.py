"""Issuing claims: what becomes of a claim, and that no sale backs two and no piece more than one (S-82, S-83)."""

from dataclasses import astuple

import pytest
from actors import ACTORS, SITE_A
from claims import (
    CAD,
    EXCHANGE,
    ISSUER,
    LOSS,
    OTHER_ISSUER,
    OWNER,
    RETURN,
    SETTLEMENT,
    USD,
    WHOLE,
    currency,
    some_hash,
)
from ledger import refused, sign
from records import notes
from trade import DECLARED, LOT, OTHER_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, BookRange, LotSet, fold, lot_sets
from verifier.keccak import keccak256

SALE_AT_EXPORT, SALE, RETURN_IN, LAST = 3, 11, 12, 15  # positions in the story of LOT
SOLD, RETURNED = 80, 10
LIVE = 2
FOREIGN_LOT = 0x0B0B


def test_an_issued_claim_is_what_was_signed(claims):
    sets = lot_sets({LOT: [SALE_AT_EXPORT, SALE]}, {LOT: SOLD})
    order = claims.order(sets, tanks={USD: some_hash("usd")})
    receipt = claims.send_issue(order, sets, tanks={USD: some_hash("usd")})
    found = claims.claim(order.id)
    assert (found["issuer"], found["owner"], found["purpose"]) == (ISSUER.number, OWNER.number, EXCHANGE)
    assert (found["state"], found["version"], found["isReduced"]) == (LIVE, 1, False)
    assert (bytes(found["setHash"]), bytes(found["credentialDigest"])) == (order.set_hash, order.credential_digest)
    assert claims.used(LOT) == {SALE_AT_EXPORT, SALE}
    assert claims.claimed(LOT) == claims.contract.piecesOf(order.id, LOT) == SOLD
    assert list(claims.contract.lotsOf(order.id)) == [LOT]
    assert tuple(claims.contract.tankOf(order.id, currency(USD))) == (0, WHOLE, "0x" + some_hash("usd").hex())
    assert [event.name for event in receipt.events] == ["ClaimIssued"]


def test_a_claim_holds_lots_and_currencies(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    id = claims.issue({LOT: [SALE], UNTOUCHED_LOT: [2]}, {LOT: 60, UNTOUCHED_LOT: 7}, tanks=tanks)
    assert list(claims.contract.lotsOf(id)) == [UNTOUCHED_LOT, LOT]
    assert [claims.contract.piecesOf(id, lot) for lot in (LOT, UNTOUCHED_LOT, OTHER_LOT)] == [60, 7, 0]
    assert list(claims.contract.tanksOf(id)) == [currency(CAD), currency(USD)]
    assert claims.contract.adverseOf(id) == 1


def test_a_claim_without_a_set_uses_nothing_up(claims):
    id = claims.issue()
    assert claims.claim(id)["state"] == LIVE
    assert bytes(claims.claim(id)["setHash"]) == EMPTY_SET
    assert claims.used(LOT) == set()


def test_an_id_is_taken_once(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 1})
    with refused("ClaimRegistryIdTaken", id):
        claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 1}, id=id)


def test_an_order_is_not_carried_out_twice(claims):
    sets = lot_sets({LOT: [SALE]}, {LOT: 1})
    order = claims.order(sets)
    claims.send_issue(order, sets)
    claims.revoke(order.id)
    claims.unwind(order.id, sets)
    with refused("ClaimRegistryIdTaken", order.id):
        claims.send_issue(order, sets)


@pytest.mark.parametrize("purpose", [0, 5, 255])
def test_a_purpose_is_one_of_four(claims, purpose):
    id = some_hash()
    with refused("ClaimRegistryWrongPurpose", id, purpose):
        claims.issue({LOT: [SALE]}, {LOT: 1}, id=id, purpose=purpose)


# -- a position serves one claim of a purpose [a second credential over the same bits]


def test_a_second_claim_over_the_same_sale_is_refused(claims):
    claims.issue({LOT: [SALE_AT_EXPORT, SALE]}, {LOT: 1})
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.issue({LOT: [SALE, RETURN_IN]}, {LOT: 1})


def test_a_second_issuer_does_not_open_a_sale_again(claims):
    claims.issue({LOT: [SALE]}, {LOT: 1})
    with refused("ClaimRegistryUsed", EXCHANGE, LOT, 0, 1 << SALE):
        claims.issue({LOT: [SALE]}, issuer=OTHER_ISSUER.number, signer=OTHER_ISSUER)


def test_a_sale_serves_one_claim_of_each_purpose(claims):
    for purpose in (EXCHANGE, SETTLEMENT):
        claims.issue({LOT: [SALE]}, {LOT: 60}, purpose=purpose)
        assert claims.used(LOT, purpose) == {SALE}
        assert claims.claimed(LOT, purpose) == 60


def test_the_last_position_can_be_claimed(claims):
    claims.issue({LOT: [LAST]})
    assert claims.used(LOT) == {LAST}


@pytest.mark.parametrize(("position", "word"), [(LAST + 1, 0), (255, 0), (256, 1), (2**32 - 1, 2**24 - 1)])
def test_a_position_that_does_not_exist_yet_cannot_be_burnt(claims, position, word):
    with refused("ClaimRegistryUnknownPosition", LOT, word, LAST + 1):
        claims.issue({LOT: [position]})


@pytest.mark.parametrize("lot", [0, FOREIGN_LOT, 2**63 - 1])
def test_a_lot_that_was_never_declared_cannot_be_claimed(claims, lot):
    with refused("ClaimRegistryNotTheOwner", lot, OWNER.number, 0):
        claims.issue({lot: [0]})


def test_a_lot_of_another_owner_cannot_be_claimed(claims):
    with refused("ClaimRegistryNotTheOwner", OTHER_LOT, OWNER.number, 9):
        claims.issue({LOT: [SALE], OTHER_LOT: [0]})


def test_a_book_is_no_lot(claims):
    book = 1 << 63 | 1 << 32 | OWNER.number
    claims.charge(book=book)
    with refused("ClaimRegistryNotTheOwner", book, OWNER.number, 0):
        claims.issue({book: [0]})


# -- pieces: no more than what the ledger holds of the lot now


@pytest.mark.parametrize(
    ("purpose", "most"), [(EXCHANGE, SOLD), (SETTLEMENT, SOLD), (RETURN, RETURNED), (LOSS, DECLARED)]
)
def test_pieces_are_claimed_up_to_what_there_is(claims, purpose, most):
    with refused("ClaimRegistryInsufficient", purpose, LOT, most, most + 1):
        claims.issue({LOT: [SALE]}, {LOT: most + 1}, purpose=purpose)
    claims.issue({LOT: [SALE]}, {LOT: most}, purpose=purpose)
    with refused("ClaimRegistryInsufficient", purpose, LOT, 0, 1):
        claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 1}, purpose=purpose)


def test_one_piece_sold_and_returned_five_times_backs_one_claim(claims):
    """The carousel: five sales of a piece are five free positions, but the piece is claimed already."""
    claims.issue({LOT: [SALE_AT_EXPORT, SALE]}, {LOT: SOLD})
    claims.issue({LOT: [claims.sell()]}, {LOT: 1})
    for _ in range(4):
        claims.note("RETURN_IN", 1)
        claims.ledger.tell(("RELEASE", LOT, SITE_A, 1), ("SHIP", LOT, SITE_A, 1))
        again = claims.sell()
        with refused("ClaimRegistryInsufficient", EXCHANGE, LOT, 0, 1):
            claims.issue({LOT: [again]}, {LOT: 1})


def test_what_came_back_cannot_be_claimed(claims):
    claims.note("RETURN_IN", 79)
    with refused("ClaimRegistryInsufficient", EXCHANGE, LOT, 1, 2):
        claims.issue({LOT: [SALE]}, {LOT: 2})


def test_pieces_already_claimed_above_what_is_sold_now_leave_nothing(claims):
    claims.issue({LOT: [SALE_AT_EXPORT, SALE]}, {LOT: SOLD})
    claims.note("RETURN_IN", 30)
    with refused("ClaimRegistryInsufficient", EXCHANGE, LOT, 0, 1):
        claims.issue({LOT: [RETURN_IN]}, {LOT: 1})


def test_pieces_of_the_parts_of_a_lot_are_added_up(claims):
    """No carry of 32 bits reaches the lot's number: it would have to pass what is sold first."""
    sets = [LotSet(LOT, 2**32 - 1, 0, (1,)), LotSet(LOT, 1, 1, (1 << 3,))]
    claims.ledger.record(ACTORS["operator_a"], *notes(LOT, SITE_A, 260))
    with refused("ClaimRegistryInsufficient", EXCHANGE, LOT, SOLD - 1, 2**32 - 1):
        claims.send_issue(claims.order(sets), sets)
    sets = [LotSet(LOT, 50, 0, (1,)), LotSet(LOT, 30, 1, (1 << 3,))]
    order = claims.order(sets)
    claims.send_issue(order, sets)
    assert claims.contract.piecesOf(order.id, LOT) == claims.claimed(LOT) == SOLD
    assert claims.used(LOT) == {0, 259}


# -- tanks


def test_a_currency_has_one_tank(claims):
    order = claims.order(tanks_hash=_hash_of([(USD, b"\1" * 32), (USD, b"\2" * 32)]))
    with refused("ClaimRegistryBadTank", order.id, b"USD"):
        _send(claims, order, [(currency(USD), b"\1" * 32), (currency(USD), b"\2" * 32)])


@pytest.mark.parametrize(("code", "commitment"), [(USD, bytes(32)), ("\0\0\0", b"\1" * 32)])
def test_a_tank_has_a_currency_and_a_commitment(claims, code, commitment):
    order = claims.order(tanks_hash=_hash_of([(code, commitment)]))
    with refused("ClaimRegistryBadTank", order.id, code.encode()):
        _send(claims, order, [(currency(code), commitment)])


def test_a_claim_has_at_most_16_tanks(claims):
    tanks = {f"A{chr(65 + number)}A": some_hash() for number in range(17)}
    with refused("ClaimRegistryTooMany", 17, 16):
        claims.issue({LOT: [SALE]}, tanks=tanks)
    tanks.popitem()
    assert len(claims.contract.tanksOf(claims.issue({LOT: [SALE]}, tanks=tanks))) == 16


def _hash_of(pairs):
    return keccak256(b"".join(code.encode().ljust(32, b"\0") + commitment for code, commitment in pairs))


def _send(claims, order, pairs):
    signatures = (
        sign(ISSUER.key, order.issue_digest(claims.domain)),
        sign(OWNER.key, order.consent_digest(claims.domain)),
    )
    return claims.ask("issue", astuple(order), EMPTY_SET, [], [], pairs, [], *signatures)


# -- what is handed over must be what was signed


@pytest.mark.parametrize("member", ["set_hash", "tanks_hash", "deducted_hash"])
def test_a_relayer_can_swap_nothing(claims, member):
    sets = lot_sets({LOT: [SALE]}, {LOT: 60})
    order = claims.order(sets, **{member: b"\1" * 32})
    given = {
        "set_hash": fold(EMPTY_SET, sets),
        "tanks_hash": claims.order().tanks_hash,
        "deducted_hash": claims.order().deducted_hash,
    }[member]
    with refused("ClaimRegistryWrongHash", order.id, given, b"\1" * 32):
        claims.send_issue(order, sets)


def test_a_relayer_cannot_leave_a_book_out(claims):
    claims.charge()
    sets, books = lot_sets({LOT: [SALE]}, {LOT: 60}), [BookRange(1 << 63 | 1 << 32 | OWNER.number, 0, 1)]
    order = claims.order(sets, books)
    with refused("ClaimRegistryWrongHash", order.id, fold(EMPTY_SET, sets), order.set_hash):
        claims.send_issue(order, sets)
