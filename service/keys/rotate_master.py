"""Change the master key of a key file. The keys in it stay; a process that holds them goes on.

In two steps, so that nothing has to stop at one moment: ``rotate_master`` gives the new master key a slot beside the
old one, and ``finish_rotation`` drops the old one once every process has the new one in its settings. Each replaces the
file once, as a whole: at every moment the old master key opens it, or the new one, or both. Safe to repeat.
"""

from dataclasses import replace
from pathlib import Path

from service.keys.key_file import KeyFile, KeyringError, find_slot, make_slot, new_keys
from service.keys.master import MasterKey, MasterKeyError


def list_slots(path: Path, master: MasterKey) -> list[tuple[str, int]]:
    """The kind of each master key that opens a key file, and since when (unix seconds); the newest last."""
    return [(slot["master"], slot["since"]) for slot in KeyFile(path).open(master).slots]


def rotate_master(path: Path, old: MasterKey, new: MasterKey) -> bool:
    """Let a new master key open a key file, beside the old one and no third; False if it does already."""
    file = KeyFile(path)
    with file.locked():
        try:
            opened = file.open(old)
        except KeyringError:
            if _is_finished(file, new):
                return False
            raise
        place, data_key = find_slot(opened.slots, old)
        if _opens(opened.slots, new):
            return False
        file.save(replace(opened, slots=(opened.slots[place], make_slot(new, data_key))))
    return True


def finish_rotation(path: Path, master: MasterKey) -> bool:
    """Let no master key but this open a key file; False if none other does.

    The data key is a fresh one: who has the old master key and an older copy of the file learns nothing of what is
    added from now on. Raises KeyringError if a newer master key is there, which would be lost.
    """
    file = KeyFile(path)
    with file.locked():
        opened = file.open(master)
        place, _ = find_slot(opened.slots, master)
        if place != len(opened.slots) - 1:
            raise KeyringError("this is the old master key: put the new one into the settings first")
        if place == 0:
            return False
        file.save(new_keys(master, opened.secrets))
    return True


def _opens(slots: tuple[dict[str, object], ...], master: MasterKey) -> bool:
    try:
        find_slot(slots, master)
    except MasterKeyError:
        return False
    return True


def _is_finished(file: KeyFile, new: MasterKey) -> bool:
    try:
        file.open(new)
    except KeyringError:
        return False
    return True
