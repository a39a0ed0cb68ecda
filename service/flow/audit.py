"""audit: read the whole log from the node, compute everything anew, and believe nothing that the store concluded.

 1  chain        the contract runs the pinned code, and the chain has the last block that the store has read
 2  leaves       the logs of all blocks follow one another, and their records make the tree head that each names; the
                 store's segments, tiles and runs say the same
 3  tree         the contract holds that tree head at the newest block
 4  checkpoints  what witnesses cosigned, and what the auditor kept, is a part of this tree
 5  lots         the contract's history heads and accounts are those of the records; every leaf is a stored event or
                 registry entry with its digest; every lot replays, targets and all (``flow/audit_lot.py``)

Bounded memory: the logs of a few blocks and the events of one lot at a time; entries lie in a temporary file. What
grows is a head for each lot, and two numbers for each run. Everything is of one block: should the chain change
meanwhile, the answer is that it could not be checked.

What it cannot see without a checkpoint from elsewhere: a chain and a store that were rewritten together and agree.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from service.core.chain import Block, Recorded
from service.flow.audit_lot import check_lot
from service.flow.audit_ports import AuditChain, AuditRead, AuditStore, Head
from service.flow.audit_report import AuditReport
from service.flow.entry_file import EntryFile
from service.flow.ports import Run, Segment
from verifier.checkpoint import Checkpoint
from verifier.contract import expected_code
from verifier.eip712 import Domain
from verifier.merkle import Frontier, tree_head
from verifier.record import EMPTY_HEAD, RECORD_BYTES, leaf_hash, next_head, to_entry

MAX_BLOCKS = 200
"""Blocks whose logs are read at once."""
_TILE_BITS = 8

Progress = Callable[[str, int, int], None]


class ChangedError(Exception):
    """The chain changed while it was read: nothing can be said, and the audit is to be repeated."""


@dataclass(slots=True)
class _History:
    """Head and length of a lot or book, and where its leaves lie: first leaf and count of each run, in turn."""

    head: bytes = EMPTY_HEAD
    length: int = 0
    runs: "array[int]" = field(default_factory=lambda: array("Q"))


class Audit:
    """One audit of one log. ``kept`` are checkpoints of it that come from elsewhere."""

    def __init__(
        self, domain: Domain, first_block: int, store: AuditStore, chain: AuditChain, kept: Sequence[Checkpoint] = ()
    ) -> None:
        self._domain, self._first_block, self._store, self._chain = domain, first_block, store, chain
        self._kept = [_to_head(checkpoint) for checkpoint in kept]
        self._frontier = Frontier()
        self._histories: dict[int, _History] = {}

    def run(self, progress: Progress = lambda step, done, total: None) -> AuditReport:
        """The findings. Raises ChangedError, and what the chain raises if it does not answer."""
        newest = self._chain.block("latest")
        assert newest is not None
        report = AuditReport(newest.number, newest.hash)
        if self._check_chain(report, newest):
            with EntryFile() as entries:
                self._read_leaves(report, newest, entries, progress)
                self._check_tree(report, newest)
                self._check_lots(report, newest, entries, progress)
        now = self._chain.block(newest.number)
        if now is None or now.hash != newest.hash:
            raise ChangedError("the chain changed while it was read: repeat the audit")
        return report

    # -- 1 chain

    def _check_chain(self, report: AuditReport, newest: Block) -> bool:
        with self._store.audit() as read:
            number, block_hash = read.scanned()
        found = self._chain.block(number)
        if block_hash is not None and (found is None or found.hash != block_hash):
            report.find("chain", f"the chain no longer has block {number}, the last that the service has read")
        if self._chain.code(newest.number) == expected_code(self._domain):
            return True
        report.find("contract", "the contract does not run the pinned code of this log")
        return False

    # -- 2 leaves

    def _read_leaves(self, report: AuditReport, newest: Block, entries: EntryFile, progress: Progress) -> None:
        total = newest.number - self._first_block + 1
        for first in range(self._first_block, newest.number + 1, MAX_BLOCKS):
            last = min(first + MAX_BLOCKS - 1, newest.number)
            logs = list(self._chain.recorded(first, last))
            with self._store.audit() as read:
                stored = read.tree_size()
                for recorded in logs:
                    if recorded.first_leaf != self._frontier.size:
                        expected = self._frontier.size
                        report.find("chain", f"leaf {recorded.first_leaf} is recorded where leaf {expected} is due")
                        return
                    self._take(report, read, recorded, stored, entries)
            progress("reading the log", last - self._first_block + 1, total)
        report.leaves = self._frontier.size

    def _take(self, report: AuditReport, read: AuditRead, recorded: Recorded, stored: int, entries: EntryFile) -> None:
        """One log: its leaves, its runs, and what the store and witnesses say of them."""
        first, records = recorded.first_leaf, recorded.records
        found = [to_entry(records[i : i + RECORD_BYTES], recorded.party) for i in range(0, len(records), RECORD_BYTES)]
        leaves = [leaf_hash(entry) for entry in found]
        self._frontier.extend(leaves)
        end, root = self._frontier.size, self._frontier.root()
        if root != recorded.root:
            report.find("chain", f"the records up to leaf {end} do not make the tree head that the chain names")
        entries.append(found)
        runs = list(self._runs(first, found, leaves))
        if end <= stored:
            self._check_stored(report, read, recorded, leaves, runs)
        for head in read.cosigned(first, end):
            self._check_head(report, head, end, root)
        for head in self._kept:
            if first < head.tree_size <= end:
                self._check_head(report, head, end, root)

    def _runs(self, first: int, entries: Sequence[bytes], leaves: Sequence[bytes]) -> Iterator[Run]:
        """The runs of one log, with which the histories grow."""
        for lot, group in groupby(range(len(entries)), lambda place: int.from_bytes(entries[place][:8], "big")):
            places = list(group)
            history = self._histories.setdefault(lot, _History())
            position = history.length
            for place in places:
                history.head = next_head(history.head, leaves[place])
            history.length += len(places)
            history.runs.extend((first + places[0], len(places)))
            yield Run(lot, position, len(places), first + places[0], history.head)

    def _check_stored(
        self, report: AuditReport, read: AuditRead, recorded: Recorded, leaves: Sequence[bytes], runs: list[Run]
    ) -> None:
        first, end = recorded.first_leaf, recorded.first_leaf + len(leaves)
        block = self._chain.block(recorded.block_number)
        time = 0 if block is None else block.time
        place = (recorded.tx_hash, recorded.block_number, recorded.block_hash, time)
        if read.segments(first, end) != [Segment(first, len(leaves), recorded.party, recorded.root, *place)]:
            report.find("store", f"the store has another segment for the leaves {first} to {end - 1}")
        if read.runs(first, end) != runs:
            report.find("store", f"the store has other runs for the leaves {first} to {end - 1}")
        if [read.node(0, number) for number in range(first, end)] != list(leaves):
            report.find("store", f"the store has other leaves from {first} to {end - 1}")
        for level in range(_TILE_BITS, end.bit_length(), _TILE_BITS):  # full tiles, and what stands for them above
            for number in range(first >> level, end >> level):
                below = range(number << _TILE_BITS, (number + 1) << _TILE_BITS)
                hashes = [read.node(level - _TILE_BITS, child) or b"" for child in below]
                if read.node(level, number) != tree_head(hashes):
                    report.find("store", f"the store has another tree above the leaves {first} to {end - 1}")

    # -- 3 tree, 4 checkpoints

    def _check_tree(self, report: AuditReport, newest: Block) -> None:
        size, root = self._frontier.size, self._frontier.root()
        if self._chain.tree_head(newest.number) != (size, root):
            report.find("contract", f"the contract holds another tree head than the {size} leaves come to")
        with self._store.audit() as read:
            stored, beyond = read.tree_size(), read.cosigned(size, 2**62)
        if stored > size:
            report.find("chain", f"the store has read {stored} leaves, the chain has {size}")
        for head in [*beyond, *(one for one in self._kept if one.tree_size > size)]:
            report.find("checkpoint", f"{head.by} is of a tree of {head.tree_size} leaves, the chain has {size}")

    def _check_head(self, report: AuditReport, head: Head, size: int, root: bytes) -> None:
        """A head that lies within the log that ends at ``size``: it must be of its end."""
        report.checkpoints += 1
        if (head.tree_size, head.root) != (size, root):
            report.find("checkpoint", f"{head.by} is of another tree of {head.tree_size} leaves than the chain has")
            return
        block = self._chain.block(head.block_number)
        if block is None or block.hash != head.block_hash:
            gone = f"the chain no longer has block {head.block_number} as {head.by} names it"
            if head in self._kept:
                report.find("checkpoint", gone)
            else:  # the embedded chain loses blocks in a power cut, and the same records come again
                report.notes.append(f"{gone}; its records are all there")

    # -- 5 lots

    def _check_lots(self, report: AuditReport, newest: Block, entries: EntryFile, progress: Progress) -> None:
        report.lots = len(self._histories)
        for done, (lot, history) in enumerate(self._histories.items(), 1):
            found = self._chain.history(lot, newest.number)
            with self._store.audit() as read:
                places = zip(history.runs[::2], history.runs[1::2], strict=True)
                check_lot(report, lot, entries.of(places), read, self._chain, newest.number)
            if found != (history.head, history.length):
                report.find("contract", f"the contract holds another history of {lot:016x} than the records come to")
            progress("checking lots and books", done, report.lots)


def _to_head(checkpoint: Checkpoint) -> Head:
    place = (checkpoint.block_number, checkpoint.block_hash)
    return Head("the checkpoint that you gave", checkpoint.tree_size, checkpoint.root, *place)
