"""What whoever runs the service asks it: is it alive, is it ready, how much lies where."""

import re

import pytest
from sqlalchemy import text

from service.members import issue_api_key
from service.store import schema
from service.store.database import writing
from tests.service.api.caller import LOT_PATH, Api, problem_of
from tests.service.market import EXPORTER, GATEWAY, REGISTRAR, WEST_COAST, an_event

pytestmark = pytest.mark.chain


def administrator(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_api_key(api.house.runtime, REGISTRAR, 'administrator')}"}


def test_how_much_is_traded_is_told_to_the_administrator_alone(api: Api) -> None:
    assert api.client.get("/readyz").json() == {"status": "ready"}
    for party in (EXPORTER, GATEWAY):
        assert api.get(party, "/readyz").json() == {"status": "ready"}
        assert problem_of(api.get(party, "/metrics"), 404)["code"] == "NotFound"
    problem_of(api.client.get("/metrics"), 401)


def test_a_ready_service_says_how_much_lies_at_each_station(api: Api) -> None:
    answer = api.client.get("/readyz", headers=administrator(api))
    assert answer.status_code == 200
    stations = {"status": "ready", "accepted": 5, "held": 0, "unsealed": 5, "pending_batches": 0, "failed_batches": 0}
    assert answer.json() | stations == answer.json()


def test_without_the_chain_it_lives_and_is_not_ready(api: Api) -> None:
    api.house.chain.kill()
    assert problem_of(api.client.get("/readyz"), 503)["code"] == "NotReady"
    assert api.client.get("/healthz").json() == {"status": "ok"}


def test_without_the_chain_events_are_still_taken_in(api: Api) -> None:
    api.house.chain.kill()
    assert api.post(WEST_COAST, an_event("SHIP", 3)).status_code == 201
    assert api.get(EXPORTER, LOT_PATH).json()["length"] == 5


def test_without_the_chain_no_credential_is_issued(api: Api) -> None:
    api.house.settle()
    api.house.chain.kill()
    assert problem_of(api.issue(EXPORTER), 503)["code"] == "ChainUnavailable"


def test_a_chain_that_is_not_ours_is_not_ready(api: Api) -> None:
    domain = api.house.runtime.log.domain
    with writing(api.house.runtime.engine) as connection:
        connection.execute(text("UPDATE log_state SET chain_id = chain_id + 1"))
    api.house.runtime.__dict__.pop("log")
    assert api.house.runtime.log.domain != domain
    assert problem_of(api.client.get("/readyz"), 503)["code"] == "NotReady"


def test_a_batch_that_the_contract_refuses_shows(api: Api) -> None:
    api.house.step(mine=False)
    with writing(api.house.runtime.engine) as connection:
        connection.execute(schema.batch.update().values(failure="LotLedgerNotAllowed()"))
    assert problem_of(api.client.get("/readyz"), 503)["code"] == "BatchRefused"


def test_without_the_database_it_is_not_ready(api: Api) -> None:
    with writing(api.house.runtime.engine) as connection:
        connection.execute(text("ALTER TABLE chunk RENAME TO chunk_away"))
    assert problem_of(api.client.get("/readyz"), 503)["code"] == "StoreUnavailable"


def metric(api: Api, name: str) -> float:
    found = re.search(
        rf"^{re.escape(name)} (\S+)$", api.client.get("/metrics", headers=administrator(api)).text, re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def test_posted_events_are_counted_by_what_became_of_them(api: Api) -> None:
    names = {status: f'cangsu_events_total{{status="{status}"}}' for status in ("accepted", "refused", "duplicate")}
    before = {status: metric(api, name) for status, name in names.items()}
    ship = an_event("SHIP", 3)
    api.post(WEST_COAST, [ship, ship, an_event("SHIP", 101), an_event("COUNT")])
    gained = {status: metric(api, name) - before[status] for status, name in names.items()}
    assert gained == {"accepted": 2, "refused": 1, "duplicate": 1}


def test_stations_and_requests_are_measured(api: Api) -> None:
    api.get(EXPORTER, LOT_PATH)
    assert metric(api, 'cangsu_station{station="unsealed"}') == 5
    route = 'method="GET",route="/v1/lots/{declaration_no}/{item_no}",status="200"'
    assert metric(api, f"cangsu_request_seconds_count{{{route}}}") >= 1


def test_a_method_that_is_not_there_is_a_problem_that_names_those_that_are(api: Api) -> None:
    answer = api.client.delete("/v1/checkpoint", headers=api.headers(EXPORTER))
    assert problem_of(answer, 405)["code"] == "Http405"
    assert answer.headers["allow"] == "GET"


def test_an_unknown_path_is_a_problem(api: Api) -> None:
    assert problem_of(api.get(EXPORTER, "/v2/events"), 404)["code"] == "Http404"
