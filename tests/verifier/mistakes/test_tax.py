"""Mistakes that a careless build makes with refunds and returns, and what this one does instead."""

import pytest

from tests.verifier.claims.cases import Lot, make_case
from tests.verifier.claims.tax_cases import TaxLot
from verifier.claims.case import ClaimRefusedError
from verifier.claims.pre_refund import pre_refund_figures
from verifier.claims.return_to_origin import CONSUMED as ENTRIES
from verifier.claims.return_to_origin import return_figures
from verifier.claims.settlement import settlement_figures

ASKED = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13"}
IMPORT = {"import_declaration_no": "223320261000765432", "entry_date": "2026-08-28", "is_original_state": True}


def settle(*lots: Lot):
    return settlement_figures(make_case(list(lots), purpose=2))


def bring_home(*lots: Lot):
    return return_figures(make_case(list(lots), purpose=3, kinds=ENTRIES))


def pre_refund(lot: Lot):
    return pre_refund_figures(make_case([lot], asked=ASKED, kinds=frozenset()))


def code_of(act, *arguments) -> str:
    with pytest.raises(ClaimRefusedError) as refused:
        act(*arguments)
    return refused.value.code


def two_lines() -> tuple[TaxLot, TaxLot]:
    """Two lines of one declaration: the first is sold out, of the second nothing is."""
    first = TaxLot(0x11, 100, item=1).pre_refunded(100)
    first.sell(100, 1_500_00)
    return first, TaxLot(0x12, 100, item=2, rate="0.09").pre_refunded(100)


def test_mistake_05_reconciling_by_declaration_and_not_by_line():
    """What one line sold does not stand in for the other: each has its row, its reversal, its outcome."""
    rows = settle(*two_lines())["rows"]
    assert [row["tax_row"][-2:] for row in rows] == ["01", "02"]
    assert [(row["outcome"], row["kept_minor"]) for row in rows] == [("no_adjustment", 520_00), ("full_reversal", 0)]


def test_mistake_06_posting_only_the_difference():
    lot = TaxLot().pre_refunded()
    lot.sell(780, 11_700_00)
    (row,) = settle(lot)["rows"]
    assert (row["reversal_minor"], row["reclaim_minor"]) == (-5_200_00, 4_056_00)
    assert row["net_change_minor"] == row["reversal_minor"] + row["reclaim_minor"]


def test_mistake_11_return_to_the_warehouse_confused_with_return_to_origin():
    """A customer's return lies in the warehouse: it has left the sales and has not come home."""
    lot = TaxLot().pre_refunded()
    sale = lot.sell(10, 150_00)
    lot.add("RETURN_IN", 4, target=sale)
    assert settle(lot)["rows"][0]["reclaim_pieces"] == 6
    assert settle(lot)["lots"]["0000000000000011"]["returned"] == 0
    assert code_of(bring_home, lot) == "NothingReturned"
    back = lot.add("RETURN_ORIGIN", 4)
    assert code_of(bring_home, lot) == "NothingReturned", "what is on its way has not entered"
    lot.repay(4, 20_80)
    lot.add("ENTRY", 4, target=back, document=IMPORT)
    assert bring_home(lot)["pieces"] == {"0000000000000011": 4}


def test_mistake_16_pieces_for_kilograms():
    """The legal quantity of a thousand lamps is 400 kg; refund and stock are counted in pieces all the same."""
    lot = TaxLot()
    lot.edit(0, groups=lot.events[0].groups | {"goods": {"sku": "A", "legal_quantity": "400.000", "legal_unit": "KGM"}})
    assert pre_refund(lot)["rows"][0]["pieces"] == 1000


def test_mistake_21_a_transfer_that_never_arrives():
    """What left one warehouse and reached no other is in transit: it is unsold, and it is not gone."""
    lot = TaxLot()
    lot.add("TRANSFER_OUT", 100)
    assert lot.story().lane("TRANSIT") == 100
    assert pre_refund(lot)["unsold"] == 1000


@pytest.mark.parametrize("mode", ["0110", "9610", "9710", "1210", None])
def test_mistake_24_other_modes_in_a_pre_refund(mode):
    lot = TaxLot(mode=mode)
    assert code_of(pre_refund, lot) == "NotMode9810"


def test_mistake_24_an_exempt_line_that_is_refunded_too():
    assert code_of(pre_refund, TaxLot(tax_treatment="exempt")) == "ExemptLine"
    exempt = TaxLot(tax_treatment="exempt").pre_refunded()
    exempt.sell(10, 150_00)
    assert code_of(settle, exempt) == "ExemptLine"
