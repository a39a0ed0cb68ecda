"""Words that the contract refuses by themselves, and books and registry books."""

import pytest
from actors import SITE_A, SITE_B, UNKNOWN_SITE
from ledger import refused, usual_signer
from records import CODES, REVERSAL, a_record, kinds, row, word_of
from trade import BOOK, NEW_LOT, OTHER_LOT

from verifier.record import book_number, registry_book


def test_a_code_that_the_table_does_not_list(ledger, gateway, lot):
    for code in set(range(256)) - set(CODES.values()):
        record = a_record(code, lot)
        with refused("LotLedgerUnlistedKind", 0, word_of(record)):
            ledger.try_record(gateway, record)


@kinds("home")
def test_a_home_kind_at_a_site(ledger, gateway, lot, kind):
    record = a_record(kind, lot, SITE_A, 1)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(gateway, record)


@kinds("site", "book_site", movements=False)
def test_a_site_kind_at_site_0(ledger, operator_a, lot, kind):
    with refused("LotLedgerUnknownSite", 0, 0):
        ledger.try_record(operator_a, a_record(kind, lot if row(kind)["scope"] == "site" else BOOK, 0))


@kinds("site", "book_site", movements=False)
def test_a_site_that_was_never_opened(ledger, operator_a, lot, kind):
    with refused("LotLedgerUnknownSite", 0, UNKNOWN_SITE):
        ledger.try_record(operator_a, a_record(kind, lot if row(kind)["scope"] == "site" else BOOK, UNKNOWN_SITE))


def test_site_0_after_a_site(ledger, operator_a, lot):
    with refused("LotLedgerUnknownSite", 1, 0):
        ledger.try_record(operator_a, a_record("COUNT", lot, SITE_A), a_record("COUNT", lot, 0))


@kinds("home", "site", movements=True)
def test_a_movement_of_no_pieces(ledger, lot, kind):
    site = SITE_A if row(kind)["scope"] == "site" else 0
    record = a_record(kind, lot, site, 0)
    with refused("LotLedgerWrongQuantity", 0, word_of(record)):
        ledger.try_record(usual_signer(kind, site), record)


def test_a_declaration_of_no_pieces(ledger, gateway, exporter):
    record = a_record("DECLARE", NEW_LOT, exporter.number, 0)
    with refused("LotLedgerWrongQuantity", 0, word_of(record)):
        ledger.try_record(gateway, record)


@kinds("home", "site", "book", "book_site", movements=False)
def test_a_note_with_pieces(ledger, lot, kind):
    site = SITE_A if "site" in row(kind)["scope"] else 0
    record = a_record(kind, BOOK if "book" in row(kind)["scope"] else lot, site, 1)
    with refused("LotLedgerWrongQuantity", 0, word_of(record)):
        ledger.try_record(usual_signer(kind, site), record)


def test_an_admission_with_pieces(ledger, exporter, platform):
    record = a_record("ADMIT", registry_book(exporter.number), platform.number, 1)
    with refused("LotLedgerWrongQuantity", 0, word_of(record)):
        ledger.try_record(exporter, record)


# -- books


@kinds("home", "site", movements=False)
def test_a_note_on_a_lot_in_a_book(ledger, kind):
    site = SITE_A if row(kind)["scope"] == "site" else 0
    record = a_record(kind, BOOK, site)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(usual_signer(kind, site), record)


@kinds("book", "book_site")
def test_a_note_on_a_book_in_a_lot(ledger, lot, kind):
    site = SITE_A if row(kind)["scope"] == "book_site" else 0
    record = a_record(kind, lot, site)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(usual_signer(kind, site), record)


def test_a_movement_in_a_book(ledger, operator_a):
    record = a_record("RECEIVE", BOOK, SITE_A, 1)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(operator_a, record)


def test_a_declaration_in_a_book(ledger, gateway, exporter):
    record = a_record("DECLARE", BOOK, exporter.number, 1)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(gateway, record)


@kinds("book")
def test_a_book_kind_at_a_site(ledger, platform, kind):
    record = a_record(kind, BOOK, SITE_A)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(platform, record)


@kinds("book")
def test_a_book_of_no_party(ledger, platform, kind):
    book = book_number(1, 99)
    with refused("LotLedgerUnknownLot", 0, book):
        ledger.try_record(platform, a_record(kind, book))


@kinds("book")
def test_another_partys_book_without_its_admission(ledger, other_exporter, kind):
    signer = usual_signer(kind, 0)
    record = a_record(kind, book_number(1, other_exporter.number))
    with refused("LotLedgerNotAllowed", 0, word_of(record), signer.number):
        ledger.try_record(signer, record)


