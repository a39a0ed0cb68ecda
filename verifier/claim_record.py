"""Step 9: the claim is on chain as the credential says, nothing of it serves twice, and what banks have used of it.

The chain's word wins over any status list. It is read at a block of its own, usually later than the anchor's: a
credential that was true when it was issued may have been superseded since.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from verifier.claim_follow import verify_spoken_of
from verifier.claim_set import BookRange, fold, lot_sets
from verifier.claims import loss, return_to_origin, sales
from verifier.claims.case import Case, LotStory
from verifier.claims.exchange import lacks_own_ledger
from verifier.claims.kinds import Purpose, claim_kind
from verifier.claims.record import SHARES, ClaimRecord, Tank
from verifier.eip712 import Domain
from verifier.errors import InvalidError, RevokedError, SupersededError, UnavailableError
from verifier.kinds import KIND_BY_NAME, REVERSAL_SUFFIX
from verifier.payload import Payload
from verifier.record import book_number, lot_to_hex
from verifier.view import ChainView, ClaimState, TankState

LIVE, REVOKED = 2, 3
_LEFT_OUT: dict[int, Callable[[Case, LotStory], frozenset[int]]] = {
    Purpose.EXCHANGE: sales.left_out,
    Purpose.SETTLEMENT: sales.left_out,
    Purpose.RETURN: return_to_origin.left_out,
    Purpose.LOSS: loss.left_out,
}
"""What another claim of the purpose must have taken, since it changes what that one came to."""


@dataclass(frozen=True, slots=True)
class Used:
    """What banks have endorsed of a currency, and what is left, in minor units; less than 0 if it is overdrawn."""

    currency: str
    ceiling_minor: int
    endorsed_minor: int
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the chain says of a claim. ``is_reduced``: pieces came back and no new version covers it yet.

    ``adverse_since``: refunds, returns and reversals of its lots behind the anchor, which no figure knows of.
    """

    block_number: int
    version: int
    is_reduced: bool
    used: tuple[Used, ...]
    adverse_since: int = 0


def digest_of(signing_input: bytes) -> bytes:
    """What names a credential: SHA-256 of ``header.payload``, never of the signature, which has a twin."""
    return hashlib.sha256(signing_input).digest()


def set_hash(record: ClaimRecord) -> bytes:
    """The hash of the claim's set: all its parts folded in, one after the other (docs/formats.md §8)."""
    found = bytes(32)
    for part in record.parts:
        positions = {lot.lot: lot.positions for lot in part.lots}
        pieces = {lot.lot: lot.pieces for lot in part.lots}
        books = [BookRange(book.book, book.first, book.end) for book in part.books]
        found = fold(found, lot_sets(positions, pieces), books)
    return found


def verify_claim_record(
    payload: Payload, case: Case, signing_input: bytes, view: ChainView, *, are_figures_checked: bool = True
) -> Recorded:
    """Compare a claim with its record. UnavailableError if its kind has none or the view cannot say.

    Figures that step 8 could not check may be anything at all, and say nothing of what is left.
    Raises InvalidError if the chain has no such claim, has revoked or superseded it, or holds another one.
    """
    kind, record = claim_kind(payload.vct), payload.record
    if kind.speaks_of_claim:
        spoken_of = verify_spoken_of(payload, view)
        return Recorded(spoken_of.block_number, spoken_of.version, spoken_of.is_reduced, _used_now(payload, spoken_of))
    if kind.purpose is Purpose.NONE:
        raise UnavailableError("this kind of credential uses nothing up")
    if record is None or record.purpose != kind.purpose:
        raise InvalidError("the credential has no record of the purpose of its kind")
    state = view.claim(payload.anchor.domain, record.claim_id, [tank.currency for tank in record.tanks])
    _verify_state(payload, record, state, digest_of(signing_input))
    _verify_consumed(payload, case, record, view)
    _verify_deducted(payload, record, view)
    used = _used(payload, record, state) if are_figures_checked else ()
    since = view.adverse(payload.anchor.domain, record.claim_id) - _adverse(case, record)
    return Recorded(state.block_number, state.version, state.is_reduced, used, since)


def _adverse(case: Case, record: ClaimRecord) -> int:
    """What the ledger had counted as adverse in the lots of the claim up to the anchor."""
    lots, reversal = record.pieces().keys(), REVERSAL_SUFFIX
    return sum(
        event.kind.endswith(reversal) or KIND_BY_NAME[event.kind].adverse
        for lot in case.lots if lot.lot in lots for event in lot.events
    )  # fmt: skip


def _verify_state(payload: Payload, record: ClaimRecord, state: ClaimState, digest: bytes) -> None:
    if state.state == REVOKED:
        raise RevokedError("the claim was revoked")
    if state.state != LIVE:
        raise InvalidError("the chain has no such claim")
    if state.version != record.version:
        raise SupersededError(record.version, state.version)
    if state.credential_digest != digest:
        raise InvalidError("the chain has another credential under this claim")
    if (state.issuer, state.owner, state.purpose) != (payload.issuer.party, payload.claim["owner"], record.purpose):
        raise InvalidError("the chain has this claim of another issuer, owner or purpose")
    if state.set_hash != set_hash(record):
        raise InvalidError("the chain has another set of sales under this claim")


