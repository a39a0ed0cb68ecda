"""API keys that are narrowed, that run out, and that a party makes and ends for itself."""

import time
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from service.api_keys import Scope, make_key
from service.core.caller import Verb
from service.store import schema
from service.store.database import writing
from tests.service.api.caller import LOT_PATH, Api, problem_of
from tests.service.market import EXPORTER, GATEWAY, REGISTRAR, RIVAL, SELF_RUN, an_event
from verifier.kinds import Role

pytestmark = pytest.mark.chain


def asked(api: Api, key: str, method: str, path: str, **body: Any) -> Any:
    content = orjson.dumps(body) if body else None
    return api.client.request(method, path, content=content, headers={"Authorization": f"Bearer {key}"})


def given(api: Api, party: int, **scope: Any) -> str:
    """A key with a scope; its party's other keys stay."""
    return make_key(api.house.runtime.engine, party, "narrow", Scope(**scope))


def test_a_party_makes_a_key_that_is_shown_once(api: Api) -> None:
    body = {"label": "ERP", "verbs": ["lots:read"], "days": 30}
    made = asked(api, api.house.api_keys[EXPORTER], "POST", "/v1/keys", **body)
    assert made.status_code == 201
    key = made.json().pop("key")
    assert asked(api, key, "GET", LOT_PATH).status_code == 200
    assert problem_of(asked(api, key, "GET", "/v1/claims"), 403)["needed"] == "claims:read"
    listed = api.get(EXPORTER, "/v1/keys").json()["keys"]
    (found,) = [one for one in listed if one["label"] == "ERP"]
    assert found == {name: value for name, value in made.json().items() if name != "key"}
    assert found["verbs"] == ["lots:read"]
    assert found["made_by"].startswith("key:")
    assert key not in api.get(EXPORTER, "/v1/keys").text


def test_a_new_key_has_no_say_over_keys_and_ends_in_a_year(api: Api) -> None:
    made = asked(api, api.house.api_keys[EXPORTER], "POST", "/v1/keys", label="usual").json()
    assert set(made["verbs"]) == set(Verb) - {Verb.KEYS, Verb.USERS, Verb.ERASE}
    assert made["valid_until"] is not None
    assert problem_of(asked(api, made["key"], "GET", "/v1/keys"), 403)["needed"] == "keys"


def test_a_key_that_was_ended_by_its_party_opens_nothing(api: Api) -> None:
    made = asked(api, api.house.api_keys[EXPORTER], "POST", "/v1/keys", label="brief").json()
    ended = asked(api, api.house.api_keys[EXPORTER], "DELETE", f"/v1/keys/{made['key_id']}")
    assert ended.json()["ended_at"] is not None
    problem_of(asked(api, made["key"], "GET", LOT_PATH), 401)
    problem_of(asked(api, api.house.api_keys[EXPORTER], "DELETE", f"/v1/keys/{made['key_id']}"), 404)


@pytest.mark.parametrize(
    ("scope", "body", "field"),
    [
        ({"verbs": frozenset({Verb.KEYS, Verb.KITS})}, {"verbs": ["kits", "endorse"]}, "verbs"),
        ({"roles": int(Role.OPERATOR)}, {"verbs": ["kits"], "roles": ["EXPORTER"]}, "roles"),
        ({"valid_until": int(time.time()) + 86_400}, {"verbs": ["kits"], "days": 9}, "days"),
        ({"valid_until": int(time.time()) + 86_400}, {"verbs": ["kits"], "days": None}, "days"),
    ],
)
def test_a_key_gives_no_more_than_it_has(api: Api, scope: Any, body: Any, field: str) -> None:
    problem = problem_of(asked(api, given(api, SELF_RUN, **scope), "POST", "/v1/keys", label="more", **body), 403)
    assert (problem["code"], problem["field"]) == ("BeyondOwn", field)


def test_what_is_left_out_is_as_the_givers(api: Api) -> None:
    until = int(time.time()) + 86_400
    scope = {"verbs": frozenset({Verb.KEYS, Verb.KITS}), "roles": int(Role.OPERATOR), "valid_until": until}
    giver = given(api, SELF_RUN, **scope)
    made = asked(api, giver, "POST", "/v1/keys", label="same").json()
    listed = asked(api, giver, "GET", "/v1/keys").json()["keys"]
    (own,) = [one for one in listed if one["label"] == "narrow"]
    assert (made["verbs"], made["roles"], made["valid_until"]) == (["kits"], ["OPERATOR"], own["valid_until"])


def test_a_key_runs_out_though_it_is_remembered(api: Api) -> None:
    key = given(api, EXPORTER, valid_until=int(time.time()) + 60)
    assert asked(api, key, "GET", LOT_PATH).status_code == 200
    with writing(api.house.runtime.engine) as connection:
        connection.execute(update(schema.api_key).where(schema.api_key.c.label == "narrow").values(valid_until=1))
    api.app.state.authenticators[0]._seen.clear()
    problem_of(asked(api, key, "GET", LOT_PATH), 401)


def test_a_key_ends_at_its_second_whatever_is_remembered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    key = given(api, EXPORTER, valid_until=int(now) + 60)
    assert asked(api, key, "GET", LOT_PATH).status_code == 200
    monkeypatch.setattr("service.api.access.time.time", lambda: now + 61)
    problem_of(asked(api, key, "GET", LOT_PATH), 401)


def test_a_key_for_one_role_posts_the_kinds_of_that_role(api: Api) -> None:
    as_exporter = given(api, SELF_RUN, roles=int(Role.EXPORTER))
    as_operator = given(api, SELF_RUN, roles=int(Role.OPERATOR))
    count = an_event("COUNT", site=3)
    problem = problem_of(asked(api, as_exporter, "POST", "/v1/events", **count), 422)
    assert (problem["code"], problem["field"], problem["event_id"]) == ("OutOfScope", "kind", count["event_id"])
    assert asked(api, as_operator, "POST", "/v1/events", **count).status_code == 202  # nothing lies there yet
    asn = an_event("ASN", 1, site=3)
    assert problem_of(asked(api, as_operator, "POST", "/v1/events", **asn), 422)["code"] == "OutOfScope"


def test_a_key_of_an_office_that_is_narrowed_does_not_open_what_the_office_sees(api: Api) -> None:
    assert asked(api, given(api, GATEWAY), "GET", LOT_PATH).status_code == 200
    problem_of(asked(api, given(api, GATEWAY, roles=int(Role.CARRIER)), "GET", LOT_PATH), 404)


def test_only_the_administrator_looks_at_and_ends_the_keys_of_others(api: Api) -> None:
    registrar = given(api, REGISTRAR)
    (first,) = asked(api, registrar, "GET", f"/v1/keys?party={EXPORTER}").json()["keys"]
    for party in (RIVAL, GATEWAY):
        key = api.house.api_keys[party]
        problem_of(asked(api, key, "GET", f"/v1/keys?party={EXPORTER}"), 404)
        problem_of(asked(api, key, "DELETE", f"/v1/keys/{first['key_id']}?party={EXPORTER}"), 404)
        problem_of(asked(api, key, "DELETE", f"/v1/keys/{first['key_id']}"), 404)
    assert asked(api, registrar, "DELETE", f"/v1/keys/{first['key_id']}?party={EXPORTER}").status_code == 200
    problem_of(asked(api, registrar, "GET", LOT_PATH), 404)


def test_a_role_that_there_is_not_is_refused(api: Api) -> None:
    answer = asked(api, api.house.api_keys[EXPORTER], "POST", "/v1/keys", label="x", roles=["KING"])
    assert problem_of(answer, 422)["field"] == "roles"