def test_an_own_book_written_by_its_exporter(ledger, exporter):
    record = a_record("FEE", BOOK)
    with refused("LotLedgerNotAllowed", 0, word_of(record), exporter.number):
        ledger.try_record(exporter, record)


def test_an_excess_at_another_operators_site(ledger, operator_b):
    record = a_record("EXCESS", BOOK, SITE_A)
    with refused("LotLedgerNotAllowed", 0, word_of(record), operator_b.number):
        ledger.try_record(operator_b, record)


def test_an_excess_in_the_book_of_an_owner_that_did_not_admit_the_operator(ledger, operator_a, other_exporter):
    record = a_record("EXCESS", book_number(1, other_exporter.number), SITE_A)
    with refused("LotLedgerNotAllowed", 0, word_of(record), operator_a.number):
        ledger.try_record(operator_a, record)


def test_an_excess_in_the_operators_own_book(ledger, operator_a):
    ledger.try_record(operator_a, a_record("EXCESS", book_number(1, operator_a.number), SITE_A))


def test_a_departure_by_a_carrier_that_another_owner_admitted(ledger, carrier, gateway):
    record = a_record("DEPART", OTHER_LOT, 0, 1)
    ledger.try_record(gateway, record)
    with refused("LotLedgerNotAllowed", 0, word_of(record), carrier.number):
        ledger.try_record(carrier, record)


@pytest.mark.parametrize("kind", ["COUNT", "KIT"])
def test_a_note_on_a_lot_that_never_was_at_the_site(ledger, operator_b, lot, kind):
    with refused("LotLedgerNoStock", 0, lot, SITE_B):
        ledger.try_record(operator_b, a_record(kind, lot, SITE_B))


def test_a_note_behind_the_movement_that_empties_the_site(ledger, operator_b, exporter, lot):
    ledger.record(exporter, a_record("ASN", lot, SITE_B, 2))
    ledger.record(operator_b, a_record("RECEIVE", lot, SITE_B, 2), a_record("COUNT", lot, SITE_B))
    emptied = [a_record("TRANSFER_OUT", lot, SITE_B, 2), a_record("COUNT", lot, SITE_B)]
    with refused("LotLedgerNoStock", 1, lot, SITE_B):
        ledger.try_record(operator_b, *emptied)
    ledger.try_record(operator_b, emptied[0], a_record("COUNT_REVERSAL", lot, SITE_B))


# -- registry books


@kinds("book", "book_site")
def test_a_note_on_a_book_in_a_registry_book(ledger, exporter, kind):
    site = SITE_A if row(kind)["scope"] == "book_site" else 0
    record = a_record(kind, registry_book(exporter.number), site)
    with refused("LotLedgerWrongPlace", 0, word_of(record)):
        ledger.try_record(usual_signer(kind, site), record)


@kinds("grant")
def test_an_admission_outside_of_a_registry_book(ledger, exporter, platform, lot, kind):
    for place in (BOOK, lot):
        record = a_record(kind, place, platform.number)
        with refused("LotLedgerWrongPlace", 0, word_of(record)):
            ledger.try_record(exporter, record)


@kinds("grant")
def test_an_admission_in_another_partys_registry_book(ledger, exporter, other_exporter, platform, kind):
    record = a_record(kind, registry_book(other_exporter.number), platform.number)
    with refused("LotLedgerNotAllowed", 0, word_of(record), exporter.number):
        ledger.try_record(exporter, record)


@kinds("grant")
def test_an_admission_of_no_party(ledger, exporter, kind):
    for party in (0, 99):
        record = a_record(kind, registry_book(exporter.number), party)
        with refused("LotLedgerWrongPlace", 0, word_of(record)):
            ledger.try_record(exporter, record)


@kinds("grant")
def test_an_admission_reversed(ledger, exporter, platform, kind):
    record = a_record(CODES[kind] | REVERSAL, registry_book(exporter.number), platform.number)
    with refused("LotLedgerUnlistedKind", 0, word_of(record)):
        ledger.try_record(exporter, record)


@pytest.mark.parametrize("kind", ["PARTY", "KEY", "KEY_END", "SITE"])
def test_what_only_the_contract_writes(ledger, registrar, kind):
    for code in (CODES[kind], CODES[kind] | REVERSAL):
        record = a_record(code, registry_book(registrar.number))
        with refused("LotLedgerUnlistedKind", 0, word_of(record)):
            ledger.try_record(registrar, record)
