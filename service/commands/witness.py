"""Commands of witnesses: init, run and key are a witness's own; add, end, list and log-key are the office's.

``run`` ends like the verifier: 0 cosigned, 1 the log or its chain contradicts itself, 2 it could not be checked.
"""

import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from service.client.client import TIMEOUT_SECONDS, ClientError
from service.client.kept_log import KeptLog, Pinned
from service.client.key import WitnessKey
from service.client.witness import Cosigned, ForkError, NotCheckedError, Witness
from service.config import Settings
from service.flow.checkpoints import add_witness, end_witness
from service.runtime import Runtime
from service.store.witnesses import SqlWitnessStore
from verifier.chain import Node
from verifier.errors import MalformedError
from verifier.signed_note import VerifierKey

FORK, NOT_CHECKED = 1, 2

app = typer.Typer(help="Witnesses: cosign checkpoints of a log that you watch.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", envvar="CANGSU_WITNESS", help="what the witness keeps; back it up")]
Passphrase = Annotated[
    str,
    typer.Option(
        envvar="CANGSU_KEY_PASSPHRASE", prompt="Passphrase of your key", hide_input=True, help="of the key file"
    ),
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="a verifier key: NAME+ID+BASE64")]
_HOME = Path.home() / ".cangsu-witness"
_KEY_FILE = "key.json"


@app.command()
def init(
    url: Annotated[str, typer.Argument(help="address of the service whose log you watch")],
    name: Annotated[str, typer.Argument(help="name that you cosign under, such as witness.example.com/w1")],
    passphrase: Passphrase,
    folder: Folder = _HOME,
    log_key: Annotated[
        str, typer.Option(help="the log's key as its operator told you; else the one that the service shows")
    ] = "",
) -> None:
    """Make your key, pin the log, and print what its operator registers you by."""
    try:
        pinned = VerifierKey.from_text(log_key or _fetch_key(url))
        KeptLog.create(folder, Pinned(url, pinned, name))
        key = WitnessKey.create(name, folder / _KEY_FILE, passphrase)
    except MalformedError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(key.public.to_text())
    if not log_key:
        typer.echo(f"compare the log's key with one that came by another way: {pinned.to_text()}", err=True)


@app.command()
def run(
    passphrase: Passphrase,
    rpc: Annotated[str, typer.Option(help="a node of the chain that is yours, or that you trust")],
    api_key: Annotated[str, typer.Option(envvar="CANGSU_API_KEY", help="your API key, as a member")],
    folder: Folder = _HOME,
    once: Annotated[bool, typer.Option(help="check and cosign once, and end")] = False,
    every: Annotated[float, typer.Option(min=1, help="else check again after so many seconds")] = 10,
    after_restart: Annotated[
        bool, typer.Option(help="the chain was restarted in the open: the block that you cosigned last may be gone")
    ] = False,
) -> None:
    """Check the log against your own node and cosign. A fork ends it with exit status 1 and is kept as evidence."""
    kept = KeptLog.load(folder)
    key = WitnessKey.load(kept.pinned.witness, folder / _KEY_FILE, passphrase)
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=kept.pinned.url, timeout=TIMEOUT_SECONDS, headers=headers) as http:
        witness = Witness(kept, key, Node(rpc), http, accepts_new_blocks=after_restart)
        while True:
            code = _round(witness)
            if once or code == FORK:
                raise typer.Exit(code)
            time.sleep(every)


def _round(witness: Witness) -> int:
    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("replaying", total=None)
            found = witness.round(lambda done, total: progress.update(task, completed=done, total=total))
    except ForkError as error:
        typer.echo(str(error), err=True)
        return FORK
    except (NotCheckedError, ClientError) as error:
        typer.echo(f"nothing was cosigned, for it could not be checked: {error}", err=True)
        return NOT_CHECKED
    _show(found)
    return 0


def _show(found: Cosigned) -> None:
    kept = found.checkpoint
    if found.is_new:
        typer.echo(f"cosigned block {kept.block_number}: {kept.tree_size} leaves")
    for block in found.blocks:
        typer.echo(f"cosigned block {block}, at which a credential is anchored")
    if not found.is_new and not found.blocks:
        typer.echo(f"nothing new since block {kept.block_number}: {kept.tree_size} leaves")


@app.command()
def add(key: Key) -> None:
    """Take cosignatures of a witness from now on."""
    try:
        add_witness(_store(), VerifierKey.from_text(key))
    except MalformedError as error:
        raise typer.BadParameter(str(error), param_hint="KEY") from error


@app.command()
def end(name: str) -> None:
    """Take no more cosignatures of a witness; those that it made stay."""
    end_witness(_store(), name, int(time.time()))


@app.command(name="list")
def list_witnesses() -> None:
    """List the keys of the witnesses in force, in the form that a verifier's policy takes."""
    with _store().view() as log:
        for name, key in log.witnesses().items():
            typer.echo(f"witness {name} {key}")


@app.command(name="log-key")
def log_key() -> None:
    """Print the key that this log's checkpoints are signed with: hand it to readers and witnesses."""
    typer.echo(Runtime(Settings()).note_key.to_text())


def _store() -> SqlWitnessStore:
    return SqlWitnessStore(Runtime(Settings()).engine)


def _fetch_key(url: str) -> str:
    try:
        answer = httpx.get(f"{url}/v1/checkpoint/key", timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        raise ClientError(f"the service does not answer: {type(error).__name__}") from error
    if answer.is_error:
        raise ClientError(f"the service answers {answer.status_code} to a question for its key")
    return answer.text.strip()
