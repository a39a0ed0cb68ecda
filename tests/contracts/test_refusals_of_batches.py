"""Batches that the contract refuses as a whole: by key, nonce, deadline, size, place and pause."""

import pytest
from actors import SITE_A, SITE_B, Party
from ledger import ANYWHERE, FOREVER, refused
from records import a_record, notes

from verifier.kinds import Role
from verifier.record import book_number

ZERO = "0x" + "00" * 20
LANE_7 = 7 << 64


@pytest.fixture
def note(lot):
    return a_record("COUNT", lot, SITE_A)


@pytest.fixture
def second_key(ledger, operator_a):
    """The operator with a further key, which begins in 48 hours."""
    party = operator_a.with_key("second key")
    ledger.add_key(party, valid=(ledger.now() + 49 * 3600, FOREVER))
    return party


# -- keys


def test_a_key_that_was_ended(ledger, operator_a, note):
    ledger.end_key(operator_a)
    with refused("LotLedgerNotAKey", operator_a.number, operator_a.address):
        ledger.try_record(operator_a, note)


def test_a_key_that_has_expired(ledger, operator_a, stranger, note, chain):
    short = operator_a.with_key("short-lived key")
    consent = ledger.consent(operator_a, to=short.key_id, valid=(0, ledger.now() + 60))
    ledger.add_key(short, valid=(0, ledger.now() + 60), consent=consent)
    ledger.record(short, note)
    chain.mine(timedelta=120)
    with refused("LotLedgerNotAKey", short.number, short.address):
        ledger.try_record(short, note)


def test_a_key_that_is_not_valid_yet(ledger, second_key, note):
    with refused("LotLedgerNotAKey", second_key.number, second_key.address):
        ledger.try_record(second_key, note)


def test_a_key_counts_from_its_first_second(ledger, second_key, note, chain):
    chain.mine(timestamp=ledger.contract.keyOf(second_key.key_id)["validFrom"])
    ledger.try_record(second_key, note)


def test_another_partys_key(ledger, operator_a, operator_b, note):
    with refused("LotLedgerNotAKey", operator_a.number, operator_b.address):
        ledger.try_record(operator_a, note, signer=operator_b)


def test_a_key_of_nobody(ledger, operator_a, note):
    nobody = operator_a.with_key("nobody")
    with refused("LotLedgerNotAKey", operator_a.number, nobody.address):
        ledger.try_record(operator_a, note, signer=nobody)


@pytest.mark.parametrize("key_type", ["issuer", "line"])
def test_a_key_that_is_for_something_else(ledger, operator_a, note, key_type):
    other = operator_a.with_key("no batch key")
    ledger.add_key(other, key_type=key_type, consent=ledger.consent(operator_a, to=other.key_id, key_type=key_type))
    with refused("LotLedgerNotAKey", operator_a.number, other.address):
        ledger.try_record(other, note)


def test_party_0(ledger, operator_a, note):
    nobody = Party("operator_a", 0, Role.OPERATOR)
    with refused("LotLedgerNotAKey", 0, operator_a.address):
        ledger.try_record(nobody, note)


def test_party_0_without_a_signature(ledger, note):
    with refused("LotLedgerNotAKey", 0, ZERO):
        ledger.ask("record", note, ANYWHERE, 0, 0, FOREVER, b"")


def test_a_party_that_is_not_registered(ledger, note):
    unknown = Party("unknown", 99, Role.OPERATOR)
    with refused("LotLedgerNotAKey", 99, unknown.address):
        ledger.try_record(unknown, note)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(65), bytes(66), b"\xff" * 65])
def test_a_signature_of_no_one(ledger, operator_a, note, signature):
    with refused("LotLedgerNotAKey", operator_a.number, ZERO):
        ledger.ask("record", note, ANYWHERE, operator_a.number, 0, FOREVER, signature)


# -- nonces


@pytest.fixture
def turn(ledger, operator_a):
    """The operator's next nonce."""
    return ledger.nonces[operator_a.number]


def test_a_replayed_batch(ledger, operator_a, note, turn):
    batch = ledger.batch(operator_a, note)
    ledger.send(batch)
    with refused("InvalidAccountNonce", nonce_account(operator_a), turn + 1):
        ledger.ask("record", *batch)


@pytest.mark.parametrize("away", [-1, 1, LANE_7 + 1])
def test_a_nonce_out_of_turn(ledger, operator_a, note, turn, away):
    expected = LANE_7 if away > LANE_7 else turn
    nonce = away if away > LANE_7 else turn + away
    with refused("InvalidAccountNonce", nonce_account(operator_a), expected):
        ledger.try_record(operator_a, note, nonce=nonce)


def test_lanes_of_nonces_do_not_wait_for_each_other(ledger, operator_a, note, turn):
    ledger.record(operator_a, note, nonce=LANE_7)
    ledger.record(operator_a, note)
    ledger.record(operator_a, note, nonce=LANE_7 + 1)
    nonces = [ledger.contract.nonceOf(operator_a.number, lane) for lane in (0, 7, 8)]
    assert nonces == [turn + 1, LANE_7 + 2, 8 << 64]


