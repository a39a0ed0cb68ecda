"""Service, contract and verifier come to the same accounts, heads and root, whatever was accepted."""

from random import Random

import pytest

from tests.service.check_ledger import check_ledger
from tests.service.core.shop import pick_step, stock
from tests.service.house import House
from tests.service.market import Event

pytestmark = pytest.mark.chain


def test_what_the_service_accepts_the_contract_accepts_with_the_same_outcome(house: House) -> None:
    random, accepted = Random(20260501), list[tuple[int, Event]]()

    def post(party: int, event: Event) -> None:
        if house.post(party, event)[0]["status"] == "accepted":
            accepted.append((party, event))

    stock(post)
    for number in range(500):
        post(*pick_step(random.choice, accepted))
        if number % 100 == 0:
            house.step()
    house.settle()
    assert check_ledger(house) >= len(accepted) > 150
