"""The parties of the tests, and events as they post them.

``an_event("SHIP", 3)`` is complete: it has an id of its own, a time, the usual line and, where the kind wants one, the
usual site. ``sender_of`` says who usually posts it.
"""

from functools import cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scripts.demo_events import line_document, sign_line
from service.members import Party
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL, Role, Scope, Signer
from verifier.record import book_number, lot_number, lot_to_hex, registry_book

REGISTRAR, GATEWAY, CARRIER, WEST_COAST, HANSA, PLATFORM, EXPORTER, BANK, TAX, ISSUER = range(1, 11)
RIVAL, SELF_RUN, OTHER_PLATFORM, STRANGER = 11, 12, 13, 99
"""Another exporter; an exporter that runs a warehouse of its own; a platform that nobody admits; nobody."""
LOS_ANGELES, HAMBURG, OWN_SITE, NO_SITE = 1, 2, 3, 77
OPERATORS = {LOS_ANGELES: WEST_COAST, HAMBURG: HANSA, OWN_SITE: SELF_RUN}
LINE, OTHER_LINE = "223320260001234567-01", "223320260001234567-02"
BOOK = lot_to_hex(book_number(1, EXPORTER))
TIME = "2026-05-02T09:30:00-07:00"
USD = {"currency": "USD"}

Event = dict[str, Any]
_numbers = count(1)


@cache
def line_key() -> rsa.RSAPrivateKey:
    """The customs gateway's key that numbers lines."""
    return rsa.generate_private_key(65537, 2048)


@cache
def line_signature(line: str) -> dict[str, str]:
    """The gateway's signature under a line, and the key that checks it."""
    return sign_line(line_key(), line)


def lot_of(line: str) -> str:
    """The lot number that a line gets, in hex."""
    from verifier.canonical import from_base64url

    return lot_to_hex(lot_number(from_base64url(line_signature(line)["line_signature"])))


def parties() -> list[Party]:
    """Everyone who is registered."""
    spki = line_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return [
        Party(GATEWAY, "Customs gateway", Role.GATEWAY, line_key=spki),
        Party(CARRIER, "Carrier", Role.CARRIER),
        Party(WEST_COAST, "West Coast", Role.OPERATOR | Role.BILLER, ((LOS_ANGELES, "Los Angeles"),)),
        Party(HANSA, "Hansa", Role.OPERATOR, ((HAMBURG, "Hamburg"),)),
        Party(PLATFORM, "Platform", Role.PLATFORM),
        Party(EXPORTER, "Exporter", Role.EXPORTER),
        Party(BANK, "Bank", Role.BANK),
        Party(TAX, "Tax office", Role.TAX),
        Party(ISSUER, "Cangsu", Role.ISSUER),
        Party(RIVAL, "Rival", Role.EXPORTER),
        Party(SELF_RUN, "Self-run", Role.EXPORTER | Role.OPERATOR, ((OWN_SITE, "Own site"),)),
        Party(OTHER_PLATFORM, "Other platform", Role.PLATFORM),
    ]


def an_event(
    kind: str, quantity: int = 0, *, line: str | None = LINE, target: Event | None = None, **members: Any
) -> Event:
    """An event as posted. ``target`` is an event that its usual sender posted."""
    event: Event = {"event_id": f"E-{next(_numbers)}", "kind": kind, "quantity": quantity, "event_time": TIME}
    row = KIND_BY_CODE[CODE_BY_NAME[kind] & ~REVERSAL]
    if row.scope in (Scope.SITE, Scope.BOOK_SITE):
        event["site"] = LOS_ANGELES
    if row.scope in (Scope.BOOK, Scope.BOOK_SITE):
        event["lot"] = BOOK
    elif row.scope is Scope.GRANT:
        event["lot"] = lot_to_hex(registry_book(EXPORTER))
    elif "lot" not in members:
        event["line"] = line
    if target is not None:
        event |= {"target_id": target["event_id"], "target_party": sender_of(target)}
    return event | members


def a_declare(quantity: int = 1000, *, line: str = LINE, owner: int = EXPORTER, **members: Any) -> Event:
    """A DECLARE with the gateway's signature."""
    document = line_document(line) | line_signature(line)
    return an_event("DECLARE", quantity, line=line, site=owner, document=document, **members)


def an_opening(quantity: int = 1000, *, line: str = LINE, site: int = LOS_ANGELES) -> list[Event]:
    """Declared, departed, announced and received: all pieces lie on hand."""
    return [
        a_declare(quantity, line=line),
        an_event("DEPART", quantity, line=line),
        an_event("ASN", quantity, line=line, site=site),
        an_event("RECEIVE", quantity, line=line, site=site),
    ]


def an_admission(party: int = PLATFORM) -> Event:
    """The exporter admits a party to act for it."""
    return an_event("ADMIT", site=party)


def a_sale(ship: Event, quantity: int | None = None, gross_minor: int = 10_000, **members: Any) -> Event:
    """The platform reports the sale of a shipment."""
    money = USD | {"gross_minor": gross_minor}
    return an_event("SALE", ship["quantity"] if quantity is None else quantity, target=ship, money=money, **members)


def a_refund(sale: Event, refund_minor: int, **members: Any) -> Event:
    """The platform pays back."""
    return an_event("REFUND", target=sale, **{"money": USD | {"refund_minor": refund_minor}} | members)


def sender_of(event: Event) -> int:
    """Who usually posts such an event."""
    row = KIND_BY_CODE[CODE_BY_NAME[event["kind"]] & ~REVERSAL]
    if row.signers & Signer.SITE_OPERATOR:
        return OPERATORS.get(event["site"], WEST_COAST)
    by_role = {
        Signer.GATEWAY: GATEWAY,
        Signer.PLATFORM: PLATFORM,
        Signer.TAX: TAX,
        Signer.BANK: BANK,
        Signer.OWNER: EXPORTER,
    }
    return next(party for role, party in by_role.items() if row.signers & role)
