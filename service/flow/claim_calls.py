"""The calls of the registry of claims, with the EIP-712 messages that issuer, owner and bank sign for them.

Every message is signed under the registry's own domain (docs/formats.md §8). Keys in custody sign here; who keeps its
own key signs the same digests elsewhere.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from secrets import randbits

from service.flow.claim_ports import ConsentRow, EndorsementRow
from service.flow.outbox import Call, Outbox, OutboxError
from verifier.claim_messages import (
    Endorse,
    EndorseConsent,
    Message,
    Order,
    Release,
    Revoke,
    RowPost,
    Supersede,
    deducted_hash,
    limits_hash,
    tanks_hash,
)
from verifier.claim_record import set_hash
from verifier.claim_set import EMPTY_SET, BookRange, LotSet, fold, lot_sets
from verifier.claims.record import ClaimRecord, Part, Tank

DEADLINE_SECONDS = 24 * 3600
SET_GAS = 14_000_000
"""What the part of a set may cost that one transaction takes: a transaction may use 16.7 M (EIP-7825)."""
_BASE_GAS, _WORD_GAS, _LOT_GAS, _HELD_LOT_GAS = 900_000, 27_000, 60_000, 13_000
"""Of a call, of a usage word and a lot that it takes, of a lot that the claim holds and the call looks at: measured,
and a fifth more. A call that runs out of gas takes nothing."""


def issue_calls(outbox: Outbox, issuer: int, owner: int, record: ClaimRecord, digest: bytes) -> list[Call]:
    """The calls that issue a claim: one, or several if its set is too large; the set is handed over from its end."""
    part = record.parts[0]
    sets = _sets(part)
    tanks = {tank.currency: tank.commitment() for tank in record.tanks}
    deducted = sorted({entry.claim_id for entry in record.deducted})
    order = Order(
        record.claim_id, issuer, owner, record.purpose, set_hash(record), digest,
        tanks_hash(tanks), deducted_hash(deducted), _deadline(),
    )  # fmt: skip
    signatures = [
        _sign(outbox, issuer, order.issue_digest(outbox.domain)),
        _sign(outbox, owner, order.consent_digest(outbox.domain)),
    ]
    slices = _slices(sets)
    heads = [fold(EMPTY_SET, sets[:first]) for first, _ in slices]
    pairs = [(currency.encode(), tanks[currency]) for currency in sorted(tanks)]
    arguments = [_tuple(order), heads[-1], _set_tuples(slices[-1][1]), _book_tuples(part), pairs, deducted, *signatures]
    calls = [_call("issue" if len(slices) == 1 else "part", record.claim_id, "issue", arguments, slices[-1][1])]
    for number in range(len(slices) - 2, -1, -1):
        action = "issue" if number == 0 else "part"
        rest = [record.claim_id, heads[number], _set_tuples(slices[number][1])]
        calls.append(_call(action, record.claim_id, "add", rest, slices[number][1]))
    return calls


def supersede_call(outbox: Outbox, issuer: int, record: ClaimRecord, digest: bytes, limits: Mapping[str, int]) -> Call:
    """The call that puts the newest version of a record in the place of the one before. ``limits`` are in shares."""
    part = record.parts[-1]
    message = Supersede(record.claim_id, record.version - 1, set_hash(record), digest, limits_hash(limits), _deadline())
    signature = _sign(outbox, issuer, message.digest(outbox.domain))
    sets = _sets(part)
    pairs = [(currency.encode(), limits[currency]) for currency in sorted(limits)]
    arguments = [_tuple(message), _set_tuples(sets), _book_tuples(part), pairs, signature]
    return _call("supersede", record.claim_id, "supersede", arguments, sets, held=len(record.pieces()))


def revoke_calls(outbox: Outbox, issuer: int, claim_id: bytes, record: ClaimRecord) -> list[Call]:
    """The calls that revoke a claim and free its positions, the last part first."""
    message = Revoke(claim_id, record.version, _deadline())
    signature = _sign(outbox, issuer, message.digest(outbox.domain))
    held = len(record.pieces())
    calls = [_call("revoke", claim_id, "revoke", [_tuple(message), signature], held=held)]
    folded: list[Call] = []
    head = EMPTY_SET
    for part in record.parts:
        for found in _sets(part):
            folded.append(_call("unwind", claim_id, "unwind", [claim_id, head, *_set_tuples([found])], [found]))
            head = fold(head, [found])
        for book in _books(part):
            span = (book.book, book.start, book.end)
            folded.append(_call("unwind", claim_id, "unwindBook", [claim_id, head, span]))
            head = fold(head, [], [book])
    return calls + folded[::-1]


def sign_consent(outbox: Outbox, owner: int, consent: EndorseConsent) -> bytes:
    """The owner's signature under a consent to endorse."""
    return _sign(outbox, owner, consent.digest(outbox.domain))


