"""Parties, roles, keys, sites and admissions: who may change them, and that every change is a leaf."""

import pytest
from actors import SITE_A, UNKNOWN_SITE, Party
from ledger import FOREVER, refused
from records import a_record
from trade import LOT

from verifier.kinds import Role
from verifier.record import registry_book

HOURS = 3600
NEWCOMER = Party("newcomer", 50, Role.OPERATOR)
REGISTRAR_CALLS = {
    "setParty": (50, 1),
    "addKey": (50, 1, b"\x01" * 32, 0, 1, False, b""),
    "endKey": (b"\x01" * 32,),
    "openSite": (50, 50),
}

# -- every change is a leaf of the party's registry book, with the digest that verifier/registry.py builds


def test_the_first_leaf_makes_party_1_the_registrar(empty, fn_isolation):
    assert empty.contract.treeHead()[0] == 1
    assert empty.contract.rolesOf(1) == Role.REGISTRAR
    empty.assert_agrees()


def test_a_new_party_is_a_leaf(ledger):
    receipt = ledger.set_party(NEWCOMER)
    assert receipt.events["PartySet"] == {"party": 50, "roles": Role.OPERATOR}
    assert ledger.contract.rolesOf(50) == Role.OPERATOR
    ledger.assert_agrees()


def test_a_change_of_roles_is_a_leaf(ledger, stranger):
    ledger.set_party(stranger, Role.OPERATOR | Role.BILLER)
    assert ledger.contract.rolesOf(stranger.number) == Role.OPERATOR | Role.BILLER
    ledger.assert_agrees()


@pytest.mark.parametrize("key_type", ["batch", "issuer", "line"])
@pytest.mark.parametrize("custodial", [True, False])
def test_a_new_key_is_a_leaf(ledger, key_type, custodial):
    ledger.set_party(NEWCOMER)
    receipt = ledger.add_key(NEWCOMER, key_type=key_type, valid=(5, 2**64 - 1), custodial=custodial)
    code = ["batch", "issuer", "line"].index(key_type) + 1
    assert tuple(ledger.contract.keyOf(NEWCOMER.key_id)) == (50, code, 5, 2**64 - 1, custodial)
    assert receipt.events["KeyAdded"]["isCustodial"] == custodial
    ledger.assert_agrees()


def test_the_end_of_a_key_is_a_leaf(ledger, stranger):
    receipt = ledger.end_key(stranger)
    assert ledger.contract.keyOf(stranger.key_id)["validTo"] == receipt.timestamp
    assert receipt.events["KeyEnded"]["validTo"] == receipt.timestamp
    ledger.assert_agrees()


def test_a_new_site_is_a_leaf_of_its_operator(ledger, operator_a):
    receipt = ledger.open_site(UNKNOWN_SITE, operator_a)
    assert receipt.events["SiteOpened"] == {"site": UNKNOWN_SITE, "operator": operator_a.number}
    assert ledger.contract.operatorOf(UNKNOWN_SITE) == operator_a.number
    ledger.assert_agrees()


def test_an_admission_is_a_leaf_of_the_owner(ledger, exporter, stranger):
    receipt = ledger.record(exporter, a_record("ADMIT", registry_book(exporter.number), stranger.number))
    assert receipt.events["Admitted"] == {"owner": exporter.number, "party": stranger.number, "isAdmitted": True}
    assert ledger.contract.isAdmitted(exporter.number, stranger.number)
    ledger.assert_agrees()


def test_the_end_of_an_admission_is_a_leaf_of_the_owner(ledger, exporter, platform):
    ledger.record(exporter, a_record("ADMIT_END", registry_book(exporter.number), platform.number))
    assert not ledger.contract.isAdmitted(exporter.number, platform.number)
    ledger.assert_agrees()


def test_an_admission_counts_in_the_same_batch_of_the_owner_only(ledger, exporter, platform):
    book = registry_book(exporter.number)
    ledger.record(exporter, a_record("ADMIT_END", book, platform.number), a_record("ADMIT", book, platform.number))
    assert ledger.contract.isAdmitted(exporter.number, platform.number)
    assert not ledger.contract.isAdmitted(platform.number, exporter.number)


