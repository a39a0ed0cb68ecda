"""Cases made by hand, from small calls: every event is replayed, so that no test rests on an impossible history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from verifier.claims.build import _check_book
from verifier.claims.case import BookStory, Case, LotStory, Told
from verifier.claims.record import BookPart, ClaimRecord, LotPart, Part
from verifier.claims.sales import CONSUMED
from verifier.event import GROUPS
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL, Role, Scope
from verifier.record import Word, book_number
from verifier.replay import Replay

GATEWAY, EXPORTER, OPERATOR, PLATFORM, BANK, TAX, STRANGER = range(2, 9)
SITE = 7
LOT = 0x11
START = datetime(2026, 3, 1, tzinfo=UTC)
RECORD_AT = datetime(2026, 9, 1, tzinfo=UTC)
_ATTESTER = {
    "DECLARE": GATEWAY, "VOID": GATEWAY, "VOID_SHORT": GATEWAY, "DEPART": GATEWAY, "ENTRY": GATEWAY,
    "ENTRY_FAILED": GATEWAY, "AMEND": GATEWAY, "REDECLARE": GATEWAY, "ASN": EXPORTER, "ASN_VOID": EXPORTER,
    "SALE_AT_EXPORT": EXPORTER, "SALE": PLATFORM, "REFUND": PLATFORM, "ADJUST": PLATFORM, "RETURNLESS": PLATFORM,
    "TAX_STATE": TAX, "FEE": PLATFORM, "FEE_CREDIT": PLATFORM, "PLATFORM_STATEMENT": PLATFORM, "FX_RECEIPT": BANK,
}  # fmt: skip
_ROLES = {GATEWAY: Role.GATEWAY, TAX: Role.TAX, OPERATOR: Role.OPERATOR, EXPORTER: Role.EXPORTER}


class History:
    """One lot or book in the making. Every call adds an event, a day after the one before, and gives its position."""

    def __init__(self, lot: int, owner: int = EXPORTER) -> None:
        self.lot, self.owner = lot, owner
        self.events: list[Told] = []

    def add(
        self, kind: str, quantity: int = 0, *, site: int | None = None, target: int | None = None,
        by: int | None = None, at: datetime | None = None, hide: tuple[str, ...] = (), **groups: dict[str, Any],
    ) -> int:  # fmt: skip
        code = CODE_BY_NAME[kind]
        base = KIND_BY_CODE[code & ~REVERSAL]
        if site is None:
            site = {Scope.SITE: SITE, Scope.OPEN: self.owner}.get(base.scope, 0)
        if by is None:
            by = _ATTESTER.get(base.name, OPERATOR)
        shown = {name: groups.get(name, {}) for name in GROUPS if name not in hide}
        at = at or START + timedelta(days=len(self.events))
        self.events.append(
            Told(self.lot, len(self.events), kind, site, quantity, target, at, by, shown, _ROLES.get(by, Role(0)))
        )
        return len(self.events) - 1

    def edit(self, position: int, **changed: Any) -> None:
        """Change an event that was added."""
        self.events[position] = replace(self.events[position], **changed)

    def words(self) -> tuple[Word, ...]:
        return tuple(Word(e.lot, e.site, CODE_BY_NAME[e.kind], e.quantity) for e in self.events)


class Lot(History):
    """A lot that was declared, departed and received at ``SITE``: positions 0 to 3."""

    def __init__(self, lot: int = LOT, pieces: int = 1000, *, owner: int = EXPORTER, **document: Any) -> None:
        super().__init__(lot, owner)
        goods = {"sku": "A", "fob_minor": 8_00 * pieces, "fob_currency": "USD"}
        document = {"declaration_no": "223320260001234567", "mode": "9810"} | document
        self.add("DECLARE", pieces, document=document, goods=goods)
        self.add("DEPART", pieces, document={"export_date": "2026-03-10"})
        self.add("ASN", pieces)
        self.add("RECEIVE", pieces)

    def ship(self, pieces: int, purpose: str = "sale") -> int:
        return self.add("SHIP", pieces, logistics={"ship_purpose": purpose})

    def sell(
        self, pieces: int, gross: int, currency: str = "USD", *, ship: int | None = None, by: int = PLATFORM,
        account: int = 1, hide: tuple[str, ...] = (), order: dict[str, Any] | None = None, **money: Any,
    ) -> int:  # fmt: skip
        """A shipment, unless one is given, and its sale for ``gross`` minor units."""
        ship = self.ship(pieces) if ship is None else ship
        order = {"order_ref": f"O-{self.lot}-{ship}", "platform_account": account} | (order or {})
        money = {"currency": currency, "gross_minor": gross} | money
        return self.add("SALE", pieces, target=ship, by=by, hide=hide, money=money, order=order)

    def refund(self, sale: int, minor: int, currency: str = "USD", **rest: Any) -> int:
        return self.add("REFUND", target=sale, money={"currency": currency, "refund_minor": minor}, **rest)

    def adjust(self, sale: int, minor: int, currency: str = "USD", **rest: Any) -> int:
        return self.add("ADJUST", target=sale, money={"currency": currency, "adjust_minor": minor}, **rest)

    def story(self) -> LotStory:
        replay = Replay(self.lot)
        for word, event in zip(self.words(), self.events, strict=True):
            replay.apply(word, event.target)
        return LotStory(self.lot, replay.owner, tuple(self.events), replay)


class BookOf(History):
    """The book of an account."""

    def __init__(self, account: int = 1, owner: int = EXPORTER) -> None:
        super().__init__(book_number(account, owner), owner)
        self.bills = 0

    def fee(self, minor: int, fee_type: str = "commission", currency: str = "USD", by: int = PLATFORM, **m: Any) -> int:
        self.bills += 1
        money = {"currency": currency, "fee_minor": minor, "fee_type": fee_type, "bill_no": f"B{self.bills}"}
        return self.add("FEE", by=by, money=money | {"bill_line": 1, "is_netted": True} | m)

    def credit(self, fee: int, minor: int, currency: str = "USD", by: int = PLATFORM) -> int:
        return self.add("FEE_CREDIT", target=fee, by=by, money={"currency": currency, "fee_minor": minor})

    def receipt(self, minor: int, currency: str = "USD", reference: str = "R1", payee: int = EXPORTER, **m: Any) -> int:
        money = {"currency": currency, "received_minor": minor, "bank_reference": reference, "payee_party": payee}
        return self.add("FX_RECEIPT", money=money | {"date": "2026-06-15"} | m)

    def statement(self, currency: str = "USD", number: str = "S1", **amounts: int) -> int:
        money = {"currency": currency} | {f"{name}_minor": amount for name, amount in amounts.items()}
        return self.add("PLATFORM_STATEMENT", money=money, order={"settlement_id": number, "platform_account": 1})

    def story(self) -> BookStory:
        _check_book(tuple(self.events), self.words())
        return BookStory(self.lot, tuple(self.events))


def take_all(lots: list[LotStory], books: list[BookStory], purpose: int = 1, kinds: frozenset[str] = CONSUMED) -> Part:
    """A part that takes every event of these kinds, and the books to their ends."""
    parts = [LotPart(lot.lot, 0, frozenset(e.position for e in lot.events if e.kind in kinds)) for lot in lots]
    ranges = [BookPart(book.book, 0, len(book.events)) for book in books]
    return Part(tuple(sorted(parts, key=lambda part: part.lot)), tuple(sorted(ranges, key=lambda part: part.book)))


def make_case(
    lots: list[History], books: list[History] | None = None, *, asked: dict[str, Any] | None = None,
    parts: tuple[Part, ...] | None = None, purpose: int = 1, kinds: frozenset[str] = CONSUMED,
    record_at: datetime = RECORD_AT, owner: int = EXPORTER, **record: Any,
) -> Case:  # fmt: skip
    """The case of these histories; its claim takes all there is to take, unless ``parts`` say otherwise."""
    lot_stories, book_stories = [lot.story() for lot in lots], [book.story() for book in books or []]
    taken = parts or (take_all(lot_stories, book_stories, purpose, kinds),)
    claim = ClaimRecord(bytes(32), purpose, taken, **record)
    return Case(owner, asked or {}, tuple(lot_stories), tuple(book_stories), record_at, claim)
