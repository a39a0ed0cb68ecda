"""Whatever the contract refuses, the service refuses before, with the contract's own word for it.

Every case goes two ways: posted to the service, and signed and put to the contract as if the service had let it pass.
"""

from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import select

from service.core.events import EventIn, parse_events
from service.store import schema
from service.store.database import reading
from tests.service.house import House, Template
from tests.service.market import (
    BANK,
    BOOK,
    CARRIER,
    EXPORTER,
    GATEWAY,
    HANSA,
    ISSUER,
    LINE,
    LOS_ANGELES,
    NO_SITE,
    OTHER_LINE,
    OTHER_PLATFORM,
    OWN_SITE,
    PLATFORM,
    RIVAL,
    SELF_RUN,
    STRANGER,
    TAX,
    WEST_COAST,
    Event,
    a_declare,
    a_sale,
    an_admission,
    an_event,
    an_opening,
    lot_of,
)
from verifier.kinds import CODE_BY_NAME
from verifier.record import Word, book_number, lot_to_hex, registry_book

pytestmark = pytest.mark.chain

OWN_LINE, NEW_LINE, RIVAL_LINE, GONE_LINE = OTHER_LINE, f"{LINE[:-2]}03", f"{LINE[:-2]}04", f"{LINE[:-2]}05"
EMPTIED_LINE = f"{LINE[:-2]}06"
DECLARE = a_declare(100)
SHIP, OWN_SHIP = an_event("SHIP", 10), an_event("SHIP", 5, line=OWN_LINE, site=OWN_SITE)
SALE = a_sale(SHIP, 6)
GONE = a_declare(5, line=GONE_LINE)
GONE_COUNT = an_event("COUNT", line=EMPTIED_LINE, site=OWN_SITE)


