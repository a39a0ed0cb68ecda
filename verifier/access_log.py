"""The access log of one owner: who has read its data (docs/formats.md §10), and the check of what was handed out.

1. The entries are chained: the head after an entry is SHA-256(head before ‖ RFC 8785 of the entry). Whoever holds all
   entries and a head knows that none was left out or altered.
2. Once a Beijing day the chains of all owners are the leaves of one RFC 9162 tree, by owner number. Its root stands in
   the document group of an ACCESS_LOG event, a note on the book of the party that runs the service.
3. That event is a leaf of the log on chain, like any other. Which tree head is the chain's is not checked here: compare
   what ``verify`` gives with a checkpoint or a node of your own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.canonical import canonical_bytes
from verifier.errors import InvalidError, MalformedError
from verifier.event import GROUPS, check_clear, disclosure_digest, event_digest, parse_disclosure
from verifier.inclusion import Inclusion
from verifier.merkle import verify_inclusion
from verifier.record import MAX_PARTY, leaf_hash, to_entry
from verifier.shapes import base64url_bytes, hex_bytes, integer, items, members, string, to_hex

START = bytes(32)
"""The head of a chain without entries."""
KIND = "ACCESS_LOG"
ENTRY = ("seq", "at", "reader", "credential", "owner", "kind", "id", "verb")
_FILE = ("owner", "length", "head", "first", "start_head", "entries", "anchors")
_ANCHOR = ("day", "length", "head", "index", "owners", "path", "root", "party", "event_id", "proof")
_PROOF = ("event", "disclosure", "leaf_index", "path", "tree_size", "root", "block_number", "block_hash")


def next_head(head: bytes, entry: Mapping[str, Any]) -> bytes:
    """The head after one more entry."""
    return hashlib.sha256(head + canonical_bytes(dict(entry))).digest()


def owner_leaf(owner: int, length: int, head: bytes) -> bytes:
    """The leaf of an owner in a day's tree: SHA-256(0x00 ‖ owner, 4 bytes ‖ length, 8 bytes ‖ head)."""
    return leaf_hash(owner.to_bytes(4, "big") + length.to_bytes(8, "big") + head)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A tree head of the log that an anchored day was proven under."""

    day: str
    length: int
    tree_size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds of a file: entries ``first`` to ``last`` (excluded) of an owner's log, and the days that are proven.

    ``is_whole`` says that these are all entries that the service says there are.
    """

    owner: int
    first: int
    last: int
    is_whole: bool
    tree_heads: tuple[TreeHead, ...]
    unproven_days: tuple[str, ...]

    @property
    def anchored(self) -> int:
        """How many entries, from the first, are under a day on chain."""
        return max((head.length for head in self.tree_heads), default=0)


def verify_file(value: Any) -> Verified:
    """Check a log as ``GET /v1/access-log`` gives it. Raises MalformedError or InvalidError."""
    log = members(value, "the access log", _FILE)
    owner = integer(log["owner"], "owner", MAX_PARTY, 1)
    first = integer(log["first"], "first")
    heads = _chain(owner, first, hex_bytes(log["start_head"], "start_head", 32), items(log["entries"], "entries"))
    last = first + len(heads) - 1
    length = integer(log["length"], "length")
    if first == 0 and heads[0] != START:
        raise InvalidError("the chain does not begin at its beginning")
    if last > length or (last == length and heads[-1] != hex_bytes(log["head"], "head", 32)):
        raise InvalidError("the entries do not lead to the head of the log")
    found: list[TreeHead] = []
    unproven: list[str] = []
    for anchor in items(log["anchors"], "anchors"):
        proven = _verify_anchor(owner, first, heads, anchor)
        found += [proven] if proven is not None else []
        unproven += [anchor["day"]] if proven is None else []
    return Verified(owner, first, last, first == 0 and last == length, tuple(found), tuple(unproven))


