"""P5: full reversal and new claim, row by row; both clocks; and every reason to refuse the sheet."""

from datetime import UTC, datetime

import pytest

from tests.verifier.claims.cases import EXPORTER, LOT, BookOf, Lot, make_case
from tests.verifier.claims.tax_cases import TaxLot
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.record import LotPart, Part
from verifier.claims.settlement import settlement_figures

SETTLEMENT = 2
NAME = f"{LOT:016x}"


def figures(*lots: Lot, books=(), **rest):
    return settlement_figures(make_case(list(lots), list(books), purpose=SETTLEMENT, **rest))


def refusal(*lots: Lot, **rest) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(*lots, **rest)
    return refused.value


def only_row(*lots: Lot, **rest):
    (row,) = figures(*lots, **rest)["rows"]
    return row


def money(row) -> tuple[int, ...]:
    names = ("standing_minor", "reversal_minor", "reclaim_minor", "net_change_minor", "kept_minor")
    return tuple(row[name] for name in names)


def sold_of(pieces: int, lot: TaxLot | None = None) -> TaxLot:
    """A pre-refunded lot of which so many pieces are sold."""
    lot = lot or TaxLot().pre_refunded()
    lot.sell(pieces, pieces * 15_00)
    return lot


def taking(lot: Lot, *positions: int) -> tuple[Part]:
    return (Part((LotPart(lot.lot, 0, frozenset(positions)),), ()),)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00").astimezone(UTC)


def boards() -> TaxLot:
    """500 at CNY 100.00, 9 %: 300 sold, 150 repaid for and returned."""
    lot = TaxLot(0x12, 500, item=2, cost=100_00, rate="0.09").pre_refunded(500)
    lot.sell(300, 12_000_00)
    lot.add("HOLD", 150)
    back = lot.add("RETURN_ORIGIN", 150)
    lot.repay(150, 1_350_00)
    lot.add("ENTRY", 150, target=back)
    return lot


def test_the_whole_pre_refund_is_reversed_and_what_was_sold_claimed_anew():
    row = only_row(sold_of(780))
    assert row["outcome"] == "adjust"
    assert (row["pre_refund_pieces"], row["standing_pieces"], row["reclaim_pieces"]) == (1000, 1000, 780)
    assert money(row) == (5_200_00, -5_200_00, 4_056_00, -1_144_00, 4_056_00)


def test_lots_are_settled_row_by_row_and_totals_add_up():
    found = figures(sold_of(780), boards())
    assert [money(row) for row in found["rows"]] == [
        (5_200_00, -5_200_00, 4_056_00, -1_144_00, 4_056_00),
        (3_150_00, -3_150_00, 2_700_00, -450_00, 2_700_00),
    ]
    assert money(found["total"]) == (8_350_00, -8_350_00, 6_756_00, -1_594_00, 6_756_00)
    assert found["pieces"] == {NAME: 780, "0000000000000012": 300}
    second = found["lots"]["0000000000000012"]
    assert (second["returned"], second["returned_not_repaid"], second["unsold"]) == (150, 0, 50)


def test_all_sold_needs_no_adjustment():
    row = only_row(sold_of(1000))
    assert (row["outcome"], money(row)) == ("no_adjustment", (5_200_00, 0, 0, 0, 5_200_00))


def test_nothing_sold_is_a_full_reversal():
    row = only_row(TaxLot().pre_refunded(), parts=(Part((), ()),))
    assert (row["outcome"], money(row)) == ("full_reversal", (5_200_00, -5_200_00, 0, -5_200_00, 0))


def test_returned_pieces_are_not_sold():
    lot = sold_of(300)
    lot.add("RETURN_IN", 20, target=len(lot.events) - 1)
    assert only_row(lot)["reclaim_pieces"] == 280


def test_pieces_claimed_in_the_ordinary_way_come_off_first():
    lot = TaxLot()
    lot.sell(300, 4_500_00)
    lot.note("ORDINARY", pieces=300, seq="O", tax_minor=1_560_00)
    position = lot.claim(700)
    lot.finalise(700, lot.events[position].groups["money"]["tax_minor"])
    lot.sell(50, 750_00)
    found = figures(lot)
    assert (found["rows"][0]["reclaim_pieces"], found["lots"][NAME]["claimed_before"]) == (50, 300)
    assert found["lots"][NAME]["ordinary_pieces"] == 0


