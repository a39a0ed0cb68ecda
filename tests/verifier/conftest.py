"""One chain and one small trade for all tests of the verifier; credentials are issued from it."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifier.anvil import running_anvil
from tests.verifier.credential_factory import CredentialFactory, Issued
from tests.verifier.world import CARRIER, EXPORTER, GATEWAY, ISSUER, OPERATOR, OTHER_SITE, PLATFORM, SITE, World
from verifier.kinds import Role


def make_world(url: str) -> World:
    """Parties, keys, two sites, and the exporter's admission of the platform."""
    world = World(url)
    world.set_party(GATEWAY, Role.GATEWAY)
    world.set_party(EXPORTER, Role.EXPORTER)
    world.set_party(OPERATOR, Role.OPERATOR)
    world.set_party(PLATFORM, Role.PLATFORM)
    world.set_party(ISSUER, Role.ISSUER)
    world.set_party(CARRIER, Role.CARRIER)
    for party in (GATEWAY, OPERATOR, PLATFORM, CARRIER):
        world.add_batch_key(party)
    world.add_batch_key(EXPORTER, is_custodial=True)
    world.add_line_key(GATEWAY)
    world.open_site(SITE, OPERATOR)
    world.open_site(OTHER_SITE, OPERATOR)
    world.admit(EXPORTER, PLATFORM)
    return world


def tell_story(world: World, lot: int, document: dict[str, object]) -> None:
    """A lot of 1,000 pieces from its declaration to sales, a refund, a return and losses."""
    at = {"lot": lot, "site": SITE}
    goods = {"sku": "A-1", "hs_code": "8507600090"}
    money = {"currency": "USD", "gross_minor": 150_000}
    declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 1000}
    world.record(GATEWAY, declare | {"groups": {"document": document, "goods": goods}})
    world.record(GATEWAY, {"kind": "DEPART", "lot": lot, "quantity": 1000})
    world.record(EXPORTER, at | {"kind": "ASN", "quantity": 996})
    world.record(
        OPERATOR,
        at | {"kind": "RECEIVE", "quantity": 990},
        at | {"kind": "RECEIVE_DAMAGED", "quantity": 2},
        at | {"kind": "SHORT", "quantity": 4},
        at | {"kind": "SHIP", "quantity": 100},  # position 6
        at | {"kind": "SHIP", "quantity": 10},  # position 7
        at | {"kind": "SHIP_VOID", "quantity": 4, "target": 7},
    )
    world.record(PLATFORM, at | {"kind": "SALE", "quantity": 100, "target": 6, "groups": {"money": money}})  # 9
    world.record(PLATFORM, at | {"kind": "REFUND", "target": 9, "groups": {"money": {"refund_minor": 1_500}}})  # 10
    world.record(
        OPERATOR,
        at | {"kind": "RETURN_IN", "quantity": 20, "target": 9},
        at | {"kind": "RELEASE", "quantity": 12},
        at | {"kind": "DESTROY", "quantity": 8},
        at | {"kind": "SHIP_REVERSAL", "quantity": 2, "target": 7},
        at | {"kind": "COUNT"},
        at | {"kind": "LOSE", "quantity": 3},
    )
    world.record(EXPORTER, at | {"kind": "SALE", "quantity": 4, "target": 7})


@pytest.fixture(scope="session")
def chain_url() -> Iterator[str]:
    with running_anvil() as url:
        yield url


@pytest.fixture(scope="session")
def world(chain_url: str) -> World:
    return make_world(chain_url)


@pytest.fixture(scope="session")
def factory(world: World) -> CredentialFactory:
    made = CredentialFactory(world, ec.generate_private_key(ec.SECP256R1()))
    world.add_issuer_key(ISSUER, made.jwk)
    return made


@pytest.fixture(scope="session")
def story_lot(world: World, factory: CredentialFactory) -> int:
    lot, document = world.number_line("223320260001234567", 1)
    tell_story(world, lot, document)
    return lot


@pytest.fixture(scope="session")
def small_lot(world: World, factory: CredentialFactory) -> int:
    """A lot of which nothing happened but its declaration."""
    lot, document = world.number_line("223320260001234568", 2)
    declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 5}
    world.record(GATEWAY, declare | {"groups": {"document": document}})
    return lot


@pytest.fixture(scope="session")
def story(factory: CredentialFactory, story_lot: int) -> Issued:
    """The credential of the long story, everything shown."""
    return factory.issue(story_lot)


@pytest.fixture(scope="session")
def small(factory: CredentialFactory, small_lot: int) -> Issued:
    """The smallest credential, nothing shown."""
    return factory.issue(small_lot, shown=frozenset())
