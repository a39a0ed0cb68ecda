"""A warehouse joins as docs/operators.md says: its commands, as they stand there, against a real installation."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def test_what_others_are_told_of_the_chain_cannot_rewrite_it(installation: Installation) -> None:
    """The installation was deployed and the parties were registered by way of the gate."""
    url = installation.environment()["CANGSU_RPC_URL"]

    def ask(method: str, *parameters: str) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer: dict[str, Any] = httpx.post(url, json=call, timeout=30).json()
        return answer

    account = "0x" + "22" * 20
    assert ask("anvil_setBalance", account, "0x7")["error"]["code"] == -32601
    assert ask("evm_revert", "0x0")["error"]["code"] == -32601
    assert ask("eth_getBalance", account, "latest")["result"] == "0x0"
    os.kill(installation.pid("gate"), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:  # a process that starts can only be asked
        try:
            assert ask("eth_chainId")["result"] == "0x7a69"
            break
        except httpx.TransportError:
            time.sleep(0.1)
    else:
        raise AssertionError("the gate did not come back")
