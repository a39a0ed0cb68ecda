"""Master keys: a passphrase, a file, a program that asks a KMS. What opens a key file, and that nothing shows it."""

import json
import shlex
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.config import Settings, SettingsError
from service.keys.keyring import ISSUER, Keyring, KeyringError
from service.keys.master import KmsCommand, MasterKey, MasterKeyError, MasterKeyFile, Passphrase, new_master_key

DATA_KEY = bytes(range(32))
KMS = Path(__file__).parent / "kms.py"


def a_file(folder: Path, name: str = "master.key") -> MasterKeyFile:
    if not (folder / name).exists():
        new_master_key(folder / name)
    return MasterKeyFile(folder / name)


def a_kms(folder: Path, name: str = "kms.key") -> KmsCommand:
    a_file(folder, name)
    return KmsCommand(shlex.join([sys.executable, str(KMS), str(folder / name)]))


def a_program(folder: Path, text: str) -> KmsCommand:
    """A program that does whatever a faulty one might."""
    script = folder / "program.py"
    script.write_text(text)
    return KmsCommand(shlex.join([sys.executable, str(script)]))


MASTERS: dict[str, Callable[[Path], MasterKey]] = {
    "passphrase": lambda folder: Passphrase("open sesame"),
    "file": a_file,
    "kms": a_kms,
}
OTHERS: dict[str, Callable[[Path], MasterKey]] = {
    "passphrase": lambda folder: Passphrase("open poppy"),
    "file": lambda folder: a_file(folder, "other.key"),
    "kms": lambda folder: a_kms(folder, "other-kms.key"),
}


@pytest.mark.parametrize("kind", MASTERS)
def test_a_key_file_opens_again_with_its_master_key_and_no_other(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys.json"
    made = Keyring(path, MASTERS[kind](tmp_path))
    made.create(ISSUER)
    assert Keyring(path, MASTERS[kind](tmp_path)).jwk() == made.jwk()
    for other in (OTHERS[kind], *(MASTERS[name] for name in MASTERS if name != kind)):
        with pytest.raises(KeyringError, match=r"keys\.json does not open"):
            Keyring(path, other(tmp_path))


@pytest.mark.parametrize("kind", MASTERS)
def test_what_is_wrapped_is_not_the_key_and_not_twice_the_same(tmp_path: Path, kind: str) -> None:
    master = MASTERS[kind](tmp_path)
    wrapped = [master.wrap(DATA_KEY) for _ in range(2)]
    assert wrapped[0]["data"] != wrapped[1]["data"]
    assert [master.unwrap(one) for one in wrapped] == [DATA_KEY, DATA_KEY]


@pytest.mark.parametrize("kind", MASTERS)
def test_nothing_that_is_shown_of_a_master_key_is_secret(tmp_path: Path, kind: str) -> None:
    master = MASTERS[kind](tmp_path)
    keyring = Keyring(tmp_path / "keys.json", master)
    keyring.create(ISSUER)
    secrets = [b"open sesame", bytes(keyring.account(ISSUER).key)]
    secrets += [path.read_bytes() for path in tmp_path.glob("*.key")]
    shown = f"{master!r} {master} {keyring!r} {keyring._opened!r} {master.wrap(DATA_KEY)}"
    shown += (tmp_path / "keys.json").read_text()
    for secret in secrets:
        assert secret not in shown.encode()
        assert secret.hex() not in shown
        assert repr(secret) not in shown


def test_a_master_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    new_master_key(path)
    assert (stat.S_IMODE(path.stat().st_mode), len(path.read_bytes())) == (0o600, 32)
    with pytest.raises(FileExistsError):
        new_master_key(path)
    for mode in (0o640, 0o604, 0o610, 0o660):
        path.chmod(mode)
        with pytest.raises(MasterKeyError, match="0600"):
            MasterKeyFile(path)
    path.chmod(0o400)
    MasterKeyFile(path)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33), b"00" * 32])
def test_a_file_of_another_length_is_no_master_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyError, match=r"master\.key is no master key: expected 32 bytes"):
        MasterKeyFile(path)


