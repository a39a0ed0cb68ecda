"""Who is linked to a name at a provider, and by whom: the office's commands, or the person itself (S-115)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.api.oidc import PENDING_COOKIE
from service.core.oidc import Expected
from service.flow.enrol import reset
from service.flow.link import LinkRefusedError, link, unlink
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import find_session
from service.flow.sign_in import change_password
from service.oidc.provider import Provider
from service.oidc.settings import ProviderSettings
from tests.service.api.caller import problem_of
from tests.service.house import House
from tests.service.market import EXPORTER, RIVAL
from tests.service.people.elsewhere import come_back, go, link_to, query_of, user_of, visit
from tests.service.people.person import OTHER_PASSWORD, PASSWORD, Browser, Person, make_person
from tests.service.people.provider import OpenProvider
from tests.service.test_commands import run

MFA = {"amr": ["mfa"]}
HERE = Expected("https://login.acme.example", "cangsu")


def a_provider(party: int = EXPORTER, issuer: str = HERE.issuer) -> Provider:
    return Provider(
        "acme", ProviderSettings(issuer=issuer, client_id="cangsu", client_secret_file=Path("none"), party=party), ""
    )


def linked_name(desk: PeopleDesk, sub: str, issuer: str = HERE.issuer) -> str | None:
    with desk.store.view() as people:
        found = people.linked_user(issuer, sub)
    return None if found is None else found.user


def test_a_name_is_one_persons_and_a_person_has_one(desk: PeopleDesk, person: Person, engine: Engine) -> None:
    li, wu = user_of(desk, person), user_of(desk, make_person(desk, EXPORTER, "Wu Min"))
    link(desk, a_provider(), li, "a")
    for user, sub in ((wu, "a"), (li, "b"), (li, "a")):
        with pytest.raises(LinkRefusedError, match="linked there already"):
            link(desk, a_provider(), user, sub)
    link(desk, a_provider(issuer="https://other.example"), li, "a")
    link(desk, a_provider(), wu, "A")
    assert [linked_name(desk, sub) for sub in ("a", "A", "b")] == [li.user, wu.user, None]


@pytest.mark.parametrize("sub", ["", "a" * 256, "a\nb", "仓"])
def test_what_can_be_no_name_is_not_linked(desk: PeopleDesk, person: Person, sub: str) -> None:
    with pytest.raises(LinkRefusedError, match="expected a sub"):
        link(desk, a_provider(), user_of(desk, person), sub)


def test_a_provider_is_for_one_party(desk: PeopleDesk, person: Person) -> None:
    with pytest.raises(LinkRefusedError, match=f"party {RIVAL}"):
        link(desk, a_provider(RIVAL), user_of(desk, person), "a")


def test_an_unlinked_name_is_nobodys_and_its_sessions_are_over(desk: PeopleDesk, person: Person) -> None:
    from service.flow.sign_in import sign_in

    user, started = user_of(desk, person), sign_in(desk, person.factors())
    link(desk, a_provider(), user, "a")
    unlink(desk, a_provider(), user)
    assert linked_name(desk, "a") is None
    assert find_session(desk, started.token) is None
    with pytest.raises(LinkRefusedError):
        unlink(desk, a_provider(), user)


def test_a_reset_ends_links_and_a_new_password_does_not(desk: PeopleDesk, person: Person) -> None:
    user = user_of(desk, person)
    link(desk, a_provider(), user, "a")
    change_password(desk, person.factors(), OTHER_PASSWORD)
    assert linked_name(desk, "a") == user.user
    reset(desk, user.party, user.id)
    assert linked_name(desk, "a") is None


@pytest.mark.chain
def test_the_office_links_and_unlinks(
    visitor: Browser,
    provider: OpenProvider,
    provider_house: House,
    providers_file: Path,
    module_desk: PeopleDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CANGSU_OIDC_FILE", str(providers_file))
    person, sub = make_person(module_desk, EXPORTER, f"Li {provider.does.sub}"), provider.does.sub
    provider.does.claims = MFA
    problem_of(go(visitor), 401)
    answer = run(provider_house, "user", "link", person.user, "acme", sub)
    assert (answer.exit_code, answer.output) == (0, f"{person.user} may sign in at acme\n")
    assert go(visitor).json()["user"] == person.user
    assert run(provider_house, "user", "unlink", person.user, "acme").exit_code == 0
    problem_of(visitor.get("/v1/session"), 401)
    problem_of(go(visitor), 401)


@pytest.mark.chain
def test_what_cannot_be_linked_is_said_in_a_line(
    provider_house: House, providers_file: Path, module_desk: PeopleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(module_desk, EXPORTER, "Zhao Lei")
    answer = run(provider_house, "user", "link", person.user, "acme", "a")
    assert "there is no provider acme" in answer.output
    monkeypatch.setenv("CANGSU_OIDC_FILE", str(providers_file))
    answer = run(provider_house, "user", "link", person.user, "west-coast", "a")
    assert answer.output == "error: this provider is for people of party 4\n"
    monkeypatch.setenv("CANGSU_OIDC_FILE", str(providers_file.parent / "acme.secret"))
    answer = run(provider_house, "user", "link", person.user, "acme", "a")
    assert (answer.exit_code, answer.output.endswith("is no TOML file\n")) == (1, True)


def ask_to_link(browser: Browser, person: Person, **other: str) -> str:
    body = {"provider": "acme", "password": PASSWORD, "code": person.next_code()} | other
    answer = browser.send("POST", "/v1/session/link", body)
    assert answer.status_code == 200, answer.text
    location: str = answer.json()["location"]
    return location


@pytest.fixture
def new_person(module_desk: PeopleDesk, provider: OpenProvider) -> Person:
    return make_person(module_desk, EXPORTER, f"Li {provider.does.sub}")


@pytest.mark.chain
def test_a_person_links_itself_and_signs_in_so(visitor: Browser, provider: OpenProvider, new_person: Person) -> None:
    visitor.sign_in(new_person)
    location = ask_to_link(visitor, new_person)
    assert query_of(location)["prompt"] == "login"  # whoever the browser was signed in as there is not linked unasked
    answer = come_back(visitor, visit(location))
    assert answer.json() == {"outcome": "linked", "user": new_person.user}
    assert visitor.client.cookies.get(PENDING_COOKIE) is None
    visitor.client.cookies.clear()
    provider.does.claims = MFA
    assert go(visitor).json()["user"] == new_person.user


@pytest.mark.chain
def test_a_link_begins_no_session(
    visitor: Browser, new_person: Person, module_browser: Callable[[], Browser], provider: OpenProvider
) -> None:
    provider.does.claims = MFA
    visitor.sign_in(new_person)
    back = visit(ask_to_link(visitor, new_person))
    other = module_browser()
    problem_of(come_back(other, back), 401)  # whose browser did not ask is neither linked nor signed in
    token = visitor.client.cookies.get(PENDING_COOKIE)
    visitor.client.cookies.clear()
    visitor.client.cookies.set(PENDING_COOKIE, token, domain="cangsu.test")
    assert come_back(visitor, back).json()["outcome"] == "linked"
    assert visitor.cookie is None


@pytest.mark.chain
def test_linking_needs_session_factors_and_a_page_of_ours(
    visitor: Browser, new_person: Person, provider: OpenProvider
) -> None:
    body = {"provider": "acme", "password": PASSWORD, "code": "000000"}
    problem_of(visitor.send("POST", "/v1/session/link", body), 401)
    visitor.sign_in(new_person)
    assert problem_of(visitor.send("POST", "/v1/session/link", body), 401)["code"] == "SignInRefused"
    forged = visitor.send("POST", "/v1/session/link", body, **{"X-CSRF-Token": "0" * 64})
    assert problem_of(forged, 403)["code"] == "ForgedRequest"
    for name in ("nobody", "west-coast"):  # that of another party looks as if it were not there
        asked = body | {"provider": name, "code": new_person.next_code()}
        problem_of(visitor.send("POST", "/v1/session/link", asked), 404)
    assert PENDING_COOKIE not in visitor.client.cookies


@pytest.mark.chain
def test_a_name_that_is_anothers_is_not_linked(
    visitor: Browser, linked: Person, provider: OpenProvider, module_desk: PeopleDesk, provider_house: House
) -> None:
    other = make_person(module_desk, EXPORTER, f"Wu {provider.does.sub}")
    visitor.sign_in(other)
    problem_of(come_back(visitor, visit(ask_to_link(visitor, other))), 401)
    with pytest.raises(LinkRefusedError):
        link_to(provider_house, module_desk, "acme", other, provider.does.sub)


@pytest.mark.chain
def test_a_reset_ends_a_link_that_was_begun(
    visitor: Browser, new_person: Person, module_desk: PeopleDesk, provider: OpenProvider
) -> None:
    visitor.sign_in(new_person)
    back, user = visit(ask_to_link(visitor, new_person)), user_of(module_desk, new_person)
    reset(module_desk, user.party, user.id)
    problem_of(come_back(visitor, back), 401)
    assert linked_name(module_desk, provider.does.sub, provider.issuer) is None
