"""Steps 4, 5 and 7: what a credential says becomes leaves; they are in the tree, and none was left out."""

from dataclasses import dataclass
from itertools import pairwise

from verifier.books import Book, attester, to_record
from verifier.errors import InvalidError
from verifier.event import check_clear, event_digest
from verifier.multiproof import verify_multiproof
from verifier.payload import Event, Payload
from verifier.record import Word, history_head, leaf_hash, lot_to_hex, registry_book, to_entry
from verifier.view import ChainView


@dataclass(frozen=True, slots=True)
class Chain:
    """The leaves of one lot or book, oldest first, and where they lie in the tree."""

    lot: int
    leaves: tuple[bytes, ...]
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leaves:
    """All that a credential rests on. ``words`` are those of its events, ``histories`` of its lots and books."""

    words: tuple[Word, ...]
    histories: tuple[Chain, ...]
    registry: tuple[Chain, ...]

    def chains(self) -> tuple[Chain, ...]:
        """Every history and every registry book."""
        return (*self.histories, *self.registry)

    def count(self) -> int:
        """The number of leaves."""
        return sum(len(chain.leaves) for chain in self.chains())


def build_leaves(payload: Payload) -> Leaves:
    """Step 4. Words and records are built from the clear parts, never read, so that the two cannot disagree."""
    words: list[Word] = []
    histories = []
    for history in payload.histories:
        found = [check_clear(event.clear) for event in history.events]
        leaves = tuple(_event_leaf(word, event) for word, event in zip(found, history.events, strict=True))
        histories.append(Chain(history.lot, leaves, tuple(event.leaf_index for event in history.events)))
        words += found
    return Leaves(tuple(words), tuple(histories), tuple(_book_chain(book) for book in payload.registry))


def verify_inclusion(leaves: Leaves, payload: Payload) -> None:
    """Step 5. In each history the leaves stand in the order of the tree, each once; one proof holds for them all."""
    placed: list[tuple[int, bytes]] = []
    for chain in leaves.chains():
        _verify_order(chain)
        placed += zip(chain.indices, chain.leaves, strict=True)
    verify_multiproof(placed, payload.anchor.tree_size, payload.proof, payload.anchor.root)


def verify_completeness(leaves: Leaves, payload: Payload, view: ChainView) -> None:
    """Step 7. The head and the length of each history are the contract's at the anchor's block."""
    for chain in leaves.chains():
        on_chain = view.history(payload.anchor, chain.lot)
        if on_chain.length != len(chain.leaves):
            raise InvalidError(
                f"{lot_to_hex(chain.lot)} has {on_chain.length} leaves on chain, {len(chain.leaves)} are shown"
            )
        if on_chain.head != history_head(chain.leaves):
            raise InvalidError(f"{lot_to_hex(chain.lot)} has another history on chain")


def _event_leaf(word: Word, event: Event) -> bytes:
    record = word.to_bytes() + event_digest(event.clear, list(event.digests))
    return leaf_hash(to_entry(record, event.attester))


def _book_chain(book: Book) -> Chain:
    leaves = tuple(leaf_hash(to_entry(to_record(book.party, entry), attester(entry))) for entry in book.entries)
    return Chain(registry_book(book.party), leaves, tuple(entry.leaf_index for entry in book.entries))


def _verify_order(chain: Chain) -> None:
    for earlier, later in pairwise(chain.indices):
        if earlier >= later:
            raise InvalidError(f"the leaves of {lot_to_hex(chain.lot)} are not in the order of the tree")
