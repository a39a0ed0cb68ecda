"""P7: what was lost, short or destroyed, by site and cause, with certificates."""

import pytest

from tests.verifier.claims.cases import SITE, Lot, make_case
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.loss import CONSUMED, left_out, loss_figures, positions_for
from verifier.claims.record import LotPart, Part
from verifier.errors import MalformedError

PAPER = {"certificate_no": "D-17", "certificate_on": "2026-07-10"}


def lossy_lot() -> Lot:
    """1,000 pieces: 4 short, 3 lost, 8 destroyed with a certificate, 5 lost in delivery."""
    lot = Lot()
    lot.events.pop()  # the receipt: it came in short
    lot.add("RECEIVE", 996)  # 3
    lot.add("SHORT", 4)  # 4
    lot.add("LOSE", 3)  # 5
    lot.add("HOLD", 8)  # 6
    lot.add("DESTROY", 8, document=PAPER)  # 7
    lot.add("SHIP", 5)  # 8
    lot.add("LOST_IN_DELIVERY", 5, target=8)  # 9
    return lot


def figures(*lots: Lot, **rest):
    return loss_figures(make_case(list(lots), purpose=4, kinds=CONSUMED, **rest))


def refusal(*lots: Lot, **rest) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(*lots, **rest)
    return refused.value


def part(lot: Lot, *positions: int) -> tuple[Part]:
    return (Part((LotPart(lot.lot, 0, frozenset(positions)),), ()),)


def test_losses_are_told_by_site_and_cause():
    found = figures(lossy_lot())
    assert found["pieces"] == {"0000000000000011": 20}
    (lot,) = found["lots"].values()
    assert lot["sites"] == {str(SITE): {"destroyed": 8, "lost": 3, "lost_in_delivery": 5, "short": 4, "pieces": 20}}
    assert lot["now"] == {"DESTROYED": 8, "LOST": 8, "ON_HAND": 980, "SHORT": 4}
    assert (found["certified_pieces"], found["uncertified_pieces"]) == (8, 12)
    assert found["certificates"] == [{"lot": "0000000000000011", "site": SITE, "pieces": 8, **PAPER}]
    assert found["declared_fob_minor"] == {"USD": 160_00}


def test_a_destruction_without_a_certificate_is_refused():
    lot = lossy_lot()
    lot.edit(7, groups=lot.events[7].groups | {"document": {}})
    assert (refusal(lot).code, refusal(lot).figures["position"]) == ("CertificateMissing", 7)


def test_a_hidden_certificate_cannot_be_told():
    lot = lossy_lot()
    lot.edit(7, groups={})
    with pytest.raises(WithheldError):
        figures(lot)


def test_what_was_found_is_taken_off():
    lot = lossy_lot()
    lot.add("FIND", 2)
    lot.add("FOUND_SHORT", 4)
    found = figures(lot)
    assert found["pieces"] == {"0000000000000011": 14}
    assert found["lots"]["0000000000000011"]["sites"][str(SITE)] | {"pieces": 0} == {
        "destroyed": 8, "found": 2, "found_short": 4, "lost": 3, "lost_in_delivery": 5, "pieces": 0, "short": 4,
    }  # fmt: skip


def test_a_destruction_that_was_taken_back_counts_for_nothing():
    lot = lossy_lot()
    lot.add("DESTROY_REVERSAL", 8, target=7)
    found = figures(lot)
    assert (found["certificates"], found["pieces"]) == ([], {"0000000000000011": 12})


def test_a_loss_that_was_found_again_cannot_be_claimed_without_the_find():
    lot = lossy_lot()
    lot.add("FIND", 8)
    assert refusal(lot, parts=part(lot, 5)).figures == {
        "lot": "0000000000000011", "site": SITE, "lane": "LOST", "available": 0, "asked": 3,
    }  # fmt: skip


def test_what_lessens_a_loss_must_be_in_some_claim():
    lot = lossy_lot()
    lot.add("FIND", 2)  # 10
    lot.add("LOSE", 2)  # 11: the lane alone would not tell that the same two pieces are claimed twice
    case = make_case([lot], purpose=4, kinds=CONSUMED, parts=part(lot, 4, 5, 7, 9, 11))
    assert left_out(case, case.lots[0]) == {10}
    assert positions_for(case.lots[0], frozenset((4, 5, 7, 9))) == {10, 11}


def test_refusals():
    nothing = Lot()
    assert refusal(nothing).code == "NothingLost"
    lot = lossy_lot()
    lot.add("DESTROY_REVERSAL", 8, target=7)
    assert refusal(lot, parts=part(lot, 7)).code == "LeftOut"
    assert refusal(lot, parts=part(lot, 10)).code == "LossNotTaken"
    assert refusal(lot, parts=part(lot, 5, 8)).code == "NotForThisClaim"
    lot = lossy_lot()
    lot.edit(7, groups=lot.events[7].groups | {"document": {"certificate_no": 17}})
    assert refusal(lot).code == "IllTyped"
    with pytest.raises(MalformedError):
        figures(lossy_lot(), asked={"pieces": 9999})


def test_sold_and_stocked_pieces_are_no_loss():
    lot = lossy_lot()
    lot.sell(10, 150_00)
    found = figures(lot)
    assert found["pieces"] == {"0000000000000011": 20}
    assert found["lots"]["0000000000000011"]["now"]["SOLD"] == 10
