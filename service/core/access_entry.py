"""One entry of the access log, and what a day commits to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.core.times import utc_text
from verifier.access_log import START, next_head, owner_leaf
from verifier.merkle import inclusion_path, tree_head


@dataclass(frozen=True, slots=True)
class Read:
    """That a reader was shown something of an owner. ``resource`` is an id, empty for a list."""

    owner: int
    reader: int
    credential: str
    kind: str
    resource: str
    verb: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A read in its place in the owner's chain. ``at`` in unix seconds."""

    owner: int
    seq: int
    at: int
    reader: int
    credential: str
    kind: str
    resource: str
    verb: str

    def to_json(self) -> dict[str, Any]:
        """The members that are chained (``verifier.access_log``)."""
        return {
            "seq": self.seq,
            "at": utc_text(self.at),
            "reader": self.reader,
            "credential": self.credential,
            "owner": self.owner,
            "kind": self.kind,
            "id": self.resource,
            "verb": self.verb,
        }


@dataclass(frozen=True, slots=True)
class Leaf:
    """The chain of an owner when a day was closed."""

    owner: int
    length: int
    head: bytes


def chain_reads(reads: Iterable[Read], heads: Mapping[int, tuple[int, bytes]], now: int) -> list[tuple[Entry, bytes]]:
    """Reads as entries at the ends of their owners' chains, each with the head after it."""
    ends = dict(heads)
    found = []
    for read in reads:
        seq, head = ends.get(read.owner, (0, START))
        entry = Entry(read.owner, seq, now, read.reader, read.credential, read.kind, read.resource, read.verb)
        head = next_head(head, entry.to_json())
        ends[read.owner] = seq + 1, head
        found.append((entry, head))
    return found


def day_root(leaves: Sequence[Leaf]) -> bytes:
    """The root that a day commits to; ``leaves`` by owner."""
    return tree_head(owner_leaf(leaf.owner, leaf.length, leaf.head) for leaf in leaves)


def day_path(leaves: Sequence[Leaf], owner: int) -> tuple[int, list[bytes]]:
    """Index and path of an owner in a day's tree."""
    hashes = [owner_leaf(leaf.owner, leaf.length, leaf.head) for leaf in leaves]
    index = [leaf.owner for leaf in leaves].index(owner)
    width = len(hashes)
    return index, inclusion_path(index, width, lambda level, number: tree_head(_slice(hashes, level, number)))


def _slice(hashes: Sequence[bytes], level: int, number: int) -> Sequence[bytes]:
    return hashes[number << level : (number + 1) << level]
