"""Say by which name a provider knows a user of ours. Nobody is made by this: the user is there before."""

from typing import Protocol

from service.core.oidc import Expected, is_sub
from service.core.people import User
from service.flow.people_desk import PeopleDesk
from service.flow.people_ports import PeopleChange


class LinkRefusedError(Exception):
    """A user and a name at a provider cannot be linked."""


class OfParty(Protocol):
    """A provider, as far as links need it."""

    @property
    def party(self) -> int: ...
    @property
    def expected(self) -> Expected: ...


def link(desk: PeopleDesk, provider: OfParty, user: User, sub: str) -> None:
    """Link a user, at the office's word. Raises LinkRefusedError."""
    with desk.store.change() as people:
        add_link(desk, people, provider, user, sub)


def unlink(desk: PeopleDesk, provider: OfParty, user: User) -> None:
    """End a link; the sessions end too, as any of them may have come by it. Raises LinkRefusedError."""
    with desk.store.change() as people:
        if not people.unlink(user.id, provider.expected.issuer):
            raise LinkRefusedError(f"{user.user} is not linked there")
        people.end_sessions(user.id)


def add_link(desk: PeopleDesk, people: PeopleChange, provider: OfParty, user: User, sub: str) -> None:
    """Link a user within a change. Raises LinkRefusedError."""
    if user.party != provider.party:
        raise LinkRefusedError(f"this provider is for people of party {provider.party}")
    if not is_sub(sub):
        raise LinkRefusedError("expected a sub of 1 to 255 ASCII characters")
    if not people.link(provider.expected.issuer, sub, user.id, desk.now()):
        raise LinkRefusedError("the user, or the sub, is linked there already")
