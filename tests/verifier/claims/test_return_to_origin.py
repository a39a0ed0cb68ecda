"""P6: two verdicts on two clocks, the refund repaid first, and every reason to refuse or to leave open."""

import pytest

from tests.verifier.claims.cases import LOT, Lot, make_case
from tests.verifier.claims.tax_cases import DECLARATION, TaxLot
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.record import LotPart, Part
from verifier.claims.return_to_origin import CONSUMED, left_out, return_figures
from verifier.errors import MalformedError

RETURN = 3
NAME = f"{LOT:016x}"
IMPORT_NO = "223320261000765432"


def figures(*lots: Lot, **rest):
    return return_figures(make_case(list(lots), purpose=RETURN, kinds=CONSUMED, **rest))


def refusal(*lots: Lot, **rest) -> ClaimRefusedError:
    with pytest.raises(ClaimRefusedError) as refused:
        figures(*lots, **rest)
    return refused.value


def only_entry(*lots: Lot):
    (entry,) = figures(*lots)["entries"]
    return entry


def enter(lot: Lot, pieces: int, on: str | None = "2026-08-28", **document) -> int:
    """Pieces go home and customs lets them in; the entry's position."""
    lot.add("HOLD", pieces)
    back = lot.add("RETURN_ORIGIN", pieces)
    paper = {"import_declaration_no": IMPORT_NO, "entry_date": on, "entry_mode": "4561", "is_original_state": True}
    paper = {name: value for name, value in (paper | document).items() if value is not None}
    return lot.add("ENTRY", pieces, target=back, document=paper)


def a_lot(*, is_food: bool | None = False, **document) -> TaxLot:
    """Declared 2026-03-05, exported 2026-03-10; in no tax row."""
    lot = TaxLot(**document)
    if is_food is not None:
        lot.edit(0, groups=lot.events[0].groups | {"goods": {"sku": "A", "is_food": is_food}})
    return lot


def entered(pieces: int = 150, on: str = "2026-08-28", *, is_food: bool | None = False, **document) -> TaxLot:
    lot = a_lot(is_food=is_food)
    enter(lot, pieces, on, **document)
    return lot


def refunded(pieces: int = 1000, *, repaid: int = 0, on: str = "2026-08-20", entries: int = 150) -> TaxLot:
    """A pre-refunded lot, so many pieces repaid for on a day, and entered on 2026-08-28."""
    lot = a_lot()
    position = lot.claim(pieces)
    lot.finalise(pieces, lot.events[position].groups["money"]["tax_minor"])
    if repaid:
        lot.repay(repaid, int(repaid * 40_00 * 0.13), on=on)
    enter(lot, entries, certificate_no="BS-1" if repaid else None)
    return lot


def a_return_under(mode: str | None) -> TaxLot:
    lot = entered()
    document = lot.events[0].groups["document"] | {"mode": mode}
    shown = {name: value for name, value in document.items() if value is not None}
    lot.edit(0, groups=lot.events[0].groups | {"document": shown})
    return lot


def half_sold(*, repaid: int, ordinary: int = 0) -> TaxLot:
    """500 sold, the other 500 pre-refunded, and 150 of those come home."""
    lot = a_lot()
    lot.sell(500, 7_500_00)
    position = lot.claim(500)
    lot.finalise(500, lot.events[position].groups["money"]["tax_minor"])
    if ordinary:
        lot.note("ORDINARY", pieces=ordinary, seq="2", tax_minor=int(ordinary * 40_00 * 0.13))
    if repaid:
        lot.repay(repaid, int(repaid * 40_00 * 0.13))
    enter(lot, 150, certificate_no="BS-1" if repaid else None)
    return lot


def verdict(entry, name: str) -> tuple[str, str | None]:
    return entry[name]["verdict"], entry[name].get("reason")


def test_goods_that_come_home_in_time_are_granted_both():
    found = figures(entered())
    (entry,) = found["entries"]
    assert verdict(entry, "relief") == verdict(entry, "channel") == ("granted", None)
    assert (entry["relief"]["until"], entry["channel"]["until"]) == ("2026-09-10", "2027-03-05")
    assert (entry["refund"], entry["quantity"], entry["import_declaration_no"]) == ("not_refunded", 150, IMPORT_NO)
    lot = found["lots"][NAME]
    assert found["pieces"] == {NAME: 150}
    assert (lot["declared"], lot["returned"], lot["returned_before"], lot["returnable"]) == (1000, 150, 0, 850)


@pytest.mark.parametrize(
    ("on", "relief", "channel"),
    [
        ("2026-09-10", ("granted", None), ("granted", None)),
        ("2026-09-11", ("refused", "late"), ("granted", None)),
        ("2027-03-05", ("refused", "late"), ("granted", None)),
        # The release lies between declaration and departure, and no event tells it.
        ("2027-03-06", ("refused", "late"), ("open", "release_not_told")),
        ("2027-03-10", ("refused", "late"), ("open", "release_not_told")),
        ("2027-03-11", ("refused", "late"), ("refused", "late")),
    ],
)
def test_a_late_return_is_recorded_and_only_the_relief_refused(on, relief, channel):
    entry = only_entry(entered(on=on))
    assert (verdict(entry, "relief"), verdict(entry, "channel")) == (relief, channel)