@pytest.fixture(scope="module")
def market(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """100 declared, 90 departed, 60 announced, 50 received, 10 shipped, 6 sold; a few lots of others beside it."""
    house = template.build(tmp_path_factory.mktemp("market"))
    house.tell(
        an_admission(), DECLARE, an_event("DEPART", 90), an_event("ASN", 60), an_event("RECEIVE", 50), SHIP, SALE
    )
    house.tell(a_declare(5, line=RIVAL_LINE, owner=RIVAL))
    house.tell(GONE, an_event("DECLARE_REVERSAL", 5, line=GONE_LINE, target=GONE, site=EXPORTER))
    declare, depart, asn, receive = an_opening(5, line=OWN_LINE, site=OWN_SITE)
    house.tell(declare | {"site": SELF_RUN}, depart)
    out = an_event("TRANSFER_OUT", 5, line=EMPTIED_LINE, site=OWN_SITE)
    there = (
        an_event("ASN", 5, line=EMPTIED_LINE, site=OWN_SITE),
        an_event("RECEIVE", 5, line=EMPTIED_LINE, site=OWN_SITE),
    )
    house.tell(a_declare(5, line=EMPTIED_LINE, owner=SELF_RUN), an_event("DEPART", 5, line=EMPTIED_LINE))
    for event in (asn, receive, OWN_SHIP, *there, out):
        assert house.post(SELF_RUN, event)[0]["status"] == "accepted"
    house.settle()
    yield house
    house.close()


def why_refused(house: House, party: int, event: Event) -> str:
    """The contract's word on an event that the service did not stop."""
    parsed = parse_events(orjson.dumps(event))[0]
    assert isinstance(parsed, EventIn)
    lot = int(parsed.lot or lot_of(parsed.line or ""), 16)
    kind = CODE_BY_NAME.get(parsed.kind, 0x7F)
    record = Word(lot, parsed.site or 0, kind, parsed.quantity or 0).to_bytes() + bytes(32)
    chain, sealer = house.runtime.chain, house.runtime.sealer
    size, _ = chain.tree_head()
    signed = sealer.own(party, chain.nonce_of(party), record)
    batch = sealer.place(1, party, record, signed, first_leaf=size, tx_nonce=0)
    return chain.why_refused(sealer.relayer, batch).partition("(")[0]


INSUFFICIENT, NOT_ALLOWED, WRONG_PLACE = "LotLedgerInsufficient", "LotLedgerNotAllowed", "LotLedgerWrongPlace"
UNKNOWN_LOT, UNKNOWN_SITE, LISTED = "LotLedgerUnknownLot", "LotLedgerUnknownSite", "LotLedgerUnlistedKind"
QUANTITY, NO_STOCK = "LotLedgerWrongQuantity", "LotLedgerNoStock"
OWN_REGISTRY = lot_to_hex(registry_book(EXPORTER))
NO_BOOK = lot_to_hex(book_number(1, STRANGER))

CASES: dict[str, tuple[str, int, Event]] = {
    # pieces that are not there
    "a sale beyond what was shipped": (INSUFFICIENT, PLATFORM, a_sale(SHIP, 5)),
    "a return beyond what was sold": (INSUFFICIENT, WEST_COAST, an_event("RETURN_IN", 7, target=SALE)),
    "a receipt beyond what was announced": (INSUFFICIENT, WEST_COAST, an_event("RECEIVE", 11)),
    "a shipment beyond stock and notices": (INSUFFICIENT, WEST_COAST, an_event("SHIP", 51)),
    "a departure beyond what was declared": (INSUFFICIENT, GATEWAY, an_event("DEPART", 11)),
    "a withdrawal beyond what was declared": (INSUFFICIENT, GATEWAY, an_event("VOID", 11)),
    "a notice beyond what is on its way": (INSUFFICIENT, EXPORTER, an_event("ASN", 41)),
    "a destruction of what nobody holds": (INSUFFICIENT, WEST_COAST, an_event("DESTROY", 1)),
    "a find of what was not lost": (INSUFFICIENT, WEST_COAST, an_event("FIND", 1)),
    "a declaration taken back after a departure": (
        INSUFFICIENT, GATEWAY, an_event("DECLARE_REVERSAL", 100, target=DECLARE, site=EXPORTER),
    ),
    # declarations
    "a second declaration of a line": ("LotLedgerLotTaken", GATEWAY, a_declare(100)),
    "a line declared again after it was taken back": ("LotLedgerLotTaken", GATEWAY, a_declare(5, line=GONE_LINE)),
    "a declaration for nobody": ("LotLedgerNotAnExporter", GATEWAY, a_declare(line=NEW_LINE, owner=STRANGER)),
    "a declaration for a bank": ("LotLedgerNotAnExporter", GATEWAY, a_declare(line=NEW_LINE, owner=BANK)),
    "a reversal that names another owner": (
        UNKNOWN_LOT, GATEWAY, an_event("DECLARE_REVERSAL", 100, target=DECLARE, site=RIVAL),
    ),
    "a second reversal of a declaration": (
        UNKNOWN_LOT, GATEWAY, an_event("DECLARE_REVERSAL", 5, line=GONE_LINE, target=GONE, site=EXPORTER),
    ),
    # signers
    "a shipment from another operator's site": (NOT_ALLOWED, HANSA, an_event("SHIP", 1)),
    "a receipt by the owner": (NOT_ALLOWED, EXPORTER, an_event("RECEIVE", 1)),
    "a sale signed by the site's operator": (NOT_ALLOWED, WEST_COAST, a_sale(SHIP, 1)),
    "a sale by an owner at its own warehouse": (
        NOT_ALLOWED, SELF_RUN, an_event("SALE", 1, line=OWN_LINE, site=OWN_SITE, target=OWN_SHIP),
    ),
    "a sale by a platform that nobody admitted": (NOT_ALLOWED, OTHER_PLATFORM, a_sale(SHIP, 1)),
    "a sale in the lot of another exporter": (NOT_ALLOWED, RIVAL, a_sale(SHIP, 1)),
    "a notice for another exporter's lot": (NOT_ALLOWED, EXPORTER, an_event("ASN", 1, line=RIVAL_LINE)),
    "a departure by a carrier that nobody admitted": (NOT_ALLOWED, CARRIER, an_event("DEPART", 1)),
    "a loss by a carrier that nobody admitted": (NOT_ALLOWED, CARRIER, an_event("LOST_IN_DELIVERY", 1, target=SHIP)),
    "an excess on a book whose owner admitted nobody": (NOT_ALLOWED, WEST_COAST, an_event("EXCESS")),
    "a count where all pieces have gone": (NO_STOCK, SELF_RUN, GONE_COUNT),
    "an access log on somebody's book": (NOT_ALLOWED, PLATFORM, an_event("ACCESS_LOG", lot=BOOK)),
    "a departure by the owner": (NOT_ALLOWED, EXPORTER, an_event("DEPART", 1)),
    "a loss in delivery by a platform": (NOT_ALLOWED, PLATFORM, an_event("LOST_IN_DELIVERY", 1, target=SHIP)),
    "a tax state by customs": (NOT_ALLOWED, GATEWAY, an_event("TAX_STATE")),
    "an amendment by the tax office": (NOT_ALLOWED, TAX, an_event("AMEND")),
    "a fee by a biller that nobody admitted": (NOT_ALLOWED, WEST_COAST, an_event("FEE")),
    "a receipt by a bank that nobody admitted": (NOT_ALLOWED, BANK, an_event("FX_RECEIPT")),
    "an admission into another's book": (NOT_ALLOWED, RIVAL, an_event("ADMIT", site=PLATFORM)),
    "a count by a carrier": (NOT_ALLOWED, CARRIER, an_event("COUNT")),
    "a receipt by the issuer": (NOT_ALLOWED, ISSUER, an_event("RECEIVE", 1)),
    # places
    "a departure with a site": (WRONG_PLACE, GATEWAY, an_event("DEPART", 1, site=LOS_ANGELES)),
    "a fee on a lot": (WRONG_PLACE, PLATFORM, an_event("FEE", lot=lot_of(LINE))),
    "a fee with a site": (WRONG_PLACE, PLATFORM, an_event("FEE", site=LOS_ANGELES)),
    "a shipment in a book": (WRONG_PLACE, WEST_COAST, an_event("SHIP", 1, line=None, lot=BOOK)),
    "a fee in a registry book": (WRONG_PLACE, PLATFORM, an_event("FEE", lot=OWN_REGISTRY)),
    "an admission in a plain book": (WRONG_PLACE, EXPORTER, an_event("ADMIT", lot=BOOK, site=PLATFORM)),
    "an admission of nobody": (WRONG_PLACE, EXPORTER, an_event("ADMIT", site=STRANGER)),
    "a shipment from no site": (UNKNOWN_SITE, WEST_COAST, an_event("SHIP", 1, site=0)),
    "a shipment from an unknown site": (UNKNOWN_SITE, WEST_COAST, an_event("SHIP", 1, site=NO_SITE)),
    "an excess at an unknown site": (UNKNOWN_SITE, WEST_COAST, an_event("EXCESS", site=NO_SITE)),
    "a book of nobody": (UNKNOWN_LOT, PLATFORM, an_event("FEE", lot=NO_BOOK)),
    # quantities and kinds
    "a movement of nothing": (QUANTITY, WEST_COAST, an_event("SHIP", 0)),
    "a note with pieces": (QUANTITY, WEST_COAST, an_event("COUNT", 5)),
    "a declaration of nothing": (QUANTITY, GATEWAY, a_declare(0, line=NEW_LINE)),
    "an unknown kind": (LISTED, WEST_COAST, an_event("SHIP", 1) | {"kind": "SHIP_TWICE"}),
    "a registry kind": (LISTED, WEST_COAST, an_event("ADMIT") | {"kind": "PARTY"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_the_contract_refuses_the_service_refuses_before(market: House, case: str) -> None:
    code, party, event = CASES[case]
    (answer,) = market.post(party, event)
    assert (answer["status"], answer["code"]) == ("refused", code), answer
    assert why_refused(market, party, event) == code


WAITING = {
    "a lot that is not declared": (UNKNOWN_LOT, WEST_COAST, an_event("RECEIVE", 1, line=NEW_LINE)),
    "a lot by number that is not declared": (
        UNKNOWN_LOT, WEST_COAST, an_event("RECEIVE", 1, line=None, lot=lot_of(NEW_LINE)),
    ),
    "a receipt where nothing is announced": (INSUFFICIENT, HANSA, an_event("RECEIVE", 1, site=2)),
    "a shipment of what is announced": (INSUFFICIENT, WEST_COAST, an_event("SHIP", 45)),
    "a notice of what has not departed": (INSUFFICIENT, RIVAL, an_event("ASN", 1, line=RIVAL_LINE)),
}  # fmt: skip


@pytest.mark.parametrize("case", WAITING)
def test_what_may_still_come_is_held_and_not_sent(market: House, case: str) -> None:
    code, party, event = WAITING[case]
    (answer,) = market.post(party, event)
    assert answer["status"] == "held", answer
    assert why_refused(market, party, event) == code


def test_nothing_that_was_refused_or_held_left_a_trace(market: House) -> None:
    with reading(market.runtime.engine) as connection:
        rows = connection.execute(select(schema.lot.c.lot, schema.lot.c.length)).all()
    assert all(market.runtime.chain.history(lot % (1 << 64))[1] == length for lot, length in rows)
    assert market.is_settled()


def test_a_refusal_gives_the_numbers_that_the_contract_gives(market: House) -> None:
    (answer,) = market.post(WEST_COAST, an_event("RECEIVE", 11))
    numbers = {name: answer[name] for name in ("lot", "site", "lane", "available", "asked")}
    assert numbers == {"lot": lot_of(LINE), "site": LOS_ANGELES, "lane": "EXPECTED", "available": 10, "asked": 11}


def test_every_answer_names_its_event(market: House) -> None:
    events = [an_event("SHIP", 0), an_event("SHIP", 0) | {"quantity": -1}]
    assert [answer["event_id"] for answer in market.post(WEST_COAST, *events)] == [e["event_id"] for e in events]