def endorse_call(outbox: Outbox, row: EndorsementRow, adverse: int, consent: ConsentRow, *, held: int) -> Call:
    """The call that endorses. ``adverse`` is the adverse sum of the ``held`` lots of the claim as the bank saw it."""
    message = Endorse(
        row.bank, row.claim_id, row.version, row.currency, row.claim_from, row.claim_to,
        row.reference, receipt_commitment(row), row.receipt_from, row.receipt_to, adverse, _nonce(), _deadline(),
    )  # fmt: skip
    signature = _sign(outbox, row.bank, message.digest(outbox.domain))
    arguments = [_tuple(message), signature, (consent.maximum_share, consent.deadline), consent.signature]
    return _call("endorse", row.endorsement_id, "endorse", arguments, held=held)


def release_call(
    outbox: Outbox, row: EndorsementRow, claim: tuple[int, int], receipt: tuple[int, int], payment: bytes
) -> Call:
    """The call that gives an endorsement back: both tanks from one cumulative share down to another."""
    message = Release(
        row.bank, row.claim_id, row.currency, *claim, row.reference, *receipt, payment, _nonce(), _deadline()
    )
    signature = _sign(outbox, row.bank, message.digest(outbox.domain))
    return _call("release", row.endorsement_id, "release", [_tuple(message), signature])


def row_call(outbox: Outbox, party: int, lot: int, row: int, state: int, pieces: int, position: int) -> Call:
    """The call that takes a tax row to its next state."""
    message = RowPost(party, lot, row, state, pieces, position, _nonce(), _deadline())
    signature = _sign(outbox, party, message.digest(outbox.domain))
    subject = lot.to_bytes(8, "big") + position.to_bytes(4, "big") + bytes(20)
    return _call("row", subject, "postRow", [_tuple(message), signature])


def receipt_commitment(row: EndorsementRow) -> bytes:
    """What the chain keeps of a receipt's whole."""
    return Tank(row.receipt_currency, row.receipt_minor, row.receipt_salt).commitment()


def _sets(part: Part) -> list[LotSet]:
    return lot_sets({lot.lot: lot.positions for lot in part.lots}, {lot.lot: lot.pieces for lot in part.lots})


def _books(part: Part) -> list[BookRange]:
    return [BookRange(book.book, book.first, book.end) for book in part.books]


def _book_tuples(part: Part) -> list[tuple[int, int, int]]:
    return [(book.book, book.start, book.end) for book in _books(part)]


def _slices(sets: Sequence[LotSet]) -> list[tuple[int, list[LotSet]]]:
    """(index of the first set, sets) for each transaction, in order; a lot's pieces stay with its first set."""
    slices: list[tuple[int, list[LotSet]]] = [(0, [])]
    for index, lot_set in enumerate(sets):
        if slices[-1][1] and _gas([*slices[-1][1], lot_set]) > SET_GAS:
            slices.append((index, []))
        slices[-1][1].append(lot_set)
    return slices


def _set_tuples(sets: Sequence[LotSet]) -> list[tuple[int, int, int, list[int]]]:
    return [(found.lot, found.pieces, found.first_word, list(found.words)) for found in sets]


def _tuple(message: Message | Order) -> tuple[int | bytes, ...]:
    """A message as the contract takes it."""
    values = (getattr(message, field.name) for field in fields(message))  # type: ignore[arg-type]
    return tuple(value.encode() if isinstance(value, str) else value for value in values)


def _call(
    action: str, subject: bytes, function: str, arguments: Sequence[object], sets: Sequence[LotSet] = (), held: int = 0
) -> Call:
    return Call(action, subject, function, arguments, _BASE_GAS + _gas(sets) + _HELD_LOT_GAS * held)


def _gas(sets: Sequence[LotSet]) -> int:
    """What it costs to take these sets."""
    return _LOT_GAS * len(sets) + _WORD_GAS * sum(len(found.words) for found in sets)


def _sign(outbox: Outbox, party: int, digest: bytes) -> bytes:
    if not outbox.signer.signs_for(party):
        raise OutboxError(f"the key of party {party} is not in custody here: it must sign itself")
    return outbox.signer.sign_digest(party, digest)


def _deadline() -> int:
    return int(time.time()) + DEADLINE_SECONDS


def _nonce() -> int:
    """The first nonce of a fresh lane: what is signed here waits for nothing that was signed before."""
    return randbits(192) << 64
