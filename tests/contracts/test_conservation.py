"""Every piece of a lot is in exactly one lane of exactly one account."""

import pytest
from actors import ACTORS, SITE_A, SITE_B
from ledger import refused
from records import a_record, ends, kinds, row
from trade import DECLARED, LOT, MOST, NEW_LOT, OTHER_LOT, STOCK, STORY, UNTOUCHED

EXPORTER, GATEWAY = ACTORS["exporter"], ACTORS["gateway"]
FULL = (
    ("DECLARE", NEW_LOT, EXPORTER.number, MOST),
    ("DEPART", NEW_LOT, 0, MOST),
    ("ASN", NEW_LOT, SITE_A, MOST),
    ("RECEIVE", NEW_LOT, SITE_A, MOST),
    ("SHIP", NEW_LOT, SITE_A, MOST),
    ("SALE", NEW_LOT, SITE_A, MOST),
    ("RETURN_IN", NEW_LOT, SITE_A, MOST),
    ("TRANSFER_HELD", NEW_LOT, SITE_A, MOST),
    ("ASN", NEW_LOT, SITE_B, MOST),
    ("SHORT", NEW_LOT, SITE_B, MOST),
    ("VOID_SHORT", NEW_LOT, SITE_B, MOST),
)
"""Every piece that a declaration can have goes the whole way round."""


def test_the_story_leaves_the_pieces_where_it_says(ledger, lot):
    assert {site: ledger.lanes(lot, site) for site in STOCK} == STOCK


@kinds("home", "site")
def test_no_kind_makes_or_destroys_a_piece(ledger, lot, kind):
    site = SITE_A if row(kind)["scope"] == "site" else 0
    ledger.tell((kind, lot, site, 3 if row(kind)["to"] else 0))
    assert ledger.total(lot) == DECLARED


def test_a_lot_of_the_most_pieces_overflows_no_lane(ledger):
    for event in FULL:
        ledger.tell(event)
        filled = [pieces for site in (0, SITE_A, SITE_B) for pieces in ledger.lanes(NEW_LOT, site) if pieces]
        assert filled == [MOST]


@pytest.mark.parametrize("pieces", [1, MOST - 1])
def test_a_full_lane_does_not_spill_into_its_neighbour(ledger, pieces):
    ledger.tell(*FULL[:4])
    ledger.tell(("SHIP", NEW_LOT, SITE_A, pieces), ("SHIP_VOID", NEW_LOT, SITE_A, pieces))
    assert ledger.lanes(NEW_LOT, SITE_A) == [0, MOST, 0, 0, 0, 0, 0, 0]


def test_a_lane_that_is_emptied_does_not_borrow_from_its_neighbour(ledger):
    ledger.tell(*FULL[:4], ("SHIP", NEW_LOT, SITE_A, 1))
    with refused("LotLedgerInsufficient", 0, NEW_LOT, SITE_A, 1, MOST - 1, MOST):
        ledger.tell(("SHIP", NEW_LOT, SITE_A, MOST))


def test_a_movement_touches_no_other_lot_and_no_other_site(ledger, lot):
    ledger.tell(("SHIP", lot, SITE_A, 5), ("SALE", lot, SITE_A, 5))
    assert ledger.lanes(OTHER_LOT) == [UNTOUCHED, 0, 0, 0, 0, 0, 0, 0]
    assert ledger.lanes(lot, SITE_B) == [0] * 8


def test_pieces_go_from_site_to_site_over_the_home(ledger, lot):
    ledger.tell(("TRANSFER_OUT", lot, SITE_A, 10), ("ASN", lot, SITE_B, 10), ("RECEIVE", lot, SITE_B, 10))
    assert ledger.lanes(lot, SITE_B)[1] == 10
    assert ledger.total(lot) == DECLARED


def test_a_batch_is_taken_whole_or_not_at_all(ledger, operator_a, lot):
    before = [ledger.lanes(lot, site) for site in (0, SITE_A)]
    with refused("LotLedgerInsufficient", 1, lot, SITE_A, 1, 200, 201):
        ledger.record(operator_a, a_record("SHIP", lot, SITE_A, 10), a_record("SHIP", lot, SITE_A, 201))
    assert [ledger.lanes(lot, site) for site in (0, SITE_A)] == before
    ledger.assert_agrees()


def test_lots_and_sites_that_take_turns_in_a_batch_keep_their_pieces(ledger, gateway, exporter):
    """What the contract has in hand is written back whenever a record turns to another lot or site."""
    ledger.tell(
        ("DEPART", OTHER_LOT, 0, UNTOUCHED), ("DECLARE", NEW_LOT, exporter.number, 9), ("DEPART", NEW_LOT, 0, 9)
    )
    turns = [(LOT, SITE_A), (NEW_LOT, SITE_B), (LOT, SITE_B), (NEW_LOT, SITE_A), (LOT, SITE_A), (NEW_LOT, SITE_B)]
    ledger.record(exporter, *[a_record("ASN", lot, site, 2) for lot, site in turns])
    assert [ledger.lanes(LOT, site)[0] for site in (SITE_A, SITE_B)] == [104, 2]
    assert [ledger.lanes(NEW_LOT, site)[0] for site in (SITE_A, SITE_B)] == [2, 4]
    assert (ledger.total(LOT), ledger.total(NEW_LOT)) == (DECLARED, 9)


def test_a_batch_sees_what_its_earlier_records_did(ledger, operator_a, lot):
    """Six pieces go round the warehouse and back in one batch."""
    turns = ("HOLD", "RELEASE", "SHIP", "SHIP_VOID", "LOSE", "FIND", "GIVE", "GIVEN_BACK", "RELEASE")
    ledger.record(operator_a, *[a_record(kind, lot, SITE_A, 6) for kind in turns])
    assert ledger.lanes(lot, SITE_A) == STOCK[SITE_A]


def test_notes_between_movements_change_nothing(ledger, operator_a, lot):
    kinds_in_turn = ("COUNT", "SHIP", "KIT", "SHIP_VOID", "COUNT")
    records = [a_record(kind, lot, SITE_A, 6 if ends(kind)[0] else 0) for kind in kinds_in_turn]
    ledger.record(operator_a, *records)
    assert ledger.lanes(lot, SITE_A) == STOCK[SITE_A]


def test_the_declared_pieces_are_known_whatever_became_of_them(ledger, lot):
    assert ledger.contract.lotOf(lot).dict() == {"owner": EXPORTER.number, "declared": DECLARED}
    assert STORY[0][3] == DECLARED
