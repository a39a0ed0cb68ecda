"""P5: what a manufacturer claims anew on: the declared FOB, or one restored from real sales."""

import pytest

from tests.verifier.claims.tax_cases import TaxLot
from tests.verifier.claims.test_settlement import NAME, figures, only_row, refusal, sold_of
from verifier.errors import MalformedError


def manufacturer() -> TaxLot:
    """Pre-refunded on a FOB of CNY 56,800.00 at 13 %; 500 of 1,000 sold for USD 7,500.00."""
    lot = TaxLot(method="exempt_credit_refund")
    lot.claim(1000, cost_minor=None, tax=7_384_00)
    lot.finalise(1000, 7_384_00)
    return sold_of(500, lot)


RESTORED = {
    "reclaim_base": "restored_fob", "exchange_rates": {"USD": "7.1"}, "rates_on": "2026-03-02",
    "abroad_costs_minor": {NAME: 10_000_00},
}  # fmt: skip


def test_a_manufacturer_claims_on_the_declared_fob():
    assert only_row(manufacturer())["reclaim_minor"] == 3_692_00
    assert only_row(manufacturer(), asked={"reclaim_base": "declared_fob"})["reclaim_minor"] == 3_692_00


def test_a_manufacturer_claims_on_the_restored_fob():
    row = only_row(manufacturer(), asked=RESTORED)
    assert row["reclaim_minor"] == 5_622_50  # (7,500.00 x 7.1 - 10,000.00) x 13 %
    assert figures(manufacturer(), asked=RESTORED)["stated_by_exporter"] == ["abroad_costs_minor", "exchange_rates"]


def test_a_price_alone_can_force_an_adjustment():
    lot = TaxLot(method="exempt_credit_refund")
    lot.claim(1000, cost_minor=None, tax=7_384_00)
    lot.finalise(1000, 7_384_00)
    row = only_row(sold_of(1000, lot), asked=RESTORED)
    assert (row["outcome"], row["reversal_minor"], row["reclaim_minor"]) == ("adjust", -7_384_00, 12_545_00)


def test_a_missing_rate_is_named():
    refused = refusal(manufacturer(), asked=RESTORED | {"exchange_rates": {"CAD": "5.2"}})
    assert (refused.code, refused.figures["currency"]) == ("ExchangeRateMissing", "USD")


def test_costs_abroad_above_the_sales_are_refused():
    assert refusal(manufacturer(), asked=RESTORED | {"abroad_costs_minor": {NAME: 60_000_00}}).code == "CostsAboveSales"


@pytest.mark.parametrize(
    "asked",
    [
        {"reclaim_base": "cost"},
        {"reclaim_base": "declared_fob", "rates_on": "2026-03-02"},
        {"reclaim_base": "restored_fob"},
        RESTORED | {"rates_on": "2026-02-30"},
        RESTORED | {"exchange_rates": {"USD": 7.1}},
        RESTORED | {"exchange_rates": ["7.1"]},
        RESTORED | {"abroad_costs_minor": {NAME: -1}},
        RESTORED | {"abroad_costs_minor": {"11": 1}},
        {"extra": 1},
    ],
)
def test_what_is_asked_must_be_well_formed(asked):
    with pytest.raises(MalformedError):
        figures(manufacturer(), asked=asked)
