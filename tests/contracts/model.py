"""What the contract must answer to a batch, said in Python from the table of kinds and the lanes of verifier/.

The order of the checks is the contract's, since the first one that fails gives the error.
"""

from copy import deepcopy
from dataclasses import dataclass

from verifier.kinds import KIND_BY_CODE, REVERSAL, Role, Scope, may_sign
from verifier.lanes import InsufficientError, LotAccounts, check_word
from verifier.record import BOOK_BIT, REGISTRY_ACCOUNT, Word

BOOKS = (Scope.BOOK, Scope.BOOK_SITE, Scope.GRANT)
DECLARE, ADMIT = 0x01, 0x60


class Refused(Exception):
    """The contract reverts with this error."""

    def __init__(self, error, *arguments):
        super().__init__(error, *arguments)
        self.error, self.arguments = error, arguments


@dataclass
class Lot:
    """A lot or a book. ``length`` counts its leaves."""

    accounts: LotAccounts
    owner: int = 0
    declared: int = 0
    length: int = 0
    adverse: int = 0


class Model:
    """Parties, sites, admissions and lots."""

    def __init__(self):
        self.roles = {}
        self.operators = {0: 0}
        self.admissions = set()
        self.lots = {}

    def after(self, party, records):
        """The state after a batch; Refused if there is none."""
        state = deepcopy(self)
        for index, record in enumerate(records):
            state._apply(index, party, Word.from_bytes(record))
        return state

    def takes(self, party, records):
        """Whether a batch is accepted."""
        try:
            self.after(party, records)
        except Refused:
            return False
        return True

    def lot(self, number):
        """A lot or book, empty if it was never heard of."""
        if number not in self.lots:
            owner = number & 0xFFFFFFFF if number & BOOK_BIT else 0
            self.lots[number] = Lot(LotAccounts(number), owner)
        return self.lots[number]

    def _apply(self, index, party, word):
        kind = KIND_BY_CODE.get(word.kind & ~REVERSAL)
        self._require_known(index, word, kind)
        self._require_place(index, party, word, kind)
        self._require_signer(index, party, word, kind)
        if (word.quantity == 0) == kind.is_movement:
            raise Refused("LotLedgerWrongQuantity", index, as_number(word))
        if kind.needs_stock and not word.kind & REVERSAL and not any(self.lot(word.lot).accounts.account(word.site)):
            raise Refused("LotLedgerNoStock", index, word.lot, word.site)
        check_word(word)  # whatever the contract takes is well-formed to a verifier
        lot = self.lot(word.lot)
        self._move(index, lot, word)
        lot.length += 1
        lot.adverse += bool(word.kind & REVERSAL) or kind.adverse

    def _require_known(self, index, word, kind):
        lot, opens = self.lot(word.lot), kind is not None and kind.scope is Scope.OPEN
        is_known = self.roles.get(lot.owner) if word.lot & BOOK_BIT else word.lot and (lot.length or opens)
        if not is_known:
            raise Refused("LotLedgerUnknownLot", index, word.lot)

    def _require_place(self, index, party, word, kind):
        is_unlisted = kind is None or (kind.is_final and word.kind & REVERSAL)
        scope = Scope.REGISTRY if is_unlisted else kind.scope
        match scope:
            case Scope.SITE | Scope.BOOK_SITE:
                if not self.operators.get(word.site):
                    raise Refused("LotLedgerUnknownSite", index, word.site)
            case Scope.OPEN:
                self._open(index, word)
            case Scope.GRANT:
                self._grant(index, party, word)
            case Scope.REGISTRY:
                raise Refused("LotLedgerUnlistedKind", index, as_number(word))
            case Scope.HOME | Scope.BOOK if word.site:
                raise Refused("LotLedgerWrongPlace", index, as_number(word))
        is_registry = word.lot >> 32 == BOOK_BIT >> 32 | REGISTRY_ACCOUNT
        is_book = word.lot & BOOK_BIT != 0
        if is_registry != (scope is Scope.GRANT) or is_book != (scope in BOOKS):
            raise Refused("LotLedgerWrongPlace", index, as_number(word))

    def _open(self, index, word):
        lot = self.lot(word.lot)
        if word.kind == DECLARE:
            if lot.length:
                raise Refused("LotLedgerLotTaken", index, word.lot)
            if not self.roles.get(word.site, 0) & Role.EXPORTER:
                raise Refused("LotLedgerNotAnExporter", index, word.site)
            lot.owner, lot.declared = word.site, word.quantity
            return
        if lot.owner != word.site or not lot.declared:
            raise Refused("LotLedgerUnknownLot", index, word.lot)
        self._move(index, deepcopy(lot), word)
        lot.declared = 0

    def _grant(self, index, party, word):
        if word.kind & REVERSAL:
            raise Refused("LotLedgerUnlistedKind", index, as_number(word))
        if not self.roles.get(word.site):
            raise Refused("LotLedgerWrongPlace", index, as_number(word))
        owner = self.lot(word.lot).owner
        if owner != party:
            raise Refused("LotLedgerNotAllowed", index, as_number(word), party)
        change = self.admissions.add if word.kind == ADMIT else self.admissions.discard
        change((owner, word.site))

    def _require_signer(self, index, party, word, kind):
        owner = self.lot(word.lot).owner
        relations = {
            "is_owner": owner == party,
            "is_operator": self.operators.get(word.site) == party and kind.scope in (Scope.SITE, Scope.BOOK_SITE),
            "is_admitted": (owner, party) in self.admissions,
        }
        if not may_sign(kind.signers, roles=self.roles[party], **relations):
            raise Refused("LotLedgerNotAllowed", index, as_number(word), party)

    def _move(self, index, lot, word):
        try:
            lot.accounts.apply(word)
        except InsufficientError as error:
            numbers = (error.lot, error.site, error.lane, error.available, error.asked)
            raise Refused("LotLedgerInsufficient", index, *numbers) from error


def as_number(word):
    return int.from_bytes(word.to_bytes(), "big")
