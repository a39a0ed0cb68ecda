"""Claims as large as they come, within what a transaction may use; and what claims cost (gas.json)."""

import brownie
import pytest
from actors import ACTORS, SITE_A
from claims import CAD, EXCHANGE, OWNER, USD, WHOLE, book_range, some_hash
from gas import assert_reviewed
from ledger import GAS, refused
from records import a_record
from trade import BOOK

from verifier.claim_set import EMPTY_SET, LotSet, fold, lot_sets

CODE_LIMIT = 24_576  # EIP-170
BIG_LOT = 0x0D00
LOTS = [0x0E00 + number for number in range(50)]
FIRST_SALE = 5  # behind DECLARE, DEPART, ASN, RECEIVE, SHIP
GATEWAY, EXPORTER, OPERATOR, PLATFORM = (ACTORS[name] for name in ("gateway", "exporter", "operator_a", "platform"))


@pytest.fixture(scope="module")
def sold(claims_opened):
    """2,000 sales of one lot, and 2,000 over fifty lots."""
    ledger = claims_opened.ledger
    for lots, pieces in (([BIG_LOT], 2000), (LOTS, 40)):
        for party, kind, site in (
            (GATEWAY, "DECLARE", EXPORTER.number),
            (GATEWAY, "DEPART", 0),
            (EXPORTER, "ASN", SITE_A),
            (OPERATOR, "RECEIVE", SITE_A),
            (OPERATOR, "SHIP", SITE_A),
        ):
            ledger.record(party, *[a_record(kind, lot, site, pieces) for lot in lots])
        ledger.record(PLATFORM, *[a_record("SALE", lot, SITE_A, 1) for lot in lots for _ in range(pieces)])
    return claims_opened


@pytest.fixture
def claims(sold, ClaimRegistry, fn_isolation):
    """The registry of that ledger; whatever a test does with it is undone."""
    return type(sold)(sold.ledger.fork(), ClaimRegistry)


def sales(lot, pieces):
    return {lot: range(FIRST_SALE, FIRST_SALE + pieces)}, {lot: pieces}


def over_fifty_lots():
    return {lot: range(FIRST_SALE, FIRST_SALE + 40) for lot in LOTS}, dict.fromkeys(LOTS, 40)


def issue(claims, positions, pieces, tanks=(USD,)):
    """Issues a claim; its id and its receipt."""
    tanks, sets = {code: some_hash(code) for code in tanks}, lot_sets(positions, pieces)
    order = claims.order(sets, tanks=tanks)
    return order.id, claims.send_issue(order, sets, tanks=tanks)


def test_every_cost_of_a_claim_is_the_one_that_was_reviewed(claims):
    id, issued = issue(claims, *sales(BIG_LOT, 2000))
    spread, issued_spread = issue(claims, *over_fifty_lots())
    figures = {
        "issue over 2000 sales of 1 lot": issued.gas_used,
        "issue over 2000 sales of 50 lots": issued_spread.gas_used,
    }
    for name, claim, receipt in (("1 lot", id, "one"), ("50 lots", spread, "two")):
        figures[f"endorse the first of {name}"] = endorse(claims, claim, 100, 100, receipt)
        figures[f"endorse the next of {name}"] = endorse(claims, claim, 200, 200, receipt)
    figures["release"] = claims.release(claims.returned(id, 50, 50, receipt="one")).gas_used
    returned = claims.note("RETURN_IN", 1, BIG_LOT)
    figures["reduce"] = claims.reduce(id, {BIG_LOT: 1999}).gas_used
    later = lot_sets({BIG_LOT: [returned]}, {BIG_LOT: 1999})
    figures["supersede"] = claims.supersede(id, later, limits={USD: 100}).gas_used
    claims.release(claims.returned(id, 0, 0, receipt="one"))
    figures["revoke"] = claims.revoke(id).gas_used
    claims.unwind(id, later, rest=bytes(claims.order(lot_sets(*sales(BIG_LOT, 2000))).set_hash))
    [part] = lot_sets(*sales(BIG_LOT, 2000))
    given = (part.lot, part.pieces, part.first_word, list(part.words))
    figures["unwind 2000 sales"] = claims.act("unwind", id, EMPTY_SET, given).gas_used
    figures["postRow, the first"] = claims.post(1, "PRE_REFUND", 1000, lot=BIG_LOT).gas_used
    figures["postRow, the next"] = claims.post(1, "FINALISED", 1000, lot=BIG_LOT).gas_used
    figures["bytes of code"] = len(code_of(claims))
    assert claims.used(BIG_LOT) == set()
    assert_reviewed("claims", figures)


