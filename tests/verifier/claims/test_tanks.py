"""Shares of tanks: every amount comes back from its share, through any order of endorsements and releases."""

import random

import pytest

from service.flow.release import share_without
from verifier.claims.record import SHARES, Tank

SEED = 7
WHOLES = (1, 3, 7, 100_00, 12_675_00, 10**9 + 7, SHARES // 2, SHARES // 2 + 1, SHARES - 1, SHARES)


@pytest.mark.parametrize("whole", WHOLES)
def test_every_amount_comes_back_from_its_share(whole: int) -> None:
    tank, rng = Tank("USD", whole, bytes(16)), random.Random(SEED)
    for amount in {0, 1, whole - 1, whole, *(rng.randint(0, whole) for _ in range(2_000))}:
        assert tank.amount(tank.share(amount)) == amount


@pytest.mark.parametrize("whole", [whole for whole in WHOLES if 7 <= whole <= 10**10])
def test_releases_in_any_order_lose_no_minor_unit_and_give_back_no_more_than_was_drawn(whole: int) -> None:
    tank, rng = Tank("USD", whole, bytes(16)), random.Random(SEED)
    share, standing = 0, []
    for _ in range(300):
        used = sum(amount for amount, _ in standing)
        assert tank.amount(share) == used
        if standing and (rng.random() < 0.5 or used == whole):
            amount, drawn = standing.pop(rng.randrange(len(standing)))
            rest = share_without(tank, share, amount, drawn)
            assert 0 <= share - rest <= drawn
            share = rest
        else:
            amount = rng.randint(1, max(1, (whole - used) // 3))
            standing.append((amount, tank.share(used + amount) - share))
            share = tank.share(used + amount)
