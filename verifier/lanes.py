"""The accounts of a lot: every piece is in exactly one lane of exactly one account (docs/formats.md §5).

An account is a list of eight counts, lane 0 first, as ``Home`` or ``Site`` name them; site 0 is the lot's home. As a
word it is the uint256 that the contract keeps: lane 0 in the lowest 32 bits. The verifier and the service replay
movements with this file, and the contract does the same in Solidity, so the three refuse the same records.
"""

from collections.abc import Sequence

from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, NAME_BY_CODE, REVERSAL, Home, Scope, Site, lanes
from verifier.record import BOOK_BIT, REGISTRY_ACCOUNT, Word, lot_to_hex

LANES = 8
_BITS = 32
_MAX_PIECES = (1 << _BITS) - 1
_DECLARE = CODE_BY_NAME["DECLARE"]
_DECLARE_REVERSAL = _DECLARE | REVERSAL
_BOOK_SCOPES = (Scope.BOOK, Scope.BOOK_SITE)
_REGISTRY_SCOPES = (Scope.GRANT, Scope.REGISTRY)
_REGISTRY_TOP = BOOK_BIT >> 32 | REGISTRY_ACCOUNT

Lane = tuple[bool, int] | None
"""(lies at a site, lane number)."""


class InsufficientError(InvalidError):
    """A lane holds fewer pieces than a movement takes. ``site`` 0 is the lot's home."""

    def __init__(self, lot: int, site: int, lane: int, available: int, asked: int) -> None:
        place = f"site {site}" if site else "its home"
        name = lane_name(site, lane)
        super().__init__(f"lot {lot_to_hex(lot)} has {available} pieces {name} at {place}, {asked} are asked for")
        self.lot, self.site, self.lane, self.available, self.asked = lot, site, lane, available, asked

    def __reduce__(self) -> tuple[type["InsufficientError"], tuple[int, int, int, int, int]]:
        return type(self), (self.lot, self.site, self.lane, self.available, self.asked)


def _split(lane: Home | Site | None) -> Lane:
    return None if lane is None else (isinstance(lane, Site), int(lane))


MOVES: dict[int, tuple[Lane, Lane]] = {code: (_split(lanes(code)[0]), _split(lanes(code)[1])) for code in NAME_BY_CODE}
"""(from, to) of every listed code; (None, None) for a note."""


def lane_name(site: int, lane: int) -> str:
    """The name of a lane: of ``Home`` at site 0, of ``Site`` elsewhere."""
    return Site(lane).name if site else Home(lane).name


def to_account_word(account: Sequence[int]) -> int:
    """Eight counts as the contract's uint256."""
    word = 0
    for lane, pieces in enumerate(account):
        word |= pieces << (_BITS * lane)
    return word


def from_account_word(word: int) -> list[int]:
    """The eight counts in the contract's uint256."""
    return [word >> (_BITS * lane) & _MAX_PIECES for lane in range(LANES)]


class LotAccounts:
    """All accounts of one lot. ``by_site`` holds an account for each place that was touched."""

    __slots__ = ("by_site", "lot")

    def __init__(self, lot: int, by_site: dict[int, list[int]] | None = None) -> None:
        self.lot = lot
        self.by_site: dict[int, list[int]] = {} if by_site is None else by_site

    def account(self, site: int) -> list[int]:
        """The account at a site, all zeros if it was never touched."""
        account = self.by_site.get(site)
        if account is None:
            account = self.by_site[site] = [0] * LANES
        return account

    def apply(self, word: Word) -> None:
        """Move the pieces of a word of this lot; a note moves none.

        Raises InsufficientError, with nothing changed, if the lane that pieces leave does not hold them. Whether the
        word is well formed is ``check_word``'s to say, whether the lot is open the caller's.
        """
        source, destination = MOVES[word.kind]
        quantity = word.quantity
        if source is not None:
            if word.kind == _DECLARE_REVERSAL:
                self._require_untouched(quantity)
            site = word.site if source[0] else 0
            account = self.account(site)
            available = account[source[1]]
            if available < quantity:
                raise InsufficientError(self.lot, site, source[1], available, quantity)
            account[source[1]] = available - quantity
        if destination is not None:
            self.account(word.site if destination[0] else 0)[destination[1]] += quantity

    def total(self) -> int:
        """All pieces of the lot, wherever they are: what was declared."""
        return sum(sum(account) for account in self.by_site.values())

    def to_words(self) -> dict[int, int]:
        """The contract's uint256 for every place with pieces."""
        words = {site: to_account_word(account) for site, account in self.by_site.items()}
        return {site: word for site, word in words.items() if word}

    def to_names(self) -> dict[str, dict[str, int]]:
        """Site number → lane name → pieces, lanes of 0 left out: the form that a credential carries."""
        named = {
            str(site): {lane_name(site, lane): pieces for lane, pieces in enumerate(self.by_site[site]) if pieces}
            for site in sorted(self.by_site)
        }
        return {site: account for site, account in named.items() if account}

    def _require_untouched(self, quantity: int) -> None:
        """A DECLARE is taken back whole, and only while every piece is still DECLARED."""
        declared = self.account(0)[Home.DECLARED]
        if not quantity == declared == self.total():
            raise InsufficientError(self.lot, 0, Home.DECLARED, declared, self.total())


def check_word(word: Word) -> None:
    """Check what the contract checks of a word by itself: its place and its quantity.

    Raises InvalidError for an unlisted kind, a lot where a book must be (and the reverse), a site where none may be
    (and the reverse), no pieces in a movement or pieces in a note.
    """
    row = KIND_BY_CODE.get(word.kind & ~REVERSAL)
    if row is None or word.kind not in NAME_BY_CODE:
        raise InvalidError(f"unlisted kind 0x{word.kind:02x}")
    is_book, is_registry = word.lot & BOOK_BIT != 0, word.lot >> 32 == _REGISTRY_TOP
    wants_registry = row.scope in _REGISTRY_SCOPES
    if word.lot == 0 or is_registry != wants_registry or is_book != (wants_registry or row.scope in _BOOK_SCOPES):
        raise InvalidError(f"{row.name} cannot stand in {lot_to_hex(word.lot)}")
    if row.scope is not Scope.REGISTRY and (word.site == 0) != (row.scope in (Scope.HOME, Scope.BOOK)):
        raise InvalidError(f"{row.name} cannot stand at site {word.site}")
    if (word.quantity == 0) == row.is_movement:
        raise InvalidError(f"{row.name} cannot have the quantity {word.quantity}")
