"""The command line: ``cangsu up``, ``serve``, ``worker``, ``migrate``, ``key``. Settings come from the environment."""

import gc
import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from service.app import create_app
from service.config import Settings
from service.launcher import Installation, embedded_settings
from service.members import issue_api_key
from service.runtime import Runtime
from service.store.migrate import migrate
from service.worker import run_worker

app = typer.Typer(
    help="Cangsu 仓溯: traceability of export goods in overseas warehouses.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those may be secrets
)


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    # A capture makes tens of thousands of short-lived objects and no cycles: looking for cycles among them at every
    # 700th, as is the default, takes a quarter of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    uvicorn.run(
        create_app(Runtime(settings)),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
    )


@app.command()
def worker() -> None:
    """Run the worker: seal, anchor, confirm, reconcile."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_worker(Runtime(Settings()), stop)


@app.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema."""
    migrate(Runtime(Settings()).engine)


@app.command()
def key(party: int, label: str = "further key") -> None:
    """Print a new API key of a party. It is shown once."""
    typer.echo(issue_api_key(Runtime(Settings()), party, label))


if __name__ == "__main__":
    app()
