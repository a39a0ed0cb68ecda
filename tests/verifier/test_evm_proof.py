"""State proofs: RLP, tries, and what a kept block hash proves of the contract."""

import copy
from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.credential_factory import CredentialFactory, Issued
from tests.verifier.world import World
from verifier.anchor import Anchor
from verifier.canonical import from_base64url, to_base64url
from verifier.checkpoint import CheckpointView
from verifier.errors import InvalidError, MalformedError, UnavailableError, VerificationError
from verifier.evm_proof import Header, Item, Trie, rlp_decode, rlp_encode
from verifier.keccak import keccak256
from verifier.report import Answer
from verifier.state import ProvenState

ITEMS = st.recursive(st.binary(max_size=80), lambda items: st.lists(items, max_size=6), max_leaves=12)


def depth(item: Any) -> int:
    return 0 if isinstance(item, bytes) else 1 + max(map(depth, item), default=0)


@pytest.fixture(scope="module")
def proven(factory: CredentialFactory, story_lot: int) -> Issued:
    return factory.issue(story_lot, with_state_proof=True)


@given(ITEMS.filter(lambda item: depth(item) <= 4))
def test_rlp_is_what_the_reference_writes(item: Item) -> None:
    encoded = rlp.encode(item)
    assert rlp_encode(item) == encoded
    assert rlp_decode(encoded) == item


@given(st.binary(max_size=60))
def test_bytes_have_one_meaning_or_none(data: bytes) -> None:
    try:
        item = rlp_decode(data)
    except MalformedError:
        return
    assert rlp_encode(item) == data


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "8100",
        "817f",
        "b800",
        "b80101",
        "b90001ff",
        "f800",
        "c2",
        "c101ff",
        "c18000",
        "00ff",
        "b8ff",
        "ff",
        "c1c1c1c1c1c1c0",
    ],
)
def test_rlp_that_is_not_the_shortest_is_malformed(encoded: str) -> None:
    with pytest.raises(MalformedError):
        rlp_decode(bytes.fromhex(encoded))


def test_a_header_of_the_chain_hashes_to_its_block(factory: CredentialFactory, world: World) -> None:
    number = world.web3.eth.block_number
    proof = factory.state_proof(number, [])
    block = factory.node.find_block(number)
    assert block is not None
    assert keccak256(proof.header) == block.hash
    assert Header.from_rlp(proof.header).timestamp == block.timestamp


def test_a_state_proof_shows_what_the_node_says(
    factory: CredentialFactory, world: World, proven: Issued, story_lot: int
) -> None:
    anchor = Anchor.from_json(proven.payload["anchor"])
    state, at = ProvenState(anchor), hex(anchor.block_number)
    assert state.tree_head() == (anchor.tree_size, anchor.root)
    assert state.history(story_lot) == factory.node.history(world.domain.contract, story_lot, at)
    with pytest.raises(VerificationError):
        state.history(story_lot + 1)


@pytest.mark.parametrize("member", ["header", "nodes"])
def test_no_byte_of_a_state_proof_can_be_changed(factory: CredentialFactory, proven: Issued, member: str) -> None:
    """Signed anew by the issuer: a changed node is a missing one, and a changed header another block's."""
    view = CheckpointView(factory.checkpoint(proven.payload["anchor"]))
    count = len(proven.payload["anchor"]["state_proof"]["nodes"]) if member == "nodes" else 1
    for place in range(count):
        payload = copy.deepcopy(proven.payload)
        proof = payload["anchor"]["state_proof"]
        data = bytearray(from_base64url(proof["nodes"][place] if member == "nodes" else proof["header"]))
        data[len(data) // 2] ^= 1
        if member == "nodes":
            proof["nodes"][place] = to_base64url(data)
        else:
            proof["header"] = to_base64url(data)
        assert factory.judge(factory.sign(payload, ()), view).answer is not Answer.VALID


def test_a_missing_node_cannot_tell(factory: CredentialFactory, proven: Issued) -> None:
    view = CheckpointView(factory.checkpoint(proven.payload["anchor"]))
    for place in range(len(proven.payload["anchor"]["state_proof"]["nodes"])):
        payload = copy.deepcopy(proven.payload)
        del payload["anchor"]["state_proof"]["nodes"][place]
        assert factory.judge(factory.sign(payload, ()), view).answer is Answer.CANNOT_TELL


def test_an_event_left_out_is_seen_offline(factory: CredentialFactory, proven: Issued) -> None:
    payload = copy.deepcopy(proven.payload)
    del payload["events"][10]
    factory.prove_anew(payload)
    report = factory.judge(factory.sign(payload, ()), CheckpointView(factory.checkpoint(payload["anchor"])))
    assert report.deciding_step is not None
    assert (report.answer, report.deciding_step.number) == (Answer.INVALID, 7)


def test_another_contract_at_that_block_is_refused(factory: CredentialFactory, proven: Issued) -> None:
    """The proof is genuine, and of an account that runs other code."""
    anchor = Anchor.from_json(proven.payload["anchor"])
    changed = copy.deepcopy(proven.payload["anchor"])
    changed["log_id"] = "0x" + "00" * 32
    assert anchor.state_proof is not None
    with pytest.raises(InvalidError, match="pinned code"):
        ProvenState(Anchor.from_json(changed))


def test_a_trie_refuses_what_is_no_node() -> None:
    for node in (b"\xc0", b"\xc3\x80\x80\x80", rlp_encode([b"\x40", b"x"]), rlp_encode([b"\x00", b""]), b"\x01"):
        with pytest.raises(VerificationError):
            Trie([node]).storage(keccak256(node), 1)
    with pytest.raises(UnavailableError):
        Trie([]).storage(bytes(32), 1)
    with pytest.raises(InvalidError):
        Trie([rlp_encode([b""] * 17)]).storage(keccak256(rlp_encode([b""] * 17)), 1)
