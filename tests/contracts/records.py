"""Builds records, and reads the shared vectors of tests/vectors."""

import hashlib
import json
from itertools import count
from pathlib import Path

import pytest

from verifier.record import Word

VECTOR_FILES = Path(__file__).resolve().parents[1] / "vectors"
REVERSAL = 0x80
_serial = count()


def load(name):
    """A shared vector."""
    return json.loads((VECTOR_FILES / f"{name}.json").read_text("utf-8"))


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


KINDS = {kind["name"]: kind for kind in load("kinds")["kinds"]}
CODES = {name: kind["code"] for name, kind in KINDS.items()}
CODES |= {f"{name}_REVERSAL": kind["code"] | REVERSAL for name, kind in KINDS.items() if not kind["is_final"]}
"""Every code that an event may carry, by its name."""
NAMES = {code: name for name, code in CODES.items()}


def kinds(*scopes, movements=None, never_the_operator=None):
    """Parametrizes a test by names of kinds and reversals: those of some scopes, only movements, only notes."""
    names = [
        name
        for name in CODES
        if row(name)["scope"] != "registry"
        and (not scopes or row(name)["scope"] in scopes)
        and movements in (None, row(name)["to"] is not None)
        and never_the_operator in (None, row(name)["never_the_operator"])
    ]
    return pytest.mark.parametrize("kind", names)


def row(kind):
    """The row of the table for a kind or its reversal."""
    return KINDS[kind.removesuffix("_REVERSAL")]


def ends(kind):
    """(from, to) as ("home" or "site", lane number); None for a note."""
    lanes = load("kinds")["lanes"]
    names = [row(kind)["from"], row(kind)["to"]]
    found = [name and (name.split(".")[0], lanes[name.split(".")[0]].index(name.split(".")[1])) for name in names]
    return tuple(reversed(found)) if kind.endswith("_REVERSAL") else tuple(found)


def a_record(kind, lot, site=0, quantity=0, digest=None):
    """A record of 48 bytes. ``kind`` is a name, or a code where the table has none; digests never repeat."""
    code = CODES.get(kind, kind)
    if digest is None:
        digest = hashlib.sha256(b"event %d" % next(_serial)).digest()
    return Word(lot, site, code, quantity).to_bytes() + digest


def word_of(record):
    """The word as the errors carry it."""
    return int.from_bytes(record[:16], "big")


def notes(lot, site, number):
    """So many COUNT notes: records that may come any number of times."""
    return [a_record("COUNT", lot, site) for _ in range(number)]
