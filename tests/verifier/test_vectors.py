"""The Python side passes the shared vectors of tests/vectors (docs/formats.md); tests/contracts has the Solidity side."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from eth_keys.datatypes import Signature

from scripts.vectors import VECTORS
from scripts.vectors_plain import to_text
from verifier import registry
from verifier.canonical import canonical_bytes, from_base64url, parse_json
from verifier.eip712 import Domain, add_key_digest, batch_digest
from verifier.errors import InvalidError, MalformedError, VerificationError
from verifier.event import check_clear, disclosure_digest, event_digest, make_disclosure, parse_disclosure
from verifier.kinds import KIND_BY_CODE, KINDS, REVERSAL, REVERSIBLE, Kind, Role, Scope, Signer, lanes, target_kinds
from verifier.lanes import LANES, LotAccounts
from verifier.merkle import Frontier, inclusion_path, node_hash, tree_head, verify_inclusion
from verifier.record import (
    EMPTY_HEAD,
    Word,
    history_head,
    leaf_hash,
    line_message,
    lot_from_hex,
    lot_to_hex,
    to_entry,
    verify_line,
)

VECTOR_FILES = Path(__file__).resolve().parents[1] / "vectors"
Case = dict[str, Any]


def load(name: str) -> Case:
    return json.loads((VECTOR_FILES / f"{name}.json").read_text("utf-8"))


def cases(name: str, members: str) -> Any:
    """Parametrizes a test by the cases of a vector; each is named by its name or defect."""
    found = load(name)[members]
    return pytest.mark.parametrize("case", found, ids=[case.get("name") or case.get("defect") for case in found])


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def domain(vector: Case) -> Domain:
    fields = vector["domain"]
    return Domain(fields["chain_id"], raw(fields["contract"]), raw(fields["log_id"]))


@pytest.mark.parametrize("name", VECTORS)
def test_the_vector_is_what_its_script_computes(name: str) -> None:
    assert (VECTOR_FILES / f"{name}.json").read_text("utf-8") == to_text(VECTORS[name]())


# -- words, leaves, histories


@cases("words", "words")
def test_a_word_packs_and_unpacks(case: Case) -> None:
    word = Word(int(case["lot"], 16), case["site"], case["kind"], case["quantity"])
    assert word.to_bytes() == raw(case["word"])
    assert Word.from_bytes(raw(case["word"])) == word
    assert lot_to_hex(word.lot) == case["lot"]


@cases("leaves", "leaves")
def test_a_leaf_covers_the_record_and_the_party(case: Case) -> None:
    entry = to_entry(raw(case["record"]), case["party"])
    assert entry == raw(case["entry"])
    assert leaf_hash(entry) == raw(case["leaf"])


def test_history_heads_chain_the_leaves() -> None:
    leaves = tree_leaves()
    for case in load("histories")["heads"]:
        assert history_head(leaves[: case["length"]]) == raw(case["head"])


# -- events


@cases("events", "events")
def test_an_event_has_the_digest(case: Case) -> None:
    assert canonical_bytes(case["clear"] | {"_sd": case["_sd"]}) == case["canonical"].encode()
    assert event_digest(case["clear"], case["_sd"]) == raw(case["digest"])


@cases("events", "events")
def test_an_event_builds_its_word(case: Case) -> None:
    assert check_clear(parse_json(json.dumps(case["clear"]))).to_bytes() == raw(case["word"])


@cases("events", "events")
def test_a_disclosure_shows_its_group(case: Case) -> None:
    for disclosure, digest in zip(case["disclosures"], case["_sd"], strict=True):
        group, value = parse_disclosure(disclosure)
        assert value == case["groups"].get(group, {})
        assert disclosure_digest(disclosure) == digest


@cases("events", "events")
def test_a_disclosure_is_made_from_its_salt(case: Case) -> None:
    for disclosure in case["disclosures"]:
        salt = json.loads(from_base64url(disclosure))[0]
        assert make_disclosure(salt, *parse_disclosure(disclosure)) == disclosure


@cases("events", "refused_json")
def test_json_that_could_be_read_in_two_ways_is_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        parse_json(case["json"])


@cases("events", "refused_clear")
def test_a_clear_part_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(VerificationError):
        check_clear(case["clear"])


# -- the tree


def tree_leaves() -> list[bytes]:
    """The leaves of tree_heads.json, built as it says."""
    vector = load("tree_heads")
    entries = [raw(entry) for step in load("log")["steps"] for entry in step["entries"]]
    leaves = [leaf_hash(entry) for entry in entries]
    for index in range(len(leaves), vector["heads"][-1]["size"]):
        digest = hashlib.sha256(index.to_bytes(8, "big")).digest()
        leaves.append(leaf_hash(to_entry(raw(vector["note_word"]) + digest, vector["party"])))
    return leaves


def test_tree_heads_are_those_of_rfc_9162() -> None:
    leaves = tree_leaves()
    for case in load("tree_heads")["heads"]:
        assert tree_head(leaves[: case["size"]]) == raw(case["root"])


def test_a_frontier_grows_through_the_same_heads() -> None:
    frontier, heads = Frontier(), {case["size"]: case["root"] for case in load("tree_heads")["heads"]}
    for leaf in tree_leaves():
        frontier.append(leaf)
        assert heads.get(frontier.size, "0x" + frontier.root().hex()) == "0x" + frontier.root().hex()


@cases("inclusion", "accepted")
def test_an_audit_path_is_found(case: Case) -> None:
    path = inclusion_path(case["index"], case["size"], partial(perfect_node, tree_leaves()))
    assert path == [raw(sibling) for sibling in case["path"]]


@cases("inclusion", "accepted")
def test_an_audit_path_leads_to_the_head(case: Case) -> None:
    verify_path(case)


@cases("inclusion", "refused")
def test_an_audit_path_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(InvalidError):
        verify_path(case)


def verify_path(case: Case) -> None:
    path = [raw(sibling) for sibling in case["path"]]
    verify_inclusion(raw(case["leaf"]), case["index"], case["size"], path, raw(case["root"]))


def perfect_node(leaves: list[bytes], level: int, number: int) -> bytes:
    if level == 0:
        return leaves[number]
    return node_hash(perfect_node(leaves, level - 1, 2 * number), perfect_node(leaves, level - 1, 2 * number + 1))


# -- lots


@pytest.fixture(scope="module")
def line_key() -> RSAPublicKey:
    key = load_der_public_key(raw(load("lots")["public_key_spki"]))
    assert isinstance(key, RSAPublicKey)
    return key


@cases("lots", "lines")
def test_a_line_has_its_lot(line_key: RSAPublicKey, case: Case) -> None:
    message = line_message(case["declaration_no"], case["item_no"], case["part_no"])
    assert message == raw(case["message"])
    assert verify_line(line_key, raw(case["signature"]), message) == lot_from_hex(case["lot"])


@cases("lots", "refused")
def test_a_line_signature_with_a_defect_is_refused(line_key: RSAPublicKey, case: Case) -> None:
    with pytest.raises(InvalidError):
        verify_line(line_key, raw(case["signature"]), raw(case["message"]))


@cases("lots", "refused_lines")
def test_a_line_that_cannot_be_is_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        line_message(case["declaration_no"], case["item_no"], case["part_no"])


def test_the_line_key_has_its_id() -> None:
    vector = load("lots")
    assert registry.key_id_of_line(raw(vector["public_key_spki"])) == raw(vector["key_id"])


# -- signatures


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
    assert (kind.name in REVERSIBLE) == (kind.scope not in (Scope.GRANT, Scope.REGISTRY))


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
    roles = {f"{role.name.lower()}{star}" for role in Role if role.name and role & kind.signers}
    relations = {Signer.OWNER: "owner", Signer.SITE_OPERATOR: "operator"}
    return roles | {name for bit, name in relations.items() if kind.signers & bit}
