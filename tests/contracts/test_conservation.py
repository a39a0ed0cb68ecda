"""Every piece of a lot is in exactly one lane of exactly one account."""

import pytest
from actors import SITE_A, SITE_B
from ledger import refused
from records import a_record, kinds, row
from trade import DECLARED, LOT, MOST, NEW_LOT, OTHER_LOT, STOCK, STORY, UNTOUCHED, UNTOUCHED_LOT

from verifier.kinds import Home, Site


def test_the_story_leaves_the_pieces_where_it_says(ledger, lot):
    assert {site: ledger.lanes(lot, site) for site in STOCK} == STOCK
