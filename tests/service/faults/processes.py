"""API and worker as processes of their own, as ``cangsu`` runs them, to be killed without warning."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import httpx

from service.launcher import ROOT, free_port
from tests.service.house import PASSPHRASE, House

WAIT_SECONDS = 60


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Other processes can only be asked, over and over; AssertionError if it does not become so."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


class Process:
    """``python -m service.cli <command>`` on a house."""

    def __init__(self, house: House, command: str) -> None:
        settings = house.settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(settings.var) / f"{command}-{self.port}.log"
        self._command = [sys.executable, "-m", "service.cli", command]
        self._environment = {
            "PATH": "",
            "PYTHONPATH": str(ROOT),
            "CANGSU_VAR": str(settings.var),
            "CANGSU_DATABASE_URL": settings.database_url,
            "CANGSU_RPC_URL": settings.rpc_url,
            "CANGSU_PORT": str(self.port),
            "CANGSU_PASSPHRASE": PASSPHRASE,
        }
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Process":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it. It may take a second or two until it works."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)

    def kill(self) -> None:
        """Kill it: no handler runs, nothing is flushed."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def exit_status(self) -> int:
        """Wait until it ends by itself."""
        assert self._child is not None
        status = self._child.wait(WAIT_SECONDS)
        self._child = None
        return status

    def is_ready(self) -> bool:
        """Whether the API takes requests."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
