"""Multi-proofs (docs/formats.md §6): such that hold, and such that do not."""

from collections.abc import Iterator

from scripts.vectors_plain import (
    Json,
    find_multiproof,
    find_path,
    hash_node,
    hash_tree,
    largest_power_below,
    sha256,
    to_hex,
)
from scripts.vectors_tree import tree_leaves

SIZE, INDICES = 70, [3, 20, 21, 66]
SMALL = [(1, [0]), (2, [0]), (2, [1]), (2, [0, 1]), (3, [2]), (7, [0, 6]), (8, [3, 4]), (64, [63])]
LARGE = [(70, [0, 69]), (70, INDICES), (70, [64, 65, 66, 67, 68, 69]), (257, [256]), (1000, [1, 2, 511, 512, 999])]
HUGE = (1 << 53) - 1
"""The largest integer that JSON is sure to keep: whoever shifts 32-bit integers is found here."""
HUGE_INDICES = [0, 1 << 31, (1 << 32) + 5, 1 << 52, HUGE - 1]
_GOOD = "lz-8d0yLmA5kOWMYuMqHdyMYb4ovp91sMYbRnjPVpTE"


def multiproof_vector() -> Json:
    """Proofs in the tree of tree_heads.json, and one in a tree of made-up hashes."""
    found = tree_leaves()
    good = [
        _proof(f"leaves_{'_'.join(map(str, indices))}_of_{size}", found, indices, size)
        for size, indices in [*SMALL, *LARGE, (7, list(range(7)))]
    ]
    good[-1]["name"] = "every_leaf_of_7"
    turned = _proof("leaves_in_another_order", found, INDICES, SIZE)
    turned |= {"indices": turned["indices"][::-1], "leaves": turned["leaves"][::-1]}
    return {
        "about": "leaves[i] is the leaf hash at indices[i], in the tree of tree_heads.json (the huge one is made up). "
        "Each refused or malformed one has one defect; proof is hex here, and in malformed as a credential has it.",
        "accepted": [*good, turned, _huge_proof()],
        "refused": [{"defect": defect} | _good_but(found, **change) for defect, change in _defects(found)],
        "malformed": [{"defect": defect, "proof": proof} for defect, proof in _MALFORMED.items()],
    }


def _defects(found: list[bytes]) -> Iterator[tuple[str, Json]]:
    """What is changed in the good proof of four leaves of 70."""
    proof, leaves = find_multiproof(INDICES, found[:SIZE]), [found[index] for index in INDICES]
    root = hash_tree(found[:SIZE])
    forged = bytes([proof[2][0] ^ 1]) + proof[2][1:]
    yield "no_leaf", {"indices": [], "leaves": [], "proof": [root]}
    yield "size_zero", {"size": 0}
    yield "size_zero_and_no_leaf", {"size": 0, "indices": [], "leaves": [], "proof": [], "root": sha256(b"")}
    yield "size_of_a_smaller_tree", {"size": 67}
    yield "size_of_a_larger_tree", {"size": 129}
    yield "root_of_a_smaller_tree", {"root": hash_tree(found[:69])}
    yield "root_all_zeros", {"root": bytes(32)}
    yield "index_is_the_size", {"indices": [3, 20, 21, 70]}
    yield "index_negative", {"indices": [-3, 20, 21, 66]}
    yield "index_beyond_by_a_power_of_two", {"indices": [3, 20, 21, 66 + (1 << 32)]}
    yield "index_one_more", {"indices": [4, 20, 21, 66]}
    yield "index_twice_with_one_leaf", {"indices": [3, *INDICES], "leaves": [leaves[0], *leaves]}
    yield "index_twice_with_two_leaves", {"indices": [3, *INDICES], "leaves": [found[4], *leaves]}
    yield "leaf_left_out", {"indices": INDICES[:-1], "leaves": leaves[:-1]}
    yield "leaf_too_many", {"indices": [*INDICES, 67], "leaves": [*leaves, found[67]]}
    yield "leaf_of_another_index", {"leaves": [found[4], *leaves[1:]]}
    yield "neighbours_exchanged", {"leaves": [leaves[0], leaves[2], leaves[1], leaves[3]]}
    yield (
        "node_shown_as_a_leaf",
        {
            "indices": [10],
            "leaves": [hash_node(*leaves[1:3])],
            "proof": find_multiproof([20, 21], found[:SIZE]),
        },
    )
    yield "root_shown_as_a_leaf", {"indices": [0], "leaves": [root], "proof": []}
    yield "proof_empty", {"proof": []}
    yield "proof_without_its_first", {"proof": proof[1:]}
    yield "proof_without_its_last", {"proof": proof[:-1]}
    yield "proof_with_one_more", {"proof": [*proof, bytes(32)]}
    yield "proof_with_one_more_in_front", {"proof": [bytes(32), *proof]}
    yield "proof_with_a_doubled_hash", {"proof": [proof[0], *proof]}
    yield "proof_with_a_hash_of_no_bytes", {"proof": [*proof, b""]}
    yield "proof_backwards", {"proof": proof[::-1]}
    yield "two_hashes_exchanged", {"proof": [proof[1], proof[0], *proof[2:]]}
    yield "hash_with_one_bit_changed", {"proof": [*proof[:2], forged, *proof[3:]]}
    yield "hash_of_31_bytes", {"proof": [proof[0][:31], *proof[1:]]}
    yield "hash_of_33_bytes", {"proof": [proof[0] + b"\x00", *proof[1:]]}
    yield "hashes_merged", {"proof": [proof[0] + proof[1], *proof[2:]]}
    yield (
        "proof_of_one_leaf_from_the_leaf_upwards",
        {
            "indices": [20],
            "leaves": [found[20]],
            "proof": find_path(20, found[:SIZE]),
        },
    )


