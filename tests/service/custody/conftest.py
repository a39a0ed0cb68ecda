"""An operator that keeps its own key: a house that has it registered, and a client of it over the real application."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from service.client.client import Client
from service.client.key import LocalKey
from service.members import Party, register
from tests.service.api.caller import Api, open_api
from tests.service.house import House
from tests.service.market import Event, a_declare, an_event
from verifier.kinds import Role

OWN_OPERATOR, OWN_WAREHOUSE = 20, 20


@dataclass
class Own:
    """The operator's side."""

    api: Api
    client: Client
    key: LocalKey

    @property
    def house(self) -> House:
        return self.api.house

    def bring(self, quantity: int = 100) -> None:
        """Declared, departed and announced to the operator's warehouse, by parties in custody."""
        events = [
            a_declare(quantity, goods={"sku": "A-100"}),
            an_event("DEPART", quantity),
            self.event("ASN", quantity),
        ]
        self.house.tell(*events)

    def event(self, kind: str, quantity: int = 0, **members: object) -> Event:
        """An event at the operator's warehouse."""
        return an_event(kind, quantity, **({"site": OWN_WAREHOUSE} | members))


@pytest.fixture
def own(house: House) -> Iterator[Own]:
    key = LocalKey.create()
    party = Party(OWN_OPERATOR, "Own key", Role.OPERATOR, ((OWN_WAREHOUSE, "Own warehouse"),), own_key=key.address)
    with house.running():
        house.api_keys |= register(house.runtime, [party])
    with open_api(house) as api:
        yield Own(api, Client("", house.api_keys[OWN_OPERATOR], key, http=api.client), key)
