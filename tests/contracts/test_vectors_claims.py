"""Solidity passes the shared vectors of claims, by really carrying out what they say.

The contract shows no digest and no hash of a set. It says them when it refuses: the hash of what was handed over, and
whose signature it takes a signature for.
"""

import pytest
from actors import Party
from ledger import FOREVER, refused, transact
from records import load, raw
from test_vectors import deployed, relayer, take_step

from verifier.kinds import Role

LOG, CLAIMS = load("log"), load("claims")
MESSAGES = {case["name"]: case for case in CLAIMS["messages"]}
HASHES = {case["name"]: case for case in CLAIMS["hashes"]}
SETS = {case["name"]: case for case in CLAIMS["sets"]}
PARTIES = {case["name"]: case["number"] for case in CLAIMS["parties"]}
ROLES = {"issuer": Role.ISSUER, "bank": Role.BANK, "tax": Role.TAX}
ID = MESSAGES["Issue"]["values"]["id"]
__all__ = ["deployed", "relayer"]


@pytest.fixture(scope="module")
def registry(deployed, relayer, ClaimRegistry):
    """The registry of the log of the vectors, whose registrar has registered who takes part."""
    for step in LOG["steps"]:
        take_step(deployed, relayer, step)
    for name, role in ROLES.items():
        transact(deployed, "setParty", PARTIES[name], int(role), sender=relayer)
        key_id = Party(name, PARTIES[name], role).key_id
        transact(deployed, "addKey", PARTIES[name], 1, key_id, 0, FOREVER, False, b"", sender=relayer)
    return ClaimRegistry.at(CLAIMS["domain"]["contract"])


def tuple_of(case):
    """The members of a message as the ABI wants them."""
    return tuple(value.encode() if name == "currency" else value for name, value in numbers_of(case).items())


def numbers_of(case):
    members = [member.split() for member in case["type"].partition("(")[2][:-1].split(",")]
    return {
        name: int(case["values"][name], 16) if kind in ("uint64", "uint256") else case["values"][name]
        for kind, name in members
    }


def sets_of(case):
    return [
        (int(part["lot"], 16), part["pieces"], part["first_word"], [int(word, 16) for word in part["words"]])
        for part in case["lot_sets"]
    ]


def books_of(case):
    return [(int(book["book"], 16), book["from"], book["to"]) for book in case["books"]]


def tanks():
    return [(currency.encode(), commitment) for currency, commitment in HASHES["tanks"]["of"].items()]


def story():
    """Each call of the registry with its arguments, in order."""
    signature = {name: case["signature"] for name, case in MESSAGES.items()}
    first, later, consent = SETS["first_version"], SETS["second_version"], numbers_of(MESSAGES["EndorseConsent"])
    limits = [(currency.encode(), limit) for currency, limit in HASHES["limits"]["of"].items()]
    pieces = [(int(lot, 16), held) for lot, held in HASHES["pieces"]["of"].items()]
    consents = (consent["maximum"], consent["deadline"]), signature["EndorseConsent"]
    behind = {
        "Issue": (
            bytes(32),
            sets_of(first),
            books_of(first),
            tanks(),
            [],
            signature["Issue"],
            signature["IssueConsent"],
        ),
        "Endorse": (signature["Endorse"], *consents),
        "Supersede": (sets_of(later), [], limits, signature["Supersede"]),
        "Reduce": (pieces, signature["Reduce"]),
        "Release": (signature["Release"],),
        "Revoke": (signature["Revoke"],),
        "RowPost": (signature["RowPost"],),
    }
    methods = {"RowPost": "postRow"}
    return [
        (methods.get(name, name.lower()), (tuple_of(case), *behind[name]))
        for name, case in MESSAGES.items()
        if name in behind
    ]


def test_the_frozen_signatures_are_accepted(registry, relayer, fn_isolation):
    """One after the other: the whole life of a claim, and a tax row."""
    states = []
    for method, arguments in story():
        getattr(registry, method).call(*arguments, {"from": relayer})
        transact(registry, method, *arguments, sender=relayer)
        claim = registry.claimOf(ID)
        states.append((claim["version"], claim["state"], claim["isReduced"]))
    assert states == [(1, 2, False)] * 2 + [(2, 2, False)] + [(2, 2, True)] * 2 + [(2, 3, True)] * 2
    assert bytes(registry.claimOf(ID)["setHash"]) == raw(SETS["second_version"]["hash"])
    assert bytes(registry.claimOf(ID)["credentialDigest"]) == raw(MESSAGES["Supersede"]["values"]["credentialDigest"])


@pytest.mark.parametrize("case", CLAIMS["sets"], ids=lambda case: case["name"])
def test_a_set_has_the_frozen_hash(registry, relayer, fn_isolation, case):
    wrong = list(tuple_of(MESSAGES["Issue"]))
    wrong[4] = b"\1" * 32
    parts = raw(case["previous"]), sets_of(case), books_of(case)
    with refused("ClaimRegistryWrongHash", raw(ID), raw(case["hash"]), b"\1" * 32):
        registry.issue.call(wrong, *parts, tanks(), [], b"", b"", {"from": relayer})


@pytest.mark.parametrize(("place", "name"), [(6, "tanks"), (7, "deducted")])
def test_a_list_has_the_frozen_hash(registry, relayer, fn_isolation, place, name):
    wrong = list(tuple_of(MESSAGES["Issue"]))
    wrong[place] = b"\1" * 32
    deducted = HASHES["deducted"]["of"] if name == "deducted" else []
    with refused("ClaimRegistryWrongHash", raw(ID), raw(HASHES[name]["hash"]), b"\1" * 32):
        registry.issue.call(wrong, bytes(32), [], [], tanks(), deducted, b"", b"", {"from": relayer})


def test_the_two_signatures_of_an_order_are_no_two_of_one_kind(registry, relayer, fn_isolation):
    first, (one, other) = SETS["first_version"], (MESSAGES[name]["signature"] for name in ("Issue", "IssueConsent"))
    parts = bytes(32), sets_of(first), books_of(first), tanks(), []
    for signatures in ((one, one), (other, other), (other, one)):
        with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
            registry.issue.call(tuple_of(MESSAGES["Issue"]), *parts, *signatures, {"from": relayer})
