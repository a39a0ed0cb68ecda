"""A development chain of our own: a free port, a child that is alive, and block 0."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from verifier.chain import Node
from verifier.errors import UnavailableError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20


def find_anvil() -> str:
    """The binary that CANGSU_ANVIL names, or the one that npm installed for this platform."""
    named = os.environ.get("CANGSU_ANVIL")
    if named:
        return named
    found = sorted((ROOT / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil*"))
    assert found, "no anvil: run `npm ci`, or set CANGSU_ANVIL"
    return str(found[0])


@contextmanager
def running_anvil() -> Iterator[str]:
    """The URL of a fresh chain, ended with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [find_anvil(), "--port", str(port), "--gas-limit", "200000000", "--hardfork", "prague", "--silent"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(child, url)
        # A busy port would connect us to another chain, silently.
        assert child.poll() is None
        assert Node(url).find_block(1) is None
        yield url
    finally:
        child.kill()
        child.wait()


def _wait_for(child: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert child.poll() is None, "anvil ended at once"
        try:
            Node(url, timeout_seconds=1).chain_id()
            return
        except UnavailableError:
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.05)
