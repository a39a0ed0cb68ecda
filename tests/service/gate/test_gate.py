"""The gate, in front of a real Anvil: what it lets through, and that nothing that rewrites a chain is let through."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.gate import MAX_BODY_BYTES, MAX_CALLS, METHODS, create_gate
from tests.service.anvil import Anvil

pytestmark = pytest.mark.chain

REWRITING = [
    "anvil_setStorageAt",
    "anvil_setCode",
    "anvil_setBalance",
    "anvil_setNonce",
    "anvil_impersonateAccount",
    "anvil_autoImpersonateAccount",
    "anvil_loadState",
    "anvil_dumpState",
    "anvil_reset",
    "anvil_reorg",
    "anvil_rollback",
    "anvil_mine",
    "hardhat_setStorageAt",
    "evm_mine",
    "evm_snapshot",
    "evm_revert",
    "evm_increaseTime",
    "evm_setNextBlockTimestamp",
    "debug_traceTransaction",
    "personal_unlockAccount",
    "txpool_content",
    "eth_accounts",
    "eth_sendTransaction",
    "eth_sendUnsignedTransaction",
    "eth_sign",
    "eth_signTransaction",
    "eth_signTypedData_v4",
    "eth_newFilter",
    "ETH_CALL",
    "eth_call ",
    "",
]
ACCOUNT = "0x" + "11" * 20


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    chain = Anvil(tmp_path_factory.mktemp("gate") / "state.json").start()
    yield chain
    chain.kill()


@pytest.fixture(scope="module")
def gate(anvil: Anvil) -> Iterator[TestClient]:
    with TestClient(create_gate(anvil.url)) as client:
        yield client


def a_call(method: Any, *params: Any, call_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}


def code(answer: dict[str, Any]) -> int | None:
    return answer.get("error", {}).get("code")


def test_reads_go_through(gate: TestClient, anvil: Anvil) -> None:
    anvil.mine()
    assert gate.post("/", json=a_call("eth_blockNumber")).json() == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": hex(anvil.height()),
    }
    assert gate.post("/", json=a_call("eth_getBalance", ACCOUNT, "latest", call_id="a")).json()["id"] == "a"
    proof = gate.post("/", json=a_call("eth_getProof", ACCOUNT, [], "latest")).json()
    assert proof["result"]["address"] == ACCOUNT


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_node_knows_every_method_on_the_list(gate: TestClient, method: str) -> None:
    assert code(gate.post("/", json=a_call(method)).json()) != -32601


@pytest.mark.parametrize("method", REWRITING)
def test_other_methods_are_refused(gate: TestClient, method: str) -> None:
    assert code(gate.post("/", json=a_call(method, ACCOUNT, "0x0", "0x" + "ee" * 32)).json()) == -32601


def test_a_refused_method_does_nothing_and_is_logged_without_its_parameters(
    gate: TestClient, anvil: Anvil, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "cangsu.gate"):
        gate.post("/", json=a_call("anvil_setBalance", ACCOUNT, "0x123456789"))
        gate.post("/", json=a_call("x" * 1000 + "\n", "0x123456789"))
    assert int(anvil.rpc("eth_getBalance", ACCOUNT, "latest"), 16) == 0
    assert [record.getMessage() for record in caplog.records] == ["refused 'anvil_setBalance'", f"refused '{'x' * 64}'"]
    anvil.rpc("anvil_setBalance", ACCOUNT, "0x5")  # it does work where there is no gate
    assert int(gate.post("/", json=a_call("eth_getBalance", ACCOUNT, "latest")).json()["result"], 16) == 5
    anvil.rpc("anvil_setBalance", ACCOUNT, "0x0")


def test_a_batch_is_answered_call_by_call(gate: TestClient, anvil: Anvil) -> None:
    calls = [a_call("eth_chainId", call_id=1), a_call("evm_mine", call_id=2), a_call("eth_blockNumber", call_id=3), 4]
    height = anvil.height()
    answers = gate.post("/", json=calls).json()
    found = {answer["id"]: code(answer) for answer in answers}
    assert found == {1: None, 2: -32601, 3: None, None: -32600}
    assert anvil.height() == height
    allowed = gate.post("/", json=[a_call("eth_chainId", call_id=number) for number in range(MAX_CALLS)]).json()
    assert {answer["id"] for answer in allowed} == set(range(MAX_CALLS))
    refused = gate.post("/", json=[a_call("evm_mine", call_id=number) for number in range(2)]).json()
    assert [code(answer) for answer in refused] == [-32601, -32601]


@pytest.mark.parametrize("calls", [[], [a_call("eth_chainId")] * (MAX_CALLS + 1)])
def test_batches_have_a_size(gate: TestClient, calls: list[Any]) -> None:
    assert code(gate.post("/", json=calls).json()) == -32600


@pytest.mark.parametrize(
    "body",
    [
        '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"evm_mine"}',
        '{"jsonrpc":"2.0","id":1,"method":"evm_mine","method":"eth_chainId"}',
        '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","\\u006dethod":"evm_mine"}',
    ],
)
def test_two_methods_in_one_call_are_one_for_the_node_too(gate: TestClient, anvil: Anvil, body: str) -> None:
    height = anvil.height()
    answer = gate.post("/", content=body, headers={"Content-Type": "application/json"}).json()
    assert anvil.height() == height
    assert code(answer) == -32601 or answer["result"] == hex(31337)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", -32700),
        (b"[" * 100_000, -32700),
        (b'"\xff"', -32700),
        (b"7", -32600),
        (b'{"id":1}', -32600),
        (b'{"id":null,"method":"eth_chainId"}', -32600),
        (b'{"method":"eth_chainId"}', -32600),
        (b'{"id":1,"method":["eth_chainId"]}', -32600),
        (b'{"id":1,"method":"eth_chainId","params":7}', -32600),
    ],
)
def test_what_is_no_call_is_refused(gate: TestClient, body: bytes, expected: int) -> None:
    answer = gate.post("/", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert code(answer.json()) == expected


def test_the_body_has_a_size(gate: TestClient) -> None:
    longest = json.dumps(a_call("eth_chainId")).encode().ljust(MAX_BODY_BYTES)
    headers = {"Content-Type": "application/json"}
    assert gate.post("/", content=longest, headers=headers).status_code == 200
    assert gate.post("/", content=longest + b" ", headers=headers).status_code == 413


def test_a_page_in_a_browser_gets_no_leave(gate: TestClient) -> None:
    """Without a preflight it can send text only; the gate answers no preflight, and no page may read an answer."""
    text = gate.post("/", content=json.dumps(a_call("eth_chainId")), headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    headers = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
    assert gate.options("/", headers=headers).status_code == 405
    answer = gate.post("/", json=a_call("eth_chainId"), headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_other_requests_are_refused(gate: TestClient) -> None:
    assert gate.get("/").status_code == 405
    assert gate.post("/anvil", json=a_call("eth_chainId")).status_code == 404


def test_an_outage_is_said_to_be_one() -> None:
    with TestClient(create_gate("http://127.0.0.1:1")) as client:
        answer = client.post("/", json=a_call("eth_chainId", call_id=9))
        assert (answer.status_code, answer.json()["id"], code(answer.json())) == (502, 9, -32603)
        assert client.post("/", json=[a_call("eth_chainId"), a_call("evm_mine")]).status_code == 502
