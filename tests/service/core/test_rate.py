"""Token buckets: so many at once, then as many a minute, and no more memory than was agreed."""

from hypothesis import given
from hypothesis import strategies as st

from service.core.rate import Rate

ANN, BOB = b"ann", b"bob"


def test_a_minute_s_worth_may_come_at_once_and_no_more() -> None:
    rate = Rate(3)
    assert [rate.take(ANN, 100.0) for _ in range(4)] == [0, 0, 0, 20]


def test_it_fills_up_again_at_its_pace() -> None:
    rate = Rate(3)
    for _ in range(3):
        rate.take(ANN, 100.0)
    assert rate.take(ANN, 119.0) == 1
    assert rate.take(ANN, 120.0) == 0
    assert rate.take(ANN, 120.0) == 20


def test_who_waits_as_long_as_told_may_come() -> None:
    rate = Rate(7)
    now = 5.0
    for _ in range(30):
        seconds = rate.take(ANN, now)
        if seconds:
            now += seconds + 1e-9
            assert rate.take(ANN, now) == 0


def test_names_do_not_share() -> None:
    rate = Rate(1)
    assert [rate.take(ANN, 1.0), rate.take(BOB, 1.0), rate.take(ANN, 1.0)] == [0, 0, 60]


def test_a_look_costs_nothing() -> None:
    rate = Rate(1)
    assert [rate.wait(ANN, 1.0) for _ in range(3)] == [0, 0, 0]
    rate.take(ANN, 1.0)
    assert rate.wait(ANN, 1.0) == 60


def test_a_flood_of_names_takes_no_more_memory_and_forgets_the_oldest_first() -> None:
    rate = Rate(1, max_names=100)
    for number in range(1_000):
        rate.take(str(number).encode(), 1.0)
    assert rate.names <= 100
    assert rate.take(b"999", 1.0) > 0


def test_room_is_made_of_those_that_are_full_again_first() -> None:
    rate = Rate(60, max_names=10)
    for number in range(9):
        rate.take(str(number).encode(), 1.0)
    for _ in range(60):
        rate.take(ANN, 1.0)
    rate.take(BOB, 3.0)
    assert rate.names == 2
    assert rate.wait(ANN, 3.0) == 0
    assert rate.take(ANN, 3.0) == rate.take(ANN, 3.0) == 0
    assert rate.take(ANN, 3.0) > 0


@given(st.integers(1, 50), st.lists(st.floats(0, 10), max_size=200))
def test_no_minute_sees_more_than_twice_the_rate(per_minute: int, pauses: list[float]) -> None:
    rate, now, taken = Rate(per_minute), 0.0, []
    for pause in pauses:
        now += pause
        if rate.take(ANN, now) == 0:
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 60 for at in taken) <= 2 * per_minute
