"""A chain node that takes connections and never answers: an outage within seconds, and nothing is lost."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.chain import rpc
from service.chain.errors import ChainUnavailableError
from service.chain.ledger import ChainLedger
from service.runtime import Runtime
from tests.service.api.caller import Api, problem_of
from tests.service.claims.trade import LINES, claim, trade
from tests.service.market import EXPORTER


@contextmanager
def a_hanging_node() -> Iterator[str]:
    """Connections wait in its queue for good."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_no_caller_waits_longer_than_ten_seconds() -> None:
    attempts = rpc._RETRY.retries
    assert attempts <= 2
    assert attempts * rpc.CONNECT_SECONDS + rpc.READ_SECONDS <= 10


def test_a_node_that_hangs_is_an_outage_and_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "READ_SECONDS", 0.5)
    with a_hanging_node() as url:
        ledger, started = ChainLedger(url, b"\1" * 20), time.monotonic()
        for ask in (ledger.chain_id, ledger.domain, ledger.tree_head):
            with pytest.raises(ChainUnavailableError):
                ask()
        assert time.monotonic() - started < 3


@pytest.mark.chain
def test_claims_are_answered_though_the_node_hangs(trading: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/claims/{claim(trading, *trade(100_00)).json()['claim_id']}"
    monkeypatch.setattr(rpc, "READ_SECONDS", 0.5)
    headers, body = trading.headers(EXPORTER), orjson.dumps({"kind": "exchange-collection", "lines": LINES})
    with a_hanging_node() as url:
        runtime = Runtime(trading.house.settings.model_copy(update={"rpc_url": url}))
        runtime.__dict__["keyring"] = trading.house.runtime.keyring
        with TestClient(create_app(runtime)) as client:
            asked = {
                "NotReady": [("GET", "/readyz", b"")],
                "ChainUnavailable": [
                    ("DELETE", path, b""),
                    ("GET", path, b""),
                    ("POST", "/v1/claims", body),
                    ("POST", "/v1/claims/preview", body),
                ],
            }
            for code, requests in asked.items():
                for method, place, content in requests:
                    started = time.monotonic()
                    answer = client.request(method, place, headers=headers, content=content)
                    assert problem_of(answer, 503)["code"] == code, place
                    assert time.monotonic() - started < 3, place
        runtime.engine.dispose()
    assert trading.get(EXPORTER, path).json()["state"] == "live"
