"""Claims that an issuer signed and the chain recorded as they stand: what the verifier still refuses, and what not.

An honest claim must pass whatever else happened in its lots: who only takes back a sale must not block one.
"""

import os

import pytest

from service.core.take import Taking
from tests.verifier.claims.claim_world import BANK, ClaimWorld, Recorded
from tests.verifier.credential_factory import Issued
from tests.verifier.world import PLATFORM, World
from verifier.canonical import to_base64url
from verifier.claim_record import digest_of
from verifier.claims.kinds import CORRECTION, ENDORSEMENT, EXCHANGE_COLLECTION, LOSS
from verifier.claims.record import SHARES
from verifier.event import parse_disclosure
from verifier.render import render
from verifier.report import Answer, Report
from verifier.sdjwt import parse
from verifier.shapes import to_hex


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


def collect_draft(told: ClaimWorld, *histories: int) -> Issued:
    """The same, signed and not on chain."""
    taking = Taking(
        EXCHANGE_COLLECTION, os.urandom(32), lambda: os.urandom(16), {}, {n: told.cursor(n) for n in histories}
    )
    return told.issue(EXCHANGE_COLLECTION, histories, take=taking.first)


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


# -- what is said of a claim that is recorded elsewhere


@pytest.fixture(scope="module")
def used(told: ClaimWorld) -> Recorded:
    """A claim of USD 100.00, of which a bank has endorsed 60.00."""
    lot = told.open_lot()
    told.sell(lot, 10, 100_01)
    claim = collect(told, lot, told.fee(1))
    told.endorse(claim, "USD", 0, claim.record.tanks[0].share(60_00))
    return claim


def opening(claim: Recorded, ceiling: int, used: int, **more: int) -> dict[str, object]:
    (tank,) = claim.record.tanks
    figures = {"whole_minor": tank.whole_minor, "ceiling_minor": ceiling, "used_after_minor": used}
    names = {"claim_id": to_hex(claim.record.claim_id), "currency": "USD", "salt": to_base64url(tank.salt)}
    return {"version": claim.record.version, **names, **figures, **more}


@pytest.mark.parametrize(("now_used", "answer"), [(60_00, Answer.VALID), (0, Answer.INVALID), (59_99, Answer.INVALID)])
def test_another_bank_is_told_what_the_chain_holds(
    told: ClaimWorld, used: Recorded, now_used: int, answer: Answer
) -> None:
    assert judge(told, told.issue(ENDORSEMENT, [], asked=opening(used, 100_00, now_used)))[0] is answer


def test_the_report_of_an_endorsement_says_what_is_left_today(told: ClaimWorld, used: Recorded) -> None:
    """Its own figures are the issuer's word: the bank's part is true, that nothing was used before it is not."""
    told.endorse(used, "USD", used.record.tanks[0].share(60_00), SHARES)
    asked = opening(used, 100_00, 40_00, bank=BANK, amount_minor=40_00, used_before_minor=0)
    report = told.factory.judge(told.issue(ENDORSEMENT, [], asked=asked))
    assert report.statement is not None
    assert report.statement.recorded is not None
    (now,) = report.statement.recorded.used
    assert (now.ceiling_minor, now.endorsed_minor, now.remaining_minor) == (100_00, 100_00, 0)


def test_a_ceiling_that_has_fallen_is_not_endorsed_as_it_was(told: ClaimWorld) -> None:
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_01)
    claim = collect(told, lot, book)
    told.refund(lot, sale, 90_00)
    second = told.supersede(next_version(told, claim, lot, book), {"USD": claim.record.tanks[0].share(10_00)})
    old = opening(claim, 100_00, 0)
    assert judge(told, told.issue(ENDORSEMENT, [], asked=old))[1].startswith("9: superseded")
    assert judge(told, told.issue(ENDORSEMENT, [], asked=old | {"version": 2}))[1].startswith("9: the chain lets")
    assert judge(told, told.issue(ENDORSEMENT, [], asked=opening(second, 10_00, 0)))[0] is Answer.VALID


def test_a_correction_of_another_version_than_the_chain_has_is_refused(told: ClaimWorld) -> None:
    """The figures of versions that are gone can be invented: no digest on chain speaks for them."""
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_01)
    claim = collect(told, lot, book)
    versions = [claim]
    for percent in (90, 80):
        refund = told.refund(lot, sale, 10_00)
        issued = next_version(told, versions[-1], lot, book)
        versions.append(told.supersede(issued, {"USD": claim.record.tanks[0].share(percent * 1_00)}))
    digests = [to_hex(digest_of(parse(found.issued.text).signing_input)) for found in versions]

    def notice(new: int, digest: str, ceiling: int) -> dict[str, object]:
        pieces = {f"{lot:016x}": 10}
        old = {"version": 1, "digest": digests[0], "amounts_minor": {"USD": 100_00}, "pieces": pieces}
        state = {"version": new, "digest": digest, "amounts_minor": {"USD": ceiling}, "pieces": pieces}
        reason = {"lot": f"{lot:016x}", "position": refund, "kind": "REFUND"}
        return {"claim_id": to_hex(claim.record.claim_id), "old": old, "new": state, "reasons": [reason]}

    def answer(*arguments: object) -> Answer:
        return judge(told, told.issue(CORRECTION, [lot], asked=notice(*arguments)))[0]  # type: ignore[arg-type]

    assert answer(3, digests[2], 80_00) is Answer.VALID
    assert answer(2, to_hex(bytes(32)), 99_00) is Answer.INVALID
    assert answer(2, digests[1], 99_00) is Answer.INVALID


