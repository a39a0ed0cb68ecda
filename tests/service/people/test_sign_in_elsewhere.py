"""Signing in at a provider over real HTTP (S-114, S-115): who may, and every attack that makes no session."""

import logging
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from joserfc.jwk import RSAKey

from service.api.oidc import PENDING_COOKIE
from service.api.session_access import COOKIE
from service.core.caller import ALL_VERBS
from service.core.throttle import FREE_FOR_ACCOUNT
from service.flow.enrol import disable, reset
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import find_session
from service.flow.sign_in_elsewhere import PENDING_SECONDS, Answer, finish
from tests.service.api.caller import problem_of
from tests.service.house import House
from tests.service.market import EXPORTER
from tests.service.people.elsewhere import come_back, go, link_to, query_of, start, user_of, visit
from tests.service.people.person import Browser, Person, make_person
from tests.service.people.provider import CLIENT_ID, OpenProvider

pytestmark = pytest.mark.chain
MFA = {"amr": ["pwd", "mfa"]}


def refused(browser: Browser, answer: httpx.Response) -> bytes:
    """Nobody is signed in, and the answer is that for every reason."""
    assert problem_of(answer, 401)["code"] == "SignInRefused"
    assert "set-cookie" not in answer.headers
    assert browser.cookie is None
    problem_of(browser.get("/v1/session"), 401)
    return answer.content


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_who_is_linked_signs_in_by_the_second_factor_of_the_provider(
    visitor: Browser, linked: Person, provider: OpenProvider, algorithm: str
) -> None:
    provider.does.claims, provider.does.algorithm = MFA, algorithm
    answer = go(visitor)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["user"]) == (200, "signed-in", linked.user)
    assert visitor.get("/v1/session").json()["verbs"] == sorted(ALL_VERBS)
    assert visitor.get("/v1/lots").status_code == 200
    assert visitor.send("DELETE", "/v1/session").status_code == 204


def test_a_browser_is_sent_with_what_ties_it_down_and_nothing_else(visitor: Browser, provider: OpenProvider) -> None:
    answer = visitor.client.get("/v1/oidc/acme/start", follow_redirects=False)
    location, morsel = answer.headers["location"], SimpleCookie(answer.headers["set-cookie"])[PENDING_COOKIE]
    assert location.startswith(f"{provider.issuer}/authorize?tenant=1&")
    asked = query_of(location)
    assert asked["redirect_uri"] == "https://cangsu.test/v1/oidc/acme/callback"
    assert (asked["client_id"], asked["code_challenge_method"], asked["scope"]) == (CLIENT_ID, "S256", "openid")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "lax")
    assert (morsel["path"], morsel["domain"], morsel["max-age"]) == ("/", "", str(PENDING_SECONDS))
    assert PENDING_COOKIE.startswith("__Host-")
    assert morsel.value not in location
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert start(visitor) != location


def test_the_session_is_out_of_reach_and_the_other_cookie_goes(
    visitor: Browser, linked: Person, provider: OpenProvider
) -> None:
    provider.does.claims = MFA
    answer = go(visitor)
    cookies = [SimpleCookie(header) for header in answer.headers.get_list("set-cookie")]
    (session,) = [cookie[COOKIE] for cookie in cookies if COOKIE in cookie]
    assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "strict")
    assert visitor.client.cookies.get(PENDING_COOKIE) is None
    assert session.value not in answer.text


def test_without_the_providers_second_factor_ours_is_asked_first(
    visitor: Browser, linked: Person, provider: OpenProvider
) -> None:
    for claims in ({}, {"amr": ["pwd"]}, {"amr": "mfa"}):
        provider.does.claims = claims
        answer = go(visitor)
        assert answer.json() == {"outcome": "code-wanted", "user": linked.user}
        problem_of(visitor.get("/v1/session"), 401)
    wrong = visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.wrong_code()})
    refused(visitor, wrong)
    answer = visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.next_code()})
    assert (answer.status_code, answer.json()["user"]) == (201, linked.user)
    assert visitor.get("/v1/session").status_code == 200


def test_a_recovery_code_does_as_well_and_once(visitor: Browser, linked: Person) -> None:
    go(visitor)
    assert visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.recovery_codes[0]}).status_code == 201
    visitor.client.cookies.clear()
    go(visitor)
    refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.recovery_codes[0]}))


def test_the_code_of_our_own_counts_once_and_only_after_the_provider(visitor: Browser, linked: Person) -> None:
    code = linked.next_code()
    refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": code}))
    start(visitor)
    refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": code}))
    go(visitor)
    refused(visitor, visitor.send("POST", "/v1/oidc/rival/code", {"code": code}))
    token = visitor.client.cookies.get(PENDING_COOKIE)
    assert visitor.send("POST", "/v1/oidc/acme/code", {"code": code}).status_code == 201
    visitor.client.cookies.clear()
    visitor.client.cookies.set(PENDING_COOKIE, token, domain="cangsu.test")
    refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.next_code()}))


