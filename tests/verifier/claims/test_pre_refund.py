"""P4: what may be pre-refunded, split into sold and unsold, and every reason to refuse it."""

import pytest

from tests.verifier.claims.cases import PLATFORM, Lot, make_case
from tests.verifier.claims.tax_cases import EXPORT_DATE, TaxLot
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.pre_refund import pre_refund_figures
from verifier.errors import MalformedError

ASKED = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13"}
CARRIER = 99


def figures(*lots: Lot, **asked):
    return pre_refund_figures(make_case(list(lots), asked=ASKED | asked, kinds=frozenset()))


def refusal(*lots: Lot, **asked) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(*lots, **asked)
    return refused.value


def test_all_that_departed_is_pre_refunded():
    found = figures(TaxLot(), invoice_no="FP-01")
    assert found["rows"] == [
        {
            "part": "all_as_unsold", "claim_type": "HWC-YT", "pieces": 1000,
            "cost_minor": 40_000_00, "tax_minor": 5_200_00,
        }
    ]  # fmt: skip
    assert (found["tax_row"], found["mode"]) == ("223320260001234567001", "9810")
    assert found["stated_by_exporter"] == ["cost_minor", "invoice_no", "rebate_rate"]
    assert found["exchange_deadline"] == found["claim_deadline"] == "2027-04-30"
    assert (found["export_date"], found["claim_until"]) == (EXPORT_DATE, "2029-03-10")


def sold_lot() -> TaxLot:
    """300 sold of 1,000, 20 of them back; 40 shipped and not sold; 8 destroyed, 3 lost, 5 given away."""
    lot = TaxLot()
    lot.add("RETURN_IN", 20, target=lot.sell(300, 4_500_00))
    lot.ship(40)
    lot.add("DESTROY", 8)
    lot.add("LOSE", 3)
    lot.add("GIVE", 5)
    return lot


def test_sold_and_unsold_are_split_inside_one_item():
    found = figures(sold_lot(), split=True)
    assert (found["unsold"], found["sold"]) == (704, 280)
    assert found["not_refundable"] == {"DESTROYED": 8, "GIVEN": 5, "LOST": 3}
    assert [(row["part"], row["claim_type"], row["pieces"], row["tax_minor"]) for row in found["rows"]] == [
        ("unsold", "HWC-YT", 704, 3_660_80),
        ("sold", "ordinary", 280, 1_456_00),
    ]


def test_without_a_split_all_count_as_unsold():
    (row,) = figures(sold_lot())["rows"]
    assert (row["part"], row["claim_type"], row["pieces"], row["tax_minor"]) == (
        "all_as_unsold", "HWC-YT", 984, 5_116_80,
    )  # fmt: skip


def test_a_manufacturer_states_the_fob():
    asked = {"method": "exempt_credit_refund", "fob_cny_minor": 56_800_00, "rebate_rate": "0.13"}
    found = pre_refund_figures(make_case([TaxLot(method="exempt_credit_refund")], asked=asked, kinds=frozenset()))
    (row,) = found["rows"]
    assert (row["fob_cny_minor"], row["tax_minor"]) == (56_800_00, 7_384_00)
    assert found["stated_by_exporter"] == ["fob_cny_minor", "rebate_rate"]


def test_tax_is_rounded_half_up_once():
    lot = TaxLot(pieces=3)
    (row,) = figures(lot, cost_minor=50, rebate_rate="0.13")["rows"]
    assert row["tax_minor"] == 7  # 6.5
    lot.sell(1, 10_00)
    unsold, sold = figures(lot, cost_minor=50, rebate_rate="0.13", split=True)["rows"]
    assert (unsold["tax_minor"], sold["tax_minor"]) == (4, 2)  # 4.33 and 2.17
    assert (unsold["cost_minor"], sold["cost_minor"]) == (33, 17)


def test_sold_pieces_that_were_claimed_before_are_left_out():
    lot = TaxLot()
    lot.sell(300, 4_500_00)
    lot.note("ORDINARY", pieces=100, tax_minor=520_00)
    found = figures(lot, split=True)
    assert found["claimed_before"] == 100
    assert [row["pieces"] for row in found["rows"]] == [700, 200]


