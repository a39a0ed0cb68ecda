"""Users, what they enrol with, their recovery codes, sessions and tries. Nothing here opens a secret."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, or_, select, update

from service.core.caller import Verb
from service.core.oidc import Pending, Step
from service.core.people import Enrolment, Session, User
from service.core.throttle import Tries
from service.store import provider_schema, schema
from service.store.database import reading, upsert_rows, writing

PEOPLE_LOCK = 0x63616E70
"""Key of the advisory lock under which people change on PostgreSQL: few, and each waits for the other."""

_USER, _ENROLMENT, _SESSION = schema.party_user, schema.enrolment, schema.session
_RECOVERY, _TRIES = schema.recovery_code, schema.tries
_PENDING, _LINK = provider_schema.pending_sign_in, provider_schema.provider_link


class SqlPeopleView:
    """What is known of people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def roles_of(self, party: int) -> int | None:
        """The roles of a party; None if it is not registered."""
        query = select(schema.party.c.roles).where(schema.party.c.number == party)
        return self._connection.execute(query).scalar_one_or_none()

    def party_name(self, party: int) -> str:
        """The name of a party; empty if it is not registered."""
        query = select(schema.party.c.name).where(schema.party.c.number == party)
        return self._connection.execute(query).scalar_one_or_none() or ""

    def find_user(self, party: int, handle: str) -> User | None:
        """A user by the name it signs in with."""
        return self._user((_USER.c.party == party) & (_USER.c.handle == handle))

    def user(self, user_id: str) -> User | None:
        """A user by its id."""
        return self._user(_USER.c.id == user_id)

    def users(self, party: int) -> list[User]:
        """Everybody who acts for a party, or did."""
        query = select(_USER).where(_USER.c.party == party).order_by(_USER.c.handle)
        return [_to_user(row) for row in self._connection.execute(query)]

    def find_enrolment(self, token_hash: bytes, now: int) -> Enrolment | None:
        """What a token asks a person to do, while it counts."""
        query = select(_ENROLMENT).where(_ENROLMENT.c.token_hash == token_hash, _ENROLMENT.c.expires_at > now)
        row = self._connection.execute(query).first()
        if row is None:
            return None
        return Enrolment(bytes(row.token_hash), row.user_id, row.expires_at, _bytes(row.totp))

    def find_session(self, token_hash: bytes) -> Session | None:
        """A session by its token, whether or not its time is over."""
        row = self._connection.execute(select(_SESSION).where(_SESSION.c.token_hash == token_hash)).first()
        return None if row is None else _to_session(row)

    def sessions(self, user_id: str) -> list[Session]:
        """A user's sessions, the newest first."""
        query = select(_SESSION).where(_SESSION.c.user_id == user_id).order_by(_SESSION.c.created_at.desc())
        return [_to_session(row) for row in self._connection.execute(query)]

    def has_recovery_code(self, user_id: str, code_hash: bytes) -> bool:
        """Whether a recovery code is a user's, and not used yet."""
        mine = select(_RECOVERY.c.user_id).where(_RECOVERY.c.user_id == user_id, _RECOVERY.c.code_hash == code_hash)
        return self._connection.execute(mine).first() is not None

    def recovery_codes_left(self, user_id: str) -> int:
        """How many recovery codes a user has not used yet."""
        query = select(func.count()).select_from(_RECOVERY).where(_RECOVERY.c.user_id == user_id)
        return self._connection.execute(query).scalar_one()

    def find_pending(self, token_hash: bytes, now: int) -> Pending | None:
        """What a browser has begun at a provider, while there is time for it."""
        query = select(_PENDING).where(_PENDING.c.token_hash == token_hash, _PENDING.c.expires_at > now)
        row = self._connection.execute(query).first()
        return None if row is None else Pending(Step(row.step), row.provider, row.expires_at, row.user_id)

    def linked_user(self, issuer: str, sub: str) -> User | None:
        """The user whom a provider knows by this name."""
        mine = select(_LINK.c.user_id).where(_LINK.c.issuer == issuer, _LINK.c.sub == sub)
        return self._user(_USER.c.id == mine.scalar_subquery())

    def _user(self, which: Any) -> User | None:
        row = self._connection.execute(select(_USER).where(which)).first()
        return None if row is None else _to_user(row)


