"""Begin, find and end sessions. The token is random, is given out once and kept as a hash."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from service.core.people import Session, User
from service.flow.people_desk import PeopleDesk
from service.flow.people_ports import PeopleChange

_TOUCH_SECONDS = 60
"""How stale ``seen_at`` may be: not every request writes."""
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has begun, and its token, which nobody else knows."""

    token: str = field(repr=False)
    session: Session
    user: User
    roles: int


@dataclass(frozen=True, slots=True)
class Found:
    """A session in force and whose it is; ``roles`` are those that the person has now."""

    session: Session
    user: User
    roles: int


def start_session(desk: PeopleDesk, people: PeopleChange, user: User, agent: str) -> Started:
    """Begin a session. The caller has made sure who this is."""
    now, token = desk.now(), secrets.token_urlsafe(32)
    people.end_old_sessions(now - desk.idle_seconds, now)
    made = Session(secrets.token_hex(8), user.id, now, now, now + desk.most_seconds, agent[:_AGENT_LENGTH])
    people.add_session(hash_token(token), made)
    return Started(token, made, user, user.roles_within(people.roles_of(user.party) or 0))


def find_session(desk: PeopleDesk, token: str) -> Found | None:
    """The session behind a token, if it is in force and its user is still one."""
    now = desk.now()
    with desk.store.view() as people:
        session = people.find_session(hash_token(token))
        if session is None or not is_in_force(desk, session, now):
            return None
        user = people.user(session.user_id)
        of_party = None if user is None else people.roles_of(user.party)
    if user is None or user.state != "active" or of_party is None:
        return None
    if now - session.seen_at >= _TOUCH_SECONDS:
        with desk.store.change() as change:
            change.touch_session(session.id, now)
    return Found(session, user, user.roles_within(of_party))


def is_in_force(desk: PeopleDesk, session: Session, now: int) -> bool:
    """Whether neither of a session's two times is over."""
    return now < session.expires_at and now - session.seen_at < desk.idle_seconds


def sessions_of(desk: PeopleDesk, user_id: str) -> list[Session]:
    """A user's sessions in force."""
    with desk.store.view() as people:
        return [session for session in people.sessions(user_id) if is_in_force(desk, session, desk.now())]


def end_session(desk: PeopleDesk, user_id: str, session_id: str) -> bool:
    """End one of a user's sessions, at once; False if it has none of that id."""
    with desk.store.change() as people:
        return people.end_session(user_id, session_id)


def end_session_of(desk: PeopleDesk, token: str) -> None:
    """End the session that a token is of, if there is one: the browser has another now."""
    with desk.store.change() as people:
        if (former := people.find_session(hash_token(token))) is not None:
            people.end_session(former.user_id, former.id)


def csrf_token(token: str) -> str:
    """What a page of ours has to send along: follows from the session's token, which no other page can read."""
    return hmac.digest(token.encode(), b"cangsu csrf", "sha256").hex()


def hash_token(token: str) -> bytes:
    """What a token is known by."""
    return hashlib.sha256(token.encode()).digest()