_MALFORMED: Json = {
    "proof_is_text": _GOOD,
    "proof_is_an_object": {"0": _GOOD},
    "proof_is_null": None,
    "hash_is_a_number": [5],
    "hash_is_null": [None],
    "hash_is_an_array": [[_GOOD]],
    "hash_is_empty": [""],
    "hash_of_31_bytes": [_GOOD[:42]],
    "hash_of_33_bytes": [_GOOD + "A"],
    "hash_is_padded": [_GOOD + "="],
    "hash_ends_in_loose_bits": [_GOOD[:42] + "F"],
    "hash_has_the_alphabet_of_base64": [_GOOD.replace("-", "+")],
    "hash_has_a_newline": [_GOOD + "\n"],
    "hash_is_hex": ["0x" + "ab" * 32],
    "second_hash_is_missing": [_GOOD, None],
}


def _good_but(found: list[bytes], **change: Json) -> Json:
    good: Json = {
        "size": SIZE,
        "indices": INDICES,
        "leaves": [found[index] for index in INDICES],
        "proof": find_multiproof(INDICES, found[:SIZE]),
        "root": hash_tree(found[:SIZE]),
    }
    return _in_hex(good | change)


def _proof(name: str, found: list[bytes], indices: list[int], size: int) -> Json:
    leaves, proof = [found[index] for index in indices], find_multiproof(indices, found[:size])
    root = hash_tree(found[:size])
    return {"name": name} | _in_hex({"size": size, "indices": indices, "leaves": leaves, "proof": proof, "root": root})


def _huge_proof() -> Json:
    """A tree that nobody can build: its leaves and the hashes between them are made up, its root follows."""
    leaves = [sha256(b"leaf %d" % index) for index in HUGE_INDICES]
    leaf_by_index = dict(zip(HUGE_INDICES, leaves, strict=True))
    proof: list[bytes] = []

    def head(start: int, end: int) -> bytes:
        if not any(start <= index < end for index in HUGE_INDICES):
            proof.append(sha256(b"range %d %d" % (start, end)))
            return proof[-1]
        if end - start == 1:
            return leaf_by_index[start]
        middle = start + largest_power_below(end - start)
        return hash_node(head(start, middle), head(middle, end))

    root = head(0, HUGE)
    made = {"size": HUGE, "indices": HUGE_INDICES, "leaves": leaves, "proof": proof, "root": root}
    return {"name": "leaves_of_the_largest_tree"} | _in_hex(made)


def _in_hex(case: Json) -> Json:
    return case | {
        "leaves": [to_hex(leaf) for leaf in case["leaves"]],
        "proof": [to_hex(item) for item in case["proof"]],
        "root": to_hex(case["root"]),
    }
