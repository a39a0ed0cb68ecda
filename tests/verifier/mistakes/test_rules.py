"""Mistakes that a careless build makes with dates, as the rules themselves refuse them."""

from datetime import date, datetime

from verifier.calendar import april_filing_end, beijing_day
from verifier.rules import (
    exchange_deadline,
    retention_until,
    return_channel_until,
    return_relief_until,
    rule_for,
    settlement_window,
)

EXPORTED, FINALISED = date(2025, 11, 3), date(2026, 1, 12)


def test_mistake_07_window_from_export_date_or_twelve_months():
    """A day of finalisation in the next year moves the window by a year; a December one leaves four months of it."""
    window = settlement_window(FINALISED)
    assert (window.first, window.last) == (date(2026, 2, 1), date(2027, 4, 30))
    assert settlement_window(EXPORTED).last == date(2026, 4, 30) == exchange_deadline(EXPORTED)
    short = settlement_window(date(2025, 12, 20))
    assert (short.last - short.first).days == 119


def test_mistake_08_30_april_for_manufacturers():
    window = settlement_window(date(2025, 2, 13))
    assert window.trader_last == date(2026, 4, 30)
    assert window.manufacturer_last == date(2026, 4, 20) == april_filing_end(2026).day
    unknown = settlement_window(FINALISED)
    assert (unknown.manufacturer_last, unknown.is_provisional) == (date(2027, 4, 15), True)


def test_mistake_09_utc_or_local_day_where_beijings_counts():
    evening_in_los_angeles = datetime.fromisoformat("2027-04-30T20:00:00-07:00")
    assert evening_in_los_angeles.date() == exchange_deadline(date(2026, 3, 10))
    assert beijing_day(evening_in_los_angeles) > exchange_deadline(date(2026, 3, 10))


def test_mistake_10_one_clock_for_returns():
    export = date(2026, 3, 10)
    assert (return_relief_until(export), return_channel_until(export)) == (date(2026, 9, 10), date(2027, 3, 10))


def test_mistake_30_rules_without_dates():
    """The relief ends with exports of 2027-12-31, whatever the day on which one asks."""
    assert return_relief_until(date(2027, 12, 31)) == date(2028, 6, 30)
    assert return_relief_until(date(2028, 1, 1)) is None
    older, newer = (rule_for("return_relief", date(year, 12, 31)) for year in (2025, 2026))
    assert (older.id, newer.id) == ("return_relief@MOF-2023-4", "return_relief@MOF-2026-16")


def test_mistake_31_records_deleted_after_five_years():
    assert retention_until(date(2026, 1, 1)) == date(2036, 1, 1)
    assert retention_until(date(2025, 12, 31)) == date(2030, 12, 31)
