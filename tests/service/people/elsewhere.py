"""The way of a browser to a provider and back, step by step."""

from urllib.parse import parse_qs, urlsplit

import httpx

from service.core.people import User, read_user
from service.flow.link import link
from service.flow.people_desk import PeopleDesk
from tests.service.house import House
from tests.service.people.person import Browser, Person


def user_of(desk: PeopleDesk, person: Person) -> User:
    """What is kept of a person."""
    named = read_user(person.user)
    assert named is not None
    with desk.store.view() as people:
        found = people.find_user(*named)
    assert found is not None
    return found


def link_to(house: House, desk: PeopleDesk, provider: str, person: Person, sub: str) -> None:
    """Link somebody at the office's word."""
    link(desk, house.runtime.providers[provider], user_of(desk, person), sub)


def start(browser: Browser, provider: str = "acme") -> str:
    """Begin; where the browser is sent."""
    answer = browser.client.get(f"/v1/oidc/{provider}/start", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def visit(location: str) -> str:
    """Sign in at the provider; the way back, with code and state."""
    answer = httpx.get(location)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(browser: Browser, location: str) -> httpx.Response:
    """The callback, as a browser sends it from the provider's site."""
    answer = browser.client.get(location, headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    if answer.status_code == 200 and "csrf_token" in answer.json():
        browser.csrf = answer.json()["csrf_token"]
    return answer


def go(browser: Browser, provider: str = "acme") -> httpx.Response:
    """All of it."""
    return come_back(browser, visit(start(browser, provider)))


def query_of(location: str) -> dict[str, str]:
    """The parameters of a URL, each once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}
