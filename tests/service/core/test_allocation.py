"""First in, first out; whole or not at all; back to where it came from."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.allocation import Allocation, Kit, Part, Stock, count_pieces, is_part_id, take_fifo, take_from_parts
from service.core.errors import RefusedError

DAYS = st.none() | st.dates().map(str)
LINES = st.builds(lambda number, item: f"{number:018d}-{item:02d}-00", st.integers(0, 99), st.integers(1, 9))


@st.composite
def some_stocks(draw: st.DrawFn) -> list[Stock]:
    lines = draw(st.lists(LINES, min_size=1, max_size=12, unique=True))
    return [Stock(i + 1, line, draw(DAYS), draw(st.integers(0, 50))) for i, line in enumerate(lines)]


def order_of(stock: Stock) -> tuple[bool, str, str]:
    return (stock.export_date is None, stock.export_date or "", stock.line)


@given(some_stocks(), st.integers(1, 700))
def test_never_more_than_on_hand_and_all_that_is_asked_if_it_is_there(stocks: list[Stock], asked: int) -> None:
    taken = dict(take_fifo(stocks, asked))
    on_hand = {stock.lot: stock.on_hand for stock in stocks}
    assert all(0 < pieces <= on_hand[lot] for lot, pieces in taken.items())
    assert sum(taken.values()) == min(asked, sum(on_hand.values()))


@given(some_stocks(), st.integers(1, 700))
def test_nothing_is_taken_while_an_earlier_lot_has_pieces(stocks: list[Stock], asked: int) -> None:
    by_lot = {stock.lot: stock for stock in stocks}
    taken = take_fifo(stocks, asked)
    order = [order_of(by_lot[lot]) for lot, _ in taken]
    assert order == sorted(order)
    if taken:
        emptied = {lot for lot, pieces in taken if pieces == by_lot[lot].on_hand}
        earlier = {stock.lot for stock in stocks if stock.on_hand and order_of(stock) < order[-1]}
        assert earlier <= emptied


@given(some_stocks(), st.integers(1, 700), st.randoms())
def test_the_order_in_which_lots_are_found_does_not_matter(stocks: list[Stock], asked: int, random: object) -> None:
    shuffled = list(stocks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert take_fifo(shuffled, asked) == take_fifo(stocks, asked)


def some_parts(*counts: tuple[str, int]) -> list[Part]:
    return [Part(f"X#{i}", sku, i, 0, pieces) for i, (sku, pieces) in enumerate(counts, 1)]


PARTS = some_parts(("A", 5), ("A", 2), ("B", 3))


def left(parts: Sequence[Part]) -> list[int]:
    return [part.quantity for part in parts]


def test_a_sale_takes_from_the_first_part_on_and_a_return_goes_back_to_the_newest() -> None:
    assert take_from_parts("SALE", PARTS, left(PARTS), {"A": 6}) == [(0, 5), (1, 1)]
    for kind in ("RETURN_IN", "RETURNLESS", "SHIP_VOID", "UNDELIVERED", "SALE_REVERSAL", "GIVEN_BACK"):
        assert take_from_parts(kind, PARTS, left(PARTS), {"A": 3}) == [(1, 2), (0, 1)]


def test_more_than_is_left_is_refused_with_the_numbers() -> None:
    with pytest.raises(RefusedError) as refused:
        take_from_parts("SALE", PARTS, [1, 2, 3], {"A": 4})
    assert (refused.value.code, refused.value.numbers) == ("TargetExceeded", {"sku": "A", "available": 3, "asked": 4})


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data())
def test_what_was_taken_from_the_parts_can_all_come_back(quantities: list[int], data: st.DataObject) -> None:
    parts = some_parts(*(("A", pieces) for pieces in quantities))
    sold = data.draw(st.integers(0, sum(quantities)))
    taken = take_from_parts("SALE", parts, quantities, {"A": sold})
    there = [0] * len(parts)
    for i, pieces in taken:
        there[i] += pieces
    back = take_from_parts("RETURN_IN", parts, there, {"A": sold})
    assert sorted(back) == sorted(taken)


KIT = Kit(7, "SET", 0, (("A", 2), ("B", 1)))


def test_a_kit_counts_kits_unless_a_component_is_named() -> None:
    allocation = Allocation(tuple(PARTS), KIT)
    assert count_pieces(allocation, None, 3) == ({"A": 6, "B": 3}, KIT)
    assert count_pieces(allocation, "SET", 3) == ({"A": 6, "B": 3}, KIT)
    assert count_pieces(allocation, "A", 3) == ({"A": 3}, None)


@pytest.mark.parametrize("sku", ["C", "SET-2"])
def test_a_sku_that_the_target_does_not_hold_is_refused(sku: str) -> None:
    with pytest.raises(RefusedError) as refused:
        count_pieces(Allocation(tuple(PARTS), KIT), sku, 1)
    assert (refused.value.code, refused.value.field) == ("TargetMismatch", "goods.sku")


def test_the_ids_of_parts_are_known_by_their_ending() -> None:
    assert all(map(is_part_id, ("X#1", "#0", "a#b#12")))
    assert not any(map(is_part_id, ("X", "X#", "X#1a", "#1 X", "X#１")))
