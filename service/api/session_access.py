"""The way in for people: a session, by its cookie. One of ``app.state.authenticators``."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie

from service.api.problems import ProblemError
from service.api.same_origin import refuse_forged
from service.core.caller import Caller
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import Found, Started, find_session

COOKIE = "__Host-cangsu-session"
"""``__Host-`` makes the browser itself insist on Secure, Path=/ and no Domain (RFC 6265bis §4.1.3.2)."""


@dataclass(frozen=True, slots=True)
class Present:
    """A session that a request shows, and its token."""

    found: Found
    token: str = field(repr=False)

    @property
    def caller(self) -> Caller:
        """The person as a caller: never more than its party.

        Its session ends, but not what it may do: a key that it makes may last longer.
        """
        user = self.found.user
        return Caller(
            user.party, self.found.roles, user.verbs, f"user:{user.id}", None, is_narrowed=user.roles is not None
        )


class Sessions:
    """Finds who is signed in. Nothing is remembered: a session that was ended is over at once."""

    async def caller_of(self, request: Request) -> Caller | None:
        """The person whose session the request shows, if that is in force and the request is not forged."""
        present = await find_present(request)
        return None if present is None else present.caller


async def find_present(request: Request) -> Present | None:
    """The session that a request shows, if it is in force. Raises a problem 403 if the request is forged."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    desk: PeopleDesk = request.app.state.runtime.people
    found = await run_in_threadpool(find_session, desk, token)
    if found is None:
        return None
    refuse_forged(request, token)
    return Present(found, token)


_SCHEME = APIKeyCookie(name=COOKIE, auto_error=False, description="the session of a person who has signed in")


async def _present(request: Request, _: Annotated[str | None, Depends(_SCHEME)]) -> Present:
    present = await find_present(request)
    if present is None:
        raise ProblemError(401, "Unauthorized", "nobody is signed in")
    return present


PresentDep = Annotated[Present, Depends(_present)]
"""For routes that are about the session itself; an API key is none."""


def set_cookie(response: Response, started: Started) -> None:
    """Give the session's token to the browser, out of reach of scripts and other sites."""
    seconds = started.session.expires_at - started.session.created_at
    response.set_cookie(COOKIE, started.token, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")


def clear_cookie(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
