"""What an event costs. Figures are gas an event, but for the deployment and the code size in bytes."""

import hashlib
import random

import pytest
from actors import ACTORS, SITE_A
from gas import assert_reviewed
from records import a_record

MIXED_BUDGET = 4_000
CODE_LIMIT = 24_576  # EIP-170
LOTS = sorted(random.Random(1).sample(range(1, 2**63), 50))
MIX = ("RECEIVE", "SHIP", "HOLD", "RELEASE", "SHIP", "SHIP", "LOSE", "COUNT", "SHIP", "GIVE")
"""What a warehouse does in a day."""
GATEWAY, EXPORTER, OPERATOR, PLATFORM = (ACTORS[name] for name in ("gateway", "exporter", "operator_a", "platform"))


@pytest.fixture(scope="module")
def stocked(opened):
    """Fifty lots with goods in the warehouse, and the gas that it took to bring each of them there."""
    measure = {
        "declare 50 lots": batch(opened, GATEWAY, [("DECLARE", lot, EXPORTER.number, 100_000) for lot in LOTS]),
        "depart 50 lots": batch(opened, GATEWAY, [("DEPART", lot, 0, 100_000) for lot in LOTS]),
        "announce 50 lots": batch(opened, EXPORTER, [("ASN", lot, SITE_A, 90_000) for lot in LOTS]),
        "receive 50 lots": batch(opened, OPERATOR, [("RECEIVE", lot, SITE_A, 80_000) for lot in LOTS]),
    }
    batch(opened, OPERATOR, [(kind, lot, SITE_A, 500) for lot in LOTS for kind in ("SHIP", "HOLD")])
    return opened, measure


def batch(ledger, party, events):
    """Records events and gives the gas of each."""
    records = [
        a_record(*event, digest=hashlib.sha256(f"{event} {index}".encode()).digest())
        for index, event in enumerate(events)
    ]
    return ledger.record(party, *records).gas_used // len(events)


def mixed(number, lots):
    """Events of a day, sorted by lot."""
    chance = random.Random(number)
    kinds = [MIX[i % len(MIX)] for i in range(number // len(lots))]
    return [(kind, lot, SITE_A, 0 if kind == "COUNT" else chance.randint(1, 3)) for lot in lots for kind in kinds]


def sales(number):
    return [("SALE", lot, SITE_A, 1) for lot in LOTS for _ in range(number // len(LOTS))]


def in_disorder(events):
    return random.Random(2).sample(events, len(events))


@pytest.fixture(scope="module")
def figures(stocked):
    ledger, found = stocked
    return found | {
        "1 event": batch(ledger, OPERATOR, mixed(1, LOTS[:1])),
        "100 mixed events over 50 lots": batch(ledger, OPERATOR, mixed(100, LOTS)),
        "1000 mixed events over 1 lot": batch(ledger, OPERATOR, mixed(1000, LOTS[:1])),
        "1000 mixed events over 50 lots": batch(ledger, OPERATOR, mixed(1000, LOTS)),
        "1000 mixed events over 50 lots, in disorder": batch(ledger, OPERATOR, in_disorder(mixed(1000, LOTS))),
        "2000 mixed events over 50 lots": batch(ledger, OPERATOR, mixed(2000, LOTS)),
        "1000 sales over 50 lots": batch(ledger, PLATFORM, sales(1000)),
        "50 returns over 50 lots": batch(ledger, OPERATOR, [("RETURN_IN", lot, SITE_A, 1) for lot in LOTS]),
        "deployment": ledger.contract.tx.gas_used,
        "bytes of code": len(ledger.contract.bytecode) // 2,
    }


def test_a_mixed_event_costs_no_more_than_its_budget(figures):
    assert figures["1000 mixed events over 50 lots"] <= MIXED_BUDGET


def test_the_contract_fits_the_limit_of_code(figures):
    assert figures["bytes of code"] < CODE_LIMIT


def test_every_cost_is_the_one_that_was_reviewed(figures):
    assert_reviewed("events", figures)
