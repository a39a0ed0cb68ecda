"""Where a credential's status stands: a place in a Token Status List (draft-ietf-oauth-status-list)."""

from dataclasses import dataclass
from typing import Any

from verifier.shapes import integer, members, string

MAX_INDEX = (1 << 24) - 1
"""A list of 2^24 places of two bits has 4 MiB before it is compressed."""


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """``index`` in the list at ``uri``."""

    index: int
    uri: str

    @classmethod
    def from_json(cls, value: Any) -> "StatusPlace":
        """Read the member ``status``: ``{status_list: {idx, uri}}``."""
        found = members(members(value, "status", ("status_list",))["status_list"], "status_list", ("idx", "uri"))
        return cls(integer(found["idx"], "idx", MAX_INDEX), string(found["uri"], "uri"))

    def to_json(self) -> dict[str, Any]:
        """The member ``status``."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}
