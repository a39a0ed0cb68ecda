"""Locking and opening details, on each database: one root, a key for each subject, boxes that fit nowhere else."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, select

from service.core.details import Subjects, erased_groups, open_slots, slots_of, subjects_of
from service.core.sealing import disclose
from service.keys.keyring import SUBJECTS, Keyring, KeyringError
from service.keys.master import Passphrase
from service.store.database import CAPTURE_LOCK, reading, writing
from service.store.details import Details
from service.store.subject_schema import subject, subject_root

ORDER, PERSON = {"order_ref": "114-7731"}, {"buyer_pseudonym": "b-1", "country": "DE"}


@dataclass(frozen=True)
class Row:
    """Sealed groups of a party's event."""

    party: int
    disclosures: bytes
    subjects: Subjects


def a_row(order: object = None, person: object = None, party: int = 6) -> Row:
    groups: list[object] = [None, None, None, {"currency": "USD"}, order, person]
    return Row(party, b"~".join(disclose(groups, os.urandom(96))), subjects_of(order, person))  # type: ignore[arg-type]


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    made = Keyring(tmp_path / "keys.json", Passphrase("a passphrase for tests"))
    made.create(SUBJECTS)
    return made


@pytest.fixture
def details(keyring: Keyring) -> Details:
    return Details(lambda: keyring)


def lock(engine: Engine, details: Details, *rows: Row) -> list[tuple[bytes, int | None, int | None]]:
    with writing(engine, CAPTURE_LOCK) as connection:
        return details.lock(connection, rows)


def opened(engine: Engine, details: Details, *stored: bytes) -> list[bytes | None]:
    with reading(engine) as connection:
        return details.open(connection, list(stored))


CASES = {
    "order and buyer": (ORDER, PERSON, 2, (1, 2)),
    "an order alone": (ORDER, None, 1, (1, None)),
    "a buyer alone": (None, PERSON, 1, (None, 1)),
    "a person that is its order's": (ORDER, {"country": "DE"}, 1, (1, None)),
    "an account": ({"settlement_id": "STL-1"}, None, 0, (None, None)),
    "a country": (None, {"country": "DE"}, 0, (None, None)),
    "empty groups": ({}, {}, 0, (None, None)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_locked_opens_to_the_same_bytes(engine: Engine, details: Details, case: str) -> None:
    order, person, count, shape = CASES[case]
    row = a_row(order, person)
    ((stored, *numbers),) = lock(engine, details, row)
    with reading(engine) as connection:
        assert len(connection.execute(select(subject)).all()) == count
    assert [number is not None for number in numbers] == [number is not None for number in shape]
    assert opened(engine, details, stored) == [row.disclosures]
    assert slots_of(stored)[:4] == slots_of(row.disclosures)[:4]
    has_person_box = bool(person) and count > 0
    assert slots_of(stored)[5].startswith(b"*") == has_person_box


def test_subjects_are_shared_by_events_of_one_sender_only(engine: Engine, details: Details) -> None:
    first = lock(engine, details, a_row(ORDER, PERSON), a_row(ORDER))
    later = lock(engine, details, a_row(ORDER, PERSON), a_row(ORDER, PERSON, party=7))
    assert first[0][1] == first[1][1] == later[0][1]
    assert first[0][2] == later[0][2]
    assert not {later[0][1], later[0][2]} & {later[1][1], later[1][2]}


def test_another_process_opens_it_and_another_key_file_does_not(
    engine: Engine, details: Details, keyring: Keyring, tmp_path: Path
) -> None:
    row = a_row(ORDER, PERSON)
    ((stored, _, _),) = lock(engine, details, row)
    assert opened(engine, Details(lambda: keyring), stored) == [row.disclosures]
    other = Keyring(tmp_path / "other.json", Passphrase("x"))
    other.create(SUBJECTS)
    with pytest.raises(KeyringError):
        opened(engine, Details(lambda: other), stored)


def test_a_box_that_was_changed_or_moved_to_another_slot_or_subject_does_not_open(
    engine: Engine, details: Details
) -> None:
    ((stored, number, _),) = lock(engine, details, a_row(ORDER, {"country": "DE"}))
    slots = slots_of(stored)
    swapped = [*slots[:4], slots[5], slots[4]]
    flipped = [*slots[:4], slots[4][:-6] + (b"A" if slots[4][-6:-5] != b"A" else b"B") + slots[4][-5:], slots[5]]
    for bad in (swapped, flipped):
        with pytest.raises(InvalidTag):
            opened(engine, details, b"~".join(bad))
    unknown = [*slots[:4], slots[4].replace(b"*%d." % number, b"*999."), slots[5]]
    ((left,),) = [opened(engine, details, b"~".join(unknown))]
    assert left is not None
    assert erased_groups(left) == ["order"]
    assert "person" in open_slots(left)


def test_a_root_of_a_capture_that_failed_is_not_used(engine: Engine, details: Details) -> None:
    def fail() -> None:
        with writing(engine, CAPTURE_LOCK) as connection:
            details.lock(connection, [a_row(ORDER)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    row = a_row(ORDER, PERSON)
    ((stored, _, _),) = lock(engine, details, row)
    assert opened(engine, details, stored) == [row.disclosures]
    with reading(engine) as connection:
        assert len(connection.execute(select(subject_root)).all()) == 1


def test_looking_for_a_subject_makes_nothing(engine: Engine, details: Details) -> None:
    with reading(engine) as connection:
        assert details.find_subject(connection, 6, "o114-7731") is None
        assert connection.execute(select(subject_root)).all() == []
