"""Beijing days, calendar months, filing periods."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.calendar import (
    BEIJING,
    FilingEnd,
    add_months,
    add_years,
    april_filing_end,
    beijing_day,
    day_end,
    day_start,
    next_month_start,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-04-30T20:00:00-07:00", "2027-05-01"),
        ("2027-04-30T08:59:59-07:00", "2027-04-30"),
        ("2027-04-30T09:00:00-07:00", "2027-05-01"),
        ("2027-04-30T15:59:59+00:00", "2027-04-30"),
        ("2027-04-30T16:00:00+00:00", "2027-05-01"),
        ("2027-05-01T00:00:00+08:00", "2027-05-01"),
        ("2027-05-01T10:00:00+14:00", "2027-05-01"),
    ],
)
def test_a_day_is_the_one_in_beijing(moment, day):
    assert beijing_day(datetime.fromisoformat(moment)).isoformat() == day


def test_a_time_without_a_zone_has_no_day():
    with pytest.raises(ValueError, match="with a zone"):
        beijing_day(datetime(2027, 4, 30, 20))


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        ("2026-03-10", 6, "2026-09-10"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-12-31", 6, "2027-06-30"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-02-28", 6, "2026-08-28"),
        ("2026-01-01", 36, "2029-01-01"),
        ("2028-02-29", 36, "2031-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-15", 0, "2026-12-15"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(day, months, last):
    assert add_months(date.fromisoformat(day), months).isoformat() == last


def test_a_year_from_29_february_ends_on_the_28th():
    assert add_years(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert add_years(date(2028, 2, 29), 4) == date(2032, 2, 29)


@given(DAYS, st.integers(0, 240))
def test_a_term_of_months_ends_in_the_month_that_is_meant(day, months):
    last = add_months(day, months)
    assert (last.year * 12 + last.month) - (day.year * 12 + day.month) == months
    assert last.day == day.day or (last.day < day.day and (last + timedelta(days=1)).day == 1)


@given(DAYS)
def test_a_day_has_twenty_four_hours_between_two_midnights(day):
    start, end = day_start(day), day_end(day)
    assert (start.tzinfo, end - start) == (BEIJING, timedelta(days=1))
    assert beijing_day(start) == beijing_day(end - timedelta(seconds=1)) == day
    assert beijing_day(end.astimezone(UTC)) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "first"), [("2025-12-20", "2026-01-01"), ("2026-04-20", "2026-05-01"), ("2026-01-31", "2026-02-01")]
)
def test_the_next_month_begins_on_its_first(day, first):
    assert next_month_start(date.fromisoformat(day)).isoformat() == first


def test_announced_filing_periods_name_their_notice_and_others_are_provisional():
    assert april_filing_end(2026) == FilingEnd(date(2026, 4, 20), "税总办征科函〔2025〕64号")
    assert not april_filing_end(2026).is_provisional
    assert april_filing_end(2099) == FilingEnd(date(2099, 4, 15), None)
    assert april_filing_end(2099).is_provisional
