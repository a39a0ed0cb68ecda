"""Who takes part: a party for every role, with a key that everyone knows."""

import hashlib
from dataclasses import dataclass, replace

from eth_keys import keys

from verifier.kinds import Role

SITE_A, SITE_B, UNKNOWN_SITE = 101, 102, 999


@dataclass(frozen=True)
class Party:
    """A party, and the name that its key is made from."""

    name: str
    number: int
    roles: Role
    key_name: str = ""

    @property
    def key(self):
        return keys.PrivateKey(hashlib.sha256(f"cangsu test key: {self.key_name or self.name}".encode()).digest())

    @property
    def address(self):
        return self.key.public_key.to_checksum_address()

    @property
    def key_id(self):
        return self.key.public_key.to_canonical_address().rjust(32, b"\x00")

    def with_key(self, name):
        """The same party, signing with another key."""
        return replace(self, key_name=name)


ACTORS = {
    party.name: party
    for party in (
        Party("registrar", 1, Role.REGISTRAR),
        Party("gateway", 2, Role.GATEWAY),
        Party("carrier", 3, Role.CARRIER),
        Party("operator_a", 4, Role.OPERATOR),
        Party("operator_b", 5, Role.OPERATOR),
        Party("platform", 6, Role.PLATFORM),
        Party("payment", 7, Role.PAYMENT),
        Party("exporter", 8, Role.EXPORTER),
        Party("other_exporter", 9, Role.EXPORTER),
        Party("bank", 10, Role.BANK),
        Party("tax", 11, Role.TAX),
        Party("biller", 12, Role.BILLER),
        Party("stranger", 13, Role.ISSUER),
        Party("foreign_platform", 14, Role.PLATFORM | Role.BILLER),
        Party("foreign_payment", 15, Role.PAYMENT),
        Party("foreign_bank", 16, Role.BANK),
    )
}
"""The exporter admits platform, payment, bank, biller, carrier and the operator of site A; none of the foreign ones."""
ADMITTED = ("platform", "payment", "bank", "biller", "carrier", "operator_a")
OPERATOR_OF = {SITE_A: ACTORS["operator_a"], SITE_B: ACTORS["operator_b"]}
