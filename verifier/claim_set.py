"""The set of a claim: which positions and pieces of which lots, and which ranges of books (docs/formats.md §6).

``fold`` is what contracts/ClaimSets.sol computes; ``lot_sets`` brings positions into their one canonical form. A set of
another form can be issued on chain, but a credential does not match its hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verifier.eip712 import uint
from verifier.errors import MalformedError
from verifier.keccak import keccak256

CHUNK_WORDS = 256
"""A LotSet lies within words 256·n … 256·n + 255 of a lot: 65,536 positions."""
_WORD_BITS = 256
_MAX_32 = (1 << 32) - 1
EMPTY_SET = bytes(32)
"""The hash of a set without parts."""


@dataclass(frozen=True, slots=True)
class LotSet:
    """Positions of a lot: bit i of ``words[j]`` is position 256·(first_word + j) + i of its history."""

    lot: int
    pieces: int
    first_word: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BookRange:
    """The positions ``start`` ≤ position < ``end`` of a book."""

    book: int
    start: int
    end: int


def lot_sets(positions_by_lot: Mapping[int, Iterable[int]], pieces_by_lot: Mapping[int, int]) -> list[LotSet]:
    """The canonical LotSets: ascending, cut at every 256th word, without words of zero in front or behind.

    The pieces of a lot stand in its first LotSet. MalformedError for a position that is twice there or out of range,
    and for a lot with pieces and no position.
    """
    stray = sorted(pieces_by_lot.keys() - positions_by_lot.keys())
    if stray:
        raise MalformedError(f"lot {stray[0]:016x} has pieces but no position")
    found = []
    for lot in sorted(positions_by_lot):
        pieces = pieces_by_lot.get(lot, 0)
        if not 0 <= pieces <= _MAX_32:
            raise MalformedError(f"lot {lot:016x} has {pieces} pieces")
        for first_word, words in _chunks(lot, positions_by_lot[lot]):
            found.append(LotSet(lot, pieces, first_word, words))
            pieces = 0
    return found


def fold(previous: bytes, sets: Iterable[LotSet], books: Iterable[BookRange] = ()) -> bytes:
    """The set hash after these parts; ``previous`` is that before them, ``EMPTY_SET`` for a new claim."""
    for part in sets:
        words = b"".join(uint(word) for word in part.words)
        head = uint(part.lot) + uint(part.pieces) + uint(part.first_word)
        previous = keccak256(previous + head + uint(5 * 32) + uint(len(part.words)) + words)
    for book in books:
        previous = keccak256(previous + uint(book.book) + uint(book.start) + uint(book.end))
    return previous


def set_hash(sets: Iterable[LotSet], books: Iterable[BookRange]) -> bytes:
    """The hash of a claim's first version. Books ascend as lots do."""
    return fold(EMPTY_SET, sets, sorted(books, key=lambda book: book.book))


def _chunks(lot: int, positions: Iterable[int]) -> list[tuple[int, tuple[int, ...]]]:
    bits_by_word: dict[int, int] = {}
    for position in positions:
        bit = 1 << position % _WORD_BITS
        word = bits_by_word.get(position // _WORD_BITS, 0)
        if not 0 <= position <= _MAX_32 or word & bit:
            raise MalformedError(f"position {position} of lot {lot:016x} is out of range or there twice")
        bits_by_word[position // _WORD_BITS] = word | bit
    if not bits_by_word:
        raise MalformedError(f"lot {lot:016x} has no position")
    chunks = []
    for chunk in sorted({index // CHUNK_WORDS for index in bits_by_word}):
        indices = [index for index in bits_by_word if index // CHUNK_WORDS == chunk]
        span = range(min(indices), max(indices) + 1)
        chunks.append((span.start, tuple(bits_by_word.get(index, 0) for index in span)))
    return chunks
