"""Measures, in one run and side by side: gas, throughput from HTTP to anchored, proof size, verification time, a claim.

Prints a table and writes var/bench.json, a list of {mark, goal, figure, unit, yardstick, ratio}. Ratios are what
counts: both sides were measured here, in this run. ``--events`` and ``--sales`` set how much the runs take.
"""

import argparse
import shutil
import statistics
import sys
import threading
import time
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_claims import SALES, claim_marks
from scripts.bench_gas import OPERATOR, GasBench, calldata_floor
from scripts.bench_market import LINES, days, opening
from scripts.bench_marks import Mark, save, show
from scripts.demo import parties
from scripts.demo_client import ApiKeys, Client, in_posts
from scripts.demo_events import EXPORTER, REGISTRAR, WEST_COAST
from service.launcher import Installation, embedded_settings, free_port, start_anvil
from service.members import issue_api_key, register
from service.runtime import Runtime
from verifier.chain import Node, NodeView
from verifier.policy import Policy
from verifier.steps import verify

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
POSTED_AT_ONCE = 2
ONE_BY_ONE = 400
console = Console()


def gas_marks(rpc_url: str) -> list[Mark]:
    """Gas per event against the calldata floor and against one transaction per event."""
    bench = GasBench(rpc_url)
    alone = statistics.mean(bench.record(OPERATOR, bench.mixed(1, 1)) for _ in range(5))
    marks = [Mark("gas, one event a transaction", "", alone, "gas/event", "", None)]
    for events in (100, 1_000, 2_000):
        for lots in (1, 50):
            records = bench.mixed(events, lots)
            used = bench.record(OPERATOR, records) / len(records)
            floor = calldata_floor(records)
            goal = "≤ 4,000, aim 3,400" if (events, lots) == (1_000, 50) else ""
            name = f"gas, {events:,} events of mixed kinds over {lots} lot{'s' if lots > 1 else ''}"
            marks.append(Mark(name, goal, used, "gas/event", f"calldata floor {floor:,.0f}", used / floor))
            marks.append(
                Mark("  the same against one a transaction", "", alone / used, "×", f"{alone:,.0f} gas", alone / used)
            )
    used = bench.record(5, bench.sales(1_000)) / 1_000
    marks.append(Mark("gas, 1,000 sales over 50 lots by an admitted platform", "", used, "gas/event", "", None))
    return marks


def one_by_one(rpc_url: str, events: int = ONE_BY_ONE) -> float:
    """Events a second with one transaction each: same contract, web3.py, signed and sent one after another."""
    bench = GasBench(rpc_url, lots=1)
    records = bench.mixed(events, 1)
    tx_nonce = bench.chain.transaction_count(bench.account.address)
    started = time.monotonic()
    last = b""
    for i, record in enumerate(records):
        raw_tx, last = bench.sign(OPERATOR, [record], tx_nonce + i)
        bench.chain.send(raw_tx)
    bench.chain.wait(last)
    return events / (time.monotonic() - started)


def post_all(url: str, keys: ApiKeys, bodies: list[tuple[int, bytes]]) -> None:
    """Post bodies in order over a few connections, each as its party."""
    waiting = iter(bodies)
    lock = threading.Lock()
    failures: list[str] = []

    def work() -> None:
        with httpx.Client(base_url=url, timeout=300) as http:
            while True:
                with lock:
                    body = next(waiting, None)
                if body is None:
                    return
                answer = http.post(
                    "/v1/events", content=body[1], headers={"Authorization": f"Bearer {keys.by_party[body[0]]}"}
                )
                if answer.status_code != 200 or b'"refused"' in answer.content:
                    failures.append(answer.text[:300])

    threads = [threading.Thread(target=work) for _ in range(POSTED_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])