def test_what_is_sold_beyond_the_rows_is_claimed_ordinarily():
    lot = TaxLot()
    position = lot.claim(400)
    lot.finalise(400, lot.events[position].groups["money"]["tax_minor"])
    found = figures(sold_of(450, lot))
    assert (found["rows"][0]["outcome"], found["lots"][NAME]["ordinary_pieces"]) == ("no_adjustment", 50)


def settled() -> TaxLot:
    lot = sold_of(780)
    lot.note("REVERSED", pieces=1000, tax_minor=5_200_00)
    lot.note("RECLAIMED", pieces=780, tax_minor=4_056_00)
    return lot


def test_a_corrected_sale_of_a_settled_row_is_settled_again():
    lot = settled()
    sale = next(event.position for event in lot.events if event.kind == "SALE")
    lot.add("RETURN_IN", 5, target=sale)
    row = only_row(lot)
    assert (row["state"], row["outcome"], row["reclaim_pieces"]) == ("RECLAIMED", "adjust", 775)
    assert money(row) == (4_056_00, -4_056_00, 4_030_00, -26_00, 4_030_00)


def test_a_settled_row_of_another_claim_is_left_alone():
    lot = settled()
    later = lot.sell(25, 375_00)
    found = figures(lot, parts=taking(lot, later))
    assert found["rows"] == []
    assert found["lots"][NAME]["sold_in_other_claims"] == 780
    assert found["lots"][NAME]["ordinary_pieces"] == 25


def test_an_earlier_claim_is_settled_again_whatever_later_ones_have_sold():
    lot = TaxLot(pieces=2000).pre_refunded(1000)
    first = lot.sell(780, 11_700_00)
    lot.note("REVERSED", pieces=1000, tax_minor=5_200_00)
    lot.note("RECLAIMED", pieces=780, tax_minor=4_056_00)
    lot.sell(800, 12_000_00)  # in a later claim, which the office has not dealt with yet
    back = lot.add("RETURN_IN", 5, target=first)
    found = figures(lot, parts=taking(lot, first, back))
    assert [(row["state"], row["reclaim_pieces"]) for row in found["rows"]] == [("RECLAIMED", 775)]
    lot.note("ORDINARY", pieces=800, seq="2", tax_minor=4_160_00)
    again = figures(lot, parts=taking(lot, first, back))
    assert (again["rows"], again["lots"][NAME]["claimed_before"]) == (found["rows"], 0)


def test_sales_in_another_claim_that_the_rows_do_not_show_are_refused():
    lot = sold_of(780)
    later = lot.sell(25, 375_00)
    refused = refusal(lot, parts=taking(lot, later))
    assert (refused.code, refused.figures["expected"], refused.figures["got"]) == ("SettledElsewhere", 780, 0)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-04-30", "too_early"), ("2026-05-01", "inside"), ("2027-04-30", "inside"), ("2027-05-01", "too_late"),
    ],
)  # fmt: skip
def test_the_window_runs_from_the_finalisation_and_refuses_nothing(day, state):
    row = only_row(sold_of(780), record_at=at(day))
    assert row["window"] == {
        "finalised_on": "2026-04-20", "first": "2026-05-01", "last": "2027-04-30", "own_last": "2027-04-30",
        "is_provisional": False, "state": state,
    }  # fmt: skip


def test_a_manufacturers_window_ends_with_the_april_filing_period():
    lot = TaxLot(method="exempt_credit_refund")
    lot.claim(1000, cost_minor=None, tax=7_384_00)
    lot.finalise(1000, 7_384_00)
    window = only_row(sold_of(780, lot), record_at=at("2027-04-16"))["window"]
    assert (window["own_last"], window["last"], window["is_provisional"]) == ("2027-04-15", "2027-04-30", True)
    assert window["state"] == "too_late"


def test_both_clocks_are_shown():
    found = figures(sold_of(780))["lots"][NAME]
    assert (found["export_date"], found["exchange_deadline"]) == ("2026-03-10", "2027-04-30")
    assert found["claim_until"] == "2029-03-10"


