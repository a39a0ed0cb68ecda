"""A credential that the chain does not record becomes invalid when something that it rests on is taken back."""

import time
from typing import Any

import pytest

from service.flow.outdate import outdate_credentials
from service.store.claims import SqlClaimStore
from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import COST, LINES, NEW_LINE, claim, open_line
from tests.service.claims.conftest import TOLD_AT, wait_until_settled
from tests.service.market import BANK, EXPORTER, RIVAL, an_event

LINE = [LINES[0] | {"item_no": 3}]
ASKED = COST | {"cost_minor": 400_00}


@pytest.fixture
def basis(worked: Api) -> dict[str, Any]:
    """The basis of a pre-refund of ten pieces that have departed."""
    open_line(worked)
    wait_until_settled(worked)
    claim(worked, "pre-refund", LINE, **ASKED)
    (newest,) = worked.get(EXPORTER, "/v1/credentials?limit=1").json()["credentials"]
    found: dict[str, Any] = newest
    return found


def status_of(api: Api, basis: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The basis once it has this status; the worker looks once a second."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        rows = api.get(EXPORTER, "/v1/credentials").json()["credentials"]
        found: dict[str, Any] = next(row for row in rows if row["digest"] == basis["digest"])
        if found["status"] == wanted:
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def lots_looked_at(api: Api) -> bool:
    with SqlClaimStore(api.house.runtime.engine, api.house.runtime.details).view() as claims:
        return not claims.outgrown(int(time.time()))


def test_what_is_taken_back_makes_it_invalid(worked: Api, basis: dict[str, Any]) -> None:
    receipt = an_event("RECEIVE", 0, line=NEW_LINE)  # a name for the receipt of open_line
    trail = worked.get(EXPORTER, "/v1/lots/223320260001234567/3").json()["trail"]
    receipt["event_id"] = next(event["event_id"] for event in trail if event["kind"] == "RECEIVE")
    worked.house.tell(an_event("RECEIVE_REVERSAL", 2, line=NEW_LINE, target=receipt), now=TOLD_AT)
    found = status_of(worked, basis, "invalid")
    assert found["reason"].startswith("corrected: RECEIVE_REVERSAL at ")
    assert found["successor"] is None


def test_an_amendment_makes_it_invalid(worked: Api, basis: dict[str, Any]) -> None:
    worked.house.tell(an_event("AMEND", line=NEW_LINE, document={"tax_treatment": "exempt"}), now=TOLD_AT)
    assert status_of(worked, basis, "invalid")["reason"].startswith("corrected: AMEND at ")


def test_what_happens_later_does_not(worked: Api, basis: dict[str, Any]) -> None:
    """Pieces that ship now, and whose label is voided: the basis was true as of its time, and is."""
    ship = an_event("SHIP", 3, line=NEW_LINE)
    worked.house.tell(ship, an_event("SHIP_REVERSAL", 3, line=NEW_LINE, target=ship), now=TOLD_AT)
    wait_until_settled(worked)
    deadline = time.monotonic() + 30
    while not lots_looked_at(worked):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert status_of(worked, basis, "valid")["reason"] is None
    assert outdate_credentials(SqlClaimStore(worked.house.runtime.engine, worked.house.runtime.details)) == 0


def test_an_owner_gets_its_credential_again(worked: Api, basis: dict[str, Any]) -> None:
    text = worked.get(EXPORTER, f"/v1/credentials/{basis['digest']}")
    assert text.status_code == 200
    assert text.text.endswith("~")
    for stranger in (RIVAL, BANK):
        assert problem_of(worked.get(stranger, f"/v1/credentials/{basis['digest']}"), 404)["code"] == "NotFound"
        assert worked.get(stranger, "/v1/credentials").json()["credentials"] == []
    assert problem_of(worked.get(EXPORTER, f"/v1/credentials/0x{'0' * 64}"), 404)["code"] == "NotFound"
