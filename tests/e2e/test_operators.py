"""A warehouse joins as docs/operators.md says: its commands, as they stand there, against a real installation."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.launcher import Installation, embedded_settings
from service.members import register
from tests.service.market import EXPORTER, GATEWAY, ISSUER, a_declare, an_event, parties

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operators.md").read_text("utf-8")
COMMANDS = re.findall(r"^cangsu .+$", TEXT.partition("<!-- commands")[2].partition("<!-- /commands")[0], re.MULTILINE)
INVITE = re.findall(r"^cangsu invite .+$", TEXT, re.MULTILINE)[0]
EVENTS = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)[0]


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command prints; it must succeed."""
    words = [sys.executable, "-m", "service.cli", *shlex.split(command)[1:]]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CANGSU_")}
    done = subprocess.run(
        words, cwd=folder, env=bare | {"PYTHONPATH": str(ROOT)} | environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A service with pieces on their way to site 20, which nobody runs yet."""
    started = Installation(embedded_settings(tmp_path_factory.mktemp("service"), None))
    runtime = started.start()
    try:
        known = [party for party in parties() if party.number in (GATEWAY, EXPORTER, ISSUER)]
        keys = register(runtime, known)
        run(INVITE, ROOT, started.environment())  # the first token goes astray; the office sends another
        for party, events in (
            (GATEWAY, [a_declare(100), an_event("DEPART", 100)]),
            (EXPORTER, [an_event("ASN", 100, site=20)]),
        ):
            headers = {"Authorization": f"Bearer {keys[party]}"}
            answer = httpx.post(f"{started.url}/v1/events", json=events, headers=headers, timeout=30).json()
            assert [result["status"] for result in answer["results"]] == ["accepted"] * len(events)
        yield started
    finally:
        started.stop()


def test_a_newcomer_has_its_first_event_on_chain_after_at_most_five_commands(
    installation: Installation, tmp_path: Path
) -> None:
    assert len(COMMANDS) <= 5
    printed = run(INVITE, ROOT, installation.environment())
    address, token = re.findall(r"^cangsu join (\S+) (\S+)$", printed, re.MULTILINE)[0]
    (tmp_path / "first.json").write_text(EVENTS, "utf-8")
    environment = {"CANGSU_KEY_PASSPHRASE": "a passphrase for tests", "CANGSU_PROFILE": str(tmp_path / "profile")}
    said = ""
    for command in COMMANDS:
        filled = command.replace("http://127.0.0.1:8000", address).replace("TOKEN", token)
        said += run(filled, tmp_path, environment)
    assert "your own" in said
    assert "1 anchored" in said
    proof = json.loads((tmp_path / "receipt.json").read_text("utf-8"))
    assert (proof["attester"], proof["event"]["event_id"]) == (20, "RCV-0001")

    later = dict(json.loads(EVENTS)[0], event_id="RCV-0002", quantity=1)
    (tmp_path / "later.json").write_text(json.dumps(later), "utf-8")
    run("cangsu rotate-key", tmp_path, environment)
    run("cangsu post later.json", tmp_path, environment)
    run("cangsu receipt RCV-0001", tmp_path, environment)  # what the old key has signed stays provable
    mode = (tmp_path / "profile" / "profile.json").stat().st_mode & 0o777
    assert mode == 0o600
