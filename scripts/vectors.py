"""Writes tests/vectors/*.json, which every implementation of docs/formats.md must pass. ``--check`` only compares.

The values are computed by scripts/vectors_plain.py, not by the code under test. Defects have names. The one thing that
is not computed is the customs gateway's RSA key: it was made once and is kept in lots.json. It is for tests only.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.vectors_claims import claims_vector
from scripts.vectors_events import events_vector
from scripts.vectors_keys import keys_vector
from scripts.vectors_kinds import kinds_vector
from scripts.vectors_log import batches_vector, log_vector
from scripts.vectors_lots import lots_vector
from scripts.vectors_multiproof import multiproof_vector
from scripts.vectors_notes import consistency_vector, notes_vector
from scripts.vectors_plain import Json, hash_leaf, pack_word, sha256, to_hex, to_text
from scripts.vectors_tree import histories_vector, inclusion_vector, tree_heads_vector

TARGET = Path(__file__).resolve().parent.parent / "tests" / "vectors"
WORDS = {
    "smallest": (1, 0, 0, 0),
    "largest": (2**64 - 1, 2**24 - 1, 2**8 - 1, 2**32 - 1),
    "every_byte_differs": (0x0102030405060708, 0x090A0B, 0x0C, 0x0D0E0F10),
    "declaration": (0x00C0FFEE00C0FFEE, 8, 0x01, 1000),
    "whole_lot_of_the_largest_site": (0x00C0FFEE00C0FFEE, 2**24 - 1, 0x07, 2**32 - 1),
    "reversal": (2**63 - 1, 7, 0x95, 1),
    "note_at_home": (1, 0, 0x44, 0),
    "book": (1 << 63 | 1 << 32 | 8, 0, 0x50, 0),
    "registry_book": (0xFFFFFFFF << 32 | 8, 0, 0x62, 0),
}


def words_vector() -> Json:
    """Words with the extremes of every field."""
    return {
        "about": "word = lot uint64 | site uint24 | kind uint8 | quantity uint32, big-endian.",
        "words": [
            {
                "name": name,
                "lot": f"{lot:016x}",
                "site": site,
                "kind": kind,
                "quantity": quantity,
                "word": to_hex(pack_word(lot, site, kind, quantity)),
            }
            for name, (lot, site, kind, quantity) in WORDS.items()
        ],
    }


def leaves_vector() -> Json:
    """One record, attested by different parties."""
    parties = {"party_1": 1, "largest_party": 2**24 - 1, "every_byte_of_the_party_differs": 0x01020304}
    record = pack_word(0x00C0FFEE00C0FFEE, 7, 0x0F, 3) + sha256(b"event")
    return {
        "about": "leaf = SHA-256(0x00 ‖ record ‖ party uint32).",
        "leaves": [
            {
                "name": name,
                "record": to_hex(record),
                "party": party,
                "entry": to_hex(record + party.to_bytes(4, "big")),
                "leaf": to_hex(hash_leaf(record, party)),
            }
            for name, party in parties.items()
        ],
    }


VECTORS: dict[str, Callable[[], Json]] = {
    "words": words_vector,
    "events": events_vector,
    "leaves": leaves_vector,
    "tree_heads": tree_heads_vector,
    "inclusion": inclusion_vector,
    "consistency": consistency_vector,
    "notes": notes_vector,
    "multiproof": multiproof_vector,
    "histories": histories_vector,
    "lots": lots_vector,
    "log": log_vector,
    "batches": batches_vector,
    "keys": keys_vector,
    "kinds": kinds_vector,
    "claims": claims_vector,
}


def main() -> int:
    texts = {f"{name}.json": to_text(make()) for name, make in VECTORS.items()}
    kept = {path.name: path.read_text("utf-8") for path in TARGET.glob("*.json")}
    if "--check" in sys.argv:
        stale = sorted(name for name in texts.keys() | kept.keys() if texts.get(name) != kept.get(name))
        if stale:
            print(f"not what scripts/vectors.py says: {', '.join(stale)}; run `make vectors`")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (TARGET / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
