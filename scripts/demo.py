"""The demo: from an event posted to a proof verified, on this machine, with one command (``make demo``).

Starts the embedded installation in var/demo, registers the parties, posts the worked example and a busy season over
HTTP, waits until everything is on chain, has a provenance credential issued for every lot, and verifies each in a
process of its own. ``EXIT=1`` ends then, with status 0 only if every proof is valid; else it stays up until Ctrl-C.
``FRESH=1`` forgets what an earlier run left. ``CANGSU_DEMO_VAR`` names another folder than var/demo.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.csv_events import read_events
from scripts.demo_client import ApiKeys, Client, in_posts
from scripts.demo_events import (
    BANK,
    CARRIER,
    EXPORTER,
    GATEWAY,
    HAMBURG,
    HANSA,
    ISSUER,
    LOS_ANGELES,
    PLATFORM,
    REGISTRAR,
    TAX,
    WEST_COAST,
    Step,
    admissions,
    sign_lines,
)
from scripts.demo_proofs import pre_refund_proofs, show, until_departure, worked_proofs
from scripts.season import simulate
from scripts.story import story
from scripts.story_expected import EXPECTED_ACCOUNTS
from service.launcher import Installation, embedded_settings
from service.members import Party, issue_api_key, register
from verifier.kinds import Role

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("CANGSU_DEMO_VAR") or ROOT / "var" / "demo").resolve()
ANSWER_BY_EXIT = {0: "valid", 1: "invalid", 2: "cannot tell"}
Accounts = dict[str, dict[int, dict[str, int]]]

console = Console()


def shown_path(path: Path) -> Path:
    """A path as people read it: from the repository's root, if it lies there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def parties(line_key: bytes) -> list[Party]:
    """Who takes part."""
    return [
        Party(GATEWAY, "Customs gateway 海关", Role.GATEWAY, line_key=line_key),
        Party(CARRIER, "Ocean & Parcel 承运人", Role.CARRIER),
        Party(WEST_COAST, "West Coast Fulfilment", Role.OPERATOR | Role.BILLER, ((LOS_ANGELES, "Los Angeles"),)),
        Party(HANSA, "Hansa Lager", Role.OPERATOR | Role.BILLER, ((HAMBURG, "Hamburg"),)),
        Party(PLATFORM, "Marketplace 平台", Role.PLATFORM),
        Party(EXPORTER, "Shanghai exporter 出口商", Role.EXPORTER),
        Party(BANK, "Bank 银行", Role.BANK),
        Party(TAX, "Tax office 税务", Role.TAX),
        Party(ISSUER, "Cangsu 仓溯", Role.ISSUER),
    ]


def gateway_key(path: Path) -> rsa.RSAPrivateKey:
    """The customs gateway's key that numbers lines. It is the gateway's own: the service only knows its public half."""
    if not path.exists():
        key = rsa.generate_private_key(65537, 3072)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    loaded = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def bar(unit: str) -> Progress:
    """A progress bar."""
    columns = (TextColumn("  {task.description:<41}"), BarColumn(12), MofNCompleteColumn(), TextColumn(unit))
    return Progress(*columns, TimeElapsedColumn(), console=console)


def post(client: Client, title: str, steps: Sequence[Step]) -> Counter[str]:
    """Post steps in order and count what became of them; a refusal ends the demo, for nothing here is to be refused."""
    outcomes: Counter[str] = Counter()
    with bar("events") as progress:
        task = progress.add_task(title, total=len(steps))
        for party, events in in_posts(steps):
            for result in client.post_events(party, events):
                outcomes[result["status"]] += 1
                if result["status"] == "refused":
                    raise RuntimeError(f"refused: {result}")
            progress.advance(task, len(events))
    return outcomes


def wait_until_anchored(client: Client) -> dict[str, Any]:
    """Wait until every accepted event is on chain."""
    with bar("events") as progress:
        task = progress.add_task("anchoring on chain", total=None)
        while True:
            now = client.stations()
            if "unsealed" in now:
                left = now["unsealed"] if now["pending_batches"] == 0 else max(now["unsealed"], 1)
                progress.update(task, total=now["accepted"], completed=now["accepted"] - left)
                if left == 0:
                    return now
            time.sleep(0.2)


def compare_accounts(client: Client, expected: Accounts) -> list[str]:
    """Lots whose pieces do not lie where the stories say."""
    wrong = []
    for line, places in expected.items():
        declaration_no, item_no = line.split("-")[:2]
        found = client.get(EXPORTER, f"/v1/lots/{declaration_no}/{int(item_no)}", limit=0)
        lanes = {
            account["site"]: {lane: pieces for lane, pieces in account["lanes"].items() if pieces}
            for account in found["accounts"]
        }
        if {site: there for site, there in lanes.items() if there} != places:
            wrong.append(line)
    return wrong


def issue_all(client: Client, lines: Iterable[str], folder: Path) -> list[Path]:
    """A provenance credential of every lot, each in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with bar("credentials") as progress:
        for line in progress.track(list(lines), description="issuing provenance credentials"):
            declaration_no, item_no = line.split("-")[:2]
            asked = {"declaration_no": declaration_no, "item_no": int(item_no), "show": ["document", "goods"]}
            file = folder / f"{line}.sdjwt"
            file.write_text(client.post(EXPORTER, "/v1/credentials/provenance", asked)["credential"])
            files.append(file)
    return files


def verify_all(files: Sequence[Path], title: str, *options: str) -> dict[Path, str]:
    """The verifier's answer on every file, each in a process of its own that shares nothing with the service."""
    answers = {}
    with bar("credentials") as progress:
        for file in progress.track(files, description=title):
            command = [sys.executable, "-m", "verifier", str(file), *options]
            run = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            answers[file] = ANSWER_BY_EXIT.get(run.returncode, "crashed")
    return answers


