"""Posts as a party that signs itself, and checks what comes back: the promise of the service is worth a look only."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Any, Self
from urllib.parse import quote

import httpx

from service.client.key import LocalKey
from service.client.seal import SealedEvent, batch_records, seal
from service.core.batches import MAX_RECORDS, sort_records
from verifier.canonical import canonical_bytes, from_base64url, to_base64url
from verifier.eip712 import Domain, batch_digest
from verifier.errors import VerificationError
from verifier.event import check_clear
from verifier.inclusion import Inclusion
from verifier.record import leaf_hash, to_entry

DEADLINE_SECONDS = 7 * 24 * 3600
TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.3
_FRESH_LANE = 2**30
"""Lanes from here on are for single batches that cannot stay where they were."""
_TRIES = 5
"""How often a batch is signed again because another one of the lane came first."""


class ClientError(Exception):
    """The service refuses, or does not answer. ``problem`` is its problem document, if there is one."""

    def __init__(self, message: str, problem: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.problem = problem or {}


class ReceiptError(Exception):
    """What the service shows of an event is not what was signed, or is not in the tree: do not rely on it."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A batch that was taken in. ``records`` is what was signed."""

    events: tuple[SealedEvent, ...]
    records: bytes
    results: list[dict[str, Any]]
    promise: str | None


