"""Reports as the verifier gives them, made by hand: short ones, and ones that try the page."""

from datetime import UTC, datetime
from typing import Any

from verifier.anchor import Anchor
from verifier.declaration import Line
from verifier.eip712 import Domain
from verifier.payload import Cutoff
from verifier.report import Answer, Attestation, Note, Outcome, Report, Statement, StepResult
from verifier.roles import Custody

FIRST = 0x3659ED0161A2D83C
"""The first lot of these reports: item 01."""
ISS, ISSUER = "https://cangsu.example", 10
CREDENTIAL = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQyJ9.eyJ2Y3QiOiJ1cm4ifQ.c2lnbmF0dXJl~ZGlzY2xvc3VyZQ~"
BLOCK_TIME = int(datetime(2026, 6, 1, 4, 0, tzinfo=UTC).timestamp())
ACCOUNTS = {
    "0": {"TRANSIT": 4, "SOLD": 700, "RETURNED": 50},
    "1": {"ON_HAND": 201, "HELD": 20, "LOST": 3, "DESTROYED": 8, "SHORT": 4, "SHIPPED": 10},
}
PROVENANCE, EXCHANGE = "urn:cangsu:vct:provenance:1", "urn:cangsu:vct:exchange-collection:1"
WITHOUT_SHEET = "urn:cangsu:vct:without-a-sheet:1"


def a_report(vct: str = PROVENANCE, *, lots: int = 1, answer: Answer = Answer.VALID, **claim: Any) -> Report:
    """A report on a credential of some lots, whose claim has these members."""
    numbers = [FIRST + number for number in range(lots)]
    anchor = Anchor(Domain(31337, b"\x26" * 20, b"\x3e" * 32), 22_603, b"\xe7" * 32, 119, b"\x05" * 32, BLOCK_TIME)
    time = datetime.fromtimestamp(BLOCK_TIME, UTC).isoformat()
    statement = Statement(
        vct,
        ISS,
        ISSUER,
        BLOCK_TIME + 60,
        BLOCK_TIME + 180 * 86_400,
        {"owner": 7} | claim,
        tuple(numbers),
        {lot: Line("223320260001234567", number % 99 + 1, 0, b"") for number, lot in enumerate(numbers)},
        None,
        Cutoff(time, time),
        anchor,
        (),
    )
    steps = tuple(StepResult(number, Outcome.PASSED) for number in range(1, 11))
    attestations = (
        Attestation(2, ("GATEWAY",), {"DECLARE": lots, "DEPART": lots}, (Custody.SELF_HELD,)),
        Attestation(
            4, ("OPERATOR", "BILLER"), {"RECEIVE": 12, "SHIP": 1_204, "SHIP_REVERSAL": 2}, (Custody.CUSTODIAL,)
        ),
    )
    remarks = (Note("custodial", {"parties": "4"}),)
    not_checked = (
        Note("truth"),
        Note("names", {"iss": ISS}),
        Note("later", {"block_number": 119}),
        Note("log", {"log": "x"}),
    )
    return Report(answer, steps, statement, attestations, remarks, not_checked)


def a_provenance_report(**changes: Any) -> Report:
    """1,000 pieces in eight states."""
    return a_report(**{"lot": "3659ed0161a2d83c", "declared": 1_000, "accounts": ACCOUNTS} | changes)


def a_long_report() -> Report:
    """Over 52 lots, in three currencies, with long names; of a kind that has no sheet of its own."""
    names = {
        "gross_minor": 123_456_789_012,
        "refunds_minor": 1_500,
        "fees_by_type_minor": {"fulfilment_and_long_distance_last_mile_delivery_fee": 350_000, "storage": 12_345},
        "ceiling_minor": 123_456_425_167,
    }
    figures = {
        "pieces": {f"{FIRST + number:016x}": 1_000 + number for number in range(52)},
        "orders": 18_204,
        "currencies": dict.fromkeys(("JPY", "KWD", "USD"), names),
        "fees_in_other_claims_minor": {"USD": 12_345},
        "receipts": [{"bank": 8, "currency": "USD", "received_minor": 1_300_000, "date": "2026-05-30"}] * 3,
    }
    asked = {"reference": "A" * 90, "payee": "บริษัท 한국어 😀 𠮷野家 \u202eevil"}
    return a_report(WITHOUT_SHEET, lots=52, asked=asked, figures=figures)
