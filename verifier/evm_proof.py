"""What an EVM chain held at one block, read from the block's hash alone (EIP-1186).

A block hash commits to the header, the header to the state trie, that to the account of a contract, and the account to
its code and to its storage trie. A *state proof* is the header and the trie nodes on the way; nodes are found by their
hash, so it carries neither order nor repetition. RLP is read strictly: one encoding for each value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from verifier.canonical import to_base64url
from verifier.errors import InvalidError, MalformedError, UnavailableError
from verifier.keccak import keccak256
from verifier.shapes import base64url_bytes, items, members

Item = bytes | list["Item"]
"""A decoded RLP item."""

_MAX_DEPTH = 4  # a trie node holds embedded nodes, a header none
_STATE_ROOT, _NUMBER, _TIMESTAMP = 3, 8, 11  # places in the header of every fork (Yellow Paper §4.3)


@dataclass(frozen=True, slots=True)
class StateProof:
    """The RLP of a block header, and trie nodes in any order."""

    header: bytes
    nodes: tuple[bytes, ...]

    @classmethod
    def from_json(cls, value: Any) -> "StateProof":
        """Read ``{header, nodes}``."""
        found = members(value, "state_proof", ("header", "nodes"))
        nodes = tuple(base64url_bytes(node, "a trie node") for node in items(found["nodes"], "nodes"))
        return cls(base64url_bytes(found["header"], "header"), nodes)

    def to_json(self) -> dict[str, Any]:
        """``{header, nodes}``."""
        return {"header": to_base64url(self.header), "nodes": [to_base64url(node) for node in self.nodes]}


@dataclass(frozen=True, slots=True)
class Header:
    """What is needed of a block header. ``timestamp`` in unix seconds."""

    state_root: bytes
    number: int
    timestamp: int

    @classmethod
    def from_rlp(cls, data: bytes) -> "Header":
        """Read a header; MalformedError if it is none."""
        match rlp_decode(data):
            case list(fields) if len(fields) > _TIMESTAMP:
                return cls(_word(fields[_STATE_ROOT]), _number(fields[_NUMBER]), _number(fields[_TIMESTAMP]))
        raise MalformedError("not a block header")


@dataclass(frozen=True, slots=True)
class Account:
    """What is needed of an account."""

    storage_root: bytes
    code_hash: bytes


class Trie:
    """Merkle-Patricia tries, as far as the given nodes reach into them."""

    def __init__(self, nodes: Iterable[bytes]) -> None:
        self._node_by_hash = {keccak256(node): node for node in nodes}

    def account(self, state_root: bytes, address: bytes) -> Account:
        """The account at an address; InvalidError if there is none, UnavailableError if the nodes do not reach it."""
        match rlp_decode(self._value(state_root, address)):
            case [_, _, storage_root, code_hash]:
                return Account(_word(storage_root), _word(code_hash))
        raise MalformedError("not an account")

    def storage(self, storage_root: bytes, slot: int) -> int:
        """The word in a storage slot that is not zero; errors as of ``account``."""
        return _number(rlp_decode(self._value(storage_root, slot.to_bytes(32, "big"))))

    def _value(self, root: bytes, key: bytes) -> bytes:
        nibbles = keccak256(key).hex()
        node = self._find(root)
        while True:
            match node:
                case [bytes(packed), rest]:
                    prefix, is_leaf = _unpack(packed)
                    if not nibbles.startswith(prefix) or (is_leaf and nibbles != prefix):
                        raise InvalidError("the state has nothing there")
                    if is_leaf:
                        return _bytes(rest)
                    nibbles = nibbles[len(prefix) :]
                    following = rest
                case list(children) if len(children) == 17 and nibbles:
                    following = children[int(nibbles[0], 16)]
                    nibbles = nibbles[1:]
                case _:
                    raise MalformedError("not a trie node")
            if following == b"":
                raise InvalidError("the state has nothing there")
            node = following if isinstance(following, list) else self._find(_word(following))

    def _find(self, node_hash: bytes) -> Item:
        node = self._node_by_hash.get(node_hash)
        if node is None:
            raise UnavailableError("the state proof lacks a trie node")
        return rlp_decode(node)


def rlp_decode(data: bytes) -> Item:
    """The one item that ``data`` encodes; MalformedError if it is not its shortest encoding, or bytes are left over."""
    item, end = _decode(data, 0, 0)
    if end != len(data):
        raise MalformedError("bytes behind an RLP item")
    return item


def rlp_encode(item: Item) -> bytes:
    """The RLP of bytes, or of a list of items."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(0x80, len(item)) + item
    body = b"".join(rlp_encode(part) for part in item)
    return _prefix(0xC0, len(body)) + body


def _prefix(base: int, length: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size


def _decode(data: bytes, start: int, depth: int) -> tuple[Item, int]:
    if start >= len(data) or depth > _MAX_DEPTH:
        raise MalformedError("RLP ends early or is nested too deep")
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    is_list = first >= 0xC0
    body, end = _span(data, start, first - (0xC0 if is_list else 0x80))
    if not is_list:
        if end - body == 1 and data[body] < 0x80:
            raise MalformedError("RLP that is not the shortest")
        return data[body:end], end
    parts: list[Item] = []
    while body < end:
        part, body = _decode(data, body, depth + 1)
        parts.append(part)
    if body != end:
        raise MalformedError("an RLP item reaches over its list")
    return parts, end


def _span(data: bytes, start: int, code: int) -> tuple[int, int]:
    """Begin and end of a body whose length is ``code``, or stands in the ``code`` − 55 bytes that follow."""
    body = start + 1
    length = code
    if code > 55:
        body += code - 55
        length = int.from_bytes(data[start + 1 : body], "big")
        if length < 56 or data[start + 1] == 0:
            raise MalformedError("RLP that is not the shortest")
    if body + length > len(data):
        raise MalformedError("RLP ends early")
    return body, body + length


def _unpack(packed: bytes) -> tuple[str, bool]:
    """The nibbles of a hex-prefixed path and whether it ends in a leaf (Yellow Paper appendix C)."""
    digits = packed.hex()
    if not digits or digits[0] not in "0123" or (digits[0] in "02" and digits[1] != "0"):
        raise MalformedError("not a trie path")
    is_leaf, is_odd = digits[0] in "23", digits[0] in "13"
    return digits[1 if is_odd else 2 :], is_leaf


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise MalformedError("a list where bytes were expected")
    return item


def _word(item: Item) -> bytes:
    if len(data := _bytes(item)) != 32:
        raise MalformedError("expected 32 bytes")
    return data


def _number(item: Item) -> int:
    data = _bytes(item)
    if len(data) > 32 or data[:1] == b"\x00":
        raise MalformedError("not an RLP integer")
    return int.from_bytes(data, "big")
