"""One proof that many leaves are in a tree (docs/formats.md §6): the heads of all that lies between them.

Both sides walk the tree as RFC 9162 §2.1.1 defines it. A range of leaves without a leaf in question is one hash of the
proof, from left to right; so the tree size and the indices alone say which hashes there are, and none says where it
belongs. Cost: at most the height of the tree for each leaf, whatever its size.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from verifier.errors import InvalidError
from verifier.merkle import Tree, node_hash, split
from verifier.shapes import base64url_bytes, items

_MAX_SIZE = 1 << 64
"""The walk descends at most 64 levels."""


def proof_from_json(value: Any) -> tuple[bytes, ...]:
    """Read the member ``proof``."""
    return tuple(base64url_bytes(item, "a hash of the proof", 32) for item in items(value, "proof"))


def make_multiproof(tree: Tree, indices: Iterable[int]) -> list[bytes]:
    """The proof of the leaves at these indices. Raises IndexError if there are none, or one that the tree lacks."""
    ordered = sorted(set(indices))
    if not (ordered and ordered[0] >= 0 and ordered[-1] < tree.size):
        raise IndexError(f"no leaf, or a leaf outside a tree of {tree.size}")
    return [tree.head(start, end) for start, end in _gaps(ordered, 0, tree.size, 0, len(ordered))]


def verify_multiproof(leaves: Iterable[tuple[int, bytes]], size: int, proof: Sequence[bytes], root: bytes) -> None:
    """InvalidError unless the leaves, given as (index, hash), are those of the tree of this size and root."""
    ordered = sorted(leaves)
    indices = [index for index, _ in ordered]
    _verify_indices(indices, size)
    unread = iter(proof)

    def head(start: int, end: int, first: int, last: int) -> bytes:
        """The head over the leaves [start, end), of which indices[first:last] are given."""
        if first == last:
            return _next_hash(unread)
        if end - start == 1:
            return ordered[first][1]
        middle = split(start, end)
        cut = bisect_left(indices, middle, first, last)
        left = head(start, middle, first, cut)
        return node_hash(left, head(middle, end, cut, last))

    found = head(0, size, 0, len(indices))
    if next(unread, None) is not None:
        raise InvalidError("the proof is too long")
    if found != root:
        raise InvalidError("the proof does not lead to the tree head")


def _gaps(indices: Sequence[int], start: int, end: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees of [start, end) that hold none of indices[first:last], from left to right."""
    if first == last:
        yield start, end
    elif end - start > 1:
        middle = split(start, end)
        cut = bisect_left(indices, middle, first, last)
        yield from _gaps(indices, start, middle, first, cut)
        yield from _gaps(indices, middle, end, cut, last)


def _verify_indices(indices: Sequence[int], size: int) -> None:
    if not indices:
        raise InvalidError("there is no leaf to prove")
    if indices[0] < 0 or not indices[-1] < size <= _MAX_SIZE:
        raise InvalidError(f"leaf indices {indices[0]} to {indices[-1]} do not lie in a tree of {size} leaves")
    for earlier, later in pairwise(indices):
        if earlier == later:
            raise InvalidError(f"leaf index {later} is given twice")


def _next_hash(unread: Iterator[bytes]) -> bytes:
    found = next(unread, None)
    if found is None:
        raise InvalidError("the proof is too short")
    if len(found) != 32:
        raise InvalidError("a hash of the proof must have 32 bytes")
    return found
