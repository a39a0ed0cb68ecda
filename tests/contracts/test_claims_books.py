"""Books are consumed from their beginning, without a gap: no fee is left out (S-85)."""

import pytest
from claims import EXCHANGE, OWNER, SETTLEMENT, book_range
from ledger import refused
from trade import BOOK, LOT

from verifier.claim_set import EMPTY_SET, BookRange, fold
from verifier.record import book_number, registry_book

SALE_AT_EXPORT, SALE = 3, 11
OTHER_BOOK, FOREIGN_BOOK = book_number(2, OWNER.number), book_number(1, 9)


@pytest.fixture
def charged(claims):
    """Three fees in the owner's book."""
    claims.charge(3)
    return claims


def test_the_cursor_moves_to_the_end_of_what_is_consumed(charged):
    charged.issue(books=[book_range(0, 2)])
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 2
    charged.issue(books=[book_range(2, 3)])
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 3


def test_each_purpose_has_a_cursor_of_its_own(charged):
    charged.issue(books=[book_range(0, 2)])
    assert charged.contract.bookCursor(SETTLEMENT, BOOK) == 0
    charged.issue(books=[book_range(0, 3)], purpose=SETTLEMENT)
    assert [charged.contract.bookCursor(purpose, BOOK) for purpose in (EXCHANGE, SETTLEMENT)] == [2, 3]


@pytest.mark.parametrize(
    ("start", "end"),
    [(1, 3), (3, 3), (0, 4), (2, 1), (1, 0), (0, 2**32 - 1)],
    ids=["a fee left out", "all left out", "past the end", "backwards", "back over the start", "far past the end"],
)
def test_a_range_that_leaves_a_fee_out_or_is_none_is_refused(charged, start, end):
    with refused("ClaimRegistryBadBook", BOOK, start, end, 0, 3):
        charged.issue({LOT: [SALE]}, {LOT: 60}, books=[book_range(start, end)])


def test_a_fee_is_not_consumed_twice(charged):
    charged.issue(books=[book_range(0, 2)])
    with refused("ClaimRegistryBadBook", BOOK, 0, 3, 2, 3):
        charged.issue(books=[book_range(0, 3)])


def test_an_empty_range_says_that_nothing_is_new(charged):
    charged.issue(books=[book_range(0, 3)])
    id = charged.issue(books=[book_range(3, 3)])
    assert bytes(charged.claim(id)["setHash"]) == fold(EMPTY_SET, [], [book_range(3, 3)])
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 3


def test_a_range_may_come_in_pieces_that_follow_one_another(charged):
    charged.issue(books=[book_range(0, 1), book_range(1, 3)])
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 3


@pytest.mark.parametrize("book", [FOREIGN_BOOK, registry_book(9)])
def test_the_book_of_another_party_is_refused(claims, book):
    with refused("ClaimRegistryNotTheOwner", book, OWNER.number, 9):
        claims.issue(books=[BookRange(book, 0, 0)])


def test_a_lot_is_no_book(claims):
    """A lot whose low half happens to be the owner's number, and which is somebody's."""
    lot = 5 << 32 | OWNER.number
    with refused("ClaimRegistryNotTheOwner", lot, OWNER.number, OWNER.number):
        claims.issue(books=[BookRange(lot, 0, 0)])


def test_a_new_version_goes_on_where_the_cursor_stands(charged):
    id = charged.issue({LOT: [SALE]}, {LOT: 60}, books=[book_range(0, 2)])
    with refused("ClaimRegistryBadBook", BOOK, 0, 3, 2, 3):
        charged.supersede(id, books=[book_range(0, 3)])
    charged.supersede(id, books=[book_range(2, 3)])
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 3


def test_a_claim_has_at_most_64_ranges_through_all_of_its_versions(charged):
    books = [BookRange(OTHER_BOOK, 0, 0)] * 64
    with refused("ClaimRegistryTooMany", 65, 64):
        charged.issue(books=[*books, book_range(0, 1)])
    id = charged.issue(books=books)
    with refused("ClaimRegistryTooMany", 65, 64):
        charged.supersede(id, books=[book_range(0, 1)])


# -- revoking


def test_a_revoked_claim_gives_its_fees_back(charged):
    id = charged.issue(books=[book_range(0, 1)])
    charged.supersede(id, books=[book_range(1, 2)])
    charged.revoke(id)
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 0
    charged.issue(books=[book_range(0, 3)])


def test_a_claim_that_a_later_one_stands_on_is_not_revoked(charged):
    """Else the fees in between would never be counted."""
    first, later = (charged.issue(books=[book_range(start, start + 1)]) for start in (0, 1))
    with refused("ClaimRegistryBookMoved", BOOK, 1, 2):
        charged.revoke(first)
    charged.revoke(later)
    charged.revoke(first)
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 0


def test_a_claim_that_consumed_nothing_of_a_book_holds_nothing_of_it(charged):
    """A later claim has moved the cursor on, but the empty range took no fee that it could give back."""
    charged.issue(books=[book_range(0, 2)])
    empty = charged.issue({LOT: [SALE]}, {LOT: 60}, books=[book_range(2, 2)])
    charged.issue(books=[book_range(2, 3)])
    charged.revoke(empty)
    assert charged.contract.bookCursor(EXCHANGE, BOOK) == 3


def test_an_empty_range_keeps_no_fee_from_being_counted(charged):
    """The claim below is revoked; whoever comes next begins where that one began."""
    below = charged.issue(books=[book_range(0, 2)])
    charged.issue({LOT: [SALE_AT_EXPORT]}, books=[book_range(2, 2)])
    charged.revoke(below)
    with refused("ClaimRegistryBadBook", BOOK, 2, 3, 0, 3):
        charged.issue({LOT: [SALE]}, books=[book_range(2, 3)])
