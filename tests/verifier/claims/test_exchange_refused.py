"""P2: what a claim of an exchange collection is refused for: orders, shipments, models, amounts, what is left out."""

import pytest

from tests.verifier.claims.cases import EXPORTER, PLATFORM, Lot
from tests.verifier.claims.test_exchange import figures, part, refusal, usd
from verifier.errors import InvalidError


@pytest.mark.parametrize(
    ("shares", "gross", "expected", "got"),
    [((60_00, 50_00), (100_00, 100_00), 100_00, 110_00), ((60_00, 40_00), (100_00, 200_00), 100_00, 100_00)],
)
def test_shares_that_pass_their_order_are_refused(lot, book, shares, gross, expected, got):
    for share, order_gross in zip(shares, gross, strict=True):
        lot.sell(1, share, order={"order_ref": "114-1"}, order_gross_minor=order_gross)
    refused = refusal([lot], [book])
    assert refused.code == "OrderSharesDoNotSum"
    assert (refused.figures["expected"], refused.figures["got"]) == (expected, got)


def test_an_order_in_two_currencies_is_refused(lot, book):
    lot.sell(1, 10_00, order={"order_ref": "114-1"}, order_gross_minor=20_00)
    lot.sell(1, 10_00, "CAD", order={"order_ref": "114-1"}, order_gross_minor=20_00)
    assert refusal([lot], [book]).code == "OrderSharesDoNotSum"


def test_an_order_of_several_lines_states_its_gross(lot, book):
    for _ in range(2):
        lot.sell(1, 10_00, order={"order_ref": "114-1"})
    assert (refusal([lot], [book]).code, refusal([lot], [book]).figures["field"]) == (
        "AmountMissing",
        "money.order_gross_minor",
    )


@pytest.mark.parametrize("purpose", ["replacement", "sample", "removal", "transfer"])
def test_a_shipment_for_another_purpose_is_no_sale(lot, book, purpose):
    sale = lot.sell(1, 100_00, ship=lot.ship(1, purpose))
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures) == (
        "NotASale",
        {"position": sale, "expected": "sale", "got": purpose},
    )


def test_a_sale_at_export_needs_its_invoice(book):
    lot = Lot(sale_model="sold_at_export")
    lot.add("TRANSFER_OUT", 10)
    money, order = {"currency": "USD", "gross_minor": 90_00}, {"platform_account": 1}
    sale = lot.add("SALE_AT_EXPORT", 10, money=money, order=order)
    assert refusal([lot], [book]).code == "InvoiceMissing"
    lot.edit(sale, groups=lot.events[sale].groups | {"document": {"invoice_no": "CI-1"}})
    assert usd([lot], [book])["gross_minor"] == 90_00


def test_both_models_in_one_claim_are_refused(lot, book):
    lot.sell(1, 10_00)
    lot.add("TRANSFER_OUT", 10)
    lot.add("SALE_AT_EXPORT", 10, money={"currency": "USD", "gross_minor": 90_00}, document={"invoice_no": "CI-1"})
    assert refusal([lot], [book]).code == "ModelsMixed"


@pytest.mark.parametrize(("before", "after"), [("sold_later", "sold_at_export"), ("sold_at_export", "sold_later")])
def test_the_model_is_the_one_that_customs_amended(book, before, after):
    lot = Lot(sale_model=before)
    lot.add("AMEND", document={"sale_model": after})
    lot.sell(1, 100_00)
    if after == "sold_later":
        assert usd([lot], [book])["gross_minor"] == 100_00
    else:
        assert refusal([lot], [book]).code == "OtherModel"


def test_a_returnless_refund_without_a_refund_is_refused(lot, book):
    sale = lot.sell(2, 100_00)
    lot.add("RETURNLESS", 2, target=sale)
    assert refusal([lot], [book]).code == "ReturnlessWithoutRefund"


def test_refunds_never_pass_their_sale(lot, book):
    sale = lot.sell(1, 100_00)
    lot.adjust(sale, -10_00)
    lot.refund(sale, 90_00)
    lot.sell(1, 10_00)
    assert usd([lot], [book])["ceiling_minor"] == 0
    lot.refund(sale, 1)
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == ("RefundAboveSale", 90_00, 90_01)


@pytest.mark.parametrize("note", ["refund", "adjust"])
def test_nothing_is_left_on_a_sale_that_was_taken_back(lot, book, note):
    sale = lot.sell(1, 100_00)
    getattr(lot, note)(sale, 10_00)
    lot.add("SALE_REVERSAL", 1, target=sale, by=PLATFORM)
    assert refusal([lot], [book]).code == "RefundAboveSale"


