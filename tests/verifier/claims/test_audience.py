"""Who sees what: a bank sees no cost and no buyer, customs no price, nobody a person."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from scripts.story import story
from verifier.claims.audience import Audience, groups_for
from verifier.event import GROUPS
from verifier.kinds import CODE_BY_NAME, REVERSAL_SUFFIX

COST = {"cost_minor", "tax_minor", "rebate_rate"}
BUYER = {"buyer_pseudonym", "country"}
PRICE = {"gross_minor", "refund_minor", "adjust_minor", "fee_minor", "received_minor", "payout_minor"}


@pytest.fixture(scope="module")
def events():
    return [event for _, event in story(rsa.generate_private_key(65537, 2048))]


def seen_by(audience, events):
    """Every member that a reader sees of these events."""
    return {
        member
        for event in events
        for group in groups_for(audience, event["kind"])
        for member in event.get(group, {})
    }  # fmt: skip


@pytest.mark.parametrize("kind", CODE_BY_NAME)
@pytest.mark.parametrize("audience", Audience)
def test_only_known_groups_are_shown_and_a_person_to_nobody(audience, kind):
    assert groups_for(audience, kind) <= set(GROUPS) - {"person"}


@pytest.mark.parametrize("audience", set(Audience) - {Audience.TAX})
def test_cost_is_the_tax_offices_alone(audience, events):
    assert not {"money"} & groups_for(audience, "TAX_STATE")
    assert not COST & seen_by(audience, events)
    assert seen_by(Audience.TAX, events) >= COST


@pytest.mark.parametrize("audience", Audience)
def test_no_reader_sees_a_buyer(audience, events):
    assert not BUYER & seen_by(audience, events)
    assert any(BUYER & set(event.get("person", {})) for event in events)


@pytest.mark.parametrize("audience", [Audience.CUSTOMS, Audience.WAREHOUSE, Audience.READER])
def test_prices_are_for_banks_and_the_tax_office(audience, events):
    assert not PRICE & seen_by(audience, events)
    assert {"gross_minor", "refund_minor", "fee_minor", "received_minor"} <= seen_by(Audience.BANK, events)


def test_customs_sees_the_certificate_of_repayment_without_its_amount():
    assert groups_for(Audience.CUSTOMS, "TAX_STATE") == {"document", "goods", "logistics"}


def test_a_warehouse_sees_its_own_events_only():
    assert groups_for(Audience.WAREHOUSE, "SHIP") == {"document", "goods", "logistics", "order"}
    assert not groups_for(Audience.WAREHOUSE, "SHIP", is_own=False)
    assert not groups_for(Audience.WAREHOUSE, "SALE")
    assert not groups_for(Audience.WAREHOUSE, "FEE")


@pytest.mark.parametrize("audience", Audience)
def test_a_reversal_is_shown_like_what_it_takes_back(audience):
    for kind in CODE_BY_NAME:
        if kind.endswith(REVERSAL_SUFFIX):
            assert groups_for(audience, kind) == groups_for(audience, kind.removesuffix(REVERSAL_SUFFIX))
