"""Whatever is sent, the contract answers as the model does, and no piece is lost.

Random batches of random records from random parties: many of them fit, the others are wrong in one way or several.
After each, the pieces of every lot are what was declared, and Solidity and Python agree on every word, leaf and head.
"""

from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass

import brownie
import pytest
from actors import ACTORS, ADMITTED, OPERATOR_OF, SITE_A, SITE_B, UNKNOWN_SITE
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from ledger import Ledger, refused, usual_signer
from model import Model, Refused
from records import CODES, a_record
from trade import BOOK, LOT, MOST, NEW_LOT, OTHER_LOT, STORY, UNTOUCHED, UNTOUCHED_LOT

from verifier.kinds import KIND_BY_CODE, REVERSAL, Role, Scope, may_sign
from verifier.lanes import MOVES
from verifier.record import registry_book

LOTS = (LOT, UNTOUCHED_LOT, OTHER_LOT, NEW_LOT)
EXPORTER, OTHER_EXPORTER, GATEWAY = (ACTORS[name] for name in ("exporter", "other_exporter", "gateway"))
OTHER_CODES = (0x00, 0x20, 0x62, 0x7F, 0x80 | 0x60, 0xFF)
"""Not listed, written by the contract alone, or without a reversal."""


NEW_ROLES = (Role.PLATFORM, Role.OPERATOR, Role.PLATFORM | Role.CARRIER, Role.EXPORTER | Role.GATEWAY)


@dataclass(frozen=True)
class Draw:
    """What hypothesis chooses of a record. ``spoil`` makes one field of it wrong."""

    code: int
    lot: int
    site: int
    party: str
    part: int
    spoil: str


DRAWS = st.builds(
    Draw,
    code=st.sampled_from([*CODES.values(), *OTHER_CODES]),
    lot=st.sampled_from([LOT, LOT, LOT, *LOTS]),
    site=st.sampled_from([SITE_A, SITE_A, SITE_B]),
    party=st.sampled_from(list(ACTORS)),
    part=st.integers(1, 4),
    spoil=st.sampled_from(["", "", "", "", "lot", "site", "quantity", "quantity"]),
)


class Trade(RuleBasedStateMachine):
    """One run: a rewound chain, a model of it, and random steps. The test below sets what it starts from."""

    opened: Ledger
    opening: Model
    answers: Counter

    def __init__(self):
        super().__init__()
        brownie.chain.revert()
        self.ledger, self.model = self.opened.fork(), deepcopy(self.opening)
        self.sent, self.touched = [], set(LOTS)

    @rule(batch=st.lists(DRAWS, min_size=6, max_size=16))
    def record_what_fits(self, batch):
        """Of what was drawn, the records that the model takes, from the party that most of them are of."""
        fitting = defaultdict(list)
        for draw in batch:
            record = to_record(self.model, draw)
            party = fitting_signer(self.model, draw, record)
            if self.model.takes(party.number, [*fitting[party], record]):
                fitting[party].append(record)
        party = max(fitting, key=lambda party: len(fitting[party]))
        if fitting[party]:
            self.record(party, fitting[party])

    @rule(batch=st.lists(DRAWS, min_size=1, max_size=3), signer=st.sampled_from(["fitting"] * 9 + list(ACTORS)))
    def record_anything(self, batch, signer):
        records = [to_record(self.model, draw) for draw in batch]
        fitting = fitting_signer(self.model, batch[0], records[0])
        self.record(fitting if signer == "fitting" else ACTORS[signer], records)

    @precondition(lambda self: self.sent)
    @rule()
    def replay(self):
        number = self.sent[-1][2]
        with refused("InvalidAccountNonce", f"0x{number:040x}", self.ledger.nonces[number]):
            self.ledger.send(self.sent[-1])

    @precondition(lambda self: len(self.sent) % 4 == 3)
    @rule(party=st.sampled_from(["platform", "operator_b", "stranger", "exporter"]), roles=st.sampled_from(NEW_ROLES))
    def change_roles(self, party, roles):
        self.ledger.set_party(ACTORS[party], roles)
        self.model.roles[ACTORS[party].number] = roles

    def record(self, party, records):
        self.touched = {int.from_bytes(record[:8], "big") for record in records}
        try:
            after = self.model.after(party.number, records)
        except Refused as answer:
            self.answers[answer.error] += 1
            with refused(answer.error, *answer.arguments):
                self.ledger.record(party, *records)
        else:
            self.answers["accepted"] += len(records)
            self.sent.append(self.ledger.batch(party, *records))
            self.ledger.send(self.sent[-1])
            self.model = after

    @invariant()
    def pieces_are_where_the_model_has_them_and_as_many_as_were_declared(self):
        for number in self.touched.intersection(LOTS):
            lot = self.model.lot(number)
            lanes = {site: self.ledger.lanes(number, site) for site in (0, *OPERATOR_OF)}
            assert lanes == {site: lot.accounts.account(site) for site in lanes}
            assert tuple(self.ledger.contract.lotOf(number)) == (lot.owner, lot.declared)
            assert sum(map(sum, lanes.values())) == lot.declared

    @invariant()
    def logs_agree(self):
        self.ledger.assert_agrees()
        for number in self.touched.intersection((*LOTS, BOOK)):
            lot = self.model.lot(number)
            assert tuple(self.ledger.contract.history(number))[1:] == (lot.length, lot.adverse)

    def teardown(self):
        self.touched = {*LOTS, BOOK}
        self.pieces_are_where_the_model_has_them_and_as_many_as_were_declared()
        self.logs_agree()


