"""Claims that an issuer signed and the chain recorded as they stand: what the verifier still refuses, and what not.

An honest claim must pass whatever else happened in its lots: who only takes back a sale must not block one.
"""

import os

import pytest

from service.core.take import Taking
from tests.verifier.claims.claim_world import ClaimWorld, Recorded
from tests.verifier.credential_factory import Issued
from tests.verifier.world import PLATFORM, World
from verifier.claims.kinds import EXCHANGE_COLLECTION, LOSS
from verifier.report import Answer, Report


@pytest.fixture(scope="module")
def told(chain_url: str, world: World) -> ClaimWorld:  # the shared world stays the first contract of the chain
    return ClaimWorld(chain_url)


def reason(report: Report) -> str:
    step = report.deciding_step
    return "" if step is None else f"{step.number}: {step.reason}"


def judge(told: ClaimWorld, claim: Recorded | Issued) -> tuple[Answer, str]:
    report = told.factory.judge(claim.issued if isinstance(claim, Recorded) else claim)
    return report.answer, reason(report)


def collect(told: ClaimWorld, *histories: int, **rest: object) -> Recorded:
    """An exchange collection of lots and books, whose earlier notes earlier claims have taken."""
    cursors = {number: told.cursor(number) for number in histories}
    return told.claim(EXCHANGE_COLLECTION, histories, cursors=cursors, **rest)  # type: ignore[arg-type]


def next_version(told: ClaimWorld, claim: Recorded, *histories: int) -> Issued:
    taking = Taking(
        EXCHANGE_COLLECTION, claim.record.claim_id, lambda: os.urandom(16), {}, {n: told.cursor(n) for n in histories}
    )
    return told.issue(EXCHANGE_COLLECTION, histories, take=lambda case: taking.next(claim.record, case))


# -- what must not block an honest claim


def test_a_sale_that_was_taken_back_before_any_claim_blocks_none(told: ClaimWorld) -> None:
    lot = told.open_lot()
    told.sell(lot, 10, 100_00)
    wrong = told.sell(lot, 5, 50_00)
    told.refund(lot, wrong, 10_00)
    told.tell(lot, "SALE_REVERSAL", 5, by=PLATFORM, target=wrong)
    assert judge(told, collect(told, lot, told.fee(1))) == (Answer.VALID, "")


def test_the_refund_of_a_sale_that_nobody_claimed_yet_blocks_no_correction(told: ClaimWorld) -> None:
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_00)
    claim = collect(told, lot, book)
    told.refund(lot, sale, 10_00)
    told.refund(lot, told.sell(lot, 10, 100_00), 20_00)
    issued = next_version(told, claim, lot, book)
    found = told.supersede(issued, {"USD": claim.record.tanks[0].share(100_00 - 1 - 10_00)})
    assert judge(told, found) == (Answer.VALID, "")


def test_the_refund_of_a_claimed_sale_left_to_nobody_is_found(told: ClaimWorld) -> None:
    """The claim of the sale was not run again, so that another one of the lot tells of it."""
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_00)
    claim = collect(told, lot, book)
    refund = told.refund(lot, sale, 10_00)
    told.sell(lot, 10, 100_00)
    answer, why = judge(told, collect(told, lot, book, used={lot: claim.record.positions(lot)}))
    assert (answer, why.split(" of ")[0]) == (Answer.INVALID, f"9: position {refund}")


def test_a_loss_that_was_taken_back_blocks_no_claim_of_others(told: ClaimWorld) -> None:
    lot = told.open_lot()
    told.tell(lot, "LOSE_REVERSAL", 3, target=told.tell(lot, "LOSE", 3))
    told.tell(lot, "LOSE", 2)
    claim = told.claim(LOSS, [lot])
    assert claim.issued.payload["claim"]["figures"]["pieces"] == {f"{lot:016x}": 2}
    assert judge(told, claim) == (Answer.VALID, "")
