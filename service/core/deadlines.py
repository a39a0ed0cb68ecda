"""The deadlines of a lot: what is due by which Beijing day, how many days are left, and what to do. Pure: no clock.

Two clocks run side by side and are kept apart: reconciliation from the day on which the pre-refund was finalised, all
else from customs' export date. Whether something *was* done is said only where an event says so; where none does, the
deadline names what is not known. No text here is legal advice: each deadline names the rule that it rests on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from service.core.deadline_texts import NOT_KNOWN, TEXTS
from service.core.lot_facts import LotFacts, TaxRow
from verifier import rules
from verifier.kinds import Home
from verifier.record import lot_to_hex
from verifier.rule_table import Rule

EVIDENCE_DAYS = 15
"""How far back sales can still have a running evidence clock; a test holds it to the rule."""
SOON_DAYS = 30
_SOON_DAYS_OF_SHORT_CLOCKS = 5
_MANUFACTURER, _TRADER = "exempt_credit_refund", "exempt_refund"
_RECONCILED = ("REVERSED", "RECLAIMED", "RECLAIM_ADJUSTED")


class State(StrEnum):
    """How a deadline stands on a day."""

    OPEN = "open"
    SOON = "soon"
    OVERDUE = "overdue"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


PRESSING = (State.OPEN, State.SOON, State.OVERDUE)
"""What still asks for something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One deadline. ``due`` is the last day to act; None where it cannot be told or there is none."""

    code: str
    lot: int
    line: str | None
    state: State
    text: str
    due: date | None = None
    days_left: int | None = None
    opens_on: date | None = None
    rule: str | None = None
    source: str | None = None
    not_known: tuple[str, ...] = ()
    numbers: tuple[tuple[str, Any], ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether ``due`` can still move, and then only to a later day."""
        return "filing_period" in self.not_known or "released_on" in self.not_known

    def what(self) -> dict[str, str]:
        """What to do, by language."""
        return _in_both(TEXTS[self.text], dict(self.numbers) | {"opens_on": self.opens_on})

    def to_json(self) -> dict[str, Any]:
        """As the API shows it; days are YYYY-MM-DD."""
        return {
            "code": self.code,
            "lot": lot_to_hex(self.lot),
            "line": self.line,
            "state": self.state.value,
            "due": _iso(self.due),
            "days_left": self.days_left,
            "opens_on": _iso(self.opens_on),
            "is_provisional": self.is_provisional,
            "what": self.what(),
            "numbers": {name: _iso(value) for name, value in self.numbers},
            "not_known": [{"code": code} | _in_both(NOT_KNOWN[code], {}) for code in self.not_known],
            "rule": self.rule,
            "source": self.source,
        }


def sort_key(deadline: Deadline) -> tuple[date, str, str]:
    """Most urgent first; what has no day comes last."""
    return deadline.due or date.max, deadline.line or "", deadline.code


def deadlines_of(facts: LotFacts, today: date) -> list[Deadline]:
    """Every deadline of a lot as of a Beijing day, the most urgent first. None before the first piece has left."""
    return sorted(_Reckoning(facts, today).all(), key=sort_key) if facts.exported > 0 or facts.rows else []


