"""Mistakes that a careless build makes with an exchange collection, and what this one does instead."""

import pytest

from tests.verifier.claims.cases import EXPORTER, SITE, STRANGER, BookOf, Lot, make_case
from verifier.claims.case import ClaimRefusedError
from verifier.claims.exchange import exchange_figures
from verifier.currencies import format_minor
from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME
from verifier.record import Word, book_number


@pytest.fixture
def lot():
    return Lot()


@pytest.fixture
def book():
    found = BookOf()
    found.fee(10_00)
    return found


def figures(lot, *books, **rest):
    return exchange_figures(make_case([lot], list(books), **rest))


def code_of(lot, *books, **rest) -> str:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(lot, *books, **rest)
    return refused.value.code


def test_mistake_01_shipment_or_arrival_taken_as_sale(lot, book):
    lot.ship(10)
    lot.sell(1, 15_00)
    found = figures(lot, book)
    assert (found["pieces"], found["orders"]) == ({"0000000000000011": 1}, 1)
    assert found["currencies"]["USD"]["gross_minor"] == 15_00
    assert code_of(lot, book, kinds=frozenset({"RECEIVE"})) == "NotForThisClaim"
    assert code_of(lot, book, kinds=frozenset({"SHIP"})) == "NotForThisClaim"


@pytest.mark.parametrize("received", [1_00, 80_00, 999_999_00])
def test_mistake_02_receipts_must_equal_the_declared_value(lot, book, received):
    """Ten pieces were declared at 80.00 and sold at 900.00: less, as much or more came in, and none is refused."""
    lot.sell(10, 900_00)
    book.receipt(received)
    found = figures(lot, book)
    assert found["declared_fob_minor"] == {"USD": 80_00}
    assert found["currencies"]["USD"]["ceiling_minor"] == 890_00
    assert found["receipts"][0]["received_minor"] == received


def test_mistake_03_netting_silently(lot, book):
    """The gross stands beside the fees; a statement that took fees no bill itemises is refused."""
    lot.sell(10, 900_00)
    found = figures(lot, book)["currencies"]["USD"]
    assert (found["gross_minor"], found["fees_by_type_minor"]) == (900_00, {"commission": 10_00})
    book.statement(sales=900_00, fees=60_00, payout=840_00)
    assert code_of(lot, book) == "FeesNotItemised"


def test_mistake_04_summing_currencies_or_floats(lot, book):
    lot.sell(1, 100_00)
    lot.sell(1, 15_000, "JPY")
    found = figures(lot, book)
    assert found["currencies"]["USD"]["ceiling_minor"] == 90_00
    assert found["currencies"]["JPY"]["ceiling_minor"] == 15_000
    assert not [member for member in found if "total" in member]
    assert (format_minor(15_000, "JPY"), format_minor(15_000, "KWD"), format_minor(15_000, "USD")) == (
        "15,000",
        "15.000",
        "150.00",
    )
    lot.sell(1, 0.1)
    assert code_of(lot, book) == "IllTyped"


def test_mistake_12_a_customer_return_counted_twice(lot, book):
    """Goods back cut pieces, the refund cuts money; both together cut each once."""
    sale = lot.sell(10, 900_00)
    lot.add("RETURN_IN", 4, target=sale)
    lot.refund(sale, 360_00)
    found = figures(lot, book)
    assert found["pieces"] == {"0000000000000011": 6}
    assert (found["currencies"]["USD"]["gross_minor"], found["currencies"]["USD"]["refunds_minor"]) == (900_00, 360_00)


def test_mistake_15_over_receipt_accepted_as_exported_quantity(lot):
    lot.add("RECEIVE", 1)
    with pytest.raises(InvalidError, match="has 0 pieces EXPECTED"):
        lot.story()
    excess = Word(book_number(0, EXPORTER), SITE, CODE_BY_NAME["EXCESS"], 0)
    assert excess.quantity == 0, "an excess is a note of a book: it enters no lot"


def test_mistake_22_giveaways_replacements_and_compensation_as_sales(lot, book):
    lot.add("GIVE", 5)
    lot.sell(1, 100_00)
    book.statement(sales=100_00, fees=10_00, compensation=500_00, payout=590_00)
    found = figures(lot, book)
    assert found["pieces"] == {"0000000000000011": 1}
    assert found["currencies"]["USD"]["ceiling_minor"] == 90_00
    lot.sell(1, 1_00, ship=lot.ship(1, "replacement"))
    assert code_of(lot, book) == "NotASale"


def test_mistake_23_the_same_fee_bill_twice_or_another_sellers(lot, book):
    lot.sell(1, 100_00)
    again = BookOf()
    again.fee(10_00, bill_no="B1")
    again.fee(10_00, bill_no="B1")
    assert code_of(lot, again) == "FeeBilledTwice"
    foreign = BookOf(owner=STRANGER)
    foreign.fee(10_00)
    assert code_of(lot, book, foreign) == "BookOfAnother"


def test_mistake_25_both_models_of_sale_mixed(book):
    """Goods that were sold at export belong to the buyer: what its customers pay is not the exporter's."""
    lot = Lot(sale_model="sold_at_export")
    lot.sell(1, 100_00)
    assert code_of(lot, book) == "OtherModel"
    lot = Lot()
    lot.sell(1, 100_00)
    lot.add("TRANSFER_OUT", 1)
    lot.add("SALE_AT_EXPORT", 1, money={"currency": "USD", "gross_minor": 1}, document={"invoice_no": "CI-1"})
    assert code_of(lot, book) == "ModelsMixed"