def test_a_nonce_that_another_key_of_the_party_has_used(ledger, operator_a, note, turn):
    other = operator_a.with_key("second key")
    ledger.add_key(other, consent=ledger.consent(operator_a, to=other.key_id))
    ledger.record(operator_a, note)
    with refused("InvalidAccountNonce", nonce_account(operator_a), turn + 1):
        ledger.try_record(other, note, nonce=turn)


def test_a_refused_batch_uses_up_no_nonce_and_leaves_no_trace(ledger, operator_a, note, lot, turn):
    with refused("LotLedgerInsufficient", 1, lot, SITE_A, 1, 210, 211):
        ledger.record(operator_a, note, a_record("SHIP", lot, SITE_A, 211))
    assert ledger.contract.nonceOf(operator_a.number, 0) == turn
    ledger.assert_agrees()


def test_a_cancelled_nonce(ledger, operator_a, note, turn, account_of):
    ledger.act("cancel", operator_a.number, turn, sender=account_of(operator_a))
    with refused("InvalidAccountNonce", nonce_account(operator_a), turn + 1):
        ledger.try_record(operator_a, note)


def test_a_nonce_cancelled_by_another_partys_key(ledger, operator_a, operator_b, turn, account_of):
    with refused("LotLedgerNotAKey", operator_a.number, operator_b.address):
        ledger.ask("cancel", operator_a.number, turn, sender=account_of(operator_b))


def test_a_nonce_cancelled_by_the_registrar(ledger, operator_a, turn):
    with refused("LotLedgerNotAKey", operator_a.number, ledger.relayer.address):
        ledger.ask("cancel", operator_a.number, turn)


def test_a_nonce_cancelled_out_of_turn(ledger, operator_a, turn, account_of):
    with refused("InvalidAccountNonce", nonce_account(operator_a), turn):
        ledger.ask("cancel", operator_a.number, turn + 1, sender=account_of(operator_a))


def nonce_account(party):
    """Nonces belong to parties, not to keys: the contract keeps them under the party's number as an address."""
    return f"0x{party.number:040x}"


@pytest.fixture
def account_of(accounts, web3):
    """The account that a party's key is, with something to pay for gas."""

    def fund(party):
        accounts[1].transfer(party.address, "10 ether")
        web3.provider.make_request("anvil_impersonateAccount", [party.address])
        return accounts.at(party.address, force=True)

    return fund


# -- deadlines


def test_a_batch_at_its_deadline(ledger, operator_a, note):
    ledger.try_record(operator_a, note, deadline=ledger.now())


def test_a_batch_after_its_deadline(ledger, operator_a, note):
    deadline = ledger.now() - 1
    with refused("LotLedgerExpired", deadline):
        ledger.try_record(operator_a, note, deadline=deadline)


# -- size, place, pause


@pytest.mark.parametrize("length", [0, 1, 47, 49, 95, 2048 * 48 + 1, 2049 * 48])
def test_a_batch_of_the_wrong_size(ledger, operator_a, note, length):
    data = (note * 2049)[:length]
    with refused("LotLedgerBatchSize", length):
        ledger.try_record(operator_a, data)


def test_the_largest_batch(ledger, operator_a, lot):
    ledger.try_record(operator_a, *notes(lot, SITE_A, 2048))


@pytest.mark.parametrize("away", [-1, 1])
def test_a_batch_out_of_its_place(ledger, operator_a, note, away):
    size = ledger.mirror.frontier.size
    with refused("LotLedgerOutOfPlace", size + away, size):
        ledger.try_record(operator_a, note, place=size + away)


def test_a_batch_whose_place_was_taken(ledger, operator_a, operator_b, note):
    size = ledger.mirror.frontier.size
    ledger.record(operator_b, a_record("EXCESS", book_number(1, operator_b.number), SITE_B), place=size)
    with refused("LotLedgerOutOfPlace", size, size + 1):
        ledger.try_record(operator_a, note, place=size)


def test_a_batch_while_paused(ledger, operator_a, note):
    ledger.act("pause")
    with refused("EnforcedPause"):
        ledger.try_record(operator_a, note)


def test_a_batch_after_a_pause(ledger, operator_a, note):
    ledger.act("pause")
    ledger.act("unpause")
    ledger.try_record(operator_a, note)


def test_a_nonce_may_be_cancelled_while_paused(ledger, operator_a, turn, account_of):
    ledger.act("pause")
    ledger.ask("cancel", operator_a.number, turn, sender=account_of(operator_a))


@pytest.mark.parametrize("call", ["pause", "unpause"])
def test_a_pause_by_anyone_but_the_pauser(ledger, accounts, call):
    with refused("AccessControlUnauthorizedAccount", accounts[1].address, bytes(ledger.contract.PAUSER_ROLE())):
        ledger.ask(call, sender=accounts[1])
