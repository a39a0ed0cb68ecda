"""A witness: checks that a log only grows and that the chain holds what its records come to, and says so by cosigning.

 1  note         the newest checkpoint is of the pinned log, and signed with its key
 2  consistency  its tree continues the kept one, or the kept one continues it
 3  replay       the entries that are new lead to its root; leaves and history heads are computed anew
 4  node         our own node has its block, the pinned code, its tree head, and the history heads of step 3; and still
                 the block that we cosigned last
 5  cosign       keep it on disk, then hand the cosignature out

Then it does the same for blocks at which credentials are anchored. What contradicts what we cosigned is a fork: both
notes are kept as evidence and nothing is cosigned. What only cannot be checked now is no fork.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Any

import httpx

from service.client.client import ClientError
from service.client.kept_log import KeptLog, Replay
from service.client.key import WitnessKey
from verifier.canonical import from_base64url
from verifier.chain import Node
from verifier.checkpoint import Checkpoint, Signature, parse_note
from verifier.contract import expected_code
from verifier.errors import InvalidError, MalformedError, UnavailableError
from verifier.merkle import verify_consistency
from verifier.record import ENTRY_BYTES, lot_to_hex
from verifier.signed_note import find_signed

MOVED_HISTORIES, OTHER_HISTORIES = 5_000, 200
"""How many histories are compared with the node: of those that moved, and of the others, since a chain whose storage
was overwritten can hold a wrong head in any. Where there are more, they are drawn anew each time."""


class ForkError(Exception):
    """The log, or the chain below it, contradicts what was cosigned or what its records come to."""


class NotCheckedError(Exception):
    """A check could not be made now: nothing is cosigned, and nothing is said against the log."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a round came to: the checkpoint that is kept now, whether it is new, and which older blocks it cosigned."""

    checkpoint: Checkpoint
    is_new: bool
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint that the service shows: the log's signature of it, and whether it carries ours already."""

    checkpoint: Checkpoint
    signature: Signature
    is_cosigned: bool