# -- versions, tanks, and figures that nobody has checked


def test_a_currency_that_rises_above_zero_later_blocks_no_correction(told: ClaimWorld) -> None:
    """It has no tank, so that nothing of it can be endorsed; the next claim is not the worse for it."""
    lot, book = told.open_lot(), told.fee(1)
    sale = told.sell(lot, 10, 100_01)
    told.sell(lot, 1, 10_00, "CAD")
    told.fee(10_00, "CAD")
    claim = collect(told, lot, book)
    assert [tank.currency for tank in claim.record.tanks] == ["USD"]
    told.refund(lot, sale, 10_00)
    charged = len(told.world.histories[book]) - 1
    told.tell(book, "FEE_CREDIT", by=PLATFORM, target=charged, money={"currency": "CAD", "fee_minor": 5_00})
    found = told.supersede(next_version(told, claim, lot, book), {"USD": claim.record.tanks[0].share(90_00)})
    report = told.factory.judge(found.issued)
    assert (report.answer, reason(report)) == (Answer.VALID, "")
    assert report.statement is not None
    assert report.statement.recorded is not None
    assert {used.currency: used.remaining_minor for used in report.statement.recorded.used} == {"CAD": 0, "USD": 90_00}


UNCHECKED = ({}, *({"currencies": found} for found in ([], {"USD": 7}, {"USD": {"ceiling_minor": "7"}})))


@pytest.mark.parametrize("figures", UNCHECKED)
def test_figures_that_nobody_could_check_break_nothing(told: ClaimWorld, figures: object) -> None:
    """Whoever cuts out a group makes step 8 open, whatever the figures say."""
    lot, book = told.open_lot(), told.fee(1)
    told.sell(lot, 10, 100_00)
    whole = collect_draft(told, lot, book)
    payload = whole.payload | {"claim": whole.payload["claim"] | {"figures": figures}}
    shown = tuple(text for text in whole.disclosures if parse_disclosure(text)[0] != "money")
    claim = told.put(told.factory.sign(payload, shown))
    report = told.factory.judge(claim.issued)
    assert report.answer is Answer.CANNOT_TELL
    assert {step.number: step.outcome.value for step in report.steps}[8] == "not_checked"
    assert render(report, "en")


def test_figures_are_an_object(told: ClaimWorld) -> None:
    lot, book = told.open_lot(), told.fee(1)
    told.sell(lot, 10, 100_00)
    whole = collect_draft(told, lot, book)
    for figures in ([], "x", 7):
        payload = whole.payload | {"claim": whole.payload["claim"] | {"figures": figures}}
        assert judge(told, told.factory.sign(payload, whole.disclosures))[1] == "1: claim.figures is not an object"


def test_a_file_that_refunds_have_overtaken_says_so(told: ClaimWorld) -> None:
    """An issuer that never runs the claim again leaves its first version standing."""
    lot, book = told.open_lot(), told.fee(1)
    sale, wrong = told.sell(lot, 10, 100_00), told.sell(lot, 1, 1_00)
    told.tell(lot, "SALE_REVERSAL", 1, by=PLATFORM, target=wrong)
    told.tell(lot, "RETURN_IN", 1, target=sale)
    claim = collect(told, lot, book)
    for since in (0, 1, 2):
        report = told.factory.judge(claim.issued)
        assert report.answer is Answer.VALID
        assert report.statement is not None
        assert report.statement.recorded is not None
        assert report.statement.recorded.adverse_since == since
        assert ("recorded since" in render(report, "en")) is bool(since)
        told.refund(lot, sale, 1_00)


def test_the_own_ledger_may_be_left_out_only_while_it_is_empty(told: ClaimWorld) -> None:
    lot = told.open_lot()
    told.sell(lot, 10, 150_00, account=0)
    assert judge(told, collect(told, lot)) == (Answer.VALID, "")
    other = told.open_lot()
    told.sell(other, 10, 150_00, account=0)
    ledger = told.fee(30_00, account=0)
    answer, why = judge(told, collect(told, other))
    assert (answer, why) == (
        Answer.INVALID, f"9: goods were sold on no account, and notes of the own ledger {ledger:016x} are left out",
    )  # fmt: skip
    last = told.open_lot()
    told.sell(last, 10, 150_00, account=0)
    assert judge(told, collect(told, last, ledger)) == (Answer.VALID, "")
