"""The key file: who may read it, what opens it, and that what it signs is what others can check."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_keys.datatypes import Signature

from service.core.box import lock
from service.keys.keyring import ISSUER, Keyring, KeyringError, party_key
from service.keys.master import Passphrase
from verifier.errors import InvalidError
from verifier.es256 import Jwk, to_low_s, verify_es256

PASSPHRASE = "open sesame"
DIGEST = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.json"


def make(path: Path) -> Keyring:
    """With the issuer's key and one party's."""
    made = Keyring(path, Passphrase(PASSPHRASE))
    made.create(ISSUER)
    made.create(party_key(4))
    return made


@pytest.fixture
def keyring(path: Path) -> Keyring:
    """For tests that change it."""
    return make(path)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """For tests that only sign: opening the file is slow on purpose."""
    return make(tmp_path_factory.mktemp("signing") / "keys.json")


def test_only_the_owner_may_read_the_file(keyring: Keyring, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_nothing_in_the_file_is_in_the_clear(keyring: Keyring, path: Path) -> None:
    secret = bytes(keyring.account(ISSUER).key)
    content = path.read_bytes()
    for form in (secret, secret.hex().encode(), PASSPHRASE.encode(), ISSUER.encode(), b"party-4"):
        assert form not in content


def test_the_file_opens_again_with_the_same_keys(keyring: Keyring, path: Path) -> None:
    again = Keyring(path, Passphrase(PASSPHRASE))
    assert again.address(party_key(4)) == keyring.address(party_key(4))
    assert again.jwk() == keyring.jwk()


def test_a_wrong_passphrase_opens_nothing(keyring: Keyring, path: Path) -> None:
    with pytest.raises(KeyringError) as refusal:
        Keyring(path, Passphrase(PASSPHRASE + "!"))
    assert PASSPHRASE not in str(refusal.value)


def flip(*place: str | int) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        *way, name = place
        for step in way:
            content = content[step]
        content[name] = ("B" if content[name][0] == "A" else "A") + content[name][1:]

    return change


def cut(content: Any) -> None:
    content["data"] = content["data"][:8]


TAMPERINGS = {
    "the salt": flip("slots", 0, "wrapped", "salt"),
    "the nonce of the slot": flip("slots", 0, "wrapped", "nonce"),
    "the data key": flip("slots", 0, "wrapped", "data"),
    "the nonce": flip("nonce"),
    "the data": flip("data"),
    "the length": cut,
    "no slot": lambda content: content["slots"].clear(),
    "the version": lambda content: content.update(version=3),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_file_that_was_tampered_with_opens_not(keyring: Keyring, path: Path, what: str) -> None:
    content = json.loads(path.read_text())
    TAMPERINGS[what](content)
    path.write_text(json.dumps(content))
    with pytest.raises(KeyringError):
        Keyring(path, Passphrase(PASSPHRASE))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 1, "salt": 1, "nonce": 2, "data": 3}', "\0" * 100]
)
def test_a_file_that_is_none_is_named_in_the_error(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(KeyringError, match=r"keys\.json"):
        Keyring(path, Passphrase(PASSPHRASE))


def test_a_file_of_the_first_version_is_read_and_becomes_the_second_when_it_is_saved(
    keyring: Keyring, path: Path
) -> None:
    kept = {ISSUER: bytes(keyring.account(ISSUER).key).hex()}
    path.write_text(json.dumps(lock(json.dumps(kept).encode(), PASSPHRASE)))
    old = Keyring(path, Passphrase(PASSPHRASE))
    assert (old.jwk(), json.loads(path.read_text())["version"]) == (keyring.jwk(), 1)
    old.create(party_key(8))
    again = Keyring(path, Passphrase(PASSPHRASE))
    assert (again.jwk(), party_key(8) in again) == (keyring.jwk(), True)
    assert json.loads(path.read_text())["version"] == 2


def test_two_processes_see_each_others_new_keys(keyring: Keyring, path: Path) -> None:
    other = Keyring(path, Passphrase(PASSPHRASE))
    keyring.create(party_key(5))
    other.create(party_key(6))
    for name in (party_key(5), party_key(6)):
        assert name in keyring
        assert keyring.address(name) == other.address(name)


def test_keys_that_are_made_at_once_are_all_kept(keyring: Keyring, path: Path) -> None:
    rings = [Keyring(path, Passphrase(PASSPHRASE)) for _ in range(6)]
    with ThreadPoolExecutor(len(rings)) as pool:
        for made in [pool.submit(ring.create, party_key(10 + number)) for number, ring in enumerate(rings)]:
            made.result()
    kept = Keyring(path, Passphrase(PASSPHRASE))
    assert all(party_key(10 + number) in kept for number in range(len(rings)))


def test_a_key_that_could_not_be_saved_is_not_there(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="no space"):
            keyring.create(party_key(7))
    assert party_key(7) not in keyring


def test_a_file_that_a_crash_left_does_not_lend_its_mode(keyring: Keyring, path: Path) -> None:
    path.with_suffix(".new").touch(0o644)
    keyring.create(party_key(7))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_name_is_given_once(keyring: Keyring, path: Path) -> None:
    address = keyring.address(party_key(4))
    for one in (keyring, Keyring(path, Passphrase(PASSPHRASE))):
        with pytest.raises(KeyringError):
            one.create(party_key(4))
    assert keyring.address(party_key(4)) == address


def test_a_name_that_is_not_there_is_an_error(signing: Keyring) -> None:
    assert party_key(9) not in signing
    with pytest.raises(KeyringError, match="party-9"):
        signing.sign_digest(party_key(9), DIGEST)


def test_keys_differ(signing: Keyring) -> None:
    assert signing.address(ISSUER) != signing.address(party_key(4))
    assert signing.jwk(ISSUER) != signing.jwk(party_key(4))


def test_a_signature_over_a_digest_recovers_to_the_address(signing: Keyring) -> None:
    signature = signing.sign_digest(party_key(4), DIGEST)
    recovered = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(DIGEST)
    assert (len(signature), signature[64] in (27, 28)) == (65, True)
    assert recovered.to_canonical_address() == signing.address(party_key(4))


def test_a_key_signs_transactions_as_the_same_address(signing: Keyring) -> None:
    account = signing.account(party_key(4))
    transaction = {"to": "0x" + "11" * 20, "value": 0, "gas": 21_000, "gasPrice": 1, "nonce": 0, "chainId": 1}
    sender = Account.recover_transaction(account.sign_transaction(transaction).raw_transaction)
    assert bytes.fromhex(sender[2:]) == signing.address(party_key(4))


@pytest.mark.parametrize("number", range(16))
def test_es256_verifies_with_the_jwk_and_has_the_lower_s(signing: Keyring, number: int) -> None:
    message = f"message {number}".encode()
    signature = signing.sign_es256(message)
    verify_es256(Jwk.from_json(signing.jwk()), message, signature, "issuer")
    assert signature == to_low_s(signature)


def test_es256_verifies_over_no_other_message_and_with_no_other_key(signing: Keyring) -> None:
    signature = signing.sign_es256(b"message")
    for key, message in ((signing.jwk(), b"massage"), (signing.jwk(party_key(4)), b"message")):
        with pytest.raises(InvalidError):
            verify_es256(Jwk.from_json(key), message, signature, "issuer")
