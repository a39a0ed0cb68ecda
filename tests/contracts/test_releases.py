"""Releases: only the bank that endorsed gives back, only what it took, and for a payment of its own (S-94)."""

import pytest
from claims import BANK, CAD, OTHER_BANK, USD, WHOLE, currency, some_hash
from ledger import refused
from trade import LOT

SALE_AT_EXPORT, SALE = 3, 11


@pytest.fixture
def id(claims):
    """A claim of which one bank has endorsed 300 shares with 200 of its receipt."""
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    id = claims.issue({LOT: [SALE]}, {LOT: 60}, tanks=tanks)
    claims.endorse(claims.endorsement(id, 300, 200))
    return id


def drawn(claims, id, bank=BANK, receipt="receipt"):
    return tuple(claims.contract.endorsedWith(id, currency(USD), bank.number, some_hash(receipt)))


def test_a_release_gives_shares_of_both_tanks_back(claims, id):
    message = claims.returned(id, 100, 150)
    receipt = claims.release(message)
    assert claims.share(id) == claims.contract.endorsedBy(id, currency(USD), BANK.number) == 100
    assert claims.contract.receiptOf(BANK.number, some_hash("receipt"))[0] == 150
    assert drawn(claims, id) == (100, 150)
    event = receipt.events["EndorsementReleased"]
    assert (event["claimTo"], event["receiptTo"], bytes(event["payment"])) == (100, 150, message.payment)


def test_what_was_given_back_can_be_endorsed_again(claims, id):
    claims.release(claims.returned(id, 0, 0))
    claims.endorse(claims.endorsement(id, WHOLE, WHOLE, bank=OTHER_BANK))


def test_a_receipt_keeps_its_whole_when_all_of_it_was_given_back(claims, id):
    claims.release(claims.returned(id, 0, 0))
    with refused("ClaimRegistryWrongReceipt", BANK.number, some_hash("receipt"), some_hash("amount of receipt")):
        claims.endorse(claims.endorsement(id, 10, 10, receipt_commitment=some_hash("another amount")))


# -- whose it is


def test_another_bank_releases_nothing(claims, id):
    """It has a receipt of its own with the same reference, but drew nothing of this claim."""
    other = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    claims.endorse(claims.endorsement(other, 300, 200, bank=OTHER_BANK))
    with refused("ClaimRegistryNotEndorsed", OTHER_BANK.number, 0, 100):
        claims.release(claims.returned(id, 200, 100, bank=OTHER_BANK))


def test_a_bank_signs_for_no_other(claims, id):
    with refused("ClaimRegistryNotAKey", BANK.number, OTHER_BANK.address):
        claims.release(claims.returned(id, 0, 0), signer=OTHER_BANK)


def test_a_bank_gives_back_no_more_than_it_took(claims, id):
    claims.endorse(claims.endorsement(id, 500, 200, bank=OTHER_BANK))
    with refused("ClaimRegistryNotEndorsed", BANK.number, 300, 301):
        claims.release(claims.returned(id, 199, 100))
    claims.release(claims.returned(id, 200, 100))
    assert drawn(claims, id) == (0, 100)


def test_a_bank_gives_back_with_the_receipt_that_it_took(claims, id):
    claims.endorse(claims.endorsement(id, 310, 900, receipt="another"))
    with refused("ClaimRegistryNotEndorsed", BANK.number, 10, 11):
        claims.release(claims.returned(id, 299, 800, receipt="another"))
    with refused("ClaimRegistryNotEndorsed", BANK.number, 300, 301):
        claims.release(claims.returned(id, 9, 0))


def test_a_receipt_used_by_two_claims_gives_back_to_each_what_it_took(claims, id):
    other = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    claims.endorse(claims.endorsement(other, 300, 700))
    with refused("ClaimRegistryNotEndorsed", BANK.number, 200, 201):
        claims.release(claims.returned(id, 0, 499))
    claims.release(claims.returned(id, 0, 500))
    claims.release(claims.returned(other, 0, 0))
    assert claims.contract.receiptOf(BANK.number, some_hash("receipt"))[0] == 0


def test_another_currency_gives_nothing_back(claims, id):
    claims.endorse(claims.endorsement(id, 300, 400, bank=OTHER_BANK, code=CAD))
    with refused("ClaimRegistryNotEndorsed", BANK.number, 0, 100):
        claims.release(claims.returned(id, 200, 100, code=CAD))


# -- the payment


def test_a_release_without_a_payment_is_refused(claims, id):
    with refused("ClaimRegistryBadPayment", BANK.number, bytes(32)):
        claims.release(claims.returned(id, 0, 0, payment=bytes(32)))


def test_a_payment_does_not_serve_twice(claims, id):
    payment = some_hash("payment")
    claims.release(claims.returned(id, 200, 100, payment=payment))
    with refused("ClaimRegistryBadPayment", BANK.number, payment):
        claims.release(claims.returned(id, 100, 50, payment=payment))


def test_a_payment_does_not_serve_a_second_claim(claims, id):
    other, payment = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20}), some_hash("payment")
    claims.endorse(claims.endorsement(other, 10, 300))
    claims.release(claims.returned(other, 0, 200, payment=payment))
    with refused("ClaimRegistryBadPayment", BANK.number, payment):
        claims.release(claims.returned(id, 0, 0, payment=payment))


def test_banks_count_their_payments_each_for_itself(claims, id):
    """No bank can use up the payment of another by citing it first."""
    claims.endorse(claims.endorsement(id, 400, 200, bank=OTHER_BANK))
    payment = some_hash("payment")
    claims.release(claims.returned(id, 350, 100, bank=OTHER_BANK, payment=payment))
    claims.release(claims.returned(id, 250, 100, payment=payment))


def test_a_release_is_not_sent_twice(claims, id):
    message = claims.returned(id, 200, 100)
    claims.release(message)
    claims.endorse(claims.endorsement(id, 300, 200))
    with refused("InvalidAccountNonce", f"0x{BANK.number:040x}", 3):
        claims.release(message)


# -- compare and set


def test_a_release_that_comes_second_is_told_that_the_share_moved(claims, id):
    message = claims.returned(id, 0, 0)
    claims.endorse(claims.endorsement(id, 301, 200, bank=OTHER_BANK))
    with refused("ClaimRegistryShareMoved", id, b"USD", 300, 301):
        claims.release(message)


def test_a_release_that_comes_second_is_told_that_the_receipt_moved(claims, id):
    other = claims.issue({LOT: [SALE_AT_EXPORT]}, {LOT: 20})
    message = claims.returned(id, 0, 0, nonce=1 << 64)
    claims.endorse(claims.endorsement(other, 10, 201))
    with refused("ClaimRegistryReceiptMoved", BANK.number, some_hash("receipt"), 200, 201):
        claims.release(message)


@pytest.mark.parametrize(
    ("claim_to", "receipt_to", "refusal"),
    [
        (300, 100, (300, 300, WHOLE)),
        (301, 100, (301, 300, WHOLE)),
        (100, 200, (200, 200, WHOLE)),
        (100, 201, (201, 200, WHOLE)),
    ],
)
def test_a_release_moves_both_shares_down(claims, id, claim_to, receipt_to, refusal):
    with refused("ClaimRegistryBadShare", *refusal):
        claims.release(claims.returned(id, claim_to, receipt_to))


def test_nothing_is_released_of_what_was_never_endorsed(claims, id):
    with refused("ClaimRegistryBadShare", 0, 0, WHOLE):
        claims.release(claims.returned(some_hash("no claim"), 0, 0))
