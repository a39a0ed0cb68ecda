"""Sign in at a provider of OpenID Connect, or link a user to the name that a provider has for it.

Steps: 1. ``begin`` gives the browser a token, from which state, nonce and PKCE verifier follow, and sends it to the
provider; 2. ``finish`` takes the callback of that browser, once: it changes the code for an id_token and verifies that;
3. the user whose name it is signs in; if the provider does not say that it asked for a second factor, then only once
``finish_with_code`` has taken the code of our own. Nobody is made a user by this.
"""

import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from service.core.oidc import (
    Binding,
    CodeRefusedError,
    Expected,
    Identity,
    IdTokenError,
    Pending,
    Step,
    UnknownKeyError,
    bind,
    verify_id_token,
)
from service.core.one_time import matching_step
from service.core.people import User
from service.flow.link import LinkRefusedError, add_link
from service.flow.people_desk import PeopleDesk
from service.flow.people_ports import PeopleChange, PeopleView
from service.flow.sessions import Started, hash_token, start_session
from service.flow.sign_in import SignInRefusedError, charge_tries, subjects_of, take_code

log = logging.getLogger("cangsu.people")

PENDING_SECONDS = 600


class SignInProvider(Protocol):
    """What is asked of a provider; each may raise ProviderUnavailableError."""

    @property
    def name(self) -> str: ...
    @property
    def party(self) -> int: ...
    @property
    def expected(self) -> Expected: ...
    def authorization_url(self, binding: Binding, *, is_anew: bool) -> str: ...
    def id_token(self, code: str, verifier: str) -> str: ...
    def keys(self, *, is_unknown: bool = False) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the token that it brings back."""

    location: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser shows that comes back from a provider; none of it is verified."""

    token: str | None = field(repr=False)
    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None = None
    """RFC 9207; whoever sends it sends the right one."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A user is known to a provider now."""

    user: User


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """A user has signed in at a provider by one factor; the token is for the second."""

    user: User
    token: str = field(repr=False)


def begin(desk: PeopleDesk, provider: SignInProvider, user_id: str | None = None) -> Begun:
    """Let a browser sign in at a provider; with a user, so as to link that. Raises ProviderUnavailableError."""
    token = secrets.token_urlsafe(32)
    step = Step.SIGN_IN if user_id is None else Step.LINK
    location = provider.authorization_url(bind(token), is_anew=step is Step.LINK)
    with desk.store.change() as people:
        _wait_for(desk, people, token, step, provider, user_id)
    return Begun(location, token)


def finish(desk: PeopleDesk, provider: SignInProvider, answer: Answer, agent: str) -> Started | CodeWanted | Linked:
    """Take what a browser brings back. Raises SignInRefusedError for whatever is wrong, ProviderUnavailableError."""
    token, pending = _take(desk, provider, answer)
    identity = _identify(desk, provider, answer, bind(token))
    with desk.store.change() as people:
        if pending.step is Step.LINK:
            return _link(desk, people, provider, pending, identity)
        user = _of(provider, people.linked_user(identity.issuer, identity.sub))
        if identity.has_second_factor:
            return start_session(desk, people, user, agent)
        fresh = secrets.token_urlsafe(32)
        _wait_for(desk, people, fresh, Step.CODE, provider, user.id)
        return CodeWanted(user, fresh)


def finish_with_code(
    desk: PeopleDesk, provider: SignInProvider, token: str | None, code: str, address: str, agent: str
) -> Started:
    """Begin the session of somebody who has signed in at a provider, with our own second factor.

    Raises SignInRefusedError, ThrottledError; the token counts until its time is over.
    """
    with desk.store.view() as view:
        user = _awaited(desk, view, provider, token)
    subjects, now = subjects_of((user.party, user.handle), address), desk.now()
    charge_tries(desk, subjects, now)
    assert user.totp is not None
    step = matching_step(desk.open_totp(user.id, user.totp), code, now, user.totp_step)
    with desk.store.change() as people:
        user = _awaited(desk, people, provider, token)
        take_code(desk, people, user.id, step, code, subjects)
        people.take_pending(hash_token(token or ""))
        return start_session(desk, people, user, agent)


def _wait_for(
    desk: PeopleDesk, people: PeopleChange, token: str, step: Step, provider: SignInProvider, user_id: str | None
) -> None:
    people.end_old_pending(desk.now())
    pending = Pending(step, provider.name, desk.now() + PENDING_SECONDS, user_id)
    people.add_pending(hash_token(token), pending)


def _take(desk: PeopleDesk, provider: SignInProvider, answer: Answer) -> tuple[str, Pending]:
    """Use up what this browser began. A callback that is not its own leaves it as it is."""
    token = answer.token
    if token is None or not hmac.compare_digest(bind(token).state.encode(), answer.state.encode()):
        raise _refused(provider, "state")
    with desk.store.change() as people:
        pending = people.find_pending(hash_token(token), desk.now())
        if pending is None or pending.provider != provider.name or pending.step is Step.CODE:
            raise _refused(provider, "pending")
        people.take_pending(hash_token(token))
    return token, pending


def _identify(desk: PeopleDesk, provider: SignInProvider, answer: Answer, binding: Binding) -> Identity:
    if not answer.code or answer.issuer not in (None, provider.expected.issuer):
        raise _refused(provider, "answer")
    try:
        unverified = provider.id_token(answer.code, binding.verifier)
        try:
            return verify_id_token(unverified, provider.keys(), provider.expected, binding.nonce, desk.now())
        except UnknownKeyError:
            keys = provider.keys(is_unknown=True)
            return verify_id_token(unverified, keys, provider.expected, binding.nonce, desk.now())
    except CodeRefusedError:
        raise _refused(provider, "code") from None
    except IdTokenError as error:
        raise _refused(provider, str(error)) from None


def _link(
    desk: PeopleDesk, people: PeopleChange, provider: SignInProvider, pending: Pending, identity: Identity
) -> Linked:
    user = _of(provider, people.user(pending.user_id or ""))
    try:
        add_link(desk, people, provider, user, identity.sub)
    except LinkRefusedError:
        raise _refused(provider, "link") from None
    return Linked(user)


def _awaited(desk: PeopleDesk, people: PeopleView, provider: SignInProvider, token: str | None) -> User:
    pending = None if token is None else people.find_pending(hash_token(token), desk.now())
    if pending is None or pending.step is not Step.CODE or pending.provider != provider.name:
        raise _refused(provider, "pending")
    return _of(provider, people.user(pending.user_id or ""))


def _of(provider: SignInProvider, user: User | None) -> User:
    """A user, if it may sign in and acts for the party that the provider is for."""
    if user is None or user.state != "active" or user.party != provider.party:
        raise _refused(provider, "user")
    return user


def _refused(provider: SignInProvider, why: str) -> SignInRefusedError:
    """One answer for every reason; our log says which, without a name or a token."""
    log.info("sign-in at provider %s is refused: %s", provider.name, why)
    return SignInRefusedError()
