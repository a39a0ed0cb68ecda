"""Claims and endorsements when a process dies, the chain forgets, or refuses: nothing is half done, a repeat works."""

import time

import pytest

from service.claim_runtime import ClaimRuntime, shown_for
from service.flow import outbox as outboxes
from service.flow.claim import ClaimDesk, Claimed, ClaimWish, make_claim
from service.flow.claim_ports import ClaimRow, EndorsementRow
from service.flow.consent import give_consent
from service.flow.endorse import Request, endorse, standing_of
from service.flow.issue import IssueError
from service.flow.once import Once
from service.flow.outbox import Call, Outbox
from service.flow.release import release
from tests.service.api.caller import Api
from tests.service.claims.actions import judge
from tests.service.claims.lives import NEVER, a_life
from tests.service.claims.trade import a_shipment, sold, trade
from tests.service.faults.crashing import CrashError
from tests.service.house import House
from tests.service.market import BANK, EXPORTER, LINE, an_event, lot_of
from verifier.claims.kinds import EXCHANGE_COLLECTION
from verifier.record import book_number
from verifier.report import Answer
from verifier.shapes import to_hex
from verifier.status import Status

pytestmark = pytest.mark.chain
WRITES = range(1, 6)
MODES = pytest.mark.parametrize("is_done", [False, True], ids=["before it was done", "after it was done"])
CLAIM, ENDORSE = Once.of(EXPORTER, "C-1", {}), Once.of(BANK, "E-1", {})
ASKED = Request(BANK, "USD", 30_00, "R-1", "USD", 100_00, 30_00)


@pytest.fixture
def sale(trading: Api) -> Api:
    """A sale of USD 100.00 on chain, which mines at once from then on."""
    trading.house.tell(*trade(100_00))
    trading.house.settle()
    trading.house.chain.rpc("evm_setAutomine", True)
    return trading


def claim_it(desk: ClaimDesk) -> Claimed:
    wish = ClaimWish(EXCHANGE_COLLECTION, EXPORTER, [int(lot_of(LINE), 16)], {}, shown_for("exchange-collection"))
    return make_claim(desk, wish, CLAIM)


def endorse_it(desk: ClaimDesk) -> EndorsementRow:
    return endorse(desk.outbox, the_claim(desk), ASKED, ENDORSE)[0]


def the_claim(desk: ClaimDesk) -> ClaimRow:
    """The only claim that was not refused."""
    with desk.outbox.store.view() as claims:
        (found,) = (
            claim for claim in claims.claims_for(owners=[EXPORTER], ids=(), kinds=()) if claim.state != "failed"
        )
    return found


def used(desk: ClaimDesk) -> int:
    """Minor units that were endorsed, as the chain says."""
    return standing_of(desk.outbox, the_claim(desk), "USD").endorsed_minor


def consented(desk: ClaimDesk) -> None:
    give_consent(desk.outbox, the_claim(desk), BANK, "USD", None, int(time.time()) + 86_400)


@MODES
@pytest.mark.parametrize("at", WRITES)
def test_a_process_dies_while_it_makes_a_claim(sale: Api, at: int, is_done: bool) -> None:
    desk, fuse = a_life(sale.house, at, is_done=is_done)
    with pytest.raises(CrashError):
        claim_it(desk)
    assert fuse.writes == at
    desk, _ = a_life(sale.house)
    made = claim_it(desk)
    assert (made.state, the_claim(desk).state) == ("live", "live")
    assert judge(sale, made.text).answer is Answer.VALID
    with desk.outbox.store.view() as claims:
        assert sorted(status for _, status in claims.statuses() if status != Status.INVALID) == [Status.VALID]


@MODES
@pytest.mark.parametrize("at", WRITES[:3])
def test_a_process_dies_while_it_endorses(sale: Api, at: int, is_done: bool) -> None:
    desk, _ = a_life(sale.house)
    claim_it(desk)
    consented(desk)
    dying, fuse = a_life(sale.house, at, is_done=is_done)
    with pytest.raises(CrashError):
        endorse_it(dying)
    assert fuse.writes == at
    assert endorse_it(desk).state == "live"
    assert used(desk) == 30_00


def test_the_tables_above_reach_every_write(sale: Api) -> None:
    """If this fails, the ways have become longer: widen their ranges."""
    desk, fuse = a_life(sale.house, NEVER)
    claim_it(desk)
    assert fuse.writes <= len(WRITES)
    consented(desk)
    fuse.writes = 0
    endorse_it(desk)
    assert fuse.writes <= len(WRITES[:3])


