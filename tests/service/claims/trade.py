"""Small trades to claim on: shipments that a platform sold, its fees, a bank's receipts."""

from itertools import count
from typing import Any

from tests.service.api.caller import Api
from tests.service.claims.actions import ask
from tests.service.market import BANK, EXPORTER, LINE, Event, a_sale, an_event

ACCOUNT = 1
LINES = [{"declaration_no": "223320260001234567", "item_no": 1}]
_bills = count(1)


def a_shipment(pieces: int = 1, **logistics: Any) -> Event:
    """Pieces that left for a buyer."""
    return an_event("SHIP", pieces, logistics={"ship_purpose": "sale"} | logistics)


def sold(ship: Event, gross_minor: int, currency: str = "USD") -> Event:
    """What the platform reports of it."""
    money = {"currency": currency, "gross_minor": gross_minor}
    order = {"order_ref": f"O-{ship['event_id']}", "order_line": 1, "platform_account": ACCOUNT}
    return a_sale(ship) | {"money": money, "order": order}


def a_fee(fee_minor: int, currency: str = "USD", **money: Any) -> Event:
    """A line of the platform's bill, taken out of the proceeds; a member that is None is left out."""
    bill = {"currency": currency, "fee_minor": fee_minor, "fee_type": "commission"}
    bill |= {"bill_no": f"B-{next(_bills)}", "bill_line": 1, "is_netted": True} | money
    return an_event("FEE", money={name: value for name, value in bill.items() if value is not None})


def a_receipt(received_minor: int, payee: int = EXPORTER, **money: Any) -> Event:
    """What a bank says came in."""
    paid = {"currency": "USD", "received_minor": received_minor, "payee_party": payee, "bank_reference": "R-1"}
    return an_event("FX_RECEIPT", money={name: value for name, value in (paid | money).items() if value is not None})


def trade(gross_minor: int, fee_minor: int = 0, currency: str = "USD") -> list[Event]:
    """One piece shipped and sold, and a line of the bill: a ceiling of gross less fee."""
    ship = a_shipment()
    return [ship, sold(ship, gross_minor, currency), a_fee(fee_minor, currency)]


def claim(api: Api, *events: Event, kind: str = "exchange-collection", **body: Any) -> Any:
    """Tell events, bring them on chain, and ask for a claim on the usual line."""
    if events:
        api.house.tell(*events)
        api.house.settle()
    with api.house.running():
        return ask(api, EXPORTER, "/v1/claims", **{"kind": kind, "lines": LINES} | body)


def consent(api: Api, claim_id: str, bank: int = BANK, currency: str = "USD", **body: Any) -> None:
    """The owner shows a bank a claim."""
    given = ask(api, EXPORTER, f"/v1/claims/{claim_id}/consents", bank=bank, currency=currency, **body)
    assert given.status_code == 201, given.text


assert f"{LINES[0]['declaration_no']}-0{LINES[0]['item_no']}" == LINE
