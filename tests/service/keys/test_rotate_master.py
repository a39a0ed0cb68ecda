"""A new master key: which opens the key file when, and that no kill leaves a file that neither opens (S-110)."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.core.box import lock
from service.keys.keyring import ISSUER, Keyring, KeyringError, party_key
from service.keys.master import MasterKey, MasterKeyError, MasterKeyFile, new_master_key
from service.keys.rotate_master import finish_rotation, list_slots, rotate_master
from tests.service.keys.test_master import a_kms, a_program

STEPS = 14
"""Calls that touch the disk in one change, before and after each."""


class Place:
    """A key file with two keys, under an old master key; a new one and a third lie by."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "keys.json"
        for name in ("old", "new", "third"):
            new_master_key(folder / name)
        self.old, self.new, self.third = (MasterKeyFile(folder / name) for name in ("old", "new", "third"))
        made = Keyring(self.path, self.old)
        made.create(ISSUER)
        made.create(party_key(4))
        self.jwk = made.jwk()

    def opens(self, master: MasterKey) -> bool:
        """Whether a master key opens the file; if it does, the keys must be there."""
        try:
            keyring = Keyring(self.path, master)
        except KeyringError:
            return False
        assert keyring.jwk() == self.jwk
        assert party_key(4) in keyring
        return True

    def opened(self) -> tuple[bool, bool]:
        """Whether the old one opens it, and the new one."""
        return self.opens(self.old), self.opens(self.new)

    def run(self, *arguments: str, master: str = "old") -> Result:
        """``cangsu master-key`` with a master key in its settings."""
        environment = {"CANGSU_VAR": str(self.folder), "CANGSU_MASTER_KEY_FILE": str(self.folder / master)}
        return CliRunner().invoke(app, ["master-key", *arguments], env=environment)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_both_open_it_until_the_old_one_is_dropped(place: Place) -> None:
    assert place.opened() == (True, False)
    assert rotate_master(place.path, place.old, place.new)
    assert place.opened() == (True, True)
    assert finish_rotation(place.path, place.new)
    assert place.opened() == (False, True)


def test_each_step_may_be_repeated(place: Place) -> None:
    rotated = [rotate_master(place.path, place.old, place.new) for _ in range(3)]
    finished = [finish_rotation(place.path, place.new) for _ in range(3)]
    assert (rotated, finished) == ([True, False, False], [True, False, False])
    assert not rotate_master(place.path, place.old, place.new)  # one that is done is no error
    assert [kind for kind, _ in list_slots(place.path, place.new)] == ["file"]


def test_the_old_master_key_cannot_drop_the_new_one(place: Place) -> None:
    rotate_master(place.path, place.old, place.new)
    with pytest.raises(KeyringError, match="this is the old master key"):
        finish_rotation(place.path, place.old)
    assert place.opened() == (True, True)


def test_a_new_master_key_that_was_lost_gives_way_to_a_third(place: Place) -> None:
    rotate_master(place.path, place.old, place.new)
    assert rotate_master(place.path, place.old, place.third)
    assert (place.opened(), place.opens(place.third)) == ((True, False), True)


def test_nobody_rotates_without_the_master_key(place: Place) -> None:
    before = place.path.read_bytes()
    for call in (
        lambda: rotate_master(place.path, place.third, place.new),
        lambda: finish_rotation(place.path, place.new),
    ):
        with pytest.raises(KeyringError):
            call()
    assert place.path.read_bytes() == before


def test_a_copy_from_before_does_not_tell_what_came_after(place: Place) -> None:
    shutil.copy(place.path, place.folder / "copy.json")
    stolen = Keyring(place.folder / "copy.json", place.old)._opened
    assert stolen is not None
    rotate_master(place.path, place.old, place.new)
    finish_rotation(place.path, place.new)
    now = Keyring(place.path, place.new)._opened
    assert now is not None
    assert now.data_key != stolen.data_key


