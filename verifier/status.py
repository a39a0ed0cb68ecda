"""A Token Status List (draft-ietf-oauth-status-list): a credential's place in one, and how a list is packed.

A list is an array of values of 1, 2, 4 or 8 bits, the first in the lowest bits of the first byte, compressed with zlib.
What signs a list and who may is said in ``verifier.status_list``.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from verifier.canonical import to_base64url
from verifier.errors import InvalidError, MalformedError
from verifier.shapes import base64url_bytes, integer, members, string

MAX_INDEX = (1 << 24) - 1
"""A list of 2^24 places of two bits has 4 MiB before it is compressed."""
MAX_LIST_BYTES = 4 << 20
"""A list that unpacks to more is refused unread: zlib makes a thousand bytes of one."""
BITS = 2
"""How wide the values are that we publish; lists of 1, 4 and 8 are read too."""


class Status(IntEnum):
    """What a place says (§7.1 of the draft)."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


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


@dataclass(frozen=True, slots=True)
class StatusList:
    """The values of a list, packed. ``bits`` is 1, 2, 4 or 8."""

    bits: int
    packed: bytes

    @classmethod
    def of(cls, statuses: Iterable[tuple[int, int]], bits: int = BITS) -> "StatusList":
        """A list of (place, value); a place that is not named is invalid, so that a gap vouches for nothing."""
        value_by_place = dict(statuses)
        per_byte = 8 // bits
        packed = bytearray(max(value_by_place, default=-1) // per_byte + 1)
        for place in range(len(packed) * per_byte):
            value = value_by_place.get(place, Status.INVALID)
            packed[place // per_byte] |= value << place % per_byte * bits
        return cls(bits, bytes(packed))

    @classmethod
    def from_json(cls, value: Any) -> "StatusList":
        """Read the member ``status_list``: ``{bits, lst}``; never unpacks more than ``MAX_LIST_BYTES``."""
        found = members(value, "status_list", ("bits", "lst"), ("aggregation_uri",))
        if type(found["bits"]) is not int or found["bits"] not in (1, 2, 4, 8):
            raise MalformedError("bits is not 1, 2, 4 or 8")
        return cls(found["bits"], _unpack(base64url_bytes(found["lst"], "lst")))

    def to_json(self) -> dict[str, Any]:
        """The member ``status_list``."""
        return {"bits": self.bits, "lst": to_base64url(zlib.compress(self.packed, 9))}

    def value(self, index: int) -> int:
        """The value at a place; InvalidError if the list ends before it."""
        per_byte = 8 // self.bits
        if index // per_byte >= len(self.packed):
            raise InvalidError(f"place {index} is behind the end of the list, which has {len(self.packed) * per_byte}")
        return self.packed[index // per_byte] >> index % per_byte * self.bits & (1 << self.bits) - 1


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(data, MAX_LIST_BYTES + 1)
    except zlib.error as error:
        raise MalformedError("lst is not compressed with zlib") from error
    if len(packed) > MAX_LIST_BYTES:
        raise MalformedError(f"lst unpacks to more than {MAX_LIST_BYTES} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedError("lst ends early, or something follows it")
    return packed
