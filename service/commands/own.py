"""Commands of parties that keep their own key: join, post, receipt, sign, rotate-key, whoami; invite is the office's.

They need a service by its address and nothing of its settings.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from service.client.client import Client
from service.client.join import join as join_party
from service.client.join import rotate
from service.client.profile import Profile
from service.config import Settings
from service.core.batches import MAX_RECORDS
from service.invitations import VALID_SECONDS
from service.invitations import invite as invite_party
from service.members import Party
from service.runtime import Runtime
from verifier.kinds import Role

Folder = Annotated[
    Path, typer.Option("--profile", envvar="CANGSU_PROFILE", help="folder of your profile and key; keep it to yourself")
]
Passphrase = Annotated[
    str,
    typer.Option(
        envvar="CANGSU_KEY_PASSPHRASE", prompt="Passphrase of your key", hide_input=True, help="of the key file"
    ),
]
_HOME = Path.home() / ".cangsu"


def parse_party(number: int, name: str, roles: list[str], site: list[str] | None, line_key: bytes | None) -> Party:
    """A party as it is written on the command line."""
    mask = Role(0)
    for role in roles:
        if role.upper() not in Role.__members__:
            raise typer.BadParameter(f"there is no role {role}", param_hint="ROLES")
        mask |= Role[role.upper()]
    return Party(number, name, mask, tuple(map(_read_site, site or [])), line_key)


def _read_site(text: str) -> tuple[int, str]:
    number, sign, name = text.partition("=")
    if not (number.isdecimal() and sign and name):
        raise typer.BadParameter(f"expected NUMBER=NAME, got {text}", param_hint="--site")
    return int(number), name


def invite(
    number: Annotated[int, typer.Argument(help="party number, 2 to 16777215")],
    name: str,
    roles: Annotated[list[str], typer.Argument(help=f"one or more of {', '.join(role.name or '' for role in Role)}")],
    site: Annotated[list[str] | None, typer.Option(help="NUMBER=NAME of a warehouse that the party operates")] = None,
    url: Annotated[str, typer.Option(help="address of this service as the party sees it")] = "",
) -> None:
    """Invite a party that keeps its own key; prints the command that it runs. The worker must be running."""
    settings = Settings()
    token = invite_party(Runtime(settings), parse_party(number, name, roles, site, None))
    typer.echo(f"cangsu join {url or f'http://{settings.host}:{settings.port}'} {token}")
    typer.echo(f"valid for {VALID_SECONDS // 86_400} days, for one key; give it to nobody but {name}", err=True)


def join(url: str, token: str, passphrase: Passphrase, folder: Folder = _HOME) -> None:
    """Take up an invitation: make your key here, have it registered on chain, and keep your profile."""
    profile = join_party(url, token, folder, passphrase)
    typer.echo(f"you are party {profile.party}, {profile.name}; your key stays in {folder / profile.key_file}")


def post(
    file: Annotated[Path, typer.Argument(help="events as JSON: one, or an array of up to 2,048")],
    passphrase: Passphrase,
    folder: Folder = _HOME,
    wait: Annotated[bool, typer.Option(help="wait until everything is on chain")] = True,
) -> None:
    """Seal, sign and post events as one batch, whole or not at all."""
    events = _read_events(file)
    client = Profile.load(folder).open(folder, passphrase)
    posted = client.post(events)
    typer.echo(f"{len(events)} events accepted")
    if wait:
        ids = [part for event in posted.events for part in event.part_ids]
        with typer.progressbar(client.wait(ids), length=len(ids), label="on chain") as anchored:
            for _ in anchored:
                pass
        typer.echo(f"{len(ids)} anchored")


def receipt(
    event_id: str,
    passphrase: Passphrase,
    folder: Folder = _HOME,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="file for the proof")] = None,
) -> None:
    """Check the inclusion proof of an event of yours, and print or keep it."""
    proof = Profile.load(folder).open(folder, passphrase).receipt(event_id)
    text = json.dumps(proof, ensure_ascii=False, indent=1)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n")
    typer.echo(f"leaf {proof['leaf_index']} of {proof['tree_size']}, block {proof['block_number']}", err=True)


def sign(passphrase: Passphrase, folder: Folder = _HOME) -> None:
    """Sign anew what the contract has refused because the old signature counts no more."""
    typer.echo(f"{_client(folder, passphrase).sign_again()} batches signed anew")


def rotate_key(passphrase: Passphrase, folder: Folder = _HOME) -> None:
    """Make a new key, go over to it with the old one's consent, and end the old one."""
    profile = rotate(Profile.load(folder), folder, passphrase)
    typer.echo(f"your key is now {folder / profile.key_file}; the old one has ended and stays in its file")


def whoami(passphrase: Passphrase, folder: Folder = _HOME) -> None:
    """Show your party, its keys on chain, and what waits for your signature."""
    profile, own = Profile.load(folder), _client(folder, passphrase).own()
    typer.echo(f"party {own['party']}, {profile.name}, at {profile.url}")
    for key in own["keys"]:
        typer.echo(f"{key['address']}  {'kept by the service' if key['is_custodial'] else 'your own'}")
    for waiting in own["unsigned"]:
        typer.echo(f"{waiting['count']} events want a new signature: {waiting['failure']} (run `cangsu sign`)")


def add_to(app: typer.Typer) -> None:
    """Put these commands into the command line."""
    for command in (invite, join, post, receipt, rotate_key, sign, whoami):
        app.command(command.__name__.replace("_", "-"))(command)


def _client(folder: Path, passphrase: str) -> Client:
    return Profile.load(folder).open(folder, passphrase)


def _read_events(file: Path) -> list[dict[str, Any]]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}", param_hint="FILE") from error
    events = read if isinstance(read, list) else [read]
    if not 0 < len(events) <= MAX_RECORDS or not all(isinstance(event, dict) for event in events):
        raise typer.BadParameter(f"expected 1 to {MAX_RECORDS} events", param_hint="FILE")
    return events
