"""People of a party over HTTP: invited, enrolled, kept within their verbs and roles (S-100), disabled."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.core.caller import Verb
from service.flow.people_desk import PeopleDesk
from tests.service.api.caller import problem_of
from tests.service.market import EXPORTER, HANSA, SELF_RUN, WEST_COAST
from tests.service.people.person import MOST, OTHER_PASSWORD, Browser, Person, make_person
from verifier.kinds import Role

pytestmark = pytest.mark.chain
KIT = {"components": [{"sku": "A-100", "pieces": 2}]}


def test_a_person_does_only_what_its_verbs_say(browser: Browser, web_desk: PeopleDesk) -> None:
    reader = make_person(web_desk, EXPORTER, "Reader", frozenset({Verb.LOTS_READ}))
    browser.sign_in(reader)
    assert browser.get("/v1/lots").status_code == 200
    for answer in (browser.send("PUT", "/v1/kits/SET", KIT), browser.get("/v1/users"), browser.get("/v1/claims")):
        assert problem_of(answer, 403)["code"] == "OutOfScope"


def test_a_key_that_a_person_makes_may_outlast_the_session(browser: Browser, li_wei: Person) -> None:
    browser.sign_in(li_wei)
    body = {"label": "reader", "verbs": ["lots:read"], "days": 30}
    answer = browser.send("POST", "/v1/keys", body)
    assert answer.status_code == 201, answer.text
    li_wei.clock.wait(MOST)
    headers = {"Authorization": f"Bearer {answer.json()['key']}"}
    assert browser.client.get("/v1/lots", headers=headers).status_code == 200


def test_a_person_acts_in_its_roles_only(browser: Browser, web_desk: PeopleDesk) -> None:
    biller = make_person(web_desk, WEST_COAST, "Biller", roles=int(Role.BILLER))
    assert browser.sign_in(biller).json()["roles"] == ["BILLER"]


def test_who_is_disabled_is_out_at_once(
    new_browser: Callable[[], Browser], li_wei: Person, web_desk: PeopleDesk
) -> None:
    administrator, other = new_browser(), new_browser()
    administrator.sign_in(li_wei)
    wang_fang = make_person(web_desk, EXPORTER, "Wang Fang")
    other.sign_in(wang_fang)
    listed = administrator.get("/v1/users").json()["users"]
    user_id = next(user["id"] for user in listed if user["user"] == "wang.fang@7")
    assert administrator.send("DELETE", f"/v1/users/{user_id}").status_code == 204
    problem_of(other.get("/v1/session"), 401)
    problem_of(other.sign_in(wang_fang), 401)


def invite(browser: Browser, **asked: Any) -> httpx.Response:
    body = {"name": "Zhang Min", "verbs": ["lots:read"]} | asked
    return browser.send("POST", "/v1/users", body)


def test_an_administrator_invites_and_the_person_enrols(new_browser: Callable[[], Browser], li_wei: Person) -> None:
    administrator, newcomer = new_browser(), new_browser()
    administrator.sign_in(li_wei)
    token = invite(administrator, language="zh", roles=["EXPORTER"]).json()["token"]
    offer = newcomer.client.post("/v1/enrolment/look", json={"token": token}).json()
    assert (offer["user"], offer["party_name"], offer["language"]) == ("zhang.min@7", "Exporter", "zh")
    assert offer["totp"]["uri"].startswith("otpauth://totp/Cangsu:zhang.min%407?secret=")
    assert offer["totp"]["qr_svg"].startswith("<svg")
    app = Person(offer["user"], offer["totp"]["secret"], li_wei.clock)
    body = {"token": token, "password": OTHER_PASSWORD, "code": app.code()}
    answer = newcomer.client.post("/v1/enrolment", json=body)
    assert (answer.status_code, len(answer.json()["recovery_codes"])) == (201, 10)
    assert newcomer.get("/v1/lots").status_code == 200
    assert newcomer.sign_in(app, password=OTHER_PASSWORD).status_code == 201


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"roles": ["BANK"]}, 422, "InvitationRefused"),
        ({"handle": "a@b"}, 422, "InvitationRefused"),
        ({"handle": "li.wei"}, 422, "InvitationRefused"),
        ({"verbs": []}, 422, "Malformed"),
        ({"verbs": ["everything"]}, 422, "Malformed"),
        ({"roles": ["KING"]}, 422, "Malformed"),
        ({"language": "xx"}, 422, "Malformed"),
    ],
    ids=str,
)
def test_an_invitation_that_is_refused(forgeable: Browser, asked: dict[str, Any], status: int, code: str) -> None:
    assert problem_of(invite(forgeable, **asked), status)["code"] == code


def test_nobody_gives_more_than_they_have(browser: Browser, web_desk: PeopleDesk) -> None:
    few = make_person(web_desk, SELF_RUN, "Few", frozenset({Verb.USERS, Verb.LOTS_READ}), int(Role.OPERATOR))
    browser.sign_in(few)
    for asked, field in (
        ({"verbs": ["kits"]}, "verbs"),
        ({"roles": ["EXPORTER"]}, "roles"),
        ({"roles": None}, "roles"),
    ):
        problem = problem_of(invite(browser, **asked), 403)
        assert (problem["code"], problem["field"]) == ("BeyondOwn", field)
    made = invite(browser, roles=["OPERATOR"]).json()
    assert browser.send("POST", f"/v1/users/{made['id']}/reset").json()["token"] != made["token"]


def test_another_partys_people_are_not_there(browser: Browser, li_wei: Person, web_desk: PeopleDesk) -> None:
    make_person(web_desk, HANSA, "Hans")
    with web_desk.store.view() as people:
        hans = people.users(HANSA)[0].id
    browser.sign_in(li_wei)
    assert [user["user"] for user in browser.get("/v1/users").json()["users"]] == ["li.wei@7"]
    for user_id in (hans, "0" * 16):
        problem_of(browser.send("DELETE", f"/v1/users/{user_id}"), 404)
        problem_of(browser.send("POST", f"/v1/users/{user_id}/reset"), 404)


@pytest.mark.parametrize("path", ["/v1/enrolment/look", "/v1/enrolment"])
def test_a_token_that_nobody_gave_is_good_for_nothing(browser: Browser, path: str) -> None:
    body = {"token": "made up"} | ({"password": OTHER_PASSWORD, "code": "123456"} if path == "/v1/enrolment" else {})
    problem_of(browser.client.post(path, json=body), 404)
