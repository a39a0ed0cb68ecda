"""From names to numbers: above all, how a DECLARE gets its lot."""

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scripts.demo_events import line_document, sign_line
from service.core.errors import EventError, RefusedError, WaitingError
from service.core.events import EventIn, check_time, parse_events
from service.core.ledger import Movement
from service.core.movements import resolve
from tests.service.core.shop import NOW
from tests.service.market import (
    EXPORTER,
    GATEWAY,
    LINE,
    WEST_COAST,
    Event,
    a_declare,
    an_event,
    line_signature,
    lot_of,
)
from verifier.canonical import from_base64url, to_base64url
from verifier.record import lot_from_hex, registry_book
from verifier.registry import key_id_of_line

IMPORT_LINE = "223320261001234567-01"


def ask(event: Event, party: int = GATEWAY, lot_by_line: dict[str, int] | None = None) -> Movement:
    """Resolve an event; the gateway holds its line key."""
    parsed = parse_events(orjson.dumps(event))[0]
    assert isinstance(parsed, EventIn), parsed
    registered = {key_id_of_line(from_base64url(line_signature(LINE)["line_key"])): GATEWAY}
    return resolve(parsed, party, check_time(parsed.event_time, NOW), lot_by_line or {}, registered.get)


def refusal_of(event: Event, party: int = GATEWAY) -> EventError:
    with pytest.raises(RefusedError) as caught:
        ask(event, party)
    return caught.value


def with_document(**members: object) -> Event:
    declared = a_declare()
    return declared | {"document": declared["document"] | members}


def test_a_declared_line_gets_the_lot_that_its_signature_derives() -> None:
    assert ask(a_declare()).word.lot == lot_from_hex(lot_of(LINE))


def test_a_part_of_a_line_is_another_lot() -> None:
    assert ask(a_declare(line=f"{LINE}-01")).word.lot != ask(a_declare()).word.lot


def test_part_0_may_be_written_or_left_out() -> None:
    assert ask(a_declare(line=f"{LINE}-00")).line == ask(a_declare()).line == f"{LINE}-00"


def test_an_import_declaration_is_refused() -> None:
    refusal = refusal_of(a_declare(line=IMPORT_LINE))
    assert (refusal.code, refusal.numbers) == ("NotAnExport", {"got": "1"})


def test_a_signature_over_another_line_is_refused() -> None:
    assert refusal_of(with_document(**line_signature("223320260001234568-01"))).code == "LineSignature"


def test_a_signature_by_another_key_is_refused() -> None:
    forged = sign_line(rsa.generate_private_key(65537, 2048), LINE)
    assert refusal_of(with_document(line_signature=forged["line_signature"])).code == "LineSignature"


def test_a_line_key_that_is_not_registered_is_refused() -> None:
    forged = sign_line(rsa.generate_private_key(65537, 2048), LINE)
    assert refusal_of(with_document(**forged)).code == "LineKeyUnknown"


def test_a_line_key_of_somebody_else_is_refused() -> None:
    assert refusal_of(a_declare(), EXPORTER).code == "LineKeyUnknown"


def test_a_line_key_that_is_no_rsa_key_is_refused() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert refusal_of(with_document(line_key=to_base64url(spki))).code == "LineKeyUnknown"


@pytest.mark.parametrize("junk", ["", "?", "AAAA", "a" * 10_000])
def test_junk_instead_of_a_key_or_signature_is_refused(junk: str) -> None:
    assert refusal_of(with_document(line_key=junk)).code == "LineSignature"
    assert refusal_of(with_document(line_signature=junk)).code == "LineSignature"


def test_a_declare_without_signature_is_refused() -> None:
    assert refusal_of(a_declare() | {"document": line_document(LINE)}).code == "LineSignature"


@pytest.mark.parametrize("other", [{"declaration_no": "223320260001234568"}, {"item_no": 2}, {"part_no": 1}])
def test_a_document_that_names_another_line_is_refused(other: dict[str, object]) -> None:
    assert refusal_of(with_document(**other)).code == "LineMismatch"


@pytest.mark.parametrize("line", ["223320260001234567-00", "223320260001234567-00-01"])
def test_item_0_is_refused(line: str) -> None:
    document = a_declare()["document"] | {"item_no": 0, "part_no": int(line[22:] or 0)}
    assert refusal_of(a_declare() | {"line": line, "document": document}).code == "LineSignature"


@pytest.mark.parametrize("kind", ["SHIP_TWICE", "", "ship", "PARTY", "KEY", "ADMIT_REVERSAL", "é"])
def test_an_unlisted_kind_is_refused(kind: str) -> None:
    assert refusal_of(an_event("SHIP", 1) | {"kind": kind}).code == "LotLedgerUnlistedKind"


def test_line_and_lot_together_are_refused() -> None:
    assert refusal_of(an_event("SHIP", 1) | {"lot": lot_of(LINE)}).field == "lot"


def test_neither_line_nor_lot_is_refused() -> None:
    event = an_event("SHIP", 1)
    del event["line"]
    assert refusal_of(event).field == "line"


def test_an_admission_that_names_no_book_goes_into_the_senders_own() -> None:
    event = an_event("ADMIT", site=6)
    del event["lot"]
    assert ask(event, EXPORTER).word.lot == registry_book(EXPORTER)


def test_a_line_that_is_not_declared_is_waited_for() -> None:
    with pytest.raises(WaitingError):
        ask(an_event("SHIP", 1), WEST_COAST)


def test_a_target_is_the_senders_own_unless_it_names_another_party() -> None:
    event = an_event("SHIP_VOID", 1) | {"target_id": "S-1"}
    lots = {f"{LINE}-00": 1}
    assert ask(event, WEST_COAST, lots).target_key == (WEST_COAST, "S-1")
    assert ask(event | {"target_party": 9}, WEST_COAST, lots).target_key == (9, "S-1")
