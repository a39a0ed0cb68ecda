"""Role fixtures, a deployed contract for each module, and a chain that is rewound after each test."""

import gc
import hashlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actors import ACTORS, ADMITTED, OPERATOR_OF
from claims import ISSUER, OTHER_ISSUER, Claims
from ledger import Ledger
from records import a_record
from trade import LOT, OTHER_LOT, STORY, UNTOUCHED, UNTOUCHED_LOT

from verifier.record import registry_book

LOG_ID = hashlib.sha256(b"cangsu contract tests").digest()


def _actor(name):
    @pytest.fixture(scope="session", name=name)
    def actor():
        return ACTORS[name]

    return actor


registrar = _actor("registrar")
gateway = _actor("gateway")
carrier = _actor("carrier")
operator_a = _actor("operator_a")
operator_b = _actor("operator_b")
platform = _actor("platform")
payment = _actor("payment")
exporter = _actor("exporter")
other_exporter = _actor("other_exporter")
bank = _actor("bank")
tax = _actor("tax")
biller = _actor("biller")
stranger = _actor("stranger")
foreign_platform = _actor("foreign_platform")


@pytest.fixture(scope="session", autouse=True)
def settled(web3):
    """Halves the time. Brownie collects garbage at each rewind, and web3 asks for the chain's id before each call."""
    gc.collect()
    gc.freeze()
    web3.provider.cache_allowed_requests = True
    web3.provider.cacheable_requests = {"eth_chainId"}


@pytest.fixture(scope="module")
def empty(LotLedger, accounts, module_isolation):
    """A contract as it is deployed: the registrar's first leaf and nothing else."""
    return Ledger(accounts[0].deploy(LotLedger, LOG_ID, accounts[0]), accounts[0])


@pytest.fixture(scope="module")
def opened(empty):
    """Parties, keys, sites and admissions, a lot with pieces in every lane, and two that have not left the factory."""
    for party in ACTORS.values():
        if party.name != "registrar":
            empty.set_party(party)
        empty.add_key(party)
    for site, operator in OPERATOR_OF.items():
        empty.open_site(site, operator)
    owner = ACTORS["exporter"]
    admissions = [a_record("ADMIT", registry_book(owner.number), ACTORS[name].number) for name in ADMITTED]
    empty.record(owner, *admissions)
    empty.tell(*STORY)
    empty.record(
        ACTORS["gateway"],
        a_record("DECLARE", UNTOUCHED_LOT, owner.number, UNTOUCHED),
        a_record("DECLARE", OTHER_LOT, ACTORS["other_exporter"].number, UNTOUCHED),
    )
    return empty


@pytest.fixture
def ledger(opened, fn_isolation):
    """The opened contract; whatever a test does with it is undone."""
    return opened.fork()


@pytest.fixture(scope="module")
def claims_opened(opened, ClaimRegistry):
    """The registry of the opened ledger, and two issuers."""
    for party in (ISSUER, OTHER_ISSUER):
        opened.set_party(party)
        opened.add_key(party)
    return Claims(opened, ClaimRegistry)


@pytest.fixture
def claims(claims_opened, ClaimRegistry, fn_isolation):
    """The same registry; whatever a test does with it is undone."""
    return Claims(claims_opened.ledger.fork(), ClaimRegistry)


@pytest.fixture
def lot():
    """The lot with pieces in every lane: trade.STOCK."""
    return LOT
