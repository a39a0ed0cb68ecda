"""Signatures, one whole log, and the kinds: Python passes the shared vectors (docs/formats.md §3 to §5)."""

from typing import Any

import pytest
from eth_keys.datatypes import Signature

from tests.verifier.vectors import Case, cases, load, raw
from verifier import registry
from verifier.eip712 import Domain, add_key_digest, batch_digest, retire_key_digest
from verifier.kinds import KIND_BY_CODE, KINDS, REVERSAL, REVERSIBLE, Kind, Role, Signer, lanes, target_kinds
from verifier.lanes import LANES, LotAccounts
from verifier.merkle import Frontier
from verifier.record import EMPTY_HEAD, Word, history_head, leaf_hash, lot_from_hex, lot_to_hex, to_entry


@cases("batches", "accepted")
def test_a_batch_has_its_digest_and_signer(case: Case) -> None:
    digest = digest_of(case)
    assert digest == raw(case["digest"])
    assert recover(digest, case["signature"]) == case["signer"]


def test_the_batches_of_the_log_have_their_digests() -> None:
    for step in load("log")["steps"]:
        if step["call"] == "record":
            assert digest_of(step) == raw(step["digest"])


def test_a_consent_has_its_digest() -> None:
    (step,) = [step for step in load("log")["steps"] if step.get("consentDigest")]
    fields = (step["party"], step["keyType"], raw(step["keyId"]), step["validFrom"], step["validTo"])
    assert add_key_digest(domain(load("log")), *fields, step["isCustodial"]) == raw(step["consentDigest"])


@cases("keys", "accepted")
def test_the_retirement_of_a_key_has_its_digest_and_signer(case: Case) -> None:
    digest = retire_key_digest(domain(load("keys")), raw(case["keyId"]), int(case["deadline"], 16))
    assert digest == raw(case["digest"])
    assert recover(digest, case["signature"]) == case["signer"]


def domain(vector: Case) -> Domain:
    fields = vector["domain"]
    return Domain(fields["chain_id"], raw(fields["contract"]), raw(fields["log_id"]))


def digest_of(batch: Case) -> bytes:
    nonce, deadline = int(batch["nonce"], 16), int(batch["deadline"], 16)
    return batch_digest(domain(load("batches")), batch["party"], nonce, deadline, raw(batch["records"]))


def recover(digest: bytes, signature: str) -> str:
    data = raw(signature)
    plain = Signature(data[:64] + bytes([data[64] - 27]))
    return plain.recover_public_key_from_msg_hash(digest).to_checksum_address()


# -- the log


def test_registry_records_are_those_of_the_log() -> None:
    for step in load("log")["steps"]:
        if step["call"] != "record":
            entries = [to_entry(registry_record(step), registry.REGISTRAR_PARTY)]
            assert entries == [raw(entry) for entry in step["entries"]]


def registry_record(step: Case) -> bytes:
    match step["call"]:
        case "constructor" | "setParty":
            return registry.party_record(step["party"], step["roles"])
        case "openSite":
            return registry.site_record(step["site"], step["operator"])
    fields = (step["party"], step["keyType"], raw(step["keyId"]), step["validFrom"], step["validTo"])
    return registry.key_record(*fields, step["isCustodial"])


def test_tree_heads_are_those_of_the_log() -> None:
    frontier = Frontier()
    for step in load("log")["steps"]:
        frontier.extend(leaf_hash(raw(entry)) for entry in step["entries"])
        assert (frontier.size, frontier.root()) == (step["size"], raw(step["root"]))


@pytest.mark.parametrize("case", load("log")["histories"], ids=lambda case: case["lot"])
def test_histories_are_those_of_the_log(case: Case) -> None:
    entries = [entry for entry in log_entries() if lot_to_hex(Word.from_bytes(entry).lot) == case["lot"]]
    codes = [Word.from_bytes(entry).kind for entry in entries]
    assert history_head(map(leaf_hash, entries), EMPTY_HEAD) == raw(case["head"])
    assert len(entries) == case["length"]
    assert sum(is_adverse(code) for code in codes) == case["adverse"]


@pytest.mark.parametrize("case", load("log")["accounts"], ids=lambda case: f"{case['lot']}-{case['site']}")
def test_accounts_are_those_of_the_log(case: Case) -> None:
    accounts = LotAccounts(lot_from_hex(case["lot"]))
    for word in map(Word.from_bytes, log_entries()):
        if word.lot == accounts.lot:
            accounts.apply(word)
    assert accounts.account(case["site"]) == case["lanes"]


def log_entries() -> list[bytes]:
    return [raw(entry) for step in load("log")["steps"] for entry in step["entries"]]


def is_adverse(code: int) -> bool:
    return bool(code & REVERSAL) or KIND_BY_CODE[code].adverse


# -- kinds


def test_every_kind_is_in_the_table() -> None:
    assert [kind.name for kind in KINDS] == [case["name"] for case in load("kinds")["kinds"]]


@cases("kinds", "kinds")
def test_a_kind_has_its_row(case: Case) -> None:
    kind = KIND_BY_CODE[case["code"]]
    assert (kind.name, kind.scope.name.lower(), kind.adverse) == (case["name"], case["scope"], case["adverse"])
    assert [name_lane(lane) for lane in lanes(kind.code)] == [case["from"], case["to"]]
    assert list(kind.targets) == case["targets"]
    assert (kind.name not in REVERSIBLE) == case["is_final"]
    assert kind.needs_stock == case["needs_stock"]


@cases("kinds", "kinds")
def test_a_reversal_swaps_the_lanes_and_names_the_kind(case: Case) -> None:
    code = case["code"] | REVERSAL
    assert [name_lane(lane) for lane in lanes(code)] == [case["to"], case["from"]]
    assert target_kinds(code) == (case["name"],)


@cases("kinds", "kinds")
def test_a_kind_has_its_signers(case: Case) -> None:
    assert signer_names(KIND_BY_CODE[case["code"]]) == set(case["signers"])
    assert bool(KIND_BY_CODE[case["code"]].signers & Signer.NOT_SITE_OPERATOR) == case["never_the_operator"]


def test_roles_and_lanes_have_their_numbers() -> None:
    vector = load("kinds")
    assert {role.name.lower(): role.value for role in Role if role.name} == vector["roles"]
    assert max(map(len, vector["lanes"].values())) == LANES


def name_lane(lane: Any) -> str | None:
    return None if lane is None else f"{type(lane).__name__.lower()}.{lane.name}"


def signer_names(kind: Kind) -> set[str]:
    """The signers of a kind in the words of the vector."""
    star = "*" if kind.signers & Signer.ADMITTED else ""
    signing = [role for role in Role if role & kind.signers]
    roles = {f"{str(role.name).lower()}{'' if role is Role.GATEWAY else star}" for role in signing}
    relations = {Signer.OWNER: "owner", Signer.SITE_OPERATOR: "operator" + ("" if signing else star)}
    return roles | {name for bit, name in relations.items() if kind.signers & bit}
