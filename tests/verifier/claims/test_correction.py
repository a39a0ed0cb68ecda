"""P9: old, new and the difference; and each reason stands in the history that is carried."""

import copy
from dataclasses import replace

import pytest

from tests.verifier.claims.cases import PLATFORM, BookOf, Lot, make_case
from verifier.claims.case import ClaimRefusedError
from verifier.claims.correction import REASONS, correction_figures
from verifier.errors import MalformedError, VerificationError

HEX = "0000000000000011"
OLD = {
    "version": 1,
    "digest": "0x" + "01" * 32,
    "amounts_minor": {"USD": 12_675_00, "CAD": 2_600_00},
    "pieces": {HEX: 780},
}
NEW = {
    "version": 2,
    "digest": "0x" + "02" * 32,
    "amounts_minor": {"USD": 12_375_00, "CAD": 2_600_00},
    "pieces": {HEX: 760},
}


@pytest.fixture
def lot():
    found = Lot()
    sale = found.sell(20, 300_00)  # 5
    found.add("RETURN_IN", 20, target=sale)  # 6
    found.refund(sale, 300_00)  # 7
    return found


def asked(reasons, **changed):
    return {"claim_id": "0x" + "ab" * 32, "old": OLD, "new": NEW, "reasons": reasons} | changed


def reason(position, kind, lot=HEX):
    return {"lot": lot, "position": position, "kind": kind}


def figures(lot, wanted, *books):
    return correction_figures(replace(make_case([lot], list(books)), asked=wanted))


def refusal(lot, wanted) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(lot, wanted)
    return refused.value


def test_the_difference_and_its_reasons_are_told(lot):
    found = figures(lot, asked([reason(6, "RETURN_IN"), reason(7, "REFUND")]))
    assert found["difference_minor"] == {"CAD": 0, "USD": -300_00}
    assert found["difference_pieces"] == {HEX: -20}
    assert found["successor"] == NEW["digest"]
    assert found["reasons"][0] == {
        "lot": HEX, "position": 6, "kind": "RETURN_IN", "quantity": 20, "event_time": "2026-03-07T00:00:00+00:00",
        "attester": 4,
    }  # fmt: skip


def test_a_currency_or_lot_that_is_gone_counts_as_nothing(lot):
    new = NEW | {"amounts_minor": {"USD": 12_675_00}, "pieces": {}}
    found = figures(lot, asked([reason(7, "REFUND")], new=new))
    assert (found["difference_minor"], found["difference_pieces"]) == ({"CAD": -2_600_00, "USD": 0}, {HEX: -780})


def test_a_fee_of_a_book_may_be_the_reason(lot):
    book = BookOf()
    book.add("FEE_REVERSAL", target=book.fee(10_00), by=PLATFORM)
    wanted = asked([reason(1, "FEE_REVERSAL", f"{book.lot:016x}")])
    assert figures(lot, wanted, book)["reasons"][0]["kind"] == "FEE_REVERSAL"


@pytest.mark.parametrize(
    ("named", "got"),
    [
        (reason(6, "REFUND"), "RETURN_IN"),
        (reason(99, "REFUND"), None),
        (reason(6, "RETURN_IN", "00000000000000aa"), None),
    ],
)
def test_a_reason_that_stands_nowhere_is_refused(lot, named, got):
    refused = refusal(lot, asked([named]))
    assert (refused.code, refused.figures["got"]) == ("ReasonNotInHistory", got)


def test_what_changes_nothing_is_no_reason(lot):
    assert refusal(lot, asked([reason(4, "SHIP")])).code == "ReasonUnknown"
    assert {"REFUND", "RETURN_IN", "SALE_REVERSAL", "FEE_REVERSAL", "FIND"} <= REASONS
    assert not {"SALE", "SHIP", "DECLARE", "COUNT"} & REASONS


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reasons": []}, "ReasonMissing"),
        ({"new": NEW | {"version": 1}}, "NotASuccessor"),
        ({"new": NEW | {"digest": OLD["digest"]}}, "NotASuccessor"),
        ({"new": OLD | {"version": 2, "digest": NEW["digest"]}}, "NothingChanged"),
    ],
)
def test_refusals(lot, changed, code):
    assert refusal(lot, asked([reason(7, "REFUND")]) | changed).code == code


@pytest.mark.parametrize("path", [("claim_id",), ("old", "version"), ("old", "digest"), ("new", "amounts_minor", "USD"),
                                  ("new", "pieces", HEX), ("reasons", 0, "position"), ("old", "pieces")])  # fmt: skip
@pytest.mark.parametrize("value", [None, "x", [], {"": 1}, 1.5, True])
def test_other_shapes_are_malformed(lot, path, value):
    wanted = copy.deepcopy(asked([reason(7, "REFUND")]))
    place = wanted
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(MalformedError):
        figures(lot, wanted)


@pytest.mark.parametrize("name", ["usd", "USDT", ""])
def test_amounts_are_named_by_currency(lot, name):
    with pytest.raises(VerificationError):
        figures(lot, asked([reason(7, "REFUND")], old=OLD | {"amounts_minor": {name: 1}}))