def _chain(owner: int, first: int, head: bytes, entries: Sequence[Any]) -> list[bytes]:
    """The head before each entry, and that after the last."""
    heads = [head]
    for seq, item in enumerate(entries, first):
        entry = members(item, f"entry {seq}", ENTRY)
        if (entry["seq"], entry["owner"]) != (seq, owner):
            raise InvalidError(f"entry {seq} is another entry, or of another owner")
        heads.append(next_head(heads[-1], entry))
    return heads


def _verify_anchor(owner: int, first: int, heads: Sequence[bytes], value: Any) -> TreeHead | None:
    """A day: its head is the chain's, its path leads to the root, its event names the root and is in the log."""
    anchor = members(value, "an anchor", _ANCHOR)
    day, length = string(anchor["day"], "day"), integer(anchor["length"], "length")
    head, root = hex_bytes(anchor["head"], "head", 32), base64url_bytes(anchor["root"], "root", 32)
    owners = integer(anchor["owners"], "owners", minimum=1)
    path = [base64url_bytes(item, "a path hash", 32) for item in items(anchor["path"], "path")]
    if not first <= length < first + len(heads):
        raise InvalidError(f"{day} is about entries that are not in this file")
    if heads[length - first] != head:
        raise InvalidError(f"{day} is anchored with another chain")
    verify_inclusion(owner_leaf(owner, length, head), integer(anchor["index"], "index"), owners, path, root)
    if anchor["proof"] is None:
        return None
    proof = members(anchor["proof"], "proof", _PROOF)
    _verify_note(anchor, proof)
    tree_size, tree_root = integer(proof["tree_size"], "tree_size"), base64url_bytes(proof["root"], "root", 32)
    clear, digests = _split(proof["event"])
    record = check_clear(clear).to_bytes() + event_digest(clear, digests)
    leaf = leaf_hash(to_entry(record, integer(anchor["party"], "party", MAX_PARTY, 1)))
    Inclusion.from_json(proof).verify(leaf, tree_size, tree_root)
    return TreeHead(day, length, tree_size, tree_root)


def _verify_note(anchor: dict[str, Any], proof: dict[str, Any]) -> None:
    """The event is the ACCESS_LOG of that day, and its document group names day, root and number of owners."""
    clear, digests = _split(proof["event"])
    if (clear.get("kind"), clear.get("event_id")) != (KIND, anchor["event_id"]):
        raise InvalidError(f"{anchor['day']} is not anchored by an {KIND} event of that id")
    disclosure = proof["disclosure"]
    if not isinstance(disclosure, str) or disclosure_digest(disclosure) != digests[GROUPS.index("document")]:
        raise InvalidError(f"the document of {anchor['day']} is not the one that was sealed")
    _, document = parse_disclosure(disclosure)
    expected = {"access_day": anchor["day"], "access_root": anchor["root"], "access_owners": anchor["owners"]}
    if document != expected:
        raise InvalidError(f"the event of {anchor['day']} names another day, root or number of owners")


def _split(event: Any) -> tuple[dict[str, Any], list[str]]:
    if not isinstance(event, dict) or len(items(event.get("_sd"), "_sd")) != len(GROUPS):
        raise MalformedError(f"an event has {len(GROUPS)} digests in _sd")
    return {name: value for name, value in event.items() if name != "_sd"}, event["_sd"]


def describe(verified: Verified) -> list[str]:
    """What holds, in lines for people."""
    whole = "all entries" if verified.is_whole else "a part of the entries"
    lines = [f"party {verified.owner}: entries {verified.first} to {verified.last} (excluded), {whole}; chain unbroken"]
    for head in verified.tree_heads:
        shown = f"tree of {head.tree_size} leaves with root {to_hex(head.root)}"
        lines.append(f"{head.day}: {head.length} entries under a {shown}: compare it with a checkpoint or your node")
    return lines + [f"{day}: not on chain yet" for day in verified.unproven_days]
