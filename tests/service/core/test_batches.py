"""Chunks and batches: each lot keeps its order, a batch has one sender, and it fits into a transaction."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from service.core.batches import (
    CHUNK_RECORDS,
    GAS_BUDGET,
    MAX_GAS,
    MAX_RECORDS,
    cut_chunks,
    draft_batches,
    estimate_gas,
    gas_limit,
    sort_records,
)
from verifier.kinds import CODE_BY_NAME
from verifier.record import RECORD_BYTES, Word, registry_book


@dataclass(frozen=True)
class Piece:
    """Records of one party."""

    party: int
    records: bytes
    own: object | None = None


def records_of(lots: list[int], kind: str = "SHIP") -> list[bytes]:
    """One record for each lot, numbered in its digest."""
    numbers = count()
    return [Word(lot, 1, CODE_BY_NAME[kind], 1).to_bytes() + next(numbers).to_bytes(32, "big") for lot in lots]


def split(records: bytes) -> list[bytes]:
    return [records[i : i + RECORD_BYTES] for i in range(0, len(records), RECORD_BYTES)]


LOTS = st.integers(1, 5)
RUNS = st.lists(st.tuples(st.integers(2, 4), st.lists(LOTS, min_size=1, max_size=700)), max_size=12)


@given(RUNS)
def test_batches_keep_the_order_of_every_lot_and_mix_no_parties(runs: list[tuple[int, list[int]]]) -> None:
    numbers = count()
    chunks = []
    for party, lots in runs:
        chunks.append(Piece(party, b"".join(Word(lot, 1, 15, next(numbers)).to_bytes() + bytes(32) for lot in lots)))
    drafts = draft_batches(chunks)
    order: dict[int, list[int]] = defaultdict(list)
    for draft in drafts:
        assert {chunk.party for chunk in draft.chunks} == {draft.party}
        for record in split(draft.sorted_records()):
            word = Word.from_bytes(record)
            order[word.lot].append(word.quantity)
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert sum(map(len, order.values())) == next(numbers)


@given(RUNS)
def test_every_batch_fits_into_a_transaction(runs: list[tuple[int, list[int]]]) -> None:
    chunks = [Piece(party, b"".join(records_of(lots))) for party, lots in runs]
    for draft in draft_batches(chunks):
        assert draft.count == len(draft.sorted_records()) // RECORD_BYTES <= MAX_RECORDS
        assert estimate_gas(draft.sorted_records()) <= GAS_BUDGET


def test_as_few_batches_as_the_order_allows() -> None:
    first, second, third = ([Piece(party, b"".join(records_of([lot])))] for party, lot in ((2, 1), (3, 2), (2, 3)))
    assert [draft.party for draft in draft_batches(first + second + third)] == [2, 3]


def test_a_lot_that_went_from_hand_to_hand_keeps_its_order() -> None:
    hands = [Piece(party, b"".join(records_of([7]))) for party in (2, 3, 2, 3)]
    assert [draft.party for draft in draft_batches(hands)] == [2, 3, 2, 3]


def test_nothing_changes_sides_with_an_admission() -> None:
    """Whether a platform may sign in an owner's lots hangs on a record in another history."""
    platform, other, owner = 2, 3, 4
    hands = [Piece(party, b"".join(records_of([lot]))) for party, lot in ((platform, 1), (owner, 2))]
    admission = Piece(owner, b"".join(records_of([registry_book(owner)], "ADMIT")))
    later = [Piece(party, b"".join(records_of([lot]))) for party, lot in ((platform, 5), (other, 6), (owner, 7))]
    drafts = [draft.chunks for draft in draft_batches([*hands, admission, *later])]
    assert drafts == [[hands[0]], [hands[1]], [admission, later[2]], [later[0]], [later[1]]]


def test_a_full_batch_begins_the_next() -> None:
    full = [Piece(2, b"".join(records_of([1] * 1000))) for _ in range(3)]
    assert [draft.count for draft in draft_batches(full)] == [2000, 1000]


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=2_500), st.sampled_from(("SHIP", "ASN", "DECLARE")))
def test_chunks_keep_the_order_and_fit_into_a_batch(lots: list[int], kind: str) -> None:
    records = records_of(lots, kind)
    chunks = cut_chunks(records)
    assert [record for chunk in chunks for record in chunk] == records
    for chunk in chunks:
        assert 0 < len(chunk) <= CHUNK_RECORDS
        assert estimate_gas(b"".join(chunk)) <= GAS_BUDGET


@given(st.lists(LOTS, max_size=60))
def test_sorting_keeps_the_order_inside_a_lot(lots: list[int]) -> None:
    records = records_of(lots)
    by_lot = {lot: [record for record in records if Word.from_bytes(record).lot == lot] for lot in set(lots)}
    assert split(sort_records(b"".join(records))) == [record for lot in sorted(by_lot) for record in by_lot[lot]]


def test_books_sort_behind_lots() -> None:
    book, lot = records_of([registry_book(2)])[0], records_of([5])[0]
    assert split(sort_records(book + lot)) == [lot, book]


def test_no_transaction_asks_for_more_gas_than_one_may_use() -> None:
    assert gas_limit(b"".join(records_of(list(range(1, 2049)), "DECLARE"))) == MAX_GAS


def test_no_chunk_gives_no_batch() -> None:
    assert draft_batches([]) == []
