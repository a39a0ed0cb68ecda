"""Endorsements: no share of a claim or a receipt serves twice, and no bank acts on what has changed (S-90 to S-93)."""

from dataclasses import replace

import pytest
from actors import SITE_A
from claims import BANK, CAD, LOSS, OTHER_BANK, OWNER, RETURN, SETTLEMENT, USD, WHOLE, currency, some_hash
from ledger import FOREVER, refused
from trade import LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_messages import EndorseConsent

SALE_AT_EXPORT, SALE = 3, 11
HALF = WHOLE // 2


@pytest.fixture
def id(claims):
    """A claim of 80 pieces, in two currencies."""
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    return claims.issue({LOT: [SALE_AT_EXPORT, SALE]}, {LOT: 80}, tanks=tanks)


def receipt_share(claims, bank=BANK, receipt="receipt"):
    return claims.contract.receiptOf(bank.number, some_hash(receipt))[0]


def test_an_endorsement_draws_on_both_tanks(claims, id):
    message = claims.endorsement(id, 300, 200)
    receipt = claims.endorse(message)
    assert (claims.share(id), receipt_share(claims)) == (300, 200)
    assert claims.share(id, CAD) == 0
    assert claims.contract.endorsedBy(id, currency(USD), BANK.number) == 300
    assert tuple(claims.contract.endorsedWith(id, currency(USD), BANK.number, message.receipt_reference)) == (300, 200)
    event = receipt.events["ClaimEndorsed"]
    assert (event["bank"], event["claimTo"], event["receiptTo"]) == (BANK.number, 300, 200)


def test_shares_add_up_to_the_whole_and_no_further(claims, id):
    claims.endorse(claims.endorsement(id, HALF, HALF))
    claims.endorse(claims.endorsement(id, WHOLE, WHOLE))
    with refused("ClaimRegistryBadShare", WHOLE, WHOLE + 1, WHOLE):
        claims.endorse(claims.endorsement(id, WHOLE + 1, 1, receipt="another"))


@pytest.mark.parametrize("step", [0, -1])
def test_an_endorsement_moves_the_share_up(claims, id, step):
    claims.endorse(claims.endorsement(id, 10, 10))
    with refused("ClaimRegistryBadShare", 10, 10 + step, WHOLE):
        claims.endorse(claims.endorsement(id, 10 + step, 20))
    with refused("ClaimRegistryBadShare", 10, 10 + step, WHOLE):
        claims.endorse(claims.endorsement(id, 20, 10 + step))


def test_a_currency_that_the_claim_does_not_have_is_not_endorsed(claims, id):
    with refused("ClaimRegistryBadShare", 0, 1, 0):
        claims.endorse(claims.endorsement(id, 1, 1, code="EUR"))


@pytest.mark.parametrize("purpose", [SETTLEMENT, RETURN, LOSS])
def test_only_an_exchange_claim_is_endorsed(claims, purpose):
    id = claims.issue({LOT: [SALE]}, {LOT: 1}, purpose=purpose, tanks={USD: some_hash("usd")})
    with refused("ClaimRegistryWrongPurpose", id, purpose):
        claims.endorse(claims.endorsement(id, 1, 1))


# -- compare and set


def test_two_banks_race_for_the_last_amount_and_one_gets_it(claims, id):
    """Both read the same share; whose endorsement is mined second is told that it moved."""
    claims.endorse(claims.endorsement(id, WHOLE - 1, HALF))
    first, second = (claims.endorsement(id, WHOLE, HALF + 1, bank=bank) for bank in (BANK, OTHER_BANK))
    claims.endorse(second)
    with refused("ClaimRegistryShareMoved", id, b"USD", WHOLE - 1, WHOLE):
        claims.endorse(first)
    assert claims.contract.endorsedBy(id, currency(USD), OTHER_BANK.number) == 1


def test_one_receipt_is_used_by_two_claims_up_to_its_whole(claims):
    first, second = claims.issue({LOT: [SALE]}, {LOT: 60}), claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    claims.endorse(claims.endorsement(first, 10, HALF))
    claims.endorse(claims.endorsement(second, 10, WHOLE))
    with refused("ClaimRegistryBadShare", WHOLE, WHOLE + 1, WHOLE):
        claims.endorse(claims.endorsement(second, 20, WHOLE + 1))


def test_the_same_receipt_does_not_serve_twice(claims):
    """Two of a bank's clerks take the same receipt for two claims at once."""
    first, second = claims.issue({LOT: [SALE]}, {LOT: 60}), claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    one, other = claims.endorsement(first, 10, WHOLE), claims.endorsement(second, 10, WHOLE, nonce=1 << 64)
    claims.endorse(one)
    with refused("ClaimRegistryReceiptMoved", BANK.number, some_hash("receipt"), 0, WHOLE):
        claims.endorse(other)


def test_one_receipt_serves_two_currencies_of_a_claim(claims, id):
    claims.endorse(claims.endorsement(id, WHOLE, 10))
    claims.endorse(claims.endorsement(id, WHOLE, 20, code=CAD))
    assert receipt_share(claims) == 20


