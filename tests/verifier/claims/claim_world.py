"""A small trade whose claims are on a real chain: what a cheating issuer signs is recorded as well as what is true.

The issuer signs any payload, and the owner consents to it: only the verifier is left to object.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from web3 import Web3

from service.core.drafts import Draft, DraftRequest, LoggedEvent, draft_credential, parties_that_matter
from service.core.take import Taking
from tests.verifier.claims.story_world import Take, take_nothing
from tests.verifier.conftest import make_world
from tests.verifier.credential_factory import ALL_GROUPS, YEAR, CredentialFactory, Issued
from tests.verifier.world import ARTIFACT, EXPORTER, FOREVER, GATEWAY, ISSUER, OPERATOR, PLATFORM, SITE, _sign
from verifier.canonical import canonical_bytes
from verifier.claim_messages import (
    Endorse,
    EndorseConsent,
    Order,
    Supersede,
    deducted_hash,
    limits_hash,
    tanks_hash,
)
from verifier.claim_record import digest_of, set_hash
from verifier.claim_set import EMPTY_SET, lot_sets
from verifier.claims.kinds import ClaimKind
from verifier.claims.record import SHARES, ClaimRecord, Deduction, Part, Tank
from verifier.contract import registry_address, registry_domain
from verifier.kinds import Role
from verifier.payload import Issuer
from verifier.record import BOOK_BIT, book_number
from verifier.sdjwt import parse

BANK = 9
Tamper = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Recorded:
    """A claim that the chain holds."""

    record: ClaimRecord
    issued: Issued


class ClaimWorld:
    """``open_lot``, ``sell`` and their like give positions; ``record`` puts a credential on chain as it stands."""

    def __init__(self, url: str) -> None:
        world = self.world = make_world(url)
        world.set_party(BANK, Role.BANK)
        for party in (BANK, ISSUER):
            world.add_batch_key(party)
        world.admit(EXPORTER, BANK)
        self.factory = CredentialFactory(world, ec.generate_private_key(ec.SECP256R1()))
        world.add_issuer_key(ISSUER, self.factory.jwk)
        abi = json.loads((ARTIFACT.parent / "ClaimRegistry.json").read_text())["abi"]
        address = Web3.to_checksum_address(registry_address(world.domain))
        self.registry = world.web3.eth.contract(address=address, abi=abi)
        self.domain = registry_domain(world.domain)
        self.items = 0

    # -- the trade

    def open_lot(self, pieces: int = 100, **document: Any) -> int:
        """A lot that lies at ``SITE``: positions 0 to 3."""
        self.items += 1
        lot, line = self.world.number_line("223320260001234567", self.items)
        document = line | {"mode": "9810", "sale_model": "sold_later"} | document
        groups = {"document": document, "goods": {"fob_minor": 8_00 * pieces, "fob_currency": "USD"}}
        declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": pieces, "groups": groups}
        left = {"kind": "DEPART", "lot": lot, "quantity": pieces, "groups": {"document": {"export_date": "2026-03-10"}}}
        self.world.record(GATEWAY, declare, left)
        self.tell(lot, "ASN", pieces, by=EXPORTER)
        self.tell(lot, "RECEIVE", pieces)
        return lot

    def tell(
        self, number: int, kind: str, quantity: int = 0, *, by: int = OPERATOR, target: int | None = None, **groups: Any
    ) -> int:
        """Record one event; its position."""
        site = 0 if number & BOOK_BIT else SITE
        event = {"kind": kind, "lot": number, "site": site, "quantity": quantity, "groups": groups}
        self.world.record(by, event if target is None else event | {"target": target})
        return len(self.world.histories[number]) - 1

    def sell(self, lot: int, pieces: int, gross: int, currency: str = "USD", account: int = 1) -> int:
        """A shipment and its sale."""
        ship = self.tell(lot, "SHIP", pieces)
        money = {"currency": currency, "gross_minor": gross}
        order = {"order_ref": os.urandom(4).hex(), "platform_account": account}
        return self.tell(lot, "SALE", pieces, by=PLATFORM, target=ship, money=money, order=order)

    def refund(self, lot: int, sale: int, minor: int, currency: str = "USD") -> int:
        """A refund of a sale."""
        return self.tell(lot, "REFUND", by=PLATFORM, target=sale, money={"currency": currency, "refund_minor": minor})

    def fee(self, minor: int, currency: str = "USD", account: int = 1) -> int:
        """A netted fee of an account; its book."""
        money = {"currency": currency, "fee_minor": minor, "fee_type": "commission", "bill_no": os.urandom(4).hex()}
        book = book_number(account, EXPORTER)
        self.tell(book, "FEE", by=PLATFORM, money=money)
        return book

    # -- claims

    def cursor(self, number: int, purpose: int = 1) -> int:
        """Up to where claims of a purpose have consumed a book."""
        return int(self.registry.functions.bookCursor(purpose, number).call())

    def draft(
        self, kind: ClaimKind, histories: Sequence[int], take: Take = take_nothing, asked: dict[str, Any] | None = None
    ) -> Draft:
        """A draft over these lots and books that shows all of them."""
        logged = [event for number in histories for event in self.world.histories[number]]
        owners = [number & 0xFFFFFFFF for number in histories if number & BOOK_BIT]
        anchor = self.factory.anchor([])
        events = [
            LoggedEvent(
                canonical_bytes({**event.clear, "_sd": event.digests}),
                "~".join(event.disclosures).encode(), ALL_GROUPS, event.party, event.leaf_index,
            )
            for event in logged
        ]  # fmt: skip
        parties = parties_that_matter(ISSUER, EXPORTER, [*(event.party for event in logged), *owners])
        registry = [self.world.book(party) for party in parties]
        now = anchor.block_time
        return draft_credential(
            DraftRequest(
                "https://cangsu.example", Issuer(ISSUER, self.factory.jwk), now, now + YEAR, EXPORTER, events,
                registry, self.world.prove, anchor, kind=kind, asked=asked or {}, take=take,
            )
        )  # fmt: skip

    def issue(
        self, kind: ClaimKind, histories: Sequence[int], *, asked: dict[str, Any] | None = None,
        take: Take = take_nothing, tamper: Tamper = lambda payload: None,
    ) -> Issued:  # fmt: skip
        """A signed credential; ``tamper`` changes it first."""
        draft = self.draft(kind, histories, take, asked)
        payload = json.loads(json.dumps(draft.payload))
        tamper(payload)
        return self.factory.sign(payload, draft.disclosures)

    def claim(
        self, kind: ClaimKind, histories: Sequence[int], *, used: Mapping[int, frozenset[int]] | None = None,
        cursors: Mapping[int, int] | None = None, deducted: Sequence[Deduction] = (),
        named: Sequence[bytes] | None = None,
        tamper: Tamper = lambda payload: None, asked: dict[str, Any] | None = None,
    ) -> Recorded:  # fmt: skip
        """A claim that takes all there is, on chain as it is signed."""
        taking = Taking(kind, os.urandom(32), lambda: os.urandom(16), used or {}, cursors or {}, list(deducted))
        issued = self.issue(kind, histories, take=taking.first, tamper=tamper, asked=asked)
        return self.put(issued, named)

    def put(self, issued: Issued, named: Sequence[bytes] | None = None) -> Recorded:
        """Have the chain record a signed claim, which takes over the debts that it deducts, or those ``named``."""
        record = ClaimRecord.from_json(issued.payload["record"])
        named = sorted({entry.claim_id for entry in record.deducted}) if named is None else list(named)
        tanks = {tank.currency: tank.commitment() for tank in record.tanks}
        digest = digest_of(parse(issued.text).signing_input)
        order = Order(
            record.claim_id, ISSUER, EXPORTER, record.purpose, set_hash(record), digest,
            tanks_hash(tanks), deducted_hash(named), FOREVER,
        )  # fmt: skip
        signatures = (
            self.sign(ISSUER, order.issue_digest(self.domain)),
            self.sign(EXPORTER, order.consent_digest(self.domain)),
        )
        pairs = [(currency.encode(), tanks[currency]) for currency in sorted(tanks)]
        words = (
            order.id, ISSUER, EXPORTER, order.purpose, order.set_hash, digest, order.tanks_hash, order.deducted_hash,
            FOREVER,
        )  # fmt: skip
        part = record.parts[0]
        self._send("issue", words, EMPTY_SET, _sets(part), _books(part), pairs, named, *signatures)
        return Recorded(record, issued)

    def supersede(self, issued: Issued, limits: Mapping[str, int]) -> Recorded:
        """Have the chain put a signed version in the place of the one before."""
        record = ClaimRecord.from_json(issued.payload["record"])
        digest, before = digest_of(parse(issued.text).signing_input), record.version - 1
        message = Supersede(record.claim_id, before, set_hash(record), digest, limits_hash(limits), FOREVER)
        words = (record.claim_id, before, message.set_hash, digest, message.limits_hash, FOREVER)
        pairs = [(currency.encode(), limits[currency]) for currency in sorted(limits)]
        part = record.parts[-1]
        signature = self.sign(ISSUER, message.digest(self.domain))
        self._send("supersede", words, _sets(part), _books(part), pairs, signature)
        return Recorded(record, issued)

    def endorse(self, claim: Recorded, currency: str, start: int, end: int) -> None:
        """A bank uses a claim from one cumulative share to another, against a receipt of its own."""
        record = claim.record
        adverse = self.registry.functions.adverseOf(record.claim_id).call()
        nonce = int.from_bytes(os.urandom(20), "big") << 64
        reference, commitment = os.urandom(32), Tank(currency, 1, os.urandom(16)).commitment()
        message = Endorse(
            BANK, record.claim_id, record.version, currency, start, end, reference, commitment, 0, 1, adverse,
            nonce, FOREVER,
        )  # fmt: skip
        words = (
            BANK, record.claim_id, record.version, currency.encode(), start, end, reference, commitment, 0, 1, adverse,
            nonce, FOREVER,
        )  # fmt: skip
        consent = EndorseConsent(record.claim_id, BANK, currency, SHARES, FOREVER)
        signature = self.sign(BANK, message.digest(self.domain))
        self._send("endorse", words, signature, (SHARES, FOREVER), self.sign(EXPORTER, consent.digest(self.domain)))

    def sign(self, party: int, digest: bytes) -> bytes:
        """A signature of a party's batch key."""
        return _sign(self.world.batch_keys[party], digest)

    def _send(self, function: str, *arguments: Any) -> None:
        self.world._mine(getattr(self.registry.functions, function)(*arguments))


def _sets(part: Part) -> list[tuple[int, int, int, list[int]]]:
    sets = lot_sets({lot.lot: lot.positions for lot in part.lots}, {lot.lot: lot.pieces for lot in part.lots})
    return [(found.lot, found.pieces, found.first_word, list(found.words)) for found in sets]


def _books(part: Part) -> list[tuple[int, int, int]]:
    return [(book.book, book.first, book.end) for book in part.books]