def test_registry_leaves_are_announced_like_all_others(ledger):
    size = ledger.mirror.frontier.size
    event = ledger.set_party(NEWCOMER).events["Recorded"]
    assert (event["firstLeaf"], event["party"], len(bytes(event["records"]))) == (size, 1, 48)


# -- only the registrar


@pytest.mark.parametrize("call", REGISTRAR_CALLS)
def test_only_the_registrar_changes_the_registry(ledger, accounts, call):
    with refused("AccessControlUnauthorizedAccount", accounts[1].address, bytes(ledger.contract.REGISTRAR_ROLE())):
        ledger.ask(call, *REGISTRAR_CALLS[call], sender=accounts[1])


@pytest.mark.parametrize("role", ["REGISTRAR_ROLE", "PAUSER_ROLE", "DEFAULT_ADMIN_ROLE"])
def test_only_the_admin_grants_roles_of_the_contract(ledger, accounts, role):
    role = getattr(ledger.contract, role)()
    with refused("AccessControlUnauthorizedAccount", accounts[1].address, bytes(32)):
        ledger.ask("grantRole", role, accounts[1], sender=accounts[1])


def test_a_registrar_who_is_not_the_deployer_gets_every_role(LotLedger, accounts, fn_isolation):
    contract = accounts[0].deploy(LotLedger, bytes(32), accounts[1])
    roles = [contract.REGISTRAR_ROLE(), contract.PAUSER_ROLE(), contract.DEFAULT_ADMIN_ROLE()]
    assert [contract.hasRole(role, accounts[1]) for role in roles] == [True] * 3
    assert [contract.hasRole(role, accounts[0]) for role in roles] == [False] * 3


def test_a_registrar_who_was_replaced_is_refused(ledger, accounts):
    role = ledger.contract.REGISTRAR_ROLE()
    ledger.act("grantRole", role, accounts[1])
    ledger.act("revokeRole", role, ledger.relayer)
    ledger.set_party(NEWCOMER, sender=accounts[1])
    with refused("AccessControlUnauthorizedAccount", ledger.relayer.address, bytes(role)):
        ledger.ask("setParty", 51, 1)


# -- parties and sites


@pytest.mark.parametrize("number", [0, 2**24, 2**32 - 1])
def test_a_party_number_is_below_2_24_and_not_0(ledger, number):
    with refused("PartiesBadNumber", number):
        ledger.ask("setParty", number, 1)


@pytest.mark.parametrize("roles", [0, Role.REGISTRAR << 1, 1 << 12, 2**32 - 1])
def test_a_party_has_listed_roles_and_at_least_one(ledger, roles):
    with refused("PartiesBadNumber", int(roles)):
        ledger.ask("setParty", 50, int(roles))


def test_a_site_is_opened_once(ledger, operator_a, operator_b):
    for operator in (operator_a, operator_b):
        with refused("PartiesSiteTaken", SITE_A):
            ledger.ask("openSite", SITE_A, operator.number)


def test_a_site_is_not_0(ledger, operator_a):
    with refused("PartiesBadNumber", 0):
        ledger.ask("openSite", 0, operator_a.number)


@pytest.mark.parametrize("operator", [0, 8, 99])
def test_a_site_has_an_operator_with_that_role(ledger, operator):
    with refused("PartiesNotAnOperator", operator):
        ledger.ask("openSite", UNKNOWN_SITE, operator)


# -- keys


def test_a_key_belongs_to_a_registered_party(ledger):
    with refused("PartiesUnknownParty", 50):
        ledger.add_key(NEWCOMER)


def test_a_key_belongs_to_one_party(ledger, operator_a):
    ledger.set_party(NEWCOMER)
    with refused("PartiesKeyTaken", operator_a.key_id):
        ledger.add_key(NEWCOMER, key_id=operator_a.key_id)


def test_an_ended_key_is_never_given_again(ledger, operator_a):
    ledger.end_key(operator_a)
    with refused("PartiesKeyTaken", operator_a.key_id):
        ledger.add_key(operator_a, valid=(ledger.now() + 49 * HOURS, FOREVER))


@pytest.mark.parametrize("valid", [(7, 7), (8, 7), (1, 0)])
def test_a_key_ends_after_it_begins(ledger, valid):
    ledger.set_party(NEWCOMER)
    with refused("PartiesBadKey", NEWCOMER.key_id, *valid):
        ledger.add_key(NEWCOMER, valid=valid)


