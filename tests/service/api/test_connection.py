"""What arrives over a real socket and is hardly HTTP: silence, heads without end, lengths that lie."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from service.api import connection
from service.app import create_app
from service.launcher import free_port
from tests.service.api.caller import Api
from tests.service.market import WEST_COAST

Talk = Callable[..., bytes]


@pytest.fixture(scope="module")
def port(anchored: Api) -> Iterator[int]:
    """A server as `cangsu serve` runs it."""
    number = free_port()
    app = create_app(anchored.house.runtime)
    server = uvicorn.Server(
        uvicorn.Config(app, port=number, http=connection.Connection, server_header=False, log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join()


def talk(port: int, sent: bytes, *, is_over: bool = False) -> bytes:
    """What comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as line:
        line.sendall(sent)
        if is_over:
            line.shutdown(socket.SHUT_WR)
        parts = []
        while part := line.recv(65_536):
            parts.append(part)
        return b"".join(parts)


def request(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]).encode("latin-1")


def test_who_says_nothing_is_hung_up_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    assert talk(port, b"") == b""
    assert talk(port, b"GET /healthz HTTP/1.1\r\nHost:") == b""


def test_who_asks_again_is_not(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.4)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        for _ in range(6):
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):  # head and body may come one after the other
                answer += line.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.2)


def test_a_head_without_end_is_cut_off(port: int) -> None:
    sent = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: "
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(sent)
        line.sendall(b"a" * 65_000)
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(5)
        line.sendall(b"a" * 5_000)
        assert line.recv(65_536).startswith(b"HTTP/1.1 400")


def test_nobody_is_told_which_server_it_is(port: int) -> None:
    assert b"\r\nserver:" not in talk(port, request("GET /healthz")).lower()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH"])
def test_other_methods_are_refused(port: int, method: str) -> None:
    target = "x:443" if method == "CONNECT" else "/v1/lots"
    assert talk(port, request(f"{method} {target}"))[9:12] in (b"400", b"404", b"405")


@pytest.mark.parametrize(
    "line",
    [
        "GET /v1/events/%00",
        "GET /v1/events/a%0d%0aSet-Cookie:x=1",
        "GET /v1/events/%ff%fe",
        "GET /v1/events/..%2f..%2fetc%2fpasswd",
        "GET /v1/events/a%2Fb%2fproof/proof",
        "GET /v1/events/" + "a" * 30_000,
        "GET /v1/lots?limit=" + "9" * 5_000,
        "GET /v1/lots?first=%00&limit=%F0%9F%98%80",
        "GET /v1/lots/223320260001234567/1?part_no=-1",
        "GET /v1/lots/%EF%BC%91%EF%BC%9223320260001234567/1",
        "GET //v1//lots",
    ],
)
def test_a_strange_path_gets_an_answer_that_is_no_fault(port: int, anchored: Api, line: str) -> None:
    key = f"Authorization: Bearer {anchored.house.api_keys[WEST_COAST]}"
    answer = talk(port, request(line, key))
    assert answer[9:12] in (b"200", b"404", b"422"), answer
    assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]


def test_a_key_that_is_no_text_is_a_key_that_is_not_in_force(port: int) -> None:
    for key in ("Bearer \xff\xfe", "Bearer " + "k" * 30_000, "Bearer", "Basic x", ""):
        assert talk(port, request("GET /v1/lots", f"Authorization: {key}"))[9:12] == b"401"


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999", "5, 6", "0x10"])
def test_a_length_that_is_none_is_refused(port: int, anchored: Api, length: str) -> None:
    key = f"Authorization: Bearer {anchored.house.api_keys[WEST_COAST]}"
    answer = talk(port, request("POST /v1/events", key, f"Content-Length: {length}") + b"[]")
    assert answer[9:12] in (b"400", b"413")


def test_a_length_beside_chunks_is_refused(port: int, anchored: Api) -> None:
    key = f"Authorization: Bearer {anchored.house.api_keys[WEST_COAST]}"
    sent = request("POST /v1/events", key, "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n"
    assert talk(port, sent)[9:12] == b"400"


def test_chunks_are_read_as_they_come(port: int, anchored: Api) -> None:
    key = f"Authorization: Bearer {anchored.house.api_keys[WEST_COAST]}"
    sent = request("POST /v1/events", key, "Transfer-Encoding: chunked") + b"1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    answer = talk(port, sent)
    assert answer[9:12] == b"422"
    assert b"expected 1 to 5000 events" in answer


def test_a_body_that_ends_early_takes_nothing_in(port: int, anchored: Api) -> None:
    before = anchored.house.counts()
    key = f"Authorization: Bearer {anchored.house.api_keys[WEST_COAST]}"
    talk(port, request("POST /v1/events", key, "Content-Length: 100") + b"[", is_over=True)
    assert anchored.house.counts() == before
