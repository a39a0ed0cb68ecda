"""Gathers what the deadlines of lots rest on from the stored events, and lists them for one who may read those lots.

Few events are opened: one DECLARE, the departures and the tax notes of a lot. Sales are counted by the database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from service.core.access import may_read_deadlines, sees_every_lot, sight_of_lot
from service.core.caller import Reader
from service.core.deadlines import EVIDENCE_DAYS, Deadline, State, deadlines_of, sort_key
from service.core.lot_facts import LotFacts, Paper, SaleDay, TaxNote, fold_tax_rows, parse_day
from verifier.calendar import day_start
from verifier.kinds import CODE_BY_NAME, REVERSAL, Role
from verifier.lanes import LotAccounts

_DECLARE, _DEPART, _TAX_STATE = (CODE_BY_NAME[name] for name in ("DECLARE", "DEPART", "TAX_STATE"))
_PAPERS = (_DECLARE, _DEPART, _TAX_STATE)
PAPER_KINDS = frozenset(_PAPERS) | {code | REVERSAL for code in _PAPERS}
"""The kinds whose groups are read, and their reversals."""


class LotRow(Protocol):
    """A lot as the store keeps it."""

    @property
    def lot(self) -> int: ...
    @property
    def line(self) -> str | None: ...
    @property
    def owner(self) -> int: ...
    @property
    def declared(self) -> int: ...
    @property
    def accounts(self) -> LotAccounts: ...


class Reads(Protocol):
    """What is asked of the store, in one transaction."""

    def owners_who_admitted(self, party: int) -> set[int]: ...
    def lots(self, owners: Collection[int] | None, declaration_no: str | None) -> Sequence[LotRow]: ...
    def papers(self, lots: Collection[int], kinds: Collection[int]) -> Iterable[Paper]: ...
    def sale_days(self, lots: Collection[int], since: int) -> Iterable[tuple[int, SaleDay]]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deadlines are wanted. ``within_days`` counts from today, and takes in what is overdue."""

    states: frozenset[State]
    declaration_no: str | None = None
    within_days: int | None = None

    def takes(self, deadline: Deadline) -> bool:
        """Whether a deadline is one of them."""
        if deadline.state not in self.states:
            return False
        if self.within_days is None:
            return True
        return deadline.days_left is not None and deadline.days_left <= self.within_days


def list_deadlines(reads: Reads, reader: Reader, asked: Asked, today: date) -> list[Deadline]:
    """The deadlines of every lot that a reader sees whole, as of a Beijing day, the most urgent first."""
    lots = _readable(reads, reader, asked.declaration_no)
    found = [deadline for facts in _gather(reads, lots, today) for deadline in deadlines_of(facts, today)]
    return sorted(filter(asked.takes, found), key=sort_key)


def _readable(reads: Reads, reader: Reader, declaration_no: str | None) -> list[LotRow]:
    """The store narrows the choice; ``core.access`` decides."""
    admitted = reads.owners_who_admitted(reader.party)
    owners = None if sees_every_lot(reader) else admitted | {reader.party}
    return [
        lot
        for lot in reads.lots(owners, declaration_no)
        if may_read_deadlines(sight_of_lot(reader, owner=lot.owner, is_admitted=lot.owner in admitted, has_site=False))
    ]


def _gather(reads: Reads, lots: Sequence[LotRow], today: date) -> list[LotFacts]:
    numbers = [lot.lot for lot in lots]
    papers, sales = defaultdict(list), defaultdict(list)
    for paper in reads.papers(numbers, PAPER_KINDS):
        papers[paper.lot].append(paper)
    since = int(day_start(today - timedelta(days=EVIDENCE_DAYS)).timestamp())
    for number, sale_day in reads.sale_days(numbers, since):
        sales[number].append(sale_day)
    return [_facts(lot, papers[lot.lot], sales[lot.lot]) for lot in lots]


def _facts(lot: LotRow, papers: Iterable[Paper], sales: Iterable[SaleDay]) -> LotFacts:
    """The facts of one lot; a paper that was taken back says nothing."""
    ordered = sorted(papers, key=lambda paper: paper.position)
    reversed_ = {paper.target for paper in ordered if paper.kind & REVERSAL}
    declared_on = export_date = is_food = None
    notes: list[TaxNote] = []
    for paper in ordered:
        if paper.position in reversed_ or paper.kind & REVERSAL:
            continue
        groups = paper.groups()
        document, goods = groups.get("document", {}), groups.get("goods", {})
        if paper.kind == _DECLARE:
            declared_on = parse_day(document.get("declaration_date")) or paper.day
            is_food = goods.get("is_food")
        elif paper.kind == _DEPART:
            if paper.roles & Role.GATEWAY:  # a carrier's word moves the pieces and is not enough for tax
                export_date = export_date or parse_day(document.get("export_date"))  # set once, by customs
        elif "tax_state" in document:
            notes.append(_tax_note(paper.day, document, goods))
    return LotFacts(
        lot=lot.lot, line=lot.line, declared=lot.declared, accounts=lot.accounts,
        export_date=export_date, declared_on=declared_on, is_food=is_food,
        rows=fold_tax_rows(notes), sale_days=tuple(sorted(sales, key=lambda sold: sold.day)),
    )  # fmt: skip


def _tax_note(day: date, document: dict[str, Any], goods: dict[str, Any]) -> TaxNote:
    return TaxNote(
        seq=str(document.get("tax_seq") or document.get("tax_row") or "?"),
        state=document["tax_state"],
        day=day,
        pieces=goods.get("pieces"),
        finalised_on=parse_day(document.get("finalised_on")),
        method=document.get("tax_method"),
    )
