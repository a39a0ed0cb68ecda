"""The embedded installation: Anvil, a gate, API and worker as children of one command, on SQLite. Only this file knows
Anvil, and where it listens: everybody else is given the gate's address, through which the chain cannot be rewritten.

The chain keeps its state in ``var/chain``; a second start goes on from it. Children that die are started again.
"""

import logging
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from service.chain.errors import ChainError
from service.chain.ledger import ChainLedger
from service.config import Settings
from service.deploy import deploy_log, prepare
from service.keys.keyring import CLAIMS, REGISTRAR, RELAYER
from service.runtime import Runtime
from service.store.log_state import find_log_state

log = logging.getLogger("cangsu.launcher")

ROOT = Path(__file__).resolve().parent.parent
CHAIN_ID = 31337
BLOCK_GAS = 200_000_000
BLOCK_SECONDS = 1
STATE_SECONDS = 60
START_SECONDS = 60
WATCH_SECONDS = 1
FUNDS_WEI = 10**24


class LaunchError(Exception):
    """The installation does not start; the message says which part and where its log is."""


def find_anvil() -> Path:
    """Anvil's binary from the pinned npm package; ``CANGSU_ANVIL`` names another one."""
    named = os.environ.get("CANGSU_ANVIL")
    if named:
        return Path(named)
    machine = {"x86_64": "amd64", "aarch64": "arm64", "AMD64": "amd64"}.get(platform.machine(), platform.machine())
    package = f"anvil-{platform.system().lower()}-{machine}"
    found = ROOT / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    if not found.exists():
        raise LaunchError("Anvil is not installed: run `make setup`")
    return found


def free_port() -> int:
    """A port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """A process that is started again if it dies, its output in a log file."""

    def __init__(
        self, name: str, command: Sequence[str], logs: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self._command = list(command)
        self.log_path = logs / f"{name}.log"
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, in a group of its own: Ctrl-C is ours to pass on, in order."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT, env=self._environment, start_new_session=True
            )

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> None:
        """End the process and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def require(self) -> None:
        """LaunchError if the process has died."""
        if not self.is_alive():
            raise LaunchError(f"{self.name} ended at once; see {self.log_path}")


def anvil_command(port: int, state: Path, *, block_seconds: int = BLOCK_SECONDS) -> list[str]:
    """The command of a development chain that mines at an interval and keeps its state in a file."""
    return [
        str(find_anvil()),
        *("--host", "127.0.0.1", "--no-cors"),  # a host in ANVIL_IP_ADDR, and pages in a browser, have no business here
        *("--port", str(port), "--chain-id", str(CHAIN_ID), "--hardfork", "prague", "--quiet"),
        *("--gas-limit", str(BLOCK_GAS), "--block-time", str(block_seconds), "--accounts", "1"),
        *("--state", str(state), "--state-interval", str(STATE_SECONDS), "--preserve-historical-states"),
    ]


def start_anvil(port: int, folder: Path) -> Child:
    """Start a development chain and wait until it answers."""
    _require_free(port)
    folder.mkdir(parents=True, exist_ok=True)
    child = Child("anvil", anvil_command(port, folder / "state.json"), folder.parent / "log")
    child.start()
    chain = ChainLedger(f"http://127.0.0.1:{port}")
    _wait("anvil", lambda: chain.block() is not None, child)
    return child


def start_gate(port: int, node_url: str, logs: Path) -> Child:
    """Start the gate in front of a chain and wait until the chain answers through it."""
    _require_free(port)
    child = Child("gate", [sys.executable, "-m", "service.gate", str(port), node_url], logs)
    child.start()
    chain = ChainLedger(f"http://127.0.0.1:{port}")
    _wait("the gate", lambda: chain.block() is not None, child)
    return child