def test_a_key_is_for_something(ledger):
    ledger.set_party(NEWCOMER)
    with refused("PartiesBadKey", NEWCOMER.key_id, 0, 1):
        ledger.ask("addKey", 50, 0, NEWCOMER.key_id, 0, 1, False, b"")


def test_a_key_of_zeros_is_none(ledger):
    ledger.set_party(NEWCOMER)
    with refused("PartiesBadKey", bytes(32), 0, FOREVER):
        ledger.add_key(NEWCOMER, key_id=bytes(32))


def test_a_key_that_was_never_given_cannot_be_ended(ledger):
    with refused("PartiesUnknownKey", NEWCOMER.key_id):
        ledger.end_key(NEWCOMER)


def test_a_key_is_ended_once(ledger, stranger):
    receipt = ledger.end_key(stranger)
    with refused("PartiesBadKey", stranger.key_id, 0, receipt.timestamp):
        ledger.end_key(stranger)


# -- a further key: the consent of one of the party's keys, or 48 hours


@pytest.fixture
def further(operator_a):
    return operator_a.with_key("further key")


def test_the_first_key_counts_at_once(ledger):
    ledger.set_party(NEWCOMER)
    ledger.add_key(NEWCOMER)
    ledger.record(NEWCOMER, a_record("ADMIT", registry_book(50), 2))


def test_a_further_key_needs_no_consent_48_hours_ahead(ledger, further):
    fields = (further.number, 1, further.key_id, ledger.now() + 48 * HOURS, FOREVER, False, b"")
    ledger.ask("addKey", *fields)


@pytest.mark.parametrize("ahead", [-1, 0, 48 * HOURS - 1])
def test_a_further_key_sooner_is_refused_without_consent(ledger, further, ahead):
    now = ledger.now()
    with refused("PartiesKeyTooSoon", further.key_id, now + ahead, now + 48 * HOURS):
        ledger.add_key(further, valid=(now + ahead, FOREVER))


def test_a_further_key_counts_at_once_with_consent(ledger, operator_a, further):
    ledger.add_key(further, consent=ledger.consent(operator_a, to=further.key_id))
    ledger.record(further, a_record("COUNT", LOT, SITE_A))


def test_a_further_key_of_another_type_needs_consent_too(ledger, operator_a, further):
    now = ledger.now()
    with refused("PartiesKeyTooSoon", further.key_id, 0, now + 48 * HOURS):
        ledger.add_key(further, key_type="issuer")


def test_the_consent_of_a_retired_key_is_refused(ledger, operator_a, further):
    consent = ledger.consent(operator_a, to=further.key_id)
    ledger.end_key(operator_a)
    with refused("PartiesKeyTooSoon", further.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(further, consent=consent)


def test_the_consent_of_a_key_that_is_not_valid_yet_is_refused(ledger, further):
    ledger.add_key(further, valid=(ledger.now() + 49 * HOURS, FOREVER))
    third = further.with_key("third key")
    with refused("PartiesKeyTooSoon", third.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(third, consent=ledger.consent(further, to=third.key_id))


def test_the_consent_of_another_party_is_refused(ledger, operator_b, further):
    consent = ledger.consent(further.with_key(operator_b.name), to=further.key_id)
    with refused("PartiesKeyTooSoon", further.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(further, consent=consent)


def test_the_consent_of_the_new_key_itself_is_refused(ledger, further):
    with refused("PartiesKeyTooSoon", further.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(further, consent=ledger.consent(further, to=further.key_id))


@pytest.mark.parametrize(
    "changed", [{"key_type": "issuer"}, {"valid": (0, 7)}, {"valid": (1, FOREVER)}, {"custodial": True}]
)
def test_a_consent_to_something_else_is_refused(ledger, operator_a, further, changed):
    consent = ledger.consent(operator_a, to=further.key_id, **changed)
    with refused("PartiesKeyTooSoon", further.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(further, consent=consent)


def test_an_issuer_key_consents_to_nothing(ledger):
    """Only batch keys sign for a party."""
    ledger.set_party(NEWCOMER)
    ledger.add_key(NEWCOMER, key_type="issuer")
    further = NEWCOMER.with_key("further key")
    with refused("PartiesKeyTooSoon", further.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(further, consent=ledger.consent(NEWCOMER, to=further.key_id))
