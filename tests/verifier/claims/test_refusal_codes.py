"""The codes of refusals stand in docs/formats.md §9, and nothing else does."""

import re
from pathlib import Path

import pytest

from verifier.claims.kinds import CLAIM_KINDS

ROOT = Path(__file__).resolve().parents[3]
SECTION = (ROOT / "docs" / "formats.md").read_text("utf-8").partition("\n## 9. ")[2].partition("\n## ")[0]
FOLDER = ROOT / "verifier" / "claims"
OURS = sorted(file.stem for file in FOLDER.glob("*.py") if "efused" in file.read_text("utf-8"))
_RAISED = re.compile(r'(?:ClaimRefusedError\(|refused\((?:\s*\w+,)?|_missing\()\s*"(\w+)"')


def codes_in(*names: str) -> set[str]:
    files = [FOLDER / f"{name}.py" for name in names]
    return {code for file in files for code in _RAISED.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("name", OURS)
def test_every_code_is_written_down(name: str) -> None:
    assert {code for code in codes_in(name) if f"`{code}`" not in SECTION} == set()


def test_every_code_that_is_written_down_is_used() -> None:
    rows = re.findall(r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \|", SECTION, re.MULTILINE)
    documented = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    everywhere = codes_in(*(file.stem for file in FOLDER.glob("*.py")))
    assert len(documented) > 30
    assert documented <= everywhere


@pytest.mark.parametrize("name", [kind.name for kind in CLAIM_KINDS.values()])
def test_every_kind_stands_in_the_table(name: str) -> None:
    assert f"| `{name}` (P" in SECTION
