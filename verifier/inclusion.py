"""Where one leaf lies in the tree: the proof that the API gives of an event (docs/api.md).

A credential holds many leaves and one proof of them all instead (``verifier.multiproof``).
"""

from dataclasses import dataclass
from typing import Any

from verifier.canonical import to_base64url
from verifier.errors import MalformedError
from verifier.merkle import verify_inclusion
from verifier.shapes import base64url_bytes, integer, items

_MAX_PATH = 64


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
        hashes = tuple(base64url_bytes(item, "a path hash", 32) for item in path)
        return cls(integer(value["leaf_index"], "leaf_index"), hashes)

    def to_json(self) -> dict[str, Any]:
        """The two members."""
        return {"leaf_index": self.leaf_index, "path": [to_base64url(item) for item in self.path]}

    def verify(self, leaf: bytes, tree_size: int, root: bytes) -> None:
        """InvalidError unless the path leads from the leaf to the root."""
        verify_inclusion(leaf, self.leaf_index, tree_size, self.path, root)
