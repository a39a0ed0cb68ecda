"""P8: what lies where, by the book and by the last count."""

from datetime import timedelta

import pytest

from tests.verifier.claims.cases import RECORD_AT, SITE, Lot, make_case
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.stock import stock_figures

OTHER = 9


def counted_lot(counted: int = 205, age: timedelta = timedelta(days=30), **rest) -> Lot:
    """208 by the book, counted some days before R."""
    lot = Lot(pieces=208)
    lot.add("COUNT", at=RECORD_AT - age, goods={"pieces": counted}, **rest)
    return lot


def refusal(*lots: Lot) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        stock_figures(make_case(list(lots)))
    return refused.value


def test_the_position_says_what_lies_where_and_what_was_counted():
    lot = counted_lot()
    lot.add("LOSE", 3)
    lot.add("HOLD", 5)
    found = stock_figures(make_case([lot]))
    assert found["lots"]["0000000000000011"]["sites"] == {
        str(SITE): {
            "on_hand": 200, "held": 5, "counted_on": "2026-08-02", "counted": 205, "book_when_counted": 208,
            "difference": -3, "corrected_since": -3,
        }
    }  # fmt: skip
    assert (found["pieces_in_stock"], found["declared_fob_minor"]) == (205, {"USD": 205 * 8_00})


def test_it_says_that_it_excludes_no_other_lender():
    assert stock_figures(make_case([counted_lot()]))["does_not_exclude_another_lender"] is True


def test_a_stale_count_is_refused_with_its_age():
    assert stock_figures(make_case([counted_lot(age=timedelta(days=92))]))
    refused = refusal(counted_lot(age=timedelta(days=93)))
    assert refused.code == "StaleCount"
    assert (refused.figures["expected"], refused.figures["got"]) == (92, 93)


def test_the_age_is_counted_in_beijing_days():
    """R is 2026-09-01 08:00 in Beijing; the 92nd day before it ends at midnight there, at 16:00 UTC."""
    assert stock_figures(make_case([counted_lot(age=timedelta(days=92, hours=8))]))
    assert refusal(counted_lot(age=timedelta(days=92, hours=8, seconds=1))).code == "StaleCount"


def test_every_site_with_stock_needs_its_own_count():
    lot = counted_lot()
    lot.add("TRANSFER_OUT", 8)
    lot.add("ASN", 8, site=OTHER)
    assert set(stock_figures(make_case([lot]))["lots"]["0000000000000011"]["sites"]) == {str(SITE)}
    lot.add("RECEIVE", 8, site=OTHER)
    refused = refusal(lot)
    assert (refused.code, refused.figures["site"], refused.figures["got"]) == ("StaleCount", OTHER, None)


def test_a_count_that_was_taken_back_or_lies_ahead_is_none():
    lot = counted_lot()
    lot.add("COUNT_REVERSAL", target=4)
    assert refusal(lot).code == "StaleCount"
    assert refusal(counted_lot(age=timedelta(days=-1))).code == "StaleCount"


def test_a_count_without_a_number_is_refused_or_cannot_be_told():
    lot = counted_lot()
    lot.edit(4, groups=lot.events[4].groups | {"goods": {}})
    assert refusal(lot).code == "CountMissing"
    lot.edit(4, groups={})
    with pytest.raises(WithheldError):
        stock_figures(make_case([lot]))


def test_an_empty_site_needs_no_count():
    lot = Lot(pieces=10)
    lot.sell(10, 150_00)
    assert stock_figures(make_case([lot]))["pieces_in_stock"] == 0
