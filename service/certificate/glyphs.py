"""Which characters a TrueType font can draw, read from its character map (OpenType, table ``cmap``, format 4 or 12).

PDF/A forbids a character without a glyph, so one name in Thai or one emoji would make the whole certificate fail. What
a font cannot draw, and control characters, which could reorder a line, are printed as the geta mark 〓 (U+3013), as
printers do for a missing type.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MISSING = "〓"
_UNICODE = ((3, 10), (0, 4), (3, 1), (0, 3))
"""(platform, encoding) of Unicode maps, the fullest first."""


def read_characters(font: Path) -> frozenset[int]:
    """The code points that a font has a glyph for. ValueError unless it is a font with a Unicode map we can read."""
    data = font.read_bytes()
    try:
        return frozenset(_characters(data, _find_map(data, font.name), font.name))
    except struct.error as error:
        raise ValueError(f"{font.name} is cut off") from error


def printable(value: Any, characters: frozenset[int]) -> Any:
    """Plain data with every text in it reduced to what can be printed."""
    match value:
        case str():
            return "".join(c if c.isprintable() and ord(c) in characters else MISSING for c in value)
        case list():
            return [printable(item, characters) for item in value]
        case dict():
            return {name: printable(item, characters) for name, item in value.items()}
    return value


def _find_map(data: bytes, name: str) -> int:
    """Where the best Unicode map begins."""
    tables = struct.unpack_from(">H", data, 4)[0]
    for number in range(tables):
        tag, _, start, _ = struct.unpack_from(">4sIII", data, 12 + 16 * number)
        if tag == b"cmap":
            count = struct.unpack_from(">H", data, start + 2)[0]
            records = [struct.unpack_from(">HHI", data, start + 4 + 8 * record) for record in range(count)]
            offsets = {(platform, encoding): offset for platform, encoding, offset in records}
            for wanted in _UNICODE:
                if wanted in offsets:
                    return int(start + offsets[wanted])
    raise ValueError(f"{name} has no Unicode character map")


def _characters(data: bytes, start: int, name: str) -> Iterator[int]:
    form = struct.unpack_from(">H", data, start)[0]
    if form == 12:
        groups = struct.unpack_from(">I", data, start + 12)[0]
        for group in range(groups):
            first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * group)
            yield from range(first + (not glyph), last + 1)
    elif form == 4:
        yield from _segments(data, start)
    else:
        raise ValueError(f"{name} has a character map of format {form}, expected 4 or 12")


def _segments(data: bytes, start: int) -> Iterator[int]:
    count = struct.unpack_from(">H", data, start + 6)[0] // 2
    columns = [start + 14, start + 16 + 2 * count, start + 16 + 4 * count, start + 16 + 6 * count]
    for segment in range(count):
        last, first, delta, offset = (struct.unpack_from(">H", data, column + 2 * segment)[0] for column in columns)
        for character in range(first, last + 1):
            glyph = character
            if offset:
                place = columns[3] + 2 * segment + offset + 2 * (character - first)
                glyph = struct.unpack_from(">H", data, place)[0]
                if not glyph:
                    continue
            if (glyph + delta) & 0xFFFF:
                yield character
