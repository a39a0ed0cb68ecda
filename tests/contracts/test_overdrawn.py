"""Overdrawn lineages: what banks endorsed above a new limit is deducted by the owner's next claim (S-95)."""

import pytest
from actors import ACTORS, SITE_A
from claims import CAD, OTHER_BANK, OTHER_ISSUER, OWNER, SETTLEMENT, USD, WHOLE, currency, some_hash
from ledger import refused
from records import notes
from trade import LOT, OTHER_LOT, UNTOUCHED

from verifier.claim_set import EMPTY_SET, LotSet, fold

SALE_AT_EXPORT, SALE = 3, 11
HALF = WHOLE // 2
OTHER_OWNER = ACTORS["other_exporter"]


def overdraw(claims, share=WHOLE, limit=HALF, code=USD, **how):
    """A claim of which a bank has endorsed ``share``, of which ``limit`` is left."""
    id = claims.issue(tanks={code: some_hash(code)}, **how)
    claims.endorse(claims.endorsement(id, share, 10, receipt=id), consenter=how.get("consenter", OWNER))
    claims.supersede(id, limits={code: limit})
    return id


@pytest.fixture
def debt(claims):
    """A claim that is endorsed in full and worth half of that now."""
    return overdraw(claims)


def settlements(claims, id):
    return [(bytes(found[0]), str(found[1]), found[2]) for found in claims.contract.settlementsOf(id)]


def names(receipt):
    return [event.name for event in receipt.events]


