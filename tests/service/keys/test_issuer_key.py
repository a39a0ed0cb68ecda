"""The issuer changes its key: what the new one signs and from when, and what becomes of what the old one has signed."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from service import custody, rotation
from service.custody import IssuerKey
from service.flow import publish
from service.flow.issue import IssueError, issue_credential, provenance
from service.keys.keyring import ISSUER
from service.rotation import RotationError, end_issuer_keys, rotate_issuer_key
from tests.service.api.caller import SALE, SHIP, Api, open_api
from tests.service.claims.actions import LINES, ask, judge
from tests.service.house import House
from tests.service.market import EXPORTER, LINE, WEST_COAST, an_admission, an_event, an_opening, lot_of
from tests.service.test_commands import run
from verifier.canonical import from_base64url
from verifier.claim_record import digest_of
from verifier.es256 import Jwk, verify_es256
from verifier.report import Answer, Outcome
from verifier.roles import PartyHistory
from verifier.sdjwt import parse
from verifier.shapes import to_hex

pytestmark = pytest.mark.chain


@pytest.fixture
def api(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A lot on chain, with a sale. Nobody waits until a process looks for a new key."""
    monkeypatch.setattr(custody, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(publish, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(publish, "TTL_SECONDS", 0)
    now = datetime.now(UTC)
    counted = an_event("COUNT", event_time=now.isoformat(timespec="seconds"), goods={"sku": "A-100", "pieces": 97})
    house.tell(an_admission(), *an_opening(100), SHIP, SALE)
    house.tell(counted, now=now)
    house.settle()
    with open_api(house) as opened:
        yield opened


def kid_of(key: IssuerKey) -> str:
    return Jwk.from_json(key.jwk()).kid()


def rotate(api: Api) -> str:
    with api.house.running():
        return kid_of(rotate_issuer_key(api.house.runtime))


def end(api: Api) -> list[str]:
    with api.house.running():
        return [kid_of(key) for key in end_issuer_keys(api.house.runtime)]


def issue(api: Api) -> str:
    answer = api.issue(EXPORTER, show=["goods"])
    assert answer.status_code == 201
    credential: str = answer.json()["credential"]
    assert judge(api, credential).answer is Answer.VALID
    return credential


def published(api: Api) -> dict[str, Jwk]:
    """The keys at the well-known place."""
    answer = api.client.get("/.well-known/jwt-vc-issuer")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")
    found = answer.json()
    assert (set(found), found["issuer"]) == ({"issuer", "jwks"}, parse(issue(api)).payload["iss"])
    keys = {}
    for key in found["jwks"]["keys"]:
        assert (key.pop("alg"), key.pop("use")) == ("ES256", "sig")
        kid = key.pop("kid")
        keys[kid] = Jwk.from_json(key)  # has no member more than a public key has
    assert all(kid == jwk.kid() for kid, jwk in keys.items())
    return keys


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(from_base64url(token.split(".")[0]))
    return header


def test_everything_is_signed_with_the_new_key_once_it_is_on_chain(api: Api) -> None:
    (old,) = published(api)
    first = issue(api)
    new = rotate(api)
    assert (parse(first).kid, parse(issue(api)).kid) == (old, new)
    promise = api.post(WEST_COAST, an_event("SHIP", 1)).json()["promise"]
    header, payload, signature = promise.split(".")
    verify_es256(published(api)[new], f"{header}.{payload}".encode(), from_base64url(signature), "issuer")
    assert (header_of(promise)["kid"], header_of(api.client.get("/v1/status/1").text)["kid"]) == (new, new)
    pdf = api.send(EXPORTER, "/v1/certificates", issue(api).encode()).content
    point = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].signer_cert.public_key.native["public_key"]
    jwk = published(api)[new]
    assert point == b"\x04" + jwk.x + jwk.y


def test_a_new_key_signs_nothing_before_it_is_on_chain(api: Api) -> None:
    (old,) = published(api)
    api.house.runtime.keyring.create(f"{ISSUER}-2")
    assert (parse(issue(api)).kid, len(published(api))) == (old, 2)  # published before it is used
    assert header_of(api.client.get("/v1/status/1").text)["kid"] == old


def test_a_rotation_that_did_not_get_through_is_taken_up_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("the process is gone")

    with monkeypatch.context() as broken:
        broken.setattr(rotation, "_change", fail)
        with pytest.raises(OSError, match="gone"):
            rotate_issuer_key(api.house.runtime)
    made = kid_of(api.house.runtime.custody.issuer_keys()[-1])
    assert (rotate(api), len(published(api))) == (made, 2)


def test_keys_that_are_ended_stay_published_and_what_they_signed_stays_valid(api: Api) -> None:
    credentials, kids = [issue(api)], list(published(api))
    for _ in range(2):
        kids.append(rotate(api))
        assert end(api) == [kids[-2]]
        credentials.append(issue(api))
    assert end(api) == []
    assert list(published(api)) == kids
    assert [parse(credential).kid for credential in credentials] == kids
    assert [judge(api, credential).answer for credential in credentials] == [Answer.VALID] * 3


def test_an_older_key_is_ended_before_a_third_is_made(api: Api) -> None:
    rotate(api)
    with pytest.raises(RotationError, match="issuer-key end"):
        rotate(api)
    assert len(published(api)) == 2


def test_what_the_old_key_signs_after_its_end_is_invalid(api: Api) -> None:
    (old,) = published(api)
    rotate(api)
    end(api)
    runtime = api.house.runtime

    class Old:
        """Who has the old key still."""

        def issuer_key(self, history: PartyHistory) -> IssuerKey:
            return IssuerKey(runtime.keyring, ISSUER)

    desk = runtime.desk
    object.__setattr__(desk, "signers", Old())
    with api.house.trails.trail() as trail, pytest.raises(IssueError) as refusal:
        issue_credential(
            trail, desk, provenance(int(lot_of(LINE), 16), EXPORTER, frozenset({"goods"})), datetime.now(UTC)
        )
    assert refusal.value.code == "OwnVerifierRefuses"
    assert refusal.value.detail.startswith("step 2: the issuer's key is valid from ")
    assert Jwk.from_json(runtime.keyring.jwk(ISSUER)).kid() == old


def test_a_list_of_the_new_key_speaks_of_credentials_of_the_old_one(api: Api) -> None:
    made = ask(api, EXPORTER, "/v1/claims", kind="stock", lines=LINES[:1])
    assert made.status_code == 201, made.text
    credential = made.json()["credential"]
    for _ in range(2):
        rotate(api)
        end(api)
        token = api.client.get("/v1/status/1").content
        assert header_of(token.decode())["kid"] != parse(credential).kid
        report = judge(api, credential, status_list=token)
        assert (report.answer, report.steps[8].outcome) == (Answer.VALID, Outcome.PASSED)
    path = f"/v1/credentials/{to_hex(digest_of(parse(credential).signing_input))}"
    assert api.client.delete(path, headers=api.headers(EXPORTER)).json()["status"] == "invalid"
    report = judge(api, credential, status_list=api.client.get("/v1/status/1").content)
    assert (report.answer, report.steps[8].variant) == (Answer.INVALID, "withdrawn")


def test_commands(api: Api) -> None:
    (old,) = published(api)
    assert run(api.house, "issuer-key", "list").stdout == f"{old}  in force\n"
    with api.house.running():
        new = run(api.house, "issuer-key", "rotate").stdout.strip()
        again = run(api.house, "issuer-key", "rotate")
        assert (again.exit_code, again.stderr.splitlines()[-1]) == (
            1, "error: the key before is still in force: `cangsu issuer-key end` first",
        )  # fmt: skip
        assert run(api.house, "issuer-key", "end").stdout == f"{old} ended\n"
    first, second = run(api.house, "issuer-key", "list").stdout.splitlines()
    assert (first.startswith(f"{old}  ended 20"), second) == (True, f"{new}  in force")