ANSWER = "import base64, json, sys\nrequest = json.load(sys.stdin)\n"
FAULTS = {
    "import sys; sys.exit(3)": "exit status 3",
    "": "an answer that is none",
    "print('{}')": "an answer that is none",
    "print('[]')": "an answer that is none",
    'print(\'{"data": "?"}\')': "an answer that is none",
    "print('{\"data\": 7}')": "an answer that is none",
    ANSWER + "json.dump({'data': request['data']}, sys.stdout)": "in the clear",
    ANSWER + "json.dump({'data': base64.b64encode(bytes(48)).decode()}, sys.stdout)": "does not unwrap",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_faulty_kms_leaves_no_key_file(tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    keyring = Keyring(tmp_path / "keys.json", a_program(tmp_path, text))
    with pytest.raises(MasterKeyError, match=FAULTS[text]):
        keyring.create(ISSUER)
    assert not (tmp_path / "keys.json").exists()
    assert capfd.readouterr().out == ""


def test_what_a_kms_answers_stands_in_no_error(tmp_path: Path) -> None:
    text = 'import sys\nsys.stdin.read()\nprint(\'{"data": "c2VjcmV0IHNlY3JldA\')'  # cut off
    with pytest.raises(MasterKeyError) as refusal:
        a_program(tmp_path, text).wrap(DATA_KEY)
    assert (refusal.value.__cause__, refusal.value.__suppress_context__) == (None, True)
    assert "c2VjcmV0" not in str(refusal.value)


def test_a_kms_that_hangs_or_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.keys.master.KMS_SECONDS", 0.2)
    with pytest.raises(MasterKeyError, match=r"no answer in 0\.2 s"):
        a_program(tmp_path, "import time; time.sleep(60)").wrap(DATA_KEY)
    with pytest.raises(MasterKeyError, match="does not start"):
        KmsCommand(str(tmp_path / "nothing")).wrap(DATA_KEY)
    with pytest.raises(MasterKeyError, match="no program"):
        KmsCommand(" ")


def test_a_process_that_has_opened_its_keys_asks_the_kms_no_more(tmp_path: Path) -> None:
    first = Keyring(tmp_path / "keys.json", a_kms(tmp_path))
    first.create(ISSUER)
    second = Keyring(tmp_path / "keys.json", a_kms(tmp_path))
    (tmp_path / "kms.key").unlink()
    first.create("party-4")
    assert second.address("party-4") == first.address("party-4")
    with pytest.raises(KeyringError):
        Keyring(tmp_path / "keys.json", KmsCommand(shlex.join([sys.executable, str(KMS), str(tmp_path / "kms.key")])))


def test_one_kind_of_master_key_is_set_and_no_other(tmp_path: Path) -> None:
    new_master_key(tmp_path / "master.key")
    file, kms = {"master_key_file": tmp_path / "master.key"}, {"kms_command": "ask"}
    word = {"passphrase": "x"}
    kinds = [Settings.model_validate(one).master_key().kind for one in (word, file, kms)]
    assert kinds == ["passphrase", "file", "kms"]
    for several in (word | file, word | kms, file | kms, {"passphrase_file": tmp_path} | kms):
        with pytest.raises(SettingsError, match="not several"):
            Settings.model_validate(several).master_key()
    with pytest.raises(SettingsError, match="CANGSU_MASTER_KEY_FILE"):
        Settings().master_key()
    (tmp_path / "word").write_text(" \n")
    with pytest.raises(MasterKeyError, match="word holds no passphrase"):
        Settings(passphrase_file=tmp_path / "word").master_key()


def test_the_slots_say_what_opens_the_file_and_nothing_else(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys.json", a_file(tmp_path))
    keyring.create(ISSUER)
    content = json.loads((tmp_path / "keys.json").read_text())
    assert (set(content), [set(slot) for slot in content["slots"]]) == (
        {"version", "slots", "nonce", "data"}, [{"master", "since", "wrapped"}],
    )  # fmt: skip
