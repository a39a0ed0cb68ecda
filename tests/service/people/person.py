"""Persons as the tests know them: their password, their authenticator app, their clock."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pyotp
from starlette.testclient import TestClient

from service.api.session_access import COOKIE
from service.core.caller import ALL_VERBS, Verb
from service.core.one_time import STEP_SECONDS, secret_text
from service.core.passwords import Hasher
from service.flow.enrol import Invitee, enrol, invite, look
from service.flow.people_desk import PeopleDesk
from service.flow.sign_in import Factors

PASSWORD = "nine lorries to Ningbo"
OTHER_PASSWORD = "seven ships from Shekou"
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
START = 1_780_000_000.0
IDLE, MOST = 1800, 43_200
QUICK = Hasher(time_cost=1, memory_kib=8, lanes=1)
"""So that tests are not slow on purpose; what the service itself uses is tested for itself."""


@dataclass
class Clock:
    """A clock that is moved by hand."""

    time: float = START

    def __call__(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Person:
    """Somebody who has enrolled."""

    user: str
    secret: str
    clock: Clock
    recovery_codes: list[str] = field(default_factory=list)
    password: str = PASSWORD

    def code(self, steps: int = 0) -> str:
        """What the app shows, so many steps from now."""
        return pyotp.TOTP(self.secret).at(int(self.clock()) + steps * STEP_SECONDS)

    def next_code(self) -> str:
        """A code that was not used yet."""
        self.clock.wait(STEP_SECONDS)
        return self.code()

    def wrong_code(self) -> str:
        """A code that the app does not show in these minutes."""
        near = {self.code(steps) for steps in range(-5, 6)}
        return next(code for code in map("{:06}".format, range(20)) if code not in near)

    def factors(self, address: str = HOME, **other: Any) -> Factors:
        """Both factors, a code that was not used yet among them, or what is put in their place."""
        shown = {"user": self.user, "password": self.password} | other
        return Factors(**shown | {"code": other.get("code") or self.next_code()}, address=address)


def make_person(
    desk: PeopleDesk, party: int, name: str, verbs: frozenset[Verb] = ALL_VERBS, roles: int | None = None
) -> Person:
    """Invite somebody and let them enrol."""
    assert isinstance(desk.clock, Clock)
    token = invite(desk, Invitee(party, name, verbs, roles=roles)).token
    offer = look(desk, token)
    person = Person(offer.user.user, secret_text(offer.secret), desk.clock)
    person.recovery_codes = enrol(desk, token, PASSWORD, person.code(), "tests")[1]
    return person


@dataclass
class Browser:
    """A browser that keeps cookies and, once it has asked, the token against forgery."""

    client: TestClient
    csrf: str = ""

    def sign_in(self, person: Person, **other: str) -> httpx.Response:
        """Sign in with a code that was not used yet."""
        shown = {"user": person.user, "password": person.password} | other
        answer = self.client.post("/v1/session", json=shown | {"code": other.get("code") or person.next_code()})
        if answer.status_code == 201:
            self.csrf = answer.json()["csrf_token"]
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request that changes something, as a page of ours sends it."""
        return self.client.request(method, path, json=body, headers={"X-CSRF-Token": self.csrf} | headers)

    @property
    def cookie(self) -> str | None:
        """The session's token."""
        return self.client.cookies.get(COOKIE)
