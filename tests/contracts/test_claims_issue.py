"""Issuing claims: what becomes of a set, whole or in parts, and what is refused."""

from claims import (
    EXCHANGE,
    ISSUER,
    OWNER,
    USD,
    WHOLE,
    currency,
    some_hash,
)
from trade import LOT

from verifier.claim_set import lot_sets

SALE = 11  # its position in the story of LOT: 60 pieces
OPEN, LIVE, REVOKED = 1, 2, 3
NO_KEY = "0x0000000000000000000000000000000000000000"


def test_an_issued_claim_is_what_was_signed(claims):
    sets = lot_sets({LOT: [3, SALE]}, {LOT: 80})
    order = claims.order(sets, tanks={USD: some_hash("usd")})
    receipt = claims.send_issue(order, sets, tanks={USD: some_hash("usd")})
    found = claims.claim(order.id)
    assert (found["issuer"], found["owner"], found["purpose"]) == (ISSUER.number, OWNER.number, EXCHANGE)
    assert (found["state"], found["version"], found["isReduced"]) == (LIVE, 1, False)
    assert (bytes(found["setHash"]), bytes(found["credentialDigest"])) == (order.set_hash, order.credential_digest)
    assert claims.used(LOT) == {3, SALE}
    assert claims.claimed(LOT) == claims.contract.piecesOf(order.id, LOT) == 80
    assert list(claims.contract.lotsOf(order.id)) == [LOT]
    assert tuple(claims.contract.tankOf(order.id, currency(USD))) == (0, WHOLE, "0x" + some_hash("usd").hex())
    assert [event.name for event in receipt.events] == ["ClaimIssued"]
