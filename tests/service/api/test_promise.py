"""The promise that goes with "accepted" binds the service: anyone can check it with the issuer's public key."""

import hashlib
import json
from typing import Any

import pytest

from tests.service.api.caller import Api
from tests.service.market import EXPORTER, LINE, WEST_COAST, an_event
from verifier.canonical import canonical_bytes, from_base64url, to_base64url
from verifier.es256 import Jwk, verify_es256
from verifier.merkle import tree_head

pytestmark = pytest.mark.chain


def payload_of(api: Api, promise: str) -> dict[str, Any]:
    """What a promise says, once its signature holds."""
    header, payload, signature = promise.split(".")
    jwk = Jwk.from_json(api.house.runtime.keyring.jwk())
    verify_es256(jwk, f"{header}.{payload}".encode(), from_base64url(signature), "issuer")
    expected = {"alg": "ES256", "typ": "cangsu-promise+jwt", "kid": to_base64url(jwk.thumbprint())}
    assert json.loads(from_base64url(header)) == expected
    said: dict[str, Any] = json.loads(from_base64url(payload))
    return said


def digests_of(api: Api, positions: list[int]) -> list[bytes]:
    """The digests of sealed events, read back from the lot's trail."""
    declaration_no, item_no = LINE.split("-")
    trail = api.get(EXPORTER, f"/v1/lots/{declaration_no}/{item_no}").json()["trail"]
    return [hashlib.sha256(sealed_form(trail[position])).digest() for position in positions]


def sealed_form(shown: dict[str, Any]) -> bytes:
    members = ("schema", "event_id", "kind", "lot", "site", "quantity", "event_time", "target", "_sd")
    return canonical_bytes({name: shown[name] for name in members if name in shown})


def root_of(digests: list[bytes]) -> str:
    return to_base64url(tree_head(hashlib.sha256(b"\x00" + digest).digest() for digest in digests))


def test_a_promise_covers_the_accepted_events_in_the_order_of_the_answer(api: Api) -> None:
    posted = [an_event("SHIP", 3), an_event("SHIP", 101), an_event("COUNT"), an_event("SHIP", 2)]
    answer = api.post(WEST_COAST, posted).json()
    said = payload_of(api, answer["promise"])
    positions = [result["position"] for result in answer["results"] if result["status"] == "accepted"]
    assert (said["party"], said["count"]) == (WEST_COAST, 3)
    assert said["digests_root"] == root_of(digests_of(api, positions))
    assert said["digests_root"] != root_of(digests_of(api, positions[::-1]))


def test_a_promise_on_one_event_is_due_in_ten_minutes(api: Api) -> None:
    answer = api.post(WEST_COAST, an_event("SHIP", 3)).json()
    said = payload_of(api, answer["promise"])
    assert said["due"] - said["iat"] == 600
    assert said["digests_root"] == root_of(digests_of(api, [answer["position"]]))


def test_where_nothing_is_accepted_nothing_is_promised(api: Api) -> None:
    assert api.post(WEST_COAST, [an_event("SHIP", 101)]).json()["promise"] is None