def endorse(claims, id, claim_to, receipt_to, receipt):
    return claims.endorse(claims.endorsement(id, claim_to, receipt_to, receipt=receipt)).gas_used


def code_of(claims):
    return brownie.web3.eth.get_code(claims.contract.address)


def test_the_registry_fits_the_limit_ofcode_of(claims):
    assert len(code_of(claims)) <= CODE_LIMIT


def declare(claims, lots):
    for start in range(0, len(lots), 200):
        claims.ledger.record(GATEWAY, *[a_record("DECLARE", lot, OWNER.number, 9) for lot in lots[start : start + 200]])


def test_a_thousand_lots_are_one_claim_and_no_more(claims):
    """Opened and added to; then it can still be endorsed, superseded and revoked, each in one transaction."""
    lots = [0x10000 + number for number in range(1001)]
    declare(claims, lots)
    sets = [LotSet(lot, 0, 0, (1,)) for lot in lots]
    tanks = {USD: some_hash("usd")}
    order = claims.order(sets, tanks=tanks)
    cuts = [(801, 1001), (601, 801), (401, 601), (201, 401), (1, 201)]
    for start, end in cuts:
        previous = fold(EMPTY_SET, sets[:start])
        if end == 1001:
            receipt = claims.send_issue(order, sets[start:], tanks=tanks, previous=previous)
        else:
            receipt = claims.add(order.id, sets[start:end], previous=previous)
        assert receipt.gas_used < GAS
    with refused("ClaimRegistryTooMany", 1001, 1000):
        claims.add(order.id, sets[:1])
    assert claims.revoke(order.id).gas_used < GAS
    assert claims.claimed(lots[7]) == 0


def test_a_claim_of_a_thousand_lots_is_endorsed_and_taken_back(claims):
    lots = [0x10000 + number for number in range(1000)]
    declare(claims, lots)
    for start in range(0, 1000, 500):
        claims.ledger.record(GATEWAY, *[a_record("DEPART", lot, 0, 9) for lot in lots[start : start + 500]])
        claims.ledger.record(OWNER, *[a_record("SALE_AT_EXPORT", lot, 0, 9) for lot in lots[start : start + 500]])
    sets = [LotSet(lot, 9, 0, (0b100,)) for lot in lots]
    tanks = {USD: some_hash("usd"), CAD: some_hash("cad")}
    order = claims.order(sets, tanks=tanks)
    claims.send_issue(order, sets[900:], tanks=tanks, previous=fold(EMPTY_SET, sets[:900]))
    for start in range(750, -1, -150):
        claims.add(order.id, sets[start : start + 150], previous=fold(EMPTY_SET, sets[:start]))
    assert len(claims.contract.lotsOf(order.id)) == 1000
    claims.endorse(claims.endorsement(order.id, 10, 10))
    claims.reduce(order.id, dict.fromkeys(lots, 8))
    claims.supersede(order.id, [LotSet(lot, 7, 0, (0b10,)) for lot in lots[:100]], limits={USD: WHOLE // 2})
    claims.release(claims.returned(order.id, 0, 0))
    claims.revoke(order.id)
    assert [claims.claimed(lot) for lot in (lots[0], lots[999])] == [0, 0]


def test_words_of_a_lot_are_cut_at_256_and_read_back(claims):
    """65,536 positions a LotSet: a history of 66,000 is two of them, here from the end to the beginning."""
    for _ in range(33):
        claims.ledger.record(GATEWAY, *[a_record("AMEND", BIG_LOT) for _ in range(2000)])
    positions = [0, 255, 256, 65_535, 65_536, 67_999]
    sets = lot_sets({BIG_LOT: positions}, {BIG_LOT: 3})
    assert [(part.first_word, len(part.words)) for part in sets] == [(0, 256), (256, 10)]
    order = claims.order(sets)
    claims.send_issue(order, sets[1:], previous=fold(EMPTY_SET, sets[:1]))
    claims.add(order.id, sets[:1])
    assert claims.used(BIG_LOT) == set(positions)
    claims.revoke(order.id)
    claims.unwind(order.id, sets)
    assert claims.used(BIG_LOT) == set()


def test_a_month_of_fees_is_consumed_at_once(claims):
    for _ in range(3):
        claims.ledger.record(PLATFORM, *[a_record("FEE", BOOK) for _ in range(2000)])
    books = [book_range(0, 6000)]
    receipt = claims.send_issue(claims.order((), books), (), books)
    assert claims.contract.bookCursor(EXCHANGE, BOOK) == 6000
    assert receipt.gas_used < 400_000
