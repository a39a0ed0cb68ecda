"""A claim that cannot be run again: it keeps standing, and is not tried all the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from service.flow import correct
from service.flow.claim_ports import LIVE, ClaimRow
from service.flow.issue import IssueError

CLAIM = ClaimRow(bytes(32), "exchange-collection", 1, 7, 1, LIVE, {}, (), {}, False, None, 0)


class Claims:
    """A store with one claim that something has followed on."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str | None]] = []

    def stale_claims(self) -> list[ClaimRow]:
        return [CLAIM]

    def pending_txs(self) -> list[Any]:
        return []

    def find_claim(self, claim_id: bytes) -> ClaimRow | None:
        return CLAIM

    def set_claim_state(self, claim_id: bytes, state: str, failure: str | None) -> None:
        self.states.append((state, failure))

    @contextmanager
    def open(self) -> Iterator["Claims"]:
        yield self


def test_a_claim_that_cannot_be_run_again_keeps_standing_and_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(*arguments: Any) -> int:
        tried.append(arguments)
        raise IssueError("LeftOut", "something is left out")

    monkeypatch.setattr(correct, "_correct", refuse)
    claims = Claims()
    desk: Any = SimpleNamespace(outbox=SimpleNamespace(store=SimpleNamespace(view=claims.open, claims=claims.open)))
    retry_at: dict[bytes, float] = {}
    for _ in range(3):
        assert correct.correct_claims(desk, lambda kind: frozenset, retry_at) == 0
    assert (len(tried), claims.states) == (1, [(LIVE, "something is left out")])
    retry_at[CLAIM.claim_id] = 0
    correct.correct_claims(desk, lambda kind: frozenset, retry_at)
    assert len(tried) == 2
