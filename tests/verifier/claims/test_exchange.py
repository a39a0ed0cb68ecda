"""P2: ceilings to the minor unit, and every refusal by its code and figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.claims.cases import EXPORTER, LOT, PLATFORM, BookOf, Lot, make_case
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.exchange import exchange_figures
from verifier.claims.record import BookPart, Deduction, LotPart, Part, Tank
from verifier.errors import MalformedError, VerificationError
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


# -- sales that are none


# -- amounts


# -- what must be in the set


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
