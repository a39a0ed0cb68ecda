"""``cangsu master-key``: what opens the key file, and how to change it. See README, "Changing keys"."""

from pathlib import Path
from typing import Annotated

import typer

from service.config import Settings
from service.core.times import utc_text
from service.keys.master import KmsCommand, MasterKey, MasterKeyFile, Passphrase, new_master_key
from service.keys.rotate_master import finish_rotation, list_slots, rotate_master

commands = typer.Typer(
    help="The master key, under which all keys lie encrypted: new, show, rotate, finish.", no_args_is_help=True
)


@commands.command()
def new(path: Annotated[Path, typer.Argument(help="a file that is not there yet")]) -> None:
    """Make a file with a random master key."""
    new_master_key(path)


@commands.command()
def show() -> None:
    """List what opens the key file, the newest last."""
    settings = Settings()
    for kind, since in list_slots(settings.keyring_path, settings.master_key()):
        typer.echo(f"{kind}, since {utc_text(since)}")


@commands.command()
def rotate(
    to_file: Annotated[Path | None, typer.Option(help="file with the new master key")] = None,
    to_passphrase_file: Annotated[Path | None, typer.Option(help="file with the new passphrase")] = None,
    to_kms: Annotated[str | None, typer.Option(help="program that asks a KMS")] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="drop the old one too: no process may be running")] = False,
) -> None:
    """Let a new master key open the key file, beside the one in the settings. Safe to repeat."""
    settings, target = Settings(), _target(to_file, to_passphrase_file, to_kms)
    is_new = rotate_master(settings.keyring_path, settings.master_key(), target)
    if at_once:
        is_new |= finish_rotation(settings.keyring_path, target)
    says = "opens the key file now" if is_new else "opened the key file already"
    then = "the old one does no more" if at_once else "so does the old one until `cangsu master-key finish`"
    typer.echo(f"the new master key ({target.kind}) {says}; {then}")


@commands.command()
def finish() -> None:
    """Let no master key but the one in the settings open the key file. Safe to repeat."""
    settings = Settings()
    is_changed = finish_rotation(settings.keyring_path, settings.master_key())
    typer.echo("the old master key opens nothing any more" if is_changed else "no other master key opens the key file")


def _target(file: Path | None, passphrase_file: Path | None, kms: str | None) -> MasterKey:
    if (file is not None) + (passphrase_file is not None) + (kms is not None) != 1:
        raise typer.BadParameter("name one of --to-file, --to-passphrase-file, --to-kms")
    if file is not None:
        return MasterKeyFile(file)
    return Passphrase.of_file(passphrase_file) if passphrase_file is not None else KmsCommand(kms or "")
