"""Where a leaf lies in the tree, as events and registry entries of a credential carry it (docs/formats.md §6)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verifier.canonical import to_base64url
from verifier.errors import MalformedError
from verifier.merkle import verify_inclusion
from verifier.shapes import base64url_bytes, integer, items

MEMBERS = ("leaf_index", "path")
_MAX_PATH = 64
_REMEMBERED = 1 << 12
"""Neighbours in the tree share all but the lowest hashes of their paths: each is read and written once for them all."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The index of a leaf and its audit path, lowest sibling first."""

    leaf_index: int
    path: tuple[bytes, ...]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Inclusion":
        """Read the members ``leaf_index`` and ``path`` of an object."""
        path = items(value["path"], "path")
        if len(path) > _MAX_PATH:
            raise MalformedError(f"a path has at most {_MAX_PATH} hashes")
        return cls(integer(value["leaf_index"], "leaf_index"), tuple(map(_read_hash, path)))

    def to_json(self) -> dict[str, Any]:
        """The two members."""
        return {"leaf_index": self.leaf_index, "path": list(map(_write_hash, self.path))}

    def verify(self, leaf: bytes, tree_size: int, root: bytes) -> None:
        """InvalidError unless the path leads from the leaf to the root."""
        verify_inclusion(leaf, self.leaf_index, tree_size, self.path, root)


def _read_hash(item: Any) -> bytes:
    return _read_text(item) if isinstance(item, str) else base64url_bytes(item, "a path hash", 32)


@lru_cache(_REMEMBERED)
def _read_text(item: str) -> bytes:
    return base64url_bytes(item, "a path hash", 32)


@lru_cache(_REMEMBERED)
def _write_hash(item: bytes) -> str:
    return to_base64url(item)
