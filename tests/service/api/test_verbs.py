"""What a credential is good for: each route asks for one verb, and another way in is one more authenticator."""

from dataclasses import replace

import pytest
from fastapi import APIRouter

from service.api.access import ApiKeys, CallerDep, find_caller
from service.api.verbs import VERB_BY_ROUTE, check_verbs
from service.core.caller import Caller, Verb
from tests.service.api.caller import LOT_PATH, SHIP, Api, problem_of
from tests.service.api.test_access import LOCKED
from tests.service.market import EXPORTER


class Badge:
    """Someone who comes in by another way, and may do one thing."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def caller_of(self, request: object) -> Caller | None:
        return self.caller


@pytest.fixture
def badge(api: Api) -> Badge:
    """The exporter, without an API key."""
    made = Badge(Caller(EXPORTER, 8, frozenset({Verb.LOTS_READ}), "user:lin"))
    api.app.state.authenticators = [made]
    return made


def test_a_verb_opens_its_routes_and_no_others(api: Api, badge: Badge) -> None:
    assert api.client.get(LOT_PATH).status_code == 200
    problem = problem_of(api.client.get(f"/v1/events/{SHIP['event_id']}"), 403)
    assert (problem["code"], problem["needed"]) == ("OutOfScope", "events:read")
    badge.caller = replace(badge.caller, verbs=frozenset({Verb.EVENTS_READ}))
    assert problem_of(api.client.get(LOT_PATH), 403)["needed"] == "lots:read"


def test_ways_in_are_asked_in_turn(api: Api) -> None:
    class Stranger:
        async def caller_of(self, request: object) -> Caller | None:
            return None

    api.app.state.authenticators.insert(0, Stranger())
    assert isinstance(api.app.state.authenticators[1], ApiKeys)
    assert api.get(EXPORTER, LOT_PATH).status_code == 200


def test_the_table_of_verbs_names_the_locked_routes_and_no_others() -> None:
    of_people = "/v1/session"  # these take the session of a person, whatever it may do
    locked = {(method.upper(), path) for method, path in LOCKED if not path.startswith(of_people)}
    assert set(VERB_BY_ROUTE) == locked


def test_a_route_that_asks_for_no_verb_does_not_start() -> None:
    router = APIRouter()

    @router.get("/v1/forgotten")
    def forgotten(caller: CallerDep) -> None: ...

    with pytest.raises(LookupError, match="GET /v1/forgotten"):
        check_verbs(router.routes, find_caller)
