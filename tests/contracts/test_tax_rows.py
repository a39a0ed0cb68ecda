"""Refund rows: no piece is refunded twice, none for good unless it is sold, and a note says one step (S-96 to S-98)."""

import pytest
from actors import ACTORS, SITE_A
from claims import EXCHANGE, TAX
from ledger import refused
from trade import DECLARED, LOT, OTHER_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.claim_messages import ROW_STATES

SOLD = 80
ROW = 1
PATHS = {
    "NONE": [],
    "PRE_REFUND": [("PRE_REFUND", 10)],
    "FINALISED": [("PRE_REFUND", 10), ("FINALISED", 10)],
    "REPAID": [("PRE_REFUND", 10), ("FINALISED", 10), ("REPAID", 10)],
    "REVERSED": [("PRE_REFUND", 10), ("FINALISED", 10), ("REVERSED", 10)],
    "RECLAIMED": [("PRE_REFUND", 10), ("FINALISED", 10), ("REVERSED", 10), ("RECLAIMED", 6)],
    "RECLAIM_ADJUSTED": [
        *[("PRE_REFUND", 10), ("FINALISED", 10), ("REVERSED", 10), ("RECLAIMED", 6), ("RECLAIM_ADJUSTED", 4)]
    ],
    "ORDINARY": [("ORDINARY", 10)],
    "RECOVERED": [("PRE_REFUND", 10), ("FINALISED", 10), ("RECOVERED", 10)],
}
"""How a row gets to each state."""
ROW_AT = {
    "PRE_REFUND": (10, 10, 0),
    "FINALISED": (10, 10, 0),
    "REPAID": (10, 0, 0),
    "REVERSED": (10, 10, 0),
    "RECLAIMED": (10, 10, 6),
    "RECLAIM_ADJUSTED": (10, 10, 4),
    "ORDINARY": (10, 10, 10),
    "RECOVERED": (10, 10, 0),
}
"""Its pieces, those of them that are live, and those refunded for good."""
LIVE = ("PRE_REFUND", "FINALISED")
NEXT = {
    "NONE": {"PRE_REFUND", "ORDINARY"},
    "PRE_REFUND": {"FINALISED"},
    "FINALISED": {"REPAID", "REVERSED", "RECOVERED"},
    "REVERSED": {"RECLAIMED"},
    "RECLAIMED": {"RECLAIM_ADJUSTED"},
    "RECLAIM_ADJUSTED": {"RECLAIM_ADJUSTED"},
    "RECOVERED": {"ORDINARY"},
    "REPAID": set(),
    "ORDINARY": set(),
}


def walk(claims, state, row=ROW):
    for step, pieces in PATHS[state]:
        claims.post(row, step, pieces)


def row_of(claims, row=ROW):
    return tuple(claims.contract.rowOf(LOT, row))


def refunds(claims, lot=LOT):
    return tuple(claims.contract.refundsOf(lot))


@pytest.mark.parametrize("state", ROW_AT)
def test_a_row_gets_to_each_of_its_states(claims, state):
    walk(claims, state)
    assert row_of(claims) == (ROW_STATES.index(state), *ROW_AT[state])
    assert refunds(claims) == (10 if state in LIVE else 0, ROW_AT[state][2])


@pytest.mark.parametrize("state", NEXT)
def test_a_row_goes_nowhere_else(claims, state):
    """The step is refused whatever its pieces: one row is live at a time, and none is opened twice."""
    walk(claims, state)
    note = claims.note("TAX_STATE", site=0)
    for code, other in enumerate(ROW_STATES):
        if other not in NEXT[state]:
            with refused("TaxRowsWrongState", LOT, ROW, ROW_STATES.index(state), code):
                claims.post(ROW, other, 10, position=note)


def test_rows_are_counted_from_1(claims):
    with refused("TaxRowsWrongState", LOT, 0, 0, 1):
        claims.post(0, "PRE_REFUND", 10)


def test_a_step_is_announced(claims):
    event = claims.post(ROW, "PRE_REFUND", 10).events["TaxRowPosted"]
    assert (event["lot"], event["row"], event["party"], event["state"], event["pieces"]) == (
        LOT,
        ROW,
        TAX.number,
        1,
        10,
    )


# -- pieces


def test_no_more_than_was_declared_is_pre_refunded(claims):
    claims.post(1, "PRE_REFUND", 600)
    with refused("TaxRowsInsufficient", LOT, DECLARED, DECLARED + 1):
        claims.post(2, "PRE_REFUND", 401)
    claims.post(2, "PRE_REFUND", 400)
    assert refunds(claims) == (DECLARED, 0)


def test_no_more_than_is_sold_is_refunded_for_good(claims):
    with refused("TaxRowsInsufficient", LOT, SOLD, SOLD + 1):
        claims.post(1, "ORDINARY", SOLD + 1)
    claims.post(1, "ORDINARY", SOLD)
    with refused("TaxRowsInsufficient", LOT, SOLD, SOLD + 1):
        claims.post(2, "ORDINARY", 1)