class Witness:
    """One witness of one log. ``http`` speaks to the service with the API key of a member."""

    def __init__(
        self,
        kept: KeptLog,
        key: WitnessKey,
        node: Node,
        http: httpx.Client,
        *,
        clock: Callable[[], float] = time.time,
        accepts_new_blocks: bool = False,
    ) -> None:
        """``accepts_new_blocks``: the kept block may be gone, if the tree is whole (a chain restarted in the open)."""
        self._kept, self._key, self._node, self._http, self._clock = kept, key, node, http, clock
        self._accepts_new_blocks = accepts_new_blocks

    def round(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Cosigned:
        """Check and cosign what is new. Raises ForkError, NotCheckedError, ClientError."""
        try:
            return self._round(progress)
        except UnavailableError as error:
            raise NotCheckedError(str(error)) from error

    def _round(self, progress: Callable[[int, int], None]) -> Cosigned:
        shown, kept = self._fetch(), self._kept.checkpoint
        self._check_kept_block(shown)
        is_new = kept is None or shown.checkpoint.tree_size > kept.tree_size
        if is_new:
            self._check_growth(shown)
            self._take(shown, progress)
        elif shown.checkpoint != kept:
            self._check_older([shown], checks_node=False)
        elif not shown.is_cosigned:  # it was kept, and the answer to handing it out was lost
            self._hand_out(shown)
        blocks = self._cosign_wanted()
        assert self._kept.checkpoint is not None
        return Cosigned(self._kept.checkpoint, is_new, blocks)

    # -- 1 note

    def _fetch(self, block: int | None = None) -> Shown:
        """The newest checkpoint, or a block's."""
        text = self._ask("GET", "/v1/checkpoint", params={} if block is None else {"block": block}).text
        pinned = self._kept.pinned
        try:
            checkpoint, signatures = parse_note(text)
            signed = find_signed([pinned.log_key], checkpoint.body(), signatures)
        except (MalformedError, InvalidError) as error:
            raise NotCheckedError(f"what the service calls a checkpoint is none of this log: {error}") from error
        if not signed or checkpoint.domain.origin(checkpoint.host) != pinned.origin:
            raise NotCheckedError(f"the checkpoint is not signed with the key of {pinned.origin}")
        if block not in (None, checkpoint.block_number):
            raise NotCheckedError(f"the service gave block {checkpoint.block_number} where {block} was asked")
        signature = next(one for one in signatures if pinned.log_key.is_of(one))
        return Shown(checkpoint, signature, any(self._key.public.is_of(one) for one in signatures))

    # -- 2 consistency

    def _check_growth(self, shown: Shown) -> None:
        kept, checkpoint = self._kept.checkpoint, shown.checkpoint
        if kept is None:
            return
        asked = {"from": kept.tree_size, "to": checkpoint.tree_size}
        hashes = self._ask("GET", "/v1/consistency", params=asked).json()["proof"]
        try:
            proof = [from_base64url(item, 32) for item in hashes]
            verify_consistency(kept.tree_size, kept.root, checkpoint.tree_size, checkpoint.root, proof)
        except (InvalidError, MalformedError) as error:
            raise self._fork(f"the log does not continue what was cosigned: {error}", shown) from error

    def _check_older(self, found: list[Shown], *, checks_node: bool = True) -> None:
        """Checkpoints of sizes up to the kept one, by ascending size: prefixes of what was replayed, or a fork."""
        states = self._kept.at(shown.checkpoint.tree_size for shown in found)
        for shown, (replay, touched) in zip(found, states, strict=True):
            if replay.root() != shown.checkpoint.root:
                size = shown.checkpoint.tree_size
                raise self._fork(f"the log now shows another tree of {size} leaves than was cosigned", shown)
            if checks_node:
                self._check_node(shown, replay, touched)

    # -- 3 replay

    def _take(self, shown: Shown, progress: Callable[[int, int], None]) -> None:
        checkpoint, replay = shown.checkpoint, self._kept.replay.copy()
        first, entries, touched = replay.size, list[bytes](), set[int]()
        while replay.size < checkpoint.tree_size:
            part = self._entries(replay.size, checkpoint.tree_size)
            touched |= replay.extend(part)
            entries.append(part)
            progress(replay.size - first, checkpoint.tree_size - first)
        if replay.root() != checkpoint.root:
            raise self._fork("the records do not lead to the tree head that the log has signed", shown)
        self._check_node(shown, replay, touched)
        self._kept.keep(checkpoint, self._signatures(shown), b"".join(entries), replay)
        self._hand_out(shown)

    def _entries(self, first: int, end: int) -> bytes:
        found = self._ask("GET", "/v1/log/entries", params={"from": first}).content
        if not found or len(found) % ENTRY_BYTES:
            raise NotCheckedError(f"the service gives no entries from leaf {first} on")
        return found[: (end - first) * ENTRY_BYTES]

    # -- 4 node

    def _check_kept_block(self, shown: Shown) -> None:
        kept = self._kept.checkpoint
        if kept is None or self._accepts_new_blocks:
            return
        self._check_chain(kept)
        block = self._node.find_block(kept.block_number)
        if block is None or block.hash != kept.block_hash:
            raise self._fork(f"the chain no longer has block {kept.block_number} as it was cosigned", shown)

    def _check_node(self, shown: Shown, replay: Replay, touched: set[int]) -> None:
        checkpoint, domain = shown.checkpoint, shown.checkpoint.domain
        self._check_chain(checkpoint)
        at = hex(checkpoint.block_number)
        block = self._node.find_block(checkpoint.block_number)
        if block is None or block.hash != checkpoint.block_hash:
            raise NotCheckedError(f"our node does not have block {checkpoint.block_number} as the log names it")
        if self._node.code(domain.contract, at) != expected_code(domain):
            raise self._fork("the contract does not run the pinned code of this log", shown)
        if self._node.tree_head(domain.contract, at) != (checkpoint.tree_size, checkpoint.root):
            raise self._fork("the contract holds another tree head than the log has signed", shown)
        for lot in _drawn(replay, touched):
            if self._node.history(domain.contract, lot, at) != replay.histories[lot]:
                reason = f"the contract holds another history of {lot_to_hex(lot)} than the records come to"
                raise self._fork(reason, shown)

    def _check_chain(self, checkpoint: Checkpoint) -> None:
        if self._node.chain_id() != checkpoint.domain.chain_id:
            raise NotCheckedError("our node serves another chain")

    # -- 5 cosign

    def _cosign_wanted(self) -> tuple[int, ...]:
        """Cosign the blocks at which credentials are anchored, as far as they lie within what is kept."""
        kept = self._kept.checkpoint
        assert kept is not None
        asked = {"witness": self._kept.pinned.witness}
        blocks = self._ask("GET", "/v1/checkpoint/wanted", params=asked).json()["blocks"]
        found = sorted(map(self._fetch, map(int, blocks)), key=lambda shown: shown.checkpoint.tree_size)
        found = [shown for shown in found if shown.checkpoint.tree_size <= kept.tree_size]
        self._check_older(found)
        for shown in found:
            self._hand_out(shown)
        return tuple(shown.checkpoint.block_number for shown in found)

    def _signatures(self, shown: Shown) -> tuple[Signature, ...]:
        return shown.signature, self._key.cosign(shown.checkpoint, int(self._clock()))

    def _hand_out(self, shown: Shown) -> None:
        note = shown.checkpoint.note(self._signatures(shown))
        self._ask("POST", "/v1/checkpoint/cosignatures", content=note.encode())

    # -- evidence and requests

    def _fork(self, reason: str, shown: Shown) -> ForkError:
        now = shown.checkpoint.note((shown.signature,))
        text = f"{reason}\n\ncosigned before:\n\n{self._kept.note or 'nothing'}\n\nshown now:\n\n{now}"
        return ForkError(f"FORK: {reason}; both notes are kept in {self._kept.keep_evidence(text)}")

    def _ask(self, method: str, path: str, **parameters: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **parameters)
        except httpx.TransportError as error:
            raise ClientError(f"the service does not answer: {type(error).__name__}") from error
        if answer.is_error:
            raise ClientError(f"the service answers {path} with {answer.status_code}: {answer.text[:300]}")
        return answer


def _drawn(replay: Replay, touched: set[int]) -> list[int]:
    """The histories to compare with the node."""
    draw, others = SystemRandom(), [lot for lot in replay.histories if lot not in touched]
    moved = sorted(touched) if len(touched) <= MOVED_HISTORIES else draw.sample(sorted(touched), MOVED_HISTORIES)
    return [*moved, *draw.sample(others, min(OTHER_HISTORIES, len(others)))]
