"""The node: outages, other chains, other code. A node that cannot answer makes nothing invalid."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.verifier.anvil import running_anvil
from tests.verifier.credential_factory import CredentialFactory, Issued
from tests.verifier.world import EXPORTER, GATEWAY, World
from verifier.chain import Node, NodeView
from verifier.contract import expected_code
from verifier.eip712 import Domain
from verifier.errors import UnavailableError
from verifier.report import Answer

Answerer = Callable[[str, list[Any]], bytes]


@contextmanager
def node_that_answers(answer: Answerer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = answer(asked["method"], asked["params"])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def relay(factory: CredentialFactory, **lies: Callable[[list[Any], Any], Any]) -> Answerer:
    """The genuine node, but for what it says to some methods."""

    def answer(method: str, parameters: list[Any]) -> bytes:
        result = factory.node._call(method, *parameters)
        lie = lies.get(method)
        return json.dumps({"jsonrpc": "2.0", "id": 1, "result": lie(parameters, result) if lie else result}).encode()

    return answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"missing trie node"}}',
        b'{"result":7}',
        b'{"result":"0x"}',
        b'{"result":{}}',
        b'{"result":[[[[]]]]}',
        b"[" * 100_000,
    ],
)
def test_a_node_that_answers_nonsense_cannot_tell(factory: CredentialFactory, small: Issued, body: bytes) -> None:
    with node_that_answers(lambda method, parameters: body) as url:
        assert factory.judge(small, NodeView(Node(url))).answer is Answer.CANNOT_TELL


def set_member(name: str, value: Any) -> Callable[[list[Any], Any], Any]:
    return lambda _, result: result | {name: value}


@pytest.mark.parametrize(
    ("lies", "answer"),
    [
        pytest.param({"eth_chainId": lambda _, result: "0x1"}, Answer.CANNOT_TELL, id="another chain id"),
        pytest.param({"eth_getBlockByNumber": lambda _, result: None}, Answer.CANNOT_TELL, id="no such block yet"),
        pytest.param({"eth_getBlockByNumber": set_member("hash", "0x" + "ab" * 32)}, Answer.INVALID, id="a fork"),
        pytest.param({"eth_getBlockByNumber": set_member("timestamp", "0x1")}, Answer.INVALID, id="another time"),
        pytest.param({"eth_getCode": lambda _, result: "0x"}, Answer.INVALID, id="no code at that block"),
        pytest.param({"eth_getCode": lambda _, result: result[:-2] + "00"}, Answer.INVALID, id="other code"),
        pytest.param({"eth_call": lambda _, result: "0x" + "00" * 64}, Answer.INVALID, id="another tree head"),
        pytest.param({"eth_call": lambda _, result: result[:-2]}, Answer.CANNOT_TELL, id="cut short"),
        pytest.param(
            {
                "eth_getBlockByNumber": set_member("hash", "0x" + "ab" * 32),
                "eth_getCode": lambda _, result: "0x",
            },
            Answer.CANNOT_TELL,
            id="another chain of the same id",
        ),
    ],
)
def test_what_the_node_says_decides(
    factory: CredentialFactory, small: Issued, lies: dict[str, Any], answer: Answer
) -> None:
    with node_that_answers(relay(factory, **lies)) as url:
        assert factory.judge(small, NodeView(Node(url))).answer is answer


def test_a_fresh_development_chain_is_another_chain(factory: CredentialFactory, small: Issued) -> None:
    with running_anvil() as url:
        assert factory.judge(small, NodeView(Node(url))).answer is Answer.CANNOT_TELL


def test_the_same_contract_with_another_log_is_another_log(factory: CredentialFactory, small: Issued) -> None:
    """Two development chains: same chain id, same contract address, other log id."""
    with running_anvil() as url:
        other = World(url)
        while other.web3.eth.block_number < small.payload["anchor"]["block_number"]:
            other.set_party(9, 1)  # type: ignore[arg-type]
        assert other.domain.contract == factory.world.domain.contract
        assert factory.judge(small, NodeView(Node(url))).answer is Answer.CANNOT_TELL


def test_a_node_that_forgot_old_states_is_helped_by_the_state_proof(
    factory: CredentialFactory, small: Issued, small_lot: int
) -> None:
    forgetful = relay(factory, eth_call=lambda _, result: None, eth_getCode=lambda _, result: None)
    proven = factory.issue(small_lot, with_state_proof=True)
    with node_that_answers(forgetful) as url:
        assert factory.judge(proven, NodeView(Node(url))).answer is Answer.VALID
        assert factory.judge(small, NodeView(Node(url))).answer is Answer.CANNOT_TELL


def test_code_with_another_domain_separator_is_refused(factory: CredentialFactory, world: World, small: Issued) -> None:
    """Deployed to replay the signatures of a log, in an order of the deployer's choice."""
    domain = world.domain
    other = Domain(domain.chain_id + 1, domain.contract, domain.log_id)
    forged = expected_code(domain).replace(domain.separator(), other.separator())
    assert forged != expected_code(domain)
    with node_that_answers(relay(factory, eth_getCode=lambda _, result: "0x" + forged.hex())) as url:
        assert factory.judge(small, NodeView(Node(url))).answer is Answer.INVALID


def test_a_node_is_reached_over_http_only() -> None:
    for url in ("file:///etc/passwd", "ftp://node", "node:8545"):
        with pytest.raises(ValueError):
            Node(url)


def test_a_slow_node_is_an_outage() -> None:
    def wait(method: str, parameters: list[Any]) -> bytes:
        asked.wait(2)
        return b"{}"

    asked = threading.Event()
    with node_that_answers(wait) as url:
        with pytest.raises(UnavailableError):
            Node(url, timeout_seconds=0.1).chain_id()
        asked.set()


def test_reads_agree_with_the_contract(factory: CredentialFactory, world: World, story_lot: int) -> None:
    contract = world.domain.contract
    functions = world.contract.functions
    assert factory.node.tree_head(contract, "latest") == tuple(functions.treeHead().call())
    assert factory.node.log_id(contract, "latest") == world.domain.log_id
    found = factory.node.history(contract, story_lot, "latest")
    assert [found.head, found.length] == functions.history(story_lot).call()[:2]
    assert factory.node.account_word(contract, story_lot, 7, "latest") == functions.accountWord(story_lot, 7).call()


def test_the_mirror_of_the_tests_is_the_log(factory: CredentialFactory, world: World) -> None:
    assert factory.node.tree_head(world.domain.contract, "latest") == (len(world.leaves), world.root())


def test_threads_share_a_view_and_each_reads_the_block_that_it_verified(
    factory: CredentialFactory, world: World
) -> None:
    """A service verifies in many threads at once; the history of one block must not answer for another."""
    view = NodeView(factory.node)
    lot, document = world.number_line("223320260001239876", 3)
    declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 5}
    world.record(GATEWAY, declare | {"groups": {"document": document}})
    old = factory.anchor([])
    view.verify_anchor(old)
    world.record(GATEWAY, {"kind": "DEPART", "lot": lot, "quantity": 5})
    new = factory.anchor([])

    def read_the_new_one() -> int:
        view.verify_anchor(new)
        return view.history(new, lot).length

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read_the_new_one).result() == 2
    assert view.history(old, lot).length == 1
