"""Two of everything: an exporter with its warehouse, platform and bank, and a rival with others, each with its claims.

``A`` is what belongs to the exporter's side, ``B`` what belongs to the rival's; ``NONE`` is what nobody has.
"""

from dataclasses import dataclass, field
from typing import Any

from service.api_keys import Scope, hash_of, id_of, make_key
from service.members import Party, issue_api_key, register
from tests.service.api.caller import Api
from tests.service.claims.actions import ask
from tests.service.claims.trade import LINES, a_fee, claim, consent, sold, trade
from tests.service.house import House
from tests.service.market import (
    BANK,
    CARRIER,
    EXPORTER,
    GATEWAY,
    HAMBURG,
    HANSA,
    OTHER_LINE,
    OTHER_PLATFORM,
    PLATFORM,
    REGISTRAR,
    RIVAL,
    TAX,
    WEST_COAST,
    Event,
    a_declare,
    an_admission,
    an_event,
    an_opening,
)
from verifier.kinds import Role
from verifier.record import book_number, lot_to_hex, registry_book

OTHER_BANK, SAFE, AUDITOR, OTHER_AUDITOR = 14, 15, 16, 17
PARTY = {
    "exporter": EXPORTER, "warehouse": WEST_COAST, "platform": PLATFORM, "carrier": CARRIER, "bank": BANK,
    "customs": GATEWAY, "tax": TAX, "SAFE": SAFE, "auditor": AUDITOR, "administrator": REGISTRAR,
}  # fmt: skip
"""The columns of docs/access.md, but for the stranger."""
UNGRANTED = {"bank": OTHER_BANK, "auditor": OTHER_AUDITOR}
"""The same roles, whom no owner has admitted or shown anything."""
B_LINES = [{"declaration_no": "223320260001234567", "item_no": 2}]
UNDELIVERED = an_event("SHIP", 1)


@dataclass
class Side:
    """What one exporter has."""

    line: dict[str, Any]
    ship: Event
    exchange: Any = None
    loss: Any = None
    endorsement: str = ""
    spare_keys: dict[int, str] = field(default_factory=dict)

    @property
    def claim(self) -> str:
        found: str = self.exchange["claim_id"]
        return found


@dataclass
class World:
    """The running API, and both sides."""

    api: Api
    a: Side
    b: Side
    back: Event
    sale: Event
    bank_credential: str = ""
    released: str = ""
    batches: dict[int, int] = field(default_factory=dict)


def build(house: House, api: Api) -> World:
    """Everything that can be asked for, on chain; the worker must be running for claims."""
    new = [
        Party(OTHER_BANK, "Other bank", Role.BANK), Party(SAFE, "SAFE", Role.SAFE),
        Party(AUDITOR, "Auditor", Role.AUDITOR), Party(OTHER_AUDITOR, "Other auditor", Role.AUDITOR),
    ]  # fmt: skip
    with house.running():
        house.api_keys = house.api_keys | register(house.runtime, new)
    house.api_keys[REGISTRAR] = issue_api_key(house.runtime, REGISTRAR, "administrator")
    house.tell(*(an_admission(party) for party in (PLATFORM, BANK, AUDITOR, CARRIER)), *an_opening(100))
    ours = trade(100_00)
    back = an_event("UNDELIVERED", 1, target=UNDELIVERED)
    house.tell(UNDELIVERED, an_event("LOSE", 2))
    accept(house, CARRIER, back)
    ship = tell_rival(house)
    house.tell(*ours)
    house.settle()
    world = World(api, Side(LINES[0], ours[0]), Side(B_LINES[0], ship), back, ours[1])
    make_claims(world)
    for party in {*PARTY.values(), *UNGRANTED.values(), RIVAL}:
        key = make_key(house.runtime.engine, party, "spare", Scope())
        world.a.spare_keys[party] = id_of(hash_of(key))
    for party in (EXPORTER, RIVAL):
        owner = {EXPORTER: "LAMP-OF-A", RIVAL: "LAMP-OF-B"}[party]
        body = b'{"components": [{"sku": "%s", "pieces": 1}]}' % owner.encode()
        assert api.client.put(f"/v1/kits/SET-{owner}", content=body, headers=api.headers(party)).status_code == 201
    with house.trails.trail() as trail:
        number = 1
        while (found := trail.find_batch(number)) is not None:
            world.batches[found[0].party] = number
            number += 1
    return world


def accept(house: House, party: int, *events: Event) -> None:
    for answer in house.post(party, *events):
        assert answer["status"] == "accepted", answer


def tell_rival(house: House) -> Event:
    """The rival's lot in another warehouse, with a sale that another platform reports."""
    on = {"line": OTHER_LINE}
    ship = an_event("SHIP", 1, site=HAMBURG, logistics={"ship_purpose": "sale"}, **on)
    admission = an_admission(OTHER_PLATFORM) | {"lot": lot_to_hex(registry_book(RIVAL))}
    accept(house, RIVAL, admission)
    accept(house, GATEWAY, a_declare(50, line=OTHER_LINE, owner=RIVAL), an_event("DEPART", 50, **on))
    accept(house, RIVAL, an_event("ASN", 50, site=HAMBURG, **on))
    accept(house, HANSA, an_event("RECEIVE", 50, site=HAMBURG, **on), an_event("LOSE", 2, site=HAMBURG, **on), ship)
    sale = sold(ship, 50_00) | on | {"site": HAMBURG, "target_party": HANSA}
    fee = a_fee(1_00) | {"lot": lot_to_hex(book_number(1, RIVAL))}
    accept(house, OTHER_PLATFORM, sale, fee)
    return ship


def make_claims(world: World) -> None:
    """A claim of exchange and one of a loss on each side; the bank has endorsed of the first, and given some back."""
    api = world.api
    world.a.exchange, world.a.loss = claim(api).json(), claim(api, kind="loss").json()
    with api.house.running():
        for kind, name in (("exchange-collection", "exchange"), ("loss", "loss")):
            made = ask(api, RIVAL, "/v1/claims", kind=kind, lines=B_LINES)
            assert made.status_code == 201, made.text
            setattr(world.b, name, made.json())
    consent(api, world.a.claim)
    path = f"/v1/claims/{world.a.claim}/endorsements"
    usd = {"currency": "USD", "receipt_minor": 60_00}
    with api.house.running():
        stays = ask(api, BANK, path, **usd, amount_minor=60_00, reference="R-1").json()
        passes = ask(api, BANK, path, **usd | {"receipt_minor": 10_00}, amount_minor=10_00, reference="R-2").json()
        world.a.endorsement, world.released = stays["endorsement_id"], passes["endorsement_id"]
        ask(api, BANK, f"/v1/endorsements/{world.released}/release", payment="OUT-1")
    rows = api.get(BANK, "/v1/credentials").json()["credentials"]
    world.bank_credential = rows[0]["digest"]


def digest_of(api: Api, party: int, claim_id: str) -> str:
    """The credential of a claim."""
    rows = api.get(party, f"/v1/claims/{claim_id}").json()["credentials"]
    digest: str = rows[0]["digest"]
    return digest