def no_departure() -> Lot:
    lot = TaxLot()
    del lot.events[1:]
    return lot


def departed_by_carrier(pieces: int) -> Lot:
    lot = no_departure()
    if pieces < 1000:
        lot.add("DEPART", 1000 - pieces, document={"export_date": EXPORT_DATE})
    lot.add("DEPART", pieces, by=CARRIER, document={"export_date": EXPORT_DATE})
    return lot


def with_row(*states: str) -> Lot:
    lot = TaxLot().pre_refunded()
    for state in states:
        lot.note(state, pieces=1000 if state in ("RECLAIMED", "ORDINARY") else None)
    return lot


def claimed_only() -> Lot:
    lot = TaxLot()
    lot.claim(10)
    return lot


def exempt_by_amendment() -> Lot:
    lot = TaxLot(tax_treatment="refund")
    lot.add("AMEND", document={"tax_treatment": "exempt"})
    return lot


def sold_at_export() -> Lot:
    lot = no_departure()
    lot.add("DEPART", 1000, document={"export_date": EXPORT_DATE})
    lot.add("SALE_AT_EXPORT", 10, document={"invoice_no": "I1"})
    return lot


def all_sold() -> Lot:
    lot = TaxLot()
    lot.sell(1000, 15_000_00)
    return lot


def exported(day: str) -> Lot:
    lot = TaxLot()
    lot.edit(1, groups=lot.events[1].groups | {"document": {"export_date": day}})
    return lot


@pytest.mark.parametrize(
    ("lot", "code"),
    [
        (no_departure(), "NoDeparture"),
        (departed_by_carrier(1000), "NotByCustoms"),
        (departed_by_carrier(1), "NotByCustoms"),
        (TaxLot(mode="0110"), "NotMode9810"),
        (TaxLot(mode="9610"), "NotMode9810"),
        (TaxLot(mode=None), "NotMode9810"),
        (claimed_only(), "RowLive"),
        (with_row(), "RowLive"),
        (with_row("REVERSED"), "RowLive"),
        (with_row("REVERSED", "RECLAIMED"), "RowSettled"),
        (with_row("RECOVERED"), "RowSettled"),
        (with_row("RECOVERED", "ORDINARY"), "RowSettled"),
        (TaxLot(tax_treatment="exempt"), "ExemptLine"),
        (exempt_by_amendment(), "ExemptLine"),
        (TaxLot(sale_model="sold_at_export"), "SoldAtExport"),
        (sold_at_export(), "SoldAtExport"),
        (TaxLot(item_no=None), "LineMissing"),
        (exported("2024-12-31"), "RuleNotInForce"),
    ],
)
def test_refused(lot, code):
    assert refusal(lot).code == code


def test_nothing_left_to_pre_refund():
    assert refusal(all_sold(), split=True).code == "NothingToPreRefund"


def test_one_lot_at_a_time():
    assert refusal(TaxLot(), TaxLot(0x12)).code == "OneLotExpected"


def test_a_row_that_was_taken_back_stands_no_more():
    lot = TaxLot()
    position = lot.claim(1000)
    lot.add("TAX_STATE_REVERSAL", target=position)
    assert figures(lot)["rows"][0]["pieces"] == 1000
    lot.edit(-1, attester=PLATFORM)
    assert refusal(lot).code == "TakenBackByAnother"


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "cash"},
        {"cost_minor": 0},
        {"cost_minor": "4000000"},
        {"fob_cny_minor": 1},
        {"rebate_rate": 0.13},
        {"rebate_rate": "1"},
        {"rebate_rate": "0"},
        {"rebate_rate": "13%"},
        {"rebate_rate": "0.13 "},
        {"rebate_rate": "-0.13"},
        {"split": 1},
        {"pieces": 1000},
    ],
)
def test_what_is_asked_must_be_well_formed(asked):
    with pytest.raises(MalformedError):
        figures(TaxLot(), **asked)


def test_a_hidden_mode_cannot_be_told():
    lot = TaxLot()
    lot.edit(0, groups={"goods": lot.events[0].groups["goods"]})
    with pytest.raises(WithheldError):
        figures(lot)
