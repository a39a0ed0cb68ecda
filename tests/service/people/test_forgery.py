"""What another web site makes a browser ask is not done (S-106); what is no browser needs nothing."""

import pytest

from service.flow.sessions import csrf_token
from tests.service.api.caller import problem_of
from tests.service.house import House
from tests.service.market import EXPORTER
from tests.service.people.person import Browser

pytestmark = pytest.mark.chain
KIT = {"components": [{"sku": "A-100", "pieces": 2}]}


FORGED: list[dict[str, str]] = [
    {"X-CSRF-Token": ""},
    {"X-CSRF-Token": "0" * 64},
    {"X-CSRF-Token": "ä"},
    {"Origin": "https://evil.test"},
    {"Origin": "https://cangsu.test.evil.test"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", FORGED, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/kits/SET"), ("POST", "/v1/users"), ("DELETE", "/v1/session"), ("POST", "/v1/session/password")],
)
def test_what_another_site_asks_for_is_not_done(
    forgeable: Browser, method: str, path: str, headers: dict[str, str]
) -> None:
    sent = {name: value.encode() for name, value in ({"X-CSRF-Token": forgeable.csrf} | headers).items()}
    answer = forgeable.client.request(method, path, json=KIT, headers=sent)
    assert problem_of(answer, 403)["code"] == "ForgedRequest"
    assert forgeable.get("/v1/session").status_code == 200


def test_a_page_of_ours_may_change_something(forgeable: Browser) -> None:
    same = {"Origin": "https://cangsu.test", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, same):
        assert forgeable.send("PUT", "/v1/kits/SET", KIT, **headers).status_code in (200, 201)


def test_the_token_of_another_session_is_none(forgeable: Browser) -> None:
    answer = forgeable.send("PUT", "/v1/kits/SET", KIT, **{"X-CSRF-Token": csrf_token("another")})
    problem_of(answer, 403)


def test_reading_needs_no_token(forgeable: Browser) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}  # a link from elsewhere; SameSite=Strict keeps the cookie back besides
    assert forgeable.client.get("/v1/lots", headers=headers).status_code == 200


def test_an_api_key_is_not_ambient_and_needs_no_token(forgeable: Browser, module_house: House) -> None:
    headers = {"Authorization": f"Bearer {module_house.api_keys[EXPORTER]}", "Origin": "https://elsewhere.test"}
    assert forgeable.client.put("/v1/kits/SET", json=KIT, headers=headers).status_code in (200, 201)


def test_a_wrong_api_key_does_not_lend_a_cookie_its_freedom(forgeable: Browser) -> None:
    answer = forgeable.client.put("/v1/kits/SET", json=KIT, headers={"Authorization": "Bearer wrong"})
    problem_of(answer, 403)


@pytest.mark.parametrize("path", ["/v1/session", "/v1/enrolment", "/v1/enrolment/look"])
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_nobody_is_signed_in_from_another_site(forgeable: Browser, path: str, headers: dict[str, str]) -> None:
    assert problem_of(forgeable.client.post(path, json={}, headers=headers), 403)["code"] == "ForgedRequest"
