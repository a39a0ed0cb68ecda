"""Cutting a credential over HTTP: the same as the command, and nothing is kept or judged."""

import orjson
import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.api.test_credentials import check, groups_shown
from tests.service.market import BANK, EXPORTER

pytestmark = pytest.mark.chain

ALL = ["document", "goods", "logistics", "money", "order", "person"]


def cut(api: Api, party: int, **asked: object):
    return api.send(party, "/v1/credentials/disclose", orjson.dumps(asked))


@pytest.fixture
def credential(anchored: Api) -> str:
    return anchored.issue(EXPORTER, show=ALL).json()["credential"]


def test_what_is_left_verifies(anchored: Api, credential: str) -> None:
    answer = cut(anchored, EXPORTER, credential=credential, only=["document", "goods"])
    assert answer.status_code == 200
    found = answer.json()
    assert groups_shown(check(anchored, found["credential"])) == {"document", "goods"}
    assert found["kept"] * 3 == found["shown"] == credential.count("~") - 1


def test_some_kinds_can_be_cut_alone(anchored: Api, credential: str) -> None:
    found = cut(anchored, BANK, credential=credential, drop=["document"], kinds=["DECLARE"]).json()
    assert found["kept"] == found["shown"] - 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"credential": "nothing", "drop": ["money"]}, "credential"),
        ({"credential": "a.b.c~", "drop": ["money"]}, "credential"),
        ({"credential": "x", "drop": ["cost"]}, "drop"),
        ({"drop": ["money"]}, "credential"),
    ],
)
def test_what_cannot_be_cut_is_refused(anchored: Api, asked: dict[str, object], field: str) -> None:
    answer = cut(anchored, EXPORTER, **asked)
    assert problem_of(answer, 422)["code"] == "Malformed"
    assert field in str(answer.json())


def test_a_stranger_cuts_nothing(anchored: Api) -> None:
    answer = anchored.client.post("/v1/credentials/disclose", content=b"{}")
    assert problem_of(answer, 401)["code"] == "Unauthorized"


def test_a_refusal_repeats_nothing_of_the_credential(anchored: Api, credential: str) -> None:
    answer = cut(anchored, EXPORTER, credential=credential, drop=["cost"])
    assert credential[:40] not in answer.text
