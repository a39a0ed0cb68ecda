"""Gas of an event, measured on Anvil on the contract as it is shipped, every rule enforced."""

import os
import secrets
from dataclasses import dataclass

from eth_account import Account
from eth_keys.datatypes import PrivateKey

from service.chain.ledger import ChainLedger
from service.core.batches import MAX_GAS
from service.launcher import fund
from verifier.eip712 import Domain, batch_digest
from verifier.kinds import CODE_BY_NAME, Role
from verifier.record import Word, registry_book
from verifier.registry import key_id_of_address

GATEWAY, EXPORTER, OPERATOR, PLATFORM = 2, 3, 4, 5
SITE = 1
MIXED = ("SHIP", "RECEIVE", "SHIP", "HOLD", "SHIP", "SHIP", "RELEASE", "LOSE", "COUNT", "GIVE")
MAX_LEAF = 2**64 - 1


@dataclass(frozen=True, slots=True)
class _Call:
    records: bytes
    first_leaf: int
    party: int
    keyed_nonce: int
    deadline: int
    signature: bytes


class GasBench:
    """A log of its own with four parties, and 50 lots in stock."""

    def __init__(self, rpc_url: str, lots: int = 50) -> None:
        self.chain = ChainLedger(rpc_url)
        self.account = Account.create()
        fund(self.chain, self.account.address)
        log_id = secrets.token_bytes(32)
        self.chain.deploy(self.account, log_id)
        assert self.chain.address is not None
        self.domain = Domain(self.chain.chain_id(), self.chain.address, log_id)
        self._keys = {party: PrivateKey(os.urandom(32)) for party in (GATEWAY, EXPORTER, OPERATOR, PLATFORM)}
        self._nonces = dict.fromkeys(self._keys, 0)
        roles = (Role.GATEWAY, Role.EXPORTER, Role.OPERATOR, Role.PLATFORM)
        for (party, key), role in zip(self._keys.items(), roles, strict=True):
            address = key_id_of_address(key.public_key.to_canonical_address())
            self._call("setParty", party, int(role))
            self._call("addKey", party, 1, address, 0, 2**40, True, b"")
        self._call("openSite", SITE, OPERATOR)
        self.lots = sorted(secrets.randbits(62) + 1 for _ in range(lots))
        self._stock()

    def _call(self, function: str, *arguments: object) -> None:
        tx_nonce = self.chain.transaction_count(self.account.address)
        raw_tx, tx_hash = self.chain.sign_call(self.account, function, arguments, tx_nonce=tx_nonce)
        self.chain.send(raw_tx)
        self.chain.wait(tx_hash)

    def _stock(self) -> None:
        self.record(EXPORTER, [_record("ADMIT", registry_book(EXPORTER), PLATFORM, 0)])
        for party, kind, site, pieces in (
            (GATEWAY, "DECLARE", EXPORTER, 10**9),
            (GATEWAY, "DEPART", 0, 10**9),
            (EXPORTER, "ASN", SITE, 10**8),
            (OPERATOR, "RECEIVE", SITE, 10**7),
            (OPERATOR, "SHIP", SITE, 10**6),
            (OPERATOR, "HOLD", SITE, 10**5),
            (PLATFORM, "SALE", SITE, 10**4),
        ):
            self.record(party, [_record(kind, lot, site, pieces) for lot in self.lots])

    def record(self, party: int, records: list[bytes]) -> int:
        """Record a batch and return the gas that it used."""
        raw_tx, tx_hash = self.sign(party, records, self.chain.transaction_count(self.account.address))
        self.chain.send(raw_tx)
        return int(self.chain.wait(tx_hash)["gasUsed"], 16)

    def sign(self, party: int, records: list[bytes], tx_nonce: int) -> tuple[bytes, bytes]:
        """A signed transaction that records a batch, and its hash."""
        data, nonce, deadline = b"".join(records), self._nonces[party], 2**40
        digest = batch_digest(self.domain, party, nonce, deadline, data)
        signed = self._keys[party].sign_msg_hash(digest)
        signature = signed.r.to_bytes(32, "big") + signed.s.to_bytes(32, "big") + bytes([signed.v + 27])
        self._nonces[party] = nonce + 1
        call = _Call(data, MAX_LEAF, party, nonce, deadline, signature)
        return self.chain.sign_record(self.account, call, gas=MAX_GAS, tx_nonce=tx_nonce, chain_id=self.domain.chain_id)

    def mixed(self, events: int, lots: int) -> list[bytes]:
        """Records of an operator: mixed kinds over so many lots, sorted by lot."""
        return [
            _record(MIXED[i % len(MIXED)], lot, SITE, 0 if MIXED[i % len(MIXED)] == "COUNT" else 1)
            for lot in self.lots[:lots]
            for i in range(max(1, events // lots))
        ][:events]

    def sales(self, events: int) -> list[bytes]:
        """Records of a platform: sales over all lots."""
        return [_record("SALE", lot, SITE, 1) for lot in self.lots for _ in range(events // len(self.lots))]


def calldata_floor(records: list[bytes]) -> float:
    """EIP-7623: ten gas a zero byte and forty another one, of the records alone, an event."""
    data = b"".join(records)
    zeros = data.count(0)
    return (10 * zeros + 40 * (len(data) - zeros)) / len(records)


def _record(kind: str, lot: int, site: int, quantity: int) -> bytes:
    return Word(lot, site, CODE_BY_NAME[kind], quantity).to_bytes() + os.urandom(32)