@pytest.mark.parametrize(
    ("lot", "expected"),
    [
        (entered(is_food=True), ("refused", "food")),
        (entered(is_food=None), ("open", "food_not_stated")),
        (a_return_under("0110"), ("refused", "other_mode")),
        (a_return_under("9610"), ("granted", None)),
        (a_return_under(None), ("open", "mode_not_stated")),
        (half_sold(repaid=0), ("open", "refund_not_told")),
        (half_sold(repaid=150), ("granted", None)),
        (half_sold(repaid=0, ordinary=500), ("refused", "not_repaid")),
        (entered(is_original_state=False), ("refused", "altered")),
        (entered(is_original_state=None), ("open", "state_not_stated")),
        (entered(on="2026-10-01", is_food=None), ("refused", "late")),
        (refunded(), ("refused", "not_repaid")),
        (refunded(repaid=100), ("refused", "not_repaid")),
        (refunded(repaid=150), ("granted", None)),
        (refunded(repaid=150, on="2026-08-28"), ("granted", None)),
        (refunded(repaid=150, on="2026-08-29"), ("refused", "repaid_after_entry")),
        (refunded(850), ("granted", None)),
        (refunded(851), ("refused", "not_repaid")),
    ],
)
def test_the_relief(lot, expected):
    assert verdict(only_entry(lot), "relief") == expected


def test_goods_that_were_altered_have_no_channel_either():
    assert verdict(only_entry(entered(is_original_state=False)), "channel") == ("refused", "altered")


def test_a_certificate_that_the_tax_office_did_not_note_is_refused():
    lot = refunded(repaid=150)
    lot.edit(
        -1, groups=lot.events[-1].groups | {"document": lot.events[-1].groups["document"] | {"certificate_no": "X"}}
    )
    assert verdict(only_entry(lot), "relief") == ("refused", "other_certificate")


def test_the_certificates_of_repaid_refunds_are_named():
    assert figures(refunded(repaid=150))["lots"][NAME]["certificates"] == [
        {"certificate_no": "BS-1", "certificate_on": "2026-08-20", "pieces": 150}
    ]


def test_a_reversed_row_is_given_back_without_a_certificate():
    lot = a_lot().pre_refunded()
    lot.note("REVERSED", pieces=1000, tax_minor=5_200_00)
    lot.add("HOLD", 1)
    enter(lot, 10)
    assert only_entry(lot)["refund"] == "repaid"


def test_exports_that_no_relief_covers():
    lot = entered(on="2028-03-01")
    lot.edit(0, groups=lot.events[0].groups | {"document": lot.events[0].groups["document"] | {
        "declaration_date": "2028-01-02"}})  # fmt: skip
    lot.edit(1, groups=lot.events[1].groups | {"document": {"export_date": "2028-01-05"}})
    assert verdict(only_entry(lot), "relief") == ("refused", "no_rule")
    assert verdict(only_entry(lot), "channel") == ("granted", None)


def test_entries_of_another_claim_count_as_returned_before():
    lot = a_lot()
    first, second = enter(lot, 100), enter(lot, 50)
    parts = (Part((LotPart(LOT, 0, frozenset((second,))),), ()),)
    found = figures(lot, parts=parts)
    assert (found["pieces"][NAME], found["lots"][NAME]["returned_before"]) == (50, 100)
    assert first not in left_out(make_case([lot], parts=parts, purpose=RETURN), lot.story())


def test_an_entry_that_was_taken_back_is_not_returned():
    lot = a_lot()
    entry = enter(lot, 100)
    lot.add("ENTRY_REVERSAL", 40, target=entry)
    assert figures(lot)["pieces"] == {NAME: 60}
    lot.add("ENTRY_REVERSAL", 60, target=entry)
    assert refusal(lot).code == "NothingReturned"


def test_what_takes_an_entry_back_cannot_be_left_out():
    lot = a_lot()
    entry = enter(lot, 100)
    reversal = lot.add("ENTRY_REVERSAL", 40, target=entry)
    alone = (Part((LotPart(LOT, 0, frozenset((entry,))),), ()),)
    assert refusal(lot, parts=alone).code == "LeftOut"
    assert left_out(make_case([lot], parts=alone, purpose=RETURN), lot.story()) == {reversal}
    other = (Part((LotPart(LOT, 0, frozenset((reversal,))),), ()),)
    assert refusal(lot, parts=other).code == "EntryNotTaken"


def by_carrier() -> Lot:
    lot = entered()
    lot.edit(1, attester=99, roles=type(lot.events[1].roles)(0))
    return lot


@pytest.mark.parametrize(
    ("lot", "code"),
    [
        (entered(on=None), "EntryDateMissing"),
        (entered(on="2026-03-09"), "EntryBeforeExport"),
        (entered(import_declaration_no=None), "ImportDeclarationMissing"),
        (entered(import_declaration_no=DECLARATION), "NotAnImport"),
        (entered(import_declaration_no="22332026100076543"), "NotAnImport"),
        (entered(declaration_no="223320260007654321"), "OtherDeclaration"),
        (entered(declaration_no=DECLARATION, item_no=2), "OtherDeclaration"),
        (by_carrier(), "NoDeparture"),
    ],
)
def test_refused(lot, code):
    assert refusal(lot).code == code


def test_a_sale_has_no_place_in_a_return():
    lot = entered()
    sale = lot.sell(1, 15_00)
    assert refusal(lot, parts=(Part((LotPart(LOT, 0, frozenset((sale,))),), ()),)).code == "NotForThisClaim"


def test_nothing_is_asked():
    with pytest.raises(MalformedError):
        figures(entered(), asked={"pieces": 1})


def test_hidden_tax_papers_cannot_be_told():
    lot = refunded(repaid=150)
    note = next(event for event in lot.events if event.kind == "TAX_STATE")
    lot.edit(note.position, groups={"money": note.groups["money"]})
    with pytest.raises(WithheldError):
        figures(lot)
