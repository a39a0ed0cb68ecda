"""One proof of many leaves: the shared vectors, and any subset of any tree against the plain definitions."""

import hashlib
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.vectors_plain import find_multiproof, find_path, hash_tree
from tests.verifier.vectors import Case, cases, load, raw
from verifier.errors import InvalidError, MalformedError
from verifier.merkle import Tree, node_hash
from verifier.multiproof import make_multiproof, proof_from_json, verify_multiproof

HUGE = (1 << 53) - 1
SUBSETS = st.integers(1, 2_000).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1, max_size=min(size, 60)))
)
"""The size of a tree, and some of its leaves."""
patiently = settings(deadline=None, max_examples=60)


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\x00" + number.to_bytes(4, "big")).digest()


LEAVES = [leaf(number) for number in range(2_000)]


@cache
def perfect_node(level: int, number: int) -> bytes:
    if level == 0:
        return LEAVES[number]
    return node_hash(perfect_node(level - 1, 2 * number), perfect_node(level - 1, 2 * number + 1))


def prove(size: int, indices: set[int]) -> list[bytes]:
    return make_multiproof(Tree(size, perfect_node), indices)


def verify_case(case: Case) -> None:
    proof = [raw(item) for item in case["proof"]]
    placed = zip(case["indices"], map(raw, case["leaves"]), strict=True)
    verify_multiproof(placed, case["size"], proof, raw(case["root"]))


# -- the shared vectors


@cases("multiproof", "accepted")
def test_a_proof_leads_to_the_head(case: Case) -> None:
    verify_case(case)


@cases("multiproof", "refused")
def test_a_proof_with_a_defect_is_refused(case: Case) -> None:
    with pytest.raises(InvalidError):
        verify_case(case)


@cases("multiproof", "malformed")
def test_a_proof_that_is_no_list_of_hashes_is_malformed(case: Case) -> None:
    with pytest.raises(MalformedError):
        proof_from_json(case["proof"])


def test_what_the_malformed_ones_are_made_from_is_read() -> None:
    (good,) = (case["proof"] for case in load("multiproof")["malformed"] if case["defect"] == "proof_is_text")
    assert [len(item) for item in proof_from_json([good, good])] == [32, 32]


# -- any leaves of any tree


@patiently
@given(SUBSETS)
def test_a_proof_is_that_of_the_definition(given_: tuple[int, set[int]]) -> None:
    size, indices = given_
    proof = prove(size, indices)
    assert proof == find_multiproof(sorted(indices), LEAVES[:size])
    verify_multiproof(((index, LEAVES[index]) for index in indices), size, proof, hash_tree(LEAVES[:size]))


@patiently
@given(st.integers(1, 2_000), st.data())
def test_the_proof_of_one_leaf_is_its_audit_path_from_left_to_right(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, proof = find_path(index, LEAVES[:size]), prove(size, {index})
    # Each bit that is set in an index is a neighbour on the left; from the leaf upwards those come from right to left.
    left = index.bit_count()
    before = proof[:left][::-1]
    assert sorted(proof) == sorted(path)
    assert [node for node in path if node in before] == before
    assert [node for node in path if node not in before] == proof[left:]


@patiently
@given(SUBSETS, st.data())
def test_a_proof_proves_nothing_else(given_: tuple[int, set[int]], data: st.DataObject) -> None:
    size, indices = given_
    proof, root = prove(size, indices), hash_tree(LEAVES[:size])
    placed = [(index, LEAVES[index]) for index in sorted(indices)]
    at = data.draw(st.integers(0, len(placed) - 1))
    rest = [*placed[:at], *placed[at + 1 :]]
    wrong: list[tuple[Any, int, list[bytes], bytes]] = [
        ([*rest, (placed[at][0], leaf(5_000))], size, proof, root),
        ([*placed, placed[at]], size, proof, root),
        (rest, size, proof, root),
        ([*rest, (size, placed[at][1])], size, proof, root),
        (placed, size, [*proof, root], root),
        (placed, size, [root, *proof], root),
        (placed, size, proof, leaf(5_000)),
    ]
    if proof:
        cut = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[cut][0] ^ 1]) + proof[cut][1:]
        wrong.append((placed, size, proof[:cut] + proof[cut + 1 :], root))
        wrong.append((placed, size, [*proof[:cut], flipped, *proof[cut + 1 :]], root))
        other = data.draw(st.integers(0, len(proof) - 1))
        if other != cut:
            swapped = list(proof)
            swapped[cut], swapped[other] = swapped[other], swapped[cut]
            wrong.append((placed, size, swapped, root))
    for case in wrong:
        with pytest.raises(InvalidError):
            verify_multiproof(*case)


# -- what a hostile file may ask for


@given(st.sets(st.integers(0, HUGE - 1), min_size=1, max_size=20))
def test_the_work_grows_with_the_leaves_and_not_with_the_tree(indices: set[int]) -> None:
    read: list[tuple[int, int]] = []

    def node(level: int, number: int) -> bytes:
        read.append((level, number))
        return leaf(len(read))

    proof = make_multiproof(Tree(HUGE, node), indices)
    assert len(proof) <= 53 * len(indices)
    assert len(read) <= 53 * (len(indices) + 1)
    with pytest.raises(InvalidError, match="does not lead"):
        verify_multiproof(((index, leaf(0)) for index in indices), HUGE, proof, bytes(32))


@pytest.mark.parametrize("size", [(1 << 64) + 1, 1 << 5_000])
def test_a_tree_deeper_than_64_levels_is_refused(size: int) -> None:
    with pytest.raises(InvalidError, match="do not lie in a tree"):
        verify_multiproof([(0, leaf(0))], size, [leaf(1)] * 100, bytes(32))


def test_far_too_many_hashes_are_refused() -> None:
    surplus = [*prove(70, {3}), *[leaf(1)] * 100_000]
    with pytest.raises(InvalidError, match="too long"):
        verify_multiproof([(3, LEAVES[3])], 70, surplus, hash_tree(LEAVES[:70]))


@pytest.mark.parametrize(("size", "indices"), [(0, set()), (0, {0}), (5, set()), (5, {5}), (5, {-1})], ids=str)
def test_no_proof_is_made_of_what_is_not_there(size: int, indices: set[int]) -> None:
    with pytest.raises(IndexError):
        prove(size, indices)