def _require_free(port: int) -> None:
    """A busy port would be somebody else's chain."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise LaunchError(f"port {port} is taken")


def fund(chain: ChainLedger, address: str) -> None:
    """Give an account of a development chain the money for its transactions."""
    chain.set_balance(address, FUNDS_WEI)


def prepare_embedded(settings: Settings, node_url: str = "") -> Runtime:
    """Bring database, keys and log into being where they are missing. Safe to repeat.

    ``node_url``: where the chain itself is, if the settings name a gate. Money is had from the chain itself only.
    """
    settings.var.mkdir(parents=True, exist_ok=True)
    runtime = Runtime(settings)
    prepare(runtime)
    if find_log_state(runtime.engine) is None:
        chain = ChainLedger(node_url or settings.rpc_url)
        for name in (RELAYER, REGISTRAR, CLAIMS):
            fund(chain, runtime.keyring.account(name).address)
        deploy_log(runtime)
    return runtime


def embedded_settings(var: Path, port: int | None = None) -> Settings:
    """Settings of the embedded installation: ports that are free now, and a passphrase file of its own unless the
    environment names another master key.
    """
    var.mkdir(parents=True, exist_ok=True)
    ports = {"rpc_url": f"http://127.0.0.1:{free_port()}", "port": port or free_port()}
    named = Settings()
    if named.master_key_file is not None or named.kms_command:
        return named.model_copy(update={"var": var, **ports})
    passphrase = var / "passphrase"
    if not passphrase.exists():
        with os.fdopen(os.open(passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return named.model_copy(update={"var": var, "passphrase_file": passphrase, **ports})


class Installation:
    """Anvil, gate, API and worker under one roof. ``start`` returns when the API is ready."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = f"http://{settings.host}:{settings.port}"
        self._node_port = free_port()
        self._children: list[Child] = []
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self, progress: Callable[[str], None] = log.info) -> Runtime:
        """Start everything in order, telling ``progress`` what is going on."""
        settings = self.settings
        try:
            progress("starting the chain (Anvil), behind its gate")
            node_url = f"http://127.0.0.1:{self._node_port}"
            self._children.append(start_anvil(self._node_port, settings.var / "chain"))
            gate_port = int(settings.rpc_url.rsplit(":", 1)[1])
            self._children.append(start_gate(gate_port, node_url, settings.var / "log"))
            progress("preparing database, keys and contract")
            runtime = prepare_embedded(settings, node_url)
            progress("starting API and worker")
            # They hold the keys: to them the gate would be a detour of 3 to 6 ms a call, and protect nothing.
            environment = self.environment() | {"CANGSU_RPC_URL": node_url}
            for name, arguments in (("worker", ["worker"]), ("api", ["serve"])):
                child = Child(
                    name, [sys.executable, "-m", "service.cli", *arguments], settings.var / "log", environment
                )
                child.start()
                self._children.append(child)
            _wait("the API", self._is_ready, self._children[-1])
            self._watcher.start()
        except BaseException:
            self.stop()
            raise
        return runtime

    def wait(self) -> None:
        """Wait until ``stop`` is called from elsewhere; Ctrl-C interrupts it."""
        while not self._stopping.wait(1):
            pass

    def _watch(self) -> None:
        """Start children again that have died."""
        while not self._stopping.wait(WATCH_SECONDS):
            for child in self._children:
                if not child.is_alive() and not self._stopping.is_set():
                    log.warning("%s died; starting it again, see %s", child.name, child.log_path)
                    child.start()

    def stop(self) -> None:
        """Stop everything, the chain last: it writes its state when it ends."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for child in reversed(self._children):
            child.stop(signal.SIGINT if child.name == "anvil" else signal.SIGTERM)
        self._children.clear()

    def pid(self, name: str) -> int:
        """The process id of a child: ``anvil``, ``gate``, ``worker`` or ``api``."""
        process = next(child.process for child in self._children if child.name == name)
        assert process is not None
        return process.pid

    def environment(self) -> dict[str, str]:
        """What other processes need to find this installation. The chain is named by its gate."""
        settings = self.settings
        named = {
            "CANGSU_PASSPHRASE_FILE": settings.passphrase_file,
            "CANGSU_MASTER_KEY_FILE": settings.master_key_file,
        }
        master = {name: str(path.resolve()) for name, path in named.items() if path is not None}
        if settings.kms_command:
            master["CANGSU_KMS_COMMAND"] = settings.kms_command
        return {
            "CANGSU_VAR": str(settings.var.resolve()),
            "CANGSU_RPC_URL": settings.rpc_url,
            "CANGSU_HOST": settings.host,
            "CANGSU_PORT": str(settings.port),
            **master,
        }

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def _wait(what: str, is_ready: Callable[[], bool], child: Child) -> None:
    """Wait until a child works; it is stopped if it does not."""
    deadline = time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline:
            child.require()
            try:
                if is_ready():
                    child.require()
                    return
            except ChainError:
                pass
            time.sleep(0.05)
        raise LaunchError(f"{what} did not become ready in {START_SECONDS} s")
    except BaseException:
        child.stop()
        raise
