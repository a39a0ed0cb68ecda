"""What the API documentation shows: the body of POST /v1/events, which is read as raw bytes, and example answers."""

from typing import Any

from service.api.body import schema_of
from service.core.events import EventIn

_SCHEMA = schema_of(EventIn)
_SHIP = {
    "event_id": "SO-20260502-0001-1",
    "kind": "SHIP",
    "line": "223320260001234567-01",
    "site": 1,
    "quantity": 2,
    "event_time": "2026-05-02T09:30:00-07:00",
    "goods": {"sku": "A-100"},
    "logistics": {"carrier": "Parcel Co", "tracking_no": "1Z999AA10123456784", "ship_purpose": "sale"},
}
_SALE = {
    "event_id": "P-1001",
    "kind": "SALE",
    "line": "223320260001234567-01",
    "site": 1,
    "quantity": 2,
    "event_time": "2026-05-02T10:05:00-07:00",
    "target_id": "SO-20260502-0001-1",
    "target_party": 4,
    "money": {"currency": "USD", "gross_minor": 3000, "payer_type": "consumer"},
    "order": {"order_ref": "113-1234567", "channel": "marketplace-us"},
}

EVENTS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [_SCHEMA, {"type": "array", "items": _SCHEMA, "maxItems": 5_000}]},
                "examples": {
                    "ship": {"summary": "A warehouse ships an order line", "value": _SHIP},
                    "sale": {"summary": "The platform reports the sale of it", "value": _SALE},
                    "many": {"summary": "Several at once", "value": [_SHIP]},
                },
            }
        },
    }
}
EVENTS_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "An array's results, or one event that is a duplicate"},
    201: {"description": "One event, accepted"},
    202: {"description": "One event, held: it waits for another one"},
    401: {"description": "No API key, or one that is not in force"},
    422: {"description": "One event, refused, or a body that cannot be read (problem+json)"},
    503: {"description": "Too many requests wait (problem+json)"},
}

_DEADLINE = {
    "code": "exchange",
    "lot": "7dc467000c4b3865",
    "line": "223320260001234567-01-00",
    "state": "open",
    "due": "2027-04-30",
    "days_left": 157,
    "opens_on": None,
    "is_provisional": False,
    "what": {
        "en": "collect the proceeds of this export and keep the papers; the refund on what is not collected is paid "
        "back",
        "zh": "请在期限内收汇并留存凭证；未收汇部分须缴回已退税款",
    },
    "numbers": {"sold": 780, "unsold": 205},
    "not_known": [
        {
            "code": "collected",
            "en": "whether the proceeds of this lot were collected: receipts are not recorded by lot",
            "zh": "本批次是否已收汇：收汇未按批次记录",
        }
    ],
    "rule": "exchange_deadline@MOF-2026-11",
    "source": "财政部 税务总局公告2026年第11号",
}
DEADLINES_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"example": {"today": "2026-11-24", "total": 1, "deadlines": [_DEADLINE]}},
        }
    }
}
TAX_ROWS_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "example": {
                    "lot": "4c619d9fa4c2f9e1",
                    "line": "223320260001234567-02-00",
                    "live_pieces": 350,
                    "refunded_pieces": 0,
                    "steps": [
                        {
                            "position": 4,
                            "row": 1,
                            "tax_seq": "2026040002",
                            "tax_state": "PRE_REFUND",
                            "pieces": 500,
                            "is_taken_back": False,
                            "status": "recorded",
                            "failure": None,
                        }
                    ],
                }
            }
        }
    }
}
_LINES = [{"declaration_no": "223320260001234567", "item_no": 1}]
_TRADER = {
    "method": "exempt_refund",
    "cost_minor": 4_000_000,
    "rebate_rate": "0.13",
    "invoice_no": "044031900111-01",
    "split": True,
}
_MANUFACTURER = {"method": "exempt_credit_refund", "fob_cny_minor": 5_680_000, "rebate_rate": "0.13"}
_RESTORED = {
    "reclaim_base": "restored_fob",
    "exchange_rates": {"USD": "7.1"},
    "rates_on": "2026-03-02",
    "abroad_costs_minor": {"7dc467000c4b3865": 1_000_000},
}
CLAIM_EXAMPLES: list[Any] = [
    {"kind": "exchange-collection", "lines": _LINES},
    {"kind": "pre-refund", "lines": _LINES, "asked": _TRADER},
    {"kind": "pre-refund", "lines": _LINES, "asked": _MANUFACTURER},
    {"kind": "settlement", "lines": _LINES},
    {"kind": "settlement", "lines": _LINES, "asked": _RESTORED},
    {"kind": "return-to-origin", "lines": _LINES},
    {"kind": "loss", "lines": _LINES},
    {"kind": "stock", "lines": _LINES},
]
"""One of each kind, and of each shape of what it asks (``docs/api.md``)."""
