"""Mistake 18: two banks endorse at once. Whoever asks, the chain lets only one of them have the last amount."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.service.api.caller import Api
from tests.service.claims.actions import ask
from tests.service.claims.conftest import OTHER_BANK
from tests.service.claims.trade import claim, consent, trade
from tests.service.market import BANK
from verifier.chain import Node, NodeView
from verifier.claims.record import SHARES
from verifier.shapes import hex_bytes

pytestmark = pytest.mark.chain
ROUNDS = 100
BANKS = (BANK, OTHER_BANK)
LOST = {"RemainingExceeded", "ChainRefuses", "EndorsedElsewhere"}
"""What the slower bank is told: it saw the other's endorsement, the chain did, or the block did."""


@contextmanager
def mining(api: Api, every_seconds: float = 0.05) -> Iterator[None]:
    """A block now and then, so that both banks meet in one. Who waits for an endorsement sends it."""
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(every_seconds):
            api.house.chain.mine()

    thread = threading.Thread(target=mine)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def at_once(api: Api, path: str, number: int, amount: int) -> list[tuple[int, httpx.Response]]:
    """The answers to both banks, which endorse the same amount at the same moment."""
    barrier = threading.Barrier(len(BANKS))

    def endorse(bank: int) -> tuple[int, httpx.Response]:
        body: dict[str, Any] = {"currency": "USD", "amount_minor": amount, "receipt_minor": amount}
        barrier.wait()
        return bank, ask(api, bank, f"{path}/endorsements", reference=f"R-{number}-{bank}", **body)

    with ThreadPoolExecutor(len(BANKS)) as pool:
        return list(pool.map(endorse, BANKS))


def test_mistake_18_of_two_banks_that_endorse_the_last_amount_at_once_one_wins_100_times(trading: Api) -> None:
    whole = 100_07
    made = claim(trading, *trade(whole)).json()
    path, claim_id = f"/v1/claims/{made['claim_id']}", hex_bytes(made["claim_id"], "claim_id", 32)
    for bank in BANKS:
        consent(trading, made["claim_id"], bank)
    chain = trading.app.state.claims.desk.outbox.chain
    wins: Counter[int] = Counter()
    losses: Counter[str] = Counter()
    domain = trading.house.runtime.log.domain
    with mining(trading):
        for number in range(ROUNDS):
            answers = at_once(trading, path, number, whole)
            assert sorted(answer.status_code for _, answer in answers) == [201, 409], [a.text for _, a in answers]
            ((winner, won),) = ((bank, answer.json()) for bank, answer in answers if answer.status_code == 201)
            (refused,) = (answer.json() for _, answer in answers if answer.status_code == 409)
            assert refused["code"] in LOST, refused
            assert (won["state"], won["remaining_minor"]) == ("live", 0)
            assert chain.tank(claim_id, "USD") == (SHARES, SHARES)
            view = NodeView(Node(trading.house.settings.rpc_url))
            by_bank = {bank: view.endorsed(domain, claim_id, "USD", bank) for bank in BANKS}
            assert by_bank == {bank: SHARES * (bank == winner) for bank in BANKS}
            wins[winner] += 1
            losses[refused["code"]] += 1
            gone = ask(trading, winner, f"/v1/endorsements/{won['endorsement_id']}/release", payment=f"OUT-{number}")
            assert gone.json()["state"] == "released", gone.text
    assert chain.tank(claim_id, "USD") == (0, SHARES)
    assert (wins.total(), losses.total()) == (ROUNDS, ROUNDS)
    rows = [row for bank in BANKS for row in trading.get(bank, "/v1/endorsements").json()["endorsements"]]
    assert Counter(row["state"] for row in rows)["released"] == ROUNDS
    assert {row["state"] for row in rows} <= {"released", "failed"}
