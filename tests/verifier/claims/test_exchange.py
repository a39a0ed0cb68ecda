"""P2: ceilings to the minor unit, and every refusal by its code and figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.claims.cases import EXPORTER, LOT, PLATFORM, STRANGER, BookOf, Lot, make_case
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.exchange import exchange_figures
from verifier.claims.record import BookPart, Deduction, LotPart, Part, Tank
from verifier.errors import InvalidError, MalformedError, VerificationError
from verifier.figures import figure_lines


def figures(lots, books=(), **rest):
    return exchange_figures(make_case(list(lots), list(books), **rest))


def usd(lots, books=(), **rest):
    return figures(lots, books, **rest)["currencies"]["USD"]


def refusal(lots, books=(), **rest) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(lots, books, **rest)
    return refused.value


def part(lot, positions, *books: tuple[BookOf, int, int]) -> Part:
    taken = (LotPart(lot.lot, 0, frozenset(positions)),) if positions else ()
    return Part(taken, tuple(BookPart(book.lot, first, end) for book, first, end in books))


@pytest.fixture
def lot():
    return Lot()


@pytest.fixture
def book():
    found = BookOf()
    found.fee(10_00)
    return found


# -- what a ceiling is made of


def test_gross_refunds_adjustments_fees_and_credits_make_the_ceiling(lot, book):
    sale = lot.sell(4, 100_00)
    lot.refund(sale, 20_00)
    lot.adjust(sale, 5_00)
    lot.adjust(lot.sell(1, 30_00), -2_00)
    storage = book.fee(7_00, "storage")
    book.credit(storage, 3_00)
    assert usd([lot], [book]) == {
        "gross_minor": 130_00, "refunds_minor": 20_00, "adjustments_minor": 3_00,
        "fees_by_type_minor": {"commission": 10_00, "storage": 7_00}, "fees_minor": 17_00, "fee_credits_minor": 3_00,
        "deducted_minor": 0, "ceiling_minor": 130_00 - 20_00 + 3_00 - 17_00 + 3_00, "self_declared_minor": 0,
        "back_not_refunded_minor": 0,
    }  # fmt: skip


def test_currencies_are_never_added_up(lot, book):
    lot.sell(1, 100_00)
    lot.sell(1, 5_000, "JPY")
    lot.sell(1, 12_345, "KWD")
    found = figures([lot], [book])["currencies"]
    assert {currency: sums["gross_minor"] for currency, sums in found.items()} == {
        "USD": 100_00, "JPY": 5_000, "KWD": 12_345,
    }  # fmt: skip
    assert found["JPY"]["fees_minor"] == 0


def test_amounts_are_written_with_the_digits_of_their_currency(lot, book):
    lot.sell(1, 5_000, "JPY")
    lot.sell(1, 12_345, "KWD")
    lot.sell(1, 1, "BHD")
    lot.sell(1, 10_00)
    book.fee(500, "storage", "JPY")
    lines = "\n".join(figure_lines({"figures": figures([lot], [book])}, lambda code, **_: code))
    for written in ("JPY 5,000", "KWD 12.345", "BHD 0.001", "USD 10.00", "JPY 500"):
        assert written in lines


def test_a_deduction_is_taken_off(lot, book):
    lot.sell(1, 100_00)
    deducted = (Deduction(bytes(32), Tank("USD", 50_00, bytes(16)), 15_00),)
    found = usd([lot], [book], deducted=deducted)
    assert (found["deducted_minor"], found["ceiling_minor"]) == (15_00, 75_00)


def test_a_fee_that_was_not_netted_changes_no_ceiling(lot, book):
    lot.sell(1, 100_00)
    paid = book.fee(40_00, "advertising", is_netted=False)
    book.credit(paid, 40_00)
    assert usd([lot], [book])["ceiling_minor"] == 90_00


def test_a_sale_that_was_reversed_in_part_counts_for_what_is_left(lot, book):
    sale = lot.sell(5, 100_00)
    lot.add("SALE_REVERSAL", 2, target=sale, by=PLATFORM, money={"currency": "USD", "gross_minor": 40_00})
    found = figures([lot], [book])
    assert found["currencies"]["USD"]["gross_minor"] == 60_00
    assert found["pieces"] == {"0000000000000011": 3}


def test_a_sale_that_was_reversed_whole_counts_for_nothing(lot, book):
    sale = lot.sell(5, 100_00)
    lot.add("SALE_REVERSAL", 5, target=sale, by=PLATFORM)
    lot.sell(5, 90_00, ship=sale - 1)
    found = figures([lot], [book])
    assert (found["currencies"]["USD"]["gross_minor"], found["orders"]) == (90_00, 1)
    assert found["pieces"] == {"0000000000000011": 5}


def test_a_refund_that_was_taken_back_counts_for_nothing(lot, book):
    sale = lot.sell(1, 100_00)
    refund = lot.refund(sale, 60_00)
    lot.add("REFUND_REVERSAL", target=refund, by=PLATFORM)
    lot.refund(sale, 50_00)
    assert usd([lot], [book])["refunds_minor"] == 50_00


def test_returned_goods_cut_pieces_and_refunds_cut_money(lot, book):
    sale = lot.sell(5, 100_00)
    back = lot.add("RETURN_IN", 3, target=sale)
    lot.add("RETURN_IN_REVERSAL", 1, target=back)
    found = figures([lot], [book])
    assert (found["pieces"], found["currencies"]["USD"]["gross_minor"]) == ({"0000000000000011": 3}, 100_00)
    lot.refund(sale, 40_00)
    found = figures([lot], [book])
    assert (found["pieces"], found["currencies"]["USD"]["refunds_minor"]) == ({"0000000000000011": 3}, 40_00)


def test_goods_left_to_the_buyer_cut_pieces_too(lot, book):
    sale = lot.sell(2, 100_00)
    lot.add("RETURNLESS", 1, target=sale)
    lot.refund(sale, 50_00)
    assert figures([lot], [book])["pieces"] == {"0000000000000011": 1}


def test_lots_of_one_claim_are_told_apart_and_summed(lot, book):
    other = Lot(0x22, 10)
    lot.sell(5, 100_00)
    other.sell(2, 60_00)
    found = figures([lot, other], [book])
    assert found["pieces"] == {"0000000000000011": 5, "0000000000000022": 2}
    assert found["currencies"]["USD"]["gross_minor"] == 160_00
    assert found["declared_fob_minor"] == {"USD": 7 * 8_00}


def test_what_rests_on_the_exporters_own_word_is_told(lot, book):
    lot.sell(1, 100_00, by=EXPORTER)
    sale = lot.sell(1, 50_00)
    lot.adjust(sale, 7_00, by=EXPORTER)
    found = figures([lot], [book])
    assert found["self_declared_sales"] == 1
    assert found["currencies"]["USD"]["self_declared_minor"] == 107_00


def test_receipts_are_listed_with_their_conversion(lot, book):
    lot.sell(1, 100_00, "CAD")
    lot.sell(1, 80_00)
    book.receipt(70_00, reference="A")
    book.receipt(73_00, reference="B", converted_from="CAD", converted_minor=100_00, conversion_rate="0.7300")
    assert figures([lot], [book])["receipts"] == [
        {"bank": 6, "currency": "USD", "received_minor": 70_00, "date": "2026-06-15"},
        {
            "bank": 6, "currency": "USD", "received_minor": 73_00, "date": "2026-06-15",
            "converted": {"currency": "CAD", "converted_minor": 100_00, "conversion_rate": "0.7300"},
        },
    ]  # fmt: skip


# -- orders


def test_an_order_of_several_lines_and_lots_counts_once(lot, book):
    other = Lot(0x22, 10)
    order = {"order_ref": "114-1"}
    lot.sell(1, 30_00, order=order, order_gross_minor=100_00)
    other.sell(1, 70_00, order=order, order_gross_minor=100_00)
    found = figures([lot, other], [book])
    assert (found["orders"], found["orders_in_part"]) == (1, 0)


def test_an_order_with_lines_elsewhere_is_counted_as_in_part(lot, book):
    lot.sell(1, 30_00, order={"order_ref": "114-1"}, order_gross_minor=100_00)
    found = figures([lot], [book])
    assert (found["orders"], found["orders_in_part"]) == (1, 1)


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


# -- sales that are none


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


# -- amounts


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


# -- what must be in the set


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
    figures = refusal([lot], [book]).figures
    assert (figures["currency"], figures["got"], figures["gross_minor"], figures["fees_minor"]) == (
        "CAD",
        -5_00,
        0,
        5_00,
    )


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


# -- who may take back


def test_an_exporter_cannot_take_back_the_platforms_refund(lot, book):
    refund = lot.refund(lot.sell(1, 100_00), 90_00)
    lot.add("REFUND_REVERSAL", target=refund, by=EXPORTER)
    refused = refusal([lot], [book])
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == (
        "TakenBackByAnother",
        PLATFORM,
        EXPORTER,
    )


def test_an_exporter_cannot_take_back_a_lower_price(lot, book):
    lower = lot.adjust(lot.sell(1, 100_00), -90_00)
    lot.add("ADJUST_REVERSAL", target=lower, by=EXPORTER)
    assert refusal([lot], [book]).code == "TakenBackByAnother"


# -- what is not shown


@pytest.mark.parametrize(("kind", "group"), [("SALE", "money"), ("SALE", "order"), ("SHIP", "logistics"),
                                             ("REFUND", "money"), ("DECLARE", "document")])  # fmt: skip
def test_a_hidden_group_makes_the_figures_untold(lot, book, kind, group):
    lot.refund(lot.sell(1, 100_00), 10_00)
    place = next(event.position for event in lot.events if event.kind == kind)
    lot.edit(place, groups={name: value for name, value in lot.events[place].groups.items() if name != group})
    with pytest.raises(WithheldError):
        figures([lot], [book])


def test_asking_for_more_than_the_kind_knows_is_malformed(lot, book):
    lot.sell(1, 100_00)
    with pytest.raises(MalformedError):
        figures([lot], [book], asked={"ceiling_minor": 10**9})


# -- no input breaks it


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
                    max_leaves=4)  # fmt: skip
MEMBERS = (
    "currency", "gross_minor", "order_gross_minor", "refund_minor", "fee_minor", "fee_type", "bill_no", "bill_line",
    "is_netted", "payee_party", "bank_reference", "received_minor", "converted_from", "converted_minor",
    "platform_account", "order_ref", "settlement_id", "sales_minor", "opening_minor", "period_from", "fob_minor",
    "fob_currency", "sale_model", "ship_purpose", "date",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, min_size=1, max_size=3), st.integers(0, 10))
def test_whatever_a_sender_seals_the_verifier_answers(changed, place):
    lot, book = Lot(LOT, 10), BookOf()
    lot.refund(lot.sell(1, 100_00, order_gross_minor=100_00), 10_00)
    book.credit(book.fee(5_00), 1_00)
    book.receipt(80_00)
    book.statement(sales=100_00, fees=5_00, closing=95_00)
    histories = [lot, book]
    target = histories[place > 6]
    place = place % len(target.events)
    groups = {name: value | changed for name, value in target.events[place].groups.items()}
    target.edit(place, groups=groups)
    try:
        found = figures([lot], [book])
    except VerificationError:
        return
    assert list(figure_lines({"figures": found}, lambda code, **_: code))


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10**6), st.integers(0, 100)), min_size=1, max_size=12))
def test_the_ceiling_is_what_is_left_of_every_sale(rows):
    lot, book = Lot(LOT, 1000), BookOf()
    expected = 0
    for pieces, gross, percent in rows:
        sale = lot.sell(pieces, gross)
        lot.refund(sale, gross * percent // 100)
        expected += gross - gross * percent // 100
    fee = expected * 15 // 100
    book.fee(fee)
    found = figures([lot], [book])
    assert found["currencies"]["USD"]["ceiling_minor"] == expected - fee
    assert found["orders"] == len(rows)
    assert sum(found["pieces"].values()) == sum(pieces for pieces, _, _ in rows)
