"""Default deny: no route below /v1 answers without a key in force, and what one may not read looks absent."""

import importlib
import pkgutil

import orjson
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import update

import service.api
from service.api import access
from service.app import create_app
from service.config import Settings
from service.runtime import Runtime
from service.store import schema
from service.store.database import writing
from tests.service.api.caller import LOT_PATH, SALE, SHIP, Api, problem_of
from tests.service.market import (
    BANK,
    CARRIER,
    EXPORTER,
    GATEWAY,
    PLATFORM,
    RIVAL,
    SELF_RUN,
    TAX,
    WEST_COAST,
    an_admission,
    an_event,
)
from verifier.canonical import from_base64url

pytestmark = pytest.mark.chain

ABSENT_LOT = "/v1/lots/999999999999999999/1"
MONITORING = {"/healthz", "/readyz"}
JOINING = {"/v1/invitations/look", "/v1/invitations/join"}
"""Who joins has a token, and no key yet."""
WATCHING = {"/v1/checkpoint", "/v1/checkpoint/key", "/v1/consistency"}
"""Sizes, hashes and block numbers, for whoever holds a credential or watches the log."""
ENROLLING = {"/v1/enrolment/look", "/v1/enrolment"}
"""So has who enrols."""
ELSEWHERE = {"/v1/oidc/{provider}/start", "/v1/oidc/{provider}/callback", "/v1/oidc/{provider}/code"}
"""Who signs in at a provider comes back with a cookie of its own."""
SIGNING_IN = ("post", "/v1/session")
PUBLIC = {"/v1/status/1", "/.well-known/jwt-vc-issuer"} | JOINING | WATCHING | ENROLLING | ELSEWHERE
"""Public keys and the status list, open by their standards: two bits for each place, known to who has a credential."""
OPEN = MONITORING | PUBLIC
"""Anything else needs a key."""
ROUTES = sorted(
    (method, path) for path, methods in create_app(Runtime(Settings())).openapi()["paths"].items() for method in methods
)
LOCKED = [(method, path) for method, path in ROUTES if path not in OPEN and (method, path) != SIGNING_IN]
WRONG_KEYS = {
    "no key": {},
    "an empty key": {"Authorization": "Bearer "},
    "an unknown key": {"Authorization": "Bearer cangsu_" + "A" * 43},
    "another scheme": {"Authorization": "Basic cGFydHk6a2V5"},
    "a key in hash form": {"Authorization": "Bearer " + "0" * 64},
}


def test_every_route_is_in_the_document_that_these_tests_go_by() -> None:
    names = [module.name for module in pkgutil.iter_modules(service.api.__path__)]
    modules = [importlib.import_module(f"service.api.{name}") for name in names]
    routers = [value for module in modules for value in vars(module).values() if isinstance(value, APIRouter)]
    routes = [route for router in routers for route in router.routes]
    assert all(isinstance(route, APIRoute) and route.include_in_schema for route in routes)
    assert len(routes) == len(ROUTES) > 10


@pytest.mark.parametrize("wrong", WRONG_KEYS)
@pytest.mark.parametrize(("method", "path"), LOCKED)
def test_no_route_answers_without_a_key_in_force(anchored: Api, method: str, path: str, wrong: str) -> None:
    filled = path.format(
        event_id=SHIP["event_id"],
        declaration_no="223320260001234567",
        item_no=1,
        number=1,
        kit_sku="SET",
        claim_id="0x" + "0" * 64,
        endorsement_id="0" * 64,
        digest="0x" + "0" * 64,
        reader=8,
        key_id="00000000",
        lane=1,
        nonce=0,
        session_id="0" * 16,
        user_id="0" * 16,
        address="0x" + "0" * 40,
    )
    answer = anchored.client.request(method, filled, headers=WRONG_KEYS[wrong], content=b"{ no JSON")
    assert problem_of(answer, 401)["code"] == "Unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_all_routes_below_v1_but_the_status_list_are_locked_and_monitoring_is_open() -> None:
    assert {path for _, path in ROUTES if not path.startswith("/v1/")} == MONITORING | {
        "/metrics", "/.well-known/jwt-vc-issuer",
    }  # fmt: skip