def test_a_partial_reversal_states_what_it_takes_back(lot, book):
    sale = lot.sell(2, 100_00)
    reversal = lot.add("SALE_REVERSAL", 1, target=sale, by=PLATFORM)
    assert refusal([lot], [book]).code == "AmountMissing"
    money = {"money": {"currency": "USD", "gross_minor": 100_01}}
    lot.edit(reversal, groups=lot.events[reversal].groups | money)
    assert refusal([lot], [book]).code == "ReversalAboveSale"


def test_a_refund_in_another_currency_is_refused(lot, book):
    lot.refund(lot.sell(1, 100_00), 10_00, "CAD")
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == ("OtherCurrency", "USD", "CAD")


def test_a_sale_without_an_amount_is_refused(lot, book):
    sale = lot.sell(1, 100_00)
    lot.edit(sale, groups=lot.events[sale].groups | {"money": {"currency": "USD"}})
    assert (refusal([lot], [book]).code, refusal([lot], [book]).figures["field"]) == (
        "AmountMissing",
        "money.gross_minor",
    )


@pytest.mark.parametrize("minor", [-1, "100", 1.0, True, [], {}, 2**53])
def test_amounts_are_whole_and_not_negative(lot, book, minor):
    """A negative refund would raise the ceiling."""
    lot.refund(lot.sell(1, 100_00), minor)
    assert refusal([lot], [book]).code == "IllTyped"


@pytest.mark.parametrize("currency", ["usd", "US", "USDT", "U1D", 840, ""])
def test_a_currency_is_three_capitals(lot, book, currency):
    lot.sell(1, 100_00, currency)
    assert refusal([lot], [book]).code == "IllTyped"


def test_what_follows_a_sale_cannot_be_left_out(lot, book):
    sale = lot.sell(1, 100_00)
    refund = lot.refund(sale, 10_00)
    refused = refusal([lot], [book], parts=(part(lot, [sale], (book, 0, 1)),))
    assert (refused.code, refused.figures) == ("LeftOut", {"position": refund})


def test_the_reversal_of_a_refund_cannot_be_taken_without_it(lot, book):
    sale = lot.sell(1, 100_00)
    refund = lot.refund(sale, 10_00)
    back = lot.add("REFUND_REVERSAL", target=refund, by=PLATFORM)
    assert refusal([lot], [book], parts=(part(lot, [back], (book, 0, 1)),)).code == "SaleNotTaken"
    assert refusal([lot], [book], parts=(part(lot, [sale, refund], (book, 0, 1)),)).code == "LeftOut"


def test_only_sales_and_what_changes_them_can_be_taken(lot, book):
    sale = lot.sell(1, 100_00)
    assert refusal([lot], [book], parts=(part(lot, [sale - 1], (book, 0, 1)),)).code == "NotForThisClaim"


def test_a_position_that_does_not_exist_is_no_claim(lot, book):
    lot.sell(1, 100_00)
    with pytest.raises(InvalidError):
        figures([lot], [book], parts=(part(lot, [99], (book, 0, 1)),))


def test_the_book_of_an_account_that_sold_cannot_be_left_out(lot, book):
    lot.sell(1, 100_00, account=2)
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures) == ("BookMissing", {"books": [f"{1 << 63 | 2 << 32 | EXPORTER:016x}"]})


def test_a_sale_that_is_reversed_later_is_taken_off_the_statement_of_that_month(lot, book):
    """March's statement has paid it; April's takes it back."""
    sold = lot.sell(1, 59_86, order={"settlement_id": "MAR"})
    lot.sell(1, 100_00, order={"settlement_id": "APR"})
    lot.add(
        "SALE_REVERSAL", 1, target=sold, by=PLATFORM,
        money={"currency": "USD", "gross_minor": 59_86}, order={"settlement_id": "APR"},
    )  # fmt: skip
    book.statement(number="MAR", sales=59_86, fees=10_00, payout=49_86)
    book.statement(number="APR", sales=40_14, payout=40_14)
    assert figures([lot], [book])["currencies"]["USD"]["gross_minor"] == 100_00
    lot.sell(1, 1, order={"settlement_id": "APR"})
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures["settlement_id"], refused.figures["got"]) == (
        "SalesAboveStatement",
        "APR",
        40_15,
    )
