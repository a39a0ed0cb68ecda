"""Records that the contract refuses, each with the error that says which record it is and what is wrong."""

import pytest
from actors import SITE_A, SITE_B, UNKNOWN_SITE
from ledger import refused
from records import a_record, kinds, row, word_of
from trade import MOST, NEW_LOT, OTHER_LOT, UNTOUCHED, UNTOUCHED_LOT

from verifier.kinds import Home, Role, Site
from verifier.record import registry_book

# -- pieces that are not there (trade.STOCK says what is)


def test_a_sale_beyond_what_was_shipped(ledger, platform, lot):
    with refused("LotLedgerInsufficient", 0, lot, SITE_A, Site.SHIPPED.value, 90, 91):
        ledger.try_record(platform, a_record("SALE", lot, SITE_A, 91))


def test_a_return_beyond_what_was_sold(ledger, operator_a, lot):
    with refused("LotLedgerInsufficient", 0, lot, 0, Home.SOLD.value, 80, 81):
        ledger.try_record(operator_a, a_record("RETURN_IN", lot, SITE_A, 81))


def test_a_receipt_beyond_what_the_owner_announced_to_the_site(ledger, operator_a, lot):
    with refused("LotLedgerInsufficient", 0, lot, SITE_A, Site.EXPECTED.value, 100, 101):
        ledger.try_record(operator_a, a_record("RECEIVE", lot, SITE_A, 101))


def test_a_receipt_at_a_site_that_nothing_was_announced_to(ledger, operator_b, lot):
    with refused("LotLedgerInsufficient", 0, lot, SITE_B, Site.EXPECTED.value, 0, 1):
        ledger.try_record(operator_b, a_record("RECEIVE", lot, SITE_B, 1))


def test_an_announcement_beyond_what_has_departed(ledger, exporter, lot):
    with refused("LotLedgerInsufficient", 0, lot, 0, Home.TRANSIT.value, 250, 251):
        ledger.try_record(exporter, a_record("ASN", lot, SITE_A, 251))


def test_the_second_of_two_sales_that_together_exceed_what_was_shipped(ledger, platform, lot):
    sales = [a_record("SALE", lot, SITE_A, pieces) for pieces in (60, 31)]
    with refused("LotLedgerInsufficient", 1, lot, SITE_A, Site.SHIPPED.value, 30, 31):
        ledger.try_record(platform, *sales)


def test_the_largest_quantity_that_fits_a_word(ledger, operator_a, lot):
    with refused("LotLedgerInsufficient", 0, lot, SITE_A, Site.ON_HAND.value, 210, MOST):
        ledger.try_record(operator_a, a_record("SHIP", lot, SITE_A, MOST))


def test_a_reversal_of_more_than_lies_where_it_went(ledger, platform, lot):
    with refused("LotLedgerInsufficient", 0, lot, 0, Home.SOLD.value, 80, 81):
        ledger.try_record(platform, a_record("SALE_REVERSAL", lot, SITE_A, 81))


def test_pieces_of_one_site_do_not_count_at_another(ledger, exporter, operator_b, lot):
    ledger.record(exporter, a_record("ASN", lot, SITE_B, 5))
    with refused("LotLedgerInsufficient", 0, lot, SITE_B, Site.ON_HAND.value, 0, 1):
        ledger.try_record(operator_b, a_record("SHIP", lot, SITE_B, 1))


# -- lots


def test_a_second_lot_for_the_same_line(ledger, gateway, exporter, lot):
    with refused("LotLedgerLotTaken", 0, lot):
        ledger.try_record(gateway, a_record("DECLARE", lot, exporter.number, 10))


def test_a_second_lot_for_the_same_line_in_one_batch(ledger, gateway, exporter):
    twice = [a_record("DECLARE", NEW_LOT, exporter.number, 10) for _ in range(2)]
    with refused("LotLedgerLotTaken", 1, NEW_LOT):
        ledger.try_record(gateway, *twice)


def test_a_lot_declared_again_after_its_declaration_was_reversed(ledger, gateway, exporter):
    ledger.record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED))
    with refused("LotLedgerLotTaken", 0, UNTOUCHED_LOT):
        ledger.try_record(gateway, a_record("DECLARE", UNTOUCHED_LOT, exporter.number, UNTOUCHED))


@kinds("home", "site", movements=False)
def test_a_lot_without_history(ledger, gateway, kind):
    record = a_record(kind, NEW_LOT, SITE_A if row(kind)["scope"] == "site" else 0)
    with refused("LotLedgerUnknownLot", 0, NEW_LOT):
        ledger.try_record(gateway, record)


@pytest.mark.parametrize("kind", ["COUNT", "KIT_REVERSAL", "RECEIVE", "DECLARE", "AMEND", "FEE"])
def test_lot_0(ledger, operator_a, kind):
    record = a_record(kind, 0, SITE_A if row(kind)["scope"] == "site" else 0, int(row(kind)["to"] is not None))
    with refused("LotLedgerUnknownLot", 0, 0):
        ledger.try_record(operator_a, record)


def test_lot_0_after_another_lot(ledger, operator_a, lot):
    with refused("LotLedgerUnknownLot", 1, 0):
        ledger.try_record(operator_a, a_record("COUNT", lot, SITE_A), a_record("COUNT", 0, SITE_A))


@pytest.mark.parametrize("owner", ["gateway", "operator_a", "stranger"])
def test_a_lot_for_an_owner_who_is_no_exporter(ledger, gateway, request, owner):
    owner = request.getfixturevalue(owner).number
    with refused("LotLedgerNotAnExporter", 0, owner):
        ledger.try_record(gateway, a_record("DECLARE", NEW_LOT, owner, 10))