def test_the_status_list_is_open_and_says_no_more_than_bits(anchored: Api) -> None:
    answer = anchored.client.get("/v1/status/1")
    assert answer.status_code == 200
    payload = orjson.loads(from_base64url(answer.text.split(".")[1]))
    assert payload.keys() == {"sub", "iat", "exp", "ttl", "status_list"}
    assert payload["status_list"].keys() == {"bits", "lst"}


def end_keys(api: Api, party: int) -> None:
    with writing(api.house.runtime.engine) as connection:
        key = schema.api_key
        connection.execute(update(key).where(key.c.party == party).values(ended_at=1))


def test_a_key_that_was_ended_is_refused(api: Api) -> None:
    end_keys(api, WEST_COAST)
    problem_of(api.post(WEST_COAST, an_event("SHIP", 1)), 401)
    assert api.get(EXPORTER, LOT_PATH).status_code == 200


def test_a_key_in_use_is_refused_once_it_is_no_longer_remembered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.get(EXPORTER, LOT_PATH).status_code == 200
    end_keys(api, EXPORTER)
    monkeypatch.setattr(access, "_CACHE_SECONDS", 0)
    problem_of(api.get(EXPORTER, LOT_PATH), 401)


FORBIDDEN = {
    "an event": (RIVAL, f"/v1/events/{SHIP['event_id']}?party={WEST_COAST}", f"/v1/events/none?party={WEST_COAST}"),
    "a proof": (
        CARRIER, f"/v1/events/{SALE['event_id']}/proof?party={PLATFORM}", f"/v1/events/none/proof?party={PLATFORM}",
    ),
    "a held event": (EXPORTER, f"/v1/events/HELD-1?party={SELF_RUN}", f"/v1/events/none?party={SELF_RUN}"),
    "a held event that customs asks for": (GATEWAY, f"/v1/events/HELD-1?party={SELF_RUN}", "/v1/events/none"),
    "a proof of a held event": (EXPORTER, f"/v1/events/HELD-1/proof?party={SELF_RUN}", "/v1/events/none/proof"),
    "a lot": (RIVAL, LOT_PATH, ABSENT_LOT),
    "a lot that a platform sells from": (PLATFORM, LOT_PATH, ABSENT_LOT),
    "a batch": (RIVAL, "/v1/batches/1", "/v1/batches/9999"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_one_may_not_read_looks_absent(anchored: Api, what: str) -> None:
    party, forbidden, absent = FORBIDDEN[what]
    answers = [anchored.get(party, path) for path in (forbidden, absent)]
    assert problem_of(answers[0], 404)["code"] == "NotFound"
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers


@pytest.mark.parametrize("party", [EXPORTER, GATEWAY, TAX])
def test_owner_customs_and_tax_read_a_lot_and_its_events(anchored: Api, party: int) -> None:
    assert anchored.get(party, LOT_PATH).status_code == 200
    path = f"/v1/events/{SHIP['event_id']}"
    assert anchored.get(party, path, party=WEST_COAST).json()["status"] == "anchored"
    assert anchored.get(party, f"{path}/proof", party=WEST_COAST).status_code == 200


def test_a_bank_reads_a_lot_from_its_admission_to_the_end_of_it(api: Api) -> None:
    readable = [api.get(BANK, LOT_PATH).status_code]
    for change in (an_admission(BANK), an_event("ADMIT_END", site=BANK)):
        api.house.tell(change)
        readable.append(api.get(BANK, LOT_PATH).status_code)
    assert readable == [404, 200, 404]


def test_everyone_reads_its_own_events_without_reading_the_lot(anchored: Api) -> None:
    assert anchored.get(PLATFORM, f"/v1/events/{SALE['event_id']}").json()["kind"] == "SALE"
    assert anchored.get(SELF_RUN, "/v1/events/HELD-1").json()["status"] == "held"


def test_customs_and_tax_read_every_batch_and_a_party_its_own(anchored: Api) -> None:
    owner = anchored.get(TAX, "/v1/batches/1").json()["party"]
    for party in (owner, GATEWAY):
        assert anchored.get(party, "/v1/batches/1").status_code == 200
