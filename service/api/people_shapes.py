"""What requests of people look like, and how users and sessions are shown."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.core.caller import Verb
from service.core.passwords import MAX_LENGTH, MIN_LENGTH
from service.core.people import Session, User
from service.core.times import utc_text
from service.flow.sessions import Found, Started, csrf_token
from verifier.kinds import Role

Password = Annotated[str, Field(max_length=2 * MAX_LENGTH)]
NewPassword = Annotated[
    str, Field(max_length=2 * MAX_LENGTH, description=f"{MIN_LENGTH} to {MAX_LENGTH} characters, any")
]
Code = Annotated[str, Field(max_length=40, description="six digits of the authenticator app, or a recovery code")]
Token = Annotated[str, Field(min_length=1, max_length=100, description="as the invitation shows it")]
RoleName = Literal[tuple(role.name for role in Role)]  # type: ignore[valid-type]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignInIn(_In):
    """Who one says to be, and both factors."""

    user: Annotated[str, Field(max_length=100, description="`<handle>@<party number>`")]
    password: Password
    code: Code


class FactorsIn(_In):
    """Both factors of the person who is signed in."""

    password: Password
    code: Code


class NewPasswordIn(FactorsIn):
    """Both factors, and the password to come."""

    new_password: NewPassword


class LinkIn(FactorsIn):
    """Both factors, and the provider that is to know the person."""

    provider: Annotated[str, Field(max_length=40)]


class ProviderCodeIn(_In):
    """The second factor of who has signed in at a provider."""

    code: Code


class EnrolTokenIn(_In):
    """The token of an invitation or a reset."""

    token: Token


class EnrolIn(EnrolTokenIn):
    """What a person chooses, and the first code of its authenticator app."""

    password: NewPassword
    code: Code


class UserIn(_In):
    """Whom to invite."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    handle: Annotated[str, Field(max_length=100, description="made of the name if it is empty")] = ""
    roles: Annotated[list[RoleName] | None, Field(description="all of the party's, if none is named")] = None  # type: ignore[valid-type]
    verbs: Annotated[list[Verb], Field(min_length=1)]
    language: Literal["en", "zh"] = "en"

    @property
    def mask(self) -> int | None:
        """The roles as a mask."""
        return None if self.roles is None else sum({int(Role[name]) for name in self.roles})


def user_to_json(user: User) -> dict[str, Any]:
    """A user as an administrator sees it."""
    return {
        "id": user.id,
        "user": user.user,
        "name": user.name,
        "roles": None if user.roles is None else _role_names(user.roles),
        "verbs": sorted(user.verbs),
        "language": user.language,
        "state": user.state,
        "created_at": utc_text(user.created_at),
    }


def started_to_json(started: Started) -> dict[str, Any]:
    """What a person learns who has just signed in."""
    return _person(started.user, started.roles, started.session, started.token)


def found_to_json(found: Found, token: str, idle_seconds: int, recovery_codes_left: int) -> dict[str, Any]:
    """What a person learns of its own session."""
    shown = _person(found.user, found.roles, found.session, token)
    return shown | {"idle_seconds": idle_seconds, "recovery_codes_left": recovery_codes_left}


def session_to_json(session: Session, current: str) -> dict[str, Any]:
    """One of a person's sessions."""
    return {
        "id": session.id,
        "created_at": utc_text(session.created_at),
        "seen_at": utc_text(session.seen_at),
        "expires_at": utc_text(session.expires_at),
        "agent": session.agent,
        "is_current": session.id == current,
    }


def _person(user: User, roles: int, session: Session, token: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "user": user.user,
        "name": user.name,
        "party": user.party,
        "roles": _role_names(roles),
        "verbs": sorted(user.verbs),
        "language": user.language,
        "expires_at": utc_text(session.expires_at),
        "csrf_token": csrf_token(token),
    }


def _role_names(mask: int) -> list[str]:
    return [role.name or "" for role in Role if mask & role]