@pytest.mark.parametrize("owner", [0, 99])
def test_a_lot_for_an_owner_who_is_no_party(ledger, gateway, owner):
    with refused("LotLedgerNotAnExporter", 0, owner):
        ledger.try_record(gateway, a_record("DECLARE", NEW_LOT, owner, 10))


# -- the reversal of a declaration: the whole lot, while every piece is DECLARED


@pytest.mark.parametrize("quantity", [0, 1, UNTOUCHED - 1, UNTOUCHED + 1, MOST])
def test_a_declaration_reversed_in_part(ledger, gateway, exporter, quantity):
    with refused("LotLedgerInsufficient", 0, UNTOUCHED_LOT, 0, Home.DECLARED.value, UNTOUCHED, UNTOUCHED):
        ledger.try_record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, quantity))


def test_a_declaration_reversed_after_a_piece_has_departed(ledger, gateway, exporter):
    ledger.record(gateway, a_record("DEPART", UNTOUCHED_LOT, 0, 1))
    with refused("LotLedgerInsufficient", 0, UNTOUCHED_LOT, 0, Home.DECLARED.value, UNTOUCHED - 1, UNTOUCHED):
        ledger.try_record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED))


def test_a_declaration_reversed_in_the_batch_in_which_a_piece_departs(ledger, gateway, exporter):
    depart = a_record("DEPART", UNTOUCHED_LOT, 0, 1)
    with refused("LotLedgerInsufficient", 1, UNTOUCHED_LOT, 0, Home.DECLARED.value, UNTOUCHED - 1, UNTOUCHED):
        ledger.try_record(gateway, depart, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED))


def test_a_declaration_may_be_reversed_after_its_pieces_came_back(ledger, gateway, exporter):
    ledger.record(gateway, a_record("DEPART", UNTOUCHED_LOT, 0, UNTOUCHED))
    ledger.record(gateway, a_record("DEPART_REVERSAL", UNTOUCHED_LOT, 0, UNTOUCHED))
    ledger.try_record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED))


def test_a_declaration_reversed_twice(ledger, gateway, exporter):
    reversal = a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, exporter.number, UNTOUCHED)
    with refused("LotLedgerUnknownLot", 1, UNTOUCHED_LOT):
        ledger.try_record(gateway, reversal, reversal)


def test_a_declaration_reversed_in_the_name_of_another_owner(ledger, gateway, other_exporter):
    with refused("LotLedgerUnknownLot", 0, UNTOUCHED_LOT):
        ledger.try_record(gateway, a_record("DECLARE_REVERSAL", UNTOUCHED_LOT, other_exporter.number, UNTOUCHED))


def test_a_declaration_reversed_that_never_was(ledger, gateway, exporter):
    with refused("LotLedgerUnknownLot", 0, NEW_LOT):
        ledger.try_record(gateway, a_record("DECLARE_REVERSAL", NEW_LOT, exporter.number, 1))


# -- parties


def test_a_movement_at_another_operators_site(ledger, operator_b, lot):
    record = a_record("SHIP", lot, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 0, word_of(record), operator_b.number):
        ledger.try_record(operator_b, record)


def test_a_movement_at_another_operators_site_after_one_at_its_own(ledger, exporter, operator_b, lot):
    ledger.record(exporter, a_record("ASN", lot, SITE_B, 1))
    away = a_record("SHIP", lot, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 1, word_of(away), operator_b.number):
        ledger.try_record(operator_b, a_record("RECEIVE", lot, SITE_B, 1), away)


def test_another_exporters_lot_announced_by_a_stranger_to_it(ledger, exporter, gateway):
    ledger.record(gateway, a_record("DEPART", OTHER_LOT, 0, UNTOUCHED))
    record = a_record("ASN", OTHER_LOT, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 0, word_of(record), exporter.number):
        ledger.try_record(exporter, record)


def test_another_exporters_lot_after_an_own_one(ledger, exporter, gateway, lot):
    ledger.record(gateway, a_record("DEPART", OTHER_LOT, 0, UNTOUCHED))
    other = a_record("ASN", OTHER_LOT, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 1, word_of(other), exporter.number):
        ledger.try_record(exporter, a_record("ASN", lot, SITE_A, 1), other)


def test_a_sale_by_a_platform_that_another_owner_admitted(ledger, platform, lot):
    record = a_record("REFUND", OTHER_LOT, SITE_A)
    with refused("LotLedgerNotAllowed", 1, word_of(record), platform.number):
        ledger.try_record(platform, a_record("REFUND", lot, SITE_A), record)


def test_a_sale_by_a_platform_that_is_no_longer_admitted(ledger, exporter, platform, lot):
    ledger.record(exporter, a_record("ADMIT_END", registry_book(exporter.number), platform.number))
    record = a_record("SALE", lot, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 0, word_of(record), platform.number):
        ledger.try_record(platform, record)


def test_a_sale_by_a_platform_that_lost_its_role(ledger, platform, lot):
    ledger.set_party(platform, Role.ISSUER)
    record = a_record("SALE", lot, SITE_A, 1)
    with refused("LotLedgerNotAllowed", 0, word_of(record), platform.number):
        ledger.try_record(platform, record)


def test_a_sale_by_an_owner_who_runs_the_site(ledger, exporter, lot):
    ledger.set_party(exporter, Role.EXPORTER | Role.OPERATOR)
    ledger.open_site(UNKNOWN_SITE, exporter)
    record = a_record("REFUND", lot, UNKNOWN_SITE)
    with refused("LotLedgerNotAllowed", 0, word_of(record), exporter.number):
        ledger.try_record(exporter, record)