def season_steps(folder: Path, key: rsa.RSAPrivateKey) -> tuple[list[Step], Accounts]:
    """The season, written as a WMS would export it and read back from there."""
    season = simulate()
    season.write(folder, None)
    expected = {
        line: {int(site): lanes for site, lanes in places.items()} for line, places in season.world.expected().items()
    }
    return list(sign_lines(key, read_events(folder))), expected


def summarise(outcomes: Counter[str], stations: dict[str, Any], answers: dict[Path, str], seconds: float) -> None:
    """What happened, on one screen."""
    table = Table(title="Cangsu 仓溯", show_header=False, title_justify="left")
    table.add_row("events posted", ", ".join(f"{count} {status}" for status, count in sorted(outcomes.items())))
    table.add_row("leaves on chain", str(stations["tree_size"]))
    verdicts = Counter(answers.values())
    table.add_row("credentials", ", ".join(f"{count} {answer}" for answer, count in verdicts.items()))
    sizes = [file.stat().st_size for file in answers]
    table.add_row("credential size", f"{min(sizes):,} to {max(sizes):,} bytes")
    table.add_row("seconds", f"{seconds:.1f}")
    console.print(table)


def run(installation: Installation) -> bool:
    """Everything after the start; True if every account and every proof is right."""
    started = time.monotonic()
    runtime = installation.start(lambda what: console.print(f"  {what}"))
    key = gateway_key(FOLDER / "gateway-line-key.pem")
    keys = ApiKeys(FOLDER / "api-keys.json")
    if not keys.by_party:
        console.print("  registering the parties on chain")
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        keys.save(register(runtime, parties(spki)) | {REGISTRAR: issue_api_key(runtime, REGISTRAR, "administrator")})
    client = Client(installation.url, keys)
    outcomes = post(client, "admissions", admissions())
    told = story(key)
    first = until_departure(told)
    outcomes += post(client, "worked example: two lots, one declaration", told[:first])
    wait_until_anchored(client)
    proofs = pre_refund_proofs(client, FOLDER / "proofs")
    outcomes += post(client, "worked example: sales, returns, money, tax", told[first:])
    steps, expected = season_steps(FOLDER / "season", key)
    outcomes += post(client, f"a busy season: {len(expected)} lots, 2 warehouses", steps)
    stations = wait_until_anchored(client)
    expected = EXPECTED_ACCOUNTS | expected
    wrong = compare_accounts(client, expected)
    console.print(f"  pieces where they should be: {len(expected) - len(wrong)} of {len(expected)} lots")
    if wrong and not outcomes["accepted"]:
        # Whoever tried the service between two runs has moved pieces: that is no fault of the service.
        console.print(f"  other events were posted since the first run: {', '.join(wrong)} (FRESH=1 begins anew)")
        wrong = []
    (FOLDER / "checkpoint").write_text(client.get_text(EXPORTER, "/v1/checkpoint"))
    console.print("  claiming for the worked example, as exporter and bank")
    proofs += worked_proofs(client, FOLDER / "proofs")
    files = issue_all(client, expected, FOLDER / "credentials")
    pinned = ("--log", runtime.origin)
    node = ("--rpc", runtime.settings.rpc_url)
    answers = verify_all(files, "verifying against the node", *node, *pinned)
    verdicts = verify_all([proof.pdf for proof in proofs], "verifying the certificates of claims", *node, *pinned)
    story_files = [file for file in files if file.stem in EXPECTED_ACCOUNTS]
    kept = ("--checkpoint", str(FOLDER / "checkpoint"))
    offline = verify_all(story_files, "verifying offline, by a kept checkpoint", *kept, *pinned)
    summarise(outcomes, stations, answers, time.monotonic() - started)
    console.print(f"  credentials: {shown_path(FOLDER / 'credentials')}/\n")
    show(console, proofs, verdicts, ROOT)
    return not wrong and {*answers.values(), *offline.values(), *verdicts.values()} == {"valid"}


def main() -> int:
    """Run the demo; the exit status."""
    if os.environ.get("FRESH"):
        shutil.rmtree(FOLDER, ignore_errors=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    installation = Installation(embedded_settings(FOLDER))
    try:
        is_right = run(installation)
        if os.environ.get("EXIT"):
            return 0 if is_right else 1
        api_keys = shown_path(FOLDER / "api-keys.json")
        console.print(f"\n  API documentation: {installation.url}/docs")
        console.print(f"  API keys: {api_keys}; for `cangsu` commands: export CANGSU_VAR={shown_path(FOLDER)}")
        console.print(f"  Chain node for `python -m verifier FILE --rpc`: {installation.settings.rpc_url}")
        console.print("  Ctrl-C stops everything; the data stays.")
        installation.wait()
    except KeyboardInterrupt:
        console.print("\n  stopping")
        return 0
    finally:
        installation.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
