"""Checkpoints as the API gives them: signed, of any block with leaves, cosigned; consistency proofs; entries."""

import pytest

from service.client.key import WitnessKey
from service.flow.checkpoints import WitnessKeyError, add_witness, end_witness
from service.store.witnesses import SqlWitnessStore
from tests.service.api.caller import Api, problem_of
from tests.service.market import BANK, EXPORTER, an_event
from tests.service.witnesses.conftest import NAME, Watch
from verifier.canonical import from_base64url
from verifier.checkpoint import Checkpoint, parse_note
from verifier.merkle import tree_head, verify_consistency
from verifier.record import ENTRY_BYTES, leaf_hash
from verifier.signed_note import VerifierKey, find_signed

pytestmark = pytest.mark.chain


def fetch(api: Api, block: int | None = None) -> Checkpoint:
    """A checkpoint, without a key, and signed."""
    answer = api.client.get("/v1/checkpoint", params={} if block is None else {"block": block})
    assert answer.status_code == 200, answer.text
    checkpoint, signatures = parse_note(answer.text)
    key = VerifierKey.from_text(api.client.get("/v1/checkpoint/key").text.strip())
    assert key in find_signed([key], checkpoint.body(), signatures)
    assert key.name == checkpoint.domain.origin(checkpoint.host)
    return checkpoint


def entries(api: Api, first: int, count: int | None = None) -> bytes:
    answer = api.get(BANK, "/v1/log/entries", **{"from": first} | ({} if count is None else {"count": count}))
    assert answer.status_code == 200, answer.text
    return answer.content


def grow(watched: Watch, pieces: int = 1) -> Checkpoint:
    """One more event on chain, in a block of its own."""
    watched.house.tell(an_event("HOLD", pieces))
    watched.house.settle()
    return fetch(watched.api)


def test_every_block_with_leaves_has_a_signed_checkpoint(watched: Watch) -> None:
    first, second = fetch(watched.api), grow(watched)
    chain = watched.house.runtime.chain
    for checkpoint in (first, second):
        assert fetch(watched.api, checkpoint.block_number) == checkpoint
        assert (checkpoint.tree_size, checkpoint.root) == chain.tree_head(checkpoint.block_number)
    assert second.tree_size == first.tree_size + 1
    empty = watched.api.client.get("/v1/checkpoint", params={"block": 10**9})
    assert problem_of(empty, 404)["code"] == "NoCheckpoint"


def test_the_log_is_shown_to_have_only_grown(watched: Watch) -> None:
    found = [fetch(watched.api), grow(watched), grow(watched, 2)]
    for old in found:
        for new in found[found.index(old) :]:
            asked = {"from": old.tree_size, "to": new.tree_size}
            proof = watched.api.client.get("/v1/consistency", params=asked).json()["proof"]
            hashes = [from_base64url(item, 32) for item in proof]
            verify_consistency(old.tree_size, old.root, new.tree_size, new.root, hashes)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (0, 10**6)])
def test_a_tree_that_is_not_there_is_in_no_proof(watched: Watch, old: int, new: int) -> None:
    answer = watched.api.client.get("/v1/consistency", params={"from": old, "to": new})
    assert problem_of(answer, 422)["code"] == "NoSuchTree"


def test_the_entries_are_what_the_tree_is_made_of(watched: Watch) -> None:
    newest = grow(watched)
    found = entries(watched.api, 0)
    leaves = [leaf_hash(found[i : i + ENTRY_BYTES]) for i in range(0, len(found), ENTRY_BYTES)]
    assert (len(leaves), tree_head(leaves)) == (newest.tree_size, newest.root)
    size = newest.tree_size
    for first, count in ((0, 1), (3, 4), (size - 2, 2), (size - 1, 4_096)):
        assert entries(watched.api, first, count) == found[first * ENTRY_BYTES :][: count * ENTRY_BYTES]
    assert entries(watched.api, size) == b""
    for wrong in ({"from": -1}, {"from": 0, "count": 0}, {"from": 0, "count": 4_097}, {}):
        problem_of(watched.api.get(BANK, "/v1/log/entries", **wrong), 422)


def test_a_cosignature_is_kept_and_shown(watched: Watch) -> None:
    checkpoint = fetch(watched.api)
    note = checkpoint.note((watched.key.cosign(checkpoint, 7),)).encode()
    for _ in range(2):
        answer = watched.api.send(BANK, "/v1/checkpoint/cosignatures", note)
        assert (answer.status_code, answer.json()) == (200, {"cosigned": [NAME]})
    _, signatures = parse_note(watched.api.client.get("/v1/checkpoint").text)
    assert find_signed([watched.key.public], checkpoint.body(), signatures) == {watched.key.public: 7}
    assert len(signatures) == 2


def test_what_does_not_count_is_not_kept(watched: Watch) -> None:
    checkpoint = fetch(watched.api)
    stranger = WitnessKey("witness.stranger.example", bytes(32))
    forged = checkpoint.note((watched.key.cosign(grow(watched), 7),))
    other = Checkpoint(
        checkpoint.host, checkpoint.domain, checkpoint.tree_size, bytes(32), checkpoint.block_number, bytes(32)
    )
    for note, status, code in (
        (checkpoint.note((stranger.cosign(checkpoint, 7),)), 403, "UnknownWitness"),
        (checkpoint.note(), 403, "UnknownWitness"),
        (forged, 422, "BadCosignature"),
        (other.note((watched.key.cosign(other, 7),)), 409, "NotOurCheckpoint"),
        ("no note", 422, "Malformed"),
        ("\udcff", 422, "Malformed"),
        ("x" * 70_000, 413, "TooLarge"),
    ):
        answer = watched.api.send(BANK, "/v1/checkpoint/cosignatures", note.encode("utf-8", "surrogateescape"))
        assert problem_of(answer, status)["code"] == code
    _, signatures = parse_note(watched.api.client.get("/v1/checkpoint", params={"block": checkpoint.block_number}).text)
    assert [signature.name for signature in signatures] == [watched.log_key.name]


def test_a_witness_that_has_ended_is_not_heard_and_its_name_is_not_given_again(watched: Watch) -> None:
    store = SqlWitnessStore(watched.house.runtime.engine)
    add_witness(store, watched.key.public)  # once more: nothing changes
    end_witness(store, NAME, 1_780_000_000)
    checkpoint = fetch(watched.api)
    note = checkpoint.note((watched.key.cosign(checkpoint, 7),)).encode()
    assert problem_of(watched.api.send(BANK, "/v1/checkpoint/cosignatures", note), 403)["code"] == "UnknownWitness"
    for again in (lambda: add_witness(store, WitnessKey(NAME, bytes(32)).public), lambda: end_witness(store, NAME, 1)):
        with pytest.raises(WitnessKeyError):
            again()
    with pytest.raises(WitnessKeyError):
        add_witness(store, watched.log_key)


def test_blocks_of_credentials_are_wanted_until_they_are_cosigned(watched: Watch) -> None:
    def wanted() -> list[int]:
        return watched.api.get(BANK, "/v1/checkpoint/wanted", witness=NAME).json()["blocks"]

    assert wanted() == []
    assert watched.api.issue(EXPORTER).status_code == 201
    first = fetch(watched.api)
    grow(watched)
    assert watched.api.issue(EXPORTER).status_code == 201
    second = fetch(watched.api)
    assert wanted() == [second.block_number, first.block_number]
    note = first.note((watched.key.cosign(first, 7),)).encode()
    watched.api.send(BANK, "/v1/checkpoint/cosignatures", note)
    assert wanted() == [second.block_number]
