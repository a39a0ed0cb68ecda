"""The tree, against the recursive definitions of RFC 9162 §2.1, written out here a second time."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import InvalidError, MalformedError
from verifier.inclusion import Inclusion
from verifier.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    inclusion_path,
    node_hash,
    tree_head,
    verify_consistency,
    verify_inclusion,
)

SIZES = st.integers(1, 200)


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\x00" + number.to_bytes(4, "big")).digest()


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def head(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(head(leaves[:k]), head(leaves[k:]))


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), head(leaves[k:])]
    return [*path(index - k, leaves[k:]), head(leaves[:k])]


@given(SIZES)
def test_the_head_is_that_of_the_definition(size: int) -> None:
    leaves = [leaf(n) for n in range(size)]
    assert tree_head(leaves) == head(leaves)


@given(SIZES, st.data())
def test_a_path_is_that_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf(n) for n in range(size)]
    found = inclusion_path(index, size, lambda level, number: head(leaves[number << level : number + 1 << level]))
    assert found == path(index, leaves)
    verify_inclusion(leaves[index], index, size, found, head(leaves))


@given(st.integers(1, 70))
def test_every_path_of_a_tree_is_that_of_the_definition(size: int) -> None:
    leaves = [leaf(n) for n in range(size)]
    tree = Tree(size, lambda level, number: head(leaves[number << level : number + 1 << level]))
    assert [tree.path(index) for index in range(size)] == [path(index, leaves) for index in range(size)]


@given(SIZES, st.data())
def test_a_path_proves_nothing_else(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    leaves = [leaf(n) for n in range(size)]
    proof, root = path(index, leaves), head(leaves)
    wrong = [(leaf(size + 1), index, size, proof, root), (leaves[index], index, size, [*proof, root], root)]
    wrong += [(leaves[index], index, size, proof, leaf(size)), (leaves[index], index, size, [*proof, b""], root)]
    if proof:
        wrong += [(leaves[index], index, size, proof[:-1], root), (leaves[index], index, size, proof[1:], root)]
    if other != index:
        wrong.append((leaves[index], other, size, proof, root))
    for case in wrong:
        with pytest.raises(InvalidError):
            verify_inclusion(*case)


@given(SIZES, st.data())
def test_a_tree_continues_each_of_its_beginnings_and_nothing_else(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    leaves = [leaf(n) for n in range(size)]
    proof = Tree(size, lambda level, number: head(leaves[number << level : number + 1 << level])).consistency(old)
    old_root, root = tree_head(leaves[:old]), head(leaves)
    verify_consistency(old, old_root, size, root, proof)
    forked = [*leaves]
    forked[data.draw(st.integers(0, size - 1))] = leaf(size)
    wrong = [(old, old_root, size, root, [*proof, root]), (old, leaf(size), size, root, proof)]
    wrong += [(old, tree_head(forked[:old]), size, root, proof)] if forked[:old] != leaves[:old] else []
    wrong += [(old, old_root, size, head(forked), proof)] if old else []
    wrong += [(old, old_root, size, root, proof[1:]), (old, old_root, size, root, proof[:-1])] if proof else []
    for case in wrong:
        with pytest.raises(InvalidError):
            verify_consistency(*case)


def test_a_tree_without_leaves_has_the_head_of_nothing() -> None:
    assert tree_head([]) == EMPTY_ROOT
    with pytest.raises(InvalidError):
        verify_inclusion(EMPTY_ROOT, 0, 0, [], EMPTY_ROOT)
    with pytest.raises(IndexError):
        inclusion_path(0, 0, lambda level, number: b"")
    with pytest.raises(IndexError):
        Tree(0, lambda level, number: b"").consistency(1)
    with pytest.raises(ValueError):
        Frontier(3, [b""])


@given(SIZES, SIZES)
def test_a_frontier_goes_on_where_it_stopped(first: int, more: int) -> None:
    frontier = Frontier()
    frontier.extend(leaf(n) for n in range(first))
    resumed = Frontier(frontier.size, frontier.peaks)
    resumed.extend(leaf(n) for n in range(first, first + more))
    assert resumed.root() == tree_head(leaf(n) for n in range(first + more))


@pytest.mark.parametrize("item", [None, True, 5, [], {}, "", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "="])
def test_a_path_holds_hashes_only(item: object) -> None:
    with pytest.raises(MalformedError):
        Inclusion.from_json({"leaf_index": 0, "path": [item]})


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5), st.integers(0, 2**40))
def test_a_path_is_read_as_it_was_written(hashes: list[bytes], leaf_index: int) -> None:
    inclusion = Inclusion(leaf_index, tuple(hashes))
    assert Inclusion.from_json(inclusion.to_json()) == inclusion
