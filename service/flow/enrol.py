"""Invite people, and take an invitation up: a password, an authenticator app that is confirmed by a first code.

A reset is an invitation of somebody who is known: what the person signed in with is gone at once, sessions included.
"""

import secrets
from dataclasses import dataclass, field, replace

from service.core.caller import Caller, Verb
from service.core.one_time import matching_step, new_recovery_codes, new_secret, recovery_hash
from service.core.passwords import check_password
from service.core.people import Enrolment, User, handle_of_name, read_handle
from service.flow.people_desk import PeopleDesk
from service.flow.people_ports import PeopleChange, PeopleView
from service.flow.sessions import Started, hash_token, start_session

VALID_SECONDS = 3 * 86_400
RENEWAL_SECONDS = 3_600
"""How long a person has who asked for it, signed in."""


class InvitationRefusedError(Exception):
    """A person is not invited; the message says why, ``field`` what of."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class BeyondOwnError(Exception):
    """Nobody gives, or takes over, more than they have: of ``field``."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class NoSuchUserError(Exception):
    """There is no such user of this party."""


class NoSuchEnrolmentError(Exception):
    """The token is unknown, has run out or was used."""


class WrongCodeError(Exception):
    """The first code is not the app's."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """Whom to invite. ``handle`` follows from the name if none is given; ``roles`` None means all of the party's."""

    party: int
    name: str
    verbs: frozenset[Verb]
    handle: str = ""
    roles: int | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Invited:
    """A user that was asked to enrol, and the token for it, shown once."""

    token: str = field(repr=False)
    user: User
    expires_at: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person who holds a token is told; ``secret`` is for the authenticator app."""

    user: User
    party_name: str
    secret: bytes = field(repr=False)
    expires_at: int


def invite(desk: PeopleDesk, invitee: Invitee, by: Caller | None = None) -> Invited:
    """Make a user who has nothing to sign in with yet. ``by`` is the caller; without one, the office invites.

    Raises InvitationRefusedError, BeyondOwnError.
    """
    handle = read_handle(invitee.handle or handle_of_name(invitee.name))
    if handle is None:
        raise InvitationRefusedError("expected 1 to 40 letters, digits, dots, dashes and underscores", "handle")
    user = User(
        secrets.token_hex(8), invitee.party, handle, invitee.name, invitee.roles, invitee.verbs, invitee.language,
        desk.now(),
    )  # fmt: skip
    with desk.store.change() as people:
        of_party = people.roles_of(user.party)
        if of_party is None:
            raise InvitationRefusedError(f"party {user.party} is not registered", "party")
        if (user.roles or 0) & ~of_party:
            raise InvitationRefusedError("the party has no such role", "roles")
        _check_within(user, of_party, by)
        if people.find_user(user.party, handle) is not None:
            raise InvitationRefusedError(f"there is {user.user} already", "handle")
        people.add_user(user)
        return _ask_to_enrol(desk, people, user, VALID_SECONDS)


def reset(desk: PeopleDesk, party: int, user_id: str, by: Caller | None = None) -> Invited:
    """Take everything away that a user signs in with, and invite again; one that was disabled is enabled.

    Raises NoSuchUserError, BeyondOwnError.
    """
    with desk.store.change() as people:
        user = _theirs(people, party, user_id)
        _check_within(user, people.roles_of(party) or 0, by)
        people.set_factors(user.id, None, None, 0)
        people.keep_recovery_codes(user.id, ())
        people.set_disabled(user.id, None)
        people.unlink(user.id)
        people.end_sessions(user.id)
        return _ask_to_enrol(desk, people, replace(user, disabled_at=None), VALID_SECONDS)


def disable(desk: PeopleDesk, party: int, user_id: str, by: Caller | None = None) -> User:
    """Let a user sign in no more; all sessions end at once. Raises NoSuchUserError, BeyondOwnError."""
    with desk.store.change() as people:
        user = _theirs(people, party, user_id)
        _check_within(user, people.roles_of(party) or 0, by)
        disabled = user if user.disabled_at is not None else replace(user, disabled_at=desk.now())
        people.set_disabled(user.id, disabled.disabled_at)
        people.end_enrolments(user.id)
        people.end_sessions(user.id)
        return disabled


def ask_again(desk: PeopleDesk, user: User) -> Invited:
    """Let a person, who has just proved to be the user, choose new factors. The old ones count until then."""
    with desk.store.change() as people:
        return _ask_to_enrol(desk, people, user, RENEWAL_SECONDS)


def look(desk: PeopleDesk, token: str) -> Offer:
    """What a token asks for. The same secret is offered each time. Raises NoSuchEnrolmentError."""
    with desk.store.change() as people:
        enrolment, user = _find(people, token, desk.now())
        if enrolment.totp is not None:
            secret = desk.open_totp(user.id, enrolment.totp)
        else:
            secret = new_secret()
            people.offer_totp(enrolment.token_hash, desk.lock_totp(user.id, secret))
        return Offer(user, people.party_name(user.party), secret, enrolment.expires_at)


def enrol(desk: PeopleDesk, token: str, password: str, code: str, agent: str) -> tuple[Started, list[str]]:
    """Take up a token, once; answers with a session and the recovery codes, which are shown once.

    Raises NoSuchEnrolmentError, PasswordRefusedError, WrongCodeError; after the last two the token counts still.
    """
    with desk.store.view() as view:
        enrolment, user = _find(view, token, desk.now())
        check_password(password, (user.handle, user.name, view.party_name(user.party)))
    secret = None if enrolment.totp is None else desk.open_totp(user.id, enrolment.totp)
    step = None if secret is None else matching_step(secret, code, desk.now(), 0)
    if secret is None or step is None:
        raise WrongCodeError
    password_hash, codes = desk.hasher.hash(password), new_recovery_codes()
    with desk.store.change() as people:
        again, user = _find(people, token, desk.now())  # a second request with this token may have been faster
        if again.totp != enrolment.totp:
            raise NoSuchEnrolmentError
        people.set_factors(user.id, password_hash, desk.lock_totp(user.id, secret), step)
        people.keep_recovery_codes(user.id, [recovery_hash(one) for one in codes])
        people.end_enrolments(user.id)
        people.end_sessions(user.id)
        return start_session(desk, people, user, agent), codes


def _ask_to_enrol(desk: PeopleDesk, people: PeopleChange, user: User, seconds: int) -> Invited:
    token, expires_at = secrets.token_urlsafe(32), desk.now() + seconds
    people.end_enrolments(user.id)
    people.add_enrolment(Enrolment(hash_token(token), user.id, expires_at))
    return Invited(token, user, expires_at)


def _find(people: PeopleView, token: str, now: int) -> tuple[Enrolment, User]:
    enrolment = people.find_enrolment(hash_token(token), now)
    user = None if enrolment is None else people.user(enrolment.user_id)
    if enrolment is None or user is None or user.disabled_at is not None:
        raise NoSuchEnrolmentError
    return enrolment, user


def _theirs(people: PeopleView, party: int, user_id: str) -> User:
    user = people.user(user_id)
    if user is None or user.party != party:
        raise NoSuchUserError
    return user


def _check_within(user: User, of_party: int, by: Caller | None) -> None:
    """Who resets a user holds the token for it: so nobody may reset one that may do more than they."""
    if by is None:
        return
    if user.verbs - by.verbs:
        raise BeyondOwnError("verbs")
    if user.roles_within(of_party) & ~by.roles or (user.roles is None and by.is_narrowed):
        raise BeyondOwnError("roles")
