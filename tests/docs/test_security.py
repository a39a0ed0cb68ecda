"""docs/security.md names for each attack the tests that stand against it: they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = [line for line in TEXT.splitlines() if line.count("|") == 5 and not line.startswith(("| who |", "|---"))]


def test_every_attack_has_a_test_that_exists() -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        named = re.findall(r"`([\w/]+\.py)::(\*|\w+)`", row)
        assert named, row
        for file, name in named:
            text = (ROOT / file).read_text("utf-8")
            assert "def test_" in text if name == "*" else re.search(rf"^def {name}\b", text, re.MULTILINE), row
