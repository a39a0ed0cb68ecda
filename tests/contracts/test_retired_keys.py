"""A party ends a key of its own, and needs nobody for that (docs/specification.md S-05)."""

import pytest
from actors import ACTORS, SITE_A
from ledger import FOREVER, refused
from records import a_record
from trade import LOT

HOURS = 3600


@pytest.fixture
def second(ledger, operator_a):
    """Another key of the operator, in force."""
    party = operator_a.with_key("second key")
    ledger.add_key(party, consent=ledger.consent(operator_a, to=party.key_id))
    return party


@pytest.fixture
def pending(ledger, operator_a):
    """A key that the registrar has given the operator without its consent: it counts in 48 hours."""
    party = operator_a.with_key("slipped in")
    ledger.add_key(party, valid=(ledger.now() + 49 * HOURS, FOREVER))
    return party


# -- what it does


def test_a_key_that_is_retired_has_ended_and_is_a_leaf(ledger, operator_a):
    receipt = ledger.retire_key(operator_a)
    assert ledger.contract.keyOf(operator_a.key_id)["validTo"] == receipt.timestamp
    assert receipt.events["KeyEnded"] == {
        "keyId": "0x" + operator_a.key_id.hex(), "party": operator_a.number, "validTo": receipt.timestamp
    }  # fmt: skip
    assert receipt.events["Recorded"]["party"] == ACTORS["registrar"].number
    ledger.assert_agrees()


def test_anyone_may_send_it(ledger, operator_a, accounts):
    ledger.retire_key(operator_a, sender=accounts[5])
    ledger.assert_agrees()


def test_a_retired_key_signs_nothing_more(ledger, operator_a):
    ledger.retire_key(operator_a)
    with refused("LotLedgerNotAKey", operator_a.number, operator_a.address):
        ledger.try_record(operator_a, a_record("COUNT", LOT, SITE_A))


def test_the_other_key_goes_on(ledger, operator_a, second):
    ledger.retire_key(second, of=operator_a)
    ledger.record(second, a_record("COUNT", LOT, SITE_A))


@pytest.mark.parametrize("key_type", ["issuer", "line"])
def test_a_batch_key_retires_the_keys_of_its_party_that_cannot_sign_here(ledger, operator_a, key_type):
    other = operator_a.with_key("of another curve")
    consent = ledger.consent(operator_a, to=other.key_id, key_type=key_type)
    ledger.add_key(other, key_type=key_type, consent=consent)
    ledger.retire_key(operator_a, of=other)
    ledger.assert_agrees()


def test_a_party_stops_a_key_that_was_slipped_in(ledger, operator_a, pending):
    """It ends before it begins, so it never was in force: the 48 hours are worth something without the registrar."""
    receipt = ledger.retire_key(operator_a, of=pending)
    key = ledger.contract.keyOf(pending.key_id)
    assert key["validTo"] == receipt.timestamp < key["validFrom"]


def test_a_key_that_is_not_in_force_yet_ends_itself(ledger, pending):
    ledger.retire_key(pending)
    ledger.assert_agrees()


def test_keys_are_retired_while_recording_is_stopped(ledger, operator_a):
    ledger.act("pause")
    ledger.retire_key(operator_a)


# -- a party without any key in force


def test_the_last_key_may_be_retired_and_the_next_one_waits_48_hours(ledger, operator_a):
    ledger.retire_key(operator_a)
    new, now = operator_a.with_key("new key"), ledger.now()
    with refused("PartiesKeyTooSoon", new.key_id, 0, now + 48 * HOURS):
        ledger.add_key(new)
    ledger.add_key(new, valid=(now + 49 * HOURS, FOREVER))


def test_a_retired_key_consents_to_no_successor(ledger, operator_a):
    new = operator_a.with_key("new key")
    consent = ledger.consent(operator_a, to=new.key_id)
    ledger.retire_key(operator_a)
    with refused("PartiesKeyTooSoon", new.key_id, 0, ledger.now() + 48 * HOURS):
        ledger.add_key(new, consent=consent)


def test_a_retired_key_is_never_given_again(ledger, operator_a):
    ledger.retire_key(operator_a)
    with refused("PartiesKeyTaken", operator_a.key_id):
        ledger.add_key(operator_a, valid=(ledger.now() + 49 * HOURS, FOREVER))


# -- what is refused


def test_the_key_of_another_party_is_not_retired(ledger, operator_a, operator_b):
    refuse(ledger, operator_b, operator_a.number, of=operator_a)


def test_the_registrars_key_retires_no_other_partys(ledger, registrar, operator_a):
    """The registrar ends keys by its account, not by its batch key."""
    refuse(ledger, registrar, operator_a.number, of=operator_a)


def test_a_key_that_was_retired_retires_none(ledger, operator_a, second):
    ledger.retire_key(operator_a)
    refuse(ledger, operator_a, operator_a.number, of=second)


def test_a_key_that_is_not_in_force_yet_retires_no_other(ledger, operator_a, pending):
    refuse(ledger, pending, operator_a.number, of=operator_a)


@pytest.mark.parametrize("key_type", ["issuer", "line"])
def test_a_key_that_is_no_batch_key_does_not_sign_its_own_end(ledger, operator_a, key_type):
    """Its id is no address, even if it looks like one."""
    other = operator_a.with_key("looks like an address")
    ledger.add_key(other, key_type=key_type, valid=(ledger.now() + 49 * HOURS, FOREVER))
    refuse(ledger, other, operator_a.number)


def test_a_retirement_at_its_deadline(ledger, operator_a):
    ledger.ask("retireKey", *ledger.retirement(operator_a, deadline=ledger.now()))


def test_a_retirement_after_its_deadline(ledger, operator_a):
    deadline = ledger.now() - 1
    with refused("PartiesExpired", deadline):
        ledger.ask("retireKey", *ledger.retirement(operator_a, deadline=deadline))


def test_a_key_is_retired_once(ledger, operator_a, second):
    receipt = ledger.retire_key(operator_a)
    for signer in (operator_a, second):
        with refused("PartiesBadKey", operator_a.key_id, 0, receipt.timestamp):
            ledger.ask("retireKey", *ledger.retirement(signer, of=operator_a))


def test_a_key_that_was_never_given_is_not_retired(ledger, operator_a):
    never = operator_a.with_key("never given")
    for signer in (operator_a, never):
        with refused("PartiesUnknownKey", never.key_id):
            ledger.ask("retireKey", *ledger.retirement(signer, of=never))


def refuse(ledger, signer, party, *, of=None):
    with refused("PartiesNotAKey", party, signer.address):
        ledger.ask("retireKey", *ledger.retirement(signer, of=of))
