"""Solidity passes the shared vectors of tests/vectors, by really recording what they say."""

import hashlib

import pytest
from actors import Party
from ledger import ANYWHERE, FOREVER, refused, sign, transact
from records import load, raw

from verifier.eip712 import Domain, batch_digest
from verifier.kinds import Role
from verifier.lanes import from_account_word

LOG, TREE = load("log"), load("tree_heads")
DOMAIN = Domain(LOG["domain"]["chain_id"], raw(LOG["domain"]["contract"]), raw(LOG["domain"]["log_id"]))
OPERATOR = 4
CALLS = {
    "setParty": ("party", "roles"),
    "addKey": ("party", "keyType", "keyId", "validFrom", "validTo", "isCustodial", "consent"),
    "openSite": ("site", "operator"),
}


@pytest.fixture(scope="module")
def relayer(accounts):
    """Sends the transactions, and is the registrar's account."""
    return accounts[0]


@pytest.fixture(scope="module")
def deployed(LotLedger, accounts, relayer, module_isolation):
    """The first contract of the deployer's account: it has the address that the frozen signatures name."""
    deployer = accounts.add(LOG["deployer"])
    relayer.transfer(deployer, "10 ether")
    contract = deployer.deploy(LotLedger, LOG["domain"]["log_id"], relayer)
    assert contract.address.lower() == LOG["domain"]["contract"]
    return contract


@pytest.fixture(scope="module")
def written(deployed, relayer):
    """The contract after every step of the log, each of which must leave the frozen tree head."""
    for step in LOG["steps"]:
        take_step(deployed, relayer, step)
        assert read_head(deployed) == {"size": step["size"], "root": step["root"]}
    return deployed


def take_step(contract, sender, step):
    if step["call"] == "record":
        transact(contract, "record", *arguments(step), sender=sender)
    elif step["call"] != "constructor":
        fields = [step[name] for name in CALLS[step["call"]]]
        transact(contract, step["call"], *fields, sender=sender)


def arguments(batch):
    return (batch["records"], ANYWHERE, batch["party"], batch["nonce"], batch["deadline"], batch["signature"])


def read_head(contract):
    size, root = contract.treeHead()
    return {"size": int(size), "root": str(root)}


@pytest.mark.parametrize("case", LOG["histories"], ids=lambda case: case["lot"])
def test_the_log_has_the_histories(written, fn_isolation, case):
    assert tuple(written.history(int(case["lot"], 16))) == (case["head"], case["length"], case["adverse"])


@pytest.mark.parametrize("case", LOG["accounts"], ids=lambda case: f"{case['lot']}-{case['site']}")
def test_the_log_has_the_pieces(written, fn_isolation, case):
    assert from_account_word(written.accountWord(int(case["lot"], 16), case["site"])) == case["lanes"]


@pytest.mark.parametrize("case", load("batches")["accepted"], ids=lambda case: case["name"])
def test_a_frozen_signature_is_accepted(written, relayer, fn_isolation, case):
    if case["nonce"] == hex((7 << 64) + 1):  # the second one of its lane
        transact(written, "record", *arguments(load("batches")["accepted"][0]), sender=relayer)
    written.record.call(*arguments(case), {"from": relayer})


@pytest.mark.parametrize("case", load("batches")["refused"], ids=lambda case: case["defect"])
def test_a_frozen_signature_with_a_defect_is_refused(written, relayer, fn_isolation, case):
    with refused("LotLedgerNotAKey", case["party"], case["signer"]):
        written.record.call(*arguments(case), {"from": relayer})


@pytest.mark.parametrize("case", load("keys")["accepted"], ids=lambda case: case["name"])
def test_a_frozen_retirement_of_a_key_is_accepted(written, relayer, fn_isolation, case):
    written.retireKey.call(*retirement(case), {"from": relayer})


@pytest.mark.parametrize("case", load("keys")["refused"], ids=lambda case: case["defect"])
def test_a_frozen_retirement_with_a_defect_is_refused(written, relayer, fn_isolation, case):
    with refused("PartiesNotAKey", OPERATOR, case["signer"]):
        written.retireKey.call(*retirement(case), {"from": relayer})


def retirement(case):
    return (case["keyId"], case["deadline"], case["signature"])


def test_the_tree_has_the_frozen_head_at_every_size(written, relayer, fn_isolation):
    """Up to 70 the notes come one by one. They are signed anew: only their leaves are frozen."""
    size = LOG["steps"][-1]["size"]
    for case in TREE["heads"]:
        if case["size"] > size:
            notes = sign_notes(written, range(size, case["size"]))
            transact(written, "record", *notes, sender=relayer)
            assert read_head(written) == case
            size = case["size"]


def sign_notes(contract, indices):
    """The arguments of ``record`` for the notes that are the leaves with these indices."""
    data = b"".join(raw(TREE["note_word"]) + hashlib.sha256(i.to_bytes(8, "big")).digest() for i in indices)
    nonce, key = contract.nonceOf(TREE["party"], 0), Party("operator", TREE["party"], Role.OPERATOR).key
    digest = batch_digest(DOMAIN, TREE["party"], nonce, FOREVER, data)
    return (data, ANYWHERE, TREE["party"], nonce, FOREVER, sign(key, digest))
