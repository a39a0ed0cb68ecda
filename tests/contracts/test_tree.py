"""The contract's tree and histories are those of verifier/merkle.py and verifier/record.py, whatever the batches."""

import hashlib

import pytest
from actors import SITE_A
from brownie import web3
from records import a_record, notes
from trade import BOOK, LOT

from verifier.contract import TREE_SIZE_SLOT
from verifier.merkle import Frontier

AROUND_POWERS = sorted({max(1, 2**level + away) for level in range(12) for away in (-1, 0, 1)} - {2049})


@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 7, 11])
def test_batches_around_powers_of_two_give_the_same_tree(ledger, operator_a, start):
    """Each size once, on a tree that a few more leaves have made another one before."""
    if start:
        ledger.record(operator_a, *notes(LOT, SITE_A, start))
    for size in AROUND_POWERS[: 12 if start else None]:
        ledger.record(operator_a, *notes(LOT, SITE_A, size))
        ledger.assert_agrees()


def test_a_tree_grown_leaf_by_leaf_is_the_same_at_every_size(ledger, operator_a):
    for _ in range(70):
        ledger.record(operator_a, *notes(LOT, SITE_A, 1))
        ledger.assert_agrees()


@pytest.mark.parametrize("size", [15, 16, 17, 31, 32, 33, 63, 64, 65])
def test_a_batch_that_fills_the_tree_up_to_a_power_of_two(ledger, operator_a, size):
    missing = -ledger.mirror.frontier.size % 64
    ledger.record(operator_a, *notes(LOT, SITE_A, missing))
    assert ledger.contract.treeHead()[0] % 64 == 0
    ledger.record(operator_a, *notes(LOT, SITE_A, size))
    ledger.assert_agrees()


def test_one_leaf_at_a_time_or_all_at_once_is_the_same(ledger, operator_a, chain):
    records = notes(LOT, SITE_A, 20)
    chain.snapshot()
    ledger.fork().record(operator_a, *records)
    at_once = tuple(ledger.contract.treeHead())
    chain.revert()
    for record in records:
        ledger.record(operator_a, record)
    assert tuple(ledger.contract.treeHead()) == at_once


def test_a_batch_is_announced_with_its_leaves_and_its_root(ledger, operator_a):
    size = ledger.mirror.frontier.size
    records = notes(LOT, SITE_A, 5)
    event = ledger.record(operator_a, *records).events["Recorded"]
    assert (event["firstLeaf"], event["party"], bytes(event["records"])) == (size, operator_a.number, b"".join(records))
    assert bytes(event["root"]) == ledger.mirror.frontier.root()


def test_a_leaf_names_the_party_that_attested_it(ledger, platform, biller, chain):
    """The same record, in the same place of the tree, by the platform and by the biller."""
    record = a_record("FEE", BOOK)
    heads = set()
    for party in (platform, biller):
        chain.snapshot()
        ledger.fork().record(party, record)
        heads.add(str(ledger.contract.treeHead()[1]))
        chain.revert()
    assert len(heads) == 2


def test_histories_of_lots_and_books_do_not_mix(ledger, operator_a):
    before = dict(ledger.mirror.histories)
    ledger.record(
        operator_a, a_record("COUNT", LOT, SITE_A), a_record("EXCESS", BOOK, SITE_A), a_record("KIT", LOT, SITE_A)
    )
    grown = {lot: length - before.get(lot, (b"", 0))[1] for lot, (_, length) in ledger.mirror.histories.items()}
    assert {lot: more for lot, more in grown.items() if more} == {LOT: 2, BOOK: 1}
    ledger.assert_agrees()


def test_a_lot_that_was_never_heard_of_has_an_empty_history(ledger):
    assert tuple(ledger.contract.history(99)) == ("0x" + "00" * 32, 0, 0)


@pytest.mark.parametrize("size", [2**20 - 1, 2**40 - 1, 2**40 + 2**12 - 1, 2**47 + 5])
@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_a_tree_of_ages_grows_the_same(ledger, operator_a, size, count):
    """Such trees are not recorded but put into storage: size and peaks, each peak at its level's slot."""
    levels = [level for level in reversed(range(48)) if size >> level & 1]
    peaks = [hashlib.sha256(b"peak %d" % level).digest() for level in levels]
    for slot, value in [*zip(levels, peaks, strict=True), (TREE_SIZE_SLOT, size.to_bytes(32, "big"))]:
        web3.provider.make_request(
            "anvil_setStorageAt", [ledger.contract.address, f"0x{slot:064x}", "0x" + value.hex()]
        )
    ledger.mirror.frontier = Frontier(size, peaks)
    ledger.record(operator_a, *notes(LOT, SITE_A, count))
    ledger.assert_agrees()
