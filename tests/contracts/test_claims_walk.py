"""Whatever is done about claims, the registry answers as the model does, and nothing serves twice.

Random sales, returns and fees between random acts; many of them fit, the others are wrong in one way or another.
"""

import random
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import brownie
import pytest
from actors import SITE_A
from claim_model import Model, Refused
from claims import BANK, CAD, EXCHANGE, OTHER_BANK, SETTLEMENT, USD, WHOLE, bank_of, book_range, currency, some_hash
from trade import BOOK, LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_set import EMPTY_SET, fold, lot_sets

STEPS = 100
LOTS = (LOT, UNTOUCHED_LOT)
PURPOSES = (EXCHANGE, SETTLEMENT)
STEPS_OF_SHARES = (0, 1, WHOLE // 3, WHOLE // 2, WHOLE)


class Walk:
    """A rewound chain, a model of its claims, and random acts from a seed. ``answers`` counts what came of them."""

    def __init__(self, claims, seed):
        self.claims, self.chance = claims, random.Random(seed)
        self.answers, self.ids, self.folds = Counter(), [], {}
        claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 20))
        claims.charge(2)
        self.model = Model({LOT: (16, 80, 1), UNTOUCHED_LOT: (3, 20, 0)}, 2)

    def run(self):
        acts = {self.issue: 6, self.trade: 5}
        later = {self.supersede: 4, self.reduce: 2, self.revoke: 2, self.unwind: 3, self.endorse: 8, self.release: 3}
        for step in range(STEPS):
            able = acts | later if self.ids else acts
            [act] = self.chance.choices(list(able), able.values())
            act()
            if step % 4 == 3:
                self.no_position_serves_twice()
                self.books_are_consumed_without_a_gap()
                self.shares_are_what_banks_hold_of_them()
                assert set(self.claims.overdrawn()) == self.model.overdrawn

    # -- what happens to the goods

    def trade(self):
        model, lot, pieces = self.model, self.chance.choice(LOTS), self.chance.randint(1, 4)
        what = self.chance.choice(["sale", "return", "refund", "fee"])
        if what == "fee":
            self.claims.charge()
            model.book_length += 1
            return
        at_export = what == "sale" and lot != LOT
        lane = {"sale": self.claims.ledger.lanes(LOT, SITE_A)[3], "return": model.sold[lot], "refund": 0}[what]
        pieces = min(pieces, self.claims.ledger.lanes(lot)[1] if at_export else lane)
        if pieces == 0 and what != "refund":
            return
        kind = {"sale": "SALE_AT_EXPORT" if at_export else "SALE", "return": "RETURN_IN", "refund": "REFUND"}[what]
        self.claims.ledger.tell((kind, lot, 0 if at_export else SITE_A, pieces))
        model.length[lot] += 1
        model.adverse[lot] += what != "sale"
        model.sold[lot] += {"sale": pieces, "return": -pieces, "refund": 0}[what]

    # -- claims

    def issue(self):
        purpose = self.chance.choice([EXCHANGE, EXCHANGE, SETTLEMENT])
        positions, books = self.some_positions(purpose), self.some_books(purpose)
        pieces = {lot: self.chance.randint(0, 25) for lot in positions}
        currencies = self.chance.choice([(USD, CAD), (USD,), (CAD,)]) if purpose == EXCHANGE else ()
        owing = sorted(self.model.overdrawn) if purpose == EXCHANGE else []
        deducted = self.chance.choice([owing, owing, owing, owing[1:], self.ids[-1:]])
        id, sets, ranges = some_hash(), lot_sets(positions, pieces), [book_range(*found) for found in books]

        def act():
            tanks = {code: some_hash(code) for code in currencies}
            self.claims.issue(positions, pieces, ranges, tanks, deducted, id=id, purpose=purpose)

        if self.expect("issue", act, id, purpose, positions, pieces, books, currencies, deducted):
            self.ids.append(id)
            self.folds[id] = [([part], []) for part in sets] + [([], [found]) for found in ranges]

    def supersede(self):
        id = self.chance.choice(self.ids)
        claim = self.model.claims[id]
        positions = self.chance.choice([self.some_positions(claim.purpose), {}])
        books, version = self.some_books(claim.purpose), claim.version + self.now_and_then()
        pieces = {lot: max(0, claim.pieces.get(lot, 0) - self.chance.randint(-1, 9)) for lot in positions}
        limits = {self.chance.choice([USD, USD, CAD]): self.chance.choice(STEPS_OF_SHARES[:4])}
        limits = self.chance.choice([limits, {}])
        sets, ranges = lot_sets(positions, pieces), [book_range(*found) for found in books]

        def act():
            self.claims.supersede(id, sets, ranges, limits, version=version)

        if self.expect("supersede", act, id, version, positions, pieces, books, limits):
            self.folds[id] += [([part], []) for part in sets] + [([], [found]) for found in ranges]

    def reduce(self):
        id, given = self.chance.choice(self.ids), {self.chance.choice(LOTS): self.chance.randint(0, 20)}
        version = self.model.claims[id].version + self.now_and_then()
        self.expect("reduce", lambda: self.claims.reduce(id, given, version=version), id, version, given)

    def revoke(self):
        id = self.chance.choice(self.ids)
        version = self.model.claims[id].version + self.now_and_then()
        self.expect("revoke", lambda: self.claims.revoke(id, version=version), id, version)

    def unwind(self):
        revoked = [id for id in self.ids if self.model.claims[id].state == "REVOKED" and self.folds[id]]
        id = self.chance.choice(revoked or self.ids)
        if not self.folds[id]:
            return
        previous = EMPTY_SET
        for part in self.folds[id][:-1]:
            previous = fold(previous, *part)
        if self.expect("unwind", lambda: self.claims.unwind(id, *self.folds[id][-1], rest=previous), id):
            self.folds[id].pop()

    # -- banks

    def endorse(self):
        step, receipt_step = (self.chance.choice(STEPS_OF_SHARES[1:]) // 3 + 1 for _ in range(2))
        message, (id, *shares) = self.some_step(step, receipt_step, self.claims.endorsement)
        claim, maximum = self.model.claims[id], self.chance.choice([WHOLE, WHOLE, WHOLE // 2])
        adverse = sum(self.model.adverse[lot] for lot in claim.pieces) + self.now_and_then()
        message = replace(message, version=claim.version + self.now_and_then(), adverse=adverse)
        arguments = (id, message.version, *shares, adverse, maximum)
        self.expect("endorse", lambda: self.claims.endorse(message, maximum), *arguments)

    def release(self):
        """Mostly of what was endorsed, with the receipt that it was endorsed with."""
        held = [key for key, drawn in self.model.drawn.items() if drawn["claim"]]
        if held and self.chance.random() < 0.8:
            key = self.chance.choice(held)
            part, more = self.chance.choice([1, 2]), self.now_and_then()
            steps = [-(self.model.drawn[key][name] // part) - more for name in ("claim", "receipt")]
            message, arguments = self.some_step(*steps, self.claims.returned, key)
        else:
            message, arguments = self.some_step(*self.chance.choices(STEPS_OF_SHARES, k=2), self.claims.returned)
        self.expect("release", lambda: self.claims.release(message), *arguments)

    def some_step(self, step, receipt_step, build, key=None):
        """A message that moves shares, and what the model is told of it."""
        live = [id for id in self.ids if any(tank.limit for tank in self.model.claims[id].tanks.values())]
        id = self.chance.choice(live or self.ids)
        codes = [*self.model.claims[id].tanks, USD]
        bank, receipt = self.chance.choice([BANK, OTHER_BANK]), self.chance.choice(["one", "two"])
        id, code, number, receipt = key or (id, self.chance.choice(codes), bank.number, receipt)
        bank = bank_of(number)
        tank = self.model.claims[id].tanks.get(code)
        start, receipt_start = tank.share if tank else 0, self.model.receipts[bank.number, receipt]
        ends = [max(0, found) for found in (start + step, receipt_start + receipt_step)]
        off, receipt_off = self.now_and_then(), self.now_and_then()
        message = build(id, *ends, bank=bank, receipt=receipt, code=code)
        message = replace(message, claim_from=start + off, receipt_from=receipt_start + receipt_off)
        shares = (start + off, ends[0]), bank.number, receipt, (receipt_start + receipt_off, ends[1])
        return message, (id, code, *shares)

    # -- what is drawn

    def now_and_then(self):
        return int(self.chance.random() < 0.05)

    def some_positions(self, purpose):
        """Positions of one or two lots: mostly free ones, now and then any."""
        found = {}
        for lot in self.chance.choice([LOTS[:1], LOTS[1:], LOTS]):
            every = range(self.model.length[lot] + 1)
            free = [at for at in every[:-1] if (purpose, lot, at) not in self.model.used]
            pool = free if free and self.chance.random() < 0.9 else every
            found[lot] = {self.chance.choice(pool) for _ in range(self.chance.randint(1, 2))}
        return found

    def some_books(self, purpose):
        cursor, length = self.model.cursors[purpose], self.model.book_length
        wrong = self.chance.choice([(cursor + 1, length), (cursor, length + 1)])
        return self.chance.choice([[], [], [], [(cursor, length)], [(cursor, length)], [(cursor, cursor)], [wrong]])

    def expect(self, act, do, *arguments):
        """Does it, as the model does: whether it was accepted."""
        after = deepcopy(self.model)
        try:
            getattr(after, act)(*arguments)
        except Refused as answer:
            self.answers[f"{act}: {answer}"] += 1
            with pytest.raises(brownie.exceptions.VirtualMachineError, match=f"{answer}: "):
                do()
            return False
        do()
        self.answers[act] += 1
        self.model = after
        return True

    # -- what always holds

    def no_position_serves_twice(self):
        for purpose in PURPOSES:
            for lot in LOTS:
                taken = Counter(
                    position
                    for claim in self.model.claims.values()
                    for part in claim.parts
                    if part is not None and claim.purpose == purpose and part[0] == lot
                    for position in part[1]
                )
                assert set(taken.values()) <= {1}
                assert self.claims.used(lot, purpose) == taken.keys()
                assert self.claims.claimed(lot, purpose) == self.model.claimed(purpose, lot)

    def books_are_consumed_without_a_gap(self):
        for purpose in PURPOSES:
            assert self.claims.contract.bookCursor(purpose, BOOK) == self.model.cursors[purpose]
            live = [claim for claim in self.model.claims.values() if claim.purpose == purpose and claim.state == "LIVE"]
            taken = sorted(found for claim in live for found in claim.ranges if found[0] != found[1])
            assert all(one[1] == other[0] for one, other in pairwise(taken))
            assert [found[0] for found in taken[:1]] in ([], [0])

    def shares_are_what_banks_hold_of_them(self):
        for id, claim in self.model.claims.items():
            for code, tank in claim.tanks.items():
                assert tuple(self.claims.contract.tankOf(id, currency(code)))[:2] == (tank.share, tank.limit)
                held = [drawn["claim"] for key, drawn in self.model.drawn.items() if key[:2] == (id, code)]
                assert sum(held) == tank.share <= WHOLE
                assert all(part >= 0 for part in held)
        for (bank, receipt), share in self.model.receipts.items():
            assert self.claims.contract.receiptOf(bank, some_hash(receipt))[0] == share <= WHOLE
            held = [drawn["receipt"] for key, drawn in self.model.drawn.items() if key[2:] == (bank, receipt)]
            assert sum(held) == share


@pytest.mark.parametrize("seed", range(5))
def test_the_registry_answers_as_the_model_does(claims, seed):
    walk = Walk(claims, seed)
    walk.run()
    print(walk.answers)
    assert {"issue", "endorse", "release"} <= walk.answers.keys()
    assert len(walk.answers) > 18
