"""P2: no fee, no debt and no book is shed, by whatever set a claim takes."""

import pytest

from tests.verifier.claims.cases import LOT, STRANGER, BookOf, Lot
from tests.verifier.claims.test_exchange import figures, part, refusal, usd
from verifier.claims.record import Deduction, Tank
from verifier.errors import InvalidError


def test_the_newest_fees_cannot_be_left_out(lot, book):
    lot.sell(1, 100_00)
    book.fee(5_00)
    sale = len(lot.events) - 1
    refused = refusal([lot], [book], parts=(part(lot, [sale], (book, 0, 1)),))
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == ("BookNotConsumed", 2, 1)


def test_one_small_sale_cannot_take_the_fees_of_all_others(lot, book):
    """Else the next claim has the sales and no fee: what falls below zero is owed by nobody."""
    other = Lot(LOT + 1)
    other.sell(1, 1_00)
    lot.sell(1, 100_00)
    refused = refusal([other], [book])
    assert (refused.code, refused.figures) == (
        "CeilingBelowZero",
        {"currency": "USD", "expected": 0, "got": -9_00, "gross_minor": 1_00, "refunds_minor": 0, "fees_minor": 10_00},
    )
    assert "claim more lots together" in refused.detail
    assert usd([lot, other], [book])["ceiling_minor"] == 91_00


def test_goods_that_came_back_unrefunded_are_told(lot, book):
    """The carousel within one claim: one piece that is sold five times and comes back each time."""
    for _ in range(5):
        lot.add("RETURN_IN", 1, target=lot.sell(1, 1_000_00))
        lot.add("RELEASE", 1)
    half = lot.sell(2, 100_00)
    lot.add("RETURN_IN", 1, target=half)
    lot.refund(half, 40_00)
    found = figures([lot], [book])
    assert sum(found["pieces"].values()) == 1
    assert found["currencies"]["USD"]["back_not_refunded_minor"] == 5_000_00 + 10_00


def test_fees_in_a_currency_without_sales_are_not_shed_either(lot, book):
    lot.sell(1, 100_00)
    book.fee(5_00, currency="CAD")
    found = refusal([lot], [book]).figures
    assert (found["currency"], found["got"], found["gross_minor"], found["fees_minor"]) == ("CAD", -5_00, 0, 5_00)


def test_a_debt_is_not_shed_with_a_claim_that_cannot_bear_it(lot, book):
    lot.sell(1, 100_00)
    deducted = (Deduction(bytes(32), Tank("USD", 200_00, bytes(16)), 90_01),)
    assert refusal([lot], [book], deducted=deducted).figures["got"] == -1


def test_a_later_version_may_fall_below_zero(lot, book):
    """Its tank still holds what banks have endorsed: the negative rest is the owner's debt."""
    sale = lot.sell(1, 100_00)
    first = part(lot, [sale], (book, 0, 1))
    refund = lot.refund(sale, 95_00)
    assert usd([lot], [book], parts=(first, part(lot, [refund])))["ceiling_minor"] == -5_00


def test_a_book_of_another_party_is_refused(lot, book):
    lot.sell(1, 100_00)
    other = BookOf(owner=STRANGER)
    other.fee(1)
    assert refusal([lot], [book, other]).code == "BookOfAnother"


def test_the_set_cannot_reach_beyond_a_book(lot, book):
    sale = lot.sell(1, 100_00)
    with pytest.raises(InvalidError):
        figures([lot], [book], parts=(part(lot, [sale], (book, 0, 2)),))
