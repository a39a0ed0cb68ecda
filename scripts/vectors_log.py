"""The log vectors: one whole log with its keys, as a fresh contract must repeat it leaf by leaf.

Keys, log id and the deployer are fixed and public, so that signatures can be frozen too: on a chain with id 31337 the
deployer's first contract has the address that the signatures name.
"""

from collections import defaultdict
from functools import cache
from typing import Any

from eth_abi import encode
from eth_keys.datatypes import Signature

from scripts.vectors_kinds import find_lane, kinds_vector
from scripts.vectors_lots import first_lot, line_spki
from scripts.vectors_plain import (
    ADD_KEY,
    BATCH,
    Json,
    chain,
    contract_address,
    from_hex,
    hash_leaf,
    hash_tree,
    keccak256,
    known_key,
    pack_word,
    sha256,
    sign_typed,
    to_hex,
)

GATEWAY, OPERATOR, PLATFORM, EXPORTER = 2, 4, 5, 2**24 - 1
SITE, LAST_SITE = 1, 2**24 - 1
SMALLEST_LOT, HIGHEST_LOT, MOST = 1, 2**63 - 1, 2**32 - 1
REGISTRY, BOOK = 0xFFFFFFFF << 32, 1 << 63 | 1 << 32 | EXPORTER
FOREVER, CUSTODIAL_UNTIL = 2**40, 2**39
NAMES = {1: "registrar", GATEWAY: "gateway", OPERATOR: "operator", PLATFORM: "platform", EXPORTER: "exporter"}
ROLES = {GATEWAY: 0x001, OPERATOR: 0x004, PLATFORM: 0x010, EXPORTER: 0x008}
KINDS = {kind["name"]: kind for kind in kinds_vector()["kinds"]}
DOMAIN: Json = {
    "chain_id": 31337,
    "contract": contract_address(known_key("deployer")),
    "log_id": to_hex(sha256(b"cangsu test log")),
}
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""
Movement = tuple[str, int, int, int]


class Log:
    """Writes down what a contract would do, in the naive way."""

    def __init__(self) -> None:
        self.steps: list[Json] = []
        self.leaves: list[bytes] = []
        self.histories: dict[int, list[bytes]] = defaultdict(list)
        self.adverse: dict[int, int] = defaultdict(int)
        self.pieces: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * 8)
        self.nonces: dict[int, int] = defaultdict(int)

    def register(self, call: str, arguments: Json, kind: str, book: int, digest: bytes) -> None:
        record = pack_word(REGISTRY | book, arguments.get("site", 0), KINDS[kind]["code"], 0) + digest
        self._step({"call": call, **arguments}, 1, [record])

    def set_party(self, party: int, roles: int, *, call: str = "setParty") -> None:
        digest = sha256(encode(["uint32"], [roles]))
        self.register(call, {"party": party, "roles": roles}, "PARTY", party, digest)

    def add_key(self, party: int, key_type: int, key_id: bytes, valid_to: int, *, consents: bool = False) -> None:
        is_custodial = valid_to == CUSTODIAL_UNTIL
        values = (party, key_type, key_id, 1, valid_to, is_custodial)
        digest = sha256(encode([kind for _, kind in ADD_KEY[1:]], values[1:]))
        fields = {name: value for (name, _), value in zip(ADD_KEY, values, strict=True)}
        consent = (
            sign_typed(DOMAIN, "AddKey", ADD_KEY, fields, known_key(NAMES[party])) if consents else {"signature": "0x"}
        )
        arguments = fields | {"keyId": to_hex(key_id), "consent": consent["signature"]}
        self.register("addKey", arguments | {"consentDigest": consent.get("digest")}, "KEY", party, digest)

    def open_site(self, site: int, operator: int) -> None:
        digest = sha256(encode(["uint32"], [operator]))
        self.register("openSite", {"site": site, "operator": operator}, "SITE", operator, digest)

    def record(self, party: int, *movements: Movement) -> None:
        records = [self._move(*movement) for movement in movements]
        batch = sign_batch(party, self.nonces[party], FOREVER, b"".join(records))
        self.nonces[party] += 1
        self._step({"call": "record", **batch}, party, records)

    def _move(self, name: str, lot: int, site: int, quantity: int) -> bytes:
        kind = KINDS[name.removesuffix("_REVERSAL")]
        ends = [find_lane(kind["from"]), find_lane(kind["to"])]
        is_reversal = name.endswith("_REVERSAL")
        source, destination = reversed(ends) if is_reversal else ends
        for lane, sign in ((source, -1), (destination, 1)):
            if lane:
                account = self.pieces[lot, 0 if lane[0] == "home" else site]
                account[lane[1]] += sign * quantity
                assert account[lane[1]] >= 0, name
        self.adverse[lot] += kind["adverse"] or is_reversal
        code = kind["code"] | 0x80 * is_reversal
        return pack_word(lot, site, code, quantity) + sha256(f"event {len(self.leaves)} {name}".encode())

    def _step(self, step: Json, party: int, records: list[bytes]) -> None:
        for record in records:
            leaf = hash_leaf(record, party)
            self.leaves.append(leaf)
            self.histories[int.from_bytes(record[:8], "big")].append(leaf)
        entries = [to_hex(record + party.to_bytes(4, "big")) for record in records]
        self.steps.append(step | {"entries": entries, "size": len(self.leaves), "root": to_hex(hash_tree(self.leaves))})


