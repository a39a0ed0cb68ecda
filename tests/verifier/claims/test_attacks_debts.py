"""Whoever has been endorsed too much cannot shed it, nor fees, with a claim that does not tell of them."""

import pytest

from tests.verifier.claims.claim_world import ClaimWorld, Recorded
from tests.verifier.claims.test_attacks_claims import collect, judge, next_version
from tests.verifier.world import World
from verifier.claims.record import SHARES, Deduction, Tank
from verifier.report import Answer


@pytest.fixture
def told(chain_url: str, world: World) -> ClaimWorld:  # a debt blocks every later claim of its owner
    return ClaimWorld(chain_url)


def overdraw(told: ClaimWorld) -> Recorded:
    """A claim of USD 100.00 that a bank has endorsed whole, of which 90.00 were refunded since; its first version."""
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_01)
    claim = collect(told, lot, book)
    told.endorse(claim, "USD", 0, SHARES)
    told.refund(lot, sale, 90_00)
    told.supersede(next_version(told, claim, lot, book), {"USD": claim.record.tanks[0].share(10_00)})
    return claim


def collect_more(told: ClaimWorld, *deducted: Deduction, named: list[bytes]) -> tuple[Answer, str]:
    """The next claim, of USD 300.00 before deductions; the chain makes it take over the claims that are ``named``."""
    lot, book = told.open_lot(), told.fee(1)
    told.sell(lot, 10, 300_01)
    issued = collect(told, lot, book, deducted=deducted, named=named)
    return judge(told, issued)


def test_a_debt_that_is_deducted_whole_is_done_with(told: ClaimWorld) -> None:
    old = overdraw(told)
    (tank,) = old.record.tanks
    entry = Deduction(old.record.claim_id, tank, 90_00)
    assert collect_more(told, entry, named=[old.record.claim_id]) == (Answer.VALID, "")
    assert collect_more(told, named=[]) == (Answer.VALID, "")


@pytest.mark.parametrize("minor", [None, 0, 89_98])
def test_a_debt_that_the_chain_took_over_is_not_left_out(told: ClaimWorld, minor: int | None) -> None:
    """Else the ceiling swells by what was endorsed too much: the chain knows no amounts."""
    old = overdraw(told)
    (tank,) = old.record.tanks
    entries = [] if minor is None else [Deduction(old.record.claim_id, tank, minor)]
    answer, why = collect_more(told, *entries, named=[old.record.claim_id])
    assert answer is Answer.INVALID
    assert why == (
        "9: the chain made the claim take over other debts of its owner than it deducts"
        if minor is None
        else "9: the claim deducts less USD than the chain made it take over"
    )


def test_a_debt_is_not_made_small_by_another_whole(told: ClaimWorld) -> None:
    old = overdraw(told)
    tank = Tank("USD", 1_00, old.record.tanks[0].salt)
    answer, why = collect_more(told, Deduction(old.record.claim_id, tank, 90), named=[old.record.claim_id])
    assert (answer, why) == (Answer.INVALID, "9: the chain has another whole of USD under the claim that is deducted")


def test_a_debt_that_the_chain_does_not_know_is_no_deduction(told: ClaimWorld) -> None:
    lot, book = told.open_lot(), told.fee(1)
    told.sell(lot, 10, 100_00)
    claim = collect(told, lot, book)
    entry = Deduction(claim.record.claim_id, claim.record.tanks[0], 1_00)
    assert collect_more(told, entry, named=[])[0] is Answer.INVALID
