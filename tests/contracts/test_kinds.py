"""Every row of the table of kinds (tests/vectors/kinds.json): who may sign it, and which lanes it moves."""

from actors import ACTORS, SITE_A
from ledger import refused, usual_signer
from records import a_record, ends, kinds, row, word_of
from trade import BOOK, LOT, NEW_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.kinds import Role
from verifier.record import registry_book

EXPORTER, PLATFORM = ACTORS["exporter"], ACTORS["platform"]
HOLDERS = {"operator": "operator_a", "owner": "exporter"}
"""Who holds a relation to the lot, the book or the site; a role is held by the actor of its name."""


def a_fitting_record(kind):
    """A record of a kind that only its signer can spoil."""
    quantity = 1 if row(kind)["to"] else 0
    match row(kind)["scope"]:
        case "open" if kind == "DECLARE_REVERSAL":
            return a_record(kind, UNTOUCHED_LOT, EXPORTER.number, UNTOUCHED)
        case "open":
            return a_record(kind, NEW_LOT, EXPORTER.number, quantity)
        case "home":
            return a_record(kind, LOT, 0, quantity)
        case "site":
            return a_record(kind, LOT, SITE_A, quantity)
        case "book":
            return a_record(kind, BOOK)
        case "book_site":
            return a_record(kind, BOOK, SITE_A)
        case "grant":
            return a_record(kind, registry_book(EXPORTER.number), PLATFORM.number)


def listed(kind):
    """The actors that the table lists. Those with a star are admitted by the exporter."""
    signers = [signer.rstrip("*") for signer in row(kind)["signers"]]
    return [ACTORS[HOLDERS.get(signer, signer)] for signer in signers]


@kinds()
def test_a_kind_is_accepted_from_every_party_it_lists(ledger, kind):
    for party in listed(kind):
        ledger.try_record(party, a_fitting_record(kind))


@kinds()
def test_a_kind_is_refused_from_every_other_party(ledger, kind):
    record = a_fitting_record(kind)
    for party in ACTORS.values():
        if party not in listed(kind):
            with refused("LotLedgerNotAllowed", 0, word_of(record), party.number):
                ledger.try_record(party, record)


@kinds("home", "site", movements=True)
def test_a_movement_takes_from_one_lane_and_puts_into_another(ledger, lot, kind):
    expected = {0: ledger.lanes(lot, 0), SITE_A: ledger.lanes(lot, SITE_A)}
    for (place, lane), pieces in zip(ends(kind), (-1, 1), strict=True):
        expected[0 if place == "home" else SITE_A][lane] += pieces
    ledger.record(usual_signer(kind, SITE_A), a_fitting_record(kind))
    assert {site: ledger.lanes(lot, site) for site in expected} == expected


@kinds("home", "site", movements=True)
def test_a_reversal_moves_the_pieces_back(ledger, lot, kind):
    before = [ledger.lanes(lot, site) for site in (0, SITE_A)]
    ledger.record(usual_signer(kind, SITE_A), a_fitting_record(kind))
    ledger.record(usual_signer(kind, SITE_A), a_fitting_record(opposite(kind)))
    assert [ledger.lanes(lot, site) for site in (0, SITE_A)] == before


@kinds("home", "site", movements=False)
def test_a_note_moves_nothing(ledger, lot, kind):
    before = [ledger.lanes(lot, site) for site in (0, SITE_A)]
    ledger.record(usual_signer(kind, SITE_A), a_fitting_record(kind))
    assert [ledger.lanes(lot, site) for site in (0, SITE_A)] == before


def test_a_declaration_opens_a_lot(ledger, gateway, exporter):
    ledger.record(gateway, a_record("DECLARE", NEW_LOT, exporter.number, 7))
    assert ledger.contract.lotOf(NEW_LOT).dict() == {"owner": exporter.number, "declared": 7}
    assert ledger.lanes(NEW_LOT) == [7, 0, 0, 0, 0, 0, 0, 0]


def test_a_declaration_is_taken_back_whole(ledger, gateway, exporter):
    ledger.record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED))
    assert ledger.contract.lotOf(UNTOUCHED_LOT).dict() == {"owner": exporter.number, "declared": 0}
    assert ledger.lanes(UNTOUCHED_LOT) == [0] * 8


@kinds("home", "site", "book", "book_site")
def test_only_what_lessens_a_sale_is_counted_as_adverse(ledger, kind):
    record = a_fitting_record(kind)
    lot = int.from_bytes(record[:8], "big")
    before = ledger.contract.history(lot)[2]
    ledger.record(usual_signer(kind, SITE_A), record)
    assert ledger.contract.history(lot)[2] - before == is_adverse(kind)


@kinds("site", never_the_operator=True)
def test_a_sale_is_never_signed_by_the_operator_of_its_site(ledger, operator_a, exporter, kind):
    """Whatever else the operator is: here a platform and a payment firm that the owner admits."""
    ledger.set_party(operator_a, Role.OPERATOR | Role.PLATFORM | Role.PAYMENT)
    ledger.record(exporter, a_record("ADMIT", registry_book(exporter.number), operator_a.number))
    record = a_fitting_record(kind)
    with refused("LotLedgerNotAllowed", 0, word_of(record), operator_a.number):
        ledger.try_record(operator_a, record)


def opposite(kind):
    return kind.removesuffix("_REVERSAL") if kind.endswith("_REVERSAL") else f"{kind}_REVERSAL"


def is_adverse(kind):
    return kind.endswith("_REVERSAL") or row(kind)["adverse"]
