"""The published status list: what becomes of a credential's place, and what readers who fetch it make of that."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.flow import publish
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask, judge
from tests.service.claims.trade import LINES, trade
from tests.service.market import EXPORTER, RIVAL, an_event
from tests.verifier.credential_factory import sign_es256
from verifier.canonical import from_base64url, parse_json, to_base64url
from verifier.claim_record import digest_of
from verifier.es256 import Jwk, verify_es256
from verifier.report import Answer, Outcome
from verifier.sdjwt import parse
from verifier.shapes import to_hex
from verifier.status import Status, StatusList

pytestmark = pytest.mark.chain


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "LOOK_SECONDS", 0.0)


@pytest.fixture
def stock(api: Api) -> dict[str, Any]:
    """A stock position, which uses nothing up."""
    now = datetime.now(UTC)
    counted = an_event("COUNT", event_time=now.isoformat(timespec="seconds"), goods={"sku": "A-100", "pieces": 100})
    api.house.tell(counted, now=now)
    api.house.settle()
    made = ask(api, EXPORTER, "/v1/claims", kind="stock", lines=LINES)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def fetch(api: Api) -> bytes:
    answer = api.client.get("/v1/status/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/statuslist+jwt")
    return answer.content


def listed(api: Api, credential: str) -> Status:
    """What the list says of a credential."""
    payload = parse_json(from_base64url(fetch(api).decode().split(".")[1]))
    place = parse(credential).payload["status"]["status_list"]
    assert payload["sub"] == place["uri"]
    return Status(StatusList.from_json(payload["status_list"]).value(place["idx"]))


def test_the_list_is_signed_by_the_issuer_and_says_how_long_it_may_be_kept(api: Api) -> None:
    answer = api.client.get("/v1/status/1")
    header, payload, signature = answer.content.split(b".")
    keyring = api.house.runtime.keyring
    jwk = Jwk.from_json(keyring.jwk())
    verify_es256(jwk, header + b"." + payload, from_base64url(signature.decode()), "issuer")
    kid = to_base64url(jwk.thumbprint())
    assert parse_json(from_base64url(header.decode())) == {"alg": "ES256", "kid": kid, "typ": "statuslist+jwt"}
    found = parse_json(from_base64url(payload.decode()))
    assert (found["exp"] - found["iat"], found["ttl"], found["status_list"]["bits"]) == (86_400, 300, 2)
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = api.client.get("/v1/status/1", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_owner_withdraws_a_stock_position(api: Api, stock: dict[str, Any]) -> None:
    credential = stock["credential"]
    old = fetch(api)
    assert listed(api, credential) is Status.VALID
    assert judge(api, credential, status_list=old).steps[8].outcome is Outcome.PASSED
    path = f"/v1/credentials/{to_hex(digest_of(parse(credential).signing_input))}"
    problem_of(api.client.delete(path, headers=api.headers(RIVAL)), 404)
    for _ in range(2):
        assert api.client.delete(path, headers=api.headers(EXPORTER)).json()["status"] == "invalid"
    assert listed(api, credential) is Status.INVALID
    report = judge(api, credential, status_list=fetch(api))
    assert (report.answer, report.steps[8].variant) == (Answer.INVALID, "withdrawn")
    assert judge(api, credential, status_list=old).answer is Answer.VALID
    body = api.send(EXPORTER, "/v1/verify", credential.encode()).json()
    assert (body["answer"], body["because"]["step"]) == ("invalid", 9)
    assert problem_of(api.send(EXPORTER, "/v1/certificates", credential.encode()), 422)["code"] == "NotValid"


def test_the_lists_of_strangers_count_for_nothing(api: Api, stock: dict[str, Any]) -> None:
    signing_input, _, _ = fetch(api).rpartition(b".")
    stranger = ec.generate_private_key(ec.SECP256R1())
    forged = signing_input + b"." + to_base64url(sign_es256(stranger, signing_input)).encode()
    assert judge(api, stock["credential"], status_list=forged).answer is Answer.CANNOT_TELL


def test_a_refused_claim_leaves_no_place_behind(api: Api, stock: dict[str, Any]) -> None:
    before = fetch(api)
    refused = ask(api, EXPORTER, "/v1/claims", kind="loss", lines=LINES)
    assert problem_of(refused, 409)["code"] == "NothingToClaim"
    assert fetch(api) == before


def test_the_chain_counts_where_it_records_a_claim(house_with_sale: Api) -> None:
    """Revoked on chain is invalid whatever an old list says; and what a list says against a live claim is remarked."""
    api = house_with_sale
    with api.house.running():
        made = ask(api, EXPORTER, "/v1/claims", kind="exchange-collection", lines=LINES).json()
        old = fetch(api)
        assert judge(api, made["credential"], status_list=old).answer is Answer.VALID
        contradicting = contradict(api, made["credential"])
        report = judge(api, made["credential"], status_list=contradicting)
        assert report.answer is Answer.VALID
        assert "list_invalid" in {remark.code for remark in report.remarks}
        useless = judge(api, made["credential"], status_list=b"nothing")
        assert useless.answer is Answer.VALID
        assert "status_list" in {note.code for note in useless.not_checked}
        gone = api.client.delete(f"/v1/claims/{made['claim_id']}", headers=api.headers(EXPORTER))
        assert gone.json()["state"] == "revoked"
        report = judge(api, made["credential"], status_list=old)
        assert (report.answer, report.steps[8].variant) == (Answer.INVALID, "revoked")
        assert listed(api, made["credential"]) is Status.INVALID
        path = f"/v1/credentials/{to_hex(digest_of(parse(made['credential']).signing_input))}"
        refused = api.client.delete(path, headers=api.headers(EXPORTER))
        assert problem_of(refused, 409)["code"] == "RecordedOnChain"


@pytest.fixture
def house_with_sale(api: Api) -> Api:
    api.house.tell(*trade(100_00))
    api.house.settle()
    return api


def contradict(api: Api, credential: str) -> bytes:
    """A list of the genuine issuer that calls a credential invalid."""
    index = parse(credential).payload["status"]["status_list"]["idx"]
    publisher = api.app.state.claims.statuses
    return publisher.sign([(index, Status.INVALID)], int(time.time())).token
