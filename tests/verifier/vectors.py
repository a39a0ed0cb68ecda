"""Reads the shared vectors of tests/vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTOR_FILES = Path(__file__).resolve().parents[1] / "vectors"
Case = dict[str, Any]


def load(name: str) -> Case:
    return json.loads((VECTOR_FILES / f"{name}.json").read_text("utf-8"))


def cases(name: str, members: str) -> Any:
    """Parametrizes a test by the cases of a vector; each is named by its name or defect."""
    found = load(name)[members]
    return pytest.mark.parametrize("case", found, ids=[case.get("name") or case.get("defect") for case in found])


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