def sign_batch(party: int, nonce: int, deadline: int, records: bytes, *, name: str = "", **domain: Any) -> Json:
    """A batch as its key signs it; ``name`` for another key than the party's, ``domain`` for another log."""
    values = {"party": party, "nonce": nonce, "deadline": deadline, "recordsHash": keccak256(records)}
    key = known_key(name or NAMES[party])
    signed = sign_typed(DOMAIN | domain, "Batch", BATCH, values, key)
    return {
        "party": party,
        "nonce": hex(nonce),
        "deadline": hex(deadline),
        "records": to_hex(records),
        **signed,
        "signer": key.public_key.to_checksum_address(),
    }


@cache
def the_log() -> Log:
    """A small trade with the extremes of every field of a word in it."""
    log, line_lot = Log(), first_lot()
    log.set_party(1, 0x400, call="constructor")
    for party, role in ROLES.items():
        log.set_party(party, role)
        key_id = known_key(NAMES[party]).public_key.to_canonical_address().rjust(32, b"\x00")
        log.add_key(party, 1, key_id, CUSTODIAL_UNTIL if party == EXPORTER else FOREVER)
    log.add_key(GATEWAY, 3, sha256(line_spki()), FOREVER, consents=True)
    log.open_site(SITE, OPERATOR)
    log.open_site(LAST_SITE, OPERATOR)
    log.record(
        GATEWAY,
        ("DECLARE", line_lot, EXPORTER, 1000),
        ("DECLARE", HIGHEST_LOT, EXPORTER, MOST),
        ("DECLARE", SMALLEST_LOT, EXPORTER, 1),
    )
    log.record(GATEWAY, ("DEPART", line_lot, 0, 900), ("DEPART", HIGHEST_LOT, 0, MOST))
    log.record(
        EXPORTER,
        ("ADMIT", REGISTRY | EXPORTER, PLATFORM, 0),
        ("ASN", line_lot, SITE, 800),
        ("ASN", HIGHEST_LOT, LAST_SITE, MOST),
    )
    log.record(
        OPERATOR,
        ("RECEIVE", line_lot, SITE, 790),
        ("SHORT", line_lot, SITE, 10),
        ("SHIP", line_lot, SITE, 100),
        ("SHIP_VOID", line_lot, SITE, 5),
        ("RECEIVE", HIGHEST_LOT, LAST_SITE, MOST),
    )
    log.record(
        PLATFORM,
        ("SALE", line_lot, SITE, 90),
        ("REFUND", line_lot, SITE, 0),
        ("FEE", BOOK, 0, 0),
        ("FEE_REVERSAL", BOOK, 0, 0),
    )
    log.record(OPERATOR, ("RETURN_IN", line_lot, SITE, 10), ("SHIP_REVERSAL", line_lot, SITE, 1))
    return log


