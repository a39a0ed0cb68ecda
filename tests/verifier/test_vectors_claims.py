"""Sets, records, tanks and messages of claims: Python passes the shared vectors (docs/formats.md §8)."""

from collections.abc import Callable, Mapping
from dataclasses import fields

import pytest

from tests.verifier.vectors import Case, cases, load, raw
from verifier.claim_messages import (
    Endorse,
    EndorseConsent,
    Message,
    Order,
    Reduce,
    Release,
    Revoke,
    RowPost,
    Supersede,
    deducted_hash,
    limits_hash,
    pieces_hash,
    tanks_hash,
)
from verifier.claim_record import digest_of, set_hash
from verifier.claim_set import BookRange, LotSet, fold, lot_sets
from verifier.claims.record import ClaimRecord, Tank
from verifier.contract import registry_domain
from verifier.eip712 import Domain
from verifier.errors import MalformedError

HASHES: Mapping[str, Callable[[Case], bytes]] = {
    "tanks": lambda of: tanks_hash({currency: raw(commitment) for currency, commitment in of.items()}),
    "limits": limits_hash,
    "pieces": lambda of: pieces_hash(by_lot(of)),
    "deducted": lambda of: deducted_hash(map(raw, of)),
    "nothing": tanks_hash,
    "credential": lambda of: digest_of(str(of).encode("ascii")),
}
MESSAGES: Mapping[str, type[Message]] = {
    kind.TYPE.partition("(")[0]: kind for kind in (Endorse, EndorseConsent, Supersede, Reduce, Release, Revoke, RowPost)
}


def by_lot(values: Case) -> Case:
    return {int(lot, 16): value for lot, value in values.items()}  # type: ignore[misc]


def registry() -> Domain:
    domain = load("log")["domain"]
    return registry_domain(Domain(domain["chain_id"], raw(domain["contract"]), raw(domain["log_id"])))


def test_the_registry_has_the_domain() -> None:
    domain = load("claims")["domain"]
    expected = Domain(domain["chain_id"], raw(domain["contract"]), raw(domain["log_id"]), domain["name"])
    assert registry() == expected


# -- sets and records


@cases("claims", "sets")
def test_positions_have_one_canonical_form(case: Case) -> None:
    found = [
        LotSet(int(part["lot"], 16), part["pieces"], part["first_word"], tuple(int(word, 16) for word in part["words"]))
        for part in case["lot_sets"]
    ]
    assert lot_sets(by_lot(case["positions"]), by_lot(case["pieces"])) == found


@cases("claims", "sets")
def test_a_set_has_the_hash(case: Case) -> None:
    books = [BookRange(int(book["book"], 16), book["from"], book["to"]) for book in case["books"]]
    sets = lot_sets(by_lot(case["positions"]), by_lot(case["pieces"]))
    assert fold(raw(case["previous"]), sets, books) == raw(case["hash"])


@cases("claims", "refused_sets")
def test_a_set_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        lot_sets(by_lot(case["positions"]), by_lot(case["pieces"]))


@cases("claims", "records")
def test_a_record_has_the_set_hash(case: Case) -> None:
    record = ClaimRecord.from_json(case["record"])
    assert set_hash(record) == raw(case["set_hash"])
    assert record.to_json() == case["record"]
    commitments = {tank.currency: tank.commitment() for tank in record.tanks}
    [tanks] = [found["hash"] for found in load("claims")["hashes"] if found["name"] == "tanks"]
    assert tanks_hash(commitments) == raw(tanks)


# -- tanks


@cases("claims", "tanks")
def test_a_tank_has_the_commitment(case: Case) -> None:
    assert tank_of(case).commitment() == raw(case["commitment"])


@cases("claims", "tanks")
def test_an_amount_has_the_share_and_a_share_the_amount(case: Case) -> None:
    tank = tank_of(case)
    for entry in case["shares"]:
        assert tank.share(entry["amount_minor"]) == entry["share"]
        assert tank.amount(entry["share"]) == entry["amount_minor"]


def tank_of(case: Case) -> Tank:
    return Tank(case["currency"], case["whole_minor"], raw(case["salt"]))


# -- messages


@cases("claims", "hashes")
def test_a_list_has_the_hash(case: Case) -> None:
    assert HASHES[case["name"]](case["of"]) == raw(case["hash"])


@cases("claims", "messages")
def test_a_message_has_the_digest(case: Case) -> None:
    name, kind = case["name"], MESSAGES.get(case["name"], Order)
    values = [to_value(field.type, value) for field, value in zip(fields(kind), case["values"].values(), strict=True)]  # type: ignore[arg-type]
    message = kind(*values)
    if isinstance(message, Order):
        digest = message.issue_digest if name == "Issue" else message.consent_digest
        assert digest(registry()) == raw(case["digest"])
    else:
        assert case["type"] == message.TYPE
        assert message.digest(registry()) == raw(case["digest"])


def to_value(kind: object, value: int | str) -> int | str | bytes:
    if kind is bytes:
        return raw(str(value))
    return int(value, 16) if kind is int and isinstance(value, str) else value
