"""A node of the verifier's choice, asked over JSON-RPC with nothing but the standard library.

Every failure to get an answer is an UnavailableError: an outage is never called a forgery. What the node *says* is
believed, which is why the verifier chooses it.
"""

import json
import threading
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from verifier.anchor import Anchor
from verifier.canonical import check_depth
from verifier.contract import expected_code, expected_registry_code, registry_address
from verifier.eip712 import Domain, uint
from verifier.errors import InvalidError, MalformedError, UnavailableError
from verifier.keccak import keccak256
from verifier.outage import outage_text
from verifier.shapes import to_hex
from verifier.state import ProvenState, State, verify_tree_head
from verifier.view import ClaimState, History, Settlement, TankState

TIMEOUT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """What is needed of a block. ``timestamp`` in unix seconds."""

    hash: bytes
    timestamp: int


class Node:
    """JSON-RPC calls to one node. All raise UnavailableError if no usable answer comes."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("a node is reached by http:// or https://")
        self._url = url
        self._place = urlsplit(url).netloc.rpartition("@")[2]
        self._timeout_seconds = timeout_seconds

    def chain_id(self) -> int:
        """The id of the chain that the node serves."""
        return _integer(self._call("eth_chainId"))

    def find_block(self, number: int) -> Block | None:
        """A block by number; None if the node does not have it."""
        found = self._call("eth_getBlockByNumber", hex(number), False)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise UnavailableError("the node answers with something that is no block")
        return Block(_bytes(found.get("hash"), 32), _integer(found.get("timestamp")))

    def code(self, contract: bytes, block: str) -> bytes:
        """The runtime code at an address."""
        return _bytes(self._call("eth_getCode", to_hex(contract), block))

    def log_id(self, contract: bytes, block: str) -> bytes:
        """``logId()``."""
        return self._read(contract, "logId()", block, words=1)

    def tree_head(self, contract: bytes, block: str) -> tuple[int, bytes]:
        """``treeHead()``: size and root."""
        data = self._read(contract, "treeHead()", block, words=2)
        return int.from_bytes(data[:32], "big"), data[32:]

    def history(self, contract: bytes, lot: int, block: str) -> History:
        """``history(uint64)``: head and length of a lot or book."""
        data = self._read(contract, "history(uint64)", block, uint(lot), words=3)
        return History(data[:32], int.from_bytes(data[32:64], "big"))

    def account_word(self, contract: bytes, lot: int, site: int, block: str) -> int:
        """``accountWord(uint64,uint24)``: eight lanes of 32 bits."""
        data = self._read(contract, "accountWord(uint64,uint24)", block, uint(lot) + uint(site), words=1)
        return int.from_bytes(data, "big")

    def call(self, contract: bytes, function: str, arguments: bytes, block: str, *, words: int) -> list[bytes]:
        """The words that a view function of a contract answers."""
        data = self._read(contract, function, block, arguments, words=words)
        return [data[start : start + 32] for start in range(0, len(data), 32)]

    def rows(self, contract: bytes, function: str, arguments: bytes, block: str, *, words: int) -> list[list[bytes]]:
        """The elements, each of so many words, of the array that a view function of a contract answers."""
        call = {"to": to_hex(contract), "data": to_hex(keccak256(function.encode())[:4] + arguments)}
        data = _bytes(self._call("eth_call", call, block))
        size, body = 32 * words, data[64:]
        if data[:32] != uint(32) or data[32:64] != uint(len(body) // size) or len(body) % size:
            raise UnavailableError("the node answers with something that is no array")
        found = [body[start : start + 32] for start in range(0, len(body), 32)]
        return [found[first : first + words] for first in range(0, len(found), words)]

    def block_number(self) -> int:
        """The newest block."""
        return _integer(self._call("eth_blockNumber"))

    def _read(self, contract: bytes, function: str, block: str, arguments: bytes = b"", *, words: int) -> bytes:
        data = keccak256(function.encode())[:4] + arguments
        return _bytes(self._call("eth_call", {"to": to_hex(contract), "data": to_hex(data)}, block), 32 * words)

    def _call(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds) as reply:  # noqa: S310
                text = reply.read(_MAX_ANSWER_BYTES).decode()
            check_depth(text)
            answer = json.loads(text)
        except (OSError, HTTPException, ValueError, MalformedError) as error:
            raise UnavailableError(
                f"the node at {self._place} does not answer {method}: {outage_text(error)}"
            ) from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise UnavailableError(f"the node refuses {method}")
        return answer["result"]


class _NodeState:
    """The contract as a node shows it at the anchor's block."""

    def __init__(self, node: Node, anchor: Anchor) -> None:
        self._node = node
        self._contract = anchor.domain.contract
        self._block = hex(anchor.block_number)
        if node.code(self._contract, self._block) != expected_code(anchor.domain):
            raise InvalidError("the contract does not run the pinned code of this log")

    def tree_head(self) -> tuple[int, bytes]:
        return self._node.tree_head(self._contract, self._block)

    def history(self, lot: int) -> History:
        return self._node.history(self._contract, lot, self._block)


