"""What the law keeps of an order, and until when (docs/erasure.md)."""

from datetime import date, timedelta

import pytest

from service.core.retention import EXCHANGE_RULE, Evidence, order_kept

TODAY = date(2027, 1, 1)


def kept(*evidence: Evidence, today: date = TODAY) -> tuple[str, date] | None:
    found = order_kept(evidence, today)
    return None if found is None else (found.rule.id, found.until)


def test_a_sale_that_nobody_has_claimed_is_kept_ten_years_from_its_day():
    assert kept(Evidence("SALE", date(2026, 5, 3))) == ("retention@STA-2026-5", date(2036, 5, 3))


def test_an_old_sale_may_still_be_claimed_by_the_rule_of_today():
    assert kept(Evidence("SALE", date(2025, 12, 1))) == ("retention@STA-2026-5", date(2035, 12, 1))


def test_a_claim_counts_from_its_own_day_by_the_rule_of_that_day():
    filed = Evidence("SALE", date(2025, 3, 1), frozenset({date(2025, 6, 1)}))
    assert kept(filed) == ("retention@STA-2022-9", date(2030, 6, 1))
    again = Evidence("SALE", date(2025, 3, 1), frozenset({date(2025, 6, 1), date(2026, 1, 1)}))
    assert kept(again) == ("retention@STA-2026-5", date(2036, 1, 1))


def test_a_claim_from_before_the_sale_says_nothing_of_it():
    pre_refund = Evidence("SALE", date(2026, 5, 3), frozenset({date(2026, 4, 1)}))
    assert kept(pre_refund) == ("retention@STA-2026-5", date(2036, 5, 3))


def test_a_collection_is_kept_five_years_from_its_day():
    long_filed = frozenset({date(2022, 7, 1)})
    collected = Evidence("SALE", date(2022, 6, 1), long_filed, frozenset({date(2026, 2, 1)}))
    assert kept(collected, today=date(2030, 1, 1)) == (EXCHANGE_RULE.id, date(2031, 2, 1))


@pytest.mark.parametrize("kind", ["SHIP", "RECEIVE", "COUNT", "GIVE"])
def test_what_no_office_is_shown_is_no_evidence(kind: str):
    assert kept(Evidence(kind, TODAY)) is None


@pytest.mark.parametrize("kind", ["SALE", "SALE_REVERSAL", "REFUND", "RETURN_IN", "RETURNLESS", "SALE_AT_EXPORT"])
def test_what_an_office_is_shown_is_evidence(kind: str):
    assert kept(Evidence(kind, TODAY)) is not None


def test_one_event_that_is_kept_keeps_the_order():
    assert kept(Evidence("SHIP", TODAY), Evidence("SALE", TODAY)) is not None


def test_it_is_kept_through_the_last_day_and_free_on_the_next():
    sale = Evidence("SALE", date(2026, 5, 3))
    last = date(2036, 5, 3)
    assert kept(sale, today=last) is not None
    assert kept(sale, today=last + timedelta(days=1)) is None


def test_a_leap_day_counts_to_the_end_of_february():
    assert kept(Evidence("SALE", date(2028, 2, 29)), today=date(2028, 3, 1)) == (
        "retention@STA-2026-5",
        date(2038, 2, 28),
    )