def test_the_evidence_clock_runs_from_the_last_sale():
    found = figures(sold_of(780))
    assert (found["last_sale_on"], found["evidence_until"], found["sales"]) == ("2026-03-08", "2026-03-23", 1)


def test_the_gap_in_the_collection_is_told_of_the_accounts_as_a_whole():
    """The statements are of all goods, and so are fees and receipts: the sheet's own sales are no part of the sum."""
    book = BookOf()
    book.statement(sales=20_000_00, refunds=300_00, adjustments=-100_00, fees=1_000_00, payout=18_600_00)
    book.receipt(18_000_00)
    book.receipt(500_00, reference="R2", converted_from="CAD", converted_minor=700_00)
    book.receipt(99_00, reference="R3", payee=9)
    book.receipt(18_000_00)
    found = figures(sold_of(780), books=[book])["exchange"]
    assert found["USD"] == {
        "account_sold_minor": 19_600_00, "fees_minor": 1_000_00, "collected_minor": 18_000_00, "gap_minor": 600_00,
    }  # fmt: skip
    assert found["CAD"]["collected_minor"] == 700_00


def test_only_receipts_of_the_exporter_are_collected_and_each_once():
    book, other = BookOf(), BookOf(account=2)
    book.receipt(10_000_00)
    other.receipt(10_000_00)
    other.receipt(400_00, reference="R2", payee=EXPORTER + 1)
    assert figures(sold_of(780), books=[book, other])["exchange"]["USD"]["collected_minor"] == 10_000_00


def test_the_books_of_another_party_close_no_gap():
    book = BookOf(owner=EXPORTER + 1)
    book.receipt(10_000_00)
    assert refusal(sold_of(780), books=[book]).code == "BookOfAnother"


def not_finalised() -> Lot:
    lot = TaxLot()
    lot.claim(1000)
    return sold_of(10, lot)


def never_claimed() -> Lot:
    return TaxLot()


def wrong_tax() -> Lot:
    lot = TaxLot()
    lot.claim(1000, tax=5_200_01)
    lot.finalise(1000, 5_200_01)
    return sold_of(10, lot)


def given_away() -> Lot:
    lot = TaxLot().pre_refunded()
    lot.sell(10, 150_00, ship=lot.ship(10, "replacement"))
    return lot


def without_amount() -> Lot:
    lot = sold_of(10)
    lot.edit(-1, groups=lot.events[-1].groups | {"money": {"currency": "USD"}})
    return lot


@pytest.mark.parametrize(
    ("lot", "code"),
    [
        (not_finalised(), "NotFinalised"),
        (wrong_tax(), "TaxNotCostTimesRate"),
        (given_away(), "NotASale"),
        (without_amount(), "AmountMissing"),
        (sold_of(10, TaxLot(mode="0110").pre_refunded()), "NotMode9810"),
        (sold_of(10, TaxLot(tax_treatment="exempt").pre_refunded()), "ExemptLine"),
        (sold_of(10, TaxLot(sale_model="sold_at_export").pre_refunded()), "SoldAtExport"),
    ],
)
def test_refused(lot, code):
    assert refusal(lot).code == code


def test_a_lot_without_rows_and_sales_has_nothing_to_settle():
    assert refusal(never_claimed(), parts=(Part((), ()),)).code == "NothingToSettle"


def test_a_return_cannot_be_left_out():
    lot = sold_of(300)
    sale = len(lot.events) - 1
    lot.add("RETURN_IN", 20, target=sale)
    assert refusal(lot, parts=taking(lot, sale)).code == "LeftOut"


def test_a_hidden_cost_cannot_be_told():
    lot = sold_of(10)
    claim = next(event for event in lot.events if event.kind == "TAX_STATE")
    lot.edit(claim.position, groups={"document": claim.groups["document"], "goods": claim.groups["goods"]})
    with pytest.raises(WithheldError):
        figures(lot)


def test_the_owners_own_word_is_counted():
    lot = sold_of(10)
    lot.edit(-1, attester=EXPORTER)
    assert figures(lot)["self_declared_sales"] == 1