@dataclass(frozen=True, slots=True)
class _Reckoning:
    facts: LotFacts
    today: date

    def all(self) -> Iterator[Deadline]:
        for row in self.facts.rows:
            yield self._reconciliation(row)
            yield from self._papers(row)
        yield from self._sales()
        export_date = self.facts.export_date
        if export_date is None:
            yield self._make("export_date", State.OPEN, pieces=self.facts.exported)
            return
        yield self._exchange(export_date)
        yield self._claim(export_date)
        yield self._final_claim(export_date)
        yield self._relief(export_date)
        yield self._channel(export_date)

    def _make(
        self, code: str, state: State | None, due: date | None = None, *, text: str = "", rule: Rule | None = None,
        soon: int = SOON_DAYS, opens_on: date | None = None, not_known: tuple[str, ...] = (), **numbers: Any,
    ) -> Deadline:  # fmt: skip
        """A deadline whose state follows from its day, unless it is given."""
        left = None if due is None else (due - self.today).days
        if state is None:
            assert left is not None
            state = State.OVERDUE if left < 0 else State.SOON if left <= soon else State.OPEN
        return Deadline(
            code=code, lot=self.facts.lot, line=self.facts.line, state=state, text=text or code, due=due,
            days_left=left, opens_on=opens_on, rule=rule.id if rule else None, source=rule.source if rule else None,
            not_known=not_known, numbers=tuple(numbers.items()),
        )  # fmt: skip

    def _reconciliation(self, row: TaxRow) -> Deadline:
        code = "reconciliation"
        if row.state in _RECONCILED:
            return self._make(code, State.MET, text="reconciliation.done", row=row.seq)
        if not row.is_pre_refund or row.claimed == 0:
            return self._make(code, State.NOT_APPLICABLE, text="reconciliation.gone", row=row.seq)
        if row.state == "PRE_REFUND":
            return self._make(code, State.NOT_APPLICABLE, text="reconciliation.review", row=row.seq)
        window = None if row.finalised_on is None else rules.settlement_window(row.finalised_on)
        if window is None or row.finalised_on is None:
            return self._make(code, State.OPEN, text="reconciliation.unknown", row=row.seq)
        is_trader = row.method == _TRADER
        not_known: tuple[str, ...] = ("filing_period",) if window.is_provisional and not is_trader else ()
        not_known += () if row.method in (_TRADER, _MANUFACTURER) else ("method",)
        due = window.trader_last if is_trader else window.manufacturer_last
        rule = rules.rule_for("settlement_window", row.finalised_on)
        return self._make(
            code, None, due, rule=rule, not_known=not_known, opens_on=window.first,
            row=row.seq, pieces=row.claimed,
        )  # fmt: skip

    def _papers(self, row: TaxRow) -> Iterator[Deadline]:
        """The papers behind the newest claim of a row: to be on file within 15 days, to be kept for years."""
        if row.claimed_on is None:
            return
        due, rule = rules.claim_papers_until(row.claimed_on), rules.rule_for("claim_papers", row.claimed_on)
        if due is not None and self.today <= due:
            soon = _SOON_DAYS_OF_SHORT_CLOCKS
            yield self._make("claim_papers", None, due, rule=rule, soon=soon, not_known=("filed",), row=row.seq)
        due, rule = rules.retention_until(row.claimed_on), rules.rule_for("retention", row.claimed_on)
        if due is not None:
            state = State.OPEN if self.today <= due else State.NOT_APPLICABLE
            yield self._make("retention", state, due, rule=rule, row=row.seq)

    def _sales(self) -> Iterator[Deadline]:
        """The sales of each day whose evidence clock still runs; nothing tells whether their evidence is filed."""
        rows = self.facts.rows
        if rows and not any(row.is_pre_refund for row in rows):
            return
        not_known = ("filed",) if rows else ("filed", "pre_refund")
        for sold in self.facts.sale_days:
            due, rule = rules.evidence_until(sold.day), rules.rule_for("sales_evidence", sold.day)
            if due is not None and sold.day <= self.today <= due:
                yield self._make(
                    "sale_evidence", None, due, rule=rule, soon=_SOON_DAYS_OF_SHORT_CLOCKS, not_known=not_known,
                    day=sold.day, sales=sold.sales, pieces=sold.pieces,
                )  # fmt: skip

    def _exchange(self, export_date: date) -> Deadline:
        due, rule = rules.exchange_deadline(export_date), rules.rule_for("exchange_deadline", export_date)
        sold, unsold = self.facts.at_home(Home.SOLD), self.facts.unsold
        if due is None or not sold + unsold:
            return self._make("exchange", State.NOT_APPLICABLE, due, text="exchange.none", rule=rule)
        has_pre_refund = any(row.is_pre_refund for row in self.facts.rows)
        not_known = ("collected", "exchange_on_unsold") if unsold and has_pre_refund else ("collected",)
        return self._make("exchange", None, due, rule=rule, not_known=not_known, sold=sold, unsold=unsold)

    def _claim(self, export_date: date) -> Deadline:
        due, rule = rules.claim_deadline(export_date), rules.rule_for("claim_deadline", export_date)
        return self._unclaimed("claim", due, rule)

    def _final_claim(self, export_date: date) -> Deadline:
        due, rule = rules.claim_until(export_date), rules.rule_for("deemed_domestic", export_date)
        return self._unclaimed("final_claim", due, rule)

    def _unclaimed(self, code: str, due: date | None, rule: Rule | None) -> Deadline:
        unclaimed = self.facts.unclaimed
        if due is None:
            return self._make(code, State.NOT_APPLICABLE, text="final_claim.none")
        if unclaimed == 0:
            return self._make(code, State.MET, due, text="claim.done", rule=rule)
        not_known = ("claims",) if unclaimed is not None else ("claims", "pieces")
        return self._make(code, None, due, rule=rule, not_known=not_known, pieces=unclaimed)

    def _relief(self, export_date: date) -> Deadline:
        facts, code = self.facts, "return_relief"
        rule = rules.rule_for(code, export_date)
        if facts.is_food:
            return self._make(code, State.NOT_APPLICABLE, text="return_relief.food", rule=rule)
        due = rules.return_relief_until(export_date)
        if due is None:
            return self._make(code, State.NOT_APPLICABLE, text="return_relief.none")
        return self._return(code, due, rule, () if facts.is_food is False else ("is_food",))

    def _channel(self, export_date: date) -> Deadline:
        """Counted from the release, which no event tells: it is not before the declaration."""
        counted_from = min(self.facts.declared_on or export_date, export_date)
        due, rule = rules.return_channel_until(counted_from), rules.rule_for("return_channel", counted_from)
        if due is None:
            return self._make("return_channel", State.NOT_APPLICABLE, text="return_channel.ended")
        return self._return("return_channel", due, rule, ("released_on",))

    def _return(self, code: str, due: date, rule: Rule | None, not_known: tuple[str, ...]) -> Deadline:
        """To go home is a choice: past its day it is overdue only for pieces that are on the way."""
        returning, unsold = self.facts.at_home(Home.RETURNING), self.facts.unsold
        if not returning + unsold:
            return self._make(code, State.NOT_APPLICABLE, due, text="return.none", rule=rule)
        state, text = None, code
        if due < self.today:
            state, text = State.OVERDUE if returning else State.NOT_APPLICABLE, code + ".ended"
        return self._make(
            code, state, due, text=text, rule=rule, not_known=not_known, returning=returning, pieces=unsold
        )


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _in_both(texts: tuple[str, str], numbers: dict[str, Any]) -> dict[str, str]:
    """A text in both languages; a number that no event told is shown as a question mark."""
    shown = {name: "?" if value is None else value for name, value in numbers.items()}
    return {"en": texts[0].format(**shown), "zh": texts[1].format(**shown)}
