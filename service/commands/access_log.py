"""``cangsu access-log verify``: checks a kept answer of GET /v1/access-log, offline."""

from pathlib import Path
from typing import Annotated

import typer

from verifier.access_log import describe, verify_file
from verifier.canonical import parse_json
from verifier.errors import VerificationError

access_log = typer.Typer(help="The log of who has read your data: verify.", no_args_is_help=True)


@access_log.callback()
def group() -> None:
    """A group of one command, so that it keeps its name."""


@access_log.command()
def verify(file: Annotated[Path, typer.Argument(help="an answer of GET /v1/access-log, as it came")]) -> None:
    """Check the chain of entries and the days that anchor it. Needs neither the service nor a node.

    Prints the tree heads that it rests on: compare these with a checkpoint that you trust.
    """
    try:
        found = verify_file(parse_json(file.read_bytes()))
    except VerificationError as error:
        typer.echo(f"invalid: {error}", err=True)
        raise typer.Exit(1) from error
    for line in describe(found):
        typer.echo(line)
