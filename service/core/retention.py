"""What the law wants kept, and until when (docs/erasure.md). Pure: the day is an argument.

Details of an order are evidence wherever a tax office or a bank is shown them (``verifier.claims.audience``). The
papers behind a tax claim are kept 10 years from the claim, 5 for claims before 2026; a sale that no claim rests on may
still be claimed, so its own day counts, by the rule in force today. What a bank or payment firm settled on is kept 5
years. Nothing here keeps what tells who the buyer was: no claim shows it to anyone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from verifier.calendar import add_years
from verifier.claims.audience import Audience, groups_for
from verifier.rule_table import Basis, Day, Rule, Unit
from verifier.rules import rule_for

EXCHANGE_RULE = Rule(
    id="exchange_data@SAFE-2019-13",
    en="keep the transaction data that a collection was settled on for 5 years",
    zh="办理收结汇所依据的交易电子信息保存5年",
    document="汇发〔2019〕13号", clause="", selected_by=Day.PAYMENT, valid_from=date(2019, 4, 29),
    amount=5, unit=Unit.YEARS, basis=Basis.UNCONFIRMED,
)  # fmt: skip
_FIRST_RULE = date(2022, 5, 1)
"""Papers of older claims are counted from here on: longer than they had to be kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event as retention sees it: its kind, its Beijing day, and the days of the claims that rest on it or its lot.

    ``filed`` are days of tax claims, rows and sheets, ``collected`` those of exchange collections.
    """

    kind: str
    day: date
    filed: frozenset[date] = frozenset()
    collected: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """That details must be kept through ``until``, and the rule that says so."""

    rule: Rule
    until: date


def order_kept(evidence: Iterable[Evidence], today: date) -> Kept | None:
    """What keeps the details of an order, the longest of all; None if they may go today."""
    found = [kept for event in evidence for kept in _terms(event, today) if kept.until >= today]
    return max(found, key=lambda kept: kept.until, default=None)


def _terms(event: Evidence, today: date) -> Iterable[Kept]:
    if "order" in groups_for(Audience.TAX, event.kind):
        filed = [day for day in event.filed if day >= event.day]
        for counted_from, rule_day in [(day, day) for day in filed] or [(event.day, max(today, event.day))]:
            rule = rule_for("retention", max(rule_day, _FIRST_RULE))
            assert rule is not None
            assert rule.amount is not None
            yield Kept(rule, add_years(max(counted_from, _FIRST_RULE), rule.amount))
    if "order" in groups_for(Audience.BANK, event.kind):
        assert EXCHANGE_RULE.amount is not None
        for day in {event.day, *event.collected}:
            yield Kept(EXCHANGE_RULE, add_years(day, EXCHANGE_RULE.amount))
