"""Replay: targets, and how much of each is left. Lanes are tested by themselves."""

import pytest

from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME
from verifier.record import Word
from verifier.replay import Replay

LOT = 5
OPENING = [
    ("DECLARE", 3, 100, None),
    ("DEPART", 0, 100, None),
    ("ASN", 7, 100, None),
    ("RECEIVE", 7, 100, None),
    ("SHIP", 7, 10, None),  # 4
]
SALE = ("SALE", 7, 6, 4)  # 5


def replay(*events: tuple[str, int, int, int | None]) -> Replay:
    made = Replay(LOT)
    for kind, site, quantity, target in (*OPENING, *events):
        made.apply(Word(LOT, site, CODE_BY_NAME[kind], quantity), target)
    return made


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([("DECLARE", 3, 1, None)], id="declared twice"),
        pytest.param([("SALE", 7, 1, 5)], id="target not before it"),
        pytest.param([("SALE", 7, 1, 3)], id="target of another kind"),
        pytest.param([("SALE", 7, 11, 4)], id="more than was shipped"),
        pytest.param([SALE, ("SHIP_VOID", 7, 5, 4)], id="more than is left of the shipment"),
        pytest.param([SALE, ("RETURN_IN", 7, 4, 5), ("RETURN_IN", 7, 3, 5)], id="more back than was sold"),
        pytest.param([SALE, ("SALE_REVERSAL", 7, 7, 5)], id="more reversed than sold"),
        pytest.param([SALE, ("REFUND_REVERSAL", 7, 0, 5)], id="reversal of another kind"),
        pytest.param(
            [SALE, ("REFUND", 7, 0, 5), ("REFUND_REVERSAL", 7, 0, 6), ("REFUND_REVERSAL", 7, 0, 6)],
            id="note reversed twice",
        ),
        pytest.param([SALE, ("REFUND", 9, 0, 5)], id="refund at another site"),
        pytest.param([SALE, ("SALE_REVERSAL", 9, 1, 5)], id="reversal at another site"),
        pytest.param([("DECLARE_REVERSAL", 4, 100, 0)], id="taken back of another owner"),
    ],
)
def test_a_broken_rule_is_refused(events: list[tuple[str, int, int, int | None]]) -> None:
    replay(*events[:-1])
    with pytest.raises(InvalidError):
        replay(*events)


def test_a_lot_begins_with_its_declaration() -> None:
    with pytest.raises(InvalidError):
        Replay(LOT).apply(Word(LOT, 0, CODE_BY_NAME["DEPART"], 1), None)


def test_an_event_of_another_lot_is_refused() -> None:
    with pytest.raises(InvalidError):
        Replay(LOT).apply(Word(6, 3, CODE_BY_NAME["DECLARE"], 1), None)


def test_a_reversed_sale_leaves_its_shipment_as_it_was() -> None:
    made = replay(SALE)
    assert made.left(4) == 4
    made.apply(Word(LOT, 7, CODE_BY_NAME["SALE_REVERSAL"], 6), 5)
    assert (made.left(4), made.left(5)) == (10, 0)
    made.apply(Word(LOT, 7, CODE_BY_NAME["SALE"], 10), 4)


def test_a_return_may_arrive_at_another_site() -> None:
    made = replay(SALE, ("RETURN_IN", 9, 2, 5))
    assert made.accounts.to_names()["9"] == {"HELD": 2}


def test_a_sale_at_export_may_be_refunded_at_any_site() -> None:
    made = Replay(LOT)
    for kind, site, quantity, target in (
        *OPENING[:2],
        ("SALE_AT_EXPORT", 0, 10, None),
        ("REFUND", 7, 0, 2),
        ("RETURN_IN", 9, 10, 2),
    ):
        made.apply(Word(LOT, site, CODE_BY_NAME[kind], quantity), target)
    assert made.left(2) == 0


def test_a_note_takes_nothing_from_its_target() -> None:
    assert replay(SALE, ("REFUND", 7, 0, 5), ("ADJUST", 7, 0, 5)).left(5) == 6


def test_a_declaration_taken_back_leaves_nothing_declared() -> None:
    made = Replay(LOT)
    made.apply(Word(LOT, 3, CODE_BY_NAME["DECLARE"], 100), None)
    made.apply(Word(LOT, 3, CODE_BY_NAME["DECLARE_REVERSAL"], 100), 0)
    assert (made.declared, made.owner, made.accounts.total()) == (0, 3, 0)
