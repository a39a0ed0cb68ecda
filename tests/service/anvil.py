"""A chain that mines only when it is told to, so that a test decides what lies in which block and never sleeps.

It runs with the product's own command, but for the mining. ``kill`` is a power cut: what was not written is lost.
"""

import atexit
import json
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from service.launcher import anvil_command, free_port

START_SECONDS = 20


class Anvil:
    """A child of ours on a port of its own. It starts from ``state`` if there is such a file."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> "Anvil":
        """Start the chain and make sure that it is ours: a busy port would connect us to another one."""
        had_state = self.state.exists()
        command = anvil_command(self.port, self.state)
        place = command.index("--block-time")
        command[place : place + 2] = ["--no-mining"]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.kill)
        height = self._first_answer()
        assert self._child.poll() is None
        assert had_state or height == 0
        return self

    def mine(self, blocks: int = 1) -> None:
        """Put what waits into a block, and add empty ones."""
        for _ in range(blocks):
            self.rpc("evm_mine")

    def stop(self) -> None:
        """End the chain in order: it writes its state."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Cut the power."""
        self._end(signal.SIGKILL)

    def save(self) -> None:
        """Write the state, as the product does every minute."""
        self.stop()
        self.start()

    def keep_state(self, path: Path) -> None:
        """Put a copy of the written state aside."""
        shutil.copy(self.state, path)

    def is_alive(self) -> bool:
        """Whether the child runs."""
        return self._child is not None and self._child.poll() is None

    def rpc(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call; AssertionError for an error."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - our own Anvil
            answer = json.load(response)
        assert "error" not in answer, answer
        return answer["result"]

    def height(self) -> int:
        """The number of the newest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def _first_answer(self) -> int:
        assert self._child is not None
        deadline = time.monotonic() + START_SECONDS
        while self._child.poll() is None and time.monotonic() < deadline:
            try:
                return self.height()
            except OSError:
                time.sleep(0.01)  # a process that starts can only be asked
        raise AssertionError("anvil did not start")

    def _end(self, number: int) -> None:
        if self._child is not None:
            self._child.send_signal(number)
            self._child.wait(20)
            self._child = None
