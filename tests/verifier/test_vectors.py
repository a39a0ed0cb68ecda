"""Words, leaves, events, trees and lots: Python passes the shared vectors (docs/formats.md §1 and §2)."""

import hashlib
import json
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from scripts.vectors import VECTORS
from scripts.vectors_plain import to_text
from tests.verifier.vectors import VECTOR_FILES, Case, cases, load, raw
from verifier.canonical import canonical_bytes, from_base64url, parse_json
from verifier.errors import InvalidError, MalformedError, VerificationError
from verifier.event import check_clear, disclosure_digest, event_digest, make_disclosure, parse_disclosure
from verifier.merkle import (
    Frontier,
    Tree,
    inclusion_path,
    node_hash,
    tree_head,
    verify_consistency,
    verify_inclusion,
)
from verifier.record import Word, history_head, leaf_hash, line_message, lot_from_hex, lot_to_hex, to_entry, verify_line
from verifier.registry import key_id_of_line


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


@cases("consistency", "accepted")
def test_a_consistency_proof_is_found_and_holds(case: Case) -> None:
    tree = Tree(case["size"], partial(perfect_node, tree_leaves()))
    assert tree.consistency(case["old_size"]) == [raw(item) for item in case["proof"]]
    verify_step(case)


@cases("consistency", "refused")
def test_a_consistency_proof_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(InvalidError):
        verify_step(case)


def verify_step(case: Case) -> None:
    proof = [raw(item) for item in case["proof"]]
    verify_consistency(case["old_size"], raw(case["old_root"]), case["size"], raw(case["root"]), proof)


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
    assert key_id_of_line(raw(vector["public_key_spki"])) == raw(vector["key_id"])