class _NodeClaims:
    """The registry of claims as a node shows it at its newest block. The log's address fixes the registry's."""

    def __init__(self, node: Node, domain: Domain) -> None:
        self.domain = domain
        self._node = node
        self._contract = registry_address(domain)
        self._block_number = node.block_number()
        self._block = hex(self._block_number)
        if node.code(self._contract, self._block) != expected_registry_code(domain):
            raise InvalidError("the registry of claims does not run the pinned code of this log")

    def claim(self, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        found = self._node.call(self._contract, "claimOf(bytes32)", claim_id, self._block, words=8)
        issuer, owner, purpose, state, is_reduced, version = (int.from_bytes(word, "big") for word in found[:6])
        tanks = {currency: self._tank(claim_id, currency) for currency in currencies}
        return ClaimState(
            self._block_number, issuer, owner, purpose, state, bool(is_reduced), version, found[6], found[7], tanks
        )

    def usage(self, purpose: int, lot: int, word: int) -> int:
        arguments = uint(purpose) + uint(lot) + uint(word)
        return self._number("usage(uint8,uint64,uint32)", arguments)

    def book_cursor(self, purpose: int, book: int) -> int:
        return self._number("bookCursor(uint8,uint64)", uint(purpose) + uint(book))

    def endorsed(self, claim_id: bytes, currency: str, bank: int) -> int:
        arguments = claim_id + currency.encode().ljust(32, b"\0") + uint(bank)
        return self._number("endorsedBy(bytes32,bytes3,uint32)", arguments)

    def adverse(self, claim_id: bytes) -> int:
        return self._number("adverseOf(bytes32)", claim_id)

    def settlements(self, claim_id: bytes) -> tuple[Settlement, ...]:
        found = self._node.rows(self._contract, "settlementsOf(bytes32)", claim_id, self._block, words=3)
        return tuple(
            Settlement(other, currency[:3].decode("latin-1"), int.from_bytes(share, "big"))
            for other, currency, share in found
        )

    def _tank(self, claim_id: bytes, currency: str) -> TankState:
        arguments = claim_id + currency.encode().ljust(32, b"\0")
        found = self._node.call(self._contract, "tankOf(bytes32,bytes3)", arguments, self._block, words=3)
        return TankState(int.from_bytes(found[0], "big"), int.from_bytes(found[1], "big"), found[2])

    def _number(self, function: str, arguments: bytes) -> int:
        return int.from_bytes(self._node.call(self._contract, function, arguments, self._block, words=1)[0], "big")


class _Seen(threading.local):
    """What one verification has opened. A service verifies in many threads at once, each at blocks of its own."""

    state: State | None = None
    claims: _NodeClaims | None = None


class NodeView:
    """The chain as a node shows it.

    Nodes forget the state of old blocks, but not their hashes: where the node no longer has the state, the state proof
    of the credential is read instead, against the hash that the node gives.
    """

    trusted = "node"
    witnesses: tuple[str, ...] = ()
    pins_log = False

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen = _Seen()

    def verify_anchor(self, anchor: Anchor) -> None:
        """See ``ChainView``: block, code and tree head."""
        self._seen.claims = None
        self._verify_block(anchor)
        try:
            state: State = _NodeState(self._node, anchor)
            verify_tree_head(state, anchor)
        except UnavailableError:
            if anchor.state_proof is None:
                raise
            state = ProvenState(anchor)
            verify_tree_head(state, anchor)
        self._seen.state = state

    def history(self, anchor: Anchor, lot: int) -> History:
        """See ``ChainView``. Only after ``verify_anchor``."""
        if self._seen.state is None:
            raise UnavailableError("the chain was not read")
        return self._seen.state.history(lot)

    def claim(self, domain: Domain, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        """See ``ChainView``: the registry of claims at the newest block."""
        return self._claims(domain).claim(claim_id, currencies)

    def usage(self, domain: Domain, purpose: int, lot: int, word: int) -> int:
        """See ``ChainView``."""
        return self._claims(domain).usage(purpose, lot, word)

    def book_cursor(self, domain: Domain, purpose: int, book: int) -> int:
        """See ``ChainView``."""
        return self._claims(domain).book_cursor(purpose, book)

    def endorsed(self, domain: Domain, claim_id: bytes, currency: str, bank: int) -> int:
        """See ``ChainView``."""
        return self._claims(domain).endorsed(claim_id, currency, bank)

    def settlements(self, domain: Domain, claim_id: bytes) -> tuple[Settlement, ...]:
        """See ``ChainView``."""
        return self._claims(domain).settlements(claim_id)

    def adverse(self, domain: Domain, claim_id: bytes) -> int:
        """See ``ChainView``."""
        return self._claims(domain).adverse(claim_id)

    def _claims(self, domain: Domain) -> "_NodeClaims":
        """The registry of claims as of the newest block, opened once."""
        if self._seen.claims is None or self._seen.claims.domain != domain:
            self._seen.claims = _NodeClaims(self._node, domain)
        return self._seen.claims

    def _verify_block(self, anchor: Anchor) -> None:
        chain_id = self._node.chain_id()
        if chain_id != anchor.domain.chain_id:
            raise UnavailableError(f"the node serves chain {chain_id}, the credential is of {anchor.domain.chain_id}")
        block = self._node.find_block(anchor.block_number)
        if block is None:
            raise UnavailableError(f"the node does not have block {anchor.block_number}")
        if block.hash != anchor.block_hash:
            self._require_log(anchor)
            raise InvalidError(f"block {anchor.block_number} of the chain is not the credential's")
        if block.timestamp != anchor.block_time:
            raise InvalidError(f"block {anchor.block_number} has another time")

    def _require_log(self, anchor: Anchor) -> None:
        """A chain that does not carry the log at all is another chain of the same id, not a contradiction."""
        contract = anchor.domain.contract
        if not self._node.code(contract, "latest") or self._node.log_id(contract, "latest") != anchor.domain.log_id:
            raise UnavailableError("the node's chain does not carry this log")


def _integer(value: Any) -> int:
    try:
        return int(value, 16)
    except (TypeError, ValueError) as error:
        raise UnavailableError("the node answers with something that is no number") from error


def _bytes(value: Any, length: int | None = None) -> bytes:
    try:
        data = bytes.fromhex(value[2:])
    except (TypeError, ValueError, KeyError) as error:
        raise UnavailableError("the node answers with something that is no hex") from error
    if length is not None and len(data) != length:
        raise UnavailableError(f"the node answers with {len(data)} bytes instead of {length}")
    return data
