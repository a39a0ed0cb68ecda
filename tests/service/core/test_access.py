"""Who reads what. Default deny."""

import pytest

from service.core.access import may_read_claim, may_read_event, may_read_lot
from verifier.kinds import Role

OWNER, OTHER = 7, 8


def test_an_owner_reads_its_lot() -> None:
    assert may_read_lot(OWNER, Role.EXPORTER, owner=OWNER, is_admitted=False)


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.TAX])
def test_customs_and_tax_read_every_lot(role: Role) -> None:
    assert may_read_lot(OTHER, role, owner=OWNER, is_admitted=False)


@pytest.mark.parametrize("role", [Role.BANK, Role.PAYMENT])
def test_a_bank_reads_a_lot_once_the_owner_admitted_it(role: Role) -> None:
    assert may_read_lot(OTHER, role, owner=OWNER, is_admitted=True)
    assert not may_read_lot(OTHER, role, owner=OWNER, is_admitted=False)


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in Role.GATEWAY | Role.TAX | Role.BANK | Role.PAYMENT]
)
def test_nobody_else_reads_it_even_if_admitted(role: Role) -> None:
    assert not may_read_lot(OTHER, role, owner=OWNER, is_admitted=True)


def test_everyone_reads_its_own_events_and_no_others() -> None:
    assert may_read_event(OTHER, OTHER, may_read_lot=False)
    assert not may_read_event(OTHER, OWNER, may_read_lot=False)
    assert may_read_event(OTHER, OWNER, may_read_lot=True)


@pytest.mark.parametrize("role", Role)
def test_a_consent_opens_a_claim_to_banks_alone(role: Role) -> None:
    is_opened = may_read_claim(OTHER, role, owner=OWNER, kind="exchange-collection", is_shown=True)
    assert is_opened == (role is Role.BANK)
    assert not may_read_claim(OTHER, role, owner=OWNER, kind="exchange-collection", is_shown=False)
