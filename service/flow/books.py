"""Which books a claim on lots needs: those of the accounts that sold, and no other account of the same owner."""

from collections.abc import Iterator, Sequence

from service.core.details import open_slots
from service.flow.claim_ports import Claims
from service.flow.issue import IssueError
from verifier.claims.kinds import ClaimKind
from verifier.claims.sales import SALES
from verifier.event import parse_disclosure
from verifier.kinds import CODE_BY_NAME
from verifier.record import book_number, lot_to_hex

_SALE_CODES = frozenset(CODE_BY_NAME[name] for name in SALES)


def needed_books(claims: Claims, kind: ClaimKind, owner: int, lots: Sequence[int]) -> list[int]:
    """The owner's books that hold anything on chain and are of an account that sold from these lots, in rising order.

    A sale that names no account is of the owner's own ledger, account 0. Raises IssueError (Withheld) where the account
    of a sale was erased: a book that is missing would make a number wrong.
    """
    if not (kind.takes_books or kind.reads_books):
        return []
    wanted = {book_number(account, owner) for lot in lots for account in _accounts(claims, lot)}
    return [book for book in claims.books_of(owner) if book in wanted and claims.runs_of(book)]


def _accounts(claims: Claims, lot: int) -> Iterator[int]:
    for event in claims.events_of(lot):
        if event.kind in _SALE_CODES:
            disclosure = open_slots(event.disclosures).get("order")
            if disclosure is None:
                place = f"{lot_to_hex(lot)}:{event.position}"
                raise IssueError("Withheld", f"the order group of the sale at {place} was erased, with its account")
            _, order = parse_disclosure(disclosure)
            account = order.get("platform_account", 0)
            yield account if type(account) is int else 0