def test_a_receipt_is_opened_with_one_whole(claims, id):
    """[the same receipt once more, with another amount]"""
    claims.endorse(claims.endorsement(id, 10, WHOLE // 2))
    with refused("ClaimRegistryWrongReceipt", BANK.number, some_hash("receipt"), some_hash("amount of receipt")):
        claims.endorse(claims.endorsement(id, 20, WHOLE, receipt_commitment=some_hash("another amount")))


def test_a_receipt_without_a_whole_is_refused(claims, id):
    with refused("ClaimRegistryWrongReceipt", BANK.number, some_hash("receipt"), bytes(32)):
        claims.endorse(claims.endorsement(id, 10, 10, receipt_commitment=bytes(32)))
    claims.endorse(claims.endorsement(id, 10, 10))
    with refused("ClaimRegistryWrongReceipt", BANK.number, some_hash("receipt"), some_hash("amount of receipt")):
        claims.endorse(claims.endorsement(id, 20, 20, receipt_commitment=bytes(32)))


def test_the_receipts_of_two_banks_are_two(claims, id):
    claims.endorse(claims.endorsement(id, 10, WHOLE))
    claims.endorse(claims.endorsement(id, 20, WHOLE, bank=OTHER_BANK))
    assert (receipt_share(claims), receipt_share(claims, OTHER_BANK)) == (WHOLE, WHOLE)
    assert [claims.contract.endorsedBy(id, currency(USD), bank.number) for bank in (BANK, OTHER_BANK)] == [10, 10]


def test_an_endorsement_is_not_sent_twice(claims, id):
    """Even when its shares fit again, after a release."""
    message = claims.endorsement(id, 10, 10)
    claims.endorse(message)
    claims.release(claims.returned(id, 0, 0))
    with refused("InvalidAccountNonce", f"0x{BANK.number:040x}", 2):
        claims.endorse(message)


# -- what the bank saw must still be so


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [("RETURN_IN", 1), ("RETURNLESS", 1), ("REFUND", 0), ("SALE_REVERSAL", 1), ("SHIP_REVERSAL", 1)],
)
def test_a_return_that_lands_between_check_and_endorsement_stops_it(claims, id, kind, quantity):
    message = claims.endorsement(id, 10, 10)
    claims.note(kind, quantity)
    with refused("ClaimRegistryAdverseMoved", id, 1, 2):
        claims.endorse(message)
    claims.endorse(claims.endorsement(id, 10, 10))


def test_a_return_of_another_lot_of_the_claim_stops_it_too(claims):
    claims.ledger.tell(("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED), ("SALE_AT_EXPORT", UNTOUCHED_LOT, 0, 7))
    id = claims.issue({LOT: [SALE], UNTOUCHED_LOT: [2]}, {LOT: 1, UNTOUCHED_LOT: 7})
    message = claims.endorsement(id, 10, 10)
    claims.ledger.tell(("RETURN_IN", UNTOUCHED_LOT, SITE_A, 1))
    with refused("ClaimRegistryAdverseMoved", id, 1, 2):
        claims.endorse(message)


def test_what_lessens_no_sale_stops_nothing(claims, id):
    message = claims.endorsement(id, 10, 10)
    claims.sell()
    claims.note("ADJUST")
    claims.note("COUNT")
    claims.charge()
    claims.endorse(message)


def test_a_version_that_the_bank_did_not_see_is_not_endorsed(claims, id):
    message = claims.endorsement(id, 10, 10)
    claims.supersede(id)
    with refused("ClaimRegistryWrongVersion", id, 1, 2):
        claims.endorse(message)


def test_a_limit_that_fell_holds(claims, id):
    claims.supersede(id, limits={USD: HALF})
    with refused("ClaimRegistryBadShare", 0, HALF + 1, HALF):
        claims.endorse(claims.endorsement(id, HALF + 1, 10))
    claims.endorse(claims.endorsement(id, HALF, 10))


# -- no bank takes more than the owner lets it [any bank could use any ceiling]


def test_a_bank_needs_the_owners_consent(claims, id):
    with refused("ClaimRegistryNotAKey", OWNER.number, BANK.address):
        claims.endorse(claims.endorsement(id, 10, 10), consenter=BANK)


def test_a_bank_takes_up_to_what_the_owner_consented_to(claims, id):
    with refused("ClaimRegistryBadShare", 0, 101, 100):
        claims.endorse(claims.endorsement(id, 101, 10), maximum=100)
    claims.endorse(claims.endorsement(id, 100, 10), maximum=100)
    with refused("ClaimRegistryBadShare", 100, 101, 100):
        claims.endorse(claims.endorsement(id, 101, 20), maximum=100)


def test_a_consent_above_the_whole_gives_no_more_than_the_whole(claims, id):
    with refused("ClaimRegistryBadShare", 0, WHOLE + 1, WHOLE):
        claims.endorse(claims.endorsement(id, WHOLE + 1, 10), maximum=2**64 - 1)


@pytest.mark.parametrize("member", ["id", "bank", "currency", "maximum"])
def test_a_consent_to_something_else_is_none(claims, id, member):
    other = {"id": claims.issue(), "bank": OTHER_BANK.number, "currency": CAD, "maximum": 5}[member]
    consent = EndorseConsent(id, BANK.number, USD, WHOLE, FOREVER)
    message = claims.endorsement(id, 10, 10)
    arguments = list(claims.endorse_arguments(message, consent=consent))
    signed = claims.endorse_arguments(message, consent=replace(consent, **{member: other}))
    arguments[3] = signed[3]
    with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
        claims.act("endorse", *arguments)
