"""Who sees what. Default deny."""

import pytest

from service.core import access
from service.core.access import Sight
from service.core.caller import Reader
from verifier.kinds import KIND_BY_NAME, Role

OWNER, OTHER = 7, 8
OFFICES = [Role.GATEWAY, Role.TAX]
EXCHANGE, LOSS = "exchange-collection", "loss"


def sight(role: Role, *, party: int = OTHER, is_admitted: bool = False, has_site: bool = False) -> Sight:
    return access.sight_of_lot(Reader(party, role), owner=OWNER, is_admitted=is_admitted, has_site=has_site)


def test_an_owner_sees_its_lot_whole() -> None:
    assert sight(Role.EXPORTER, party=OWNER) is Sight.WHOLE


@pytest.mark.parametrize("role", OFFICES)
def test_customs_and_tax_see_every_lot(role: Role) -> None:
    assert sight(role) is Sight.WHOLE


@pytest.mark.parametrize("role", Role)
def test_banks_payment_firms_and_auditors_see_a_lot_once_the_owner_admitted_them(role: Role) -> None:
    may = role in (*OFFICES, Role.BANK, Role.PAYMENT, Role.AUDITOR)
    assert (sight(role, is_admitted=True) is Sight.WHOLE) == may
    assert (sight(role) is Sight.WHOLE) == (role in OFFICES)


@pytest.mark.parametrize("role", [role for role in Role if role not in OFFICES])
def test_an_operator_sees_its_own_sites_and_nobody_else_by_a_site(role: Role) -> None:
    assert sight(role, has_site=True) is (Sight.OWN_SITES if role is Role.OPERATOR else Sight.NOTHING)


def test_everyone_reads_its_own_events_and_no_others() -> None:
    platform = Reader(OTHER, Role.PLATFORM)
    assert access.may_read_event(platform, sender=OTHER, sight=Sight.NOTHING)
    for seen in (Sight.NOTHING, Sight.OWN_SITES):
        assert not access.may_read_event(platform, sender=OWNER, sight=seen)
    assert access.may_read_event(platform, sender=OWNER, sight=Sight.WHOLE)
    assert not access.may_read_groups(platform, sender=OWNER)


@pytest.mark.parametrize("role", Role)
def test_a_consent_opens_a_claim_to_banks_safe_and_auditors(role: Role) -> None:
    def may_read(kind: str, *, is_shown: bool) -> bool:
        return access.may_read_claim(Reader(OTHER, role), owner=OWNER, kind=kind, is_shown=is_shown, is_admitted=False)

    assert may_read(EXCHANGE, is_shown=True) == (role in (Role.BANK, Role.SAFE, Role.AUDITOR))
    assert may_read(EXCHANGE, is_shown=False) == (role is Role.SAFE)
    assert may_read(LOSS, is_shown=False) == (role in OFFICES)


@pytest.mark.parametrize("role", Role)
def test_an_admission_opens_claims_rows_and_the_access_log_to_auditors_alone(role: Role) -> None:
    reader = Reader(OTHER, role)
    is_auditor = role is Role.AUDITOR
    assert access.may_read_access_log(reader, owner=OWNER, is_admitted=True) == is_auditor
    assert access.may_read_tax_rows(reader, owner=OWNER, is_admitted=True) == (is_auditor or role is Role.TAX)
    assert access.may_read_claim(reader, owner=OWNER, kind="other", is_shown=False, is_admitted=True) == is_auditor
    assert access.may_read_consent(reader, owner=OWNER, named=3, is_admitted=True) == is_auditor


@pytest.mark.parametrize("role", Role)
def test_an_endorsement_is_known_to_its_bank_the_owner_and_the_supervision(role: Role) -> None:
    def may_read(party: int, kind: str = EXCHANGE) -> bool:
        return access.may_read_endorsement(Reader(party, role), owner=OWNER, bank=3, kind=kind, is_admitted=False)

    assert may_read(OWNER)
    assert may_read(3)
    assert may_read(OTHER) == (role is Role.SAFE)
    assert not may_read(OTHER, LOSS)


@pytest.mark.parametrize("role", Role)
def test_keys_and_metrics_are_for_the_administrator_who_sees_no_trade_data(role: Role) -> None:
    reader = Reader(OTHER, role)
    is_administrator = role is Role.REGISTRAR
    assert access.may_manage_keys(reader, owner=OWNER) == is_administrator
    assert access.may_read_metrics(reader) == is_administrator
    if is_administrator:
        assert sight(role, is_admitted=True, has_site=True) is Sight.NOTHING
        assert not access.claim_kinds_for(reader)


def test_only_the_owner_changes_a_claim_and_shows_more_than_goods() -> None:
    customs, owner = Reader(OTHER, Role.GATEWAY), Reader(OWNER, Role.EXPORTER)
    assert [access.may_change_claim(reader, owner=OWNER) for reader in (customs, owner)] == [False, True]
    for reader, groups, may in (
        (customs, {"document", "goods"}, True), (customs, {"money"}, False), (owner, {"money", "person"}, True),
    ):  # fmt: skip
        shown = frozenset(groups)
        assert access.may_issue_provenance(reader, owner=OWNER, sight=Sight.WHOLE, groups=shown) == may
    assert not access.may_issue_provenance(customs, owner=OWNER, sight=Sight.OWN_SITES, groups=frozenset())


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("SHIP", Role.OPERATOR), ("ASN", Role.EXPORTER), ("DECLARE", Role.GATEWAY), ("TAX_STATE", Role.TAX),
        ("SALE", Role.PLATFORM | Role.PAYMENT | Role.EXPORTER), ("FX_RECEIPT", Role.BANK),
    ],
)  # fmt: skip
def test_a_kind_is_posted_in_the_roles_of_its_signers(kind: str, roles: Role) -> None:
    assert {role for role in Role if access.may_speak(role, KIND_BY_NAME[kind].signers)} == set(roles)
