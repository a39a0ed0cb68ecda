"""The fees of a claim's books: by type, each bill line once, credits never above their fee (汇发〔2020〕11 art. 2).

A claim consumes a range of each book. What an earlier claim has counted comes in here only as far as this range takes
it back; what a later range takes back is that one's to count.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from verifier.claims.case import BookStory, Case, ClaimRefusedError, Told
from verifier.claims.members import amount, check_same_attester, find_flag, find_text, find_whole
from verifier.errors import InvalidError
from verifier.kinds import REVERSAL_SUFFIX

FEE_TYPES = ("commission", "storage", "delivery", "destination_tax", "advertising", "returns", "other")
_Line = tuple[int, str, int | None]


@dataclass(slots=True)
class Charged:
    """Minor units of one currency: netted fees by type, and what was given back of them."""

    fees: Counter[str] = field(default_factory=Counter)
    credits: int = 0


def charged_fees(case: Case) -> dict[str, Charged]:
    """Currency → what was netted and given back in the ranges that the claim consumes.

    Raises ClaimRefusedError: FeeNotItemised, FeeBilledTwice, CreditByAnother, CreditAboveFee, TakenBackByAnother.
    """
    charged: defaultdict[str, Charged] = defaultdict(Charged)
    seen: set[_Line] = set()
    for book in case.books:
        first, end = case.range_of(book)
        _Range(book, first, end).add_to(charged, seen)
    return charged


def netted_fees(book: BookStory, end: int) -> Counter[str]:
    """Currency → netted fees of a book up to a position, whoever has claimed them, those taken back left out."""
    total: Counter[str] = Counter()
    undone = undone_by(book, end)
    for note in book.events[:end]:
        if note.kind == "FEE" and note.position not in undone and _is_netted(note):
            currency, minor = amount(note, "fee_minor")
            total[currency] += minor
    return total


def fees_elsewhere(case: Case) -> dict[str, int]:
    """Currency → netted fees less credits of the books that are shown, outside of what the claim consumes of them.

    The chain says that some claim has taken them; whether that one was ever shown to anybody, it does not.
    """
    total: Counter[str] = Counter()
    for book in case.books:
        first, end = case.range_of(book)
        undone = undone_by(book, len(book.events))
        for note in (*book.events[:first], *book.events[end:]):
            if note.position in undone or note.kind not in ("FEE", "FEE_CREDIT"):
                continue
            fee = note if note.target is None else book.events[note.target]
            if _is_netted(fee):
                currency, minor = amount(note, "fee_minor")
                total[currency] += minor if note.kind == "FEE" else -minor
    return {currency: total[currency] for currency in sorted(total) if total[currency]}


def undone_by(book: BookStory, end: int) -> frozenset[int]:
    """Positions of the notes that were taken back by notes before ``end``."""
    return frozenset(
        note.target for note in book.events[:end] if note.kind.endswith(REVERSAL_SUFFIX) and note.target is not None
    )


def _is_netted(fee: Told) -> bool:
    """Taken out of the proceeds: unless the bill says otherwise."""
    return find_flag(fee, "money", "is_netted") is not False


class _Range:
    """The notes of a book from ``first`` up to ``end``, and what stood before them."""

    def __init__(self, book: BookStory, first: int, end: int) -> None:
        self.book, self.first, self.end = book, first, end
        self.undone = undone_by(book, end)
        self.checked: set[int] = set()
        self.credits_by_fee: defaultdict[int | None, list[Told]] = defaultdict(list)
        for note in book.events[:end]:
            if note.kind == "FEE_CREDIT" and note.position not in self.undone:
                self.credits_by_fee[note.target].append(note)

    def add_to(self, charged: dict[str, Charged], seen: set[_Line]) -> None:
        for note in self.book.events[: self.end]:
            is_new = note.position >= self.first
            if note.kind == "FEE" and note.position not in self.undone and (is_new or "money" in note.groups):
                _see_line(note, seen)
            if is_new:
                self._add(note, charged)

    def _add(self, note: Told, charged: dict[str, Charged]) -> None:
        match note.kind:
            case "FEE" if note.position not in self.undone:
                if _is_netted(note):
                    currency, minor = amount(note, "fee_minor")
                    charged[currency].fees[_fee_type(note)] += minor
            case "FEE_CREDIT" if note.position not in self.undone:
                self._credit(note, charged, 1)
            case "FEE_REVERSAL":
                fee = self._target(note)
                check_same_attester(note, fee)
                self._check_credits(fee, note)
                if fee.position < self.first and _is_netted(fee):  # an earlier claim counted it
                    currency, minor = amount(fee, "fee_minor")
                    charged[currency].credits += minor
            case "FEE_CREDIT_REVERSAL":
                credit = self._target(note)
                check_same_attester(note, credit)
                if credit.position < self.first:
                    self._credit(credit, charged, -1)

    def _target(self, note: Told) -> Told:
        if note.target is None:
            raise InvalidError(f"{note} names nothing")
        return self.book.events[note.target]

    def _credit(self, credit: Told, charged: dict[str, Charged], sign: int) -> None:
        fee = self._target(credit)
        if credit.attester != fee.attester:
            raise ClaimRefusedError(
                "CreditByAnother", f"{credit} gives back what another party charged",
                position=credit.position, expected=fee.attester, got=credit.attester,
            )  # fmt: skip
        self._check_credits(fee, credit)
        currency, minor = amount(credit, "fee_minor")
        if _is_netted(fee):
            charged[currency].credits += sign * minor

    def _check_credits(self, fee: Told, note: Told) -> None:
        """All that was given back of a fee is no more than the fee; of one that was taken back, nothing.

        Looked at once for each fee: thousands of credits on one must not be summed thousands of times.
        """
        if fee.position in self.checked:
            return
        self.checked.add(fee.position)
        currency, minor = amount(fee, "fee_minor")
        if fee.position in self.undone:
            minor = 0
        credits = self.credits_by_fee[fee.position]
        given = sum(amount(credit, "fee_minor", currency)[1] for credit in credits)
        if given > minor:
            raise ClaimRefusedError(
                "CreditAboveFee", f"{note}: the credits pass the fee",
                position=note.position, expected=minor, got=given,
            )  # fmt: skip


def _fee_type(fee: Told) -> str:
    """The type that the bill states; FeeNotItemised for none or one that nobody knows."""
    found = find_text(fee, "money", "fee_type")
    if found not in FEE_TYPES:
        raise ClaimRefusedError("FeeNotItemised", f"{fee} states no type of fee", position=fee.position, got=found)
    return found


def _see_line(fee: Told, seen: set[_Line]) -> None:
    """A bill line counts once, in whichever book it stands (mistake 23)."""
    bill = find_text(fee, "money", "bill_no")
    _fee_type(fee)
    if bill is None:
        raise ClaimRefusedError("FeeNotItemised", f"{fee} states no bill", position=fee.position, field="bill_no")
    line = (fee.attester, bill, find_whole(fee, "money", "bill_line"))
    if line in seen:
        raise ClaimRefusedError("FeeBilledTwice", f"{fee} bills a line a second time", position=fee.position)
    seen.add(line)
