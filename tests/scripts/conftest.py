"""A ledger small enough to read at once, for what the scripts make up: lanes, targets, signers, held events.

It is written from verifier/kinds.py alone and shares nothing with the service's ledger or with the simulation.
"""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from verifier.canonical import check_value
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL, Home, Role, Scope, Site, lanes, may_sign, target_kinds

OWNER = 7
ROLES = {
    2: Role.GATEWAY,
    3: Role.CARRIER,
    4: Role.OPERATOR | Role.BILLER,
    5: Role.OPERATOR | Role.BILLER,
    6: Role.PLATFORM,
    7: Role.EXPORTER,
    8: Role.BANK,
    9: Role.TAX,
}
OPERATORS = {1: 4, 2: 5}
ADMITTED = {3, 4, 5, 6, 8}


class Replay:
    """Applies steps in posted order. What breaks a rule fails; what waits for another event is held."""

    def __init__(self) -> None:
        self.declared: dict[str, int] = {}
        self.pieces: Counter[tuple[str, int, str]] = Counter()
        self.events: dict[tuple[int, str], dict[str, Any]] = {}
        self.left: dict[tuple[int, str], int] = {}
        self.refundable: dict[tuple[int, str], int] = {}
        self.held: list[tuple[int, dict[str, Any]]] = []
        self.held_kinds: Counter[str] = Counter()
        self.duplicates = 0

    def post_all(self, steps: Any) -> "Replay":
        for party, event in steps:
            self.post(party, event)
        return self

    def post(self, party: int, event: dict[str, Any]) -> None:
        check_value(event)
        known = self.events.get((party, event["event_id"]))
        if known is not None:
            assert known == event, "the same id with another payload"
            self.duplicates += 1
        elif self._apply(party, event):
            while any(self._apply(*step) and not self.held.remove(step) for step in list(self.held)):
                pass
        else:
            self.held.append((party, event))
            self.held_kinds[event["kind"]] += 1

    def accounts(self) -> dict[str, dict[int, dict[str, int]]]:
        accounts: dict[str, dict[int, dict[str, int]]] = {}
        for (line, site, lane), pieces in self.pieces.items():
            if pieces:
                accounts.setdefault(line, {}).setdefault(site, {})[lane] = pieces
        return accounts

    def _apply(self, party: int, event: dict[str, Any]) -> bool:
        code = CODE_BY_NAME[event["kind"]]
        target = self._target(party, event, code)
        if target is None and target_kinds(code):
            return False
        if not self._take(event, code):
            return False
        self._check_place(party, event, code)
        if target is not None:
            self._use(event, code, target)
        key = party, event["event_id"]
        self.events[key] = event
        self.left[key] = event["quantity"]
        if event["kind"] == "SALE":
            self.refundable[key] = event["money"]["gross_minor"]
        return True

    def _target(self, party: int, event: dict[str, Any], code: int) -> tuple[int, str] | None:
        if not target_kinds(code):
            assert "target_id" not in event
            return None
        key = event.get("target_party", party), event["target_id"]
        if key not in self.events:
            return None
        target = self.events[key]
        assert target["kind"] in target_kinds(code)
        assert _place(target) == _place(event)
        if event["kind"] == "SALE":
            assert _time(event) >= _time(target), event
        if event["kind"] == "SALE" or code & REVERSAL:
            assert event.get("site") == target.get("site")
        return key

    def _take(self, event: dict[str, Any], code: int) -> bool:
        source, destination = lanes(code)
        assert (event["quantity"] > 0) == (destination is not None or source is not None), event
        if source is not None:
            key = _lane(event, source)
            missing = event["quantity"] - self.pieces[key]
            if missing > 0:
                # The one shortage that may still be made good: stock that is announced here and not received yet.
                assert source is Site.ON_HAND, event
                assert self.pieces[_lane(event, Site.EXPECTED)] >= missing, event
                return False
            self.pieces[key] -= event["quantity"]
        if destination is not None:
            self.pieces[_lane(event, destination)] += event["quantity"]
        return True

    def _check_place(self, party: int, event: dict[str, Any], code: int) -> None:
        kind, site = KIND_BY_CODE[code & ~REVERSAL], event.get("site", 0)
        if event["kind"] == "DECLARE":
            assert site == OWNER
            assert event["line"] not in self.declared
            self.declared[event["line"]] = event["quantity"]
        elif "line" in event:
            assert event["line"] in self.declared
        assert ("lot" in event) == (kind.scope > Scope.OPEN), event
        if kind.scope in (Scope.SITE, Scope.BOOK_SITE):
            assert site in OPERATORS
        elif kind.scope in (Scope.HOME, Scope.BOOK):
            assert site == 0
        relations = {"is_owner": party == OWNER, "is_operator": OPERATORS.get(site) == party}
        assert may_sign(kind.signers, roles=ROLES[party], is_admitted=party in ADMITTED, **relations), event

    def _use(self, event: dict[str, Any], code: int, target: tuple[int, str]) -> None:
        self.left[target] -= event["quantity"]
        assert self.left[target] >= 0, event
        named = self.events[target]
        if code & REVERSAL and "target_id" in named:
            origin = named.get("target_party", target[0]), named["target_id"]
            self.left[origin] += event["quantity"]
            if named["kind"] == "REFUND":
                self.refundable[origin] += named["money"]["refund_minor"]
        if event["kind"] == "REFUND":
            assert event["money"]["currency"] == named["money"]["currency"]
            self.refundable[target] -= event["money"]["refund_minor"]
            assert self.refundable[target] >= 0, event


def _place(event: dict[str, Any]) -> str:
    return event.get("line") or event["lot"]


def _lane(event: dict[str, Any], lane: Home | Site) -> tuple[str, int, str]:
    return event["line"], 0 if isinstance(lane, Home) else event["site"], lane.name


def _time(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["event_time"])


@pytest.fixture
def replay() -> Replay:
    return Replay()


@pytest.fixture(scope="session")
def line_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
