"""The tree, kept as tiles of 256 hashes (C2SP tlog-tiles): level 0 holds leaves, level n the roots of full tiles below.

A node of the tree is at most one tile and 255 hashes away, whatever the size of the tree.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from service.store import schema
from service.store.database import upsert_rows
from verifier.merkle import node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT


def subtree(hashes: bytes) -> bytes:
    """The root over 32-byte hashes, a power of two of them."""
    level = [hashes[i : i + 32] for i in range(0, len(hashes), 32)]
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


class Tiles:
    """Reads and writes tiles in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, number: int) -> bytes:
        """The root of the perfect subtree ``number`` of 2^level leaves."""
        tile_level, height = divmod(level, HEIGHT)
        first = number << height
        tile = self._tile(tile_level, first // WIDTH)
        start = first % WIDTH * 32
        return subtree(tile[start : start + (32 << height)])

    def append(self, size: int, leaves: Sequence[bytes]) -> None:
        """Put leaves behind the first ``size``."""
        changed: dict[tuple[int, int], bytes] = {}
        hashes, level, first = list(leaves), 0, size
        while hashes:
            above: list[bytes] = []
            number, offset = divmod(first, WIDTH)
            start = 0
            while start < len(hashes):
                part = hashes[start : start + WIDTH - offset]
                before = self._tile(level, number)[: offset * 32] if offset else b""
                changed[level, number] = tile = before + b"".join(part)
                if len(tile) == WIDTH * 32:
                    above.append(subtree(tile))
                start += len(part)
                number, offset = number + 1, 0
            hashes, level, first = above, level + 1, first // WIDTH
        rows = [(level, number, tile) for (level, number), tile in changed.items()]
        upsert_rows(self._connection, "tile", ("level", "number"), ("hashes",), rows)
        self._read.update(changed)

    def _tile(self, level: int, number: int) -> bytes:
        found = self._read.get((level, number))
        if found is None:
            query = select(schema.tile.c.hashes).where(schema.tile.c.level == level, schema.tile.c.number == number)
            found = self._read[level, number] = bytes(self._connection.execute(query).scalar_one())
        return found