def _verify_consumed(payload: Payload, case: Case, record: ClaimRecord, view: ChainView) -> None:
    """What lessens sales of other claims is in those claims; and no note of a book was left to nobody."""
    domain = payload.anchor.domain
    left_out = _LEFT_OUT.get(record.purpose)
    consumed = claim_kind(payload.vct).consumed
    for lot in case.lots:
        usage = _Usage(view, domain, record.purpose, lot.lot)
        for position in sorted(left_out(case, lot)) if left_out else ():
            root = _root(lot, position, consumed)
            # What follows on a sale that nobody has claimed lessens no claim: whoever claims the sale must take it.
            if not usage.has(position) and (root == position or usage.has(root)):
                raise InvalidError(f"position {position} of {lot_to_hex(lot.lot)} lessens a sale, and no claim took it")
    for book in case.books if claim_kind(payload.vct).takes_books else ():
        end = record.book_range(book.book)[1]
        if end < len(book.events) and view.book_cursor(domain, record.purpose, book.book) < len(book.events):
            raise InvalidError(f"notes of {lot_to_hex(book.book)} up to the anchor are in no claim")
    if claim_kind(payload.vct).takes_books and lacks_own_ledger(case):
        ledger = book_number(0, case.owner)
        if view.history(payload.anchor, ledger).length:
            raise InvalidError(
                f"goods were sold on no account, and notes of the own ledger {lot_to_hex(ledger)} are left out"
            )


def _verify_deducted(payload: Payload, record: ClaimRecord, view: ChainView) -> None:
    """All that the chain made the claim take over of overdrawn ones is taken off its ceilings, and nothing else."""
    domain = payload.anchor.domain
    settled = {(found.claim_id, found.currency): found.share for found in view.settlements(domain, record.claim_id)}
    if [(entry.claim_id, entry.currency) for entry in record.deducted] != sorted(settled):
        raise InvalidError("the chain made the claim take over other debts of its owner than it deducts")
    for entry in record.deducted:
        tank = view.claim(domain, entry.claim_id, [entry.currency]).tanks[entry.currency]
        if tank.commitment != entry.tank.commitment():
            raise InvalidError(f"the chain has another whole of {entry.currency} under the claim that is deducted")
        # The share is a difference of two that were rounded down, and so within a minor unit of the amount.
        if entry.amount_minor + 1 < entry.tank.amount(settled[entry.claim_id, entry.currency]):
            raise InvalidError(f"the claim deducts less {entry.currency} than the chain made it take over")


class _Usage:
    """Which positions of a lot claims of a purpose have used, read word by word."""

    def __init__(self, view: ChainView, domain: Domain, purpose: int, lot: int) -> None:
        self._view, self._domain, self._purpose, self._lot = view, domain, purpose, lot
        self._words: dict[int, int] = {}

    def has(self, position: int) -> bool:
        """Whether a claim has used a position."""
        word = position >> 8
        if word not in self._words:
            self._words[word] = self._view.usage(self._domain, self._purpose, self._lot, word)
        return bool(self._words[word] >> (position & 255) & 1)


def _root(lot: LotStory, position: int, consumed: frozenset[str]) -> int:
    """The position of the sale, entry or loss that an event follows on; its own if it follows on none."""
    target = lot.events[position].target
    while target is not None and lot.events[target].kind in consumed:
        position, target = target, lot.events[target].target
    return position


def _used_now(payload: Payload, state: ClaimState) -> tuple[Used, ...]:
    """What is left of the currency of an endorsement today: its own figures are of the day on which it was made."""
    asked = payload.claim["asked"]
    if not state.tanks:
        return ()
    tank = Tank.from_json({name: asked[name] for name in ("currency", "whole_minor", "salt")})
    limit, endorsed = (
        tank.amount(share) for share in (state.tanks[tank.currency].limit, state.tanks[tank.currency].share)
    )
    return (Used(tank.currency, limit, endorsed, limit - endorsed),)


def _used(payload: Payload, record: ClaimRecord, state: ClaimState) -> tuple[Used, ...]:
    """Tanks, held against the ceilings that the events come to.

    A currency without a tank had no ceiling at first: if it has one in a later version, nothing of it is endorsed.
    """
    currencies = payload.claim["figures"].get("currencies", {})
    ceilings = {currency: figures["ceiling_minor"] for currency, figures in currencies.items()}
    bare = [currency for currency, ceiling in ceilings.items() if ceiling > 0 and currency not in state.tanks]
    if bare and record.version == 1:
        raise InvalidError(f"{bare[0]} has a ceiling and no tank")
    found = [
        _used_of(tank, state.tanks[tank.currency], ceilings.get(tank.currency, 0), record) for tank in record.tanks
    ]
    return (*found, *(Used(currency, ceilings[currency], 0, 0) for currency in bare))


def _used_of(tank: Tank, found: TankState, ceiling: int, record: ClaimRecord) -> Used:
    if found.commitment != tank.commitment():
        raise InvalidError(f"the chain has another whole of {tank.currency} under this claim")
    if record.version == 1 and tank.whole_minor != ceiling:
        raise InvalidError(f"the whole of {tank.currency} is {tank.whole_minor}, its ceiling {ceiling}")
    if found.limit > max(0, min(SHARES, tank.share(ceiling))):
        raise InvalidError(f"the chain lets banks endorse more {tank.currency} than the ceiling of {ceiling}")
    endorsed = tank.amount(found.share)
    return Used(tank.currency, ceiling, endorsed, min(ceiling, tank.amount(found.limit)) - endorsed)
