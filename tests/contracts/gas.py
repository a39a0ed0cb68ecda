"""The figures that were reviewed: ``gas.json``, so that a change of cost shows in the diff.

CANGSU_UPDATE_GAS=1 writes them anew.
"""

import json
import os
from pathlib import Path

import pytest

SNAPSHOT = Path(__file__).with_name("gas.json")
TOLERANCE = 0.02


def assert_reviewed(section, figures):
    """The figures are those that ``gas.json`` has in a section, but for 2 %."""
    reviewed = json.loads(SNAPSHOT.read_text("utf-8"))
    if os.environ.get("CANGSU_UPDATE_GAS"):
        reviewed[section] = figures
        SNAPSHOT.write_text(json.dumps(reviewed, indent=2) + "\n", "utf-8")
    assert figures == pytest.approx(reviewed[section], rel=TOLERANCE)
