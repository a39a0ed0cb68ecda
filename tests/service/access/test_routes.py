"""docs/access.md against the running service: every route, as every role and as a stranger."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from service.api.verbs import VERB_BY_ROUTE
from service.api_keys import Scope, end_key, hash_of, id_of, make_key
from service.core.caller import ALL_VERBS
from tests.service.access.probes import PROBES, Ask, Probe, Rows, Things, Tool
from tests.service.access.world import PARTY, UNGRANTED, World, build
from tests.service.api.caller import Api, open_api, problem_of
from tests.service.house import Template

pytestmark = pytest.mark.chain
TABLE = (Path(__file__).resolve().parents[3] / "docs" / "access.md").read_text("utf-8")
ROLES = [*PARTY, "stranger"]
CELLS = {"own", "sites", "granted", "office", "all", "yes", "person", "open", "–"}
A_GRANTED = {"own", "sites", "granted", "all"}
CODES_OF_REFUSAL = {"NotFound", "OutOfScope", "Unauthorized", "BanksOnly", "OwnerOnly", "ExporterOnly"}


def rows() -> dict[str, dict[str, str]]:
    """Route → its verb and its cells by role."""
    found = {}
    for line in TABLE.splitlines():
        match = re.match(r"\| `((?:GET|POST|PUT|DELETE) [^`]+)` \| (.*) \|$", line)
        if match:
            assert match[1] not in found, match[1]
            found[match[1]] = dict(zip(["verb", *ROLES], match[2].split(" | "), strict=True))
    return found


ROWS = rows()


@pytest.fixture(scope="module")
def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    house = template.build(tmp_path_factory.mktemp("access"))
    with open_api(house) as api:
        built = build(house, api)
        with house.running():
            yield built
    house.close()


def send(api: Api, method: str, ask: Ask, key: str | None) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    body = None if ask.body is None else orjson.dumps(ask.body)
    return api.client.request(method, ask.path, content=body, headers=headers)


def is_refused(answer: httpx.Response) -> bool:
    if answer.status_code < 400:
        return False
    return answer.status_code == 401 or answer.json()["code"] in CODES_OF_REFUSAL


def test_the_table_has_every_route_and_no_other(world: World) -> None:
    paths = world.api.app.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(ROWS) == served == set(PROBES)
    assert {cell for row in ROWS.values() for role, cell in row.items() if role != "verb"} == CELLS


def test_the_table_names_the_verb_of_each_route() -> None:
    verbs = {f"{method} {path}": verb.value for (method, path), verb in VERB_BY_ROUTE.items()}
    assert {route: row["verb"] for route, row in ROWS.items() if row["verb"] != "–"} == verbs


@pytest.mark.parametrize("role", PARTY)
@pytest.mark.parametrize("route", ROWS)
def test_a_role_gets_what_its_cell_says(world: World, route: str, role: str) -> None:
    key = world.api.house.api_keys[PARTY[role]]
    check(world, route, PROBES[route](world, role), ROWS[route][role], role, key)


@pytest.mark.parametrize("role", UNGRANTED)
@pytest.mark.parametrize("route", [route for route, row in ROWS.items() if "granted" in row.values()])
def test_a_role_that_nobody_has_granted_anything_sees_nothing(world: World, route: str, role: str) -> None:
    if ROWS[route][role] == "granted":
        key = world.api.house.api_keys[UNGRANTED[role]]
        check(world, route, PROBES[route](world, role), "–", role, key)


def check(world: World, route: str, probe: Probe, cell: str, role: str, key: str) -> None:
    method = route.partition(" ")[0]
    if isinstance(probe, Tool):
        answer = send(world.api, method, probe.ask, key)
        if cell == "person":
            problem_of(answer, 401)
        elif cell == "–":
            assert is_refused(answer), answer.text
        else:
            check_tool(route, answer)
    elif isinstance(probe, Rows):
        check_rows(world, probe, cell, key)
    else:
        check_things(world, route, probe, cell, role, key)


def check_tool(route: str, answer: httpx.Response) -> None:
    """The route is there for this role: it answers, or says what was wrong with a body that was empty."""
    if "{user_id}" in route:  # of nobody: nothing more can be asked without making a person
        assert problem_of(answer, 404)["code"] == "NotFound"
    else:
        assert not is_refused(answer), answer.text


def check_rows(world: World, probe: Rows, cell: str, key: str) -> None:
    answer = send(world.api, "GET", probe.ask, key)
    assert answer.status_code == 200, answer.text
    shown = {name: name in answer.text for name in (probe.a, probe.b, *(probe.office or ()))}
    expected = {probe.a: cell in A_GRANTED, probe.b: cell == "all"}
    if cell == "office":
        expected = office(probe.a, probe.b, *(probe.office or ()), role=role_of(world, key))
    assert {name: shown[name] for name in expected} == expected


def office(a: Any, b: Any, other_a: Any, other_b: Any, *, role: str) -> dict[Any, bool]:
    """What an office sees: SAFE exchange, customs and tax the other kind, both of either side."""
    is_safe = role == "SAFE"
    return {a: is_safe, b: is_safe, other_a: not is_safe, other_b: not is_safe}


def role_of(world: World, key: str) -> str:
    return next(role for role, party in PARTY.items() if world.api.house.api_keys[party] == key)


def check_things(world: World, route: str, probe: Things, cell: str, role: str, key: str) -> None:
    method = route.partition(" ")[0]
    expected = [(probe.a, cell in A_GRANTED), (probe.b, cell == "all")]
    if cell == "office":
        assert probe.office is not None
        expected = list(office(probe.a, probe.b, *probe.office, role=role).items())
    absent = send(world.api, method, probe.none, key)
    assert is_refused(absent) or cell == "all", absent.text
    for ask, is_allowed in expected:
        answer = send(world.api, method, ask, key)
        if is_allowed:
            assert not is_refused(answer), (ask.path, answer.text)
        elif answer.status_code == 403:
            assert may_read_it(world, ask, key), ask.path
        else:
            assert (answer.status_code, answer.content) == (absent.status_code, absent.content), ask.path


def may_read_it(world: World, ask: Ask, key: str) -> bool:
    """Whether what a 403 is about may be read: only then may its being there be told."""
    claim = re.match(r"/v1/claims/0x[0-9a-f]{64}", ask.path)
    line = ask.body["lines"][0] if claim is None else None
    path = claim[0] if claim else f"/v1/lots/{line['declaration_no']}/{line['item_no']}"
    return send(world.api, "GET", Ask(path), key).status_code == 200


@pytest.mark.parametrize("route", ROWS)
def test_a_stranger_gets_what_is_open_and_nothing_else(world: World, route: str) -> None:
    method, _, path = route.partition(" ")
    engine = world.api.house.runtime.engine
    ended, over = (make_key(engine, PARTY["customs"], "gone", Scope(valid_until=until)) for until in (None, 1))
    end_key(engine, PARTY["customs"], id_of(hash_of(ended)), 1)
    probe = PROBES[route](world, "exporter")
    ask = probe.a if isinstance(probe, Things) else probe.ask
    answers = [send(world.api, method, ask, key) for key in (None, "cangsu_" + "A" * 43, ended, over)]
    if ROWS[route]["stranger"] == "open":
        assert not any(answer.status_code in (401, 403) for answer in answers[:1]) or path == "/v1/session"
    else:
        for answer in answers:
            assert problem_of(answer, 401)["code"] == "Unauthorized"
            assert answer.content == answers[0].content


@pytest.mark.parametrize("route", [route for route, row in ROWS.items() if row["verb"] != "–"])
def test_a_key_without_the_verb_is_told_so_whatever_is_there(world: World, route: str) -> None:
    method, _, path = route.partition(" ")
    verb = VERB_BY_ROUTE[method, path]
    key = make_key(world.api.house.runtime.engine, PARTY["exporter"], "narrow", Scope(ALL_VERBS - {verb}))
    probe = PROBES[route](world, "exporter")
    asks = [probe.a, probe.b, probe.none] if isinstance(probe, Things) else [probe.ask]
    answers = [send(world.api, method, ask, key) for ask in asks]
    problem = problem_of(answers[0], 403)
    assert (problem["code"], problem["needed"]) == ("OutOfScope", verb)
    assert len({answer.content for answer in answers}) == 1
