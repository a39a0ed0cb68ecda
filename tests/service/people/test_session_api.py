"""Signing in over HTTP: the cookie, what is refused and how, what a person may ask of its own sessions."""

from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest

from service.api.metrics import SIGN_INS
from service.api.session_access import COOKIE
from service.core.caller import ALL_VERBS
from service.core.throttle import FREE_FOR_ACCOUNT
from service.flow.people_desk import PeopleDesk
from tests.service.api.caller import problem_of
from tests.service.house import House
from tests.service.market import EXPORTER
from tests.service.people.person import IDLE, MOST, OTHER_PASSWORD, Browser, Person, make_person

pytestmark = pytest.mark.chain
KIT = {"components": [{"sku": "A-100", "pieces": 2}]}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser, li_wei: Person) -> None:
    answer = browser.sign_in(li_wei)
    header = answer.headers["set-cookie"]
    morsel = SimpleCookie(header)[COOKIE]
    assert COOKIE.startswith("__Host-")
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "strict")
    assert (morsel["path"], morsel["domain"], morsel["max-age"]) == ("/", "", str(MOST))
    assert len(morsel.value) == 43  # 256 bits
    assert answer.headers["cache-control"] == "no-store"
    assert morsel.value not in answer.text


def test_a_person_learns_who_it_is(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    shown = browser.get("/v1/session").json()
    assert (shown["user"], shown["party"], shown["roles"]) == ("li.wei@7", EXPORTER, ["EXPORTER"])
    assert (shown["csrf_token"], shown["recovery_codes_left"], shown["idle_seconds"]) == (browser.csrf, 10, IDLE)
    assert shown["verbs"] == sorted(ALL_VERBS)


def test_without_a_session_nobody_is_there(browser: Browser) -> None:
    for method, path in (
        ("GET", "/v1/session"),
        ("GET", "/v1/sessions"),
        ("DELETE", "/v1/session"),
        ("GET", "/v1/lots"),
    ):
        problem_of(browser.send(method, path), 401)


def test_a_person_reads_what_its_party_reads(browser: Browser, li_wei: Person, house: House) -> None:
    browser.sign_in(li_wei)
    by_key = browser.client.get("/v1/lots", headers={"Authorization": f"Bearer {house.api_keys[EXPORTER]}"})
    assert browser.get("/v1/lots").json() == by_key.json()


def test_whatever_is_wrong_is_answered_alike(browser: Browser, li_wei: Person) -> None:
    answers = [
        browser.sign_in(li_wei, password="wrong"),
        browser.sign_in(li_wei, code=li_wei.wrong_code()),
        browser.sign_in(li_wei, user="nobody@7"),
        browser.sign_in(li_wei, user="nonsense"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert all("set-cookie" not in answer.headers for answer in answers)
    problem = problem_of(answers[0], 401)
    assert problem["code"] == "SignInRefused"
    names = [sorted(set(answer.headers) - {"content-length"}) for answer in answers]
    assert all(name == names[0] for name in names)


def test_who_guesses_is_told_how_long_to_wait(browser: Browser, li_wei: Person) -> None:
    before = SIGN_INS.labels("throttled")._value.get()
    for _ in range(FREE_FOR_ACCOUNT + 1):
        problem_of(browser.sign_in(li_wei, password="wrong", code="000000"), 401)
    answer = browser.sign_in(li_wei, code=li_wei.code())
    problem = problem_of(answer, 429)
    assert (problem["code"], answer.headers["retry-after"]) == ("TooManyTries", "1")
    assert SIGN_INS.labels("throttled")._value.get() == before + 1


def test_a_session_that_somebody_planted_is_not_taken_over(new_browser: Callable[[], Browser], li_wei: Person) -> None:
    """Fixation: the token is always new, and the one that came along ends."""
    attacker, victim = new_browser(), new_browser()
    attacker.sign_in(li_wei)
    planted = attacker.cookie
    victim.client.cookies.set(COOKIE, planted or "")
    answer = victim.sign_in(li_wei)
    assert SimpleCookie(answer.headers["set-cookie"])[COOKIE].value != planted
    problem_of(attacker.get("/v1/session"), 401)
    for made_up in ("", "A" * 43):
        fresh = new_browser()
        fresh.client.cookies.set(COOKIE, made_up)
        assert SimpleCookie(fresh.sign_in(li_wei).headers["set-cookie"])[COOKIE].value not in ("", made_up)


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    kept = browser.cookie or ""
    assert browser.send("DELETE", "/v1/session").status_code == 204
    assert browser.cookie is None
    browser.client.cookies.set(COOKIE, kept)
    problem_of(browser.get("/v1/session"), 401)


def test_one_ends_a_session_elsewhere(new_browser: Callable[[], Browser], li_wei: Person) -> None:
    here, there = new_browser(), new_browser()
    there.client.headers["user-agent"] = "a machine at the harbour"
    there.sign_in(li_wei)
    here.sign_in(li_wei)
    listed = here.get("/v1/sessions").json()["sessions"]
    assert [(one["agent"], one["is_current"]) for one in listed][1] == ("a machine at the harbour", False)
    assert here.send("DELETE", f"/v1/sessions/{listed[1]['id']}").status_code == 204
    problem_of(there.get("/v1/lots"), 401)
    problem_of(here.send("DELETE", f"/v1/sessions/{listed[1]['id']}"), 404)


def test_anothers_session_is_not_there(
    new_browser: Callable[[], Browser], li_wei: Person, web_desk: PeopleDesk
) -> None:
    mine, theirs = new_browser(), new_browser()
    theirs.sign_in(make_person(web_desk, EXPORTER, "Wang Fang"))
    mine.sign_in(li_wei)
    other = theirs.get("/v1/session").json()["id"]
    problem_of(mine.send("DELETE", f"/v1/sessions/{other}"), 404)
    assert theirs.get("/v1/session").status_code == 200


def test_time_ends_a_session(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    li_wei.clock.wait(IDLE)
    problem_of(browser.get("/v1/lots"), 401)


def test_a_new_password_signs_everybody_else_out(new_browser: Callable[[], Browser], li_wei: Person) -> None:
    here, there = new_browser(), new_browser()
    here.sign_in(li_wei)
    there.sign_in(li_wei)
    body = {"password": li_wei.password, "code": li_wei.next_code(), "new_password": OTHER_PASSWORD}
    answer = here.send("POST", "/v1/session/password", body)
    assert answer.status_code == 200, answer.text
    problem_of(there.get("/v1/session"), 401)
    assert here.get("/v1/session").json()["csrf_token"] == answer.json()["csrf_token"] != here.csrf


def test_a_hijacked_session_changes_no_password(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    body = {"password": "a guess", "code": li_wei.next_code(), "new_password": OTHER_PASSWORD}
    assert problem_of(browser.send("POST", "/v1/session/password", body), 401)["code"] == "SignInRefused"
    problem_of(browser.send("POST", "/v1/session/renewal", {"password": "a guess", "code": li_wei.code()}), 401)


def test_a_person_renews_its_factors(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    body = {"password": li_wei.password, "code": li_wei.recovery_codes[0]}
    token = browser.send("POST", "/v1/session/renewal", body).json()["token"]
    offer = browser.client.post("/v1/enrolment/look", json={"token": token}).json()
    app = Person(offer["user"], offer["totp"]["secret"], li_wei.clock)
    body = {"token": token, "password": OTHER_PASSWORD, "code": app.next_code()}
    assert browser.client.post("/v1/enrolment", json=body).status_code == 201
    problem_of(browser.sign_in(li_wei), 401)


@pytest.mark.parametrize("path", ["/v1/session", "/v1/enrolment"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'"a secret of mine"',
        b'{"password": "a secret of mine"}',
        b'{"user": 1, "token": 1, "password": ["a secret of mine"], "code": "1"}',
    ],
)
def test_a_refused_body_is_not_read_out(browser: Browser, path: str, body: bytes) -> None:
    answer = browser.client.post(path, content=body)
    problem_of(answer, 422)
    assert "a secret of mine" not in answer.text


def test_a_body_too_large_is_not_read(browser: Browser) -> None:
    problem_of(browser.client.post("/v1/session", content=b" " * 5000), 413)
