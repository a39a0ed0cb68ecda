"""The RFC 9162 tree (§2.1): head, audit path, consistency proof, their checks. Node = SHA-256(0x01 ‖ left ‖ right)."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from verifier.errors import InvalidError

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""RFC 9162 §2.1.1: the head of an empty tree."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(start: int, end: int) -> int:
    """Where the leaves [start, end), two at least, part: behind the largest power of two below their number."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


class Frontier:
    """The right edge of a tree: the roots of its perfect subtrees, largest first.

    It is enough to append and to give the head. The contract keeps the same values, so that each batch costs the chain
    one node hash a leaf.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(peaks):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        level = self.size
        while level & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            level >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The tree head."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def tree_head(leaves: Iterable[bytes]) -> bytes:
    """The head of the tree over these leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


class Tree:
    """A tree of ``size`` leaves, as far as proofs need it.

    ``node(level, number)`` gives the root of a *perfect* subtree: leaves [number·2^level, (number+1)·2^level).
    """

    def __init__(self, size: int, node: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._node = node

    def path(self, index: int) -> list[bytes]:
        """The audit path of leaf ``index``, lowest sibling first (RFC 9162 §2.1.3.1)."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of a tree of {self.size}")
        found: list[bytes] = []
        last, level = self.size - 1, 0
        while last:
            sibling = index ^ 1
            if sibling < last:
                found.append(self._node(level, sibling))
            elif sibling == last:
                found.append(self.head(last << level, self.size))
            # The last node of a level stands alone if its number is even: it goes up as it is.
            index, last, level = index >> 1, last >> 1, level + 1
        return found

    def head(self, start: int, end: int) -> bytes:
        """The head over the leaves [start, end), which are a node of the tree."""
        width = end - start
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            return self._node(level, start >> level)
        middle = split(start, end)
        return node_hash(self.head(start, middle), self.head(middle, end))

    def consistency(self, old_size: int) -> list[bytes]:
        """The proof that the first ``old_size`` leaves are those of the tree of that size (RFC 9162 §2.1.4.1).

        It is empty for a tree of none of the leaves and for one of all of them.
        """
        if not 0 <= old_size <= self.size:
            raise IndexError(f"{old_size} leaves of a tree of {self.size}")
        found: list[bytes] = []
        start, end, is_whole = 0, self.size, True
        while start < old_size < end:
            middle = split(start, end)
            if old_size <= middle:
                found.append(self.head(middle, end))
                end = middle
            else:
                found.append(self.head(start, middle))
                start, is_whole = middle, False
        if old_size and not is_whole:
            found.append(self.head(start, end))
        return found[::-1]


def inclusion_path(index: int, size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """One path of a tree (``Tree``)."""
    return Tree(size, node).path(index)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check an audit path (RFC 9162 §2.1.3.2); InvalidError if the leaf is not at ``index`` under ``root``."""
    if not 0 <= index < size:
        raise InvalidError(f"leaf index {index} lies outside a tree of {size} leaves")
    fn, sn, current = index, size - 1, leaf
    for sibling in path:
        if len(sibling) != 32:
            raise InvalidError("a path hash must have 32 bytes")
        if sn == 0:
            raise InvalidError("the inclusion path is too long")
        if fn & 1 or fn == sn:
            current = node_hash(sibling, current)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InvalidError("the inclusion path is too short")
    if current != root:
        raise InvalidError("the inclusion path does not lead to the tree head")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check a consistency proof (RFC 9162 §2.1.4.2); InvalidError unless the tree of ``size`` continues the old one.

    Nothing needs a proof of a tree with no leaves, or of one with itself: there the proof must be empty.
    """
    if not 0 <= old_size <= size:
        raise InvalidError(f"a tree of {size} leaves does not continue one of {old_size}")
    if any(len(found) != 32 for found in (old_root, root, *proof)):
        raise InvalidError("a hash of a consistency proof must have 32 bytes")
    if old_size in (0, size):
        if proof:
            raise InvalidError("the consistency proof is too long")
        if old_root != (root if old_size else EMPTY_ROOT):
            raise InvalidError(f"the trees of {old_size} leaves have different heads")
        return
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        raise InvalidError("the consistency proof is too short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for found in path[1:]:
        if sn == 0:
            raise InvalidError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(found, old), node_hash(found, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, found)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InvalidError("the consistency proof is too short")
    if (old, new) != (old_root, root):
        raise InvalidError("the consistency proof does not lead from the old tree head to the new one")