def log_vector() -> Json:
    """Steps with entries and tree heads, then what the contract must hold at the end."""
    log = the_log()
    return {
        "about": "A fresh contract that is given these calls has these leaves, heads and pieces. Lanes: lowest first.",
        "test_only": "Every key is SHA-256('cangsu test key: ' + name): never use one of them outside of tests.",
        "deployer": to_hex(known_key("deployer").to_bytes()),
        "domain": DOMAIN,
        "steps": log.steps,
        "histories": [
            {"lot": f"{lot:016x}", "length": len(leaves), "head": to_hex(chain(leaves)), "adverse": log.adverse[lot]}
            for lot, leaves in log.histories.items()
        ],
        "accounts": [{"lot": f"{lot:016x}", "site": site, "lanes": lanes} for (lot, site), lanes in log.pieces.items()],
    }


def batches_vector() -> Json:
    """Signatures that the contract of the log vector accepts after its last step, and such that it refuses."""
    note = pack_word(first_lot(), SITE, KINDS["COUNT"]["code"], 0) + sha256(b"count")
    other = pack_word(first_lot(), SITE, KINDS["KIT"]["code"], 0) + sha256(b"count")
    fresh = 7 << 64  # nonces have lanes: the next one of lane 7 is its first
    good = sign_batch(OPERATOR, fresh, FOREVER, note)
    return {
        "about": "Batch signatures under the domain of the log vector. Refused: the first one with another signature.",
        "domain": DOMAIN,
        "accepted": [
            {"name": "first_nonce_of_a_lane", **good},
            {"name": "highest_lane", **sign_batch(OPERATOR, (2**192 - 1) << 64, FOREVER, note + other)},
            {"name": "latest_deadline", **sign_batch(OPERATOR, fresh + 1, 2**64 - 1, note * 3)},
            {"name": "next_nonce_of_lane_0", **sign_batch(OPERATOR, 2, FOREVER, note)},
        ],
        "refused": [
            {"defect": defect, **good, **forge(good["digest"], signature)}
            for defect, signature in (
                ("other_chain", sign_batch(OPERATOR, fresh, FOREVER, note, chain_id=1)["signature"]),
                ("other_contract", sign_batch(OPERATOR, fresh, FOREVER, note, contract="0x" + "11" * 20)["signature"]),
                ("other_log", sign_batch(OPERATOR, fresh, FOREVER, note, log_id="0x" + "22" * 32)["signature"]),
                ("other_party", sign_batch(PLATFORM, fresh, FOREVER, note, name="operator")["signature"]),
                ("other_nonce", sign_batch(OPERATOR, fresh + 1, FOREVER, note)["signature"]),
                ("other_deadline", sign_batch(OPERATOR, fresh, FOREVER - 1, note)["signature"]),
                ("other_records", sign_batch(OPERATOR, fresh, FOREVER, other)["signature"]),
                ("other_partys_key", sign_batch(OPERATOR, fresh, FOREVER, note, name="platform")["signature"]),
                ("key_of_nobody", sign_batch(OPERATOR, fresh, FOREVER, note, name="nobody")["signature"]),
                ("high_s", mirror(good["signature"])),
                ("recovery_id_of_0", good["signature"][:-2] + f"{int(good['signature'][-2:], 16) - 27:02x}"),
                ("one_byte_short", good["signature"][:-2]),
                ("empty", "0x"),
                ("zeros", "0x" + "00" * 65),
            )
        ],
    }


def forge(digest: str, signature: str) -> Json:
    """A signature and who made it, as OpenZeppelin's ECDSA recovers it: the zero address if nobody did."""
    data = from_hex(signature)
    is_plain = len(data) == 65 and data[64] in (27, 28) and 0 < int.from_bytes(data[32:64], "big") <= _ORDER // 2
    if not is_plain:
        return {"signature": signature, "signer": "0x" + "00" * 20}
    recovered = Signature(data[:64] + bytes([data[64] - 27])).recover_public_key_from_msg_hash(from_hex(digest))
    return {"signature": signature, "signer": recovered.to_checksum_address()}


def mirror(signature: str) -> str:
    """The other signature that the same curve point allows: s' = n − s."""
    data = from_hex(signature)
    s = _ORDER - int.from_bytes(data[32:64], "big")
    return to_hex(data[:32] + s.to_bytes(32, "big") + bytes([55 - data[64]]))