def throughput(runtime: Runtime, url: str, events: int) -> tuple[float, float]:
    """(accepted, anchored) events a second: posted over HTTP as JSON arrays, until the last lies on chain."""
    key = rsa.generate_private_key(65537, 2048)
    keys = ApiKeys(FOLDER / "api-keys.json")
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys.save(register(runtime, parties(spki)) | {REGISTRAR: issue_api_key(runtime, REGISTRAR, "administrator")})
    client = Client(url, keys)
    for party, posts in in_posts(opening(key)):
        client.post_events(party, posts)
    wait_until_anchored(client)
    before = client.stations()["accepted"]
    bodies = list(days(events, 5_000))
    started = time.monotonic()
    post_all(url, keys, bodies)
    accepted = time.monotonic() - started
    wait_until_anchored(client)
    anchored = time.monotonic() - started
    if client.stations()["accepted"] - before != events:
        raise RuntimeError("the count of accepted events is off")
    return events / accepted, events / anchored


def wait_until_anchored(client: Client) -> None:
    """Return once nothing is on its way."""
    while True:
        now = client.stations()
        if now.get("unsealed") == 0 and now["pending_batches"] == 0:
            return
        time.sleep(0.05)


def proof_marks(runtime: Runtime, client: Client) -> list[Mark]:
    """Size of an inclusion proof at the size reached, and the time to verify."""
    proof = client.get(WEST_COAST, "/v1/events/w0-0/proof")
    size = proof["tree_size"]
    path_bytes = 32 * len(proof["path"])
    declaration_no, item_no = LINES[0].split("-")
    asked = {"declaration_no": declaration_no, "item_no": int(item_no)}
    credential = client.post(EXPORTER, "/v1/credentials/provenance", asked)["credential"].encode()
    view = NodeView(Node(runtime.settings.rpc_url))
    started = time.perf_counter()
    report = verify(credential, Policy(int(time.time()), log=runtime.pin), view)
    seconds = time.perf_counter() - started
    count = len(client.get(EXPORTER, f"/v1/lots/{declaration_no}/{int(item_no)}", limit=1000)["trail"])
    length = client.get(EXPORTER, f"/v1/lots/{declaration_no}/{int(item_no)}", limit=0)["anchored_length"]
    del count
    if report.answer != "valid":
        raise RuntimeError(f"the credential does not verify: {report}")
    return [
        Mark(
            f"inclusion proof at {size:,} leaves",
            "≤ 1,000 at 1 M",
            path_bytes,
            "bytes",
            "CCF receipt 619",
            path_bytes / 619,
        ),
        Mark(f"credential of a lot with {length:,} events", "", len(credential), "bytes", "", None),
        Mark(
            "verify, per event in bulk",
            "≤ 0.3",
            seconds / length * 1000,
            "ms",
            "TrustVC ecdsa-sd 2.7",
            seconds / length * 1000 / 2.7,
        ),
    ]


def main() -> None:
    """Run everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events of the throughput run (%(default)s)")
    parser.add_argument("--sales", type=int, default=SALES, help="sales of the claim (%(default)s)")
    options = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    console.print("gas and one transaction per event …")
    port = free_port()
    anvil = start_anvil(port, FOLDER / "gas" / "chain")
    try:
        marks = gas_marks(f"http://127.0.0.1:{port}")
        alone = one_by_one(f"http://127.0.0.1:{port}")
    finally:
        anvil.stop()
    console.print(f"throughput over HTTP, {options.events:,} events …")
    installation = Installation(embedded_settings(FOLDER / "service"))
    try:
        runtime = installation.start(lambda what: console.print(f"  {what}"))
        accepted, anchored = throughput(runtime, installation.url, options.events)
        marks.append(Mark("one transaction per event, web3.py", "", alone, "events/s", "", None))
        marks.append(Mark("accepted over HTTP", "", accepted, "events/s", "", None))
        marks.append(
            Mark(
                "HTTP to anchored",
                "≥ 8,000 and ≥ 40 ×",
                anchored,
                "events/s",
                "one transaction per event",
                anchored / alone,
            )
        )
        marks += proof_marks(runtime, Client(installation.url, ApiKeys(FOLDER / "api-keys.json")))
    finally:
        installation.stop()
    console.print(f"a claim over {options.sales:,} sales …")
    marks += claim_marks(options.sales)
    show(console, marks)
    save(ROOT / "var" / "bench.json", marks)


if __name__ == "__main__":
    main()
