"""own batch: take in a batch that its party has sealed and signed itself (self-custody, 自持密钥).

The party asks what the service knows and it does not (``resolve_events``): lots, positions of targets, what an event
without a lot is split into. It makes the salts, seals, signs, and posts events, salts and signature. The service builds
every record anew from these, so what it stores is what was signed, or the batch is refused. All of it or nothing: the
signature covers the batch as a whole. Nothing waits here: what would be held is refused, to be posted again later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.core.batches import GAS_BUDGET, MAX_RECORDS, estimate_gas, sort_records
from service.core.errors import EventError, RefusedError, WaitingError
from service.core.events import EventIn
from service.core.sealing import SALTS_BYTES
from service.flow.capture_group import Group, Result
from service.flow.ports import Capture, CaptureStore, EventRow, OwnSignature
from verifier.canonical import parse_json
from verifier.eip712 import Domain, batch_digest
from verifier.event import parse_disclosure
from verifier.keccak import keccak256
from verifier.record import RECORD_BYTES

MIN_SECONDS, MAX_SECONDS = 3600, 30 * 24 * 3600
"""How long a signature that is taken in must still count, and how long it may."""
MAX_LANE = 2**31 - 1

Recover = Callable[[bytes, bytes], bytes | None]
"""The 20-byte address whose key made a signature over a digest; None if it is none."""


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event of an own batch with the salts that its party made: 96 bytes for each part that it is sealed as."""

    event: EventIn | RefusedError
    salts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OwnPost:
    """What a party posts: its events in order, and its signature over their sorted records."""

    party: int
    events: Sequence[OwnEvent]
    own: OwnSignature


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an own batch. One that was posted before is not new."""

    results: list[Result]
    records_hash: bytes
    is_new: bool

    @property
    def digests(self) -> list[bytes]:
        """The digests of what was accepted now, in the order of the events."""
        return [digest for result in self.results for digest in result.digests]


class OwnBatchError(Exception):
    """An own batch that is refused as a whole: nothing of it is saved. ``members`` say what was expected and got."""

    def __init__(self, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.members = code, detail, members


def resolve_events(
    store: CaptureStore, party: int, events: Sequence[EventIn | RefusedError], now: datetime
) -> list[dict[str, Any]]:
    """What each event would become if it were posted now: its parts, or the reason why not. Saves nothing."""
    with store.view() as capture:
        group = Group(capture, now)
        group.load([(party, event) for event in events if isinstance(event, EventIn)])
        return [_resolve(group, party, event) for event in events]


def take_own_batch(
    store: CaptureStore, domain: Domain, recover: Recover, post: OwnPost, now: datetime, chain_nonce: int = 0
) -> Taken:
    """Take in an own batch; after it returns, the batch is durable. Raises OwnBatchError, and then nothing is saved.

    ``chain_nonce`` is the next one of the lane on chain, as far as it was asked. Repeating is safe.
    """
    with store.capture() as capture:
        group = Group(capture, now)
        plain = [item.event for item in post.events if isinstance(item.event, EventIn)]
        group.load([(post.party, event) for event in plain])
        before = capture.find_own(post.party, post.own.lane, post.own.nonce)
        if before is not None and before.own == post.own:
            return Taken([_take(group, post.party, item) for item in post.events], _hash(before.records), is_new=False)
        _check_terms(capture, post, int(now.timestamp()), chain_nonce)
        results = _take_all(group, post)
        records = sort_records(group.records())
        _check_size(records)
        check_signature(capture, domain, recover, post.party, post.own, records, int(now.timestamp()))
        count = len(group.rows)
        group.release(post.party, plain)
        group.save(post.own, count)
    return Taken(results, _hash(records), is_new=True)


def renew_signature(
    store: CaptureStore, domain: Domain, recover: Recover, party: int, place: tuple[int, int], own: OwnSignature,
    now: datetime, chain_nonce: int = 0,
) -> None:  # fmt: skip
    """Put a party's new signature under a batch that the contract refused (``place`` is its old lane and nonce).

    It keeps its nonce; where that is used up, it goes to another lane, since others of its own may follow behind.
    Raises OwnBatchError: NothingToSign if no such batch waits, or as ``take_own_batch``.
    """
    with store.capture() as capture:
        waiting = {(chunk.own.lane, chunk.own.nonce): chunk for chunk in capture.find_unsigned(party) if chunk.own}
        if place not in waiting:
            raise OwnBatchError("NothingToSign", "no batch of yours waits for a new signature at this nonce")
        chunk, second = waiting[place], int(now.timestamp())
        expected = place[1] if own.lane == place[0] else _next_nonce(capture, party, own.lane, chain_nonce)
        if own.nonce != expected or own.nonce < chain_nonce:
            raise _nonce_taken(max(expected, chain_nonce), own)
        _check_deadline(own, second)
        check_signature(capture, domain, recover, party, own, sort_records(chunk.records), second)
        capture.renew_own(chunk, own)


def check_signature(
    capture: Capture, domain: Domain, recover: Recover, party: int, own: OwnSignature, records: bytes, now: int
) -> None:
    """Raise OwnBatchError unless a key that the party holds itself, and that is in force, has signed these records."""
    digest = batch_digest(domain, party, own.lane << 64 | own.nonce, own.deadline, records)
    signer = recover(digest, own.signature)
    held = {key.address: key for key in capture.batch_keys(party) if not key.is_custodial}
    key = None if signer is None else held.get(signer)
    if key is None or not key.valid_from <= now < key.valid_to:
        raise OwnBatchError(
            "SignatureMismatch",
            "expected the signature of a key in force that you hold yourself, over the records that these events make",
            field="signature", expected_records_hash="0x" + _hash(records).hex(),
        )  # fmt: skip


def _take_all(group: Group, post: OwnPost) -> list[Result]:
    results, is_whole = [], True
    for item in post.events:
        result = _take(group, post.party, item)
        results.append(result)
        is_whole &= result.status == "accepted"
    if not is_whole:
        raise OwnBatchError(
            "BatchNotTaken", "a batch is taken whole or not at all; nothing of it was saved",
            results=[result.to_json() for result in results],
        )  # fmt: skip
    return results


def _take(group: Group, party: int, item: OwnEvent) -> Result:
    event, salts = item.event, list(item.salts)
    if isinstance(event, RefusedError):
        return Result("refused", event.event_id, event.to_json())

    def next_salts(count: int) -> bytes:
        if not salts or len(salts[0]) != SALTS_BYTES or count != SALTS_BYTES:
            raise RefusedError("Malformed", f"expected {SALTS_BYTES} bytes of salts for each part", field="salts")
        return salts.pop(0)

    try:
        result = group.take(party, event, next_salts)
    except WaitingError as waiting:
        return Result("refused", event.event_id, waiting.to_json())
    except EventError as error:
        return Result("refused", event.event_id, error.to_json())
    return result


def _resolve(group: Group, party: int, event: EventIn | RefusedError) -> dict[str, Any]:
    if isinstance(event, RefusedError):
        return Result("refused", event.event_id, event.to_json()).to_json()
    first = len(group.rows)
    try:
        result = group.take(party, event, bytes)
    except WaitingError as waiting:
        return Result("held", event.event_id, waiting.to_json()).to_json()
    except EventError as error:
        return Result("refused", event.event_id, error.to_json()).to_json()
    if result.status != "accepted":
        return result.to_json()
    return {"event_id": event.event_id, "status": "accepted", "parts": [_part(row) for row in group.rows[first:]]}


def _part(row: EventRow) -> dict[str, Any]:
    """A part as its party seals it: the clear part, and its groups in the order of their slots."""
    clear = parse_json(row.body)
    del clear["_sd"]
    return {"clear": clear, "groups": dict(map(parse_disclosure, row.disclosures.decode().split("~")))}


def _check_terms(capture: Capture, post: OwnPost, now: int, chain_nonce: int) -> None:
    if not 0 < post.own.lane <= MAX_LANE:
        raise OwnBatchError("Malformed", f"expected a lane from 1 to {MAX_LANE}", field="lane", got=post.own.lane)
    expected = _next_nonce(capture, post.party, post.own.lane, chain_nonce)
    if post.own.nonce != expected:
        raise _nonce_taken(expected, post.own)
    _check_deadline(post.own, now)


def _next_nonce(capture: Capture, party: int, lane: int, chain_nonce: int) -> int:
    return max(capture.next_own_nonce(party, lane), chain_nonce)


def _nonce_taken(expected: int, own: OwnSignature) -> OwnBatchError:
    return OwnBatchError(
        "NonceTaken", "expected the next nonce of the lane", field="nonce", expected=expected, got=own.nonce
    )


def _check_deadline(own: OwnSignature, now: int) -> None:
    if not now + MIN_SECONDS <= own.deadline <= now + MAX_SECONDS:
        raise OwnBatchError(
            "Malformed", "expected a deadline from 1 hour to 30 days ahead, in unix seconds", field="deadline",
            expected=[now + MIN_SECONDS, now + MAX_SECONDS], got=own.deadline,
        )  # fmt: skip


def _check_size(records: bytes) -> None:
    count, gas = len(records) // RECORD_BYTES, estimate_gas(records)
    if count > MAX_RECORDS or gas > GAS_BUDGET:
        raise OwnBatchError(
            "BatchTooLarge", "this does not fit into one transaction: sign several batches", field="events",
            expected=[MAX_RECORDS, GAS_BUDGET], got=[count, gas],
        )  # fmt: skip


def _hash(records: bytes) -> bytes:
    """``recordsHash`` of EIP-712 ``Batch``: what names an own batch."""
    return keccak256(sort_records(records))
