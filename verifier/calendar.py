"""Days and terms as Chinese law counts them: Beijing days, calendar months, VAT filing periods. Pure: no clock.

Every clock of the trade runs on Beijing days, wherever the goods lie: 20:00 on 30 April in Los Angeles is 1 May.
Terms follow 民法典 arts. 201 and 202: the day of the event is not counted, and a term of months or years ends on the
corresponding day, or on the last day of a month that has no such day.

A last day is *not* moved here when it falls on a day off: what is shown is never later than what the law grants.
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
"""China has one zone, and no daylight time since 1991."""
_FILING_DAY = 15
"""VAT is filed within 15 days after the month; days off move the end (税收征收管理法实施细则 art. 109)."""
_APRIL_FILING_ENDS: dict[int, tuple[date, str]] = {
    2025: (date(2025, 4, 18), "税总办征科函〔2024〕71号"),
    2026: (date(2026, 4, 20), "税总办征科函〔2025〕64号"),
}
"""Input data: the State Taxation Administration announces each year's filing periods in the December before."""


@dataclass(frozen=True, slots=True)
class FilingEnd:
    """Last day of a filing period. ``source`` is the notice; a provisional day has none, and can only move later."""

    day: date
    source: str | None

    @property
    def is_provisional(self) -> bool:
        """Whether the year's filing periods were not announced yet when this table was last kept."""
        return self.source is None


def beijing_day(moment: datetime) -> date:
    """The day that an aware time falls on in Beijing. Raises ValueError for a time without a zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"expected a time with a zone, got {moment.isoformat()}")
    return moment.astimezone(BEIJING).date()


def day_start(day: date) -> datetime:
    """The Beijing midnight that a day begins with."""
    return datetime.combine(day, time(), BEIJING)


def day_end(day: date) -> datetime:
    """The Beijing midnight that a day ends with: what happens before it still happened on that day."""
    return day_start(day + timedelta(days=1))


def add_days(day: date, days: int) -> date:
    """The last day of a term of calendar days that begins on the day after ``day``."""
    return day + timedelta(days=days)


def add_months(day: date, months: int) -> date:
    """The last day of a term of calendar months: the corresponding day, or the last of a month that has none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    """The last day of a term of years; 29 February ends on the 28th where the year has no 29th."""
    return add_months(day, 12 * years)


def next_month_start(day: date) -> date:
    """The first day of the month after a day."""
    return add_months(day.replace(day=1), 1)


def april_filing_end(year: int) -> FilingEnd:
    """The last day of the April VAT filing period; 15 April, provisional, of a year that the table does not list."""
    known = _APRIL_FILING_ENDS.get(year)
    return FilingEnd(*known) if known is not None else FilingEnd(date(year, 4, _FILING_DAY), None)
