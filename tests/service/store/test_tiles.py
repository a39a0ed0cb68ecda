"""The tree in tiles is the tree of RFC 9162, however it grew."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from service.store.database import writing
from service.store.tiles import Tiles
from verifier.merkle import Tree, inclusion_path, tree_head, verify_inclusion
from verifier.multiproof import make_multiproof, verify_multiproof

LEAVES = [hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(70_000)]


def grow(engine: Engine, steps: list[int]) -> Tiles:
    """A tree that grew in steps, each in a transaction of its own; the tiles as they are read back."""
    size = 0
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM tile"))
    for step in steps:
        with writing(engine) as connection:
            Tiles(connection).append(size, LEAVES[size : size + step])
        size += step
    return Tiles(engine.connect())


@given(st.lists(st.integers(0, 700), min_size=1, max_size=5), st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_leaf_can_be_proven(engine: Engine, steps: list[int], data: st.DataObject) -> None:
    size = sum(steps)
    tiles = grow(engine, steps)
    root = tree_head(LEAVES[:size])
    for _ in range(5 if size else 0):
        index = data.draw(st.integers(0, size - 1))
        verify_inclusion(LEAVES[index], index, size, inclusion_path(index, size, tiles.node), root)
    tiles._connection.close()


@pytest.mark.parametrize("steps", [[256], [255, 1], [65_536], [65_535, 2], [1, 65_600], [300, 69_700]])
def test_full_tiles_are_summed_up_above(engine: Engine, steps: list[int]) -> None:
    size = sum(steps)
    tiles = grow(engine, steps)
    root = tree_head(LEAVES[:size])
    for index in (0, 255, 256, 65_535, size - 1):
        if index < size:
            verify_inclusion(LEAVES[index], index, size, inclusion_path(index, size, tiles.node), root)
    proven = [index for index in (0, 255, 256, 65_535, size - 1) if index < size]
    proof = make_multiproof(Tree(size, tiles.node), proven)
    verify_multiproof(((index, LEAVES[index]) for index in {*proven}), size, proof, root)
    tiles._connection.close()
