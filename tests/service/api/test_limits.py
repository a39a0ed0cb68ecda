"""Who asks too often waits, and others do not: rates of keys and addresses, turns of heavy work, bodies that dawdle."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import pytest
from starlette.testclient import TestClient

from service.api import body as bodies
from service.api.access import ASKING
from service.api.limits import Kind, Limits, kind_of
from service.api.problems import RETRY_SECONDS, ProblemError
from service.app import create_app
from service.config import Settings
from service.runtime import Runtime
from tests.service.api.caller import LOT_ASKED, Api, problem_of
from tests.service.house import House
from tests.service.market import EXPORTER, GATEWAY, TAX, WEST_COAST, an_event

NARROW = {"posts_per_minute": 4, "proofs_per_minute": 3, "requests_per_minute": 5, "bad_keys_per_minute": 6}
DOCUMENT = create_app(Runtime(Settings())).openapi()
OPERATIONS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]
FOREIGN = {"Authorization": "Bearer nobody's"}


@contextmanager
def limited(house: House, address: str = "192.0.2.1", **settings: int) -> Iterator[Api]:
    """The application of a house with limits of its own."""
    runtime = Runtime(house.settings.model_copy(update=NARROW | settings))
    runtime.__dict__["keyring"] = house.runtime.keyring
    with TestClient(create_app(runtime), client=(address, 50_000)) as client:
        yield Api(house, client)


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


def check_refusal(answer: httpx.Response, words: str) -> None:
    problem = problem_of(answer, 429)
    assert problem["code"] == "TooManyRequests"
    assert words in problem["detail"]
    assert int(answer.headers["Retry-After"]) == problem["retry_after_seconds"] >= 1


def test_a_key_that_asks_too_often_waits_and_another_does_not(house: House) -> None:
    with limited(house) as api:
        answers = [api.get(EXPORTER, "/v1/kits") for _ in range(7)]
        assert statuses(answers) == [200] * 6 + [429]  # the first was of its address: the key had not served yet
        check_refusal(answers[-1], "at most 5 requests of a key")
        assert api.get(TAX, "/v1/kits").status_code == 200


def test_posts_proofs_and_other_requests_are_counted_apart(house: House) -> None:
    with limited(house) as api:
        api.get(WEST_COAST, "/v1/kits")
        posts = [api.post(WEST_COAST, an_event("COUNT")) for _ in range(5)]
        proofs = [api.send(WEST_COAST, "/v1/verify", b"x") for _ in range(4)]
        assert 429 not in statuses(posts[:4])
        assert statuses(proofs[:3]) == [200] * 3
        check_refusal(posts[4], "at most 4 posts of a key")
        check_refusal(proofs[3], "at most 3 proof requests of a key")
        assert api.get(WEST_COAST, "/v1/kits").status_code == 200


def test_who_guesses_keys_is_stopped_and_keys_that_have_served_from_there_are_not(house: House) -> None:
    with limited(house) as api:
        assert api.get(EXPORTER, "/v1/kits").status_code == 200
        guesses = [api.client.get("/v1/kits", headers={"Authorization": f"Bearer {n}"}) for n in range(7)]
        assert statuses(guesses) == [401] * 6 + [429]
        check_refusal(guesses[-1], "keys that are not in force")
        assert api.get(EXPORTER, "/v1/kits").status_code == 200
        assert api.get(TAX, "/v1/kits").status_code == 429  # right, and not told apart from a guess


def test_another_address_is_not_punished_for_a_guess(house: House) -> None:
    limits = Limits(house.settings.model_copy(update=NARROW))
    thief, other = scope_of("2001:db8::1"), scope_of("2001:db8:0:1::1")
    for _ in range(6):
        limits.note(thief, limits.admit(thief, Kind.OTHER, 0.0), 401, 0.0)
    for address in ("2001:db8::1", "2001:db8::ffff"):  # who has one address of a /64 has them all
        with pytest.raises(ProblemError):
            limits.admit(scope_of(address), Kind.OTHER, 0.0)
    assert limits.admit(other, Kind.OTHER, 0.0)


def scope_of(address: str, key: bytes = b"Bearer x") -> dict[str, Any]:
    return {"type": "http", "path": "/v1/kits", "client": (address, 1), "headers": [(b"authorization", key)]}


def test_a_key_that_is_shown_where_none_is_asked_has_not_served(house: House) -> None:
    limits = Limits(house.settings.model_copy(update=NARROW | {"open_requests_per_minute": 3}))
    for number in range(3):  # the route takes anybody
        scope = scope_of("192.0.2.1", str(number).encode())
        limits.note(scope, limits.admit(scope, Kind.OTHER, 0.0), 200, 0.0)
    with pytest.raises(ProblemError, match="requests of an address"):
        limits.admit(scope_of("192.0.2.1", b"0"), Kind.OTHER, 0.0)


def test_a_key_that_has_ended_is_a_guess_again(house: House) -> None:
    limits = Limits(house.settings.model_copy(update=NARROW | {"requests_per_minute": 1}))
    scope = scope_of("192.0.2.1")
    limits.note(scope | {ASKING: "somebody"}, limits.admit(scope, Kind.OTHER, 0.0), 200, 0.0)
    limits.admit(scope, Kind.OTHER, 0.0)
    limits.note(scope, limits.admit(scope, Kind.OTHER, 90.0), 401, 90.0)
    for _ in range(5):
        limits.note(scope, limits.admit(scope, Kind.OTHER, 90.0), 401, 90.0)
    with pytest.raises(ProblemError, match="not in force"):
        limits.admit(scope, Kind.OTHER, 90.0)


def test_invitations_are_not_to_be_guessed(house: House) -> None:
    with limited(house) as api:
        answers = [api.client.post("/v1/invitations/look", json={"token": f"guess {n}"}) for n in range(7)]
        assert statuses(answers) == [404] * 6 + [429]


def test_an_address_without_a_key_waits_too_but_not_for_a_sign_of_life(house: House) -> None:
    with limited(house, open_requests_per_minute=2) as api:
        answers = [api.client.get("/openapi.json") for _ in range(3)]
        assert statuses(answers) == [200, 200, 429]
        check_refusal(answers[-1], "requests of an address")
        assert statuses([api.client.get("/healthz") for _ in range(3)]) == [200] * 3


def test_a_request_without_a_key_is_no_guess(house: House) -> None:
    with limited(house) as api:
        assert statuses([api.client.get("/v1/kits") for _ in range(9)]) == [401] * 9


def test_a_few_proofs_are_worked_out_at_once_some_wait_and_the_rest_come_back(house: House) -> None:
    async def story() -> None:
        limits = Limits(house.settings.model_copy(update={"proofs_at_once": 1}))
        go, done = asyncio.Event(), []

        async def work(number: int) -> None:
            async with limits.turn():
                await go.wait()
                done.append(number)

        tasks = [asyncio.create_task(work(number)) for number in range(9)]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError, match="too many proofs") as refusal:
            await work(9)
        assert (refusal.value.status, refusal.value.code) == (503, "Busy")
        go.set()
        await asyncio.gather(*tasks)
        assert done == list(range(9))
        await work(10)

    asyncio.run(story())


def test_heavy_work_does_not_keep_others_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def judge(*_: Any) -> Any:
        begun.release()
        assert go.wait(30)
        raise ProblemError(422, "NotValid", "enough")

    monkeypatch.setattr("service.api.credentials.judge", judge)
    with limited(house, proofs_at_once=1, proofs_per_minute=100) as api:
        workers = [threading.Thread(target=api.send, args=(EXPORTER, "/v1/verify", b"x")) for _ in range(2)]
        for worker in workers:
            worker.start()
        assert begun.acquire(timeout=30)
        assert api.get(EXPORTER, "/v1/kits").status_code == 200
        assert not begun.acquire(blocking=False)  # the other one waits
        go.set()
        for worker in workers:
            worker.join()


@pytest.mark.parametrize("code", sorted(RETRY_SECONDS))
def test_every_code_for_which_waiting_helps_is_used(code: str) -> None:
    from tests.docs.test_docs import ROOT, codes_in

    assert code in {found for path in ROOT.glob("service/**/*.py") for found in codes_in(path)}


def test_an_answer_for_which_waiting_helps_says_how_long(api: Api) -> None:
    count = an_event("COUNT")
    api.post(WEST_COAST, count)
    answer = api.get(WEST_COAST, f"/v1/events/{count['event_id']}/proof")
    assert problem_of(answer, 409)["code"] == "NotAnchored"
    assert answer.headers["Retry-After"] == "1"
    assert "Retry-After" not in api.get(GATEWAY, "/v1/lots/1/1").headers


def test_a_body_that_dawdles_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    runtime = house.runtime

    async def story() -> tuple[int, bytes]:
        app = create_app(runtime)
        headers = [(b"authorization", f"Bearer {house.api_keys[WEST_COAST]}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/events", "raw_path": b"/v1/events", "headers": headers}
        scope |= {
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "client": ("192.0.2.1", 1),
            "http_version": "1.1",
        }
        scope |= {"server": ("192.0.2.2", 80), "asgi": {"version": "3.0"}}
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b" ", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        async with app.router.lifespan_context(app):
            await asyncio.wait_for(app(scope, receive, send), 10)
        return sent[0]["status"], sent[1]["body"]

    status, body = asyncio.run(story())
    assert (status, orjson.loads(body)["code"]) == (408, "TooSlow")


@pytest.mark.parametrize(
    ("kind", "operations"),
    [
        (Kind.POST, {("POST", "/v1/events"), ("POST", "/v1/batches")}),
        (
            Kind.PROOF,
            {
                ("POST", "/v1/claims"),
                ("POST", "/v1/claims/preview"),
                ("DELETE", "/v1/claims/{claim_id}"),
                ("POST", "/v1/claims/{claim_id}/endorsements"),
                ("POST", "/v1/endorsements/{endorsement_id}/release"),
                ("POST", "/v1/credentials/provenance"),
                ("POST", "/v1/credentials/disclose"),
                ("GET", "/v1/credentials/{digest}/certificate"),
                ("POST", "/v1/certificates"),
                ("POST", "/v1/verify"),
                ("POST", "/v1/invitations/join"),
                ("POST", "/v1/batches/own/keys"),
                ("POST", "/v1/batches/own/keys/{address}/end"),
            },
        ),
    ],
)
def test_what_is_heavy_is_counted_as_that(kind: Kind, operations: set[tuple[str, str]]) -> None:
    paths = [(method, path, re.sub(r"{\w+}", "x", path)) for method, path in OPERATIONS]
    assert {(method, path) for method, path, asked in paths if kind_of(method, asked) is kind} == operations


def test_the_limits_are_those_of_the_settings(house: House) -> None:
    with limited(house, proofs_per_minute=1) as api:
        api.get(EXPORTER, "/v1/kits")
        body = orjson.dumps(LOT_ASKED)
        answers = [api.send(EXPORTER, "/v1/credentials/provenance", body) for _ in range(2)]
        assert answers[0].status_code != 429
        check_refusal(answers[1], "at most 1 proof requests")
