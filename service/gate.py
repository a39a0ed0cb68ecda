"""The gate in front of a development chain: JSON-RPC of the methods on a list, and of nothing else.

A development node does whatever it is asked: overwrite storage, set the clock, send from anyone's account. Through the
gate it can be read, and sent transactions that somebody has signed. What is refused is logged by its method; parameters
never are. The gate says what may be asked, not who may ask: readers are let in, or not, by whoever runs the network.

A call is passed on as it was understood here, member by member, never as the bytes that came: two readers of one JSON
text may find two different methods in it.
"""

import argparse
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from verifier.canonical import check_depth
from verifier.errors import MalformedError

log = logging.getLogger("cangsu.gate")

METHODS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_sendRawTransaction",
        "eth_syncing",
        "net_version",
        "web3_clientVersion",
    }
)
MAX_BODY_BYTES = 2 * 2**20
"""A transaction of 128 KiB, the most that nodes take, is 256 KiB of hex."""
MAX_CALLS = 50
"""Calls in one request."""
MAX_REQUESTS = 200
"""Requests under way at once."""
TIMEOUT = httpx.Timeout(60, connect=2)
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INTERNAL_ERROR = -32700, -32600, -32601, -32603
_SHOWN_CHARACTERS = 64


def create_gate(node_url: str) -> Starlette:
    """The application, in front of one node."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        async with httpx.AsyncClient(base_url=node_url, timeout=TIMEOUT, headers=headers) as node:
            app.state.node = node
            yield

    return Starlette(routes=[Route("/", _answer, methods=["POST"])], lifespan=lifespan)


async def _answer(request: Request) -> Response:
    # A page in somebody's browser can post text to any address, but JSON only with the leave that is not given here.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _error(415, None, INVALID_REQUEST, "expected Content-Type: application/json")
    body = await _read(request)
    if body is None:
        return _error(413, None, INVALID_REQUEST, f"expected at most {MAX_BODY_BYTES} bytes")
    try:
        text = body.decode()
        check_depth(text)
        asked = json.loads(text)
    except (ValueError, MalformedError):
        return _error(200, None, PARSE_ERROR, "expected JSON")
    if not isinstance(asked, list):
        refusal = _refusal(asked)
        return JSONResponse(refusal) if refusal else await _pass_on(request, _understood(asked))
    if not 0 < len(asked) <= MAX_CALLS:
        return _error(200, None, INVALID_REQUEST, f"expected 1 to {MAX_CALLS} calls, got {len(asked)}")
    refusals = [refusal for refusal in map(_refusal, asked) if refusal]
    if len(refusals) == len(asked):
        return JSONResponse(refusals)
    allowed = [_understood(call) for call in asked if _is_allowed(call)]
    return await _pass_on(request, allowed, refusals)


async def _read(request: Request) -> bytes | None:
    """The body; None if it is too long."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _is_allowed(call: Any) -> bool:
    return _refusal(call, is_logged=False) is None


def _refusal(call: Any, *, is_logged: bool = True) -> dict[str, Any] | None:
    """The error that a call gets here; None if it may go on."""
    if not isinstance(call, dict):
        return _fault(None, INVALID_REQUEST, "expected an object")
    call_id, method = call.get("id"), call.get("method")
    if isinstance(call_id, bool) or not isinstance(call_id, int | str):
        return _fault(None, INVALID_REQUEST, "expected an id, a number or a string")
    if not isinstance(method, str) or not isinstance(call.get("params", []), list | dict):
        return _fault(call_id, INVALID_REQUEST, "expected a method and its params")
    if method in METHODS:
        return None
    if is_logged:
        log.warning("refused %r", method[:_SHOWN_CHARACTERS])
    return _fault(call_id, METHOD_NOT_FOUND, "the method is not on the list of this gate")


def _understood(call: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call["id"], "method": call["method"], "params": call.get("params", [])}


async def _pass_on(request: Request, calls: Any, refusals: list[dict[str, Any]] | None = None) -> Response:
    """The node's answer, handed through piece by piece: logs of many blocks are large."""
    node: httpx.AsyncClient = request.app.state.node
    try:
        asked = node.build_request("POST", "/", content=json.dumps(calls).encode())
        answer = await node.send(asked, stream=not refusals)
        if refusals:
            return JSONResponse([*answer.json(), *refusals])
    except (httpx.HTTPError, ValueError) as error:
        log.warning("the node does not answer: %s", type(error).__name__)
        call_id = calls["id"] if isinstance(calls, dict) else None
        return _error(502, call_id, INTERNAL_ERROR, "the chain node does not answer")
    return StreamingResponse(
        answer.aiter_raw(), answer.status_code, media_type="application/json", background=BackgroundTask(answer.aclose)
    )


def _fault(call_id: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": code, "message": message}}


def _error(status: int, call_id: Any, code: int, message: str) -> JSONResponse:
    return JSONResponse(_fault(call_id, code, message), status)


def main() -> None:
    """Serve the gate on this machine alone."""
    parser = argparse.ArgumentParser(prog="python -m service.gate", description="A list of methods for a node.")
    parser.add_argument("port", type=int, help="port of 127.0.0.1 to listen on")
    parser.add_argument("node", help="address of the node")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        create_gate(options.node),
        port=options.port,
        log_level="warning",
        access_log=False,
        ws="none",
        server_header=False,
        limit_concurrency=MAX_REQUESTS,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
