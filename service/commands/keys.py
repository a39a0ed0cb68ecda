"""``cangsu key``: new, list, end. The office's: it makes the first key of a party, which may make further ones."""

import time
from typing import Annotated

import typer

from service import api_keys
from service.api_keys import DAY_SECONDS, DEFAULT_DAYS, ApiKey, Scope
from service.config import Settings
from service.core.caller import USUAL_VERBS, Verb
from service.core.times import utc_text
from service.runtime import Runtime

keys = typer.Typer(help="API keys of a party: new, list, end.", no_args_is_help=True)


@keys.command()
def new(
    party: int,
    label: str = "further key",
    verb: Annotated[list[Verb] | None, typer.Option(help="may be repeated; all but `keys` if none is named")] = None,
    role: Annotated[list[str] | None, typer.Option(help="may be repeated; all of the party's if none is named")] = None,
    days: Annotated[int, typer.Option(min=0, help="how long it is in force; 0 is for ever")] = DEFAULT_DAYS,
) -> None:
    """Print a new API key of a party. It is shown once."""
    scope = Scope(
        frozenset(verb) if verb else USUAL_VERBS,
        api_keys.to_roles(role) if role else None,
        int(time.time()) + days * DAY_SECONDS if days else None,
    )
    typer.echo(api_keys.make_key(Runtime(Settings()).engine, party, label, scope, "cangsu key new"))


@keys.command(name="list")
def list_all(party: int) -> None:
    """List the API keys of a party by their ids, those in force first."""
    for found in api_keys.list_keys(Runtime(Settings()).engine, party):
        typer.echo(_line(found))


@keys.command()
def end(party: int, key_id: Annotated[str, typer.Argument(help="as `cangsu key list` shows it")]) -> None:
    """End an API key for good. It may be taken for five seconds more."""
    typer.echo(_line(api_keys.end_key(Runtime(Settings()).engine, party, key_id, int(time.time()))))


def _line(key: ApiKey) -> str:
    verbs = "every verb" if key.scope.verbs is None else " ".join(sorted(key.scope.verbs))
    roles = "every role" if key.scope.roles is None else " ".join(api_keys.role_names(key.scope.roles))
    return f"{key.key_id}  {_state(key)}  {key.label}  ({roles}; {verbs})"


def _state(key: ApiKey) -> str:
    until = key.scope.valid_until
    if key.ended_at is not None:
        return f"ended {utc_text(key.ended_at)}"
    if until is None:
        return "in force"
    return f"in force until {utc_text(until)}" if until > time.time() else f"ran out {utc_text(until)}"
