"""One lot, replayed event by event from its DECLARE (docs/formats.md §5): what the chain enforces and what it cannot.

The chain keeps lanes from going below zero. It does not see targets, since they lie in the sealed events; here every
event that names one is held to it:

- the target stands earlier in the same lot and is of a kind that this kind may name;
- a movement takes from its target no more pieces than that has left; a reversal gives them back to *its* target's
  target (the reversal of a SALE returns the pieces to the SHIP that the SALE named);
- a note is reversed once;
- a reversal stands where its target stands; and where any event and its target both stand at a site it is the same one,
  but for RETURN_IN, which says where the goods arrive [an owner that runs the shipping site, and so may not attest
  sales there, would raise a price at another site's number].
"""

from dataclasses import dataclass

from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, NAME_BY_CODE, REVERSAL, Scope, target_kinds
from verifier.lanes import LotAccounts, check_word
from verifier.record import Word, lot_to_hex

_DECLARE = CODE_BY_NAME["DECLARE"]
_DECLARE_REVERSAL = _DECLARE | REVERSAL
_RETURN_IN = CODE_BY_NAME["RETURN_IN"]
_SITE_SCOPES = (Scope.SITE, Scope.BOOK_SITE)


@dataclass(slots=True)
class _Past:
    """An event that was applied. ``left`` is what later events may still take from it; 1 for a note not reversed."""

    word: Word
    target: int | None
    left: int


class Replay:
    """The state of one lot after the events that were applied. ``declared`` is 0 once the DECLARE is taken back."""

    def __init__(self, lot: int) -> None:
        self.accounts = LotAccounts(lot)
        self.owner = 0
        self.declared = 0
        self._past: list[_Past] = []

    def apply(self, word: Word, target: int | None) -> None:
        """Apply the next event of the lot; ``target`` is the position that its clear part names.

        Raises InvalidError (InsufficientError for a lane below zero), with nothing changed, if a rule is broken.
        """
        check_word(word)
        if word.lot != self.accounts.lot:
            raise InvalidError(f"an event of lot {lot_to_hex(word.lot)} in the history of another")
        if (word.kind == _DECLARE) != (not self._past):
            raise InvalidError("a lot is opened by one DECLARE, its first event")
        found = None if target is None else self._find(word, target)
        if KIND_BY_CODE[word.kind & ~REVERSAL].needs_stock and not word.kind & REVERSAL:
            self._require_stock(word)
        self.accounts.apply(word)
        if found is not None:
            self._take(word, found)
        if word.kind == _DECLARE:
            self.owner, self.declared = word.site, word.quantity
        elif word.kind == _DECLARE_REVERSAL:
            self.declared = 0
        self._past.append(_Past(word, target, word.quantity or 1))

    def _require_stock(self, word: Word) -> None:
        if not any(self.accounts.by_site.get(word.site, ())):
            raise InvalidError(f"{NAME_BY_CODE[word.kind]} at site {word.site}, where no piece of the lot is")

    def left(self, position: int) -> int:
        """How many pieces later events may still take from the event at a position; for a note, 1 or 0."""
        return self._past[position].left

    def _find(self, word: Word, target: int) -> _Past:
        """The target, if this word may name it and that has enough left."""
        name = NAME_BY_CODE[word.kind]
        if target >= len(self._past):
            raise InvalidError(f"{name} names position {target}, which does not come before it")
        found = self._past[target]
        if NAME_BY_CODE[found.word.kind] not in target_kinds(word.kind):
            raise InvalidError(f"{name} cannot name {NAME_BY_CODE[found.word.kind]} at position {target}")
        if word.site != found.word.site and must_share_site(word.kind, found.word.kind):
            raise InvalidError(f"{name} at site {word.site} names an event at site {found.word.site}")
        asked = self._asked(word)
        if asked > found.left:
            raise InvalidError(f"{name} takes {asked} from position {target}, which has {found.left} left")
        return found

    def _take(self, word: Word, found: _Past) -> None:
        found.left -= self._asked(word)
        if word.kind & REVERSAL and word.quantity and found.target is not None:
            self._past[found.target].left += word.quantity

    @staticmethod
    def _asked(word: Word) -> int:
        """A movement takes its pieces, the reversal of a note the whole note, any other note nothing."""
        return word.quantity or (1 if word.kind & REVERSAL else 0)


def must_share_site(code: int, target_code: int) -> bool:
    """Whether an event with this kind code must stand at the same site as its target."""
    if code & REVERSAL:
        return True
    return code != _RETURN_IN and _stands_at_site(code) and _stands_at_site(target_code)


def _stands_at_site(code: int) -> bool:
    return KIND_BY_CODE[code].scope in _SITE_SCOPES
