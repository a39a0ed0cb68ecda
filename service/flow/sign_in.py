"""Sign in with password and code in one request, and change a password.

Steps: 1. the try is charged to account and address; 2. password and code are judged, with the same work for whoever is
not there; 3. in one change the code is used up, the try given back, and what was asked is done. The answer never says
which of user, password and code was wrong.
"""

import hashlib
import ipaddress
from dataclasses import dataclass, field

from service.core.one_time import NOBODYS_SECRET, matching_step, recovery_hash
from service.core.passwords import check_password
from service.core.people import User, read_user
from service.core.throttle import (
    FORGET_SECONDS,
    FREE_FOR_ACCOUNT,
    FREE_FOR_ADDRESS,
    charge,
    give_back,
    seconds_to_wait,
)
from service.flow.people_desk import PeopleDesk
from service.flow.people_ports import PeopleChange
from service.flow.sessions import Started, hash_token, start_session


class SignInRefusedError(Exception):
    """User, password or code is not right, or the user may not sign in."""


class ThrottledError(Exception):
    """Too many tries that were not right."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"wait {wait_seconds} seconds")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody shows to be a user, and from where. ``code`` is the app's, or a recovery code."""

    user: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    user: User
    step: int | None
    subjects: tuple[bytes, bytes]


def sign_in(desk: PeopleDesk, factors: Factors, former_token: str | None = None) -> Started:
    """Begin a session; the one that the browser had before ends. Raises SignInRefusedError, ThrottledError."""
    judged = _judge(desk, factors)
    renewed = _renewed_hash(desk, judged.user, factors.password)
    with desk.store.change() as people:
        user = _accept(desk, people, judged, factors)
        if renewed is not None:
            people.set_password(user.id, renewed)
        if former_token is not None and (former := people.find_session(hash_token(former_token))) is not None:
            people.end_session(former.user_id, former.id)
        return start_session(desk, people, user, factors.agent)


def change_password(desk: PeopleDesk, factors: Factors, new_password: str) -> Started:
    """Replace a password; all the user's sessions end, and one begins.

    Raises SignInRefusedError, ThrottledError, PasswordRefusedError.
    """
    judged = _judge(desk, factors)
    with desk.store.view() as view:
        check_password(new_password, (judged.user.handle, judged.user.name, view.party_name(judged.user.party)))
    renewed = desk.hasher.hash(new_password)
    with desk.store.change() as people:
        user = _accept(desk, people, judged, factors)
        people.set_password(user.id, renewed)
        people.end_sessions(user.id)
        return start_session(desk, people, user, factors.agent)


def prove(desk: PeopleDesk, factors: Factors) -> User:
    """Make sure of a user and do nothing else. Raises SignInRefusedError, ThrottledError."""
    judged = _judge(desk, factors)
    with desk.store.change() as people:
        return _accept(desk, people, judged, factors)


def _judge(desk: PeopleDesk, factors: Factors) -> _Judged:
    now, named = desk.now(), read_user(factors.user)
    subjects = subjects_of(named, factors.address)
    charge_tries(desk, subjects, now)
    with desk.store.view() as people:
        user = None if named is None else people.find_user(*named)
    if user is not None and user.state != "active":
        user = None
    secret, after = NOBODYS_SECRET, 0
    if user is not None and user.totp is not None:
        secret, after = desk.open_totp(user.id, user.totp), user.totp_step
    is_password = desk.hasher.is_right(None if user is None else user.password_hash, factors.password)
    step = matching_step(secret, factors.code, now, after)
    with desk.store.view() as people:
        is_recovery = people.has_recovery_code("" if user is None else user.id, recovery_hash(factors.code))
    if user is None or not is_password or not (step or is_recovery):
        raise SignInRefusedError  # from here on all is right, and no further work can tell what was wrong
    return _Judged(user, step, subjects)


def _accept(desk: PeopleDesk, people: PeopleChange, judged: _Judged, factors: Factors) -> User:
    """Use the code up. A user that was changed meanwhile has to begin anew."""
    user = people.user(judged.user.id)
    if user is None or user.state != "active" or user.password_hash != judged.user.password_hash:
        raise SignInRefusedError
    take_code(desk, people, user.id, judged.step, factors.code, judged.subjects)
    return user


def take_code(
    desk: PeopleDesk, people: PeopleChange, user_id: str, step: int | None, code: str, subjects: tuple[bytes, bytes]
) -> None:
    """Use a code up that is right, the app's of that step or a recovery code, and give the try back.

    Raises SignInRefusedError if it was used, or is none.
    """
    if step is None:
        is_taken = people.take_recovery_code(user_id, recovery_hash(code))
    else:
        is_taken = people.take_step(user_id, step)
    if not is_taken:
        raise SignInRefusedError
    account, address = subjects
    people.forget_tries(account, 0)
    people.keep_tries(address, give_back(people.tries(address), desk.now()))


def charge_tries(desk: PeopleDesk, subjects: tuple[bytes, bytes], now: int) -> None:
    """Count a try before it is judged. Raises ThrottledError."""
    with desk.store.change() as people:
        people.forget_tries(None, now - FORGET_SECONDS)
        known = [people.tries(subject) for subject in subjects]
        if wait := max(seconds_to_wait(tries, now) for tries in known):
            raise ThrottledError(wait)
        for subject, tries, free in zip(subjects, known, (FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS), strict=True):
            people.keep_tries(subject, charge(tries, free, now))


def _renewed_hash(desk: PeopleDesk, user: User, password: str) -> str | None:
    is_outdated = user.password_hash is not None and desk.hasher.is_outdated(user.password_hash)
    return desk.hasher.hash(password) if is_outdated else None


def network_of(address: str) -> str:
    """What an address is throttled as: one subscriber has a whole IPv6 /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def subjects_of(named: tuple[int, str] | None, address: str) -> tuple[bytes, bytes]:
    """What a try is charged to: an account, whether or not it is there, and an address."""
    return _subject("account", repr(named)), _subject("address", network_of(address))


def _subject(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{kind} {name}".encode()).digest()
