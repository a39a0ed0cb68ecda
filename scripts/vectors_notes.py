"""The vectors of checkpoints: notes that a log signed and witnesses cosigned, and consistency proofs between trees.

The keys are made from seeds that anyone can see. They are for tests only.
"""

import base64
from collections.abc import Iterator
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scripts.vectors_plain import Json, hash_tree, largest_power_below, sha256, to_hex
from scripts.vectors_tree import tree_leaves

LOG, WITNESS = 1, 4
ORIGIN = f"cangsu.example/31337/0x{bytes(range(20)).hex()}/{bytes(range(32)).hex()}"
TIME = 1_780_000_000
PAIRS = ((1, 2), (1, 70), (2, 3), (3, 7), (4, 7), (6, 8), (7, 8), (8, 64), (33, 64), (63, 64), (64, 70), (69, 70))


class Signer:
    """A note key with its private half."""

    def __init__(self, name: str, key_type: int, seed: str) -> None:
        self.name, self.key_type = name, key_type
        self._private = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()))
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = sha256(name.encode() + b"\n" + bytes([key_type]) + self.public)[:4]

    def vkey(self) -> str:
        data = base64.b64encode(bytes([self.key_type]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{data}"

    def sign(self, text: str, time: int = TIME) -> bytes:
        """What stands behind the key id in a signature line."""
        if self.key_type == LOG:
            return self._private.sign(text.encode())
        message = f"cosignature/v1\ntime {time}\n{text}"
        return time.to_bytes(8, "big") + self._private.sign(message.encode())

    def line(self, text: str, time: int = TIME) -> str:
        return signature_line(self.name, self.key_id + self.sign(text, time))


def signature_line(name: str, data: bytes) -> str:
    return f"— {name} {base64.b64encode(data).decode()}\n"


@cache
def signers() -> dict[str, Signer]:
    return {
        "log": Signer(ORIGIN, LOG, "cangsu test log"),
        "bank": Signer("witness.bank.example", WITNESS, "cangsu test witness bank"),
        "customs": Signer("witness.customs.example/仓", WITNESS, "cangsu test witness customs"),
        "stranger": Signer("witness.stranger.example", WITNESS, "cangsu test witness stranger"),
        "namesake": Signer("witness.bank.example", WITNESS, "cangsu test witness of the same name"),
        "two_faced": Signer("witness.bank.example", LOG, "cangsu test witness bank"),
    }


def body(size: int = 70, block: int = 24) -> str:
    root = base64.b64encode(hash_tree(tree_leaves()[:size])).decode()
    return f"{ORIGIN}\n{size}\n{root}\nblock {block} {to_hex(sha256(block.to_bytes(8, 'big')))}\n"


def notes_vector() -> Json:
    """Notes as they stand, with the keys that a reader knows: the log, the bank and customs."""
    known = [signers()[name] for name in ("log", "bank", "customs")]
    return {
        "about": "Signed notes (C2SP signed-note, tlog-cosignature). A reader knows the keys of `known`; `signed` says "
        "which of them have signed, and when.",
        "keys": [
            {
                "name": name,
                "key_name": signer.name,
                "type": signer.key_type,
                "public": to_hex(signer.public),
                "key_id": to_hex(signer.key_id),
                "vkey": signer.vkey(),
            }
            for name, signer in signers().items()
        ],
        "known": [signer.vkey() for signer in known],
        "accepted": list(_accepted()),
        "refused": [{"defect": defect, "note": note} for defect, note in _refused()],
        "refused_keys": [{"defect": defect, "vkey": vkey} for defect, vkey in _refused_keys()],
    }


def _accepted() -> Iterator[Json]:
    text, by = body(), signers()
    log, bank, customs = (by[name].line(text) for name in ("log", "bank", "customs"))

    def case(name: str, lines: str, **signed: int) -> Json:
        return {"name": name, "note": f"{text}\n{lines}", "signed": {by[who].vkey(): at for who, at in signed.items()}}

    yield case("unsigned", "")
    yield case("by_the_log", log, log=0)
    yield case("by_all", log + bank + customs, log=0, bank=TIME, customs=TIME)
    yield case("lines_in_another_order", customs + bank + log, log=0, bank=TIME, customs=TIME)
    yield case("one_witness_twice_counts_once", bank + by["bank"].line(text, TIME + 60), bank=TIME + 60)
    yield case("unknown_key_is_passed_over", by["stranger"].line(text) + bank, bank=TIME)
    yield case("another_key_of_a_known_name_is_passed_over", by["namesake"].line(text) + bank, bank=TIME)
    yield case("witness_key_used_as_a_log_is_passed_over", by["two_faced"].line(text), **{})
    yield case("time_zero", by["bank"].line(text, 0), bank=0)
    yield case("largest_time", by["bank"].line(text, 2**63 - 1), bank=2**63 - 1)


def _refused() -> Iterator[tuple[str, str]]:
    text, by = body(), signers()
    bank, log = by["bank"], by["log"]
    signed, at = bank.sign(text), TIME.to_bytes(8, "big")

    def note(data: bytes, name: str = bank.name, key_id: bytes = bank.key_id) -> str:
        return f"{text}\n{signature_line(name, key_id + data)}"

    yield "signature_with_one_bit_changed", note(signed[:20] + bytes([signed[20] ^ 1]) + signed[21:])
    yield "time_changed", note((TIME + 1).to_bytes(8, "big") + signed[8:])
    yield "time_beyond_63_bits", note((2**63).to_bytes(8, "big") + bank.sign(text, 2**63)[8:])
    yield "time_missing", note(signed[8:])
    yield "signature_of_63_bytes", note(signed[:-1])
    yield "signature_of_65_bytes", note(signed + b"\x00")
    yield "signature_empty", note(b"")
    yield "signed_without_the_header", note(at + bank._private.sign(text.encode()))
    yield "signed_without_the_last_newline", note(bank.sign(text[:-1]))
    yield "signature_of_another_body", note(bank.sign(body(69)))
    yield "signature_of_another_block", note(bank.sign(body(70, 25)))
    yield "signature_of_another_witness", note(by["customs"].sign(text))
    yield "log_signs_as_a_witness", note(at + log.sign(text), log.name, log.key_id)
    yield "log_signature_of_another_body", f"{text}\n{signature_line(log.name, log.key_id + log.sign(body(69)))}"
    yield (
        "one_bad_beside_good_ones",
        f"{text}\n{log.line(text)}{by['customs'].line(text)}" + note(at + bytes(64))[len(text) + 1 :],
    )


def _refused_keys() -> Iterator[tuple[str, str]]:
    bank = signers()["bank"]
    name, key_id, data = bank.vkey().split("+", 2)
    encoded = base64.b64encode
    yield "empty", ""
    yield "no_name", f"+{key_id}+{data}"
    yield "space_in_the_name", f"a b+{key_id}+{data}"
    yield "id_of_another_name", f"{name}x+{key_id}+{data}"
    yield "id_in_upper_case", f"{name}+{key_id.upper()}+{data}"
    yield "id_too_short", f"{name}+{key_id[:-2]}+{data}"
    yield "no_id", f"{name}+{data}"
    yield "key_of_31_bytes", f"{name}+{key_id}+{encoded(bytes([WITNESS]) + bank.public[:-1]).decode()}"
    yield "key_without_its_type", f"{name}+{key_id}+{encoded(bank.public).decode()}"
    unknown = bytes([2]) + bank.public
    unknown_id = sha256(name.encode() + b"\n" + unknown)[:4].hex()
    yield "unknown_type", f"{name}+{unknown_id}+{encoded(unknown).decode()}"
    yield "not_base64", f"{name}+{key_id}+!"


# -- consistency


def find_consistency(old: int, leaves: list[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 §2.1.4.1."""
    if old == len(leaves):
        return [] if is_whole else [hash_tree(leaves)]
    split = largest_power_below(len(leaves))
    if old <= split:
        return [*find_consistency(old, leaves[:split], is_whole), hash_tree(leaves[split:])]
    return [*find_consistency(old - split, leaves[split:], False), hash_tree(leaves[:split])]


def consistency_vector() -> Json:
    """Proofs between sizes of one tree that hold, and such that do not."""
    found = tree_leaves()
    good = [_proof({"name": f"{old}_to_{size}"}, old, size, find_consistency(old, found[:size])) for old, size in PAIRS]
    good += [_proof({"name": f"{old}_to_{size}"}, old, size, []) for old, size in ((0, 0), (0, 70), (1, 1), (70, 70))]
    return {
        "about": "Consistency proofs (RFC 9162 §2.1.4) in the tree of tree_heads.json. A refused one has one defect.",
        "accepted": good,
        "refused": list(_broken()),
    }


def _broken() -> Iterator[Json]:
    found = tree_leaves()
    old, size = 20, 70
    proof, root, old_root = find_consistency(old, found[:size]), hash_tree(found[:size]), hash_tree(found[:old])
    forked = hash_tree([*found[:7], sha256(b"another leaf"), *found[8:size]])
    flipped = bytes([proof[1][0] ^ 1]) + proof[1][1:]
    yield _proof({"defect": "proof_empty"}, old, size, [])
    yield _proof({"defect": "proof_without_its_first"}, old, size, proof[1:])
    yield _proof({"defect": "proof_without_its_last"}, old, size, proof[:-1])
    yield _proof({"defect": "proof_with_one_more"}, old, size, [*proof, root])
    yield _proof({"defect": "proof_with_one_more_before"}, old, size, [old_root, *proof])
    yield _proof({"defect": "proof_backwards"}, old, size, proof[::-1])
    yield _proof({"defect": "hash_with_one_bit_changed"}, old, size, [proof[0], flipped, *proof[2:]])
    yield _proof({"defect": "hash_of_31_bytes"}, old, size, [proof[0][:31], *proof[1:]])
    yield _proof({"defect": "hash_of_33_bytes"}, old, size, [proof[0] + b"\x00", *proof[1:]])
    yield _proof({"defect": "hashes_merged"}, old, size, [proof[0] + proof[1], *proof[2:]])
    yield _proof({"defect": "old_size_one_less"}, old - 1, size, proof, old_root=old_root)
    yield _proof({"defect": "old_size_one_more"}, old + 1, size, proof, old_root=old_root)
    yield _proof({"defect": "old_size_zero"}, 0, size, proof, old_root=old_root)
    yield _proof({"defect": "old_size_negative"}, -1, size, proof, old_root=old_root)
    yield _proof({"defect": "size_of_a_higher_tree"}, old, 129, proof, root=root)
    yield _proof({"defect": "size_of_a_full_tree"}, old, 64, proof, root=root)
    yield _proof({"defect": "size_before_the_old_one"}, size, old, proof, old_root=root, root=old_root)
    yield _proof({"defect": "old_root_of_another_size"}, old, size, proof, old_root=hash_tree(found[: old - 1]))
    yield _proof({"defect": "root_of_another_size"}, old, size, proof, root=hash_tree(found[: size - 1]))
    yield _proof({"defect": "roots_exchanged"}, old, size, proof, old_root=root, root=old_root)
    yield _proof({"defect": "root_of_a_fork"}, old, size, proof, root=forked)
    yield _proof({"defect": "old_root_of_a_fork"}, size, size, [], old_root=forked)
    yield _proof({"defect": "old_root_of_31_bytes"}, old, size, proof, old_root=old_root[:31])
    yield _proof({"defect": "same_size_with_a_proof"}, size, size, [root])
    yield _proof({"defect": "empty_tree_with_a_proof"}, 0, size, [root])
    yield _proof({"defect": "empty_tree_with_a_head"}, 0, size, [], old_root=bytes(32))
    yield _proof({"defect": "power_of_two_with_its_own_head"}, 32, size, [hash_tree(found[:32]), *_of(32)])
    yield _proof({"defect": "power_of_two_without_proof"}, 64, size, [])


def _of(old: int) -> list[bytes]:
    return find_consistency(old, tree_leaves()[:70])


def _proof(
    name: Json, old: int, size: int, proof: list[bytes], old_root: bytes | None = None, root: bytes | None = None
) -> Json:
    found = tree_leaves()
    return name | {
        "old_size": old,
        "old_root": to_hex(hash_tree(found[: max(old, 0)]) if old_root is None else old_root),
        "size": size,
        "root": to_hex(hash_tree(found[:size]) if root is None else root),
        "proof": [to_hex(item) for item in proof],
    }