def test_a_piece_pre_refunded_is_not_refunded_beside_that(claims):
    claims.post(1, "PRE_REFUND", DECLARED - 10)
    with refused("TaxRowsInsufficient", LOT, DECLARED, DECLARED + 1):
        claims.post(2, "ORDINARY", 11)
    claims.post(2, "ORDINARY", 10)
    with refused("TaxRowsInsufficient", LOT, DECLARED, DECLARED + 1):
        claims.post(3, "PRE_REFUND", 1)


def test_a_piece_sold_and_returned_five_times_is_refunded_once(claims):
    """The carousel: each sale is followed by a return, and only one piece is sold at a time."""
    claims.note("RETURN_IN", SOLD - 1)
    claims.post(1, "ORDINARY", 1)
    for row in range(2, 6):
        claims.note("RETURN_IN", 1)
        claims.ledger.tell(("RELEASE", LOT, SITE_A, 1), ("SHIP", LOT, SITE_A, 1))
        claims.sell()
        with refused("TaxRowsInsufficient", LOT, 1, 2):
            claims.post(row, "ORDINARY", 1)


def test_what_is_reclaimed_is_sold(claims):
    claims.post(1, "ORDINARY", SOLD - 5)
    walk(claims, "REVERSED", row=2)
    with refused("TaxRowsInsufficient", LOT, SOLD, SOLD + 1):
        claims.post(2, "RECLAIMED", 6)
    claims.post(2, "RECLAIMED", 5)
    with refused("TaxRowsInsufficient", LOT, SOLD, SOLD + 1):
        claims.post(2, "RECLAIM_ADJUSTED", 6)


def test_what_falls_is_never_refused(claims):
    """Sales were taken back, so that less is sold than is refunded: the row must still be able to fall."""
    claims.post(1, "ORDINARY", SOLD - 10)
    walk(claims, "REVERSED", row=2)
    claims.post(2, "RECLAIMED", 10)
    claims.note("RETURN_IN", 50)
    with refused("TaxRowsWrongPieces", LOT, 2, 11, 10):
        claims.post(2, "RECLAIM_ADJUSTED", 11)
    for pieces in (9, 9, 0):
        claims.post(2, "RECLAIM_ADJUSTED", pieces)
    assert refunds(claims) == (0, SOLD - 10)
    with refused("TaxRowsInsufficient", LOT, SOLD - 50, SOLD - 9):
        claims.post(2, "RECLAIM_ADJUSTED", 1)


def test_a_row_is_not_reclaimed_for_more_than_was_left_of_it(claims):
    for step, pieces in (("PRE_REFUND", 10), ("FINALISED", 10), ("REPAID", 4), ("REVERSED", 6)):
        claims.post(ROW, step, pieces)
    with refused("TaxRowsWrongPieces", LOT, ROW, 7, 6):
        claims.post(ROW, "RECLAIMED", 7)
    claims.post(ROW, "RECLAIMED", 6)
    assert (row_of(claims)[1:], refunds(claims)) == ((10, 6, 6), (0, 6))


def test_a_row_is_repaid_piece_by_piece(claims):
    walk(claims, "FINALISED")
    claims.post(ROW, "REPAID", 4)
    assert row_of(claims) == (ROW_STATES.index("FINALISED"), 10, 6, 0)
    assert refunds(claims) == (6, 0)
    with refused("TaxRowsWrongPieces", LOT, ROW, 7, 6):
        claims.post(ROW, "REPAID", 7)
    claims.post(ROW, "REPAID", 6)
    assert row_of(claims) == (ROW_STATES.index("REPAID"), 10, 0, 0)
    assert refunds(claims) == (0, 0)


@pytest.mark.parametrize("state", ["PRE_REFUND", "ORDINARY"])
def test_a_row_is_opened_for_something(claims, state):
    with refused("TaxRowsWrongPieces", LOT, ROW, 0, 1):
        claims.post(ROW, state, 0)


def test_nothing_is_not_repaid(claims):
    walk(claims, "FINALISED")
    with refused("TaxRowsWrongPieces", LOT, ROW, 0, 10):
        claims.post(ROW, "REPAID", 0)


@pytest.mark.parametrize("pieces", [0, 9, 11])
@pytest.mark.parametrize("step", ["REVERSED", "RECOVERED"])
def test_what_takes_a_row_back_names_all_that_is_live(claims, step, pieces):
    walk(claims, "FINALISED")
    with refused("TaxRowsWrongPieces", LOT, ROW, pieces, 10):
        claims.post(ROW, step, pieces)