def test_a_process_with_the_old_master_key_goes_on(place: Place) -> None:
    process, again = Keyring(place.path, place.old), Keyring(place.path, place.old)
    rotate_master(place.path, place.old, place.new)
    process.create(party_key(5))  # and both slots stay
    assert (place.opened(), party_key(5) in again) == ((True, True), True)
    finish_rotation(place.path, place.new)
    assert process.sign_digest(party_key(5), bytes(32)) == again.sign_digest(party_key(5), bytes(32))
    with pytest.raises(KeyringError, match="does not open"):
        process.create(party_key(6))


def test_a_file_of_the_first_version_gets_a_new_master_key(place: Place) -> None:
    secrets = {ISSUER: bytes(Keyring(place.path, place.old).account(ISSUER).key).hex()}
    place.path.write_text(json.dumps(lock(json.dumps(secrets).encode(), "open sesame")))
    (place.folder / "word").write_text("open sesame\n")
    environment = {"CANGSU_VAR": str(place.folder), "CANGSU_PASSPHRASE": "open sesame"}
    arguments = ["master-key", "rotate", "--to-file", str(place.folder / "new")]
    answer = CliRunner().invoke(app, arguments, env=environment)
    assert answer.exit_code == 0, answer.output
    assert Keyring(place.path, place.new).jwk() == place.jwk


def test_a_new_kms_that_does_not_work_changes_nothing(place: Place) -> None:
    before = place.path.read_bytes()
    with pytest.raises(MasterKeyError, match="exit status 1"):
        rotate_master(place.path, place.old, a_program(place.folder, "import sys; sys.exit(1)"))
    assert place.path.read_bytes() == before


def test_commands(place: Place) -> None:
    kms = a_kms(place.folder)
    told = place.run("rotate", "--to-file", str(place.folder / "new"))
    assert told.stdout.startswith("the new master key (file) opens the key file now; so does the old one until")
    assert [line.split(",")[0] for line in place.run("show").stdout.splitlines()] == ["file", "file"]
    assert place.run("finish").output.splitlines()[-1].startswith("error: this is the old master key")
    assert place.run("finish", master="new").stdout == "the old master key opens nothing any more\n"
    assert place.run("finish", master="new").stdout == "no other master key opens the key file\n"
    arguments = ("rotate", "--to-kms", " ".join(kms._command), "--at-once")
    for says in ("opens the key file now", "opened the key file already"):
        told = place.run(*arguments, master="new")
        assert told.stdout == f"the new master key (kms) {says}; the old one does no more\n"
    assert (place.opened(), place.opens(kms)) == ((False, False), True)
    assert place.run("show", master="new").output.startswith(
        "error: keys.json does not open: it is under kms, not file"
    )
    assert place.run("rotate").exit_code == 2
    assert place.run("new", str(place.folder / "old")).exit_code == 1


@pytest.mark.parametrize("action", ["rotate", "finish"])
def test_whoever_is_killed_leaves_a_file_that_opens_and_can_be_repeated(place: Place, action: str) -> None:
    if action == "finish":
        rotate_master(place.path, place.old, place.new)
    before, changed, seen = place.path.read_bytes(), 0, set()
    for step in range(1, 100):
        place.path.write_bytes(before)
        files = [str(place.path), str(place.folder / "old"), str(place.folder / "new")]
        killed = subprocess.run([sys.executable, "-m", "tests.service.keys.killed", str(step), action, *files])
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL
        seen.add(place.opened())
        changed += place.path.read_bytes() != before
        _repeat(place, action)
    assert (step - 1 >= STEPS, 0 < changed < step - 1) == (True, True)
    assert seen == ({(True, False), (True, True)} if action == "rotate" else {(True, True), (False, True)})


def _repeat(place: Place, action: str) -> None:
    if action == "rotate":
        rotate_master(place.path, place.old, place.new)
        assert place.opened() == (True, True)
    else:
        finish_rotation(place.path, place.new)
        assert place.opened() == (False, True)