def test_who_guesses_codes_waits(visitor: Browser, linked: Person) -> None:
    go(visitor)
    wrong = linked.wrong_code()
    for _ in range(FREE_FOR_ACCOUNT):
        refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": wrong}))
    problem_of(visitor.send("POST", "/v1/oidc/acme/code", {"code": wrong}), 401)
    assert (
        problem_of(visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.code()}), 429)["code"] == "TooManyTries"
    )
    linked.clock.wait(900)


def test_another_site_sends_no_code(visitor: Browser, linked: Person) -> None:
    go(visitor)
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.next_code()}, **headers)
        assert problem_of(answer, 403)["code"] == "ForgedRequest"


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": MFA | {"nonce": "another"}},
    "no nonce": {"claims": MFA | {"nonce": None}},
    "another audience": {"claims": MFA | {"aud": "another"}},
    "a further audience": {"claims": MFA | {"aud": [CLIENT_ID, "another"]}},
    "another authorized party": {"claims": MFA | {"azp": "another"}},
    "another issuer": {"claims": MFA | {"iss": "https://evil.test"}},
    "expired": {"claims": MFA | {"exp": 1_600_000_000}},
    "of yesterday": {"claims": MFA | {"iat": 1_600_000_000}},
    "nobody whom we know": {"sub": "somebody else", "claims": MFA},
    "another key under a known name": {"signer": RSAKey.generate_key(2048, {"kid": "rsa"}), "claims": MFA},
    "a key under an unknown name": {"signer": RSAKey.generate_key(2048, {"kid": "new"}), "claims": MFA},
    "no signature": {
        "rewrite": lambda token: ".".join(["eyJhbGciOiJub25lIn0", token.split(".")[1], ""]),
        "claims": MFA,
    },
    "no token": {"rewrite": lambda _: "e30", "claims": MFA},
}


@pytest.mark.parametrize("what", LIES)
def test_a_token_that_is_not_right_makes_no_session(
    visitor: Browser, linked: Person, provider: OpenProvider, what: str
) -> None:
    for name, value in LIES[what].items():
        setattr(provider.does, name, value)
    said = refused(visitor, go(visitor))
    assert said == refused(visitor, come_back(visitor, "/v1/oidc/acme/callback"))


def test_a_callback_counts_once(visitor: Browser, linked: Person, provider: OpenProvider) -> None:
    provider.does.claims = MFA
    back, token = visit(start(visitor)), visitor.client.cookies.get(PENDING_COOKIE)
    assert come_back(visitor, back).status_code == 200
    visitor.client.cookies.clear()
    visitor.client.cookies.set(PENDING_COOKIE, token, domain="cangsu.test")
    refused(visitor, come_back(visitor, back))


def test_a_code_counts_once_at_the_provider(
    visitor: Browser, linked: Person, provider: OpenProvider, module_browser: Any
) -> None:
    provider.does.claims = MFA
    back = visit(start(visitor))
    assert come_back(visitor, back).status_code == 200
    other = module_browser()
    injected = {"code": query_of(back)["code"], "state": query_of(start(other))["state"]}
    refused(other, come_back(other, f"/v1/oidc/acme/callback?{urlencode(injected)}"))


def test_the_code_of_one_browser_is_of_no_use_to_another(
    visitor: Browser, linked: Person, provider: OpenProvider, module_browser: Any
) -> None:
    provider.does.claims = MFA
    victim, back = module_browser(), visit(start(visitor))
    refused(victim, come_back(victim, back))  # no cookie: whoever is sent there is not signed in as another
    state = query_of(start(victim))["state"]
    refused(victim, come_back(victim, back))  # another state
    code = query_of(back)["code"]
    injected = f"/v1/oidc/acme/callback?{urlencode({'code': code, 'state': state})}"
    refused(victim, come_back(victim, injected))  # the provider holds the code to its PKCE challenge
    assert provider.asked["/token"] >= 1


def test_a_foreign_callback_spoils_nothing(visitor: Browser, linked: Person, provider: OpenProvider) -> None:
    provider.does.claims = MFA
    back = visit(start(visitor))
    for wrong in ("/v1/oidc/acme/callback", "/v1/oidc/acme/callback?code=a&state=b", "/v1/oidc/acme/callback?error=x"):
        refused(visitor, come_back(visitor, wrong))
    assert come_back(visitor, back).status_code == 200


@pytest.mark.parametrize("change", [{"iss": "https://evil.test"}, {"code": ""}, {"state": "ä"}])
def test_a_callback_that_was_changed_makes_no_session(
    visitor: Browser, linked: Person, provider: OpenProvider, change: dict[str, str]
) -> None:
    provider.does.claims = MFA
    changed = query_of(visit(start(visitor))) | change
    refused(visitor, come_back(visitor, f"/v1/oidc/acme/callback?{urlencode(changed)}"))


