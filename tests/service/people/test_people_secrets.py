"""Nothing that a person signs in with gets out: not in an answer to somebody else, not in a log, not in a file."""

import logging
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from service.flow.people_desk import PeopleDesk
from service.store.people import SqlPeopleStore
from tests.service.house import House
from tests.service.people.person import OTHER_PASSWORD, PASSWORD, Browser, Person

pytestmark = pytest.mark.chain


def use_everything(browser: Browser, person: Person, said: list[str]) -> Iterator[bytes]:
    """Answers of every kind; those that are to hold a secret are left out. ``said`` fills with secrets."""
    wrong_code = person.wrong_code()
    said += [PASSWORD, OTHER_PASSWORD, person.secret, *person.recovery_codes]
    yield browser.sign_in(person, password=OTHER_PASSWORD, code=wrong_code).content
    outside = TestClient(browser.client.app, base_url="https://cangsu.test", raise_server_exceptions=False)
    for body in ({"user": PASSWORD}, {"password": [PASSWORD]}, [PASSWORD], {"user": person.user, PASSWORD: PASSWORD}):
        yield outside.post("/v1/session", json=body).content.replace(PASSWORD.encode() + b'"}', b"")
    yield browser.sign_in(person).content
    said.append(browser.cookie or "no cookie")
    yield from (browser.get(path).content for path in ("/v1/session", "/v1/sessions", "/v1/users", "/metrics"))
    invited = browser.send("POST", "/v1/users", {"name": "Zhang Min", "verbs": ["lots:read"]}).json()
    said.append(invited["token"])
    offer = browser.client.post("/v1/enrolment/look", json={"token": invited["token"]}).json()
    said.append(offer["totp"]["secret"])
    for code in ("000000", person.recovery_codes[0]):
        body = {"token": invited["token"], "password": OTHER_PASSWORD, "code": code}
        yield outside.post("/v1/enrolment", json=body).content
    body = {"password": PASSWORD, "code": person.next_code(), "new_password": "short"}
    yield browser.send("POST", "/v1/session/password", body).content
    yield browser.send("DELETE", "/v1/session").content


def test_no_answer_log_or_file_holds_what_people_sign_in_with(
    browser: Browser,
    li_wei: Person,
    house: House,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    texts = [*use_everything(browser, li_wei, said)]
    texts += [caplog.text.encode(), "".join(capfd.readouterr()).encode()]
    texts += [path.read_bytes() for path in house.settings.var.rglob("*") if path.is_file()]
    assert len(said) >= 15
    for secret in said:
        assert not any(secret.encode() in text for text in texts), "a secret got out"


def test_a_fault_shows_no_secret(
    browser: Browser, li_wei: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("injected")

    monkeypatch.setattr(SqlPeopleStore, "change", fail)
    outside = TestClient(browser.client.app, base_url="https://cangsu.test", raise_server_exceptions=False)
    code = li_wei.next_code()
    answer = outside.post("/v1/session", json={"user": li_wei.user, "password": PASSWORD, "code": code})
    assert (answer.status_code, answer.json()["code"]) == (500, "Internal")
    for secret in (PASSWORD, code):
        assert secret not in answer.text + caplog.text


def test_what_is_shown_of_people_holds_no_secret(
    web_desk: PeopleDesk, li_wei: Person, new_browser: Callable[[], Browser]
) -> None:
    from service.flow.sign_in import sign_in

    factors = li_wei.factors()
    started = sign_in(web_desk, factors)
    with web_desk.store.view() as people:
        shown = f"{factors!r} {started!r} {people.users(started.user.party)!r} {web_desk!r}"
    for secret in (PASSWORD, factors.code, started.token, "argon2id"):
        assert secret not in shown
