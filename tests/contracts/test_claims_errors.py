"""Every error of the registry is provoked by a test: its name stands in one, with what it must say."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
INTERFACES = TESTS.parents[1] / "contracts" / "interfaces"
SOURCES = "".join(path.read_text("utf-8") for path in TESTS.glob("test_*.py"))
ERRORS = [
    error
    for name in ("IClaimRegistry", "ITaxRows")
    for error in re.findall(r"^\s*error (\w+)\(", (INTERFACES / f"{name}.sol").read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_provoked(error):
    assert f'refused("{error}"' in SOURCES