class Client:
    """One party, one key, one lane of nonces."""

    def __init__(
        self, url: str, api_key: str, key: LocalKey, *, lane: int = 1, domain: Domain | None = None,
        http: httpx.Client | None = None,
    ) -> None:  # fmt: skip
        """``domain`` is the log that the key belongs to, as it was when it was registered; any other is refused."""
        self._http = http or httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        self._http.headers["Authorization"] = f"Bearer {api_key}"
        self._key, self._lane, self._domain = key, lane, domain

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def own(self) -> dict[str, Any]:
        """Who we are, the next nonce, and what wants a new signature. Raises ClientError for another log than ours."""
        found = self.ask("GET", "/v1/batches/own", params={"lane": self._lane})
        domain = domain_of(found["domain"])
        if self._domain is not None and domain != self._domain:
            raise ClientError("the service speaks of another log than the one that this key was joined to")
        return found

    def post(self, events: Sequence[dict[str, Any]]) -> Posted:
        """Seal, sign and post events as one batch, whole or not at all. Raises ClientError, ProposalError."""
        for attempt in range(_TRIES):
            own = self.own()
            sealed = self._seal(events)
            try:
                return self._send(own, sealed)
            except ClientError as error:
                if error.problem.get("code") not in ("NonceTaken", "SignatureMismatch") or attempt == _TRIES - 1:
                    raise
        raise AssertionError("the loop ends by itself")

    def sign_again(self) -> int:
        """Sign anew what the contract refused only because the old signature no longer counts; how many."""
        own, count = self.own(), 0
        for waiting in own["unsigned"]:
            lane, nonce, records = waiting["lane"], waiting["nonce"], bytes.fromhex(waiting["records"][2:])
            place = f"/v1/batches/own/{lane}/{nonce}"
            if self.ask("GET", "/v1/batches/own", params={"lane": lane})["chain_nonce"] > nonce:
                lane, nonce = _FRESH_LANE + randbelow(_FRESH_LANE), 0  # used up: others may follow behind in its lane
            self.ask("PUT", place, json=self._sign(own, lane, nonce, sort_records(records)))
            count += 1
        return count

    def wait(self, event_ids: Sequence[str], seconds: float = 120.0) -> Iterator[str]:
        """Each event id as soon as it is anchored. Raises ClientError if that takes too long."""
        deadline, open_ids = time.monotonic() + seconds, list(dict.fromkeys(event_ids))
        while open_ids:
            for event_id in list(open_ids):
                if self.ask("GET", f"/v1/events/{quote(event_id, safe='')}")["status"] == "anchored":
                    open_ids.remove(event_id)
                    yield event_id
            if open_ids and time.monotonic() > deadline:
                raise ClientError(f"{len(open_ids)} events are not on chain after {seconds:.0f} s: {open_ids[0]} …")
            if open_ids:
                time.sleep(POLL_SECONDS)

    def receipt(self, event_id: str, record: bytes | None = None) -> dict[str, Any]:
        """The inclusion proof of an event of ours, checked. ``record`` is what we signed, if we still have it.

        Raises ReceiptError.
        """
        proof = self.ask("GET", f"/v1/events/{quote(event_id, safe='')}/proof")
        shown = record_of(proof["event"])
        if record is not None and shown != record:
            raise ReceiptError("the event that is on chain is not the one that was signed")
        leaf = leaf_hash(to_entry(shown, proof["attester"]))
        try:
            Inclusion.from_json(proof).verify(leaf, proof["tree_size"], from_base64url(proof["root"], 32))
        except VerificationError as error:
            raise ReceiptError(f"the proof does not lead to the tree's head: {error}") from error
        return proof

    def _seal(self, events: Sequence[dict[str, Any]]) -> tuple[SealedEvent, ...]:
        results = self.ask("POST", "/v1/events/resolve", json=list(events))["results"]
        open_ones = [result for result in results if result["status"] != "accepted"]
        if open_ones:
            first = open_ones[0]
            raise ClientError(
                f"{len(open_ones)} of {len(results)} events would not be taken; the first: {first['event_id']}: "
                f"{first['status']} {first.get('code', '')} {first.get('detail', '')}".strip(),
                {"code": "BatchNotTaken", "results": results},
            )
        sealed = tuple(seal(event, result["parts"]) for event, result in zip(events, results, strict=True))
        if sum(len(event.records) for event in sealed) > MAX_RECORDS:
            raise ClientError(f"more than {MAX_RECORDS} records: post several batches")
        return sealed

    def _send(self, own: dict[str, Any], sealed: tuple[SealedEvent, ...]) -> Posted:
        records = batch_records(sealed)
        body = self._sign(own, self._lane, own["next_nonce"], records) | {
            "events": [
                {"event": dict(event.event), "salts": [to_base64url(salt) for salt in event.salts]} for event in sealed
            ],
        }
        answer = self.ask("POST", "/v1/batches", json=body)
        return Posted(sealed, records, answer["results"], answer["promise"])

    def _sign(self, own: dict[str, Any], lane: int, nonce: int, records: bytes) -> dict[str, Any]:
        deadline = int(time.time()) + DEADLINE_SECONDS
        digest = batch_digest(domain_of(own["domain"]), own["party"], lane << 64 | nonce, deadline, records)
        return {
            "lane": lane,
            "nonce": nonce,
            "deadline": deadline,
            "signature": "0x" + self._key.sign_digest(digest).hex(),
        }

    def ask(self, method: str, path: str, **parameters: Any) -> Any:
        """What the service answers to a request of ours. Raises ClientError."""
        return ask(self._http, method, path, **parameters)


def ask(http: httpx.Client, method: str, path: str, **parameters: Any) -> Any:
    """The JSON of an answer; None where there is none. Raises ClientError."""
    try:
        answer = http.request(method, path, **parameters)
    except httpx.TransportError as error:
        raise ClientError(f"the service does not answer: {type(error).__name__}") from error
    if answer.status_code == 204:
        return None
    try:
        body = answer.json()
    except ValueError as error:
        raise ClientError(f"the service answers {answer.status_code} without JSON") from error
    if answer.is_error:
        raise ClientError(f"{body.get('code')}: {body.get('detail')}", body)
    return body


def domain_of(shown: dict[str, Any]) -> Domain:
    """The log that an answer names."""
    contract, log_id = bytes.fromhex(shown["contract"][2:]), bytes.fromhex(shown["log_id"][2:])
    return Domain(shown["chain_id"], contract, log_id)


def record_of(event: dict[str, Any]) -> bytes:
    """The record that a sealed event makes: its word, and the digest of its clear part with ``_sd``."""
    clear = {name: value for name, value in event.items() if name != "_sd"}
    return check_clear(clear).to_bytes() + hashlib.sha256(canonical_bytes(event)).digest()
