"""What the claim registry must answer, said in Python: positions, pieces, books, shares and debts.

The order of the checks is the contract's, since the first one that fails gives the error. Signatures and the forms of
sets are not in here. One owner, whose books are one; what lots hold is told to the model as it happens.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from verifier.claim_messages import PURPOSES, SHARES

EXCHANGE = PURPOSES["EXCHANGE"]


class Refused(Exception):
    """The contract reverts with this error."""


@dataclass
class Tank:
    share: int = 0
    limit: int = SHARES
    settled: int = 0

    @property
    def excess(self):
        return max(0, self.share - self.limit - self.settled)


@dataclass
class Claim:
    """``parts`` are what is to be unwound, the last one first: (lot, positions) or None for a range of the book."""

    purpose: int
    state: str = "LIVE"
    version: int = 1
    is_reduced: bool = False
    pieces: dict = field(default_factory=dict)
    parts: list = field(default_factory=list)
    ranges: list = field(default_factory=list)
    tanks: dict = field(default_factory=dict)
    settlements: list = field(default_factory=list)

    @property
    def is_overdrawn(self):
        return any(tank.excess for tank in self.tanks.values())


class Model:
    def __init__(self, lots, book_length):
        self.length, self.sold, self.adverse = ({lot: found[i] for lot, found in lots.items()} for i in range(3))
        self.book_length = book_length
        self.claims = {}
        self.used = set()  # (purpose, lot, position)
        self.cursors = defaultdict(int)
        self.receipts = defaultdict(int)
        self.drawn = defaultdict(Counter)  # (id, currency, bank, receipt) → claim and receipt shares

    def claimed(self, purpose, lot):
        live = [claim for claim in self.claims.values() if claim.purpose == purpose and claim.state == "LIVE"]
        return sum(claim.pieces.get(lot, 0) for claim in live)

    @property
    def overdrawn(self):
        return {id for id, claim in self.claims.items() if claim.is_overdrawn}

    def issue(self, id, purpose, positions, pieces, books, currencies, deducted):
        claim = Claim(purpose, pieces=dict(pieces), ranges=list(books))
        claim.tanks = {currency: Tank() for currency in currencies}
        for lot in sorted(positions, reverse=True):
            self._require_free(purpose, lot, positions[lot])
            available = self.sold[lot] - self.claimed(purpose, lot)
            if pieces[lot] > 0 and pieces[lot] > available:
                raise Refused("ClaimRegistryInsufficient")
        self._take_books(purpose, books)
        self._settle(claim, deducted)
        self.claims[id] = claim
        self._take(claim, positions, books)

    def supersede(self, id, version, positions, pieces, books, limits):
        claim = self._live(id, version)
        for lot in sorted(positions, reverse=True):
            if lot not in claim.pieces:
                raise Refused("ClaimRegistryLotNotClaimed")
            self._require_free(claim.purpose, lot, positions[lot])
            if pieces[lot] > claim.pieces[lot]:
                raise Refused("ClaimRegistryMorePieces")
        self._take_books(claim.purpose, books)
        for currency in sorted(limits):
            if currency not in claim.tanks:
                raise Refused("ClaimRegistryBadTank")
            if limits[currency] > claim.tanks[currency].limit:
                raise Refused("ClaimRegistryHigherLimit")
        for currency, limit in limits.items():
            claim.tanks[currency].limit = limit
        claim.pieces |= pieces
        claim.ranges += books
        self._take(claim, positions, books)
        claim.version, claim.is_reduced = claim.version + 1, False

    def reduce(self, id, version, pieces):
        claim = self._live(id, version)
        for lot in sorted(pieces, reverse=True):
            if lot not in claim.pieces:
                raise Refused("ClaimRegistryLotNotClaimed")
            if pieces[lot] > claim.pieces[lot]:
                raise Refused("ClaimRegistryMorePieces")
        claim.pieces |= pieces
        claim.is_reduced = True

    def revoke(self, id, version):
        claim = self._live(id, version)
        if any(tank.share for tank in claim.tanks.values()):
            raise Refused("ClaimRegistryEndorsed")
        cursor = self.cursors[claim.purpose]
        for start, end in reversed(claim.ranges):
            if start != end and cursor != end:
                raise Refused("ClaimRegistryBookMoved")
            cursor = start if start != end else cursor
        self.cursors[claim.purpose] = cursor
        for other, currency, share in claim.settlements:
            self.claims[other].tanks[currency].settled -= share
        claim.state = "REVOKED"

    def unwind(self, id):
        """Takes the last part off; what it was."""
        claim = self.claims[id]
        if claim.state != "REVOKED":
            raise Refused("ClaimRegistryWrongState")
        if not claim.parts:
            raise Refused("ClaimRegistryNotTheLast")
        part = claim.parts.pop()
        if part is not None:
            lot, positions = part
            self.used -= {(claim.purpose, lot, position) for position in positions}

    def endorse(self, id, version, currency, shares, bank, receipt, receipt_shares, adverse, maximum):
        claim = self._live(id, version)
        if claim.purpose != EXCHANGE:
            raise Refused("ClaimRegistryWrongPurpose")
        if claim.is_reduced:
            raise Refused("ClaimRegistryReduced")
        if adverse != sum(self.adverse[lot] for lot in claim.pieces):
            raise Refused("ClaimRegistryAdverseMoved")
        tank = claim.tanks.get(currency, Tank(limit=0))
        self._compare(tank, shares, bank, receipt, receipt_shares)
        self._require_step(*shares, min(maximum, tank.limit))
        self._require_step(*receipt_shares, SHARES)
        tank.share, self.receipts[bank, receipt] = shares[1], receipt_shares[1]
        steps = {"claim": shares[1] - shares[0], "receipt": receipt_shares[1] - receipt_shares[0]}
        self.drawn[id, currency, bank, receipt].update(steps)

    def release(self, id, currency, shares, bank, receipt, receipt_shares):
        tank = self.claims[id].tanks.get(currency, Tank())
        self._compare(tank, shares, bank, receipt, receipt_shares)
        self._require_step(*shares[::-1], SHARES)
        self._require_step(*receipt_shares[::-1], SHARES)
        drawn = self.drawn[id, currency, bank, receipt]
        steps = {"claim": shares[0] - shares[1], "receipt": receipt_shares[0] - receipt_shares[1]}
        if any(step > drawn[name] for name, step in steps.items()):
            raise Refused("ClaimRegistryNotEndorsed")
        drawn.subtract(steps)
        tank.share, self.receipts[bank, receipt] = shares[1], receipt_shares[1]

    def _live(self, id, version):
        claim = self.claims[id]
        if claim.state != "LIVE":
            raise Refused("ClaimRegistryWrongState")
        if claim.version != version:
            raise Refused("ClaimRegistryWrongVersion")
        return claim

    def _require_free(self, purpose, lot, positions):
        if any(position >= self.length[lot] for position in positions):
            raise Refused("ClaimRegistryUnknownPosition")
        if any((purpose, lot, position) in self.used for position in positions):
            raise Refused("ClaimRegistryUsed")

    def _take(self, claim, positions, books):
        for lot in sorted(positions):
            self.used |= {(claim.purpose, lot, position) for position in positions[lot]}
            claim.parts.append((lot, positions[lot]))
        claim.parts += [None] * len(books)

    def _take_books(self, purpose, books):
        for start, end in books:
            if start != self.cursors[purpose] or not start <= end <= self.book_length:
                raise Refused("ClaimRegistryBadBook")
        for _, end in books:
            self.cursors[purpose] = end

    def _settle(self, claim, deducted):
        if claim.purpose != EXCHANGE:
            if deducted:
                raise Refused("ClaimRegistryNotOverdrawn")
            return
        for id in deducted:
            if id not in self.overdrawn:
                raise Refused("ClaimRegistryNotOverdrawn")
            for currency, tank in self.claims[id].tanks.items():
                if tank.excess and currency not in claim.tanks:
                    raise Refused("ClaimRegistryBadTank")
        if self.overdrawn - set(deducted):
            raise Refused("ClaimRegistryNotDeducted")
        for id in deducted:
            for currency, tank in self.claims[id].tanks.items():
                if tank.excess:
                    claim.settlements.append((id, currency, tank.excess))
                    tank.settled += tank.excess

    def _compare(self, tank, shares, bank, receipt, receipt_shares):
        if shares[0] != tank.share:
            raise Refused("ClaimRegistryShareMoved")
        if receipt_shares[0] != self.receipts[bank, receipt]:
            raise Refused("ClaimRegistryReceiptMoved")

    def _require_step(self, low, high, most):
        if not low < high <= most:
            raise Refused("ClaimRegistryBadShare")
