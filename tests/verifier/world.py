"""A small trade on a real chain: parties with their keys, and lots whose events their own keys attest.

The world mirrors every leaf that it sends, so that it can hand out proofs and registry books; a test holds the
mirror against the contract. Actors are named by role.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_keys import keys as eth_keys
from web3 import HTTPProvider, Web3

from verifier import registry
from verifier.books import Book, Entry, GrantEntry, KeyEndEntry, KeyEntry, PartyEntry, SiteEntry, attester, to_record
from verifier.canonical import to_base64url
from verifier.eip712 import Domain, add_key_digest, batch_digest, retire_key_digest
from verifier.es256 import Jwk
from verifier.event import GROUPS, SCHEMA, disclosure_digest, event_digest, make_disclosure
from verifier.kinds import CODE_BY_NAME, Role
from verifier.merkle import Frontier, Tree, node_hash
from verifier.multiproof import make_multiproof
from verifier.record import Word, leaf_hash, line_message, lot_number, lot_to_hex, registry_book, to_entry

ARTIFACT = Path(__file__).resolve().parents[2] / "service" / "chain" / "abi" / "LotLedger.json"
REGISTRAR, GATEWAY, EXPORTER, OPERATOR, PLATFORM, ISSUER, CARRIER, STRANGER = range(1, 9)
SITE, OTHER_SITE = 7, 9
FOREVER = 2**40
GAS = 16_000_000


@dataclass(frozen=True, slots=True)
class Logged:
    """An event that is on chain: its clear part, its six digests and disclosures, who attested it and where."""

    clear: dict[str, Any]
    digests: list[str]
    disclosures: list[str]
    party: int
    leaf_index: int


@dataclass
class World:
    """One deployed log and what the test knows of it."""

    url: str
    histories: dict[int, list[Logged]] = field(default_factory=dict)
    books: dict[int, list[Entry]] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        artifact = json.loads(ARTIFACT.read_text())
        self.web3 = Web3(HTTPProvider(self.url, request_kwargs={"timeout": 60}))
        self.registrar = self.web3.eth.accounts[0]
        log_id = os.urandom(32)
        deployed = self._mine(
            self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]).constructor(
                log_id, self.registrar
            )
        )
        self.contract = self.web3.eth.contract(address=deployed["contractAddress"], abi=artifact["abi"])
        self.domain = Domain(self.web3.eth.chain_id, bytes.fromhex(deployed["contractAddress"][2:]), log_id)
        self.batch_keys: dict[int, Any] = {}
        self.nonces: dict[int, int] = {}
        self.line_key = rsa.generate_private_key(65537, 2048)
        self._note(REGISTRAR, PartyEntry(self._next(), int(Role.REGISTRAR)))

    # -- the registrar's acts

    def set_party(self, party: int, roles: Role) -> None:
        self._mine(self.contract.functions.setParty(party, int(roles)))
        self._note(party, PartyEntry(self._next(), int(roles)))

    def add_batch_key(self, party: int, *, is_custodial: bool = False) -> None:
        key = eth_keys.PrivateKey(os.urandom(32))
        self._add_key(
            party, registry.KeyType.BATCH, key.public_key.to_canonical_address().rjust(32, b"\0"), is_custodial
        )
        self.batch_keys[party] = key

    def add_line_key(self, party: int) -> None:
        self._add_key(party, registry.KeyType.LINE, registry.key_id_of_line(self.line_spki()), False)

    def add_issuer_key(self, party: int, jwk: Jwk) -> None:
        self._add_key(party, registry.KeyType.ISSUER, jwk.thumbprint(), False)

    def end_key(self, party: int, key_id: bytes) -> None:
        block = self._mine(self.contract.functions.endKey(key_id))["blockNumber"]
        self._note(party, KeyEndEntry(self._next(), key_id, self.web3.eth.get_block(block)["timestamp"]))

    def retire_key(self, party: int, key_id: bytes) -> None:
        """The party ends a key of its own by a signature of its batch key; somebody else sends it."""
        signature = _sign(self.batch_keys[party], retire_key_digest(self.domain, key_id, FOREVER))
        call = self.contract.functions.retireKey(key_id, FOREVER, signature)
        block = self._mine(call, self.web3.eth.accounts[1])["blockNumber"]
        self._note(party, KeyEndEntry(self._next(), key_id, self.web3.eth.get_block(block)["timestamp"]))

    def open_site(self, site: int, operator: int) -> None:
        self._mine(self.contract.functions.openSite(site, operator))
        self._note(operator, SiteEntry(self._next(), site))

    # -- the parties' acts

    def record(self, party: int, *events: dict[str, Any]) -> None:
        """Seal events and record them in one batch for a party."""
        records, logged = [], []
        for event in events:
            record, sealed = self._seal(party, event)
            records.append(record)
            logged.append(sealed)
        self._send(party, records)
        first = len(self.leaves)
        for offset, (record, (clear, digests, disclosures)) in enumerate(zip(records, logged, strict=True)):
            lot = int(clear["lot"], 16)
            self.histories.setdefault(lot, []).append(Logged(clear, digests, disclosures, party, first + offset))
            self.leaves.append(leaf_hash(to_entry(record, party)))

    def admit(self, owner: int, party: int, *, is_admitted: bool = True) -> None:
        """The owner admits a party, or ends that."""
        clear = {"kind": "ADMIT" if is_admitted else "ADMIT_END", "lot": registry_book(owner), "site": party}
        record, _ = self._seal(owner, clear)
        self._send(owner, [record])
        self._note(owner, GrantEntry(self._next(), is_admitted, party, record[16:], owner))

    def number_line(self, declaration_no: str, item_no: int) -> tuple[int, dict[str, Any]]:
        """The lot of a line, and the ``document`` group that proves it."""
        signature = self.line_key.sign(line_message(declaration_no, item_no), padding.PKCS1v15(), hashes.SHA256())
        document = {"declaration_no": declaration_no, "item_no": item_no, "part_no": 0}
        document |= {"line_signature": to_base64url(signature), "line_key": to_base64url(self.line_spki())}
        return lot_number(signature), document

    def line_spki(self) -> bytes:
        return self.line_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    # -- what can be read of the log

    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def root(self) -> bytes:
        frontier = Frontier()
        frontier.extend(self.leaves)
        return frontier.root()

    def prove(self, indices: Iterable[int], size: int | None = None) -> list[bytes]:
        return make_multiproof(Tree(len(self.leaves) if size is None else size, self._node), indices)

    def book(self, party: int) -> Book:
        return Book(party, tuple(self.books[party]))

    def _node(self, level: int, number: int) -> bytes:
        if level == 0:
            return self.leaves[number]
        return node_hash(self._node(level - 1, 2 * number), self._node(level - 1, 2 * number + 1))

    def _add_key(self, party: int, key_type: registry.KeyType, key_id: bytes, is_custodial: bool) -> None:
        fields = (party, int(key_type), key_id, 0, FOREVER, is_custodial)
        consent = b""
        if party in self.batch_keys:  # a further key needs the consent of one that the party has
            consent = _sign(self.batch_keys[party], add_key_digest(self.domain, *fields))
        self._mine(self.contract.functions.addKey(*fields, consent))
        self._note(party, KeyEntry(self._next(), int(key_type), key_id, 0, FOREVER, is_custodial))

    def _seal(self, party: int, event: dict[str, Any]) -> tuple[bytes, tuple[dict[str, Any], list[str], list[str]]]:
        given = {"site": 0, "quantity": 0, "event_id": os.urandom(8).hex(), "groups": {}} | event
        groups, disclosures = given.pop("groups"), given.pop("disclosures", None)
        time = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="seconds")
        clear = {"schema": SCHEMA, "event_time": time} | given | {"lot": lot_to_hex(given["lot"])}
        disclosures = disclosures or [
            make_disclosure(to_base64url(os.urandom(16)), name, groups.get(name, {})) for name in GROUPS
        ]
        digests = [disclosure_digest(disclosure) for disclosure in disclosures]
        word = Word(given["lot"], clear["site"], CODE_BY_NAME[clear["kind"]], clear["quantity"])
        return word.to_bytes() + event_digest(clear, digests), (clear, digests, disclosures)

    def _send(self, party: int, records: list[bytes]) -> None:
        data, nonce = b"".join(records), self.nonces.get(party, 0)
        signature = _sign(self.batch_keys[party], batch_digest(self.domain, party, nonce, FOREVER, data))
        self._mine(self.contract.functions.record(data, 2**64 - 1, party, nonce, FOREVER, signature))
        self.nonces[party] = nonce + 1

    def _next(self) -> int:
        return len(self.leaves)

    def _note(self, party: int, entry: Entry) -> None:
        self.books.setdefault(party, []).append(entry)
        self.leaves.append(leaf_hash(to_entry(to_record(party, entry), attester(entry))))

    def _mine(self, call: Any, sender: str | None = None) -> Any:
        sent = call.transact({"from": sender or self.registrar, "gas": GAS})
        receipt = self.web3.eth.wait_for_transaction_receipt(sent)
        assert receipt["status"] == 1, "refused by the contract"
        return receipt


def _sign(key: Any, digest: bytes) -> bytes:
    signature = key.sign_msg_hash(digest)
    return bytes(signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([signature.v + 27]))