def test_a_worker_sends_what_a_dead_process_has_saved(sale: Api) -> None:
    """Killed between saving a claim and sending it: nobody need repeat anything."""
    desk, _ = a_life(sale.house, 3)
    with pytest.raises(CrashError):
        claim_it(desk)
    assert the_claim(desk).state == "sent"
    settle_until_live(sale.house, desk)
    assert the_claim(desk).state == "live"
    credential = sale.get(EXPORTER, f"/v1/claims/{to_hex(the_claim(desk).claim_id)}/credential").text
    assert judge(sale, credential).answer is Answer.VALID


def settle(house: House) -> None:
    """What another process does with all that is under way: the worker's, say."""
    ClaimRuntime(house.runtime).desk.outbox.settle()


def settle_until_live(house: House, desk: ClaimDesk, rounds: int = 40) -> None:
    for _ in range(rounds):
        house.step()
        settle(house)
        with desk.outbox.store.view() as claims:
            if not claims.pending_txs() and house.is_settled():
                return
    raise AssertionError(f"not live after {rounds} rounds")


def test_a_reorganisation_loses_a_claim_and_what_was_endorsed_of_it(sale: Api) -> None:
    desk, _ = a_life(sale.house)
    sale.house.chain.mine(2)
    made = claim_it(desk)
    consented(desk)
    assert endorse_it(desk).state == "live"
    sale.house.chain.rpc("anvil_reorg", 2, [])
    assert desk.outbox.chain.claim_version(the_claim(desk).claim_id) == 0
    desk.outbox.settle()
    settle_until_live(sale.house, desk)
    assert (the_claim(desk).state, endorse_it(desk).state, used(desk)) == ("live", "live", 30_00)
    assert judge(sale, made.text).answer is Answer.VALID


def test_a_released_endorsement_stays_released_through_a_reorganisation(sale: Api) -> None:
    desk, _ = a_life(sale.house)
    claim_it(desk)
    consented(desk)
    released = release(desk.outbox, the_claim(desk), endorse_it(desk), "OUT-1")
    assert released.state == "released"
    sale.house.chain.rpc("anvil_reorg", 2, [])
    settle_until_live(sale.house, desk)
    assert (endorse_it(desk).state, used(desk)) == ("released", 0)


def test_what_the_chain_lost_waits_for_the_sales_that_it_rests_on(trading: Api) -> None:
    """A claim that is sent before its sales are there again would be refused for ever."""
    house = trading.house
    house.chain.save()
    house.tell(*trade(100_00))
    house.settle()
    house.chain.rpc("evm_setAutomine", True)
    desk, _ = a_life(house)
    claim_it(desk)
    consented(desk)
    assert endorse_it(desk).state == "live"
    house.chain.kill()
    house.chain.start()
    for _ in range(3):  # the outbox alone, before anything of the log is sent again
        desk.outbox.settle()
        house.chain.mine()
    assert the_claim(desk).state == "sent"
    settle_until_live(house, desk)
    assert (the_claim(desk).state, endorse_it(desk).state, used(desk)) == ("live", "live", 30_00)


def test_patience_with_a_lost_transaction_ends(sale: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What will never be accepted again is sent all the same: it fails, and what is behind it goes on."""
    desk, _ = a_life(sale.house)
    claim_it(desk)
    sale.house.chain.rpc("anvil_reorg", 1, [])
    monkeypatch.setattr(type(desk.outbox.chain), "why_refused_again", lambda *_: "never again")
    desk.outbox.settle()
    assert the_claim(desk).state == "sent"
    monkeypatch.setattr(outboxes, "PATIENCE_SECONDS", -1.0)
    settle_until_live(sale.house, desk)
    assert the_claim(desk).state == "live"


def test_the_chain_refuses_a_claim_when_it_is_mined(sale: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A return comes on chain between the check and the block: the claim fails whole, and its repeat counts anew."""
    house = sale.house
    second = sold(ship := a_shipment(2), 50_00)
    house.tell(ship, second)
    house.settle()
    check = Outbox.check

    def check_then_return(outbox: Outbox, call: Call) -> None:
        check(outbox, call)
        monkeypatch.setattr(Outbox, "check", check)
        house.tell(an_event("RETURN_IN", 1, target=second))
        house.settle()

    monkeypatch.setattr(Outbox, "check", check_then_return)
    desk, _ = a_life(house)
    with pytest.raises(IssueError) as refused:
        claim_it(desk)
    assert refused.value.code == "ChainRefuses"
    with desk.outbox.store.view() as claims:
        (failed,) = claims.claims_for(owners=[EXPORTER], ids=(), kinds=())
        assert (failed.state, {status for _, status in claims.statuses()}) == ("failed", {Status.INVALID})
    book = book_number(1, EXPORTER)
    assert desk.outbox.chain.book_cursor(1, book) == 0
    made = claim_it(desk)
    assert (made.state, sum(made.figures["pieces"].values())) == ("live", 2)
    assert judge(sale, made.text).answer is Answer.VALID
