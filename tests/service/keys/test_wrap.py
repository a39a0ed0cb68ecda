"""Secrets of the database under a key of the key file: what opens them again, and what does not."""

import pytest

from service.keys.keyring import LOGINS, RELAYER, SUBJECTS, Keyring, KeyringError
from service.keys.master import Passphrase

SECRET, CONTEXT = b"a secret of a person", b"user 7"


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    made = Keyring(tmp_path_factory.mktemp("wrap") / "keys.json", Passphrase("open sesame"))
    for name in (SUBJECTS, LOGINS, RELAYER):
        made.create(name)
    return made


def test_what_was_wrapped_opens_again_in_another_process_too(keyring: Keyring) -> None:
    wrapped = keyring.wrap(SUBJECTS, SECRET, CONTEXT)
    again = Keyring(keyring._file.path, Passphrase("open sesame"))
    assert again.unwrap(SUBJECTS, wrapped, CONTEXT) == SECRET
    assert (SECRET in wrapped, len(wrapped)) == (False, len(SECRET) + 29)


def test_the_same_secret_is_wrapped_differently_each_time(keyring: Keyring) -> None:
    assert len({keyring.wrap(SUBJECTS, SECRET, CONTEXT) for _ in range(20)}) == 20


@pytest.mark.parametrize(("name", "context"), [(LOGINS, CONTEXT), (SUBJECTS, b"user 8"), (SUBJECTS, b"")])
def test_another_key_or_context_opens_nothing(keyring: Keyring, name: str, context: bytes) -> None:
    wrapped = keyring.wrap(SUBJECTS, SECRET, CONTEXT)
    with pytest.raises(KeyringError, match=name):
        keyring.unwrap(name, wrapped, context)


def test_no_changed_bit_and_no_cut_goes_unseen(keyring: Keyring) -> None:
    wrapped = keyring.wrap(SUBJECTS, SECRET, CONTEXT)
    flipped = [bytes(byte ^ (at == place) for at, byte in enumerate(wrapped)) for place in range(len(wrapped))]
    for changed in (*flipped, *(wrapped[:length] for length in range(len(wrapped)))):
        with pytest.raises(KeyringError):
            keyring.unwrap(SUBJECTS, changed, CONTEXT)


@pytest.mark.parametrize("name", [RELAYER, "party-4"])
def test_a_key_that_signs_encrypts_nothing(keyring: Keyring, name: str) -> None:
    with pytest.raises(KeyringError, match=name):
        keyring.wrap(name, SECRET, CONTEXT)
