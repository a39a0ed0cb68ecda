"""``cangsu issuer-key``: change the key that signs credentials. See README, "Changing keys"."""

import time

import typer

from service.config import Settings
from service.core.times import utc_text
from service.custody import is_in_force
from service.rotation import end_issuer_keys, rotate_issuer_key
from service.runtime import Runtime
from verifier.es256 import Jwk

commands = typer.Typer(help="The issuer's key, which signs credentials: list, rotate, end.", no_args_is_help=True)


@commands.command(name="list")
def list_keys() -> None:
    """List the issuer's keys that are on chain by their kid, the oldest first."""
    now = int(time.time())
    for key, entry in Runtime(Settings()).custody.registered_issuer_keys():
        state = "in force" if is_in_force(entry, now) else f"ended {utc_text(entry.valid_to)}"
        typer.echo(f"{Jwk.from_json(key.jwk()).kid()}  {state}")


@commands.command()
def rotate() -> None:
    """Make and register a new key, which signs from now on. The worker must be running."""
    typer.echo(Jwk.from_json(rotate_issuer_key(Runtime(Settings())).jwk()).kid())


@commands.command()
def end() -> None:
    """End every key but the newest on chain. They stay published, and what they have signed stays valid."""
    for key in end_issuer_keys(Runtime(Settings())):
        typer.echo(f"{Jwk.from_json(key.jwk()).kid()} ended")