def test_a_callback_comes_in_ten_minutes(visitor: Browser, linked: Person, provider: OpenProvider) -> None:
    provider.does.claims = MFA
    back = visit(start(visitor))
    linked.clock.wait(PENDING_SECONDS)
    refused(visitor, come_back(visitor, back))


def test_one_provider_does_not_speak_for_another(
    visitor: Browser, linked: Person, provider: OpenProvider, two_providers: dict[str, OpenProvider]
) -> None:
    rival = two_providers["rival"]
    rival.does.sub, rival.does.claims = provider.does.sub, MFA
    refused(visitor, go(visitor, "rival"))  # the same name elsewhere is another person
    rival.does.claims = MFA | {"iss": provider.issuer}
    refused(visitor, go(visitor, "rival"))
    provider.does.claims = MFA
    back = visit(start(visitor))
    refused(visitor, come_back(visitor, back.replace("/acme/", "/rival/")))
    provider.does.claims, provider.does.signer = MFA | {"iss": rival.issuer}, rival.keys["rsa"]
    refused(visitor, go(visitor))  # a token of theirs, nonce and all
    provider.does.claims = MFA
    refused(visitor, go(visitor))


def test_a_provider_speaks_for_one_party(visitor: Browser, linked: Person, provider: OpenProvider) -> None:
    provider.does.claims = MFA
    refused(visitor, go(visitor, "west-coast"))  # the same issuer, registered for another party


def test_who_is_disabled_or_reset_is_not_let_in(
    visitor: Browser, linked: Person, provider: OpenProvider, module_desk: PeopleDesk
) -> None:
    provider.does.claims = MFA
    user = user_of(module_desk, linked)
    back = visit(start(visitor))
    disable(module_desk, user.party, user.id)
    refused(visitor, come_back(visitor, back))
    reset(module_desk, user.party, user.id)
    refused(visitor, go(visitor))


def test_who_is_disabled_while_the_code_is_awaited_is_not_let_in(
    visitor: Browser, linked: Person, module_desk: PeopleDesk
) -> None:
    go(visitor)
    user = user_of(module_desk, linked)
    disable(module_desk, user.party, user.id)
    refused(visitor, visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.next_code()}))


def test_nobody_is_sent_elsewhere(visitor: Browser, linked: Person, provider: OpenProvider) -> None:
    asked = urlencode({"next": "https://evil.test", "redirect_uri": "https://evil.test", "return_to": "//evil.test"})
    answer = visitor.client.get(
        f"/v1/oidc/acme/start?{asked}",
        headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"},
        follow_redirects=False,
    )
    assert "evil" not in answer.headers["location"]
    provider.does.claims = MFA
    back = visit(start(visitor))
    answer = come_back(visitor, f"{back}&{asked}")
    assert (answer.status_code, "location" in answer.headers) == (200, False)


@pytest.mark.parametrize("path", ["/v1/oidc/nobody/start", "/v1/oidc/nobody/callback?code=a&state=b"])
def test_a_provider_that_is_not_there_is_not_found(visitor: Browser, path: str) -> None:
    problem_of(visitor.get(path), 404)


def test_a_new_session_takes_the_place_of_the_one_before(
    visitor: Browser, linked: Person, module_desk: PeopleDesk
) -> None:
    visitor.sign_in(linked)
    former = visitor.cookie
    go(visitor)
    assert visitor.send("POST", "/v1/oidc/acme/code", {"code": linked.next_code()}).status_code == 201
    assert former is not None
    assert find_session(module_desk, former) is None


def test_no_log_holds_what_signs_in(
    visitor: Browser, linked: Person, provider: OpenProvider, caplog: pytest.LogCaptureFixture, provider_house: House
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    back, token = visit(start(visitor)), visitor.client.cookies.get(PENDING_COOKIE) or ""
    caplog.clear()  # up to here it was the test's own browser that spoke
    code, tokens = query_of(back)["code"], []
    provider.does.rewrite = lambda signed: tokens.append(signed) or signed  # type: ignore[func-returns-value]
    desk, acme = provider_house.runtime.people, provider_house.runtime.providers["acme"]
    finish(desk, acme, Answer(token, query_of(back)["state"], code), "")
    assert tokens
    for secret in (code, token, tokens[0], "a%20secret", "a secret", provider.does.sub):
        assert secret not in caplog.text


def test_two_people_have_a_name_each(
    visitor: Browser, linked: Person, provider: OpenProvider, module_desk: PeopleDesk, provider_house: House
) -> None:
    other = make_person(module_desk, EXPORTER, f"Wu {provider.does.sub}")
    link_to(provider_house, module_desk, "acme", other, f"{provider.does.sub}-2")
    provider.does.claims, provider.does.sub = MFA, f"{provider.does.sub}-2"
    assert go(visitor).json()["user"] == other.user
