"""Who may attest, read from registry books: in force only behind their leaf."""

import pytest

from verifier.books import Book, Entry, GrantEntry, KeyEndEntry, KeyEntry, PartyEntry, SiteEntry
from verifier.errors import InvalidError
from verifier.kinds import CODE_BY_NAME, Role
from verifier.record import Word
from verifier.registry import KeyType
from verifier.roles import Custody, Registry, verify_signer

OWNER, OPERATOR, PLATFORM, CARRIER = 3, 4, 5, 6
LOT, SITE, LAST = 77, 7, 100
KEY = bytes(32)


def key(leaf_index: int, key_id: bytes = KEY, *, is_custodial: bool = False, valid_from: int = 0) -> KeyEntry:
    return KeyEntry(leaf_index, KeyType.BATCH, key_id, valid_from, 10**9, is_custodial)


def registry(**extra: list[Entry]) -> Registry:
    entries: dict[int, list[Entry]] = {
        OWNER: [
            PartyEntry(1, Role.EXPORTER),
            GrantEntry(20, True, PLATFORM, KEY, OWNER),
            GrantEntry(21, True, CARRIER, KEY, OWNER),
        ],
        OPERATOR: [PartyEntry(2, Role.OPERATOR | Role.PLATFORM), SiteEntry(10, SITE)],
        PLATFORM: [PartyEntry(3, Role.PLATFORM)],
        CARRIER: [PartyEntry(4, Role.CARRIER)],
    }
    for name, more in extra.items():
        entries[globals()[name]] += more
    return Registry(tuple(Book(party, tuple(found)) for party, found in entries.items()))


def check(kind: str, party: int, leaf_index: int = LAST, books: Registry | None = None) -> None:
    verify_signer(books or registry(), Word(LOT, SITE, CODE_BY_NAME[kind], 1), OWNER, party, leaf_index)


@pytest.mark.parametrize(
    ("kind", "party", "leaf_index"),
    [
        ("RECEIVE", OPERATOR, 11),
        ("SHIP_REVERSAL", OPERATOR, LAST),
        ("ASN", OWNER, LAST),
        ("SALE", PLATFORM, 21),
        ("SALE", OWNER, LAST),
        ("UNDELIVERED", CARRIER, LAST),
        ("DEPART", CARRIER, LAST),
    ],
)
def test_who_holds_the_role_may_attest(kind: str, party: int, leaf_index: int) -> None:
    check(kind, party, leaf_index)


@pytest.mark.parametrize(
    ("kind", "party", "leaf_index"),
    [
        pytest.param("RECEIVE", OPERATOR, 10, id="before the site was opened"),
        pytest.param("RECEIVE", CARRIER, LAST, id="another party at the site"),
        pytest.param("SALE", PLATFORM, 20, id="before it was admitted"),
        pytest.param("SALE", OPERATOR, LAST, id="a platform that runs the site"),
        pytest.param("DECLARE", OWNER, LAST, id="an exporter as customs"),
        pytest.param("DEPART", CARRIER, 4, id="before it was registered"),
        pytest.param("DEPART", CARRIER, 21, id="a carrier before it was admitted"),
        pytest.param("ASN", PLATFORM, LAST, id="a platform as the owner"),
    ],
)
def test_who_does_not_hold_it_may_not(kind: str, party: int, leaf_index: int) -> None:
    with pytest.raises(InvalidError):
        check(kind, party, leaf_index)


def test_an_admission_ends_with_its_leaf() -> None:
    books = registry(OWNER=[GrantEntry(30, False, PLATFORM, KEY, OWNER)])
    check("SALE", PLATFORM, 30, books)
    with pytest.raises(InvalidError):
        check("SALE", PLATFORM, 31, books)


def test_a_role_taken_away_is_gone() -> None:
    books = registry(CARRIER=[PartyEntry(30, Role.BILLER)])
    check("DEPART", CARRIER, 30, books)
    with pytest.raises(InvalidError):
        check("DEPART", CARRIER, 31, books)


def test_an_owner_that_runs_the_site_may_not_attest_its_sales() -> None:
    with pytest.raises(InvalidError, match="operates site"):
        check("SALE", OWNER, LAST, registry(OWNER=[SiteEntry(30, SITE)]))


def test_a_party_without_its_book_cannot_be_judged() -> None:
    with pytest.raises(InvalidError, match="not in the credential"):
        check("RECEIVE", 99)


def test_two_books_of_one_party_are_refused() -> None:
    with pytest.raises(InvalidError):
        Registry((Book(3, ()), Book(3, ())))


def test_custody_follows_the_keys() -> None:
    other = bytes(31) + b"\x01"
    books = registry(
        CARRIER=[key(30), key(40, other, is_custodial=True), KeyEndEntry(50, KEY, 5), KeyEndEntry(60, other, 6)]
    )
    custody = books.of(CARRIER).custody
    found = [custody.before(leaf_index) for leaf_index in (30, 31, 41, 51, 61)]
    assert found == [Custody.NOBODY, Custody.SELF_HELD, Custody.MIXED, Custody.CUSTODIAL, Custody.NOBODY]


def test_a_key_is_in_force_between_its_leaves_and_from_its_time() -> None:
    books = registry(CARRIER=[key(30, valid_from=500), KeyEndEntry(50, KEY, 900)])

    def is_held(before: int, by: int) -> bool:
        return books.held_key(CARRIER, KeyType.BATCH, KEY, before=before, by=by)

    assert is_held(31, 500)
    assert is_held(50, 500)
    assert not is_held(30, 500)
    assert not is_held(51, 500)
    assert not is_held(31, 499)


def test_a_key_ended_before_its_time_began_was_never_in_force() -> None:
    books = registry(CARRIER=[key(30, valid_from=500), KeyEndEntry(50, KEY, 400)])
    assert not books.held_key(CARRIER, KeyType.BATCH, KEY, before=40, by=600)


def test_an_unknown_key_is_not_found() -> None:
    with pytest.raises(InvalidError):
        registry().find_key(CARRIER, KeyType.ISSUER, KEY)
