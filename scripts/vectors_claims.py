"""The claim vectors: set hashes, records, tanks and every message about a claim, signed, on the log of the log vector.

The messages are one story that the registry of that log accepts in this order, once its registrar has registered the
issuer, the bank and the tax office that ``parties`` names.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi import encode

from scripts.vectors_log import BOOK, DOMAIN, EXPORTER, FOREVER, HIGHEST_LOT, SMALLEST_LOT
from scripts.vectors_lots import first_lot
from scripts.vectors_plain import Json, from_hex, keccak256, known_key, sha256, sign_typed, to_hex

ISSUER, BANK, TAX = 20, 21, 22
U = 10**12
CHUNK = 256 * 256
"""Positions of a LotSet at most: 256 words of 256 bits."""
REGISTRY: Json = {
    **DOMAIN,
    "name": "Cangsu Claims",
    # The first contract that the ledger creates: keccak(rlp([ledger, 1])).
    "contract": to_hex(keccak256(b"\xd6\x94" + from_hex(DOMAIN["contract"]) + b"\x01")[12:]),
}
_ORDER = (
    "bytes32 id,uint32 issuer,uint32 owner,uint8 purpose,bytes32 setHash,bytes32 credentialDigest,bytes32 tanksHash,"
    "bytes32 deductedHash,uint64 deadline"
)
TYPES = {
    "Issue": _ORDER,
    "IssueConsent": _ORDER,
    "Endorse": (
        "uint32 bank,bytes32 id,uint32 version,bytes3 currency,uint64 claimFrom,uint64 claimTo,"
        "bytes32 receiptReference,bytes32 receiptCommitment,uint64 receiptFrom,uint64 receiptTo,uint64 adverse,"
        "uint256 nonce,uint64 deadline"
    ),
    "EndorseConsent": "bytes32 id,uint32 bank,bytes3 currency,uint64 maximum,uint64 deadline",
    "Supersede": (
        "bytes32 id,uint32 version,bytes32 setHash,bytes32 credentialDigest,bytes32 limitsHash,uint64 deadline"
    ),
    "Reduce": "bytes32 id,uint32 version,bytes32 piecesHash,uint64 deadline",
    "Release": (
        "uint32 bank,bytes32 id,bytes3 currency,uint64 claimFrom,uint64 claimTo,bytes32 receiptReference,"
        "uint64 receiptFrom,uint64 receiptTo,bytes32 payment,uint256 nonce,uint64 deadline"
    ),
    "Revoke": "bytes32 id,uint32 version,uint64 deadline",
    "RowPost": (
        "uint32 party,uint64 lot,uint32 row,uint8 state,uint32 pieces,uint32 position,uint256 nonce,uint64 deadline"
    ),
}
Positions = Mapping[int, Sequence[int]]
Ranges = Sequence[tuple[int, int, int]]
FIRST, LATER = {first_lot(): [7, 8]}, {first_lot(): [9]}
SETS: dict[str, tuple[Positions, Mapping[int, int], Ranges]] = {
    "empty": ({}, {}, []),
    "first_version": (FIRST, {first_lot(): 80}, [(BOOK, 0, 2)]),
    "one_position": ({SMALLEST_LOT: [0]}, {SMALLEST_LOT: 1}, []),
    "last_bit_of_a_word": ({HIGHEST_LOT: [255]}, {HIGHEST_LOT: 2**32 - 1}, []),
    "first_bit_of_the_next_word": ({HIGHEST_LOT: [256]}, {}, []),
    "words_with_a_gap": ({SMALLEST_LOT: [3, 700, 1023]}, {SMALLEST_LOT: 5}, []),
    "on_both_sides_of_a_cut": ({SMALLEST_LOT: [CHUNK - 1, CHUNK]}, {SMALLEST_LOT: 5}, []),
    "chunks_with_a_gap": ({SMALLEST_LOT: [1, 2 * CHUNK + 300, 2**32 - 1]}, {SMALLEST_LOT: 5}, []),
    "lots_ascend": ({HIGHEST_LOT: [1], SMALLEST_LOT: [2], first_lot(): [3]}, {HIGHEST_LOT: 7, first_lot(): 9}, []),
    "books_only": ({}, {}, [(BOOK, 0, 2), (BOOK + (1 << 32), 5, 5)]),
}
REFUSED_SETS: dict[str, tuple[Positions, Mapping[int, int]]] = {
    "position_twice": ({SMALLEST_LOT: [5, 5]}, {}),
    "position_below_0": ({SMALLEST_LOT: [-1]}, {}),
    "position_of_33_bits": ({SMALLEST_LOT: [2**32]}, {}),
    "lot_without_position": ({SMALLEST_LOT: []}, {}),
    "pieces_without_position": ({SMALLEST_LOT: [1]}, {HIGHEST_LOT: 1}),
    "pieces_of_33_bits": ({SMALLEST_LOT: [1]}, {SMALLEST_LOT: 2**32}),
}
SALTS = {"USD": sha256(b"salt of usd")[:16], "CAD": sha256(b"salt of cad")[:16]}
WHOLES = {"USD": 123_456, "CAD": 7}


def claims_vector() -> Json:
    """All of it; ``messages`` come in the order in which the registry accepts them."""
    return {
        "about": "Claims under the registry of the log vector. A set hash is folded over LotSets, then book ranges.",
        "domain": REGISTRY,
        "parties": [{"name": name, "number": number} for name, number in _PARTIES.items()],
        "sets": [_set(name, *case) for name, case in SETS.items()] + [_second_version()],
        "refused_sets": [
            {"defect": defect, "positions": _by_lot(positions), "pieces": _by_lot(pieces)}
            for defect, (positions, pieces) in REFUSED_SETS.items()
        ],
        "records": [_record()],
        "tanks": [_tank(currency) for currency in WHOLES] + [_tank("JPY", U, bytes(16))],
        "hashes": _hashes(),
        "messages": _messages(),
    }


_PARTIES = {"exporter": EXPORTER, "issuer": ISSUER, "bank": BANK, "tax": TAX}


# -- sets


def lot_sets(positions: Positions, pieces: Mapping[int, int]) -> list[Json]:
    """The canonical LotSets: ascending, cut at every 256th word, zero words neither first nor last."""
    found = []
    for lot in sorted(positions):
        for number, chunk in enumerate(sorted({position // CHUNK for position in positions[lot]})):
            inside = [position for position in positions[lot] if position // CHUNK == chunk]
            first, last = min(inside) // 256, max(inside) // 256
            words = [sum(1 << p % 256 for p in inside if p // 256 == word) for word in range(first, last + 1)]
            held = pieces.get(lot, 0) if number == 0 else 0
            found.append({"lot": f"{lot:016x}", "pieces": held, "first_word": first, "words": list(map(_word, words))})
    return found


def fold(previous: bytes, sets: list[Json], books: Ranges) -> bytes:
    for part in sets:
        values = (int(part["lot"], 16), part["pieces"], part["first_word"], [int(word, 16) for word in part["words"]])
        types = ["bytes32", "uint64", "uint32", "uint32", "uint256[]"]
        previous = keccak256(encode(types, [previous, *values]))
    for book in books:
        previous = keccak256(encode(["bytes32", "uint64", "uint32", "uint32"], [previous, *book]))
    return previous


def _set(
    name: str, positions: Positions, pieces: Mapping[int, int], books: Ranges, previous: bytes = bytes(32)
) -> Json:
    sets = lot_sets(positions, pieces)
    return {
        "name": name,
        "previous": to_hex(previous),
        "positions": _by_lot(positions),
        "pieces": _by_lot(pieces),
        "lot_sets": sets,
        "books": [{"book": f"{book:016x}", "from": start, "to": end} for book, start, end in books],
        "hash": to_hex(fold(previous, sets, books)),
    }


def _first_hash() -> bytes:
    positions, pieces, books = SETS["first_version"]
    return fold(bytes(32), lot_sets(positions, pieces), books)


def _second_version() -> Json:
    return _set("second_version", LATER, {first_lot(): 75}, [], _first_hash())


def _record() -> Json:
    """The member ``record`` of a credential of the second version."""
    parts = [
        {
            "lots": [{"lot": f"{first_lot():016x}", "pieces": 80, "positions": _bitmap([7, 8])}],
            "books": [{"book": f"{BOOK:016x}", "from": 0, "to": 2}],
        },
        {"lots": [{"lot": f"{first_lot():016x}", "pieces": 75, "positions": _bitmap([9])}], "books": []},
    ]
    tanks = [
        {"currency": currency, "whole_minor": WHOLES[currency], "salt": _base64url(SALTS[currency])}
        for currency in sorted(WHOLES)
    ]
    record = {"id": to_hex(_ID), "purpose": 1, "parts": parts, "tanks": tanks, "deducted": []}
    return {"name": "second_version", "record": record, "set_hash": _second_version()["hash"]}


# -- tanks


def _tank(currency: str, whole: int | None = None, salt: bytes | None = None) -> Json:
    whole, salt = whole or WHOLES[currency], SALTS[currency] if salt is None else salt
    amounts = sorted({0, 1, whole // 3, whole - 1, whole})
    return {
        "name": f"{currency} {whole}",
        "currency": currency,
        "whole_minor": whole,
        "salt": to_hex(salt),
        "commitment": to_hex(sha256(salt + currency.encode() + whole.to_bytes(8, "big"))),
        "shares": [{"amount_minor": amount, "share": amount * U // whole} for amount in amounts],
    }


# -- messages


_ID, _OTHER_ID = sha256(b"claim"), sha256(b"other claim")
_SIGNING_INPUT = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjYW5nc3UifQ"
_LIMITS = {"CAD": 1, "USD": U // 2}
_REDUCED = {first_lot(): 70}


def _hash_of(*pairs: tuple[str, Any]) -> bytes:
    """keccak256 over ABI words, one after the other."""
    return keccak256(encode([kind for kind, _ in pairs], [value for _, value in pairs]))


def _tanks_hash() -> bytes:
    return _hash_of(
        *(
            pair
            for currency in sorted(WHOLES)
            for pair in (("bytes3", currency.encode()), ("bytes32", from_hex(_tank(currency)["commitment"])))
        )
    )


def _hashes() -> list[Json]:
    limits = _hash_of(*(p for code, limit in _LIMITS.items() for p in (("bytes3", code.encode()), ("uint64", limit))))
    pieces = _hash_of(*(p for lot, held in _REDUCED.items() for p in (("uint64", lot), ("uint32", held))))
    commitments = {currency: _tank(currency)["commitment"] for currency in sorted(WHOLES)}
    return [
        {"name": "tanks", "of": commitments, "hash": to_hex(_tanks_hash())},
        {"name": "limits", "of": _LIMITS, "hash": to_hex(limits)},
        {"name": "pieces", "of": _by_lot(_REDUCED), "hash": to_hex(pieces)},
        {"name": "deducted", "of": [to_hex(_ID), to_hex(_OTHER_ID)], "hash": to_hex(keccak256(_ID + _OTHER_ID))},
        {"name": "nothing", "of": {}, "hash": to_hex(keccak256(b""))},
        {"name": "credential", "of": _SIGNING_INPUT.decode(), "hash": to_hex(sha256(_SIGNING_INPUT))},
    ]


def _messages() -> list[Json]:
    hashes = {case["name"]: case["hash"] for case in _hashes()}
    order = [
        _ID, ISSUER, EXPORTER, 1, _first_hash(), sha256(_SIGNING_INPUT), _tanks_hash(), keccak256(b""), FOREVER,
    ]  # fmt: skip
    later = from_hex(_second_version()["hash"])
    reference, commitment = sha256(b"receipt"), sha256(b"amount of receipt")
    claim_to, receipt_to = U // 3, U - 1
    drawn = [_ID, "USD", claim_to, 0, reference, receipt_to, 0]
    story: list[tuple[str, str, list[Any]]] = [
        ("Issue", "issuer", order),
        ("IssueConsent", "exporter", order),
        ("EndorseConsent", "exporter", [_ID, BANK, "USD", U // 2, 2**64 - 1]),
        (
            "Endorse",
            "bank",
            [BANK, _ID, 1, "USD", 0, claim_to, reference, commitment, 0, receipt_to, 3, 7 << 64, FOREVER],
        ),
        ("Supersede", "issuer", [_ID, 1, later, sha256(b"second credential"), from_hex(hashes["limits"]), FOREVER]),
        ("Reduce", "issuer", [_ID, 2, from_hex(hashes["pieces"]), FOREVER]),
        ("Release", "bank", [BANK, *drawn, sha256(b"payment"), (7 << 64) + 1, FOREVER]),
        ("Revoke", "issuer", [_ID, 2, FOREVER]),
        ("RowPost", "tax", [TAX, first_lot(), 1, 1, 5, 0, 0, FOREVER]),
    ]
    return [_message(*step) for step in story]


def _message(name: str, signer: str, values: list[Any]) -> Json:
    fields = [(member.split()[1], member.split()[0]) for member in TYPES[name].split(",")]
    given = {
        member: value.encode() if kind == "bytes3" else value
        for (member, kind), value in zip(fields, values, strict=True)
    }
    return {
        "name": name,
        "type": f"{name}({TYPES[name]})",
        "signer": signer,
        "values": {member: _to_json(kind, value) for (member, kind), value in zip(fields, values, strict=True)},
        **sign_typed(REGISTRY, name, fields, given, known_key(signer)),
    }


def _to_json(kind: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return to_hex(value)
    return hex(value) if kind in ("uint64", "uint256") else value


def _by_lot(values: Mapping[int, Any]) -> Json:
    return {f"{lot:016x}": value for lot, value in values.items()}


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _bitmap(positions: list[int]) -> str:
    """Position 0 is the lowest bit of the first byte."""
    value = sum(1 << position for position in positions)
    return _base64url(value.to_bytes(max(positions) // 8 + 1, "little"))


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