def to_record(model, draw):
    """A record of the kind that was drawn, which fits unless it is to be spoiled."""
    kind = KIND_BY_CODE.get(draw.code & ~REVERSAL)
    scope = kind.scope if kind else Scope.HOME
    lot, site = draw.lot, draw.site
    match scope:
        case Scope.OPEN:
            site = OTHER_EXPORTER.number if lot == OTHER_LOT else EXPORTER.number
        case Scope.HOME:
            site = 0
        case Scope.BOOK:
            lot, site = BOOK, 0
        case Scope.BOOK_SITE:
            lot = BOOK
        case Scope.GRANT | Scope.REGISTRY:
            lot, site = registry_book(EXPORTER.number), ACTORS[draw.party].number
    quantity = fitting_quantity(model, draw, lot, site)
    if draw.spoil == "lot":
        lot = (0, 99, BOOK, registry_book(EXPORTER.number))[draw.part - 1]
    elif draw.spoil == "site":
        site = (0, UNKNOWN_SITE, SITE_B, EXPORTER.number)[draw.part - 1]
    elif draw.spoil == "quantity":
        quantity = (0, 1, quantity + 1, MOST)[draw.part - 1]
    return a_record(draw.code, lot, site, quantity)


def fitting_quantity(model, draw, lot, site):
    """None for a note, else a part of what the lane holds that the pieces leave, at least one."""
    source, destination = MOVES.get(draw.code, (None, None))
    if source is None:
        return draw.part if destination else 0
    at_site, lane = source
    available = model.lot(lot).accounts.account(site if at_site else 0)[lane]
    return available if draw.code == CODES["DECLARE_REVERSAL"] else max(1, available // draw.part)


def fitting_signer(model, draw, record):
    """The first party that may sign a record; the one that was drawn if none may."""
    able = (party for party in ACTORS.values() if is_signed_by(model, record, party))
    return next(able, ACTORS[draw.party])


def is_signed_by(model, record, party):
    lot, site, code = int.from_bytes(record[:8], "big"), int.from_bytes(record[8:11], "big"), record[11]
    kind = KIND_BY_CODE.get(code & ~REVERSAL)
    owner = model.lot(lot).owner
    return kind is not None and may_sign(
        kind.signers,
        roles=model.roles[party.number],
        is_owner=owner == party.number,
        is_operator=model.operators.get(site) == party.number,
        is_admitted=(owner, party.number) in model.admissions,
    )


@pytest.fixture(scope="module")
def opening():
    """The model of what the fixture ``opened`` has done."""
    model = Model()
    model.roles = {party.number: party.roles for party in ACTORS.values()}
    model.operators |= {site: operator.number for site, operator in OPERATOR_OF.items()}
    model.admissions = {(EXPORTER.number, ACTORS[name].number) for name in ADMITTED}
    for kind, lot, site, quantity in STORY:
        model = model.after(usual_signer(kind, site).number, [a_record(kind, lot, site, quantity)])
    declarations = ((UNTOUCHED_LOT, EXPORTER), (OTHER_LOT, OTHER_EXPORTER))
    records = [a_record("DECLARE", lot, owner.number, UNTOUCHED) for lot, owner in declarations]
    return model.after(GATEWAY.number, records)


def test_the_contract_answers_as_the_model_does(opened, opening, fn_isolation):
    Trade.opened, Trade.opening, Trade.answers = opened, opening, Counter()
    run_state_machine_as_test(Trade, settings=settings(derandomize=True))
    print(Trade.answers)
    assert Trade.answers["accepted"] > 200
    assert len(Trade.answers) > 7
