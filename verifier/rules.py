"""What the dated rules make of a date: windows and last days, in Beijing days. Pure: no clock.

Each function takes the day that selects its rule (``verifier.rule_table.Day``) and gives None where no rule was in
force on that day. A last day is the last day on which one may still act.

The reconciliation window hangs on the day on which the tax office *finalised* the pre-refund, every other export clock
on customs' *export date*. The two disagree, and neither stands for the other.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from verifier.calendar import add_days, add_months, april_filing_end, next_month_start
from verifier.rule_table import RULES, Rule, Unit

_NAMES = frozenset(rule.name for rule in RULES)


def rule_for(name: str, on: date) -> Rule | None:
    """The version of a rule that a case with this selecting day falls under. Raises KeyError for an unknown name."""
    if name not in _NAMES:
        raise KeyError(name)
    return next((rule for rule in RULES if rule.name == name and rule.covers(on)), None)


@dataclass(frozen=True, slots=True)
class SettlementWindow:
    """When a pre-refund is reconciled (核算期). ``last`` is 30 April, the day after which the office recovers it."""

    first: date
    last: date
    trader_last: date
    """A trader may, with the office's consent, reconcile on any day of the window."""
    manufacturer_last: date
    """A manufacturer reconciles in a VAT filing period: the last one in the window is April's."""
    is_provisional: bool
    """Whether manufacturer_last was not announced yet; it can only move later."""


def settlement_window(finalised_on: date) -> SettlementWindow | None:
    """The window of a pre-refund finalised on a day: never counted from the export, and never twelve months."""
    if rule_for("settlement_window", finalised_on) is None:
        return None
    last = _next_april_30(finalised_on)
    filing = april_filing_end(last.year)
    return SettlementWindow(next_month_start(finalised_on), last, last, filing.day, filing.is_provisional)


def exchange_deadline(export_date: date) -> date | None:
    """The last day to collect the foreign exchange of an export."""
    return _next_april_30(export_date) if rule_for("exchange_deadline", export_date) else None


def exchange_extension_until(export_date: date) -> date | None:
    """The latest day that a contract may set for the collection, with evidence on file."""
    return _term_end("exchange_extension", export_date)


def claim_deadline(export_date: date) -> date | None:
    """The last day of the ordinary claim; it is made in a filing period, April's being the last."""
    return _next_april_30(export_date) if rule_for("claim_deadline", export_date) else None


def claim_until(export_date: date) -> date | None:
    """The last day of a late claim, 36 months after the export; None for exports before 2026: theirs has no end."""
    return _term_end("deemed_domestic", export_date)


def deemed_domestic_on(export_date: date) -> date | None:
    """The day from which an unclaimed export counts as a domestic sale: the one after ``claim_until``."""
    last = claim_until(export_date)
    return None if last is None else last + timedelta(days=1)


def return_relief_until(export_date: date, *, is_food: bool = False) -> date | None:
    """The last day of entry that is free of import tax; None for food and for exports that no relief covers."""
    return None if is_food else _term_end("return_relief", export_date)


def return_channel_until(released_on: date) -> date | None:
    """The last day of entry on the original declaration, 1 year after customs *released* the goods for export.

    Whoever knows the export date only gets a day that may be too late by as long as the goods waited to depart.
    """
    return _term_end("return_channel", released_on)


def evidence_until(sale_day: date) -> date | None:
    """The last day to file the sales proof of a sale of pre-refunded goods."""
    return _term_end("sales_evidence", sale_day)


def claim_papers_until(claimed_on: date) -> date | None:
    """The last day to put the papers behind a claim on file."""
    return _term_end("claim_papers", claimed_on)


def retention_until(claimed_on: date) -> date | None:
    """The last day on which the papers behind a claim must still be there."""
    return _term_end("retention", claimed_on)


def advance_until(paid_on: date) -> date | None:
    """The last day for which costs advanced abroad need no report."""
    return _term_end("exchange_advance", paid_on)


def _term_end(name: str, day: date) -> date | None:
    rule = rule_for(name, day)
    if rule is None or rule.amount is None:
        return None
    match rule.unit:
        case Unit.DAYS:
            return add_days(day, rule.amount)
        case Unit.MONTHS:
            return add_months(day, rule.amount)
        case Unit.YEARS:
            return add_months(day, 12 * rule.amount)
    raise ValueError(f"{rule.id} is no term of calendar days, months or years")


def _next_april_30(day: date) -> date:
    return date(day.year + 1, 4, 30)
