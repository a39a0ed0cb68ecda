"""The parties of the demo and how its events are made.

An event is a JSON object as POST /v1/events takes it; a step is a sender's party number and one event.
"""

import base64
import hashlib
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier.record import book_number, line_message, lot_to_hex, registry_book

Event = dict[str, Any]
Step = tuple[int, Event]

REGISTRAR, GATEWAY, CARRIER, WEST_COAST, HANSA, PLATFORM, EXPORTER, BANK, TAX, ISSUER = range(1, 11)
LOS_ANGELES, HAMBURG = 1, 2
ACCOUNT = 1
"""Number of the exporter's platform account: fees, statements and receipts are notes in its book."""
BOOK = lot_to_hex(book_number(ACCOUNT, EXPORTER))
SEASON_ACCOUNT = 2
"""Another account: the season's fees are none of the worked example's."""
SEASON_BOOK = lot_to_hex(book_number(SEASON_ACCOUNT, EXPORTER))
BEIJING = timezone(timedelta(hours=8))


def make_event(
    event_id: str, kind: str, place: str, at: datetime, quantity: int = 0, *, site: int = 0,
    target: Step | None = None, by: int = 0, **groups: dict[str, Any],
) -> Event:  # fmt: skip
    """One event as POST /v1/events takes it.

    ``place`` is a line or, as 16 hex digits, a book; ``target`` a step that was made before; ``by`` the sender, which
    names a target of its own without its party number.
    """
    event: Event = {"event_id": event_id, "kind": kind, "line" if "-" in place else "lot": place}
    if site:
        event["site"] = site
    event |= {"quantity": quantity, "event_time": at.isoformat(timespec="seconds")}
    if target is not None:
        event["target_id"] = target[1]["event_id"]
        if target[0] != by:
            event["target_party"] = target[0]
    return event | {group: members for group, members in groups.items() if members}


def line_document(line: str) -> dict[str, Any]:
    """The members of ``document`` that name a line: declaration, 项号 and part."""
    declaration_no, item_no, *part = line.split("-")
    return {"declaration_no": declaration_no, "item_no": int(item_no), "part_no": int(part[0]) if part else 0}


def sign_line(line_key: RSAPrivateKey, line: str) -> dict[str, str]:
    """The gateway's signature that numbers a line, and the key that checks it: two members of ``document``."""
    names = line_document(line)
    message = line_message(names["declaration_no"], names["item_no"], names["part_no"])
    public = line_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signature = line_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {"line_signature": _base64url(signature), "line_key": _base64url(public)}


def sign_lines(line_key: RSAPrivateKey, steps: Iterable[Step]) -> Iterable[Step]:
    """The same steps; each DECLARE without a line signature gets one. For events that came from files."""
    for party, event in steps:
        if event["kind"] == "DECLARE" and "line_signature" not in event.get("document", {}):
            document = line_document(event["line"]) | event.get("document", {}) | sign_line(line_key, event["line"])
            event = event | {"document": document}
        yield party, event


def declare(
    line_key: RSAPrivateKey, event_id: str, line: str, at: datetime, quantity: int, *, owner: int = EXPORTER,
    document: dict[str, Any] | None = None, goods: dict[str, Any] | None = None,
) -> Event:  # fmt: skip
    """A DECLARE with its line signature: it opens the lot of ``line`` for ``owner``."""
    paper = line_document(line) | sign_line(line_key, line) | {"mode": "9810", "sale_model": "sold_later"}
    paper |= {"declaration_date": f"{at.astimezone(BEIJING):%Y-%m-%d}"} | (document or {})
    return make_event(event_id, "DECLARE", line, at, quantity, site=owner, document=paper, goods=goods or {})


def admissions() -> list[Step]:
    """The exporter admits whoever signs for it: platform, two billers, bank, carrier. Posted first of all."""
    place, at = lot_to_hex(registry_book(EXPORTER)), datetime(2026, 1, 5, 9, 0, tzinfo=BEIJING)
    parties = (PLATFORM, WEST_COAST, HANSA, BANK, CARRIER)
    return [(EXPORTER, make_event(f"ADM-{party}", "ADMIT", place, at, site=party)) for party in parties]


def source_hash(text: str) -> str:
    """A stand-in for the hash of a salted source document."""
    return _base64url(hashlib.sha256(b"cangsu demo source\0" + text.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
