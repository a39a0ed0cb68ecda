"""A claim over thousands of sales, through the public API: issued, verified, endorsed and corrected.

``python scripts/bench_claims.py`` measures it alone, ``make bench`` with everything else. Wall-clock times are those of
the machine as it was; the CPU times beside them say what is the service's own work. Linux only: it reads ``/proc``.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_marks import Mark, save, show
from scripts.bench_sales import LINES, Season, count, opening, refund, take_back
from scripts.demo import parties
from scripts.demo_client import ApiKeys, Client, in_posts
from scripts.demo_events import BANK, EXPORTER, REGISTRAR, Step
from service.claim_runtime import ClaimRuntime
from service.launcher import Installation, embedded_settings
from service.members import issue_api_key, register
from service.runtime import Runtime
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.report import Answer
from verifier.steps import verify

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench" / "claims"
SALES = 5_000
REPEATS = 5
ASKED = {
    "kind": "exchange-collection",
    "lines": [{"declaration_no": line.split("-")[0], "item_no": int(line.split("-")[1])} for line in LINES],
}
_TICKS = os.sysconf("SC_CLK_TCK")
console = Console()


@dataclass(slots=True)
class Spent:
    """What something took: wall clock, and CPU time of the API process."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(slots=True)
class ClaimBench:
    """One claim on an installation of its own, and what was measured of it."""

    installation: Installation
    runtime: Runtime
    client: Client
    marks: list[Mark] = field(default_factory=list)

    def tell(self, steps: list[Step]) -> None:
        """Post events and wait until they are on chain."""
        for party, events in in_posts(steps):
            refused = [result for result in self.client.post_events(party, events) if result["status"] == "refused"]
            if refused:
                raise RuntimeError(f"refused: {refused[0]}")
        while (now := self.client.stations())["pending_batches"] or now.get("unsealed") != 0:
            time.sleep(0.02)

    def issue(self, sales: int, ceiling: int) -> Any:
        """Make the claim. A preview does all but the chain's part, so the difference is that part."""
        previews = [self._timed("/v1/claims/preview", EXPORTER, ASKED)[1] for _ in range(REPEATS)]
        drafted = statistics.median(spent.seconds for spent in previews)
        drafted_cpu = statistics.median(spent.cpu_seconds for spent in previews)
        claim, live = self._timed("/v1/claims", EXPORTER, ASKED)
        found = claim["state"], claim["report"]["answer"], claim["figures"]["currencies"]["USD"]["ceiling_minor"]
        if found != ("live", "valid", ceiling):
            raise RuntimeError(f"expected a live and valid claim up to {ceiling}, got {found}")
        self._note(f"claim over {sales:,} sales, until live", live.seconds, "s", "≤ 5")
        self._note("  CPU time of the service", live.cpu_seconds, "s")
        self._note("  draft and own verification", drafted, "s")
        self._note("  CPU time of it", drafted_cpu, "s")
        self._note("  chain, and what of the claim it bears out", live.seconds - drafted, "s")
        gas = self._gas("issue", "part")
        self._note("  transactions", len(gas), "")
        self._note("  gas", sum(gas), "gas")
        self._note("  gas per sale", sum(gas) / sales, "gas/sale")
        return claim

    def verify(self, credential: str) -> None:
        """Verify the credential as a bank does, and in bulk in this process."""
        data = credential.encode()
        file = FOLDER / "claim.sdjwt"
        file.write_bytes(data)
        command = [sys.executable, "-m", "verifier", str(file), "--rpc", self.runtime.settings.rpc_url]
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--log", self.runtime.origin], cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"python -m verifier answers {process.returncode}")
        runs = [self._verify_here(data) for _ in range(REPEATS)]
        events = runs[0][0]
        self._note(f"credential of {events:,} events", len(data), "bytes")
        self._note("  per event", len(data) / events, "bytes")
        self._note("verify it in a fresh process", seconds, "s")
        self._note("  CPU time", usage.ru_utime + usage.ru_stime, "s")
        self._note("  memory at its most", usage.ru_maxrss / 1024, "MiB")
        best = min(cpu_seconds for _, cpu_seconds in runs) / events * 1000
        self._note("verify it, CPU time per event in bulk", best, "ms", "≤ 0.3")

    def endorse(self, path: str) -> None:
        """A bank endorses, one endorsement after the other."""
        self.client.post(EXPORTER, f"{path}/consents", {"bank": BANK, "currency": "USD"})
        spent = []
        for number in range(REPEATS):
            body = {"currency": "USD", "amount_minor": 100, "receipt_minor": 100, "reference": f"B-{number}"}
            spent.append(self._timed(f"{path}/endorsements", BANK, body)[1])
        self._note("endorse an amount, until live", statistics.median(one.seconds for one in spent), "s")
        self._note("  CPU time of the service", statistics.median(one.cpu_seconds for one in spent), "s")
        self._note("  gas", statistics.mean(self._gas("endorse")), "gas")

    def correct(self, path: str, sale: Step) -> None:
        """A sale comes back late: how long until the worker has superseded the claim, and until it says why."""
        before = _cpu_seconds(self._pid("worker"))
        self.tell([take_back(sale), refund(sale)])
        started = time.perf_counter()
        seconds: dict[str, float] = {}
        waits: list[float] = []
        others = threading.Thread(target=lambda: self._keep_counting(seconds, waits))
        others.start()
        while "correction" not in seconds:
            found = self.client.get(EXPORTER, path)
            if found["version"] == 2:
                seconds.setdefault("version", time.perf_counter() - started)
            if any(row["kind"] == "correction" for row in found["credentials"]):
                seconds["correction"] = time.perf_counter() - started
            time.sleep(0.1)
        others.join()
        self._note("supersede it after a late return was anchored", seconds["version"], "s")
        self._note("  until the correction notice is there", seconds["correction"], "s")
        self._note("  longest wait of other events for their anchor", max(waits), "s", "≤ 1.5")
        self._note("  CPU time of the worker", _cpu_seconds(self._pid("worker")) - before, "s")
        self._note("  gas", statistics.mean(self._gas("supersede")), "gas")

    def _keep_counting(self, seconds: dict[str, float], waits: list[float]) -> None:
        """Post other events, one after the other, until the correction is there; how long each waited."""
        while "correction" not in seconds:
            started = time.perf_counter()
            self.tell([count(len(waits))])
            waits.append(time.perf_counter() - started)

    def memory(self) -> None:
        """What the processes took at their most."""
        for name in ("api", "worker"):
            status = Path(f"/proc/{self._pid(name)}/status").read_text()
            peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
            self._note(f"memory of the {name} process at its most", int(peak) / 1024, "MiB")

    def _timed(self, path: str, party: int, body: dict[str, Any]) -> tuple[Any, Spent]:
        """The answer to a post, and what it took."""
        pid = self._pid("api")
        cpu_before, started = _cpu_seconds(pid), time.perf_counter()
        answer = self.client.post(party, path, body)
        return answer, Spent(time.perf_counter() - started, _cpu_seconds(pid) - cpu_before)

    def _verify_here(self, data: bytes) -> tuple[int, float]:
        """(events, CPU seconds) of a verification in this process."""
        view = NodeView(Node(self.runtime.settings.rpc_url))
        started = time.process_time()
        report = verify(data, Policy(int(time.time()), log=self.runtime.pin), view)
        seconds = time.process_time() - started
        if report.answer is not Answer.VALID or report.statement is None:
            raise RuntimeError(f"the claim does not verify: {report.deciding_step}")
        return int(report.steps[6].facts["events"]), seconds

    def _gas(self, *actions: str) -> list[int]:
        """Gas of the transactions of these actions."""
        desk = ClaimRuntime(self.runtime).desk
        with desk.outbox.store.view() as claims:
            mined = [tx for tx in claims.recent_txs(-1) if tx.action in actions]
        chain = self.runtime.chain
        receipts = (chain.ask("eth_getTransactionReceipt", "0x" + tx.tx_hash.hex()) for tx in mined)
        return [int(receipt["gasUsed"], 16) for receipt in receipts]

    def _pid(self, name: str) -> int:
        return self.installation.pid(name)

    def _note(self, mark: str, figure: float, unit: str, goal: str = "") -> None:
        self.marks.append(Mark(mark, goal, figure, unit))


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def claim_marks(sales: int) -> list[Mark]:
    """Run the whole bench once, on an installation of its own."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    key = rsa.generate_private_key(65537, 2048)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    season = Season(sales)
    steps = list(season.steps())
    installation = Installation(embedded_settings(FOLDER))
    try:
        runtime = installation.start(lambda what: console.print(f"  {what}"))
        keys = ApiKeys(FOLDER / "api-keys.json")
        keys.save(register(runtime, parties(spki)) | {REGISTRAR: issue_api_key(runtime, REGISTRAR, "administrator")})
        bench = ClaimBench(installation, runtime, Client(installation.url, keys))
        bench.tell([*opening(key, sales), *steps])
        claim = bench.issue(sales, season.ceiling)
        bench.verify(claim["credential"])
        path = f"/v1/claims/{claim['claim_id']}"
        bench.endorse(path)
        bench.correct(path, next(step for step in steps if step[1]["event_id"] == f"S-{sales - 1}"))
        bench.memory()
        return bench.marks
    finally:
        installation.stop()


def main() -> None:
    """Measure claims alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sales", type=int, default=SALES, help="sales of the claim (%(default)s)")
    options = parser.parse_args()
    marks = claim_marks(options.sales)
    show(console, marks)
    save(ROOT / "var" / "bench-claims.json", marks)


if __name__ == "__main__":
    main()
