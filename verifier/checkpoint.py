"""Checkpoints as C2SP signed notes (docs/formats.md §7), and what one that the verifier kept can tell.

    <host>/<chain id>/<contract>/<log id>
    <tree size>
    <base64 root>
    block <number> <hash>

    — <name> <base64 signature>

A file that the verifier kept itself needs no signature. Those that stand there are judged by ``verifier.witnesses``.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from verifier.anchor import Anchor
from verifier.eip712 import Domain
from verifier.errors import InvalidError, MalformedError, UnavailableError
from verifier.shapes import to_hex
from verifier.state import ProvenState, verify_tree_head
from verifier.view import ClaimState, History, Settlement

_CHAIN_ID = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")
_CONTRACT = re.compile(r"0x[0-9a-f]{40}\Z")
_LOG_ID = re.compile(r"[0-9a-f]{64}\Z")
_BLOCK = re.compile(r"block (0|[1-9][0-9]{0,15}) (0x[0-9a-f]{64})\Z")
_SIGNATURE = re.compile(r"— (\S+) (\S+)\Z")


@dataclass(frozen=True, slots=True)
class Pin:
    """A log that the verifier has fixed by itself. ``host`` is empty if it does not matter."""

    host: str
    domain: Domain

    @classmethod
    def from_text(cls, text: str) -> "Pin":
        """Read ``[<host>/]<chain id>/<contract>/<log id>``."""
        parts = text.rsplit("/", 3)
        host = parts.pop(0) if len(parts) == 4 else ""
        if len(parts) != 3:
            raise MalformedError("a log is written [<host>/]<chain id>/<contract>/<log id>")
        chain_id, contract, log_id = parts
        log_id = log_id.removeprefix("0x")
        if not (_CHAIN_ID.match(chain_id) and _CONTRACT.match(contract) and _LOG_ID.match(log_id)):
            raise MalformedError("a log is written [<host>/]<chain id>/<contract>/<log id>, in lower-case hex")
        return cls(host, Domain(int(chain_id), bytes.fromhex(contract[2:]), bytes.fromhex(log_id)))


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line. ``data`` begins with the four bytes of the key's hash."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head and the block at which it was read."""

    host: str
    domain: Domain
    tree_size: int
    root: bytes
    block_number: int
    block_hash: bytes

    def body(self) -> str:
        """The text that is signed: four lines, each with its newline."""
        root = base64.b64encode(self.root).decode()
        block = f"block {self.block_number} {to_hex(self.block_hash)}"
        return f"{self.domain.origin(self.host)}\n{self.tree_size}\n{root}\n{block}\n"

    def note(self, signatures: tuple[Signature, ...] = ()) -> str:
        """The whole note."""
        lines = "".join(f"— {sig.name} {base64.b64encode(sig.data).decode()}\n" for sig in signatures)
        return f"{self.body()}\n{lines}"


def parse_note(text: str) -> tuple[Checkpoint, tuple[Signature, ...]]:
    """Read a note, or its body alone; MalformedError if it is none."""
    body, _, signatures = text.partition("\n\n")
    lines = body.removesuffix("\n").split("\n")
    if len(lines) != 4:
        raise MalformedError("a checkpoint has an origin, a size, a root and a block line")
    origin, size, root, block = lines
    pin = Pin.from_text(origin)
    found = _BLOCK.match(block)
    if not (pin.host and pin.domain.origin(pin.host) == origin and _CHAIN_ID.match(size) and found):
        raise MalformedError("a checkpoint has an origin, a size, a root and a block line")
    checkpoint = Checkpoint(
        pin.host, pin.domain, int(size), read_base64(root, 32), int(found[1]), bytes.fromhex(found[2][2:])
    )
    return checkpoint, tuple(_parse_signature(line) for line in signatures.split("\n") if line)


class CheckpointView:
    """A checkpoint that the verifier kept. It knows one block; with a state proof, all that the contract held there."""

    trusted = "checkpoint"
    witnesses: tuple[str, ...] = ()
    pins_log = True

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._state: ProvenState | None = None

    def verify_anchor(self, anchor: Anchor) -> None:
        """See ``ChainView``. A checkpoint of another log or another block contradicts nothing: it just cannot tell."""
        kept = self._checkpoint
        if anchor.domain != kept.domain:
            raise UnavailableError("the kept checkpoint is of another log")
        if anchor.block_number == kept.block_number and anchor.block_hash != kept.block_hash:
            raise InvalidError(f"block {kept.block_number} has another hash in the kept checkpoint")
        if anchor.tree_size == kept.tree_size and anchor.root != kept.root:
            raise InvalidError(f"the tree of {kept.tree_size} leaves has another root in the kept checkpoint")
        if anchor.block_hash != kept.block_hash:
            raise UnavailableError(
                f"the kept checkpoint is of block {kept.block_number}, the credential of block {anchor.block_number}"
            )
        if (anchor.tree_size, anchor.block_number) != (kept.tree_size, kept.block_number):
            raise InvalidError("the tree of that block has another size in the kept checkpoint")
        if anchor.state_proof is not None:
            state = ProvenState(anchor)
            verify_tree_head(state, anchor)
            self._state = state

    def history(self, anchor: Anchor, lot: int) -> History:
        """See ``ChainView``. Only after ``verify_anchor``, and only with a state proof."""
        if self._state is None:
            raise UnavailableError("a kept checkpoint knows no histories, and the credential carries no state proof")
        return self._state.history(lot)

    def claim(self, domain: Domain, claim_id: bytes, currencies: Sequence[str]) -> ClaimState:
        """A kept checkpoint knows no claims: always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what became of the claim")

    def usage(self, domain: Domain, purpose: int, lot: int, word: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what claims have used")

    def book_cursor(self, domain: Domain, purpose: int, book: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what claims have used")

    def endorsed(self, domain: Domain, claim_id: bytes, currency: str, bank: int) -> int:
        """Always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what claims have used")

    def settlements(self, domain: Domain, claim_id: bytes) -> tuple[Settlement, ...]:
        """Always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what claims have used")

    def adverse(self, domain: Domain, claim_id: bytes) -> int:
        """Always UnavailableError."""
        raise UnavailableError("a kept checkpoint does not tell what claims have used")


def _parse_signature(line: str) -> Signature:
    found = _SIGNATURE.match(line)
    if found is None:
        raise MalformedError("not a signature line")
    return Signature(found[1], read_base64(found[2]))


def read_base64(text: str, length: int | None = None) -> bytes:
    """Strict base64 of so many bytes; MalformedError for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("not base64") from error
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise MalformedError("not base64 of the length that is expected")
    return data
