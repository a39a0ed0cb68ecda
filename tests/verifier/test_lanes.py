"""Lanes: the account word, movements, and the law that no sequence of movements makes or loses a piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME, KINDS, NAME_BY_CODE, REVERSAL, Home, Scope, Site
from verifier.lanes import (
    InsufficientError,
    LotAccounts,
    check_word,
    from_account_word,
    lane_name,
    to_account_word,
)
from verifier.record import Word, registry_book

LOT = 5
PIECES = st.integers(0, 2**32 - 1)
MOVEMENTS = sorted(code for code, name in NAME_BY_CODE.items() if name not in ("DECLARE", "DECLARE_REVERSAL"))


def word(kind: str, quantity: int, site: int = 0, lot: int = LOT) -> Word:
    return Word(lot, site, CODE_BY_NAME[kind], quantity)


@given(st.lists(PIECES, min_size=8, max_size=8))
def test_an_account_word_holds_eight_lanes(account: list[int]) -> None:
    packed = to_account_word(account)
    assert from_account_word(packed) == account
    assert packed.to_bytes(32, "big")[-4:] == account[0].to_bytes(4, "big")


@given(st.lists(st.tuples(st.sampled_from(MOVEMENTS), st.integers(1, 3), st.integers(0, 120)), max_size=60))
def test_any_sequence_of_movements_keeps_every_piece(moves: list[tuple[int, int, int]]) -> None:
    accounts = LotAccounts(LOT)
    accounts.apply(word("DECLARE", 100, site=3))
    for code, site, quantity in moves:
        before = {place: list(account) for place, account in accounts.by_site.items()}
        try:
            accounts.apply(Word(LOT, site, code, quantity))
        except InsufficientError:
            assert {place: account for place, account in accounts.by_site.items() if any(account)} == {
                place: account for place, account in before.items() if any(account)
            }
        assert accounts.total() == 100
        assert all(pieces >= 0 for account in accounts.by_site.values() for pieces in account)


def test_a_movement_beyond_its_lane_names_the_numbers() -> None:
    accounts = LotAccounts(LOT, {7: [0, 3, 0, 0, 0, 0, 0, 0]})
    with pytest.raises(InsufficientError) as refused:
        accounts.apply(word("SHIP", 4, site=7))
    error = refused.value
    assert (error.lot, error.site, error.lane, error.available, error.asked) == (LOT, 7, Site.ON_HAND, 3, 4)


def test_a_declaration_is_taken_back_whole_or_not_at_all() -> None:
    accounts = LotAccounts(LOT)
    accounts.apply(word("DECLARE", 10, site=3))
    for quantity in (9, 11):
        with pytest.raises(InsufficientError):
            accounts.apply(word("DECLARE_REVERSAL", quantity, site=3))
    accounts.apply(word("DEPART", 1))
    with pytest.raises(InsufficientError):
        accounts.apply(word("DECLARE_REVERSAL", 9, site=3))
    accounts.apply(word("DEPART_REVERSAL", 1))
    accounts.apply(word("DECLARE_REVERSAL", 10, site=3))
    assert accounts.total() == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.is_movement and kind.source is not None])
def test_a_reversal_puts_the_pieces_back(kind: object) -> None:
    code = kind.code  # type: ignore[attr-defined]
    accounts = LotAccounts(LOT, {0: [9] * 6 + [0, 0], 7: [9] * 8})
    before = accounts.to_words()
    accounts.apply(Word(LOT, 7, code, 4))
    assert accounts.to_words() != before
    accounts.apply(Word(LOT, 7, code | REVERSAL, 4))
    assert accounts.to_words() == before


def test_a_note_moves_nothing() -> None:
    accounts = LotAccounts(LOT)
    accounts.apply(word("REFUND", 0, site=7))
    assert accounts.to_words() == {}


def test_names_leave_empty_lanes_and_places_out() -> None:
    accounts = LotAccounts(LOT, {0: [0] * 8, 7: [0, 5, 0, 0, 0, 0, 0, 1]})
    assert accounts.to_names() == {"7": {"ON_HAND": 5, "SHORT": 1}}
    assert lane_name(0, 2) == Home.SOLD.name


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Word(LOT, 0, 0x3F, 1), id="unlisted"),
        pytest.param(Word(LOT, 0, 0xE2, 0), id="reversal of a registry kind"),
        pytest.param(word("SHIP", 1, site=0), id="site kind at home"),
        pytest.param(word("DEPART", 1, site=7), id="home kind at a site"),
        pytest.param(word("SHIP", 0, site=7), id="movement of nothing"),
        pytest.param(word("COUNT", 1, site=7), id="note with pieces"),
        pytest.param(word("SHIP", 1, site=7, lot=1 << 63 | 5), id="movement in a book"),
        pytest.param(word("FEE", 0), id="book note in a lot"),
        pytest.param(word("FEE", 0, lot=registry_book(5)), id="book note in a registry book"),
        pytest.param(word("ADMIT", 0, site=4), id="admission in a lot"),
        pytest.param(word("DECLARE", 1, site=3, lot=0), id="lot zero"),
        pytest.param(word("DECLARE", 1, site=0), id="no owner"),
    ],
)
def test_a_word_that_the_contract_would_refuse_is_refused(bad: Word) -> None:
    with pytest.raises(InvalidError):
        check_word(bad)


def test_every_kind_has_a_place_where_it_may_stand() -> None:
    lot_by_scope = {Scope.GRANT: registry_book(3), Scope.REGISTRY: registry_book(3)}
    lot_by_scope |= {Scope.BOOK: 1 << 63 | 3, Scope.BOOK_SITE: 1 << 63 | 3}
    for kind in KINDS:
        site = 0 if kind.scope in (Scope.HOME, Scope.BOOK) else 7
        check_word(Word(lot_by_scope.get(kind.scope, LOT), site, kind.code, int(kind.is_movement)))
