"""The key file: who may read it, what opens it, and that what it signs is what others can check."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account
from eth_keys.datatypes import Signature

from service.keys.keyring import ISSUER, Keyring, KeyringError, party_key
from verifier.errors import InvalidError
from verifier.es256 import Jwk, to_low_s, verify_es256

PASSPHRASE = "open sesame"
DIGEST = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.json"


@pytest.fixture
def keyring(path: Path) -> Keyring:
    """Holds the issuer's key and one party's."""
    made = Keyring(path, PASSPHRASE)
    made.create(ISSUER)
    made.create(party_key(4))
    return made


def test_only_the_owner_may_read_the_file(keyring: Keyring, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_nothing_in_the_file_is_in_the_clear(keyring: Keyring, path: Path) -> None:
    secret = bytes(keyring.account(ISSUER).key)
    content = path.read_bytes()
    for form in (secret, secret.hex().encode(), PASSPHRASE.encode(), ISSUER.encode(), b"party-4"):
        assert form not in content


def test_the_file_opens_again_with_the_same_keys(keyring: Keyring, path: Path) -> None:
    again = Keyring(path, PASSPHRASE)
    assert again.address(party_key(4)) == keyring.address(party_key(4))
    assert again.jwk() == keyring.jwk()


def test_a_wrong_passphrase_opens_nothing(keyring: Keyring, path: Path) -> None:
    with pytest.raises(KeyringError) as refusal:
        Keyring(path, PASSPHRASE + "!")
    assert PASSPHRASE not in str(refusal.value)


def flip(name: str) -> Callable[[dict[str, str]], None]:
    def change(box: dict[str, str]) -> None:
        box[name] = ("B" if box[name][0] == "A" else "A") + box[name][1:]

    return change


def cut(box: dict[str, str]) -> None:
    box["data"] = box["data"][:8]


TAMPERINGS = {"the salt": flip("salt"), "the nonce": flip("nonce"), "the data": flip("data"), "the length": cut}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_file_that_was_tampered_with_opens_not(keyring: Keyring, path: Path, what: str) -> None:
    box = json.loads(path.read_text())
    TAMPERINGS[what](box)
    path.write_text(json.dumps(box))
    with pytest.raises(KeyringError):
        Keyring(path, PASSPHRASE)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"salt": 1, "nonce": 2, "data": 3}', "\0" * 100])
def test_a_file_that_is_none_is_named_in_the_error(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(KeyringError, match=r"keys\.json"):
        Keyring(path, PASSPHRASE)


def test_two_processes_see_each_others_new_keys(keyring: Keyring, path: Path) -> None:
    other = Keyring(path, PASSPHRASE)
    keyring.create(party_key(5))
    other.create(party_key(6))
    for name in (party_key(5), party_key(6)):
        assert name in keyring
        assert keyring.address(name) == other.address(name)


def test_a_name_is_given_once(keyring: Keyring, path: Path) -> None:
    address = keyring.address(party_key(4))
    for one in (keyring, Keyring(path, PASSPHRASE)):
        with pytest.raises(KeyringError):
            one.create(party_key(4))
    assert keyring.address(party_key(4)) == address


def test_a_name_that_is_not_there_is_an_error(keyring: Keyring) -> None:
    assert party_key(9) not in keyring
    with pytest.raises(KeyringError, match="party-9"):
        keyring.sign_digest(party_key(9), DIGEST)


def test_keys_differ(keyring: Keyring) -> None:
    assert keyring.address(ISSUER) != keyring.address(party_key(4))
    assert keyring.jwk(ISSUER) != keyring.jwk(party_key(4))


def test_a_signature_over_a_digest_recovers_to_the_address(keyring: Keyring) -> None:
    signature = keyring.sign_digest(party_key(4), DIGEST)
    recovered = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(DIGEST)
    assert (len(signature), signature[64] in (27, 28)) == (65, True)
    assert recovered.to_canonical_address() == keyring.address(party_key(4))


def test_a_key_signs_transactions_as_the_same_address(keyring: Keyring) -> None:
    account = keyring.account(party_key(4))
    transaction = {"to": "0x" + "11" * 20, "value": 0, "gas": 21_000, "gasPrice": 1, "nonce": 0, "chainId": 1}
    sender = Account.recover_transaction(account.sign_transaction(transaction).raw_transaction)
    assert bytes.fromhex(sender[2:]) == keyring.address(party_key(4))


@pytest.mark.parametrize("number", range(16))
def test_es256_verifies_with_the_jwk_and_has_the_lower_s(keyring: Keyring, number: int) -> None:
    message = f"message {number}".encode()
    signature = keyring.sign_es256(message)
    verify_es256(Jwk.from_json(keyring.jwk()), message, signature, "issuer")
    assert signature == to_low_s(signature)


def test_es256_verifies_over_no_other_message_and_with_no_other_key(keyring: Keyring) -> None:
    signature = keyring.sign_es256(b"message")
    for key, message in ((keyring.jwk(), b"massage"), (keyring.jwk(party_key(4)), b"message")):
        with pytest.raises(InvalidError):
            verify_es256(Jwk.from_json(key), message, signature, "issuer")
