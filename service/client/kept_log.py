"""What a witness keeps of a log, in a folder: every entry that it has replayed, and the last checkpoint it cosigned.

    log.json        which log, where it is served, and its public key
    entries         52 bytes for each leaf
    checkpoint      the signed note; what lies behind its size in ``entries`` was not checked to the end and is cut off
    evidence-*.txt  notes that contradict each other

A checkpoint is written in one step, and only once the entries below it are on disk.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from verifier.checkpoint import Checkpoint, Signature, parse_note
from verifier.errors import MalformedError
from verifier.merkle import Frontier
from verifier.record import EMPTY_HEAD, ENTRY_BYTES, Word, leaf_hash, next_head
from verifier.signed_note import VerifierKey
from verifier.view import History

_READ_ENTRIES = 4_096


class KeptLogError(Exception):
    """The folder does not hold what a witness keeps."""


@dataclass(slots=True)
class Replay:
    """Tree and histories over the entries of a log, from the first on."""

    frontier: Frontier = field(default_factory=Frontier)
    histories: dict[int, History] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entries were replayed."""
        return self.frontier.size

    def root(self) -> bytes:
        """The tree head over them."""
        return self.frontier.root()

    def extend(self, entries: bytes) -> set[int]:
        """Go on by entries; the lots and books that they belong to."""
        touched: set[int] = set()
        for start in range(0, len(entries), ENTRY_BYTES):
            entry = entries[start : start + ENTRY_BYTES]
            lot, leaf = Word.from_bytes(entry).lot, leaf_hash(entry)
            before = self.histories.get(lot, History(EMPTY_HEAD, 0))
            self.frontier.append(leaf)
            self.histories[lot] = History(next_head(before.head, leaf), before.length + 1)
            touched.add(lot)
        return touched

    def copy(self) -> "Replay":
        """One that goes its own way from here."""
        return Replay(Frontier(self.frontier.size, self.frontier.peaks), dict(self.histories))


@dataclass(frozen=True, slots=True)
class Pinned:
    """The log that a witness watches: its address, its key, and the name under which it is cosigned."""

    url: str
    log_key: VerifierKey
    witness: str

    @property
    def origin(self) -> str:
        """The origin that its checkpoints must have."""
        return self.log_key.name


class KeptLog:
    """The folder of one witness for one log."""

    def __init__(self, folder: Path, pinned: Pinned) -> None:
        self.folder, self.pinned = folder, pinned
        self.replay = Replay()
        self.checkpoint: Checkpoint | None = None
        self.note = ""

    @classmethod
    def create(cls, folder: Path, pinned: Pinned) -> "KeptLog":
        """Begin to watch a log. Raises KeptLogError if the folder watches one already."""
        if (folder / "log.json").exists():
            raise KeptLogError(f"{folder} watches a log already: take another folder for another log")
        folder.mkdir(parents=True, exist_ok=True)
        content = {"url": pinned.url, "log_key": pinned.log_key.to_text(), "witness": pinned.witness}
        write_safely(folder / "log.json", json.dumps(content, indent=1).encode() + b"\n")
        return cls(folder, pinned)

    @classmethod
    def load(cls, folder: Path) -> "KeptLog":
        """Read the folder and replay what it holds. Raises KeptLogError if that is not what was cosigned."""
        try:
            content = json.loads((folder / "log.json").read_bytes())
            pinned = Pinned(content["url"], VerifierKey.from_text(content["log_key"]), content["witness"])
            kept = cls(folder, pinned)
            if kept._file("checkpoint").exists():
                kept.note = kept._file("checkpoint").read_text("utf-8")
                kept.checkpoint, _ = parse_note(kept.note)
        except (OSError, ValueError, KeyError, TypeError, MalformedError) as error:
            raise KeptLogError(f"{folder} is not the folder of a witness: {error}") from error
        kept._replay_all()
        return kept

    def at(self, sizes: Iterable[int]) -> Iterator[tuple[Replay, set[int]]]:
        """The replay at each of these sizes, which ascend up to the kept one, and what was touched since the last.

        Each is good until the next is asked for.
        """
        replay = Replay()
        with self._file("entries").open("rb") as file:
            for size in sizes:
                touched: set[int] = set()
                while replay.size < size:
                    touched |= replay.extend(file.read(ENTRY_BYTES * min(_READ_ENTRIES, size - replay.size)))
                yield replay, touched

    def keep(self, checkpoint: Checkpoint, signatures: tuple[Signature, ...], entries: bytes, replay: Replay) -> None:
        """Keep a checkpoint that follows on the kept one, with the entries between the two."""
        before = 0 if self.checkpoint is None else self.checkpoint.tree_size
        with self._file("entries").open("r+b" if self._file("entries").exists() else "wb") as file:
            file.truncate(before * ENTRY_BYTES)
            file.seek(before * ENTRY_BYTES)
            file.write(entries)
            file.flush()
            os.fsync(file.fileno())
        # From here on the entries are there; a crash before the next line leaves some that are cut off again.
        note = checkpoint.note(signatures)
        write_safely(self._file("checkpoint"), note.encode())
        self.checkpoint, self.note, self.replay = checkpoint, note, replay

    def keep_evidence(self, text: str) -> Path:
        """Write what shows a fork into a new file."""
        number = 1 + sum(1 for _ in self.folder.glob("evidence-*.txt"))
        path = self._file(f"evidence-{number}.txt")
        write_safely(path, text.encode())
        return path

    def _file(self, name: str) -> Path:
        return self.folder / name

    def _replay_all(self) -> None:
        if self.checkpoint is None:
            return
        size = self.checkpoint.tree_size
        entries = self._file("entries")
        if not entries.exists() or entries.stat().st_size < size * ENTRY_BYTES:
            raise KeptLogError(f"{entries} has fewer entries than the checkpoint that was cosigned")
        self.replay, _ = next(self.at([size]))
        if self.replay.root() != self.checkpoint.root:
            raise KeptLogError(f"{entries} does not lead to the checkpoint that was cosigned")


def write_safely(path: Path, content: bytes) -> None:
    """Write a file so that after a power cut it is there as a whole or as it was."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