def test_fewer_pieces_are_finalised_than_were_claimed(claims):
    walk(claims, "PRE_REFUND")
    claims.post(ROW, "FINALISED", 7)
    assert (row_of(claims), refunds(claims)) == ((ROW_STATES.index("FINALISED"), 10, 7, 0), (7, 0))
    for step, pieces in (("REPAID", 2), ("REVERSED", 5), ("RECLAIMED", 5)):
        claims.post(ROW, step, pieces)
    assert refunds(claims) == (0, 5)


@pytest.mark.parametrize("pieces", [0, 11])
def test_no_more_and_not_nothing_is_finalised(claims, pieces):
    walk(claims, "PRE_REFUND")
    with refused("TaxRowsWrongPieces", LOT, ROW, pieces, 10):
        claims.post(ROW, "FINALISED", pieces)


def test_what_was_recovered_can_be_refunded_once_it_is_sold(claims):
    walk(claims, "RECOVERED")
    with refused("TaxRowsWrongPieces", LOT, ROW, 11, 10):
        claims.post(ROW, "ORDINARY", 11)
    claims.post(ROW, "ORDINARY", 7)
    assert (row_of(claims)[1:], refunds(claims)) == ((10, 10, 7), (0, 7))


def test_pieces_do_not_wrap_around(claims):
    claims.post(1, "PRE_REFUND", 1)
    with refused("TaxRowsInsufficient", LOT, DECLARED, 2**32):
        claims.post(2, "PRE_REFUND", 2**32 - 1)


def test_a_declaration_that_was_taken_back_is_not_refunded(claims):
    claims.ledger.tell(("DECLARE_REVERSAL", UNTOUCHED_LOT, ACTORS["exporter"].number, UNTOUCHED))
    with refused("TaxRowsInsufficient", UNTOUCHED_LOT, 0, 1):
        claims.post(ROW, "PRE_REFUND", 1, lot=UNTOUCHED_LOT)


# -- notes


def test_a_note_does_not_say_two_steps(claims):
    note = claims.note("TAX_STATE", site=0)
    claims.post(1, "PRE_REFUND", 10, position=note)
    for row, step in ((1, "FINALISED"), (2, "PRE_REFUND")):
        with refused("ClaimRegistryUsed", 0, LOT, 0, 1 << note):
            claims.post(row, step, 10, position=note)


def test_a_note_that_was_not_written_yet_says_nothing(claims):
    length = claims.length(LOT)
    with refused("ClaimRegistryUnknownPosition", LOT, 0, length):
        claims.post(ROW, "PRE_REFUND", 10, position=length)
    with refused("ClaimRegistryUnknownPosition", LOT, 2**24 - 1, length):
        claims.post(ROW, "PRE_REFUND", 10, position=2**32 - 1)


def test_a_note_of_a_row_can_be_claimed_all_the_same(claims):
    note = claims.note("TAX_STATE", site=0)
    claims.post(ROW, "PRE_REFUND", 10, position=note)
    claims.issue({LOT: [note]})
    assert (claims.used(LOT, 0), claims.used(LOT, EXCHANGE)) == ({note}, {note})


def test_a_lot_that_was_never_declared_has_no_rows(claims):
    with refused("ClaimRegistryUnknownPosition", 0xABC, 0, 0):
        claims.post(ROW, "PRE_REFUND", 1, lot=0xABC, position=0)


def test_rows_and_lots_do_not_mix(claims):
    claims.post(1, "PRE_REFUND", 10)
    claims.post(2**32 - 1, "PRE_REFUND", 20)
    claims.post(1, "PRE_REFUND", UNTOUCHED, lot=OTHER_LOT)
    assert (row_of(claims)[1], row_of(claims, 2**32 - 1)[1], row_of(claims, 2)[1]) == (10, 20, 0)
    assert (refunds(claims), refunds(claims, OTHER_LOT)) == ((30, 0), (UNTOUCHED, 0))


# -- who posts


@pytest.mark.parametrize("name", sorted(ACTORS.keys() - {"tax"}))
def test_only_a_tax_office_posts(claims, name):
    note = claims.note("TAX_STATE", site=0)
    with refused("ClaimRegistryNotAllowed", ACTORS[name].number, int(TAX.roles)):
        claims.post(ROW, "PRE_REFUND", 10, position=note, party=ACTORS[name])


def test_nobody_posts_for_the_tax_office(claims):
    with refused("ClaimRegistryNotAKey", TAX.number, ACTORS["exporter"].address):
        claims.post(ROW, "PRE_REFUND", 10, signer=ACTORS["exporter"])


def test_a_post_is_not_sent_twice(claims):
    note = claims.note("TAX_STATE", site=0)
    claims.post(ROW, "PRE_REFUND", 10, position=note)
    with refused("InvalidAccountNonce", f"0x{TAX.number:040x}", 1):
        claims.post(2, "PRE_REFUND", 10, nonce=0)
