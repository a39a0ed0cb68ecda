"""``cangsu party-key``: change or end the batch key of a party in custody. See README, "Changing keys"."""

import typer

from service.claim_runtime import ClaimRuntime
from service.config import Settings
from service.rotation import retire_party_key, rotate_party_key
from service.runtime import Runtime

commands = typer.Typer(help="The batch keys of parties in custody: rotate, retire.", no_args_is_help=True)


@commands.command()
def rotate(party: int) -> None:
    """Make and register a new key of a party, and end the one before. The worker must be running."""
    runtime = Runtime(Settings())
    new, ended = rotate_party_key(runtime, ClaimRuntime(runtime), party)
    for address in ended:
        typer.echo(f"0x{address.hex()} ended")
    typer.echo(f"0x{new.hex()} signs")


@commands.command()
def retire(party: int) -> None:
    """Take a party out of custody for good: its events are refused from now on, and its keys ended on chain."""
    runtime = Runtime(Settings())
    for address in retire_party_key(runtime, ClaimRuntime(runtime), party):
        typer.echo(f"0x{address.hex()} ended")
