"""The rules of the contract, and the few that it cannot know, over the lots that a group of events touches.

``Ledger`` is a working set: what the store loaded for this group, changed in place as events are applied. An event is
applied whole or not at all. The order in which events of a lot are applied is the order of its history on chain.

Beyond the contract: the target must exist, be of a kind that fits, and have enough left; money refunded stays within
the sale; and an event whose reference or stock is not there *yet* waits instead of being refused.
"""

from dataclasses import dataclass, field

from service.core.errors import RefusedError, WaitingError
from service.core.rows import Row
from verifier.kinds import Home, Role, Scope, Site, may_sign
from verifier.record import BOOK_BIT, REGISTRY_ACCOUNT, Word, lot_to_hex
from verifier.replay import must_share_site

_ON_HAND, _EXPECTED = int(Site.ON_HAND), int(Site.EXPECTED)


@dataclass(slots=True)
class LotState:
    """A lot or book as far as it was accepted. ``accounts`` maps a site (0 = home) to its eight lanes of pieces."""

    lot: int
    owner: int
    line: str | None = None
    declared: int = 0
    length: int = 0
    accounts: dict[int, list[int]] = field(default_factory=dict)
    sku: str | None = None
    export_date: str | None = None
    fob_minor: int | None = None
    fob_currency: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An accepted event, as far as later events that name it need it. ``event_time`` in unix seconds."""

    lot: int
    position: int
    code: int
    site: int
    quantity: int
    target: int | None
    event_time: int
    amount: int | None = None
    currency: str | None = None


@dataclass(slots=True)
class Used:
    """How much of an event was taken back or used up: pieces, and minor units of its currency."""

    pieces: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """What is asked of the ledger: an event with its names resolved to numbers."""

    party: int
    event_key: tuple[int, str]
    row: Row
    word: Word
    event_time: int
    target_key: tuple[int, str] | None
    line: str | None = None
    amount: int | None = None
    currency: str | None = None


@dataclass(slots=True)
class Ledger:
    """The working set. The sets at the end name what changed, for the store to save."""

    roles: dict[int, int]
    operators: dict[int, int]
    admissions: set[tuple[int, int]]
    lots: dict[int, LotState] = field(default_factory=dict)
    lot_by_line: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[int, str], Known] = field(default_factory=dict)
    used: dict[tuple[int, int], Used] = field(default_factory=dict)
    changed_lots: set[int] = field(default_factory=set)
    changed_accounts: set[tuple[int, int]] = field(default_factory=set)
    changed_used: set[tuple[int, int]] = field(default_factory=set)
    changed_admissions: dict[tuple[int, int], bool] = field(default_factory=dict)

    def apply(self, movement: Movement) -> Known:
        """Apply one event and return it with its place in the lot's history. Raises as ``check``."""
        return self.commit(movement, *self.check(movement))

    def check(self, movement: Movement) -> tuple[LotState, Known | None]:
        """The lot and the target of an event that may be applied as things stand; changes nothing.

        Raises WaitingError if its lot, its target or its stock has not come yet, RefusedError if it breaks a rule.
        """
        row, word = movement.row, movement.word
        lot = self._place(movement)
        self.check_signer(movement.party, row, word.site, lot.owner)
        if (word.quantity > 0) != row.is_movement:
            expected = "1 piece or more" if row.is_movement else "0 pieces: this kind is a note"
            raise RefusedError("LotLedgerWrongQuantity", f"expected {expected}", field="quantity", got=word.quantity)
        target = self._target(movement, lot)
        if row.source is not None:
            self._check_lane(movement, lot)
        if row.needs_stock:
            self._check_stocked(lot, word.site)
        if target is not None:
            self._check_left(movement, target)
        return lot, target

    def _place(self, movement: Movement) -> LotState:
        row, word = movement.row, movement.word
        lot = self.lots.get(word.lot)
        if row.scope is Scope.OPEN:
            return self._open(movement, lot)
        if row.scope in (Scope.SITE, Scope.BOOK_SITE):
            if word.site not in self.operators:
                raise RefusedError("LotLedgerUnknownSite", "expected a registered site", field="site", got=word.site)
        elif row.scope is Scope.GRANT:
            if word.site not in self.roles:
                raise RefusedError("LotLedgerWrongPlace", "expected the party admitted", field="site", got=word.site)
        elif word.site != 0:
            raise RefusedError("LotLedgerWrongPlace", f"{row.name} takes no site", field="site", got=word.site)
        if (row.scope > Scope.OPEN) != bool(word.lot & BOOK_BIT):
            expected = "a book" if row.scope > Scope.OPEN else "a lot"
            raise RefusedError("LotLedgerWrongPlace", f"expected {expected}", field="lot", got=lot_to_hex(word.lot))
        if word.lot & BOOK_BIT:
            return self._book(movement, lot)
        if lot is None or lot.length == 0:
            raise WaitingError("LotLedgerUnknownLot", "the lot is not declared yet", field="line")
        return lot

    def _open(self, movement: Movement, lot: LotState | None) -> LotState:
        word = movement.word
        if movement.row.is_reversal:
            if lot is None or lot.declared == 0 or lot.owner != word.site:
                raise RefusedError("LotLedgerUnknownLot", "expected a declared lot of this owner", field="lot")
            return lot
        if lot is not None and lot.length:
            raise RefusedError("LotLedgerLotTaken", "this line is declared already", field="line")
        if not self.roles.get(word.site, 0) & Role.EXPORTER:
            raise RefusedError("LotLedgerNotAnExporter", "expected an exporter's number", field="site", got=word.site)
        return LotState(word.lot, word.site, movement.line, word.quantity)

    def _book(self, movement: Movement, lot: LotState | None) -> LotState:
        word = movement.word
        is_registry = word.lot >> 32 & REGISTRY_ACCOUNT == REGISTRY_ACCOUNT
        owner = word.lot & 0xFFFFFFFF
        if owner not in self.roles:
            raise RefusedError("LotLedgerUnknownLot", "expected a book of a registered party", field="lot")
        if is_registry != (movement.row.scope is Scope.GRANT):
            raise RefusedError("LotLedgerWrongPlace", "a registry book takes ADMIT and ADMIT_END only", field="lot")
        return lot or LotState(word.lot, owner)

    def check_signer(self, party: int, row: Row, site: int, owner: int) -> None:
        """Raise RefusedError unless a party may sign a kind at a site, in a lot or book of this owner."""
        if not may_sign(
            row.signers,
            roles=self.roles.get(party, 0),
            is_owner=owner == party,
            is_operator=self.operators.get(site) == party,
            is_admitted=(owner, party) in self.admissions,
        ):
            raise RefusedError("LotLedgerNotAllowed", f"party {party} may not sign {row.name} here", field="kind")

    def _target(self, movement: Movement, lot: LotState) -> Known | None:
        row, key = movement.row, movement.target_key
        if not row.targets:
            if key is not None:
                raise RefusedError("TargetNotAllowed", f"{row.name} names no target", field="target_id")
            return None
        if key is None:
            raise RefusedError(
                "TargetMissing", f"{row.name} names a {' or '.join(row.target_names)}", field="target_id"
            )
        target = self.known.get(key)
        if target is None:
            raise WaitingError("TargetUnknown", "the target has not come yet", field="target_id")
        if target.lot != lot.lot or target.code not in row.targets:
            raise RefusedError(
                "TargetMismatch", f"expected a {' or '.join(row.target_names)} of this lot", field="target_id"
            )
        if target.site != movement.word.site and must_share_site(row.code, target.code):
            raise RefusedError("TargetMismatch", f"the target is at site {target.site}", field="site")
        if row.name == "SALE" and movement.event_time < target.event_time:
            raise RefusedError("SaleBeforeShip", "expected the time of the SHIP or later", field="event_time")
        return target

    @staticmethod
    def _check_stocked(lot: LotState, site: int) -> None:
        """A count is of something: notes are not strewn over lots that a warehouse never had."""
        lanes = lot.accounts.get(site)
        if lanes is None:
            raise WaitingError("StockNotYetThere", "no piece of this lot was addressed to the site yet")
        if not any(lanes):
            raise RefusedError(
                "LotLedgerNoStock",
                "no piece of this lot is accounted for at the site",
                lot=lot_to_hex(lot.lot),
                site=site,
            )

    def _check_lane(self, movement: Movement, lot: LotState) -> None:
        row, word = movement.row, movement.word
        lanes = lot.accounts.get(row.source_site(word.site))
        source = row.source
        assert source is not None
        available = lanes[source] if lanes else 0
        if row.scope is Scope.OPEN and (available != lot.declared or word.quantity != lot.declared):
            available = min(available, word.quantity - 1)  # a DECLARE is taken back whole, while no piece has left
        if available >= word.quantity:
            return
        missing = word.quantity - available
        if not row.targets and self._may_still_come(row, lanes, missing):
            raise WaitingError("StockNotYetThere", f"{missing} of {word.quantity} pieces have not come yet")
        raise RefusedError(
            "LotLedgerInsufficient",
            f"the lane {row.source_name} holds {available} pieces, {word.quantity} were asked",
            lot=lot_to_hex(word.lot),
            site=row.source_site(word.site),
            lane=row.source_name,
            available=available,
            asked=word.quantity,
        )

    @staticmethod
    def _may_still_come(row: Row, lanes: list[int] | None, missing: int) -> bool:
        """Stock that was announced and not received yet, a departure not reported yet, a site not addressed yet."""
        if lanes is None:
            return True
        if row.is_source_home:
            return row.source == Home.TRANSIT and lanes[Home.DECLARED] >= missing
        return row.source == _ON_HAND and lanes[_EXPECTED] >= missing

    def _check_left(self, movement: Movement, target: Known) -> None:
        row, word = movement.row, movement.word
        used = self.used.get((target.lot, target.position)) or Used()
        if row.is_reversal or row.is_movement:
            left = (target.quantity or 1) - used.pieces
            asked = word.quantity or 1
            if asked > left:
                raise RefusedError(
                    "TargetExceeded", f"the target has {left} left, {asked} were asked", available=left, asked=asked
                )
        if row.name == "REFUND" and target.amount is not None and movement.amount is not None:
            left = target.amount - used.amount
            if movement.currency != target.currency:
                raise RefusedError("TargetMismatch", f"the sale is in {target.currency}", field="money.currency")
            if movement.amount > left:
                raise RefusedError(
                    "TargetExceeded", "the refunds pass the sale", field="money", available=left, asked=movement.amount
                )

    def commit(self, movement: Movement, lot: LotState, target: Known | None) -> Known:
        """Apply an event that was checked, and return it with its place in the lot's history."""
        row, word = movement.row, movement.word
        self.lots[lot.lot] = lot
        if row.source is not None:
            self._lanes(lot, row.source_site(word.site))[row.source] -= word.quantity
        if row.destination is not None:
            self._lanes(lot, row.destination_site(word.site))[row.destination] += word.quantity
        if row.scope is Scope.OPEN:
            lot.declared = 0 if row.is_reversal else word.quantity
            if lot.line is not None:
                self.lot_by_line[lot.line] = lot.lot
        elif row.scope is Scope.GRANT:
            grant = (lot.owner, word.site)
            self.changed_admissions[grant] = row.name == "ADMIT"
            (self.admissions.add if row.name == "ADMIT" else self.admissions.discard)(grant)
        if target is not None:
            self._use(movement, target)
        known = Known(
            lot.lot,
            lot.length,
            row.code,
            word.site,
            word.quantity,
            target.position if target else None,
            movement.event_time,
            movement.amount,
            movement.currency,
        )
        lot.length += 1
        self.changed_lots.add(lot.lot)
        self.known[movement.event_key] = known
        return known

    def _use(self, movement: Movement, target: Known) -> None:
        """Take pieces or money off the target; a reversal also gives back what its target had taken off its own."""
        row, word = movement.row, movement.word
        if row.is_reversal or row.is_movement:
            self._used(target.lot, target.position).pieces += word.quantity or 1
        elif movement.amount is not None and row.name == "REFUND":
            self._used(target.lot, target.position).amount += movement.amount
        if row.is_reversal and target.target is not None:
            used = self._used(target.lot, target.target)
            if row.is_movement:
                used.pieces -= word.quantity
            elif row.target_names[0] == "REFUND":
                used.amount -= target.amount or 0

    def _used(self, lot: int, position: int) -> Used:
        self.changed_used.add((lot, position))
        return self.used.setdefault((lot, position), Used())

    def _lanes(self, lot: LotState, site: int) -> list[int]:
        self.changed_accounts.add((lot.lot, site))
        lanes = lot.accounts.get(site)
        if lanes is None:
            lanes = lot.accounts[site] = [0] * 8
        return lanes
