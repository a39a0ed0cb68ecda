"""The tree vectors: heads, audit paths good and broken, and history heads, all over the leaves of one log."""

from collections.abc import Iterator
from functools import cache

from scripts.vectors_log import OPERATOR, SITE, the_log
from scripts.vectors_lots import first_lot
from scripts.vectors_plain import (
    Json,
    chain,
    find_path,
    hash_leaf,
    hash_node,
    hash_tree,
    pack_word,
    sha256,
    to_hex,
)

COUNT = 0x42
SIZES = (*range(71), 255, 256, 257, 1000)
PROVEN = (1, 2, 3, 7, 8, 64, 70)
LENGTHS = (*range(9), 256)


def tree_heads_vector() -> Json:
    """Heads at every size up to 70 and around a power of two."""
    found = tree_leaves()
    return {
        "about": "The tree over the entries of log.json, then notes: record i = note word ‖ SHA-256(i as 8 bytes).",
        "note_word": to_hex(_note_word()),
        "party": OPERATOR,
        "heads": [{"size": size, "root": to_hex(hash_tree(found[:size]))} for size in SIZES],
    }


def inclusion_vector() -> Json:
    """Audit paths that hold, and such that do not."""
    found = tree_leaves()
    good = [
        _proof({"name": f"leaf_{index}_of_{size}"}, found[index], index, size, find_path(index, found[:size]))
        for size in PROVEN
        for index in sorted({0, size // 2, size - 1})
    ]
    return {
        "about": "Audit paths in the tree of tree_heads.json, lowest sibling first. Each refused one has one defect.",
        "accepted": good,
        "refused": list(_broken_proofs(found)),
    }


def _broken_proofs(found: list[bytes]) -> Iterator[Json]:
    """The path of leaf 20 of 70 with one thing changed, so that every level but one has a sibling on a known side."""
    index, size = 20, 70
    leaf, path, root = found[index], find_path(index, found[:size]), hash_tree(found[:size])
    lone = find_path(size - 1, found[:size])
    forged = bytes([path[2][0] ^ 1]) + path[2][1:]
    yield _proof({"defect": "leaf_of_another_index"}, found[21], index, size, path)
    yield _proof({"defect": "index_one_more"}, leaf, index + 1, size, path)
    yield _proof({"defect": "index_is_the_size"}, leaf, size, size, path)
    yield _proof({"defect": "index_negative"}, leaf, -1, size, path)
    yield _proof({"defect": "index_beyond_by_a_power_of_two"}, leaf, index + 128, size, path)
    yield _proof({"defect": "size_zero"}, leaf, 0, 0, [], root)
    yield _proof({"defect": "size_of_a_smaller_tree"}, leaf, index, 64, path, root)
    yield _proof({"defect": "size_of_a_larger_tree"}, leaf, index, 129, path, root)
    yield _proof({"defect": "root_of_a_smaller_tree"}, leaf, index, size, path, hash_tree(found[:69]))
    yield _proof({"defect": "root_all_zeros"}, leaf, index, size, path, bytes(32))
    yield _proof({"defect": "path_empty"}, leaf, index, size, [], root)
    yield _proof({"defect": "path_without_its_first"}, leaf, index, size, path[1:], root)
    yield _proof({"defect": "path_without_its_last"}, leaf, index, size, path[:-1], root)
    yield _proof({"defect": "path_with_one_more"}, leaf, index, size, [*path, bytes(32)], root)
    yield _proof({"defect": "path_with_a_doubled_sibling"}, leaf, index, size, [path[0], *path], root)
    yield _proof({"defect": "path_backwards"}, leaf, index, size, path[::-1], root)
    yield _proof({"defect": "siblings_exchanged"}, leaf, index, size, [path[1], path[0], *path[2:]], root)
    yield _proof({"defect": "sibling_with_one_bit_changed"}, leaf, index, size, [*path[:2], forged, *path[3:]], root)
    yield _proof({"defect": "sibling_of_31_bytes"}, leaf, index, size, [path[0][:31], *path[1:]], root)
    yield _proof({"defect": "sibling_of_33_bytes"}, leaf, index, size, [path[0] + b"\x00", *path[1:]], root)
    yield _proof({"defect": "siblings_merged"}, leaf, index, size, [path[0] + path[1], *path[2:]], root)
    yield _proof({"defect": "node_shown_as_a_leaf"}, hash_node(leaf, found[21]), index // 2, size, path[1:], root)
    yield _proof({"defect": "root_shown_as_a_leaf"}, root, 0, size, [], root)
    yield _proof({"defect": "lone_leaf_shown_as_its_left_neighbour"}, found[size - 1], size - 2, size, lone, root)
    yield _proof({"defect": "single_leaf_with_a_path"}, found[0], 0, 1, [found[1]], hash_tree(found[:2]))


def _proof(name: Json, leaf: bytes, index: int, size: int, path: list[bytes], root: bytes | None = None) -> Json:
    head = root if root is not None else hash_tree(tree_leaves()[:size])
    return name | {
        "leaf": to_hex(leaf),
        "index": index,
        "size": size,
        "path": [to_hex(sibling) for sibling in path],
        "root": to_hex(head),
    }


def histories_vector() -> Json:
    """Heads of one history at several lengths."""
    found = tree_leaves()
    return {
        "about": "head = keccak256(head ‖ leaf), from 32 zero bytes, over the first leaves of tree_heads.json.",
        "heads": [{"length": length, "head": to_hex(chain(found[:length]))} for length in LENGTHS],
    }


def _note_word() -> bytes:
    return pack_word(first_lot(), SITE, COUNT, 0)


@cache
def tree_leaves() -> list[bytes]:
    written = the_log().leaves
    notes = [hash_leaf(_note_word() + sha256(i.to_bytes(8, "big")), OPERATOR) for i in range(len(written), max(SIZES))]
    return written + notes
