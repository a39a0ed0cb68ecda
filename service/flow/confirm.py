"""confirm: read what the chain recorded, check it against our own tree, and take it over.

The chain's order is the truth: segments, runs, tree and registry come from its logs alone, whoever sent them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.core.chain import Block, Recorded, RegistryChange
from service.flow.ports import Log, LogStore, Run, Segment
from verifier.merkle import Frontier
from verifier.record import EMPTY_HEAD, RECORD_BYTES, leaf_hash, next_head, to_entry

MAX_BLOCKS = 500
"""Blocks read in one step."""


class LogMismatchError(Exception):
    """The chain's tree head is not the one over its own records: the node lies, or this code is wrong."""


class ReadingChain(Protocol):
    """The part of the chain that confirming needs."""

    def block(self, number: int | str = "latest") -> Block | None: ...
    def recorded(self, first_block: int, last_block: int) -> Iterator[Recorded]: ...


@dataclass(slots=True)
class Taken:
    """What was read in one step, ready to be saved."""

    size: int
    leaves: list[bytes] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    records: list[bytes] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    changes: list[tuple[Run, RegistryChange]] = field(default_factory=list)


def confirm_blocks(store: LogStore, chain: ReadingChain, confirmations: int) -> int:
    """Take over the logs of the blocks that have enough confirmations; the number of new leaves. Safe to repeat."""
    newest = chain.block("latest")
    assert newest is not None
    with store.view() as log:
        first, before = log.scanned_block() + 1, log.scanned_hash()
        last = min(newest.number - confirmations, first + MAX_BLOCKS - 1)
        if last < first:
            return 0
        # Hashes are read before logs: should the chain change between the two, reconciling notices.
        block = newest if last == newest.number else chain.block(last)
        next_block = block if first == last else chain.block(first)
        if block is None or next_block is None or before not in (None, next_block.parent):
            return 0  # the chain has changed behind what was read: reconciling walks back first
        taken = read_recorded(log, chain, list(chain.recorded(first, last)))
    with store.log() as log:
        if log.scanned_block() != first - 1 or log.tree_size() != taken.size:
            return 0  # another worker was faster
        if taken.segments:
            log.append_leaves(taken.size, taken.leaves)
            log.save_segments(taken.segments, taken.records, taken.runs)
            log.save_changes(taken.changes)
        log.set_scanned_block(last, block.hash)
    return len(taken.leaves)


def read_recorded(log: Log, chain: ReadingChain, logs: Sequence[Recorded]) -> Taken:
    """Rebuild leaves, history heads and tree head from the logs, and compare the head with what the chain stored."""
    frontier = load_frontier(log)
    taken = Taken(frontier.size)
    runs: dict[int, Run] = {}
    times: dict[int, int] = {}
    for recorded in logs:
        if recorded.first_leaf != frontier.size:
            raise LogMismatchError(f"expected leaf {frontier.size} next, the chain recorded {recorded.first_leaf}")
        if recorded.block_number not in times:
            block = chain.block(recorded.block_number)
            times[recorded.block_number] = 0 if block is None else block.time
        records = recorded.records
        slices = [records[i : i + RECORD_BYTES] for i in range(0, len(records), RECORD_BYTES)]
        leaves = [leaf_hash(to_entry(record, recorded.party)) for record in slices]
        frontier.extend(leaves)
        if frontier.root() != recorded.root:
            raise LogMismatchError(f"the tree head at {frontier.size} leaves is not the chain's")
        new_runs = _runs(log, runs, slices, leaves, recorded.first_leaf)
        if recorded.change is not None:
            taken.changes.append((new_runs[-1], recorded.change))
        taken.runs += new_runs
        taken.leaves += leaves
        taken.records.append(records)
        taken.segments.append(
            Segment(
                recorded.first_leaf,
                len(slices),
                recorded.party,
                recorded.root,
                recorded.tx_hash,
                recorded.block_number,
                recorded.block_hash,
                times[recorded.block_number],
            )
        )
    return taken


def load_frontier(log: Log) -> Frontier:
    """The right edge of the tree that is stored."""
    size = log.tree_size()
    peaks, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(log.tree_node(level, start >> level))
            start += 1 << level
    return Frontier(size, peaks)


def _runs(
    log: Log, newest: dict[int, Run], records: Sequence[bytes], leaves: Sequence[bytes], first_leaf: int
) -> list[Run]:
    """The runs of one batch: records of one lot side by side take consecutive positions of its history."""
    starts = [i for i in range(len(records)) if i == 0 or records[i][:8] != records[i - 1][:8]]
    lots = [int.from_bytes(records[start][:8], "big") for start in starts]
    newest.update(log.last_runs(lot for lot in lots if lot not in newest))
    runs = []
    for lot, start, end in zip(lots, starts, [*starts[1:], len(records)], strict=True):
        before = newest.get(lot)
        head = EMPTY_HEAD if before is None else before.head
        for leaf in leaves[start:end]:
            head = next_head(head, leaf)
        run = Run(lot, 0 if before is None else before.length, end - start, first_leaf + start, head)
        newest[lot] = run
        runs.append(run)
    return runs
