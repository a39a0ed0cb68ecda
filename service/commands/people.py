"""People who act for a party: `cangsu user invite|list|disable|reset|link|unlink`.

The office's commands; they ask no password.
"""

from typing import Annotated

import typer

from service.config import Settings
from service.core.caller import ALL_VERBS, USUAL_VERBS, Verb
from service.core.people import User, read_user
from service.core.times import utc_text
from service.flow.enrol import Invited, Invitee
from service.flow.enrol import disable as disable_user
from service.flow.enrol import invite as invite_user
from service.flow.enrol import reset as reset_user
from service.flow.link import link as link_user
from service.flow.link import unlink as unlink_user
from service.flow.people_desk import PeopleDesk
from service.oidc.provider import Provider
from service.runtime import Runtime
from verifier.kinds import Role

app = typer.Typer(help="People of a party: invite, list, disable, reset, link.", no_args_is_help=True)

UserName = Annotated[str, typer.Argument(metavar="USER", help="as `cangsu user list` shows it: HANDLE@PARTY")]

ProviderName = Annotated[str, typer.Argument(metavar="PROVIDER", help="as CANGSU_OIDC_FILE names it")]


@app.command()
def invite(
    party: Annotated[int, typer.Argument(help="party number")],
    name: Annotated[str, typer.Argument(help="of the person")],
    handle: Annotated[str, typer.Option(help="what it signs in with, before @PARTY; made of the name without")] = "",
    role: Annotated[list[str] | None, typer.Option(help="one of the party's roles; all of them without")] = None,
    verb: Annotated[list[Verb] | None, typer.Option(help="what it may do; the usual without")] = None,
    administrator: Annotated[
        bool | None, typer.Option(help="may invite further people; the first of a party may without")
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
) -> None:
    """Invite a person to act for a party; prints the token with which it enrols, once."""
    desk = _desk()
    with desk.store.view() as people:
        is_first = not people.users(party)
    usual = ALL_VERBS if is_first and administrator is None else USUAL_VERBS
    verbs = frozenset(verb) if verb else usual
    if administrator is not None:
        verbs = verbs | {Verb.USERS} if administrator else verbs - {Verb.USERS}
    if language not in ("en", "zh"):
        raise typer.BadParameter("expected en or zh", param_hint="--language")
    _show(invite_user(desk, Invitee(party, name, verbs, handle, _mask(role), language)))


@app.command(name="list")
def list_users(party: int) -> None:
    """List everybody who acts for a party, or did."""
    with _desk().store.view() as people:
        for user in people.users(party):
            typer.echo(f"{user.user}  {user.state}  {user.name}  {' '.join(sorted(user.verbs))}")


@app.command()
def disable(user: UserName) -> None:
    """Let a person sign in no more; its sessions end at once."""
    desk = _desk()
    found = _find(desk, user)
    disable_user(desk, found.party, found.id)
    typer.echo(f"{found.user} is disabled")


@app.command()
def reset(user: UserName) -> None:
    """End what a person signs in with, and its sessions; prints a token with which it enrols anew."""
    desk = _desk()
    found = _find(desk, user)
    _show(reset_user(desk, found.party, found.id))


@app.command()
def link(user: UserName, provider: ProviderName, sub: Annotated[str, typer.Argument(help="its name there")]) -> None:
    """Let a person sign in at a provider that knows it as SUB."""
    desk = _desk()
    found = _find(desk, user)
    link_user(desk, _provider(provider), found, sub)
    typer.echo(f"{found.user} may sign in at {provider}")


@app.command()
def unlink(user: UserName, provider: ProviderName) -> None:
    """Let a person sign in at a provider no more; its sessions end at once."""
    desk = _desk()
    found = _find(desk, user)
    unlink_user(desk, _provider(provider), found)
    typer.echo(f"{found.user} may not sign in at {provider}")


def _provider(name: str) -> Provider:
    found = Runtime(Settings()).providers.get(name)
    if found is None:
        raise typer.BadParameter(f"there is no provider {name} in CANGSU_OIDC_FILE", param_hint="PROVIDER")
    return found


def _desk() -> PeopleDesk:
    return Runtime(Settings()).people


def _find(desk: PeopleDesk, name: str) -> User:
    read = read_user(name)
    with desk.store.view() as people:
        found = None if read is None else people.find_user(*read)
    if found is None:
        raise typer.BadParameter(f"there is no user {name}", param_hint="USER")
    return found


def _mask(roles: list[str] | None) -> int | None:
    if not roles:
        return None
    mask = Role(0)
    for role in roles:
        if role.upper() not in Role.__members__:
            raise typer.BadParameter(f"there is no role {role}", param_hint="--role")
        mask |= Role[role.upper()]
    return int(mask)


def _show(invited: Invited) -> None:
    typer.echo(f"{invited.user.user}  {invited.token}")
    typer.echo(f"valid until {utc_text(invited.expires_at)}; give it to nobody but {invited.user.name}", err=True)