def test_a_claim_endorsed_above_its_new_limit_is_overdrawn(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.endorse(claims.endorsement(id, WHOLE, 10))
    assert claims.overdrawn() == []
    receipt = claims.supersede(id, limits={USD: HALF})
    assert claims.overdrawn() == [id]
    assert names(receipt) == ["LineageOverdrawn", "ClaimSuperseded"]


@pytest.mark.parametrize("limit", [HALF, WHOLE])
def test_a_claim_endorsed_up_to_its_limit_is_not_overdrawn(claims, limit):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.endorse(claims.endorsement(id, HALF, 10))
    claims.supersede(id, limits={USD: limit})
    assert claims.overdrawn() == []


# -- it cannot be escaped


def test_the_next_claim_cannot_leave_a_debt_out(claims, debt):
    """[a negative rest is escaped by opening next month's claim]"""
    with refused("ClaimRegistryNotDeducted", OWNER.number, debt):
        claims.issue({LOT: [SALE]}, {LOT: 60})


def test_no_issuer_can_leave_a_debt_out(claims, debt):
    with refused("ClaimRegistryNotDeducted", OWNER.number, debt):
        claims.issue(issuer=OTHER_ISSUER.number, signer=OTHER_ISSUER)


def test_the_next_claim_takes_the_debt_over(claims, debt):
    id = claims.issue({LOT: [SALE]}, {LOT: 60}, deducted=[debt])
    assert settlements(claims, id) == [(debt, currency(USD), WHOLE - HALF)]
    assert claims.overdrawn() == []
    claims.issue()


def test_a_claim_without_the_currency_cannot_take_a_debt_over(claims, debt):
    """[a claim that brings in nothing, or less than the debt, takes it over, and the one after it is free]"""
    for tanks in ({}, {CAD: some_hash("cad")}):
        id = some_hash()
        with refused("ClaimRegistryBadTank", id, b"USD"):
            claims.issue({LOT: [SALE]}, {LOT: 60}, id=id, tanks=tanks, deducted=[debt])
    claims.issue({LOT: [SALE]}, {LOT: 60}, tanks={CAD: some_hash("cad"), USD: some_hash("usd")}, deducted=[debt])


def test_a_claim_that_took_a_debt_over_can_run_one_up_itself(claims, debt):
    other = overdraw(claims, deducted=[debt])
    with refused("ClaimRegistryNotDeducted", OWNER.number, other):
        claims.issue()
    claims.issue(deducted=[other])


def test_two_debts_in_two_currencies_are_taken_over_together(claims):
    """Both claims were there before either was overdrawn."""
    ids = [claims.issue(tanks={code: some_hash(code)}) for code in (USD, CAD)]
    for id, code in zip(ids, (USD, CAD), strict=True):
        claims.endorse(claims.endorsement(id, WHOLE, 10, receipt=id, code=code))
        claims.supersede(id, limits={code: 7})
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    with refused("ClaimRegistryNotDeducted", OWNER.number, ids[1]):
        claims.issue(tanks=tanks, deducted=ids[:1])
    id = claims.issue(tanks=tanks, deducted=ids[::-1])
    assert settlements(claims, id) == [(ids[1], currency(CAD), WHOLE - 7), (ids[0], currency(USD), WHOLE - 7)]
    assert claims.overdrawn() == []


def test_a_debt_is_taken_over_once(claims, debt):
    with refused("ClaimRegistryNotOverdrawn", debt):
        claims.issue(deducted=[debt, debt])
    claims.issue(deducted=[debt])
    with refused("ClaimRegistryNotOverdrawn", debt):
        claims.issue(deducted=[debt])


def test_a_claim_that_is_not_overdrawn_is_not_deducted(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    for wrong in (id, some_hash("no claim")):
        with refused("ClaimRegistryNotOverdrawn", wrong):
            claims.issue(deducted=[wrong])


def test_a_debt_of_another_owner_is_not_taken_over(claims, debt):
    """Nor does it stop another owner."""
    with refused("ClaimRegistryNotOverdrawn", debt):
        claims.issue(owner=OTHER_OWNER.number, consenter=OTHER_OWNER, deducted=[debt])
    claims.ledger.tell(("DEPART", OTHER_LOT, 0, UNTOUCHED))
    claims.issue({OTHER_LOT: [1]}, owner=OTHER_OWNER.number, consenter=OTHER_OWNER)


def test_claims_of_other_purposes_have_no_debts(claims, debt):
    claims.issue({LOT: [SALE]}, {LOT: 60}, purpose=SETTLEMENT)
    with refused("ClaimRegistryNotOverdrawn", debt):
        claims.issue({LOT: [SALE_AT_EXPORT]}, purpose=SETTLEMENT, deducted=[debt])


def test_a_relayer_cannot_swap_the_debts(claims, debt):
    order = claims.order(tanks={USD: some_hash("usd")})
    with pytest.raises(Exception, match="ClaimRegistryWrongHash"):
        claims.send_issue(order, [], tanks={USD: some_hash("usd")}, deducted=[debt])


# -- it is not taken over twice, nor lost


def test_a_debt_that_grows_again_is_due_for_what_it_grew(claims, debt):
    claims.issue(deducted=[debt])
    claims.supersede(debt, limits={USD: HALF - 5})
    assert claims.overdrawn() == [debt]
    id = claims.issue(deducted=[debt])
    assert settlements(claims, id) == [(debt, currency(USD), 5)]


def test_revoking_the_claim_that_took_a_debt_over_brings_it_back(claims, debt):
    id = claims.issue(deducted=[debt])
    receipt = claims.revoke(id)
    assert claims.overdrawn() == [debt]
    assert "LineageOverdrawn" in names(receipt)
    with refused("ClaimRegistryNotDeducted", OWNER.number, debt):
        claims.issue()


def test_an_open_claim_that_is_revoked_brings_the_debt_back_too(claims, debt):
    sets = [LotSet(LOT, 0, 0, (1,)), LotSet(LOT, 0, 1, (2,))]
    claims.ledger.record(ACTORS["operator_a"], *notes(LOT, SITE_A, 300))
    order = claims.order(sets, tanks={USD: b"\1" * 32}, deducted=[debt])
    claims.send_issue(order, sets[1:], (), {USD: b"\1" * 32}, [debt], previous=fold(EMPTY_SET, sets[:1]))
    assert claims.overdrawn() == []
    claims.revoke(order.id)
    assert claims.overdrawn() == [debt]


def test_a_debt_that_is_given_back_in_part_stays_for_the_rest(claims, debt):
    claims.release(claims.returned(debt, HALF + 9, 5, receipt=debt))
    assert claims.overdrawn() == [debt]
    id = claims.issue(deducted=[debt])
    assert settlements(claims, id) == [(debt, currency(USD), 9)]


def test_a_release_ends_a_debt(claims, debt):
    receipt = claims.release(claims.returned(debt, HALF, 5, receipt=debt))
    assert claims.overdrawn() == []
    assert names(receipt) == ["LineageSettled", "EndorsementReleased"]
    claims.issue()


def test_a_debt_given_back_after_it_was_taken_over_opens_nothing(claims, debt):
    """The limit holds: what the later claim made up for cannot be endorsed here again."""
    claims.issue(deducted=[debt])
    claims.release(claims.returned(debt, HALF, 5, receipt=debt))
    with refused("ClaimRegistryBadShare", HALF, HALF + 1, HALF):
        claims.endorse(claims.endorsement(debt, HALF + 1, 10, bank=OTHER_BANK))


def test_an_overdrawn_claim_is_not_revoked(claims, debt):
    with refused("ClaimRegistryEndorsed", debt, b"USD", WHOLE):
        claims.revoke(debt)


def test_an_overdrawn_claim_is_not_endorsed(claims, debt):
    with refused("ClaimRegistryBadShare", WHOLE, WHOLE + 1, HALF):
        claims.endorse(claims.endorsement(debt, WHOLE + 1, 10, bank=OTHER_BANK))


def test_the_list_of_debts_loses_the_one_that_is_settled(claims):
    ids = [claims.issue() for _ in range(4)]
    for id in ids:
        claims.endorse(claims.endorsement(id, 100, 10, receipt=id))
        claims.supersede(id, limits={USD: 50})
    assert claims.overdrawn() == ids
    for id, rest in ((ids[1], {0, 2, 3}), (ids[3], {0, 2}), (ids[0], {2}), (ids[2], set())):
        claims.release(claims.returned(id, 50, 5, receipt=id))
        assert set(claims.overdrawn()) == {ids[number] for number in rest}


def test_one_currency_of_two_can_be_overdrawn(claims):
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    id = claims.issue(tanks=tanks)
    claims.endorse(claims.endorsement(id, 100, 10))
    claims.endorse(claims.endorsement(id, 100, 20, code=CAD))
    claims.supersede(id, limits={USD: 40, CAD: 100})
    assert settlements(claims, claims.issue(deducted=[id])) == [(id, currency(USD), 60)]
