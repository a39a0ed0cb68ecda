"""Every piece of a lot is in exactly one lane of exactly one account."""

from trade import STOCK


def test_the_story_leaves_the_pieces_where_it_says(ledger, lot):
    assert {site: ledger.lanes(lot, site) for site in STOCK} == STOCK
