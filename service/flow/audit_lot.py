"""One lot or book in an audit: its leaves are what is stored, and replay to what the contract and the store hold."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from service.flow.audit_ports import AuditChain, AuditRead, StoredEvent, StoredLot
from service.flow.audit_report import AuditReport
from verifier.books import Book, to_record
from verifier.canonical import parse_json
from verifier.errors import VerificationError
from verifier.event import check_clear, disclosure_digest
from verifier.kinds import KIND_BY_CODE, REVERSAL, Scope
from verifier.lanes import to_account_word
from verifier.record import BOOK_BIT, RECORD_BYTES, REGISTRY_ACCOUNT, Word, lot_to_hex
from verifier.registry import REGISTRAR_PARTY
from verifier.replay import Replay

_SLICE = 1_000
"""Events that are read from the store at once."""
_REGISTRY_TOP = BOOK_BIT >> 32 | REGISTRY_ACCOUNT
_DIGEST = slice(16, RECORD_BYTES)


def check_lot(
    report: AuditReport, lot: int, entries: Iterator[bytes], read: AuditRead, chain: AuditChain, block: int
) -> None:
    """Add what is wrong with one lot to the report. ``entries`` are its history."""
    replay = None if lot & BOOK_BIT else Replay(lot)
    written = read.registry_entries(lot) if lot >> 32 == _REGISTRY_TOP else {}
    # The registry is mirrored, and its books numbered, once its leaves are read off the chain.
    known = read.anchored_length(lot) if lot >> 32 == _REGISTRY_TOP else 2**62
    position, sites = 0, {0}
    while part := list(islice(entries, _SLICE)):
        stored = read.events(lot, position, position + len(part))
        for entry in part:
            where, word = f"{lot_to_hex(lot)} at position {position}", Word.from_bytes(entry)
            if position < known:
                target = _check_leaf(report, where, entry, stored.get(position), written.get(position))
                replay = _apply(report, where, replay, word, target)
            sites |= {word.site} if _is_at_site(word) else set()
            position += 1
    report.events += position
    found = read.find_lot(lot)
    if position > known:
        return
    if found is None or found.length < position:
        report.find("store", f"{lot_to_hex(lot)} has {position} leaves, {found.length if found else 0} are stored")
    elif replay is not None:
        _check_accounts(report, replay, sites, chain, block, found if found.length == position else None)


def _check_leaf(
    report: AuditReport, where: str, entry: bytes, event: StoredEvent | None, written: dict[str, Any] | None
) -> int | None:
    """A leaf is an event of its sender, or what the registrar wrote; the target that it names, if any."""
    party = int.from_bytes(entry[RECORD_BYTES:], "big")
    if written is not None and party == REGISTRAR_PARTY:
        _check_written(report, where, entry, written)
    elif event is None:
        report.find("store", f"the leaf {where} is no stored event")
    elif event.party != party or hashlib.sha256(event.body).digest() != entry[_DIGEST]:
        report.find("store", f"the event {where} is not its leaf")
    else:
        return _check_body(report, where, Word.from_bytes(entry), event)
    return None


def _check_written(report: AuditReport, where: str, entry: bytes, written: dict[str, Any]) -> None:
    owner = int.from_bytes(entry[:8], "big") & 0xFFFFFFFF
    try:
        book = Book.from_json({"party": owner, "entries": [written | {"leaf_index": 0}]})
        is_same = to_record(owner, book.entries[0]) == entry[:RECORD_BYTES]
    except VerificationError:
        is_same = False
    if not is_same:
        report.find("store", f"the registry entry {where} is not its leaf")


def _check_body(report: AuditReport, where: str, word: Word, event: StoredEvent) -> int | None:
    """The clear part says what the chain shows, and what is stored of the groups is what was sealed."""
    try:
        clear = parse_json(event.body)
        digests = clear.pop("_sd")
        if check_clear(clear) != word:
            report.find("lot", f"the event {where} says something else than its record")
    except (VerificationError, AttributeError, KeyError):
        report.find("lot", f"the event {where} is none")
        return None
    if event.disclosures is not None:
        shown = event.disclosures.decode("ascii", "replace").split("~")
        kept = [one if one.isascii() else "-" for one in shown]
        # A slot that was erased is empty, and holds nothing to compare.
        if len(kept) != len(digests) or any(
            one and disclosure_digest(one) != digest for one, digest in zip(kept, digests, strict=True)
        ):
            report.find("store", f"the details of the event {where} are not those that were sealed")
    target: int | None = clear.get("target")
    return target


def _apply(report: AuditReport, where: str, replay: Replay | None, word: Word, target: int | None) -> Replay | None:
    """The replay after one more event; None once it cannot go on."""
    if replay is not None:
        try:
            replay.apply(word, target)
        except VerificationError as error:
            report.find("lot", f"{where}: {error}")
            return None
    return replay


def _check_accounts(
    report: AuditReport, replay: Replay, sites: set[int], chain: AuditChain, block: int, stored: StoredLot | None
) -> None:
    lot = replay.accounts.lot
    if replay.accounts.total() != replay.declared:
        report.find("lot", f"{lot_to_hex(lot)} has {replay.accounts.total()} pieces of {replay.declared} declared")
    for site in sorted(sites):
        if chain.account_word(lot, site, block) != to_account_word(replay.accounts.account(site)):
            report.find("contract", f"the contract holds other pieces of {lot_to_hex(lot)} at site {site}")
    kept = None if stored is None else (stored.owner, stored.declared, stored.words)
    if kept not in (None, (replay.owner, replay.declared, replay.accounts.to_words())):
        report.find("store", f"the store has other pieces of {lot_to_hex(lot)}, or another owner")


def _is_at_site(word: Word) -> bool:
    row = KIND_BY_CODE.get(word.kind & ~REVERSAL)
    return row is not None and row.scope is Scope.SITE
