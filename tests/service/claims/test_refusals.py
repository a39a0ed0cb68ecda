"""What is refused, by name and with the figures: the rows of P2 and P3, each from its events through the public API."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.service.api.caller import Api, problem_of
from tests.service.claims.actions import ask
from tests.service.claims.conftest import OTHER_BANK
from tests.service.claims.trade import LINES, a_fee, a_receipt, a_shipment, claim, consent, sold, trade
from tests.service.market import (
    BANK,
    EXPORTER,
    GATEWAY,
    LINE,
    OTHER_LINE,
    PLATFORM,
    RIVAL,
    Event,
    a_declare,
    a_refund,
    a_sale,
    an_event,
    sender_of,
)

pytestmark = pytest.mark.chain
OTHER_LINES = [LINES[0] | {"item_no": 2}]
USD = {"currency": "USD"}


def refuses(problem: dict[str, Any], code: str, **figures: Any) -> None:
    """A problem has this code and these figures."""
    assert problem["code"] == code, problem
    assert {name: problem.get(name) for name in figures} == figures, problem


# -- already when an event is captured

SALE = sold(a_shipment(2), 100_00)
CAPTURED: dict[str, tuple[Event, str, dict[str, Any]]] = {
    "a refund larger than its sale": (a_refund(SALE, 100_01), "TargetExceeded", {"available": 100_00, "asked": 100_01}),
    "a refund in another currency than its sale": (
        a_refund(SALE, 1, money={"currency": "CAD", "refund_minor": 1}), "TargetMismatch", {},
    ),
    "a sale without shipment": (an_event("SALE", 1, money=USD | {"gross_minor": 1}), "TargetMissing", {}),
    "a sale of more than was shipped": (
        a_sale({"event_id": SALE["target_id"], "kind": "SHIP", "site": 1, "quantity": 3}, 1),
        "LotLedgerInsufficient", {"available": 0, "asked": 1},
    ),
    "more back than was sold": (
        an_event("RETURN_IN", 3, target=SALE), "LotLedgerInsufficient", {"available": 2, "asked": 3},
    ),
    "a fee by a biller whom nobody admitted": (a_fee(1), "LotLedgerNotAllowed", {}),
}  # fmt: skip


@pytest.mark.parametrize("what", CAPTURED)
def test_refused_when_it_is_captured(trading: Api, what: str) -> None:
    event, code, figures = CAPTURED[what]
    ship = {"event_id": SALE["target_id"], "kind": "SHIP", "quantity": 2, "site": 1}
    shipped = an_event("SHIP", 2, logistics={"ship_purpose": "sale"}) | ship
    trading.house.tell(shipped, SALE)
    sender = 13 if "biller" in what else sender_of(event)
    refuses(problem_of(trading.post(sender, event), 422), code, **figures)


# -- when a claim is made


def refused_at_export(**document: Any) -> list[Event]:
    """Goods declared as sold at export, and sold."""
    declared = a_declare(10, line=OTHER_LINE)
    declared["document"] = declared["document"] | {"sale_model": "sold_at_export"}
    depart = an_event("DEPART", 10, line=OTHER_LINE)
    money, order = USD | {"gross_minor": 100_00}, {"order_ref": "B2B-1", "order_line": 1, "platform_account": 1}
    sale = an_event("SALE_AT_EXPORT", 10, line=OTHER_LINE, money=money, order=order)
    return [declared, depart, sale | ({"document": document} if document else {}), a_fee(0)]


def sold_from(purpose: str) -> list[Event]:
    ship = a_shipment(1, ship_purpose=purpose)
    return [ship, sold(ship, 100_00), a_fee(0)]


def billed_twice() -> list[Event]:
    return [*trade(100_00), a_fee(5_00, bill_no="B", bill_line=7), a_fee(5_00, bill_no="B", bill_line=7)]


CLAIMED: dict[str, tuple[Callable[[], list[Event]], str, dict[str, Any]]] = {
    "mistake 22: a replacement as a sale": (lambda: sold_from("replacement"), "NotASale", {"got": "replacement"}),
    "mistake 22: a sample as a sale": (lambda: sold_from("sample"), "NotASale", {"expected": "sale", "got": "sample"}),
    "mistake 23: a bill line twice": (billed_twice, "FeeBilledTwice", {}),
    "a fee without type": (lambda: [*trade(100_00), a_fee(1, fee_type=None)], "FeeNotItemised", {"got": None}),
    "a fee without bill": (
        lambda: [*trade(100_00), a_fee(1, bill_no=None)], "FeeNotItemised", {"field": "bill_no"},
    ),
    "a payee other than the exporter": (
        lambda: [*trade(100_00), a_receipt(100_00, payee=RIVAL)], "PayeeNotExporter",
        {"expected": EXPORTER, "got": RIVAL},
    ),
    "a receipt without payee": (
        lambda: [*trade(100_00), a_receipt(100_00, payee_party=None)], "PayeeNotExporter",
        {"expected": EXPORTER, "got": None},
    ),
    "a receipt twice": (lambda: [*trade(100_00), a_receipt(60_00), a_receipt(60_00)], "ReceiptTwice", {}),
    "no fees of the account that sold": (lambda: trade(100_00)[:2], "BookMissing", {}),
    "nothing sold": (lambda: [a_shipment()], "NothingToClaim", {}),
}  # fmt: skip


@pytest.mark.parametrize("what", CLAIMED)
def test_refused_when_it_is_claimed(trading: Api, what: str) -> None:
    events, code, figures = CLAIMED[what]
    refuses(problem_of(claim(trading, *events()), 409), code, **figures)
    assert trading.get(EXPORTER, "/v1/claims").json() == {"claims": []}


def test_mistake_25_sold_at_export_without_an_invoice(trading: Api) -> None:
    refused = claim(trading, *refused_at_export(), lines=OTHER_LINES)
    refuses(problem_of(refused, 409), "InvoiceMissing")


@pytest.mark.parametrize(("kind", "root"), [("return-to-origin", "every return home"), ("loss", "every loss")])
def test_what_there_is_none_of_is_named_by_the_kind(trading: Api, kind: str, root: str) -> None:
    refused = problem_of(claim(trading, kind=kind), 409)
    refuses(refused, "NothingToClaim", claim_id=None, lines=[f"{LINE}-00"])
    assert refused["detail"].startswith(root)


def test_fees_above_the_sales_are_refused_with_what_they_come_to(trading: Api) -> None:
    refused = problem_of(claim(trading, *trade(1_00, 10_00)), 409)
    refuses(refused, "CeilingBelowZero", currency="USD", gross_minor=1_00, refunds_minor=0, fees_minor=10_00, got=-9_00)


def test_sold_at_export_with_an_invoice(trading: Api) -> None:
    made = claim(trading, *refused_at_export(invoice_no="INV-1"), lines=OTHER_LINES)
    assert made.status_code == 201, made.text
    assert made.json()["figures"]["currencies"]["USD"]["ceiling_minor"] == 100_00


def test_mistake_25_both_models_in_one_claim(trading: Api) -> None:
    events = [*trade(100_00), *refused_at_export(invoice_no="INV-1")]
    refuses(problem_of(claim(trading, *events, lines=LINES + OTHER_LINES), 409), "ModelsMixed")


def test_a_sale_serves_one_claim(trading: Api) -> None:
    first = claim(trading, *trade(100_00)).json()["claim_id"]
    refused = problem_of(claim(trading), 409)
    refuses(refused, "NothingToClaim", claim_id=first, lines=[f"{LINE}-00"])
    assert refused["detail"] == "every sale of these lots is in a claim already, or there is none"


# -- when a bank endorses


@pytest.fixture
def path(trading: Api) -> str:
    """A claim of 100.00 less 10.00, shown to both banks, of which one has endorsed 50.00."""
    made = claim(trading, *trade(100_00, 10_00)).json()
    for bank in (BANK, OTHER_BANK):
        consent(trading, made["claim_id"], bank)
    path = f"/v1/claims/{made['claim_id']}"
    with trading.house.running():
        assert ask(trading, BANK, f"{path}/endorsements", **endorsement(50_00)).status_code == 201
    return path


def endorsement(amount: int, **changes: Any) -> dict[str, Any]:
    return USD | {"amount_minor": amount, "reference": "R-1", "receipt_minor": 60_00} | changes


STANDING = {"ceiling_minor": 90_00, "endorsed_minor": 50_00, "remaining_minor": 40_00}
ENDORSED: dict[str, tuple[int, dict[str, Any], str, dict[str, Any]]] = {
    "more than what is left": (
        BANK, endorsement(40_01, reference="R-2"), "RemainingExceeded", STANDING | {"asked_minor": 40_01},
    ),
    "what another bank holds": (
        OTHER_BANK, endorsement(90_00, receipt_minor=90_00), "RemainingExceeded", STANDING | {"asked_minor": 90_00},
    ),
    "more than what is left of the receipt": (
        BANK, endorsement(11_00), "ReceiptExceeded",
        {"receipt_minor": 60_00, "remaining_minor": 10_00, "asked_minor": 11_00},
    ),
    "more than the whole receipt": (
        OTHER_BANK, endorsement(20_00, receipt_minor=19_99), "ReceiptExceeded", {"expected": 19_99, "got": 20_00},
    ),
    "a bank reference that was another amount": (
        BANK, endorsement(1_00, receipt_minor=61_00), "ReceiptDiffers",
        {"expected": ["USD", 60_00], "got": ["USD", 61_00]},
    ),
    "a bank reference that was another currency": (
        BANK, endorsement(1_00, receipt_currency="EUR"), "ReceiptDiffers",
        {"expected": ["USD", 60_00], "got": ["EUR", 60_00]},
    ),
    "another currency than was earned": (
        BANK, endorsement(1_00, currency="CAD"), "NoSuchCurrency", {"expected": ["USD"], "got": "CAD"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDORSED)
def test_refused_when_it_is_endorsed(trading: Api, path: str, what: str) -> None:
    bank, body, code, figures = ENDORSED[what]
    with trading.house.running():
        refuses(problem_of(ask(trading, bank, f"{path}/endorsements", **body), 409), code, **figures)
    (shown,) = trading.get(EXPORTER, path).json()["currencies"]
    assert {name: shown[name] for name in STANDING} == STANDING


def test_a_bank_sees_no_claim_that_it_was_not_shown_and_endorses_no_more_than_was_consented(trading: Api) -> None:
    made = claim(trading, *trade(100_00)).json()
    path = f"/v1/claims/{made['claim_id']}"
    consent(trading, made["claim_id"], OTHER_BANK, maximum_minor=30_00)
    problem_of(ask(trading, BANK, f"{path}/endorsements", **endorsement(1_00)), 404)
    problem_of(ask(trading, PLATFORM, f"{path}/endorsements", **endorsement(1_00)), 404)
    problem_of(ask(trading, GATEWAY, f"{path}/endorsements", **endorsement(1_00)), 404)
    problem = problem_of(ask(trading, EXPORTER, f"{path}/endorsements", **endorsement(1_00)), 403)
    refuses(problem, "BanksOnly")
    problem = problem_of(ask(trading, RIVAL, f"{path}/endorsements", **endorsement(1_00)), 404)
    refuses(problem, "NotFound")
    problem = problem_of(ask(trading, OTHER_BANK, f"{path}/endorsements", **endorsement(30_01)), 409)
    refuses(
        problem, "ConsentExceeded", remaining_minor=100_00, consented_minor=30_00, consent_left_minor=30_00,
        asked_minor=30_01,
    )  # fmt: skip
    above = ask(trading, EXPORTER, f"{path}/consents", bank=BANK, currency="USD", maximum_minor=100_01)
    refuses(problem_of(above, 409), "AboveCeiling", expected=100_00, got=100_01)


def test_nothing_is_endorsed_after_revocation_nor_revoked_after_endorsement(trading: Api, path: str) -> None:
    with trading.house.running():
        kept = trading.client.delete(path, headers=trading.headers(EXPORTER))
        refuses(problem_of(kept, 409), "Endorsed", endorsed_minor={"USD": 50_00})
        (row,) = trading.get(BANK, path).json()["endorsements"]
        ask(trading, BANK, f"/v1/endorsements/{row['endorsement_id']}/release", payment="OUT-1")
        assert trading.client.delete(path, headers=trading.headers(EXPORTER)).json()["state"] == "revoked"
        refused = ask(trading, BANK, f"{path}/endorsements", **endorsement(1_00))
    refuses(problem_of(refused, 409), "ClaimNotLive", got="revoked")