class SqlPeopleChange(SqlPeopleView):
    """A change of what is known."""

    def add_user(self, user: User) -> None:
        """Keep a new user."""
        verbs = " ".join(sorted(user.verbs))
        self._connection.execute(insert(_USER).values(**asdict(user) | {"verbs": verbs}))

    def set_factors(self, user_id: str, password_hash: str | None, totp: bytes | None, totp_step: int) -> None:
        """Replace what a user signs in with."""
        values = {"password_hash": password_hash, "totp": totp, "totp_step": totp_step}
        self._connection.execute(update(_USER).where(_USER.c.id == user_id).values(**values))

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Replace a password alone."""
        self._connection.execute(update(_USER).where(_USER.c.id == user_id).values(password_hash=password_hash))

    def set_disabled(self, user_id: str, disabled_at: int | None) -> None:
        """Disable a user, or enable it again."""
        self._connection.execute(update(_USER).where(_USER.c.id == user_id).values(disabled_at=disabled_at))

    def take_step(self, user_id: str, step: int) -> bool:
        """Take the code of a step, unless that or a newer one was taken."""
        mine = update(_USER).where(_USER.c.id == user_id, _USER.c.totp_step < step).values(totp_step=step)
        return self._connection.execute(mine).rowcount == 1

    def take_recovery_code(self, user_id: str, code_hash: bytes) -> bool:
        """Use a recovery code up, if it is there."""
        mine = delete(_RECOVERY).where(_RECOVERY.c.user_id == user_id, _RECOVERY.c.code_hash == code_hash)
        return self._connection.execute(mine).rowcount == 1

    def keep_recovery_codes(self, user_id: str, code_hashes: Sequence[bytes]) -> None:
        """Replace a user's recovery codes."""
        self._connection.execute(delete(_RECOVERY).where(_RECOVERY.c.user_id == user_id))
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in code_hashes]
        if rows:
            self._connection.execute(insert(_RECOVERY), rows)

    def add_enrolment(self, enrolment: Enrolment) -> None:
        """Keep what a user is asked to do."""
        self._connection.execute(insert(_ENROLMENT).values(**asdict(enrolment)))

    def offer_totp(self, token_hash: bytes, totp: bytes) -> None:
        """Keep the secret that an enrolment offers."""
        self._connection.execute(update(_ENROLMENT).where(_ENROLMENT.c.token_hash == token_hash).values(totp=totp))

    def end_enrolments(self, user_id: str) -> None:
        """End every token that a user was given."""
        self._connection.execute(delete(_ENROLMENT).where(_ENROLMENT.c.user_id == user_id))

    def add_session(self, token_hash: bytes, session: Session) -> None:
        """Keep a new session."""
        self._connection.execute(insert(_SESSION).values(token_hash=token_hash, **asdict(session)))

    def touch_session(self, session_id: str, now: int) -> None:
        """Say that a session was used."""
        self._connection.execute(update(_SESSION).where(_SESSION.c.id == session_id).values(seen_at=now))

    def end_session(self, user_id: str, session_id: str) -> bool:
        """End one session of a user; False if there is none."""
        mine = delete(_SESSION).where(_SESSION.c.user_id == user_id, _SESSION.c.id == session_id)
        return self._connection.execute(mine).rowcount == 1

    def end_sessions(self, user_id: str) -> None:
        """End all of a user's sessions, and what it is about to do at a provider."""
        self._connection.execute(delete(_SESSION).where(_SESSION.c.user_id == user_id))
        self._connection.execute(delete(_PENDING).where(_PENDING.c.user_id == user_id))

    def end_old_sessions(self, idle_since: int, now: int) -> None:
        """Drop the sessions whose time is over."""
        is_old = or_(_SESSION.c.expires_at <= now, _SESSION.c.seen_at <= idle_since)
        self._connection.execute(delete(_SESSION).where(is_old))

    def add_pending(self, token_hash: bytes, pending: Pending) -> None:
        """Keep what a browser begins at a provider."""
        self._connection.execute(insert(_PENDING).values(token_hash=token_hash, **asdict(pending)))

    def take_pending(self, token_hash: bytes) -> bool:
        """Use it up; False if somebody was faster."""
        return self._connection.execute(delete(_PENDING).where(_PENDING.c.token_hash == token_hash)).rowcount == 1

    def end_old_pending(self, now: int) -> None:
        """Drop what nobody came back for."""
        self._connection.execute(delete(_PENDING).where(_PENDING.c.expires_at <= now))

    def link(self, issuer: str, sub: str, user_id: str, now: int) -> bool:
        """Keep by which name a provider knows a user; False if the name or the user is linked there already."""
        is_taken = ((_LINK.c.sub == sub) | (_LINK.c.user_id == user_id)) & (_LINK.c.issuer == issuer)
        if self._connection.execute(select(_LINK.c.sub).where(is_taken)).first() is not None:
            return False
        values = {"issuer": issuer, "sub": sub, "user_id": user_id, "created_at": now}
        self._connection.execute(insert(_LINK).values(**values))
        return True

    def unlink(self, user_id: str, issuer: str | None = None) -> bool:
        """End what a provider, or every one, knows a user by; False if there is nothing."""
        mine = _LINK.c.user_id == user_id
        gone = delete(_LINK).where(mine if issuer is None else mine & (_LINK.c.issuer == issuer))
        return self._connection.execute(gone).rowcount > 0

    def tries(self, subject: bytes) -> Tries:
        """The tries of an account or address that were not right."""
        row = self._connection.execute(select(_TRIES).where(_TRIES.c.subject == subject)).first()
        return Tries() if row is None else Tries(*row[1:])

    def keep_tries(self, subject: bytes, tries: Tries) -> None:
        """Replace them."""
        columns = ("count", "last_at", "blocked_until")
        row = (subject, tries.count, tries.last_at, tries.blocked_until)
        upsert_rows(self._connection, "tries", ("subject",), columns, [row])

    def forget_tries(self, subject: bytes | None, before: int) -> None:
        """Drop those of a subject, and all that are older."""
        self._connection.execute(delete(_TRIES).where(or_(_TRIES.c.subject == subject, _TRIES.c.last_at < before)))


class SqlPeopleStore:
    """Where people are kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def view(self) -> Iterator[SqlPeopleView]:
        """One state of what is known."""
        with reading(self._engine) as connection:
            yield SqlPeopleView(connection)

    @contextmanager
    def change(self) -> Iterator[SqlPeopleChange]:
        """A change, kept whole or not at all."""
        with writing(self._engine, PEOPLE_LOCK) as connection:
            yield SqlPeopleChange(connection)


def _to_user(row: Row[Any]) -> User:
    verbs = frozenset(map(Verb, row.verbs.split()))
    return User(**row._asdict() | {"verbs": verbs, "totp": _bytes(row.totp)})


def _to_session(row: Row[Any]) -> Session:
    return Session(row.id, row.user_id, row.created_at, row.seen_at, row.expires_at, row.agent)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
