"""Provenance credentials: who gets one, what it shows, and that anyone's verifier accepts it and no forgery."""

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.service.api.caller import LOT_ASKED, SHIP, Api, problem_of
from tests.service.market import BANK, EXPORTER, GATEWAY, PLATFORM, RIVAL, TAX, an_admission, an_event
from verifier.canonical import from_base64url, to_base64url
from verifier.chain import Node, NodeView
from verifier.es256 import Jwk
from verifier.policy import Policy
from verifier.report import Answer, Report
from verifier.steps import verify

pytestmark = pytest.mark.chain


def check(api: Api, credential: str) -> Report:
    """The answer of a verifier that pins our log and asks the chain itself."""
    policy = Policy(now=int(time.time()), log=api.house.runtime.pin)
    return verify(credential.encode(), policy, NodeView(Node(api.house.settings.rpc_url)))


def groups_shown(report: Report) -> set[str]:
    assert report.answer is Answer.VALID
    assert report.statement is not None
    return {shown.group for shown in report.statement.shown}


def payload_of(credential: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(from_base64url(credential.split("~")[0].split(".")[1]))
    return payload


def test_the_owner_gets_a_credential_that_any_verifier_accepts(anchored: Api) -> None:
    answer = anchored.issue(EXPORTER)
    assert (answer.status_code, answer.json()["report"]["answer"]) == (201, "valid")
    assert groups_shown(check(anchored, answer.json()["credential"])) == {"document", "goods"}


def test_the_owner_may_show_every_group(anchored: Api) -> None:
    shown = ["document", "goods", "logistics", "money", "order", "person"]
    credential = anchored.issue(EXPORTER, show=shown).json()["credential"]
    assert groups_shown(check(anchored, credential)) == set(shown)


def test_what_is_not_to_be_shown_is_not_in_the_file(anchored: Api) -> None:
    credential = anchored.issue(EXPORTER, show=[]).json()["credential"]
    assert groups_shown(check(anchored, credential)) == set()
    assert credential.count("~") == 1


@pytest.mark.parametrize("party", [GATEWAY, TAX])
def test_customs_and_tax_get_one_without_being_admitted(anchored: Api, party: int) -> None:
    assert groups_shown(check(anchored, anchored.issue(party).json()["credential"])) == {"document", "goods"}


def test_a_bank_gets_one_once_it_is_admitted(api: Api) -> None:
    api.house.settle()
    problem_of(api.issue(BANK), 404)
    api.house.tell(an_admission(BANK))
    answer = api.issue(BANK)
    assert answer.status_code == 201
    assert groups_shown(check(api, answer.json()["credential"])) == {"document", "goods"}


@pytest.mark.parametrize("party", [RIVAL, PLATFORM, BANK])
def test_a_stranger_is_told_that_there_is_nothing(anchored: Api, party: int) -> None:
    absent = anchored.issue(party, item_no=77)
    assert problem_of(anchored.issue(party), 404) == problem_of(absent, 404)


@pytest.mark.parametrize("group", ["logistics", "money", "order", "person"])
def test_only_the_owner_may_ask_for_more_than_document_and_goods(anchored: Api, group: str) -> None:
    problem = problem_of(anchored.issue(TAX, show=["goods", group]), 403)
    assert (problem["code"], problem["field"]) == ("OwnerOnly", "show")


def test_a_holders_key_is_put_into_the_credential(anchored: Api) -> None:
    holder = Jwk.from_key(ec.generate_private_key(ec.SECP256R1()).public_key()).to_json()
    credential = anchored.issue(EXPORTER, holder_jwk=holder).json()["credential"]
    assert payload_of(credential)["cnf"] == {"jwk": holder}


def test_without_a_holders_key_the_credential_is_bound_to_nobody(anchored: Api) -> None:
    assert "cnf" not in payload_of(anchored.issue(EXPORTER).json()["credential"])


def test_what_is_not_on_chain_yet_cannot_be_shown(api: Api) -> None:
    assert problem_of(api.issue(EXPORTER), 409)["code"] == "NotAnchored"


def test_events_after_the_newest_checkpoint_wait_for_the_next_credential(api: Api) -> None:
    api.house.settle()
    api.house.tell(an_event("COUNT"))
    before = check(api, api.issue(EXPORTER).json()["credential"])
    api.house.settle()
    after = check(api, api.issue(EXPORTER).json()["credential"])
    counts = [sum(sum(a.count_by_kind.values()) for a in report.attestations) for report in (before, after)]
    assert counts[1] == counts[0] + 1


KEY = {"kty": "EC", "crv": "P-256", "x": to_base64url(bytes(31) + b"\1"), "y": to_base64url(bytes(31) + b"\1")}
MISSHAPEN: dict[str, tuple[dict[str, Any], str]] = {
    "a declaration number that is none": ({"declaration_no": "1"}, "declaration_no"),
    "an item number out of range": ({"item_no": 0}, "item_no"),
    "an unknown group": ({"show": ["secrets"]}, "show.0"),
    "an unknown member": ({"lot": "1"}, "lot"),
    "a key on another curve": ({"holder_jwk": KEY | {"crv": "P-384"}}, "holder_jwk.crv"),
    "a key that is too short": ({"holder_jwk": KEY | {"x": "AQ"}}, "holder_jwk"),
    "a key that is no point": ({"holder_jwk": KEY}, "holder_jwk"),
    "a private key": ({"holder_jwk": KEY | {"d": "c2VjcmV0"}}, "holder_jwk.d"),
}


@pytest.mark.parametrize("fault", MISSHAPEN)
def test_a_misshapen_request_is_a_problem_that_names_the_field(anchored: Api, fault: str) -> None:
    members, field = MISSHAPEN[fault]
    answer = anchored.issue(EXPORTER, **members)
    assert problem_of(answer, 422)["field"] == field
    assert "c2VjcmV0" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff"])
def test_a_request_that_cannot_be_read_is_a_problem(anchored: Api, body: bytes) -> None:
    assert problem_of(anchored.send(EXPORTER, "/v1/credentials/provenance", body), 422)["code"] == "Malformed"


def verdict(api: Api, credential: bytes) -> dict[str, Any]:
    answer = api.send(PLATFORM, "/v1/verify", credential)
    assert answer.status_code == 200
    report: dict[str, Any] = answer.json()
    return report


def test_verifications_side_by_side_do_not_read_each_others_anchors(api: Api) -> None:
    """A view remembers what it has read at one anchor: at another one, the lot has another length."""
    api.house.settle()
    earlier = api.issue(EXPORTER).json()["credential"]
    api.house.tell(an_event("COUNT"))
    api.house.settle()
    later = api.issue(EXPORTER).json()["credential"]
    desk, policy = api.house.runtime.desk, Policy(now=int(time.time()))
    view: Any = desk.view
    read = view.history

    def interrupted(*arguments: Any) -> Any:
        view.history = read
        assert verify(later.encode(), policy, desk.view).answer is Answer.VALID
        return read(*arguments)

    view.history = interrupted
    assert verify(earlier.encode(), policy, view).answer is Answer.VALID


def test_the_service_verifies_what_it_issued(anchored: Api) -> None:
    report = verdict(anchored, anchored.issue(EXPORTER).json()["credential"].encode())
    assert (report["answer"], report["is_valid"]) == ("valid", True)


@pytest.mark.parametrize("part", [0.02, 0.4, 0.8, 0.98])
def test_the_service_refuses_what_was_changed(anchored: Api, part: float) -> None:
    credential = bytearray(anchored.issue(EXPORTER).json()["credential"].encode())
    place = int(len(credential) * part)
    credential[place] = ord("A") if credential[place] != ord("A") else ord("B")
    report = verdict(anchored, bytes(credential))
    assert (report["answer"], report["is_valid"]) == ("invalid", False)


@pytest.mark.parametrize("rubbish", [b"", b"a credential", b"~~~", b"a.b.c~", b"\xff" * 100, b"{" * 100_000])
def test_rubbish_is_invalid_and_no_fault(anchored: Api, rubbish: bytes) -> None:
    assert verdict(anchored, rubbish)["is_valid"] is False


def test_a_credential_shows_what_was_posted(anchored: Api) -> None:
    report = check(anchored, anchored.issue(EXPORTER).json()["credential"])
    assert report.statement is not None
    goods = [shown.value for shown in report.statement.shown if shown.group == "goods"]
    assert [value for value in goods if value] == [SHIP["goods"]]
    (line,) = report.statement.lines.values()
    assert line is not None
    assert (line.declaration_no, line.item_no) == (LOT_ASKED["declaration_no"], LOT_ASKED["item_no"])
