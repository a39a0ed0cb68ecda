"""The command line ``cangsu``. Settings come from the environment (service/config.py)."""

import gc
import json
import logging
import signal
import threading
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from service import members
from service.api.connection import Connection
from service.app import create_app
from service.commands import erasing, issuer_key, master_key, own, party_key, people, witness
from service.commands.access_log import access_log
from service.commands.audit import audit
from service.commands.keys import keys
from service.config import Settings
from service.core.caller import Reader
from service.core.deadlines import PRESSING, State
from service.deploy import adopt_log, deploy_log, prepare
from service.flow.deadlines import Asked, list_deadlines
from service.keys.keyring import REGISTRAR, RELAYER
from service.launcher import Installation, embedded_settings
from service.listing import open_console, print_deadlines
from service.one_line import OneLineGroup
from service.runtime import Runtime
from service.store.deadlines import SqlDeadlineStore
from service.store.log_state import LogState
from service.worker import run_worker
from verifier.calendar import beijing_day
from verifier.kinds import Role


class Language(StrEnum):
    """What a list is printed in."""

    EN = "en"
    ZH = "zh"


app = typer.Typer(
    cls=OneLineGroup,
    help="Cangsu 仓溯: traceability of export goods in overseas warehouses.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those may be secrets
)
app.add_typer(keys, name="key")
app.add_typer(people.app, name="user")
app.add_typer(access_log, name="access-log")
app.add_typer(issuer_key.commands, name="issuer-key")
app.add_typer(master_key.commands, name="master-key")
app.add_typer(party_key.commands, name="party-key")
own.add_to(app)
erasing.add_to(app)
app.add_typer(witness.app, name="witness")
app.command()(audit)


@app.callback()
def configure() -> None:
    """Log to standard error, one line each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("httpx", "web3", "urllib3", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


@app.command()
def up(
    var: Path = Path("var/local"), port: Annotated[int, typer.Option(help="port of the API; 0 takes a free one")] = 8000
) -> None:
    """Start the embedded installation: Anvil, SQLite, API and worker. Ctrl-C stops it; its data stays."""
    installation = Installation(embedded_settings(var, port or None))
    installation.start(typer.echo)
    typer.echo(f"API documentation: {installation.url}/docs")
    typer.echo("For further commands in another shell:")
    for name, value in installation.environment().items():
        typer.echo(f"  export {name}={value}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        installation.wait()
    except KeyboardInterrupt:
        typer.echo("stopping")
    finally:
        installation.stop()


@app.command()
def serve() -> None:
    """Run one API process. Several may run side by side on PostgreSQL."""
    settings = Settings()
    _look_for_cycles_less()
    uvicorn.run(
        create_app(Runtime(settings)),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        http=Connection,
        server_header=False,
        forwarded_allow_ips=settings.proxies,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=10,
    )


@app.command()
def worker() -> None:
    """Run the worker: seal, anchor, confirm, reconcile."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _look_for_cycles_less()
    run_worker(Runtime(Settings()), stop)


def _look_for_cycles_less() -> None:
    """A capture or a claim makes tens of thousands of objects and no cycles: looking for cycles among them at every
    700th, as is the default, takes a quarter of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


@app.command()
def init() -> None:
    """Make database and keys, and print the accounts that need money on your chain."""
    runtime = Runtime(Settings())
    prepare(runtime)
    for name in (RELAYER, REGISTRAR):
        typer.echo(f"{name}: {runtime.keyring.account(name).address}")


@app.command()
def deploy() -> None:
    """Deploy a new log on the chain at CANGSU_RPC_URL and keep it. The registrar's account pays."""
    _show(deploy_log(Runtime(Settings())))


@app.command()
def adopt(contract: str, first_block: int) -> None:
    """Keep a log that was deployed by other means, such as scripts/deploy.py, in block FIRST_BLOCK."""
    try:
        address = bytes.fromhex(contract.removeprefix("0x"))
    except ValueError as error:
        raise typer.BadParameter(f"expected an address in hex, got {contract}", param_hint="CONTRACT") from error
    _show(adopt_log(Runtime(Settings()), address, first_block))


@app.command()
def register(
    number: Annotated[int, typer.Argument(help="party number, 2 to 16777215")],
    name: str,
    roles: Annotated[list[str], typer.Argument(help=f"one or more of {', '.join(role.name or '' for role in Role)}")],
    site: Annotated[list[str] | None, typer.Option(help="NUMBER=NAME of a warehouse that the party operates")] = None,
    line_key: Annotated[Path | None, typer.Option(help="customs gateway: its public RSA key (PEM)")] = None,
) -> None:
    """Register a party on chain with a key in custody, and print its API key. The worker must be running."""
    spki = None if line_key is None else _read_line_key(line_key)
    party = own.parse_party(number, name, roles, site, spki)
    typer.echo(members.register(Runtime(Settings()), [party])[number])


def _read_line_key(path: Path) -> bytes:
    try:
        public = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise typer.BadParameter(f"{path} holds no public key in PEM", param_hint="--line-key") from error
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@app.command()
def deadlines(
    party: Annotated[int, typer.Argument(help="whose list: it holds the lots that this party may read")],
    declaration: Annotated[str | None, typer.Option(help="18-digit number: lots of one declaration")] = None,
    within_days: Annotated[int | None, typer.Option(min=0, help="due within so many days, or overdue")] = None,
    state: Annotated[list[State] | None, typer.Option(help="open, soon and overdue if none is named")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Beijing day to count from")] = None,
    language: Annotated[Language, typer.Option()] = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="as GET /v1/deadlines answers")] = False,
) -> None:
    """List what is due for a party's lots, the most urgent first. Days are Beijing days."""
    today = on.date() if on else beijing_day(datetime.now(UTC))
    asked = Asked(frozenset(state or PRESSING), declaration, within_days)
    runtime = Runtime(Settings())
    with SqlDeadlineStore(runtime.engine, runtime.details).reads() as reads:
        roles = reads.find_roles(party)
        if roles is None:
            raise typer.BadParameter(f"party {party} is not registered", param_hint="PARTY")
        found = list_deadlines(reads, Reader(party, roles), asked, today)
    if as_json:
        answer = {"today": today.isoformat(), "total": len(found), "deadlines": [one.to_json() for one in found]}
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print_deadlines(open_console(), found, today, language.value)


@app.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema, and make the keys that a new version needs."""
    prepare(Runtime(Settings()))


def _show(state: LogState) -> None:
    domain = state.domain
    typer.echo(f"log {domain.chain_id}/0x{domain.contract.hex()}/{domain.log_id.hex()} from block {state.first_block}")


if __name__ == "__main__":
    app()
